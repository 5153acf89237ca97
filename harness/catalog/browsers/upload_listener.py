"""A listener on XMLHttpRequest's upload object: every request to another origin needs a preflight then, even a GET.

That preflight is lenient: where it lists no methods at all, the request's own counts as listed.
"""

from __future__ import annotations

from typing import Any

from harness.catalog.browsers.rows import (
    XHR,
    Hop,
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    credentials,
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
from harness.literal import Close
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("upload-listener")
READABLE = open_to("{page}")
MINUTE = max_age("60")


def listening(method: str = "GET", *headers: tuple[str, str], **more: Any) -> Step:
    """A request whose page listens to its upload."""
    return step(method, *headers, upload_listener=True, **more)


# ---- a preflight for everything ----------------------------------------------------------------------

for name, summary, request in (
    ("get", "a GET is asked for, though it has no body", listening()),
    ("head", "a HEAD is asked for", listening("HEAD")),
    ("post", "a POST without a body is asked for", listening("POST")),
    ("post-text", "a POST with a text is asked for, and its type is not", listening("POST", body="hello")),
    ("post-bytes", "a POST with bytes is asked for", listening("POST", body="hello", body_kind="bytes")),
    ("post-form", "a POST with a form is asked for", listening("POST", body="a=b", body_kind="urlencoded")),
    ("get-body", "a body that a GET does not send changes nothing", listening(body="hello")),
    ("put", "a PUT passes although no method is listed", listening("PUT", body="hello")),
    ("put-empty", "a PUT without a body passes although no method is listed", listening("PUT")),
    ("patch", "a PATCH passes although no method is listed", listening("PATCH", body="hello")),
    ("custom", "a custom method passes although no method is listed", listening("CHICKEN", body="hello")),
    ("include", "with credentials a PUT passes although no method is listed", listening("PUT", credentials="include")),
):
    TOPIC.row(f"upload-listener-{name}", summary, request, asked("", READABLE), reads(), apis=XHR)

TOPIC.row(
    "upload-listener-header",
    "a custom header is asked for beside the method",
    listening("POST", ("X-A", "1"), body="hello"),
    asked("x-a", open_to("{page}", names("x-a"))),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "upload-listener-home",
    "at home nobody is asked",
    listening("PUT", url="{page}/1", body="hello"),
    (Hop(answer(), "{page}/1"),),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "upload-listener-star",
    "* for the origin opens a PUT",
    listening("PUT"),
    asked("", answer(origin("*")), answer(origin("*"))),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "upload-listener-null",
    "from an opaque origin a POST is asked for with null",
    listening("POST", body="hello"),
    asked("", READABLE),
    reads(),
    page="null",
    apis=XHR,
)
for name, summary, listed in (
    ("lists-method", "a list with the method passes", "PUT"),
    ("lists-star", "a list of * passes", "*"),
):
    hops = asked("", open_to("{page}", methods(listed)))
    TOPIC.row(f"upload-listener-{name}", summary, listening("PUT"), hops, reads(), apis=XHR)
TOPIC.row(
    "upload-listener-lists-other-get",
    "a list without GET passes a GET",
    listening(),
    asked("", open_to("{page}", methods("PUT"))),
    reads(),
    apis=XHR,
)

# ---- refused -----------------------------------------------------------------------------------------

PUT, GET = listening("PUT", body="hello"), listening()

for name, summary, request, asks, preflight, reason in (
    (
        "other-method",
        "a list without the method refuses",
        PUT,
        "",
        open_to("{page}", methods("GET")),
        Reason.METHOD_NOT_ALLOWED,
    ),
    ("no-method", "an empty list is a list", PUT, "", open_to("{page}", methods("")), Reason.METHOD_NOT_ALLOWED),
    (
        "malformed",
        "a list that is none refuses even a GET",
        GET,
        "",
        open_to("{page}", methods("G ET")),
        Reason.ALLOW_METHODS_MALFORMED,
    ),
    ("no-origin", "without an allowed origin a GET does not go out", GET, "", answer(), Reason.ALLOW_ORIGIN_MISSING),
    (
        "404",
        "behind a 404 a GET does not go out",
        GET,
        "",
        open_to("{page}", status=404),
        Reason.PREFLIGHT_STATUS_NOT_OK,
    ),
    (
        "302",
        "behind a preflight's redirect a GET does not go out",
        GET,
        "",
        onward("{api}/b"),
        Reason.PREFLIGHT_REDIRECT,
    ),
    (
        "no-header",
        "a custom header must be allowed",
        listening("GET", ("X-A", "1")),
        "x-a",
        READABLE,
        Reason.HEADER_NOT_ALLOWED,
    ),
    (
        "include-star",
        "with credentials * refuses even a GET",
        listening(credentials="include"),
        "",
        answer(origin("*")),
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
    (
        "include-method-star",
        "with credentials * among the methods refuses a PUT",
        listening("PUT", credentials="include"),
        "",
        open_to("{page}", methods("*")),
        Reason.METHOD_WILDCARD_WITH_CREDENTIALS,
    ),
    (
        "unanswered",
        "without an answer to its preflight a GET does not go out",
        GET,
        "",
        Close(),
        Reason.NETWORK_FAILURE,
    ),
):
    TOPIC.row(f"upload-listener-{name}", summary, request, turned_down(asks, preflight), blocked(reason), apis=XHR)

TOPIC.row(
    "upload-listener-shut",
    "behind its preflight the answer must pass the check",
    listening(),
    asked("", READABLE, answer()),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
    apis=XHR,
)

# ---- remembered --------------------------------------------------------------------------------------

FORCED = asked("", open_to("{page}", MINUTE))
FORCED_LISTING = asked("", open_to("{page}", methods("PUT"), MINUTE))
NONE = simple(READABLE)

for name, summary, *turns in (
    ("again", "the method that no list named is remembered", (GET, FORCED), (GET, NONE)),
    ("again-put", "a PUT that no list named is remembered", (PUT, FORCED), (PUT, NONE)),
    (
        "then-without",
        "a PUT that no list named is remembered for one without a listener",
        (PUT, FORCED),
        (step("PUT"), NONE),
    ),
    (
        "without-then",
        "what a PUT was granted holds for one with a listener",
        (step("PUT"), FORCED_LISTING),
        (PUT, NONE),
    ),
    ("other", "of what no list named another method is asked for", (GET, FORCED), (listening("POST"), FORCED)),
    ("listed-other", "a GET that a list left out is asked for again", (GET, FORCED_LISTING), (GET, FORCED)),
    ("listed-other-put", "a PUT that a GET's preflight listed is remembered", (GET, FORCED_LISTING), (PUT, NONE)),
):
    steps = (Turn(request, hops, reads()) for request, hops in turns)
    TOPIC.sequence(f"upload-listener-cached-{name}", summary, *steps, apis=XHR)

# ---- redirects ---------------------------------------------------------------------------------------

NULL = open_to("null")

for name, summary, request, first, second in (
    (
        "page-api",
        "redirected from home a POST is asked for at the target",
        listening("POST", url="{page}/1", body="hello"),
        Hop(answer(to("{api}/2"), status=307), "{page}/1"),
        Hop(url="{api}/2", asks="", preflight=READABLE),
    ),
    (
        "api-api2",
        "redirected to a third origin a GET is asked for with null",
        listening(),
        Hop(onward("{api2}/b"), asks="", preflight=READABLE),
        Hop(NULL, "{api2}/b", asks="", preflight=NULL, origin="null"),
    ),
    (
        "put",
        "a redirected PUT passes twice although no method is listed",
        listening("PUT"),
        Hop(onward("{api}/b", status=307), asks="", preflight=READABLE),
        Hop(url="{api}/b", asks="", preflight=READABLE),
    ),
    (
        "post-get",
        "a POST that a redirect makes a GET is asked for as one",
        listening("POST", body="hello"),
        Hop(onward("{api}/b", status=303), asks="", preflight=READABLE),
        Hop(url="{api}/b", asks="", preflight=READABLE, method="GET"),
    ),
):
    TOPIC.row(f"upload-listener-redirect-{name}", summary, request, (first, second), reads(), apis=XHR)

TOPIC.row(
    "upload-listener-redirect-refused",
    "a redirect's target that refuses the preflight gets no GET",
    listening(url="{page}/1"),
    (
        Hop(answer(to("{api}/2"), status=302), "{page}/1", origin=""),
        *turned_down("", answer(credentials(), status=405), url="{api}/2"),
    ),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
    apis=XHR,
)

SCENARIOS = TOPIC.scenarios
