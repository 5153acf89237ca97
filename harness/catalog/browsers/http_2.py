"""CORS over HTTP/2: the same protocol, with names in lower case on the wire, and preflights as ever.

What only HTTP/2 can carry is in ``stream_http_2``.
"""

from __future__ import annotations

from typing import Any

from harness.catalog.browsers.rows import (
    Hop,
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    exposed,
    max_age,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import onward, open_to
from harness.literal import Answer
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("http-2")
URL = "{h2}/a"
READABLE = open_to("{page}")
NULL = open_to("null")


def asks_for(method: str = "GET", *headers: tuple[str, str], **more: Any) -> Step:
    """A request to the server that speaks HTTP/2."""
    return step(method, *headers, url=URL, **more)


# ---- without a preflight ---------------------------------------------------------------------------------

for name, summary, request, answered, *shown in (
    ("get", "a GET is read", asks_for(), READABLE),
    ("head", "a HEAD is read", asks_for("HEAD"), READABLE),
    ("post", "a POST of text is read", asks_for("POST", body="hello"), READABLE),
    ("include", "a GET with credentials is read", asks_for(credentials="include"), READABLE),
    ("star", "* opens it to any page", asks_for(), answer(origin("*"))),
    (
        "exposed",
        "a header that is exposed is read, and others are not",
        asks_for(),
        open_to("{page}", exposed("X-A"), ("X-A", "1"), ("X-B", "1")),
        "x-a",
    ),
):
    TOPIC.row(f"http-2-{name}", summary, request, simple(answered, url=URL), reads(*shown))

for name, summary, answered, reason in (
    ("missing", "no header", answer(), Reason.ALLOW_ORIGIN_MISSING),
    ("other", "another origin", answer(origin("https://other.example")), Reason.ALLOW_ORIGIN_MISMATCH),
    ("own", "the server's own origin", answer(origin("{h2}")), Reason.ALLOW_ORIGIN_MISMATCH),
    ("twice", "the page's origin twice", answer(origin(), origin()), Reason.ALLOW_ORIGIN_MULTIPLE),
):
    hops = simple(answered, url=URL)
    TOPIC.row(f"http-2-allows-{name}", f"{summary} opens it to nobody", asks_for(), hops, blocked(reason))

# ---- with a preflight ------------------------------------------------------------------------------------

for name, summary, request, asks, granted in (
    ("put", "a PUT that is listed goes out", asks_for("PUT", body="x"), "", methods("PUT")),
    ("patch", "a method in lower case is asked for as it is", asks_for("patch"), "", methods("patch")),
    ("header", "a header that is listed goes out", asks_for("GET", ("X-A", "1")), "x-a", names("X-A")),
    (
        "type",
        "a type that is listed goes out",
        asks_for("POST", ("Content-Type", "application/json"), body="{}"),
        "content-type",
        names("content-type"),
    ),
):
    hops = asked(asks, open_to("{page}", granted), READABLE, url=URL)
    TOPIC.row(f"http-2-{name}", summary, request, hops, reads())

for name, summary, request, asks, preflight, reason in (
    ("put", "a PUT that is not listed", asks_for("PUT", body="x"), "", READABLE, Reason.METHOD_NOT_ALLOWED),
    (
        "header",
        "a header that is not listed",
        asks_for("GET", ("X-A", "1")),
        "x-a",
        READABLE,
        Reason.HEADER_NOT_ALLOWED,
    ),
    ("nobody", "a page that is not allowed", asks_for("PUT"), "", answer(methods("PUT")), Reason.ALLOW_ORIGIN_MISSING),
    (
        "404",
        "an answer that is no success",
        asks_for("PUT"),
        "",
        open_to("{page}", methods("PUT"), status=404),
        Reason.PREFLIGHT_STATUS_NOT_OK,
    ),
):
    hops = turned_down(asks, preflight, url=URL)
    TOPIC.row(f"http-2-refused-{name}", f"{summary}: nothing more goes out", request, hops, blocked(reason))

# ---- pages -----------------------------------------------------------------------------------------------

TOPIC.row(
    "http-2-null",
    "an opaque origin is null there too",
    asks_for("PUT"),
    asked("", open_to("null", methods("PUT")), NULL, url=URL, origin="null"),
    reads(),
    page="null",
)
TOPIC.row(
    "http-2-https",
    "a page over https is allowed like any other",
    asks_for("PUT"),
    asked("", open_to("{page}", methods("PUT")), READABLE, url=URL),
    reads(),
    page="https://localhost",
)

# ---- redirects -------------------------------------------------------------------------------------------

for name, summary, request, *hops_ in (
    (
        "redirect",
        "a redirect within the server keeps the Origin",
        asks_for(),
        Hop(onward("{h2}/b"), URL),
        Hop(READABLE, "{h2}/b"),
    ),
    (
        "redirect-to-http-1",
        "on to a server that speaks HTTP/1 the Origin is null",
        asks_for(),
        Hop(onward("{api}/b"), URL),
        Hop(NULL, "{api}/b", origin="null"),
    ),
    (
        "redirect-from-http-1",
        "on from a server that speaks HTTP/1 the Origin is null",
        step(),
        Hop(onward("{h2}/b")),
        Hop(NULL, "{h2}/b", origin="null"),
    ),
    (
        "redirect-from-page",
        "from home the Origin is the page's",
        step(url="{page}/1"),
        Hop(answer(to("{h2}/b"), status=302), "{page}/1", origin=""),
        Hop(READABLE, "{h2}/b"),
    ),
):
    TOPIC.row(f"http-2-{name}", summary, request, tuple(hops_), reads())

# ---- remembered ------------------------------------------------------------------------------------------

GRANTED: Answer = open_to("{page}", methods("PUT"), max_age("60"))

TOPIC.sequence(
    "http-2-cached",
    "what a preflight has granted is remembered",
    Turn(asks_for("PUT"), asked("", GRANTED, READABLE, url=URL), reads()),
    Turn(asks_for("PUT"), (Hop(READABLE, URL, preflight=GRANTED),), reads()),
)

SCENARIOS = TOPIC.scenarios
