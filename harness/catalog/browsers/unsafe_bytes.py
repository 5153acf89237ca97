"""The bytes that make a safelisted value unsafe: controls but the tab, DEL, and the delimiters of HTTP but , / ; =."""

from __future__ import annotations

from harness.catalog.browsers.rows import LISTS_NOTHING, Topic, blocked, reads, simple, step, turned_down
from harness.oracle import Reason

TOPIC = Topic("unsafe-bytes")

UNSAFE = ["\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", *'"():<>?@[\\]{}']
for byte in UNSAFE:
    TOPIC.row(
        f"unsafe-bytes-{ord(byte):02x}",
        f"the byte 0x{ord(byte):02X} in an Accept needs a preflight",
        step("GET", ("Accept", f"a{byte}b")),
        turned_down("accept", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

SAFE = ["\t", " ", *"'*+,/;=_|", "\x80", "\xe9", "\xff"]
for byte in SAFE:
    TOPIC.row(
        f"unsafe-bytes-{ord(byte):02x}",
        f"the byte 0x{ord(byte):02X} in an Accept is safe",
        step("GET", ("Accept", f"a{byte}b")),
        simple(),
        reads(),
    )

for name, summary, value in (
    ("alone", "an unsafe byte needs no company", "("),
    ("first", "an unsafe byte may come first", "(a"),
    ("last", "an unsafe byte may come last", "a("),
):
    TOPIC.row(
        f"unsafe-bytes-{name}",
        summary,
        step("GET", ("Accept", value)),
        turned_down("accept", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

SCENARIOS = TOPIC.scenarios
