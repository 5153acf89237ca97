"""Twenty redirects are followed, and a twenty-first is not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from harness.catalog.browsers import rows
from harness.catalog.browsers.rows import OPAQUE, Hop, Topic, answer, blocked, methods, reads, to
from harness.catalog.browsers.ways import onward, open_to
from harness.oracle import Reason

TOPIC = Topic("redirect-limit")
TOO_MANY = blocked(Reason.TOO_MANY_REDIRECTS)
GRANT = open_to("{page}", methods("PUT"))
# Up to 43 exchanges one after the other: on a busy machine they take longer than a step usually may.
step = partial(rows.step, deadline_ms=30_000)


def round_and_round(times: int, *, status: int = 302, end: Hop | None = None) -> tuple[Hop, ...]:
    """So many redirects of the API from ``/1`` to ``/2`` and on, and the answer at their end."""
    hops = (Hop(onward(f"{{api}}/{number + 1}", status=status), f"{{api}}/{number}") for number in range(1, times + 1))
    return (*hops, end or Hop(url=f"{{api}}/{times + 1}"))


def at_home(times: int) -> tuple[Hop, ...]:
    """So many redirects within the page's origin, and the answer at their end."""
    hops = (Hop(answer(to(f"{{page}}/{n + 1}"), status=302), f"{{page}}/{n}", origin="") for n in range(1, times + 1))
    return (*hops, Hop(answer(), f"{{page}}/{times + 1}", origin=""))


def stopped(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """The same way, whose end must not be reached."""
    return (*hops[:-1], replace(hops[-1], sent=False))


START = "{api}/1"

for times in (19, 20):
    TOPIC.row(
        f"redirect-limit-{times}", f"{times} redirects are followed", step(url=START), round_and_round(times), reads()
    )
for times in (21, 22):
    TOPIC.row(
        f"redirect-limit-{times}",
        f"of {times} redirects the twenty-first is not followed",
        step(url=START),
        (*round_and_round(21)[:-1], *(Hop(url=f"{{api}}/{number}", sent=False) for number in range(22, times + 2))),
        TOO_MANY,
    )

TOPIC.row("redirect-limit-home-20", "20 redirects at home are followed", step(url="{page}/1"), at_home(20), reads())
TOPIC.row(
    "redirect-limit-home-21",
    "a twenty-first redirect at home is not followed",
    step(url="{page}/1"),
    stopped(at_home(21)),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-itself",
    "a URL that redirects to itself is asked 21 times",
    step(),
    tuple(Hop(onward("{api}/a")) for _ in range(21)),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-empty",
    "a URL whose Location is always empty is asked 21 times",
    step(),
    tuple(Hop(open_to("{page}", ("Location", ""), status=302)) for _ in range(21)),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-two-origins",
    "two origins that redirect to each other are asked 21 times together",
    step(),
    (
        Hop(onward("{api2}/a")),
        *(
            hop
            for _ in range(10)
            for hop in (
                Hop(onward("{api}/a", allow="null"), "{api2}/a", origin="null"),
                Hop(onward("{api2}/a", allow="null"), origin="null"),
            )
        ),
    ),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-post",
    "a POST that a 303 makes a GET is counted like any other",
    step("POST", url=START, body="hello"),
    tuple(
        replace(hop, method="GET" if number else "", sent=number < 21)
        for number, hop in enumerate(round_and_round(21, status=303))
    ),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-no-cors",
    "in mode no-cors the twenty-first redirect is not followed",
    step(url=START, mode="no-cors"),
    stopped(tuple(replace(hop, origin="") for hop in round_and_round(21))),
    TOO_MANY,
)
TOPIC.row(
    "redirect-limit-no-cors-20",
    "in mode no-cors 20 redirects are followed",
    step(url=START, mode="no-cors"),
    tuple(replace(hop, origin="") for hop in round_and_round(20)),
    OPAQUE,
)

for times, summary, seen in (
    (20, "with a preflight at each URL 20 redirects are followed", reads()),
    (21, "preflights are not counted: the twenty-first redirect is the one that is not followed", TOO_MANY),
):
    hops = tuple(replace(hop, asks="", preflight=GRANT) for hop in round_and_round(times, status=307))
    if times == 21:
        hops = (*hops[:-1], replace(hops[-1], asks=None, sent=False))
    TOPIC.row(f"redirect-limit-put-{times}", summary, step("PUT", url=START), hops, seen)

TOPIC.row(
    "redirect-limit-without-location",
    "a 302 without a Location behind 20 redirects is read",
    step(url=START),
    round_and_round(20, end=Hop(open_to("{page}", status=302), "{api}/21")),
    reads(status=302),
)
SCENARIOS = TOPIC.scenarios
