"""Accept: any value is safelisted that is short and free of unsafe bytes (`unsafe_bytes`, `header_size`)."""

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

TOPIC = Topic("accept")

for name, summary, value in (
    ("word", "a word that is no type is safelisted", "test"),
    ("type", "a type is safelisted", "application/json"),
    ("list", "a list of types with weights is safelisted", "text/html, application/xml;q=0.9, */*;q=0.8"),
    ("empty", "an empty value is safelisted", ""),
    ("trimmed", "blanks and line breaks around a value are no part of it", " \r\n\ttext/html\n "),
):
    TOPIC.row(f"accept-{name}", summary, step("GET", ("Accept", value)), simple(), reads())

for method in ("HEAD", "POST"):
    TOPIC.row(
        f"accept-{method.lower()}",
        f"a {method} with an Accept needs no preflight",
        step(method, ("accept", "test")),
        simple(),
        reads(),
    )

for name, summary, value in (
    ("quote", "a quote needs a preflight", '"'),
    ("parameter-quoted", "a parameter in quotes needs a preflight", 'text/html;profile="a"'),
):
    TOPIC.row(
        f"accept-{name}",
        summary,
        step("GET", ("Accept", value)),
        turned_down("accept", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )
TOPIC.row(
    "accept-quote-listed",
    "a value with a quote is sent once Accept is listed",
    step("GET", ("Accept", '"')),
    asked("accept", answer(origin(), names("Accept"))),
    reads(),
)

# fetch() keeps two fields of one name apart, and each is looked at; XMLHttpRequest joins them when they are set.
LONG = (("Accept", "a" * 100), ("Accept", "b" * 100))
TOPIC.row(
    "accept-two-fields",
    "two values of 100 bytes are each short enough",
    step("GET", *LONG),
    simple(),
    reads(),
    apis=FETCH,
)
TOPIC.row(
    "accept-two-joined",
    "two values of 100 bytes that are joined are one that is too long",
    step("GET", *LONG),
    turned_down("accept", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=XHR,
)
TOPIC.row(
    "accept-second-unsafe",
    "the second of two values is looked at as well",
    step("GET", ("Accept", "a/b"), ("Accept", '"')),
    turned_down("accept", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
)

SCENARIOS = TOPIC.scenarios
