"""The type that comes with a body, or from the author, and whether a preflight asks for it.

XMLHttpRequest writes its own charset over the author's, which can make a type safe, or unsafe.
"""

from __future__ import annotations

from harness.catalog.browsers.rows import FETCH, XHR, Hop, Topic, asked, methods, names, reads, simple, step
from harness.catalog.browsers.ways import onward, open_to
from harness.scenario import BOTH

TOPIC = Topic("bodies")
TYPE = "content-type"


def ways_in(asks: str | None) -> tuple[Hop, ...]:
    """One request, behind a preflight where it asks for something."""
    return simple(open_to("{page}")) if asks is None else asked(asks, open_to("{page}", methods("PUT"), names(TYPE)))


# ---- types that come with the body ---------------------------------------------------------------------

for name, summary, body, kind in (
    ("text", "a text comes with a safe type", "hello", "text"),
    ("text-empty", "an empty text comes with a safe type", "", "text"),
    ("form", "a form comes with a safe type", "a=b&c=d", "urlencoded"),
    ("form-empty", "an empty form comes with a safe type", "", "urlencoded"),
    ("bytes", "bytes come without any type", "\x01\xfe", "bytes"),
    ("bytes-empty", "no bytes at all come without any type", "", "bytes"),
):
    TOPIC.row(f"bodies-{name}", summary, step("POST", body=body, body_kind=kind), ways_in(None), reads())
    TOPIC.row(
        f"bodies-put-{name}",
        f"in a PUT {summary}: only the method is asked for",
        step("PUT", body=body, body_kind=kind),
        ways_in(""),
        reads(),
    )

# ---- types that the author says --------------------------------------------------------------------------

TYPED: tuple[tuple[str, str, str, str | None, str, str, str | None], ...] = (
    ("text-plain", "bytes called text are safe", "text/plain", "hello", "bytes", "POST", None),
    ("text-multipart", "a text may be called a multipart form", "multipart/form-data", "hello", "text", "POST", None),
    ("form-text", "a form may be called a text", "text/plain", "a=b", "urlencoded", "POST", None),
    ("text-json", "a text called JSON is asked for", "application/json", "{}", "text", "POST", TYPE),
    ("form-json", "a form called JSON is asked for", "application/json", "a=b", "urlencoded", "POST", TYPE),
    ("bytes-json", "bytes called JSON are asked for", "application/json", "{}", "bytes", "POST", TYPE),
    ("bytes-octets", "bytes called octets are asked for", "application/octet-stream", "{}", "bytes", "POST", TYPE),
    ("text-blank", "a type of nothing is asked for", "", "hello", "text", "POST", TYPE),
    ("none-json", "a type is asked for where there is no body", "application/json", None, "text", "POST", TYPE),
    ("none-text", "a safe type without a body is safe", "text/plain", None, "text", "POST", None),
    ("get-json", "a GET's type is asked for, body or not", "application/json", None, "text", "GET", TYPE),
    ("get-text", "a GET's safe type is safe", "text/plain", None, "text", "GET", None),
)
for name, summary, value, content, kind, method, asks in TYPED:
    request = step(method, ("Content-Type", value), body=content, body_kind=kind)
    TOPIC.row(f"bodies-type-{name}", summary, request, ways_in(asks), reads())

# ---- a charset that XMLHttpRequest writes over -----------------------------------------------------------

PADDED = f"text/plain;{' ' * 110}charset=utf-16"  # 135 bytes, of which 24 remain
FULL = f"text/plain;x={'y' * 105};charset=a"  # 128 bytes, which become 132

WRITTEN_OVER: tuple[tuple[str, str, str, str | None, str, str | None, str | None], ...] = (
    ("long", "what was too long may become short enough", PADDED, "hello", "text", TYPE, None),
    ("full", "what was short enough may become too long", FULL, "hello", "text", None, TYPE),
    ("quoted", "quotes may go with the charset", 'text/plain;charset="a"', "hello", "text", TYPE, None),
    (
        "quoted-form",
        "quotes may go with the charset of a form",
        'text/plain;charset="a"',
        "a=b",
        "urlencoded",
        TYPE,
        None,
    ),
    (
        "quoted-upper",
        "quotes may go with the charset, whatever the case of the type",
        'TEXT/Plain;charset="a"',
        "hello",
        "text",
        TYPE,
        None,
    ),
    ("quoted-bytes", "bytes keep what the author says", 'text/plain;charset="a"', "hello", "bytes", TYPE, TYPE),
    (
        "quoted-none",
        "a request without a body keeps what the author says",
        'text/plain;charset="a"',
        None,
        "text",
        TYPE,
        TYPE,
    ),
    ("quoted-utf", "a right charset stays, quotes and all", 'text/plain;charset="utf-8"', "hello", "text", TYPE, TYPE),
    ("first", "of two charsets the first counts", 'text/plain;charset=UTF-8;charset="a"', "hello", "text", TYPE, TYPE),
    ("other", "another parameter keeps its quotes", 'text/plain;charset=a;x="("', "hello", "text", TYPE, TYPE),
    ("no-type", "what is no type stays as it is", 'text/plain, text/plain;charset="a"', "hello", "text", TYPE, TYPE),
    ("json", "JSON with another charset stays JSON", "application/json;charset=a", "{}", "text", TYPE, TYPE),
    ("plain", "text with another charset stays safe", "text/plain;charset=a", "hello", "text", None, None),
    ("lower", "utf-8 in lower case is right", "text/plain;charset=utf-8", "hello", "text", None, None),
)
for name, summary, value, content, kind, fetch_asks, xhr_asks in WRITTEN_OVER:
    request = step("POST", ("Content-Type", value), body=content, body_kind=kind)
    if fetch_asks == xhr_asks:
        TOPIC.row(f"bodies-charset-{name}", summary, request, ways_in(fetch_asks), reads(), apis=BOTH)
        continue
    for api, apis, asks, what in (
        ("fetch", FETCH, fetch_asks, "by fetch() it stays as it is"),
        ("xhr", XHR, xhr_asks, "by XMLHttpRequest it is written over"),
    ):
        TOPIC.row(f"bodies-charset-{name}-{api}", f"{summary}; {what}", request, ways_in(asks), reads(), apis=apis)

for name, summary, body, kind in (
    ("empty", "a charset is written over where the text is empty", "", "text"),
    ("empty-form", "a charset is written over where the form is empty", "", "urlencoded"),
):
    request = step("POST", ("Content-Type", "text/plain;charset=a"), body=body, body_kind=kind)
    TOPIC.row(f"bodies-charset-{name}", summary, request, ways_in(None), reads(), apis=XHR)

for name, summary, value, kind, status in (
    ("redirected", "a charset that was written over stays so behind a redirect", "text/plain;charset=a", "text", 307),
    (
        "redirected-form",
        "a charset that was written over stays so behind a redirect, with a form too",
        "text/plain;charset=a",
        "urlencoded",
        308,
    ),
    ("redirected-away", "a type goes with the body, and stays away", "text/plain;charset=UTF-8", "text", 303),
):
    then = "GET" if status == 303 else "POST"
    TOPIC.row(
        f"bodies-charset-{name}",
        summary,
        step("POST", ("Content-Type", value), body="a", body_kind=kind),
        (
            Hop(onward("{api}/b", status=status)),
            Hop(onward("{api}/c", status=307), "{api}/b", method=then),
            Hop(url="{api}/c", method=then),
        ),
        reads(),
        apis=XHR,
    )

SCENARIOS = TOPIC.scenarios
