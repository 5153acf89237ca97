"""Names and values that are none: the interface refuses the call; blanks around a value are taken away."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    LISTS_NOTHING,
    Topic,
    blocked,
    refused,
    step,
    turned_down,
    unsent,
)
from harness.oracle import Reason

TOPIC = Topic("header-syntax")

for name, summary, field in (
    ("empty", "no name at all", ""),
    ("blank", "a name with a blank inside", "x a"),
    ("colon", "a name with its colon", "x-a:"),
    ("latin", "a name with a letter above 0x7F", "x-\xe4"),
    ("beyond-bytes", "a name with a letter that is no byte", "x-\u0105"),
    ("line-break", "a name with a line break", "x-a\n"),
    ("nul", "a name with NUL", "x-a\0"),
):
    TOPIC.row(
        f"header-syntax-name-{name}",
        f"{summary} is refused",
        step("GET", (field, "1")),
        unsent(),
        refused(Reason.HEADER_NAME_INVALID),
    )

for name, summary, field, value in (
    ("nul", "a value with NUL inside", "X-A", "a\0b"),
    ("line-feed", "a value with a line feed inside", "X-A", "a\nb"),
    ("second-field", "a value with another field inside", "X-A", "1\r\nX-B: 2"),
    ("beyond-bytes", "a value with a letter that is no byte", "X-A", "\u0105"),
    ("safelisted", "a safelisted header with a line feed inside", "Accept", "a\nb"),
    ("forbidden", "a forbidden header with NUL", "Cookie", "a\0b"),
):
    TOPIC.row(
        f"header-syntax-value-{name}",
        f"{summary} is refused",
        step("GET", (field, value)),
        unsent(),
        refused(Reason.HEADER_VALUE_INVALID),
    )

for name, summary, value in (
    ("trimmed", "line breaks around a value are taken away, and the rest is asked for", "\r\n 1 \t\n"),
    ("folded-tab", "a tab inside a value is no syntax error", "a\tb"),
    ("latin", "a byte above 0x7F is no syntax error", "\xe9"),
):
    TOPIC.row(
        f"header-syntax-value-{name}",
        summary,
        step("GET", ("X-A", value)),
        turned_down("x-a", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

SCENARIOS = TOPIC.scenarios
