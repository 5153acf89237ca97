"""What fetch() and XMLHttpRequest refuse by themselves, before anything is sent: methods, headers, bodies, URLs."""

from __future__ import annotations

from harness.catalog.browsers.rows import FETCH, XHR, Topic, asked, methods, names, reads, refused, simple, step
from harness.catalog.browsers.ways import open_to, unreached
from harness.oracle import Reason
from harness.scenario import BOTH

TOPIC = Topic("api-refusals")
NOTHING = (unreached("{api}/a"),)

# ---- methods and headers -------------------------------------------------------------------------------

for name, summary, method in (
    ("trace", "TRACE is closed even at home", "TRACE"),
    ("connect", "Connect is closed even at home", "Connect"),
):
    request = step(method, url="{page}/1")
    TOPIC.row(f"api-refusals-{name}-home", summary, request, (unreached("{page}/1"),), refused(Reason.METHOD_FORBIDDEN))

for name, summary, method in (
    ("parenthesis", "a method has no parentheses", "G(T"),
    ("comma", "a method has no commas", "GET,"),
    ("slash", "a method has no slashes", "GET/"),
):
    TOPIC.row(f"api-refusals-method-{name}", summary, step(method), NOTHING, refused(Reason.METHOD_NOT_A_TOKEN))

for name, summary, method in (
    ("tracer", "TRACER is nobody's business", "TRACER"),
    ("digits", "a method may be a number", "1234"),
):
    hops = asked("", open_to("{page}", methods(method)))
    TOPIC.row(f"api-refusals-method-{name}", summary, step(method), hops, reads())

for name, summary, field in (
    ("blank-behind", "a name is not trimmed", "X-A "),
    ("parenthesis", "a name has no parentheses", "X(A"),
    ("quote", "a name has no quotes", '"X-A"'),
):
    request = step("GET", (field, "1"))
    TOPIC.row(f"api-refusals-name-{name}", summary, request, NOTHING, refused(Reason.HEADER_NAME_INVALID))

TOPIC.row(
    "api-refusals-value-cr",
    "a value has no CR",
    step("GET", ("X-A", "a\rb")),
    NOTHING,
    refused(Reason.HEADER_VALUE_INVALID),
)
for name, summary, value in (
    ("empty", "a value may be empty", ""),
    ("padded", "a value is trimmed before it is looked at", "\r\n \t1\t \n"),
    ("latin", "a value may have bytes beyond ASCII", "\xe9"),
    ("control", "a value may have most control characters", "\x01\x7f"),
):
    hops = asked("x-a", open_to("{page}", names("x-a")))
    TOPIC.row(f"api-refusals-value-{name}", summary, step("GET", ("X-A", value)), hops, reads())

# ---- bodies ------------------------------------------------------------------------------------------

for method in ("GET", "HEAD"):
    for name, body, kind in (("text", "hello", "text"), ("empty", "", "text"), ("bytes", "hello", "bytes")):
        TOPIC.row(
            f"api-refusals-{method.lower()}-{name}",
            f"fetch() takes no {name} as a body of a {method}",
            step(method, body=body, body_kind=kind),
            NOTHING,
            refused(Reason.BODY_WITH_GET_OR_HEAD),
            apis=FETCH,
        )
    TOPIC.row(
        f"api-refusals-{method.lower()}-xhr",
        f"XMLHttpRequest leaves the body of a {method} out, its type included",
        step(method, body="a=b", body_kind="urlencoded"),
        simple(open_to("{page}")),
        reads(),
        apis=XHR,
    )
TOPIC.row(
    "api-refusals-get-lower",
    "get is GET and takes no body",
    step("get", body="hello"),
    NOTHING,
    refused(Reason.BODY_WITH_GET_OR_HEAD),
    apis=FETCH,
)
for method in ("DELETE", "OPTIONS", "CHICKEN"):
    hops = asked("", open_to("{page}", methods(method)))
    summary = f"{method} may have a body"
    TOPIC.row(f"api-refusals-{method.lower()}-body", summary, step(method, body="hello"), hops, reads())

# ---- URLs --------------------------------------------------------------------------------------------

for name, summary, userinfo, place in (
    ("both", "fetch() takes no URL with a user name and a password", "user:pass@", "api"),
    ("name", "fetch() takes no URL with a user name", "user@", "api"),
    ("word", "fetch() takes no URL with a password", ":pass@", "api"),
    ("home", "fetch() takes no URL with a user name even at home", "user:pass@", "page"),
):
    TOPIC.row(
        f"api-refusals-url-{name}",
        summary,
        step(url=f"{{{place}|{userinfo}}}/a"),
        (unreached(f"{{{place}}}/a"),),
        refused(Reason.URL_INCLUDES_CREDENTIALS),
        apis=FETCH,
    )
for name, summary, userinfo in (
    ("at", "an @ alone is no user name", "@"),
    ("colon", "an @ and a colon are no user name", ":@"),
):
    request = step(url=f"{{api|{userinfo}}}/a")
    TOPIC.row(f"api-refusals-url-{name}", summary, request, simple(open_to("{page}")), reads(), apis=BOTH)

# ---- which of several is found first ---------------------------------------------------------------------

for name, summary, request, reason in (
    ("method-header", "the method before a header", step("TRACE", ("X A", "1")), Reason.METHOD_FORBIDDEN),
    ("token-header", "the method's characters before a header", step("G T", ("X A", "1")), Reason.METHOD_NOT_A_TOKEN),
    ("name-value", "a name before its value", step("GET", ("X A", "a\0b")), Reason.HEADER_NAME_INVALID),
    (
        "first-header",
        "the first header before the second",
        step("GET", ("X-A", "\0"), ("X B", "1")),
        Reason.HEADER_VALUE_INVALID,
    ),
):
    TOPIC.row(f"api-refusals-first-{name}", f"what is found first: {summary}", request, NOTHING, refused(reason))
for name, summary, request, reason in (
    (
        "url-method",
        "the URL before the method",
        step("TRACE", url="{api|user:pass@}/a"),
        Reason.URL_INCLUDES_CREDENTIALS,
    ),
    ("header-body", "a header before the body", step("GET", ("X A", "1"), body="hello"), Reason.HEADER_NAME_INVALID),
    (
        "mode-header",
        "the mode before a header",
        step("PUT", ("X A", "1"), mode="no-cors"),
        Reason.METHOD_NOT_ALLOWED_IN_NO_CORS,
    ),
):
    TOPIC.row(
        f"api-refusals-first-{name}", f"what is found first: {summary}", request, NOTHING, refused(reason), apis=FETCH
    )

SCENARIOS = TOPIC.scenarios
