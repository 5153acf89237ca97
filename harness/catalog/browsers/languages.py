"""Accept-Language and Content-Language: letters, digits, blanks and seven marks are safelisted, nothing else."""

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

TOPIC = Topic("languages")

for name, summary, value in (
    ("tag", "a language needs no preflight", "en-GB"),
    ("digits", "a number needs no preflight", "007"),
    ("list", "a list of languages with weights needs no preflight", "de-AT, de;q=0.9, *;q=0.5"),
    ("empty", "no language at all needs no preflight", ""),
):
    TOPIC.row(f"languages-accept-{name}", summary, step("GET", ("Accept-Language", value)), simple(), reads())

for mark in " *,-.;=":
    TOPIC.row(
        f"languages-accept-{ord(mark):02x}",
        f"the byte 0x{ord(mark):02X} between letters needs no preflight",
        step("GET", ("Accept-Language", f"a{mark}b")),
        simple(),
        reads(),
    )

for name, summary, value in (
    ("underscore", "an underscore needs a preflight", "en_GB"),
    ("slash", "a slash needs a preflight", "a/b"),
    ("plus", "a plus sign needs a preflight", "en+de"),
    ("at", "an at sign needs a preflight", "@"),
    ("quote", "a quote needs a preflight", '"en"'),
    ("apostrophe", "an apostrophe needs a preflight, unlike in Accept", "l'en"),
    ("tab", "a tab inside needs a preflight, unlike in Accept", "en\tde"),
    ("latin", "a letter above 0x7F needs a preflight, unlike in Accept", "fran\xe7ais"),
):
    TOPIC.row(
        f"languages-accept-{name}",
        summary,
        step("GET", ("Accept-Language", value)),
        turned_down("accept-language", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

TOPIC.row(
    "languages-content",
    "the language of a body is safelisted by the same rule",
    step("POST", ("Content-Language", "de-AT, *;q=0.5"), body="data"),
    simple(),
    reads(),
)
for name, summary, value in (
    ("underscore", "an underscore in the language of a body needs a preflight", "en_GB"),
    ("latin", "a letter above 0x7F in the language of a body needs a preflight", "fran\xe7ais"),
):
    TOPIC.row(
        f"languages-content-{name}",
        summary,
        step("POST", ("Content-Language", value), body="data"),
        turned_down("content-language", LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

for name, summary, method, headers in (
    ("head", "a HEAD with a language needs no preflight", "HEAD", [("accept-language", "test")]),
    ("head-case", "names are safelisted in any case", "HEAD", [("CONTENT-language", "test")]),
    ("post", "a POST with a language needs no preflight", "POST", [("accept-language", "test")]),
):
    TOPIC.row(f"languages-{name}", summary, step(method, *headers), simple(), reads())

TOPIC.row(
    "languages-listed",
    "an unsafe language is sent once its header is listed",
    step("GET", ("Accept-Language", "en_GB")),
    asked("accept-language", answer(origin(), names("accept-language"))),
    reads(),
)
TOPIC.row(
    "languages-both",
    "two unsafe languages are asked for in one preflight",
    step("GET", ("Content-Language", "a/b"), ("Accept-Language", "a/b")),
    turned_down("accept-language,content-language", answer(origin(), names("accept-language"))),
    blocked(Reason.HEADER_NOT_ALLOWED),
)

SCENARIOS = TOPIC.scenarios
