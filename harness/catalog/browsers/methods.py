"""The method that script asks for: six are put into upper case, three are closed, all others go as they are."""

from __future__ import annotations

from harness.catalog.browsers.rows import Topic, answer, asked, methods, origin, reads, refused, simple, step, unsent
from harness.oracle import Reason

TOPIC = Topic("methods")

# ---- no preflight ----------------------------------------------------------------------------------

for method, word in (("GET", "get"), ("HEAD", "hEAD"), ("POST", "post")):
    TOPIC.row(f"methods-{method.lower()}", f"{method} needs no preflight", step(method), simple(), reads())
    TOPIC.row(
        f"methods-{method.lower()}-case",
        f"{word} is sent as {method}, without a preflight",
        step(word),
        simple(),
        reads(),
    )

TOPIC.row(
    "methods-post-text",
    "a POST of text needs no preflight, even where one would be refused",
    step("POST", body="text"),
    simple(),
    reads(),
)
TOPIC.row(
    "methods-post-form",
    "a POST of a form needs no preflight",
    step("POST", body="a=b", body_kind="urlencoded"),
    simple(),
    reads(),
)
TOPIC.row(
    "methods-post-bytes",
    "a POST of bytes has no type, and needs no preflight",
    step("POST", body="\x00\xff", body_kind="bytes"),
    simple(),
    reads(),
)

# ---- a preflight that asks for the method ----------------------------------------------------------

for name, summary, word, sent in (
    ("put", "PUT is asked for", "PUT", "PUT"),
    ("put-lower", "put is asked for, and sent, as PUT", "put", "PUT"),
    ("delete", "DELETE is asked for", "DELETE", "DELETE"),
    ("delete-lower", "delete is asked for, and sent, as DELETE", "delete", "DELETE"),
    ("options", "an OPTIONS of script's own has a preflight", "OPTIONS", "OPTIONS"),
    ("patch", "PATCH is asked for", "PATCH", "PATCH"),
    ("patch-lower", "patch is not PATCH, and stays as it is", "patch", "patch"),
    ("patch-mixed", "patcH stays as it is", "patcH", "patcH"),
    ("custom", "a method that nobody has heard of is asked for", "CHICKEN", "CHICKEN"),
    ("custom-lower", "a custom method stays in lower case", "chicken", "chicken"),
    ("any-token", "a method may be any token", "!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~"),
    ("connect-longer", "a method that begins like CONNECT is not closed", "CONNECTED", "CONNECTED"),
):
    TOPIC.row(f"methods-{name}", summary, step(word), asked("", answer(origin(), methods(sent))), reads())

TOPIC.row(
    "methods-put-here",
    "within the page's own origin a PUT needs no preflight",
    step("PUT", url="{page}/a"),
    simple(answer(), url="{page}/a"),
    reads(),
)

# ---- refused by the interface ----------------------------------------------------------------------

for name, summary, word in (
    ("connect", "CONNECT is closed to script", "CONNECT"),
    ("connect-lower", "connect is closed as well", "connect"),
    ("trace", "TRACE is closed to script", "TRACE"),
    ("trace-mixed", "Trace is closed as well", "Trace"),
    ("track", "TRACK is closed to script", "TRACK"),
    ("track-lower", "track is closed as well", "track"),
):
    TOPIC.row(f"methods-{name}", summary, step(word), unsent(), refused(Reason.METHOD_FORBIDDEN))

for name, summary, word in (
    ("empty", "no method at all is refused", ""),
    ("blank-before", "a blank before a method is not trimmed", " GET"),
    ("blank-behind", "a blank behind a method is not trimmed", "GET "),
    ("blank-inside", "a method has no blank inside", "GE T"),
    ("line-break", "a method has no line break", "GET\r\n"),
    ("colon", "a colon makes it no token", "GET:"),
    ("latin", "a letter above 0x7F makes it no token", "P\xdcT"),
    ("beyond-bytes", "a letter that is no byte makes it none at all", "G\u0118T"),
    ("nul", "NUL makes it no token", "GET\0"),
):
    TOPIC.row(f"methods-{name}", summary, step(word), unsent(), refused(Reason.METHOD_NOT_A_TOKEN))

SCENARIOS = TOPIC.scenarios
