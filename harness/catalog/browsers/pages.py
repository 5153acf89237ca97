"""Pages of other kinds: over https, on an address, on a subdomain, and with an opaque origin."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    OPAQUE,
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import along, onward, open_to, unreached, way
from harness.oracle import Reason

TOPIC = Topic("pages")
CUSTOM = ("X-A", "1")
MISMATCH = blocked(Reason.ALLOW_ORIGIN_MISMATCH)
MINE = open_to("{page}")
NULL_GRANTS = open_to("null", methods("PUT"), names("x-a"))
STAR_GRANTS = answer(origin("*"), methods("*"))

# ---- over https, on an address, on a subdomain ---------------------------------------------------------

for name, where, page in (
    ("https", "over https", "https://localhost"),
    ("address", "on an address", "http://127.0.0.1"),
    ("subdomain", "on a subdomain", "http://app.localhost"),
):
    for what, summary, request, hops in (
        ("put", "a PUT behind its preflight", step("PUT"), asked("", open_to("{page}", methods("PUT")))),
        ("include", "a GET with credentials", step(credentials="include"), simple(MINE)),
        ("cross", "a GET of the server's other name", step(url="{cross}/a"), simple(MINE, url="{cross}/a")),
        ("home", "a PUT at home", step("PUT", url="{page}/1"), (Hop(answer(), "{page}/1"),)),
        ("page-api", "a redirect from home", step(url="{page}/1"), way("page:none api:page")),
        ("api-page", "a redirect home", step(url="{api}/1"), way("api:page page:null")),
    ):
        TOPIC.row(f"pages-{name}-{what}", f"a page {where}: {summary}", request, hops, reads(), page=page)
    for what, summary, answered in (
        ("api", "the API's origin is not its own", answer(origin("{api}"))),
        ("cross", "the origin of the server's other name is not its own", answer(origin("{cross}"))),
    ):
        TOPIC.row(
            f"pages-{name}-not-{what}", f"a page {where}: {summary}", step(), simple(answered), MISMATCH, page=page
        )

# ---- an opaque origin ----------------------------------------------------------------------------------

for name, summary, request, hops, seen in (
    ("post", "a POST has null as Origin", step("POST", body="hello"), simple(NULL_GRANTS), reads()),
    ("head", "a HEAD has null as Origin", step("HEAD"), simple(NULL_GRANTS), reads()),
    ("mixed", "Null is not null", step(), simple(answer(origin("Null"))), MISMATCH),
    ("quoted", "null in quotes is not null", step(), simple(answer(origin('"null"'))), MISMATCH),
    ("document", "the origin of its document is not its own", step(), simple(answer(origin("{home}"))), MISMATCH),
    ("cross", "another site is no different", step(url="{cross}/a"), simple(NULL_GRANTS, url="{cross}/a"), reads()),
    ("put", "a preflight has null as Origin", step("PUT"), asked("", NULL_GRANTS, NULL_GRANTS), reads()),
    ("header", "a custom header is asked for", step("GET", CUSTOM), asked("x-a", NULL_GRANTS, NULL_GRANTS), reads()),
    ("put-star", "* opens preflight and PUT", step("PUT"), asked("", STAR_GRANTS, STAR_GRANTS), reads()),
    (
        "put-shut",
        "a preflight that allows its document's origin refuses",
        step("PUT"),
        turned_down("", open_to("{home}", methods("PUT"))),
        MISMATCH,
    ),
):
    TOPIC.row(f"pages-null-{name}", f"an opaque origin: {summary}", request, hops, seen, page="null")

THERE = "{home}/1"

for name, summary, request, hops, seen in (
    ("get", "a GET of its document's site needs CORS", step(url=THERE), simple(NULL_GRANTS, url=THERE), reads()),
    (
        "shut",
        "its document's site stays shut without a header",
        step(url=THERE),
        simple(answer(), url=THERE),
        blocked(Reason.ALLOW_ORIGIN_MISSING),
    ),
    (
        "put",
        "a PUT to its document's site needs a preflight",
        step("PUT", url=THERE),
        asked("", NULL_GRANTS, NULL_GRANTS, url=THERE),
        reads(),
    ),
    (
        "no-cors",
        "its document's site is opaque in mode no-cors",
        step(url=THERE, mode="no-cors"),
        simple(answer(), url=THERE, origin=""),
        OPAQUE,
    ),
    (
        "same-origin",
        "mode same-origin does not go to its document's site",
        step(url=THERE, mode="same-origin"),
        (unreached(THERE),),
        blocked(Reason.MODE_SAME_ORIGIN),
    ),
    (
        "redirect",
        "a redirect to its document's site has null as Origin",
        step(),
        (Hop(onward("{home}/b", allow="null")), Hop(NULL_GRANTS, "{home}/b")),
        reads(),
    ),
    (
        "redirect-out",
        "a redirect of its document's site needs CORS",
        step(url=THERE),
        (Hop(answer(to("{api}/b"), status=302), THERE), unreached("{api}/b")),
        blocked(Reason.ALLOW_ORIGIN_MISSING),
    ),
):
    TOPIC.row(f"pages-null-home-{name}", f"an opaque origin: {summary}", request, hops, seen, page="null")

hops = way("api:null cross:null api:null")
TOPIC.row(
    "pages-null-redirect-and-back",
    "an opaque origin: a redirect to another site and back",
    along(hops),
    hops,
    reads(),
    page="null",
)
TOPIC.row(
    "pages-null-redirect-userinfo",
    "an opaque origin: a user name in a redirect ends it",
    step(),
    (Hop(onward("{api|user:pass@}/b", allow="null")), unreached("{api}/b")),
    blocked(Reason.REDIRECT_INCLUDES_CREDENTIALS),
    page="null",
)

SCENARIOS = TOPIC.scenarios
