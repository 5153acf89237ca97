"""The CORS check at every hop: a redirect of another origin is followed only where it passes, and so is its target."""

from __future__ import annotations

from harness.catalog.browsers.rows import Hop, Topic, answer, blocked, credentials, exposed, origin, reads, step, to
from harness.catalog.browsers.ways import STATUSES, leads, onward, unreached
from harness.literal import Answer
from harness.oracle import Reason
from harness.scenario import Seen

TOPIC = Topic("redirect-cors")
MISSING = blocked(Reason.ALLOW_ORIGIN_MISSING)
MISMATCH = blocked(Reason.ALLOW_ORIGIN_MISMATCH)
WILDCARD = blocked(Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS)
NO_CREDENTIALS = blocked(Reason.ALLOW_CREDENTIALS_MISSING)


def saying(allowed: str | None, *more: tuple[str, str], status: int = 200) -> Answer:
    """An answer that allows this origin, or with None says nothing of it."""
    return answer(*(() if allowed is None else (origin(allowed),)), *more, status=status)


def two(first: str, allowed: str | None, second: str, then: str | None) -> tuple[Hop, ...]:
    """A redirect of a place that allows one thing, to a place that allows another."""
    null = first == "api" and second != "api"
    return (
        Hop(
            saying(allowed, to(f"{{{second}}}/2"), status=302),
            f"{{{first}}}/1",
            origin="" if first == "page" else "{page}",
        ),
        Hop(saying(then), f"{{{second}}}/2", origin="null" if null else "{page}"),
    )


# ---- what a redirect allows, and what its target does --------------------------------------------------

for name, summary, first, allowed, second, then, seen in (
    # A redirect at home needs no CORS, and what it says counts for nothing.
    ("page-api-none-star", "at home a redirect needs no header", "page", None, "api", "*", reads()),
    ("page-api-null-star", "at home a wrong header does no harm", "page", "null", "api", "*", reads()),
    ("page-api-page-page", "at home a right header is not needed", "page", "{page}", "api", "{page}", reads()),
    ("page-api-star-null", "null at the target is not the page's origin", "page", "*", "api", "null", MISMATCH),
    ("page-api-star-none", "* at home does not stand for the target", "page", "*", "api", None, MISSING),
    ("page-api-none-api", "the target's own origin is not the page's", "page", None, "api", "{api}", MISMATCH),
    # Within another origin the page's origin must be allowed twice.
    ("api-api-star-star", "* at the redirect and at the target", "api", "*", "api", "*", reads()),
    (
        "api-api-star-page",
        "* at the redirect and the page's origin at the target",
        "api",
        "*",
        "api",
        "{page}",
        reads(),
    ),
    (
        "api-api-star-null",
        "null at the target is wrong without a change of origin",
        "api",
        "*",
        "api",
        "null",
        MISMATCH,
    ),
    ("api-api-star-none", "* at the redirect does not stand for the target", "api", "*", "api", None, MISSING),
    (
        "api-api-page-none",
        "the page's origin at the redirect does not stand for the target",
        "api",
        "{page}",
        "api",
        None,
        MISSING,
    ),
    # Between foreign origins null must be allowed at the second.
    ("api-api2-page-star", "* opens a third origin", "api", "{page}", "api2", "*", reads()),
    ("api-api2-page-null", "null opens a third origin", "api", "{page}", "api2", "null", reads()),
    ("api-api2-page-page", "the page's origin does not open a third one", "api", "{page}", "api2", "{page}", MISMATCH),
    (
        "api-api2-page-first",
        "the origin that redirected does not open a third one",
        "api",
        "{page}",
        "api2",
        "{api}",
        MISMATCH,
    ),
    ("api-api2-star-none", "* at the redirect does not open a third origin", "api", "*", "api2", None, MISSING),
    (
        "api-api2-page-none",
        "the page's origin at the redirect does not open a third origin",
        "api",
        "{page}",
        "api2",
        None,
        MISSING,
    ),
    # Home again, the page's own answer needs CORS, with null.
    ("api-page-star-star", "* opens the page's own answer behind a foreign redirect", "api", "*", "page", "*", reads()),
    (
        "api-page-star-null",
        "null opens the page's own answer behind a foreign redirect",
        "api",
        "*",
        "page",
        "null",
        reads(),
    ),
    (
        "api-page-page-page",
        "the page's origin does not open the page's own answer behind a foreign redirect",
        "api",
        "{page}",
        "page",
        "{page}",
        MISMATCH,
    ),
    (
        "api-page-page-none",
        "behind a foreign redirect the page's own answer needs a header",
        "api",
        "{page}",
        "page",
        None,
        MISSING,
    ),
):
    TOPIC.row(f"redirect-cors-{name}", summary, step(url=f"{{{first}}}/1"), two(first, allowed, second, then), seen)

# ---- a redirect that fails the check is not followed ---------------------------------------------------

for status in STATUSES:
    TOPIC.row(
        f"redirect-cors-shut-{status}",
        f"a {status} without a header is not followed",
        step(),
        (Hop(answer(to("{api}/b"), status=status)), unreached("{api}/b")),
        MISSING,
    )

for name, summary, target, headers, seen in (
    ("null", "a redirect that allows null is not followed", "{api2}/b", (origin("null"),), MISMATCH),
    ("null-home", "a redirect home that allows null is not followed", "{page}/b", (origin("null"),), MISMATCH),
    ("none-home", "a redirect home without a header is not followed", "{page}/b", (), MISSING),
    ("none-api2", "a redirect to a third origin without a header is not followed", "{api2}/b", (), MISSING),
    ("target", "a redirect that allows its target's origin is not followed", "{api2}/b", (origin("{api2}"),), MISMATCH),
    (
        "doubled",
        "a redirect with two headers is not followed",
        "{api}/b",
        (origin("*"), origin("*")),
        blocked(Reason.ALLOW_ORIGIN_MULTIPLE),
    ),
):
    hops = (Hop(answer(*headers, to(target), status=302)), unreached(target))
    TOPIC.row(f"redirect-cors-shut-{name}", summary, step(), hops, seen)

TOPIC.row(
    "redirect-cors-shut-second",
    "a second redirect that fails the check is not followed",
    step(),
    (Hop(onward("{api}/b")), Hop(answer(to("{api}/c"), status=302), "{api}/b"), unreached("{api}/c")),
    MISSING,
)

# ---- with credentials ------------------------------------------------------------------------------

AT_API = "{api}/2"


def with_credentials(name: str, summary: str, hops: tuple[Hop, ...], seen: Seen) -> None:
    """Add a row whose request includes credentials."""
    TOPIC.row(f"redirect-cors-include-{name}", summary, step(url=hops[0].url, credentials="include"), hops, seen)


for name, summary, headers, seen in (
    ("star", "behind a redirect at home * does not open the target with credentials", (origin("*"),), WILDCARD),
    ("origin", "the page's origin and true open the target with credentials", (origin(), credentials()), reads()),
    (
        "origin-alone",
        "the page's origin without true does not open the target with credentials",
        (origin(),),
        NO_CREDENTIALS,
    ),
):
    with_credentials(name, summary, (*leads(AT_API), Hop(answer(*headers), AT_API)), seen)

for name, summary, headers, seen in (
    ("redirect-star", "with credentials a redirect that allows * is not followed", (origin("*"),), WILDCARD),
    ("redirect-alone", "with credentials a redirect without true is not followed", (origin(),), NO_CREDENTIALS),
    (
        "redirect-yes",
        "with credentials a redirect that says yes instead of true is not followed",
        (origin(), credentials("yes")),
        blocked(Reason.ALLOW_CREDENTIALS_NOT_TRUE),
    ),
):
    with_credentials(name, summary, (Hop(answer(*headers, to("{api}/b"), status=302)), unreached("{api}/b")), seen)

for name, summary, headers, seen in (
    ("null", "null and true open a third origin with credentials", (origin("null"), credentials()), reads()),
    (
        "null-alone",
        "null without true does not open a third origin with credentials",
        (origin("null"),),
        NO_CREDENTIALS,
    ),
    ("third-star", "* does not open a third origin with credentials", (origin("*"), credentials()), WILDCARD),
    ("third-page", "the page's origin does not open a third one with credentials", (origin(), credentials()), MISMATCH),
):
    with_credentials(name, summary, (Hop(onward("{api2}/b")), Hop(answer(*headers), "{api2}/b", origin="null")), seen)

# ---- what script reads in the end --------------------------------------------------------------------

for name, summary, there, here, seen in (
    ("last", "the last answer exposes its headers", (), (exposed("x-a"),), reads("x-a")),
    ("first", "what a redirect exposes counts for nothing", (exposed("x-a"),), (), reads()),
):
    hops = (Hop(onward("{api}/b", *there, ("X-A", "1"))), Hop(answer(origin(), *here, ("X-A", "2")), "{api}/b"))
    TOPIC.row(f"redirect-cors-exposes-{name}", summary, step(), hops, seen)

TOPIC.row(
    "redirect-cors-exposes-from-home",
    "behind a redirect at home only what is exposed can be read",
    step(url="{page}/1"),
    (*leads(AT_API), Hop(answer(origin("*"), exposed("foo"), ("foo", "bar"), ("hoge", "fuga")), AT_API)),
    reads("foo"),
)
for status in (404, 500):
    TOPIC.row(
        f"redirect-cors-ends-{status}",
        f"a {status} at the end is read like any other answer",
        step(),
        (Hop(onward("{api}/b")), Hop(answer(origin(), status=status), "{api}/b")),
        reads(status=status),
    )

SCENARIOS = TOPIC.scenarios
