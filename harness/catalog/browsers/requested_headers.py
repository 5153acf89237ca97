"""Access-Control-Request-Headers: the unsafe names in lower case, each once, in order, joined by commas alone."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    LISTS_NOTHING,
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
from harness.oracle import Reason

TOPIC = Topic("requested-headers")

for name, summary, sent, asks in (
    ("order", "names are put in order", ["X-C", "X-A", "X-B"], "x-a,x-b,x-c"),
    ("lower", "names are put in lower case before they are put in order", ["x-b", "X-C", "X-A"], "x-a,x-b,x-c"),
    (
        "prefixes",
        "a shorter name comes before a longer that begins like it",
        ["X-Own-Test", "X-Own-ua", "X-Own-V", "X-Own-s", "X-Own-U", "X-Own"],
        "x-own,x-own-s,x-own-test,x-own-u,x-own-ua,x-own-v",
    ),
    ("bytes", "order is that of bytes", ["~", "x", "_", "a", "!", "9", "-"], "!,-,9,_,a,x,~"),
    ("twice", "a name set twice is asked for once", ["X-A", "X-B", "x-a"], "x-a,x-b"),
    ("any-token", "a name may be any token", ["!#$%&'*+-.^_`|~"], "!#$%&'*+-.^_`|~"),
    (
        "many",
        "fifty names are all asked for",
        [f"X-{number:02}" for number in reversed(range(50))],
        ",".join(f"x-{number:02}" for number in range(50)),
    ),
):
    TOPIC.row(
        f"requested-headers-{name}",
        summary,
        step("GET", *((each, "1") for each in sent)),
        asked(asks, answer(origin(), names(asks))),
        reads(),
    )

for name, summary, given, asks in (
    ("safelisted", "safelisted headers are left out", [("Accept", "a/b"), ("X-A", "1"), ("Range", "bytes=0-")], "x-a"),
    ("unsafe", "safelisted names with unsafe values are asked for", [("X-A", "1"), ("Accept", "(")], "accept,x-a"),
    ("forbidden", "forbidden headers are left out", [("X-A", "1"), ("Host", "a"), ("Sec-A", "1")], "x-a"),
    ("json", "Content-Type is asked for like others", [("X-A", "1"), ("Content-Type", "a/b")], "content-type,x-a"),
):
    TOPIC.row(
        f"requested-headers-{name}",
        summary,
        step("POST", *given, body="{}"),
        turned_down(asks, LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

PUT = answer(origin(), methods("PUT"))
for name, summary, request in (
    ("none", "a preflight for a method alone asks for no header", step("PUT")),
    ("none-safelisted", "a preflight for a method asks for no safelisted header", step("PUT", ("Accept", "a/b"))),
    ("none-body", "a preflight for a method does not ask for the type that comes with text", step("PUT", body="x")),
):
    TOPIC.row(f"requested-headers-{name}", summary, request, asked("", PUT), reads())

SCENARIOS = TOPIC.scenarios
