"""Authorization on the way: it stays within an origin, and is gone for good once the request goes to another."""

from __future__ import annotations

from harness.catalog.browsers.rows import Hop, Topic, answer, credentials, methods, names, origin, reads, step, to
from harness.catalog.browsers.ways import STATUSES, onward, open_to
from harness.literal import Answer

TOPIC = Topic("redirect-authorization")
BASIC = ("Authorization", "Basic dXNlcjpwYXNz")
CUSTOM = ("X-A", "1")
CARRIED = (("authorization", "present"),)


def carrying(
    answered: Answer, url: str, *, asks: str | None = "authorization", method: str = "GET", **more: str
) -> Hop:
    """A hop of a foreign origin at which Authorization is asked for, and arrives."""
    granted = open_to("{page}", methods(method), names("authorization, x-a"), status=204)
    return Hop(answered, url, asks=asks, preflight=granted, method=method, also=CARRIED)


def at_home(url: str, target: str = "", *, status: int = 302) -> Hop:
    """A hop of the page's own origin at which it arrives unasked, and which leads on to a target."""
    return Hop(
        answer(*((to(target),) if target else ()), status=status if target else 200), url, origin="", also=CARRIED
    )


NULL = open_to("null")

# ---- it stays within an origin -------------------------------------------------------------------------

for status in STATUSES:
    TOPIC.row(
        f"redirect-authorization-api-api-{status}",
        f"a {status} within a foreign origin keeps Authorization, and it is asked for again",
        step("GET", BASIC, url="{api}/1"),
        (carrying(onward("{api}/2", status=status), "{api}/1"), carrying(open_to("{page}"), "{api}/2")),
        reads(),
    )
TOPIC.row(
    "redirect-authorization-page-page",
    "at home Authorization stays, and nobody asks for it",
    step("GET", BASIC, url="{page}/1"),
    (at_home("{page}/1", "{page}/2"), at_home("{page}/2")),
    reads(),
)
TOPIC.row(
    "redirect-authorization-post-get",
    "Authorization stays where a POST becomes a GET",
    step("POST", BASIC, url="{api}/1", body="hello"),
    (
        carrying(onward("{api}/2", status=303), "{api}/1", method="POST"),
        carrying(open_to("{page}"), "{api}/2", method="GET"),
    ),
    reads(),
)

# ---- it is dropped on the way to another -----------------------------------------------------------------

for name, summary, target, there in (
    ("api-page", "a foreign redirect home drops Authorization, and no preflight is due", "{page}/2", "null"),
    ("api-api2", "a redirect to a third origin drops Authorization", "{api2}/2", "null"),
    ("api-cross", "another name of the same server does not get Authorization", "{cross}/2", "null"),
):
    for status in (302, 307):
        TOPIC.row(
            f"redirect-authorization-{name}-{status}",
            f"{summary} ({status})",
            step("GET", BASIC, url="{api}/1"),
            (carrying(onward(target, status=status), "{api}/1"), Hop(NULL, target, origin=there)),
            reads(),
        )

TOPIC.row(
    "redirect-authorization-page-api",
    "a redirect from home out drops Authorization, and no preflight is due",
    step("GET", BASIC, url="{page}/1"),
    (at_home("{page}/1", "{api}/2"), Hop(url="{api}/2")),
    reads(),
)
TOPIC.row(
    "redirect-authorization-page-page-api",
    "Authorization stays at home and is dropped on the way out",
    step("GET", BASIC, url="{page}/1"),
    (at_home("{page}/1", "{page}/2"), at_home("{page}/2", "{api}/3"), Hop(url="{api}/3")),
    reads(),
)
TOPIC.row(
    "redirect-authorization-page-api-page",
    "Authorization does not come back at home",
    step("GET", BASIC, url="{page}/1"),
    (at_home("{page}/1", "{api}/2"), Hop(onward("{page}/3"), "{api}/2"), Hop(NULL, "{page}/3", origin="null")),
    reads(),
)
TOPIC.row(
    "redirect-authorization-api-api2-api",
    "Authorization does not come back at the first foreign origin",
    step("GET", BASIC, url="{api}/1"),
    (
        carrying(onward("{api2}/2"), "{api}/1"),
        Hop(onward("{api}/3", allow="null"), "{api2}/2", origin="null"),
        Hop(NULL, "{api}/3", origin="null"),
    ),
    reads(),
)
TOPIC.row(
    "redirect-authorization-api-api-api2",
    "Authorization is dropped at the hop to a third origin, not before",
    step("GET", BASIC, url="{api}/1"),
    (
        carrying(onward("{api}/2"), "{api}/1"),
        carrying(onward("{api2}/3"), "{api}/2"),
        Hop(NULL, "{api2}/3", origin="null"),
    ),
    reads(),
)

# ---- beside other headers --------------------------------------------------------------------------------

TOPIC.row(
    "redirect-authorization-beside-custom",
    "where Authorization is dropped a custom header stays, and is asked for alone",
    step("GET", BASIC, CUSTOM, url="{api}/1"),
    (
        carrying(onward("{api2}/2"), "{api}/1", asks="authorization,x-a"),
        Hop(NULL, "{api2}/2", asks="x-a", preflight=open_to("null", names("x-a")), origin="null"),
    ),
    reads(),
)
TOPIC.row(
    "redirect-authorization-beside-custom-page-api",
    "out of home a custom header is asked for without Authorization",
    step("GET", BASIC, CUSTOM, url="{page}/1"),
    (at_home("{page}/1", "{api}/2"), Hop(url="{api}/2", asks="x-a", preflight=open_to("{page}", names("x-a")))),
    reads(),
)
TOPIC.row(
    "redirect-authorization-covered-by-star",
    "once Authorization is dropped * covers what is left",
    step("GET", BASIC, CUSTOM, url="{page}/1"),
    (at_home("{page}/1", "{api}/2"), Hop(url="{api}/2", asks="x-a", preflight=answer(origin("*"), names("*")))),
    reads(),
)
TOPIC.row(
    "redirect-authorization-put",
    "a PUT is asked for without Authorization at a third origin",
    step("PUT", BASIC, url="{api}/1"),
    (
        carrying(onward("{api2}/2", status=307), "{api}/1", method="PUT"),
        Hop(NULL, "{api2}/2", asks="", preflight=open_to("null", methods("PUT")), origin="null"),
    ),
    reads(),
)

# ---- whatever else -----------------------------------------------------------------------------------------

for name, summary, field in (
    ("lower-case", "authorization in lower case is dropped", "authorization"),
    ("upper-case", "AUTHORIZATION in upper case is dropped", "AUTHORIZATION"),
):
    TOPIC.row(
        f"redirect-authorization-{name}",
        summary,
        step("GET", (field, "Bearer abc"), url="{page}/1"),
        (at_home("{page}/1", "{api}/2"), Hop(url="{api}/2")),
        reads(),
    )
TOPIC.row(
    "redirect-authorization-include",
    "credentials mode include does not keep Authorization",
    step("GET", BASIC, url="{api}/1", credentials="include"),
    (carrying(onward("{api2}/2"), "{api}/1"), Hop(answer(origin("null"), credentials()), "{api2}/2", origin="null")),
    reads(),
)

SCENARIOS = TOPIC.scenarios
