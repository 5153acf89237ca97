"""Headers that script may set and that go nowhere: dropped without a word, so that no preflight asks for them."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    LISTS_NOTHING,
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

TOPIC = Topic("forbidden-headers")

# ---- dropped by name -------------------------------------------------------------------------------

for field, value in (
    ("Accept-Charset", "utf-8"),
    ("Accept-Encoding", "identity"),
    ("Access-Control-Request-Headers", "x-a"),
    ("Access-Control-Request-Method", "PUT"),
    ("Connection", "close"),
    ("Content-Length", "42"),
    ("Cookie", "a=b"),
    ("Cookie2", "a=b"),
    ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("DNT", "1"),
    ("Expect", "100-continue"),
    ("Host", "example.net"),
    ("Keep-Alive", "timeout=1"),
    ("Origin", "http://example.net"),
    ("Referer", "http://example.net/"),
    ("Set-Cookie", "a=b"),
    ("TE", "trailers"),
    ("Trailer", "X-A"),
    ("Transfer-Encoding", "chunked"),
    ("Upgrade", "websocket"),
    ("Via", "1.1 example.net"),
    ("Proxy-Authorization", "Basic dTpw"),
    ("Proxy-Connection", "close"),
    ("Proxy-Anything", "1"),
    ("Proxy-", "1"),
    ("Sec-Anything", "1"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-CH-UA-Platform", '"none"'),
    ("Sec-", "1"),
):
    TOPIC.row(
        f"forbidden-headers-{field.lower().rstrip('-')}",
        f"{field} is dropped",
        step("GET", (field, value)),
        simple(),
        reads(),
    )

for name, summary, headers in (
    ("upper", "a name in upper case is dropped", [("ORIGIN", "http://example.net"), ("COOKIE", "a=b")]),
    ("lower", "a name in lower case is dropped", [("origin", "http://example.net"), ("proxy-a", "1")]),
):
    TOPIC.row(f"forbidden-headers-{name}", summary, step("GET", *headers), simple(), reads())

TOPIC.row(
    "forbidden-headers-beside-custom",
    "a preflight for another header does not ask for what is dropped",
    step("GET", ("Cookie", "a=b"), ("X-A", "1"), ("Sec-A", "1")),
    asked("x-a", answer(origin(), names("x-a"))),
    reads(),
)

# ---- dropped by value: a forbidden method in the guise of a header ---------------------------------

for name, summary, field, value in (
    ("override-trace", "an override to TRACE is dropped", "X-HTTP-Method-Override", "TRACE"),
    ("override-lower", "an override to trace is dropped", "x-http-method-override", "trace"),
    ("override-first", "an override to TRACE among others is dropped", "X-HTTP-Method-Override", "TRACE, GET"),
    ("override-last", "an override to TRACE behind others is dropped", "X-HTTP-Method-Override", "GET,\tTRACE"),
    ("override-escaped", "an escaped quote ends no quotation", "X-HTTP-Method-Override", '"a\\"b", TRACE'),
    ("override-padded", "blanks around TRACE hide nothing", "X-HTTP-Method-Override", "  TRACE "),
    ("method", "X-HTTP-Method is dropped for TRACE as well", "X-HTTP-Method", "TRACE"),
    ("method-override", "X-Method-Override is dropped for TRACE as well", "X-Method-Override", "TRACE"),
):
    TOPIC.row(f"forbidden-headers-{name}", summary, step("GET", (field, value)), simple(), reads())

for name, summary, field, value in (
    ("override-put", "an override to PUT", "X-HTTP-Method-Override", "PUT"),
    ("override-quoted", "an override to TRACE in quotes, which is no method", "X-HTTP-Method-Override", '"TRACE"'),
    ("override-in-quotes", "a comma in quotes, which separates nothing", "X-HTTP-Method-Override", '"GET,TRACE"'),
    ("method-put", "X-HTTP-Method for PUT", "X-HTTP-Method", "PUT"),
    # Names that only resemble.
    ("x-sec", "Sec- in the middle of a name", "X-Sec-A", "1"),
    ("referrer", "Referer spelt as it should be", "Referrer", "/"),
    ("set-cookie2", "Set-Cookie2", "Set-Cookie2", "a=b"),
    ("user-agent", "User-Agent", "User-Agent", "corsproof"),
):
    TOPIC.row(
        f"forbidden-headers-not-{name}",
        f"{summary} is not dropped but asked for",
        step("GET", (field, value)),
        turned_down(field.lower(), LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

SCENARIOS = TOPIC.scenarios
