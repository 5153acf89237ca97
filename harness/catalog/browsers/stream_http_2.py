"""A ReadableStream as a body over HTTP/2, where it goes out; it forces a preflight, and cannot go out twice.

So a redirect is followed with 303 only, which wants no body (#http-redirect-fetch step 11): 301 and 302 make a GET of a
POST too, but one step later. What would forbid the redirect anyway (steps 5 to 10) is looked at before the body.
"""

from __future__ import annotations

from typing import Any

from harness.catalog.browsers.rows import (
    OPAQUE_REDIRECT,
    Hop,
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    max_age,
    methods,
    names,
    origin,
    reads,
    refused,
    step,
    to,
    turned_down,
    unsent,
)
from harness.catalog.browsers.ways import onward, open_to, unreached
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("stream-http-2")
URL = "{h2}/a"
READABLE = open_to("{page}")
NULL = open_to("null")
BODY_AGAIN = blocked(Reason.REDIRECT_NEEDS_BODY_AGAIN)


def streaming(
    method: str = "POST", *headers: tuple[str, str], body: str = "hello", url: str = URL, **more: Any
) -> Step:
    """A request whose body is a stream."""
    return step(method, *headers, url=url, body=body, body_kind="stream", **more)


# ---- it goes out -----------------------------------------------------------------------------------------

for name, summary, request, asks, *grants in (
    ("post", "a POST is asked for, and goes out", streaming(), ""),
    ("post-empty", "a stream that ends at once is a stream", streaming(body=""), ""),
    ("post-long", "a stream of several frames arrives", streaming(body="x" * 30_000), ""),
    ("put", "a PUT goes out although no method is listed", streaming("PUT"), ""),
    ("put-listed", "a PUT that is listed goes out", streaming("PUT"), "", methods("PUT")),
    ("put-star", "a PUT goes out where any method is", streaming("PUT"), "", methods("*")),
    ("post-lists-other", "a list without POST passes a POST", streaming(), "", methods("PUT")),
    ("header", "a custom header is asked for", streaming("POST", ("X-A", "1")), "x-a", names("x-a")),
    (
        "type",
        "an unsafe type is asked for",
        streaming("POST", ("Content-Type", "application/json")),
        "content-type",
        names("content-type"),
    ),
    ("include", "with credentials a POST is asked for", streaming(credentials="include"), ""),
    ("omit", "without credentials a POST is asked for", streaming(credentials="omit"), ""),
    ("mode-error", "without a redirect, redirect mode error changes nothing", streaming(redirect="error"), ""),
):
    hops = asked(asks, open_to("{page}", *grants), READABLE, url=URL)
    TOPIC.row(f"stream-http-2-{name}", summary, request, hops, reads())

TOPIC.row(
    "stream-http-2-null",
    "from an opaque origin a POST is asked for with null, and goes out",
    streaming(),
    asked("", NULL, NULL, url=URL, origin="null"),
    reads(),
    page="null",
)
TOPIC.row(
    "stream-http-2-https",
    "from an https page a POST is asked for, and goes out",
    streaming(),
    asked("", READABLE, READABLE, url=URL),
    reads(),
    page="https://localhost",
)
TOPIC.row(
    "stream-http-2-unreadable",
    "the answer to a stream must allow the page too",
    streaming(),
    asked("", READABLE, answer(), url=URL),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)
TOPIC.row(
    "stream-http-2-404",
    "a refusal that allows the page is an answer like any other",
    streaming(),
    asked("", READABLE, open_to("{page}", status=404), url=URL),
    reads(status=404),
)

# ---- it does not -----------------------------------------------------------------------------------------

for name, summary, request, asks, preflight, reason in (
    ("no-origin", "without an allowed origin", streaming(), "", answer(), Reason.ALLOW_ORIGIN_MISSING),
    ("404", "behind a 404", streaming(), "", open_to("{page}", status=404), Reason.PREFLIGHT_STATUS_NOT_OK),
    ("303", "behind a redirect", streaming(), "", onward("{h2}/b", status=303), Reason.PREFLIGHT_REDIRECT),
    (
        "other-method",
        "where a list leaves PUT out",
        streaming("PUT"),
        "",
        open_to("{page}", methods("POST")),
        Reason.METHOD_NOT_ALLOWED,
    ),
    ("header", "without its header", streaming("POST", ("X-A", "1")), "x-a", READABLE, Reason.HEADER_NOT_ALLOWED),
    (
        "include-star",
        "where * is to do with credentials",
        streaming(credentials="include"),
        "",
        answer(origin("*")),
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
):
    hops = turned_down(asks, preflight, url=URL)
    TOPIC.row(f"stream-http-2-refused-{name}", f"the preflight is refused {summary}", request, hops, blocked(reason))

TOPIC.row(
    "stream-http-2-same-origin",
    "mode same-origin does not go out with it",
    streaming(mode="same-origin"),
    unsent(url=URL),
    blocked(Reason.MODE_SAME_ORIGIN),
)
for name, answered, *others in (
    ("granted", READABLE),
    ("granted-303", onward("{h2}/b", status=303), Hop(READABLE, "{h2}/b", preflight=READABLE, sent=False)),
):
    TOPIC.row(
        f"stream-http-2-same-origin-{name}",
        f"mode same-origin does not go out with it, though it would be allowed{' and redirected' if others else ''}",
        streaming(mode="same-origin"),
        (Hop(answered, URL, preflight=READABLE, sent=False), *others),
        blocked(Reason.MODE_SAME_ORIGIN),
    )
TOPIC.row(
    "stream-http-2-no-cors",
    "mode no-cors takes no stream",
    streaming(mode="no-cors"),
    unsent(url=URL),
    refused(Reason.STREAM_IN_NO_CORS),
)

# ---- a redirect that wants it again ----------------------------------------------------------------------


def redirected(
    *headers: tuple[str, str], status: int, asks: str = "", grants: tuple[tuple[str, str], ...] = ()
) -> tuple[Hop, ...]:
    """A stream that arrives and is redirected, by an answer that the page may read."""
    granted = open_to("{page}", *grants)
    return (Hop(open_to("{page}", *headers, status=status), URL, asks=asks, preflight=granted),)


for method in ("POST", "PUT"):
    for status in (301, 302, 307, 308):
        for target, where, there in (("{h2}/b", "h2", "the same server"), ("{api}/b", "api", "one that speaks HTTP/1")):
            TOPIC.row(
                f"stream-http-2-{method.lower()}-{status}-{where}",
                f"{status} to {there} wants the body of a {method} again, which is gone",
                streaming(method),
                (*redirected(to(target), status=status, grants=(methods(method),)), unreached(target)),
                BODY_AGAIN,
            )

for name, summary, headers, reason in (
    (
        "userinfo",
        "a user name in the Location",
        (to("{h2|user:pass@}/b"),),
        Reason.REDIRECT_INCLUDES_CREDENTIALS,
    ),
    ("scheme", "another scheme", (("Location", "data:,x"),), Reason.REDIRECT_SCHEME),
    ("invalid", "a Location that is no URL", (("Location", "http://["),), Reason.LOCATION_INVALID),
    ("twice", "two Locations", (to("{h2}/b"), to("{h2}/c")), Reason.LOCATION_MULTIPLE),
):
    TOPIC.row(
        f"stream-http-2-307-{name}",
        f"{summary} is an error before the body is missed",
        streaming(),
        redirected(*headers, status=307),
        blocked(reason),
    )

TOPIC.row(
    "stream-http-2-307-unreadable",
    "a redirect that does not allow the page is an error before the body is missed",
    streaming(),
    asked("", READABLE, answer(to("{h2}/b"), status=307), url=URL),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)
TOPIC.row(
    "stream-http-2-307-mode-error",
    "redirect mode error is an error before the body is missed",
    streaming(redirect="error"),
    redirected(to("{h2}/b"), status=307),
    blocked(Reason.REDIRECT_MODE_ERROR),
)
TOPIC.row(
    "stream-http-2-307-mode-manual",
    "redirect mode manual does not miss the body",
    streaming(redirect="manual"),
    redirected(to("{h2}/b"), status=307),
    OPAQUE_REDIRECT,
)
TOPIC.row(
    "stream-http-2-307-no-location",
    "without a Location nobody misses the body",
    streaming(),
    redirected(status=307),
    reads(status=307),
)

# ---- a redirect that does not ----------------------------------------------------------------------------


def got(url: str = "{h2}/b", *, allow: str = "{page}") -> Hop:
    """The GET that a 303 makes of it: without a body, but its preflight stays forced."""
    return Hop(open_to(allow), url, asks="", preflight=open_to(allow), method="GET", origin=allow)


for name, summary, request, first, *others in (
    ("post-303", "303 makes a GET of a POST", streaming(), redirected(to("{h2}/b"), status=303), got()),
    (
        "put-303",
        "303 makes a GET of a PUT",
        streaming("PUT"),
        redirected(to("{h2}/b"), status=303, grants=(methods("PUT"),)),
        got(),
    ),
    (
        "post-303-type",
        "303 takes the type away with the body",
        streaming("POST", ("Content-Type", "application/json")),
        redirected(to("{h2}/b"), status=303, asks="content-type", grants=(names("content-type"),)),
        got(),
    ),
    (
        "post-303-api",
        "303 leads to a server that speaks HTTP/1, with Origin null",
        streaming(),
        redirected(to("{api}/b"), status=303),
        got("{api}/b", allow="null"),
    ),
    (
        "post-303-page",
        "303 leads home, with Origin null",
        streaming(),
        redirected(to("{page}/b"), status=303),
        got("{page}/b", allow="null"),
    ),
    (
        "post-303-307",
        "behind a 303 any redirect is followed: there is no body left",
        streaming(),
        redirected(to("{h2}/b"), status=303),
        Hop(onward("{h2}/c", status=307), "{h2}/b", asks="", preflight=READABLE, method="GET"),
        got("{h2}/c"),
    ),
):
    TOPIC.row(f"stream-http-2-{name}", summary, request, (*first, *others), reads())

TOPIC.row(
    "stream-http-2-post-303-refused",
    "what a 303 leads to is asked for again, and may be refused",
    streaming(),
    (*redirected(to("{h2}/b"), status=303), *turned_down("", answer(), url="{h2}/b", method="GET")),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)

# ---- remembered ------------------------------------------------------------------------------------------

GRANTED = open_to("{page}", methods("PUT"), max_age("60"))

TOPIC.sequence(
    "stream-http-2-cached",
    "what is remembered of one stream's preflight serves the next",
    Turn(streaming("PUT"), asked("", GRANTED, READABLE, url=URL), reads()),
    Turn(streaming("PUT"), (Hop(READABLE, URL, preflight=GRANTED),), reads()),
)
TOPIC.sequence(
    "stream-http-2-cached-cleared",
    "a stream that a redirect wants again clears what is remembered",
    Turn(step("PUT", url=URL), asked("", GRANTED, READABLE, url=URL), reads()),
    Turn(streaming("PUT"), (Hop(onward("{h2}/b", status=307), URL, preflight=GRANTED),), BODY_AGAIN),
    Turn(step("PUT", url=URL), asked("", GRANTED, READABLE, url=URL), reads()),
)

SCENARIOS = TOPIC.scenarios
