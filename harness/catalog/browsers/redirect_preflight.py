"""Preflights on the way: each URL of another origin is asked for itself, with the Origin that arrives there."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    Hop,
    Topic,
    answer,
    blocked,
    credentials,
    methods,
    names,
    origin,
    reads,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import STATUSES, along, leads, onward, open_to, unreached, way
from harness.oracle import Reason

TOPIC = Topic("redirect-preflight")
CUSTOM = ("X-A", "1")
GRANT = answer(origin(), credentials(), names("x-a"), methods("PUT"))
TARGET = "{api}/2"

# ---- each status -----------------------------------------------------------------------------------

for status in STATUSES:
    for name, summary, stops in (
        ("page-api", "at home without a preflight, abroad with one", "page:none api+page"),
        ("api-page", "asked twice, at home with null", "api+page page+null"),
        ("api-api", "asked twice within one foreign origin, and followed", "api+page api+page"),
    ):
        hops = way(stops, status=status, asks="x-a")
        full = f"a {status} with a custom header: {summary}"
        TOPIC.row(f"redirect-preflight-{name}-{status}", full, along(hops, "GET", CUSTOM), hops, reads())
    TOPIC.row(
        f"redirect-preflight-target-refuses-{status}",
        f"a {status} from home whose target does not allow the header: nothing but a preflight is sent there",
        step("GET", CUSTOM, url="{page}/1"),
        (*leads(TARGET, status=status), *turned_down("x-a", answer(origin("*")), url=TARGET)),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )
    TOPIC.row(
        f"redirect-preflight-first-refuses-{status}",
        f"a {status} that was never allowed the header is not even seen",
        step("GET", CUSTOM),
        (*turned_down("x-a", answer(origin()), answered=onward("{page}/b", status=status)), unreached("{page}/b")),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

# ---- methods ---------------------------------------------------------------------------------------

for name, summary, stops in (
    ("put-api-api", "a PUT is asked for at each URL", "api+page api+page"),
    ("put-api-api2", "a PUT is asked for with null at a third origin", "api+page api2+null"),
    ("put-api-page", "a PUT is asked for at home behind a foreign redirect", "api+page page+null"),
    ("put-api-cross", "a PUT is asked for with null under another name of the server", "api+page cross+null"),
    ("put-three", "a PUT is asked for at the second and at the third URL", "api+page api2+null api2+null"),
    ("put-page-page-api", "a PUT is asked for only where it leaves home", "page:page page:page api+page"),
):
    hops = way(stops, status=307, method="PUT")
    TOPIC.row(f"redirect-preflight-{name}", summary, along(hops, "PUT"), hops, reads())

for name, summary, method, headers, asks in (
    ("put-header", "method and header are both asked for at each URL", "PUT", (CUSTOM,), "x-a"),
    ("json", "a JSON type is asked for at each URL", "POST", (("Content-Type", "application/json"),), "content-type"),
    ("names-sorted", "names are sorted at each URL", "GET", (("X-B", "1"), CUSTOM), "x-a,x-b"),
):
    hops = way("api+page api2+null", status=307, method=method, asks=asks)
    TOPIC.row(f"redirect-preflight-{name}", summary, along(hops, method, *headers), hops, reads())

for credentials_mode in ("include", "omit"):
    hops = way("api+page api2+null", status=307, asks="x-a")
    request = along(hops, "GET", CUSTOM, credentials=credentials_mode)
    summary = f"asked twice with credentials {credentials_mode}"
    TOPIC.row(f"redirect-preflight-{credentials_mode}", summary, request, hops, reads())

hops = way("api+page api2+null", asks="x-a")
TOPIC.row(
    "redirect-preflight-header-api-api2",
    "a third origin is asked for a custom header with null",
    along(hops, "GET", CUSTOM),
    hops,
    reads(),
)
hops = way("api+null api2+null", asks="x-a")
TOPIC.row(
    "redirect-preflight-null-page",
    "an opaque origin asks twice with null",
    along(hops, "GET", CUSTOM),
    hops,
    reads(),
    page="null",
)

# ---- the answer to the second preflight --------------------------------------------------------------

NULL = (origin("null"), credentials())

for name, summary, granted, reason in (
    (
        "page",
        "the page's origin does not open what null asks",
        (origin(), names("x-a")),
        Reason.ALLOW_ORIGIN_MISMATCH,
    ),
    (
        "first",
        "the origin that redirected does not open what null asks",
        (origin("{api}"), names("x-a")),
        Reason.ALLOW_ORIGIN_MISMATCH,
    ),
    ("none", "without an allowed origin its answer refuses", (names("x-a"),), Reason.ALLOW_ORIGIN_MISSING),
    ("header", "its answer must allow the header again", NULL, Reason.HEADER_NOT_ALLOWED),
    ("other", "its answer must allow the same header", (*NULL, names("x-b")), Reason.HEADER_NOT_ALLOWED),
    ("malformed", "a list that is none refuses", (*NULL, names("x-a, x b")), Reason.ALLOW_HEADERS_MALFORMED),
):
    first = Hop(onward("{api2}/b"), asks="x-a", preflight=GRANT)
    second = turned_down("x-a", answer(*granted), answered=open_to("null"), url="{api2}/b", origin="null")
    TOPIC.row(
        f"redirect-preflight-second-{name}",
        f"the second preflight: {summary}",
        step("GET", CUSTOM),
        (first, *second),
        blocked(reason),
    )

for name, summary, preflight, reason in (
    ("404", "a 404 refuses", open_to("{page}", methods("PUT"), status=404), Reason.PREFLIGHT_STATUS_NOT_OK),
    ("302", "a redirect is not followed", onward("{api}/c", methods("PUT")), Reason.PREFLIGHT_REDIRECT),
    (
        "method",
        "its answer must allow the method again",
        open_to("{page}", methods("PATCH")),
        Reason.METHOD_NOT_ALLOWED,
    ),
):
    first = Hop(onward("{api}/b", status=307), asks="", preflight=GRANT)
    TOPIC.row(
        f"redirect-preflight-second-{name}",
        f"the second preflight of a PUT: {summary}",
        step("PUT"),
        (first, *turned_down("", preflight, url="{api}/b"), unreached("{api}/c")),
        blocked(reason),
    )

# ---- the redirect between them -----------------------------------------------------------------------

TOPIC.row(
    "redirect-preflight-shut",
    "a redirect behind a preflight must pass the check itself",
    step("PUT"),
    (Hop(answer(to("{api}/b"), status=307), asks="", preflight=GRANT), unreached("{api}/b")),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)
TOPIC.row(
    "redirect-preflight-last-shut",
    "the last answer must pass the check behind two preflights",
    step("PUT"),
    (
        Hop(onward("{api}/b", status=307), asks="", preflight=GRANT),
        Hop(answer(), "{api}/b", asks="", preflight=GRANT),
    ),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)

SCENARIOS = TOPIC.scenarios
