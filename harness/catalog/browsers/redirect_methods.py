"""What a redirect makes of method, body and the headers that describe it, and which preflight is due afterwards."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    methods,
    names,
    origin,
    reads,
    step,
    turned_down,
)
from harness.catalog.browsers.ways import STATUSES, along, leads, onward, open_to, way
from harness.oracle import Reason

TOPIC = Topic("redirect-methods")
TARGET = "{api}/2"
PONY = ("Content-Type", "application/x-pony")

# ---- which method arrives --------------------------------------------------------------------------

for status in STATUSES:
    then = "GET" if status in (301, 302, 303) else "POST"
    for name, summary, stops in (
        ("page-api", "from home", "page:page api:page"),
        ("api-api2", "from one foreign origin to another", "api:page api2:null"),
    ):
        hops = way(stops, status=status, method="POST", then=then)
        what = "remains one" if then == "POST" else "becomes a GET"
        request = along(hops, "POST", body="hello")
        TOPIC.row(
            f"redirect-methods-post-{name}-{status}",
            f"a POST {what} behind a {status} {summary}",
            request,
            hops,
            reads(),
        )

    hops = way("page:none api:page", status=status, method="HEAD")
    TOPIC.row(
        f"redirect-methods-head-{status}", f"a HEAD remains one behind a {status}", along(hops, "HEAD"), hops, reads()
    )

for method in ("PUT", "PATCH", "CHICKEN"):
    for status in (301, 302, 307, 308):
        hops = way("page:page api+page", status=status, method=method)
        summary = f"{method} remains {method} behind a {status}, and is asked for"
        TOPIC.row(f"redirect-methods-{method.lower()}-{status}", summary, along(hops, method), hops, reads())
    for name, summary, stops in (
        ("page-api", "from home and needs no preflight at all", "page:page api:page"),
        ("api-api", "and is asked for before, not behind it", "api+page api:page"),
    ):
        hops = way(stops, status=303, method=method, then="GET")
        TOPIC.row(
            f"redirect-methods-{method.lower()}-{name}-303",
            f"{method} becomes a GET behind a 303 {summary}",
            along(hops, method),
            hops,
            reads(),
        )

for name, summary, method, sent, status, stops, then in (
    ("options-303", "OPTIONS becomes a GET behind a 303", "OPTIONS", "OPTIONS", 303, "page:page api:page", "GET"),
    ("options-302", "OPTIONS remains OPTIONS behind a 302", "OPTIONS", "OPTIONS", 302, "page:page api+page", ""),
    ("post-lower", "post is POST, so a 302 makes it a GET", "post", "POST", 302, "page:page api:page", "GET"),
    ("patch-lower", "patch stays in lower case behind a 307", "patch", "patch", 307, "page:page api+page", ""),
    ("patch-mixed", "Patch stays as it is behind a 308", "Patch", "Patch", 308, "page:page api+page", ""),
):
    hops = way(stops, status=status, method=sent, then=then)
    TOPIC.row(f"redirect-methods-{name}", summary, along(hops, method), hops, reads())

TOPIC.row(
    "redirect-methods-303-307",
    "what a 303 made a GET remains one behind a 307",
    step("PUT", body="hello"),
    (
        Hop(onward("{api}/b", status=303), asks="", preflight=open_to("{page}", methods("PUT"))),
        Hop(onward("{api}/c", status=307), "{api}/b", method="GET"),
        Hop(url="{api}/c", method="GET"),
    ),
    reads(),
)
TOPIC.row(
    "redirect-methods-307-303",
    "what a 307 left a PUT becomes a GET behind a 303",
    step("PUT", body="hello"),
    (
        Hop(onward("{api}/b", status=307), asks="", preflight=open_to("{page}", methods("PUT"))),
        Hop(onward("{api}/c", status=303), "{api}/b", asks="", preflight=open_to("{page}", methods("PUT"))),
        Hop(url="{api}/c", method="GET"),
    ),
    reads(),
)

# ---- what described the body goes with it ------------------------------------------------------------

for status in (301, 302, 303):
    hops = way("page:page api:page", status=status, method="POST", then="GET")
    TOPIC.row(
        f"redirect-methods-type-dropped-{status}",
        f"a {status} drops the type with the body, so nothing needs a preflight",
        along(hops, "POST", PONY, body="yoyo"),
        hops,
        reads(),
    )
for status in (307, 308):
    TOPIC.row(
        f"redirect-methods-type-kept-{status}",
        f"a {status} keeps the type, which the target does not allow",
        step("POST", PONY, url="{page}/1", body="yoyo"),
        (
            Hop(leads(TARGET, status=status)[0].answer, "{page}/1"),
            *turned_down("content-type", answer(origin("*"), methods("POST, FOO"), names("x-a, x-foo")), url=TARGET),
        ),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )
for name, summary, status, stops, then in (
    ("custom-302", "a 302 keeps a custom method and its type", 302, "page:page api+page", ""),
    ("custom-303", "a 303 drops a custom method and its type", 303, "page:page api:page", "GET"),
):
    hops = way(stops, status=status, method="FOO", then=then, asks="content-type")
    request = along(hops, "FOO", PONY, body="test")
    TOPIC.row(f"redirect-methods-{name}", summary, request, hops, reads())

for field, value in (("Content-Encoding", "x-none"), ("Content-Language", "(de)"), ("Content-Location", "/elsewhere")):
    name = field.lower()
    for status, stops, then in ((303, "page:page api:page", "GET"), (307, "page:page api+page", "")):
        hops = way(stops, status=status, method="POST", then=then, asks=name)
        verb = "keeps" if status == 307 else "drops"
        request = along(hops, "POST", (field, value), body="hello")
        TOPIC.row(f"redirect-methods-{name}-{status}", f"a {status} {verb} {field}", request, hops, reads())

TOPIC.row(
    "redirect-methods-get-keeps-type",
    "a GET keeps even a Content-Type behind a 303: nothing changes",
    step("GET", PONY, url="{page}/1"),
    (*leads(TARGET, status=303), *asked("content-type", open_to("{page}", names("content-type")), url=TARGET)),
    reads(),
)
TOPIC.row(
    "redirect-methods-head-keeps-type",
    "a HEAD keeps a Content-Type behind a 302: nothing changes",
    step("HEAD", PONY, url="{page}/1"),
    (*leads(TARGET), *asked("content-type", open_to("{page}", names("content-type")), url=TARGET)),
    reads(),
)
TOPIC.row(
    "redirect-methods-put-keeps-type",
    "a PUT keeps its type behind a 301",
    step("PUT", PONY, url="{page}/1", body="hello"),
    (
        Hop(leads(TARGET, status=301)[0].answer, "{page}/1"),
        *asked("content-type", open_to("{page}", methods("PUT"), names("content-type")), url=TARGET),
    ),
    reads(),
)

# ---- all other headers stay ----------------------------------------------------------------------------

for name, summary, method, headers, asks in (
    ("custom", "a custom header stays where a PUT becomes a GET, and is asked for", "POST", (("X-A", "1"),), "x-a"),
    ("custom-beside-type", "of a type and a custom header the custom one stays", "POST", (PONY, ("X-A", "1")), "x-a"),
    ("accept", "an unsafe Accept describes no body, and stays", "PUT", (("Accept", '"'),), "accept"),
    (
        "content-prefix",
        "a custom header whose name begins with Content- stays",
        "PUT",
        (("Content-A", "1"),),
        "content-a",
    ),
):
    hops = way("page:page api+page", status=303, method=method, then="GET", asks=asks)
    request = along(hops, method, *headers, body="hello")
    TOPIC.row(f"redirect-methods-stays-{name}", summary, request, hops, reads())

SCENARIOS = TOPIC.scenarios
