"""How long safelisted values may be: 128 bytes each, and 1,024 bytes together."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    FETCH,
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

TOPIC = Topic("header-size")

# ---- one value -------------------------------------------------------------------------------------

LIMIT = 128
for field, beginning, filler in (
    ("Accept", "", "a"),
    ("Accept-Language", "", "a"),
    ("Content-Language", "", "a"),
    ("Content-Type", "text/plain;a=", "b"),
    ("Range", "bytes=0-", "0"),
):
    exact = beginning.ljust(LIMIT, filler)
    TOPIC.row(
        f"header-size-128-{field.lower()}",
        f"128 bytes of {field} need no preflight",
        step("GET", (field, exact)),
        simple(),
        reads(),
    )
    TOPIC.row(
        f"header-size-129-{field.lower()}",
        f"129 bytes of {field} need a preflight",
        step("GET", (field, exact + filler)),
        turned_down(field.lower(), LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

TOPIC.row(
    "header-size-129-listed",
    "129 bytes of Accept are sent once Accept is listed",
    step("GET", ("Accept", "a" * 129)),
    asked("accept", answer(origin(), names("accept"))),
    reads(),
)
TOPIC.row(
    "header-size-128-trimmed",
    "blanks around 128 bytes are not counted",
    step("GET", ("Accept", f"  {'a' * 128}\t")),
    simple(),
    reads(),
)
TOPIC.row(
    "header-size-128-latin",
    "128 bytes above 0x7F are 128 bytes, however else they could be written",
    step("GET", ("Accept", "\xe9" * 128)),
    simple(),
    reads(),
)
TOPIC.row(
    "header-size-one-of-three",
    "of three headers the one that is too long is asked for",
    step("GET", ("Accept", "a" * 128), ("Accept-Language", "b" * 129), ("Content-Language", "c" * 128)),
    turned_down("accept-language", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
)
TOPIC.row(
    "header-size-listed-long",
    "a header that is listed may be as long as it likes",
    step("GET", ("X-A", "a" * 4000)),
    asked("x-a", answer(origin(), names("x-a"))),
    reads(),
)

# ---- all values together ---------------------------------------------------------------------------

# Only fetch() reaches the limit, by several fields of one name, each of which is looked at by itself. Both headers that
# browsers add by themselves are given, so that the sum is the same for all.
LANGUAGE = ("Accept-Language", "b" * 128)
EIGHT = (*(("Accept", letter * 128) for letter in "acdefgh"), LANGUAGE)  # 1,024 bytes
FULL = "accept,accept-language"

TOPIC.row(
    "header-size-1024",
    "1,024 safe bytes in eight values need no preflight",
    step("GET", *EIGHT),
    simple(),
    reads(),
    apis=FETCH,
)
for name, summary, asks, more in (
    ("1025", "one byte more in a ninth value makes all of them unsafe", FULL, [("Accept", "i")]),
    (
        "1025-other",
        "one byte more in another header makes that unsafe as well",
        f"{FULL},content-language",
        [("Content-Language", "i")],
    ),
    (
        "1025-custom",
        "beyond 1,024 safe bytes the safelisted are asked for beside the others",
        f"{FULL},content-language,x-a",
        [("Content-Language", "i"), ("X-A", "1")],
    ),
):
    TOPIC.row(
        f"header-size-{name}",
        summary,
        step("GET", *EIGHT, *more),
        turned_down(asks, LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
        apis=FETCH,
    )
TOPIC.row(
    "header-size-1024-custom",
    "values that are unsafe anyhow do not count towards 1,024 bytes",
    step("GET", *EIGHT, ("X-A", "a" * 128), ("Content-Language", "@" * 100)),
    turned_down("content-language,x-a", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=FETCH,
)
TOPIC.row(
    "header-size-1025-listed",
    "beyond 1,024 bytes the request is sent once all its headers are listed",
    step("GET", *EIGHT, ("Accept", "i")),
    asked(FULL, answer(origin(), names(FULL))),
    reads(),
    apis=FETCH,
)

# fetch() gives a text its type, text/plain;charset=UTF-8, which has 24 bytes.
SEVEN = EIGHT[1:]
TOPIC.row(
    "header-size-1024-body",
    "the type that comes with a text may fill up 1,024 bytes",
    step("POST", *SEVEN, ("Accept", "i" * 104), body="data"),
    simple(),
    reads(),
    apis=FETCH,
)
TOPIC.row(
    "header-size-1025-body",
    "the type that comes with a text is counted, too",
    step("POST", *SEVEN, ("Accept", "i" * 105), body="data"),
    turned_down(f"{FULL},content-type", LISTS_NOTHING),
    blocked(Reason.HEADER_NOT_ALLOWED),
    apis=FETCH,
)

SCENARIOS = TOPIC.scenarios
