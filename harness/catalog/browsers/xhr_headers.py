"""A header that is set twice: XMLHttpRequest joins the values into one, and fetch() appends another field.

Each value is measured for itself, so what fetch() may send without asking XMLHttpRequest may have to ask for, or the
other way round.
"""

from __future__ import annotations

from harness.catalog.browsers.rows import FETCH, XHR, Hop, Topic, asked, names, reads, simple, step
from harness.catalog.browsers.ways import open_to
from harness.scenario import BOTH

TOPIC = Topic("xhr-headers")


def ways_in(asks: str | None) -> tuple[Hop, ...]:
    """One request, behind a preflight where there is something to ask for."""
    return simple(open_to("{page}")) if asks is None else asked(asks, open_to("{page}", names(asks)))


ACCEPT, HUNDRED = "Accept", "a" * 100

for name, summary, headers, fetch_asks, xhr_asks in (
    ("accept-short", "two short values are safe, joined or not", ((ACCEPT, "a/b"), (ACCEPT, "c/d")), None, None),
    (
        "accept-long",
        "two values of 100 bytes are too long when joined",
        ((ACCEPT, HUNDRED),) * 2,
        None,
        "accept",
    ),
    ("accept-126", "126 bytes joined are short enough", ((ACCEPT, "a" * 62),) * 2, None, None),
    ("accept-128", "128 bytes joined are short enough", ((ACCEPT, "a" * 63),) * 2, None, None),
    ("accept-130", "130 bytes joined are too long", ((ACCEPT, "a" * 64),) * 2, None, "accept"),
    (
        "accept-total",
        "1,026 bytes in nine fields are too many",
        ((ACCEPT, "a" * 114),) * 9,
        "accept",
        "accept",
    ),
    ("accept-1024", "1,024 bytes in eight fields are not too many", ((ACCEPT, "a" * 128),) * 8, None, "accept"),
    (
        "accept-case",
        "names in other case are the same name",
        ((ACCEPT, HUNDRED), ("ACCEPT", HUNDRED)),
        None,
        "accept",
    ),
    ("accept-unsafe", "one unsafe value is enough", ((ACCEPT, "a/b"), (ACCEPT, "(")), "accept", "accept"),
    ("language", "a comma is safe in a language", (("Accept-Language", "de"), ("Accept-Language", "en")), None, None),
    (
        "language-long",
        "languages can become too long",
        (("Accept-Language", HUNDRED),) * 2,
        None,
        "accept-language",
    ),
    ("content-language", "two content languages are safe", (("Content-Language", "de"),) * 2, None, None),
    ("type", "two types joined are no type", (("Content-Type", "text/plain"),) * 2, None, "content-type"),
    (
        "type-parameter",
        "a second type can vanish in a parameter of the first",
        (("Content-Type", "text/plain;a=b"), ("Content-Type", "text/plain")),
        None,
        None,
    ),
    (
        "type-hidden",
        "a second type that is unsafe can vanish in a parameter of the first",
        (("Content-Type", "text/plain;a=b"), ("Content-Type", "application/json")),
        "content-type",
        None,
    ),
    ("range", "two ranges joined are no single one", (("Range", "bytes=0-1"), ("Range", "bytes=2-3")), None, "range"),
    ("custom", "a custom header is asked for once", (("X-A", "1"), ("X-A", "2")), "x-a", "x-a"),
    (
        "custom-case",
        "a custom header is asked for once, however its name is spelt",
        (("X-A", "1"), ("x-a", "2")),
        "x-a",
        "x-a",
    ),
    ("forbidden", "a forbidden header set twice goes nowhere", (("Cookie", "a"), ("Cookie", "b")), None, None),
    (
        "override",
        "a method override counts by what it says each time",
        (("X-HTTP-Method", "TRACE"), ("X-HTTP-Method", "PUT")),
        "x-http-method",
        "x-http-method",
    ),
):
    request = step("GET", *headers)
    if fetch_asks == xhr_asks:
        hops = (
            simple(open_to("{page}")) if fetch_asks is None else asked(fetch_asks, open_to("{page}", names(fetch_asks)))
        )
        TOPIC.row(f"xhr-headers-{name}", summary, request, hops, reads(), apis=BOTH)
        continue
    for api, apis, asks in (("fetch", FETCH, fetch_asks), ("xhr", XHR, xhr_asks)):
        said = "is asked for" if asks else "is not asked for"
        TOPIC.row(
            f"xhr-headers-{name}-{api}", f"{summary}; by {api} it {said}", request, ways_in(asks), reads(), apis=apis
        )

SCENARIOS = TOPIC.scenarios
