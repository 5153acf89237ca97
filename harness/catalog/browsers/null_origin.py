"""The origin `null` of sandboxed frames: a value like any other, which every opaque origin has."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    LISTS_NOTHING,
    Topic,
    answer,
    asked,
    blocked,
    credentials,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    turned_down,
)
from harness.oracle import Reason

TOPIC = Topic("null-origin")

for name, summary, value in (
    ("exact", "null opens an answer to a sandboxed frame", "null"),
    ("padded", "blanks and tabs around null are no part of it", "\t null  "),
    ("star", "* opens an answer to a sandboxed frame as well", "*"),
):
    TOPIC.row(f"null-origin-{name}", summary, step(), simple(answer(origin(value))), reads(), page="null")

for name, summary, value in (
    ("upper", "NULL is not null", "NULL"),
    ("scheme", "null behind a scheme is not null", "http://null"),
    ("empty", "an empty value is not null", ""),
    ("star-null", "neither of * and null counts in one value", "* null"),
    ("embedder", "the host that embeds the frame is not its origin", "http://localhost"),
    ("api", "the API's own origin is not the frame's", "{api}"),
):
    TOPIC.row(
        f"null-origin-{name}",
        summary,
        step(),
        simple(answer(origin(value))),
        blocked(Reason.ALLOW_ORIGIN_MISMATCH),
        page="null",
    )

for name, summary, opening in (
    ("list", "a list with null is no origin", ("null, null",)),
    ("doubled", "two fields with null are joined to a list", ("null", "null")),
):
    TOPIC.row(
        f"null-origin-{name}",
        summary,
        step(),
        simple(answer(*map(origin, opening))),
        blocked(Reason.ALLOW_ORIGIN_MULTIPLE),
        page="null",
    )

TOPIC.row(
    "null-origin-missing",
    "no header, no reading",
    step(),
    simple(answer()),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
    page="null",
)

# ---- with credentials ------------------------------------------------------------------------------

INCLUDE = step(credentials="include")

TOPIC.row(
    "null-origin-include",
    "null with Allow-Credentials opens for credentials",
    INCLUDE,
    simple(answer(origin("null"), credentials())),
    reads(),
    page="null",
)
for name, summary, headers, reason in (
    (
        "include-alone",
        "null alone does not open for credentials",
        [origin("null")],
        Reason.ALLOW_CREDENTIALS_MISSING,
    ),
    (
        "include-star",
        "* does not open for credentials",
        [origin("*"), credentials()],
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
):
    TOPIC.row(f"null-origin-{name}", summary, INCLUDE, simple(answer(*headers)), blocked(reason), page="null")

# ---- behind a preflight ----------------------------------------------------------------------------

PUT = step("PUT", ("X-A", "1"))
LISTED = (methods("PUT"), names("x-a"))

for name, summary, value in (
    ("preflight", "a preflight for null is answered for null", "null"),
    ("preflight-star", "a preflight for null is answered for everybody", "*"),
):
    TOPIC.row(f"null-origin-{name}", summary, PUT, asked("x-a", answer(origin(value), *LISTED)), reads(), page="null")

for name, summary, preflight, reason in (
    (
        "preflight-list",
        "a list as the answer to a preflight",
        answer(origin("null, *"), *LISTED),
        Reason.ALLOW_ORIGIN_MULTIPLE,
    ),
    ("preflight-unlisted", "a preflight answered without a list", LISTS_NOTHING, Reason.METHOD_NOT_ALLOWED),
):
    TOPIC.row(
        f"null-origin-{name}",
        f"{summary} keeps a frame's PUT from being sent",
        PUT,
        turned_down("x-a", preflight),
        blocked(reason),
        page="null",
    )

SCENARIOS = TOPIC.scenarios
