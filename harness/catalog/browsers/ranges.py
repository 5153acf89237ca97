"""Range: one range of bytes with a start is safelisted, in exactly that spelling."""

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

TOPIC = Topic("ranges")

for name, summary, value in (
    ("both", "a start and an end", "bytes=100-200"),
    ("open", "a start without an end", "bytes=200-"),
    ("same", "an end that is the start", "bytes=7-7"),
    ("zeros", "zeros before the numbers, up to 128 bytes in all", f"bytes={'11':0>60}-{'111':0>61}"),
    ("huge", "numbers beyond 64 bits", "bytes=18446744073709551616-18446744073709551617"),
    ("trimmed", "blanks around the value", "  bytes=0-1\t"),
):
    TOPIC.row(f"ranges-{name}", f"{summary}: no preflight", step("GET", ("Range", value)), simple(), reads())
TOPIC.row(
    "ranges-post",
    "a range on a POST, where it makes no sense: no preflight",
    step("POST", ("Range", "bytes=100-200"), body="data"),
    simple(),
    reads(),
)
TOPIC.row(
    "ranges-partial",
    "the part that a range asked for is read with its status",
    step("GET", ("range", "bytes=0-0")),
    simple(answer(origin(), ("Content-Range", "bytes 0-0/1"), status=206)),
    reads(status=206),
)

for name, summary, value in (
    ("suffix", "the last bytes", "bytes=-200"),
    ("suffix-zero", "the last no bytes", "bytes=-0"),
    ("backwards", "a start beyond the end", "bytes=10-9"),
    ("two", "two ranges", "bytes=0-1,3-4"),
    ("empty", "no value at all", ""),
    # The unit.
    ("other-unit", "another unit", "MB=100-200"),
    ("unit-capital", "a capital in the unit", "Bytes=100-200"),
    ("unit-upper", "the unit in upper case", "BYTES=0-1"),
    ("no-equals", "a blank for the equals sign", "bytes 100-200"),
    ("no-equals-open", "a blank for the equals sign before an open range", "bytes 0-"),
    # Blanks inside.
    ("tab-before-equals", "a tab before the equals sign", "bytes\t=100-200"),
    ("blanks-behind-equals", "blanks behind the equals sign", "bytes=  100-200"),
    ("blanks-around-equals", "blanks around the equals sign", "bytes = 100-200"),
    ("blank-before-hyphen", "a blank before the hyphen", "bytes=100 -200"),
    ("blank-behind-hyphen", "a blank behind the hyphen", "bytes=100- 200"),
    ("ff-before-equals", "a form feed before the equals sign", "bytes\x0c=100-200"),
    ("ff-behind-equals", "a form feed behind the equals sign", "bytes=\x0c100-200"),
    ("ff-before-hyphen", "a form feed before the hyphen", "bytes=100\x0c-200"),
    ("ff-behind-hyphen", "a form feed behind the hyphen", "bytes=100-\x0c200"),
    ("ff-at-the-end", "a form feed at the end", "bytes=100-200\x0c"),
    # What is no number.
    ("letters", "letters for numbers", "bytes=abc-def"),
    ("plus-start", "a plus sign before the start", "bytes=+5-"),
    ("plus-end", "a plus sign before the end", "bytes=0-+100"),
    ("superscript", "a superscript digit, which is no digit here", "bytes=0-\xb2"),
    # Commas.
    ("comma-first", "a comma before the unit", ",bytes=100-200"),
    ("comma-behind-equals", "a comma behind the equals sign", "bytes=,100-200"),
):
    TOPIC.row(
        f"ranges-{name}",
        f"{summary}: to be asked for",
        step("GET", ("Range", value)),
        turned_down("range", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

TOPIC.row(
    "ranges-suffix-listed",
    "the last bytes are asked for once Range is listed",
    step("GET", ("Range", "bytes=-5")),
    asked("range", answer(origin(), names("Range"))),
    reads(),
)

TWICE = (("Range", "bytes=0-1"), ("Range", "bytes=3-4"))
TOPIC.row(
    "ranges-two-fields",
    "two ranges in fields of their own are each safelisted",
    step("GET", *TWICE),
    simple(),
    reads(),
    apis=FETCH,
)
TOPIC.row(
    "ranges-two-joined",
    "two ranges that are joined must be asked for",
    step("GET", *TWICE),
    turned_down("range", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=XHR,
)

SCENARIOS = TOPIC.scenarios
