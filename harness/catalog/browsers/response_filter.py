"""Which headers of an answer script reads: seven are safelisted, and of other origins' answers no more."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    PATH,
    Hop,
    Topic,
    answer,
    asked,
    credentials,
    methods,
    origin,
    plain,
    reads,
    simple,
    step,
)
from harness.literal import Answer

TOPIC = Topic("response-filter")
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"

# ---- safelisted ------------------------------------------------------------------------------------

for field, value in (
    ("Cache-Control", "no-cache"),
    ("Content-Language", "en"),
    ("Content-Type", "text/plain"),
    ("Expires", EPOCH),
    ("Last-Modified", EPOCH),
    ("Pragma", "no-cache"),
):
    TOPIC.row(
        f"response-filter-{field.lower()}",
        f"{field} is read",
        step(),
        simple(plain(origin(), (field, value))),
        reads(field.lower(), "content-length", bare=True),
    )
TOPIC.row(
    "response-filter-content-length",
    "Content-Length is read",
    step(),
    simple(Answer(200, (origin("*"),), b"abc")),
    reads("content-length", bare=True),
)
TOPIC.row(
    "response-filter-safelist-case",
    "safelisted names are read in any case",
    step(),
    simple(plain(origin(), ("CACHE-control", "no-cache"), ("pRAGMA", "no-cache"), ("last-modified", EPOCH))),
    reads("cache-control", "content-length", "last-modified", "pragma", bare=True),
)

# ---- not safelisted --------------------------------------------------------------------------------

for field, value in (
    ("Accept-Ranges", "bytes"),
    ("Age", "27"),
    ("Allow", "GET"),
    ("Content-Disposition", "inline"),
    ("Content-Location", "/b"),
    ("Date", EPOCH),
    ("ETag", '"a"'),
    ("Link", "</b>; rel=next"),
    ("Location", "/b"),
    ("Retry-After", "5"),
    ("Server", "corsproof"),
    ("Set-Cookie", "a=1; Max-Age=0"),
    ("Set-Cookie2", "a=1; Max-Age=0"),
    ("Timing-Allow-Origin", "*"),
    ("Trailer", "X-A"),
    ("Vary", "Origin"),
    ("X-A", "1"),
    ("X-Content-Type-Options", "nosniff"),
):
    TOPIC.row(
        f"response-filter-{field.lower()}",
        f"{field} is not read",
        step(),
        simple(answer(origin("*"), (field, value))),
        reads(),
    )
TOPIC.row(
    "response-filter-cors",
    "none of the headers that speak of CORS is read",
    step(credentials="include"),
    simple(answer(origin(), credentials(), methods("PUT"), ("Access-Control-Max-Age", "5"))),
    reads(),
)

# ---- whatever the method and the status ------------------------------------------------------------

MIXED = (origin(), ("X-A", "1"), ("Cache-Control", "no-cache"), ("Age", "27"))

for method in ("HEAD", "POST"):
    TOPIC.row(
        f"response-filter-{method.lower()}",
        f"the answer to a {method} is filtered like any other",
        step(method),
        simple(answer(*MIXED)),
        reads("cache-control"),
    )
TOPIC.row(
    "response-filter-put",
    "an answer behind a preflight is filtered like any other",
    step("PUT"),
    asked("", answer(origin(), methods("PUT")), answer(*MIXED)),
    reads("cache-control"),
)
for status in (404, 500):
    TOPIC.row(
        f"response-filter-{status}",
        f"an answer of {status} is filtered like any other",
        step(),
        simple(answer(*MIXED, status=status)),
        reads("cache-control", status=status),
    )
TOPIC.row(
    "response-filter-204",
    "an answer of 204 is filtered like any other",
    step(),
    simple(plain(*MIXED, status=204)),
    reads("cache-control", status=204, bare=True),
)

# ---- the page's own origin -------------------------------------------------------------------------

HERE = "{page}" + PATH
OWN = answer(("X-A", "1"), ("ETag", '"a"'), ("Set-Cookie", "a=1; Max-Age=0"), ("Set-Cookie2", "a=1; Max-Age=0"))

for method in ("GET", "HEAD"):
    TOPIC.row(
        f"response-filter-here-{method.lower()}",
        f"of an answer of the page's own origin to a {method} all is read but cookies",
        step(method, url=HERE),
        (Hop(OWN, HERE, origin=""),),
        reads("etag", "x-a"),
    )

SCENARIOS = TOPIC.scenarios
