"""Content-Type: three MIME types are safelisted, with any parameters that hold no unsafe byte."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    FETCH,
    LISTS_NOTHING,
    XHR,
    Topic,
    answer,
    asked,
    blocked,
    names,
    origin,
    reads,
    simple,
    step,
    turned_down,
)
from harness.oracle import Reason

TOPIC = Topic("content-type")
FIELD = "Content-Type"

# ---- what needs no preflight -----------------------------------------------------------------------

for name, summary, value in (
    ("plain", "plain text needs no preflight", "text/plain"),
    ("form", "a form needs no preflight", "application/x-www-form-urlencoded"),
    ("multipart", "a form of parts needs no preflight", "multipart/form-data"),
    ("case", "a type is read in any case", "TeXT/PlAiN"),
    ("boundary", "a boundary is a parameter like any other", "multipart/form-data; boundary=----x"),
    ("charset", "a charset is a parameter like any other", "text/plain; charset=UTF-8"),
    ("parameter", "an unknown parameter is no harm", "text/plain; parameter=whatever"),
    ("blank-before-semicolon", "a blank before a parameter is no harm", "text/plain ;a=b"),
    ("semicolon", "a semicolon without a parameter is no harm", "text/plain;"),
    ("no-value", "a parameter without a value is no harm", "text/plain; charset"),
    ("empty-value", "a parameter with an empty value is no harm", "text/plain; charset="),
    ("parameter-comma", "behind a semicolon another type is but a parameter", "text/plain;a=b, application/json"),
    ("latin-parameter", "a parameter may have bytes above 0x7F", "text/plain;a=\xe9"),
):
    TOPIC.row(f"content-type-{name}", summary, step("POST", (FIELD, value), body="data"), simple(), reads())

for name, method, value in (
    ("get", "GET", "text/plain; parameter=whatever"),
    ("head-form", "HEAD", "application/x-www-form-urlencoded"),
    ("head-multipart", "HEAD", "multipart/form-data"),
    ("post-bodiless", "POST", "multipart/form-data"),
):
    TOPIC.row(
        f"content-type-{name}",
        f"{value} on a {method} without a body needs no preflight",
        step(method, (FIELD, value)),
        simple(),
        reads(),
    )

for method in ("GET", "HEAD", "POST"):
    TOPIC.row(
        f"content-type-all-{method.lower()}",
        f"a {method} with every safelisted name in lower case needs no preflight",
        step(
            method,
            ("accept", "test"),
            ("accept-language", "test"),
            ("content-language", "test"),
            ("content-type", "text/plain; parameter=whatever"),
        ),
        simple(),
        reads(),
    )

# ---- what needs one --------------------------------------------------------------------------------

for name, summary, value in (
    ("json", "JSON needs a preflight", "application/json"),
    ("xml", "XML needs a preflight", "application/xml"),
    ("html", "HTML needs a preflight", "text/html"),
    ("form-misspelt", "a form without its x- needs a preflight", "application/www-form-urlencoded"),
    # What no parser takes for a type.
    ("empty", "no type at all needs a preflight", ""),
    ("word", "a word that is no type needs a preflight", "whatever"),
    ("no-subtype", "a type that ends at its slash needs a preflight", "text/"),
    ("no-type", "a type that begins at its slash needs a preflight", "/plain"),
    ("blank-before-slash", "a blank before the slash needs a preflight", "text /plain"),
    ("blank-behind-slash", "a blank behind the slash needs a preflight", "text/ plain"),
    ("blank-behind", "a second word needs a preflight", "text/plain charset=utf-8"),
    ("comma-first", "a comma before the type needs a preflight", ",text/plain"),
    ("list", "a list of safelisted types needs a preflight", "text/plain,text/plain"),
    ("list-plain", "JSON behind a safelisted type is not hidden", "text/plain, application/json"),
    ("ff", "a form feed behind the type needs a preflight", "text/plain\x0c"),
    # Unsafe bytes, wherever they are.
    ("quoted", "a quoted parameter needs a preflight", 'text/plain; charset="utf-8"'),
    ("quote", "a single quote mark needs a preflight", 'multipart/form-data;"'),
    ("parenthesis", "a comment in parentheses needs a preflight", "text/plain; a=b (c)"),
    ("delete", "the byte 0x7F needs a preflight", "application/x-www-form-urlencoded;\x7f"),
):
    TOPIC.row(
        f"content-type-{name}",
        summary,
        step("POST", (FIELD, value), body="data"),
        turned_down("content-type", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

TOPIC.row(
    "content-type-json-listed",
    "JSON is sent once Content-Type is listed",
    step("POST", (FIELD, "application/json"), body="{}"),
    asked("content-type", answer(origin(), names("Content-Type"))),
    reads(),
)
TOPIC.row(
    "content-type-html-get",
    "a GET that claims a type needs a preflight as well",
    step("GET", (FIELD, "text/html")),
    asked("content-type", answer(origin(), names("content-type"))),
    reads(),
)

# XMLHttpRequest writes its own charset over another one, before anybody looks at the value.
LATIN = step("POST", (FIELD, 'text/plain; charset="latin-1"'), body="data")
TOPIC.row(
    "content-type-charset-kept",
    "a charset in quotes needs a preflight",
    LATIN,
    turned_down("content-type", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=FETCH,
)
TOPIC.row(
    "content-type-charset-overwritten",
    "a charset in quotes that is overwritten with UTF-8 needs no preflight",
    LATIN,
    simple(),
    reads(),
    apis=XHR,
)

# ---- two fields: fetch() keeps them apart, XMLHttpRequest joins them -------------------------------

TWICE = ((FIELD, "text/plain"), (FIELD, "text/plain"))
TOPIC.row(
    "content-type-two-fields",
    "two safelisted types are each safelisted",
    step("POST", *TWICE, body="data"),
    simple(),
    reads(),
    apis=FETCH,
)
TOPIC.row(
    "content-type-two-joined",
    "two safelisted types that are joined are none",
    step("POST", *TWICE, body="data"),
    turned_down("content-type", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=XHR,
)
TOPIC.row(
    "content-type-two-json",
    "a safelisted type in a second field does not hide JSON in the first",
    step("POST", (FIELD, "application/json"), (FIELD, "text/plain"), body="{}"),
    turned_down("content-type", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
)

SCENARIOS = TOPIC.scenarios
