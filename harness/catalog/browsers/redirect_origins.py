"""Which Origin arrives at which hop: the page's, none, or `null` once a foreign origin has redirected elsewhere."""

from __future__ import annotations

from harness.catalog.browsers.rows import Topic, reads
from harness.catalog.browsers.ways import along, way

TOPIC = Topic("redirect-origins")

# ---- ways of a GET ---------------------------------------------------------------------------------

for name, summary, stops in (
    ("page-page", "within the page's origin a GET has no Origin", "page:none page:none"),
    ("page-api", "out of the page's own origin the Origin is the page's", "page:none api:page"),
    ("page-cross", "out to another site the Origin is the page's", "page:none cross:page"),
    ("api-api", "within a foreign origin the Origin stays the page's", "api:page api:page"),
    ("api-api2", "from one foreign origin to another the Origin becomes null", "api:page api2:null"),
    ("api-page", "from a foreign origin home the Origin becomes null", "api:page page:null"),
    ("api-cross", "from one name of a server to another the Origin becomes null", "api:page cross:null"),
    ("cross-api", "from another site to the page's site the Origin becomes null", "cross:page api:null"),
    ("cross-cross", "within another site's origin the Origin stays the page's", "cross:page cross:page"),
    ("page-page-api", "a redirect at home, then one out: the Origin is the page's", "page:none page:none api:page"),
    ("page-api-api", "out, then on within that origin: the Origin stays the page's", "page:none api:page api:page"),
    ("page-api-page", "out and home again: the Origin is null", "page:none api:page page:null"),
    ("page-api-api2", "out and on to a third origin: the Origin is null", "page:none api:page api2:null"),
    ("api-api-api2", "the Origin turns null at the hop to a third origin, not before", "api:page api:page api2:null"),
    ("api-api2-api2", "an Origin of null stays null within the third origin", "api:page api2:null api2:null"),
    ("api-api2-api", "an Origin of null stays null back at the first foreign origin", "api:page api2:null api:null"),
    ("api-api2-page", "an Origin of null stays null at home", "api:page api2:null page:null"),
    ("api-page-page", "an Origin of null stays null on a redirect at home", "api:page page:null page:null"),
    ("api-page-api", "an Origin of null stays null on the way through home", "api:page page:null api:null"),
):
    hops = way(stops)
    TOPIC.row(f"redirect-origins-{name}", summary, along(hops), hops, reads())

# ---- the status is all the same --------------------------------------------------------------------

for status in (301, 303, 307, 308):
    for name, summary, stops in (
        ("page-api", "from the page's own origin out", "page:none api:page"),
        ("api-api", "within another origin", "api:page api:page"),
        ("api-page", "from another origin home", "api:page page:null"),
        ("api-api2", "from one foreign origin to another", "api:page api2:null"),
    ):
        hops = way(stops, status=status)
        TOPIC.row(f"redirect-origins-{name}-{status}", f"a {status} {summary}", along(hops), hops, reads())

# ---- other methods ---------------------------------------------------------------------------------

for name, summary, method, status, stops, then in (
    ("head", "a HEAD has no Origin at home", "HEAD", 302, "page:none page:none", ""),
    ("head-api2", "a HEAD has null as Origin at a third origin", "HEAD", 302, "api:page api2:null", ""),
    ("post", "a POST has an Origin even at home, and keeps it behind a 307", "POST", 307, "page:page page:page", ""),
    ("post-308", "a POST keeps its Origin at home behind a 308", "POST", 308, "page:page page:page", ""),
    ("post-get", "a POST that becomes a GET at home loses its Origin", "POST", 303, "page:page page:none", "GET"),
    (
        "post-get-301",
        "a POST that a 301 makes a GET at home loses its Origin",
        "POST",
        301,
        "page:page page:none",
        "GET",
    ),
    ("post-out", "a POST goes out with the page's origin", "POST", 307, "page:page api:page", ""),
    (
        "post-get-out",
        "a POST that a 303 makes a GET on the way out has the page's Origin there",
        "POST",
        303,
        "page:page api:page",
        "GET",
    ),
    ("post-api2", "a POST has null as Origin at a third origin", "POST", 307, "api:page api2:null", ""),
    ("post-home", "a POST that is sent home has null as Origin there", "POST", 307, "api:page page:null", ""),
    (
        "post-get-home",
        "a POST that is sent home as a GET has null as Origin there",
        "POST",
        303,
        "api:page page:null",
        "GET",
    ),
    ("put", "a PUT has an Origin at home and needs no preflight", "PUT", 307, "page:page page:page", ""),
):
    hops = way(stops, status=status, method=method, then=then)
    TOPIC.row(f"redirect-origins-{name}", summary, along(hops, method), hops, reads())

# ---- other pages -----------------------------------------------------------------------------------

for name, summary, page, stops in (
    ("null-api-api", "an opaque origin is null from the start", "null", "api:null api:null"),
    ("null-api-api2", "an opaque origin is null at a third origin", "null", "api:null api2:null"),
    (
        "address-cross-api",
        "a page on 127.0.0.1 gets null from its own site to another",
        "http://127.0.0.1",
        "cross:page api:null",
    ),
    (
        "address-page-cross",
        "a page on 127.0.0.1 leaves with its own origin",
        "http://127.0.0.1",
        "page:none cross:page",
    ),
    (
        "https-api-api2",
        "over https the Origin becomes null at a third origin",
        "https://localhost",
        "api:page api2:null",
    ),
):
    hops = way(stops)
    TOPIC.row(f"redirect-origins-{name}", summary, along(hops), hops, reads(), page=page)

SCENARIOS = TOPIC.scenarios
