"""Access-Control-Allow-Credentials: exactly `true`, and asked for only where a request includes credentials."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    FETCH,
    PATH,
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    credentials,
    exposed,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    turned_down,
)
from harness.oracle import Reason

TOPIC = Topic("allow-credentials")
INCLUDE = step(credentials="include")
HERE = "{page}" + PATH

# ---- what counts as true ---------------------------------------------------------------------------

for name, summary, value in (
    ("true", "true beside the page's origin opens an answer", "true"),
    ("padded", "blanks and tabs around true are no part of it", "  true\t"),
):
    TOPIC.row(f"allow-credentials-{name}", summary, INCLUDE, simple(answer(origin(), credentials(value))), reads())

TOPIC.row(
    "allow-credentials-name-upper",
    "the field's name may be in upper case",
    INCLUDE,
    simple(answer(origin(), ("ACCESS-CONTROL-ALLOW-CREDENTIALS", "true"))),
    reads(),
)

for name, summary, values in (
    ("capital", "True is not true", ["True"]),
    ("upper", "TRUE is not true", ["TRUE"]),
    ("one", "1 is not true", ["1"]),
    ("false", "false is not true", ["false"]),
    ("empty", "an empty value is not true", [""]),
    ("longer", "a letter more is not true", ["truer"]),
    ("quoted", "true in double quotes is not true", ['"true"']),
    ("single-quoted", "true in single quotes is not true", ["'true'"]),
    ("comma", "a comma behind true counts", ["true,"]),
    ("vt", "a vertical tab behind true is no blank", ["true\x0b"]),
    ("ff", "a form feed behind true is no blank", ["true\x0c"]),
    ("doubled", "two fields with true are joined to a list", ["true", "true"]),
    ("doubled-false", "true does not win over false", ["true", "false"]),
    ("doubled-empty", "an empty field behind true counts", ["true", ""]),
):
    TOPIC.row(
        f"allow-credentials-{name}",
        summary,
        INCLUDE,
        simple(answer(origin(), *map(credentials, values))),
        blocked(Reason.ALLOW_CREDENTIALS_NOT_TRUE),
    )

for name, summary, misspelt in (
    ("missing", "the page's origin alone does not open an answer", []),
    ("singular", "a name with one letter less is another name", [("Access-Control-Allow-Credential", "true")]),
):
    TOPIC.row(
        f"allow-credentials-{name}",
        summary,
        INCLUDE,
        simple(answer(origin(), *misspelt)),
        blocked(Reason.ALLOW_CREDENTIALS_MISSING),
    )

TOPIC.row(
    "allow-credentials-nul",
    "NUL behind true spoils the whole answer",
    INCLUDE,
    simple(answer(origin(), credentials("true\0"))),
    blocked(Reason.NETWORK_FAILURE),
)

# ---- it does not mend the origin -------------------------------------------------------------------

for name, summary, opening, reason in (
    ("wildcard", "* is for requests without credentials", ["*"], Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
    ("other", "true does not open an answer for another origin", ["{api}"], Reason.ALLOW_ORIGIN_MISMATCH),
    ("no-origin", "true alone opens nothing", [], Reason.ALLOW_ORIGIN_MISSING),
):
    TOPIC.row(
        f"allow-credentials-{name}",
        summary,
        INCLUDE,
        simple(answer(*map(origin, opening), credentials())),
        blocked(reason),
    )
TOPIC.row(
    "allow-credentials-wildcard-alone",
    "* without true is refused for the *",
    INCLUDE,
    simple(answer(origin("*"))),
    blocked(Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
)

# ---- nobody asks where no credentials are included -------------------------------------------------

for name, summary, mode, headers in (
    ("omit-star", "omit: * beside true opens, true is not looked at", "omit", [origin("*"), credentials()]),
    ("omit-none", "omit: the page's origin needs no true", "omit", [origin()]),
    ("same-origin-star", "same-origin: * opens another origin's answer", "same-origin", [origin("*")]),
    ("same-origin-false", "same-origin: false shuts nothing", "same-origin", [origin(), credentials("false")]),
    (
        "same-origin-doubled",
        "same-origin: two fields with true shut nothing",
        "same-origin",
        [origin(), credentials(), credentials()],
    ),
):
    TOPIC.row(f"allow-credentials-{name}", summary, step(credentials=mode), simple(answer(*headers)), reads())

TOPIC.row(
    "allow-credentials-here",
    "an answer of the page's own origin needs no header, credentials or not",
    step(url=HERE, credentials="include"),
    simple(answer(), url=HERE, origin=""),
    reads(),
)

# ---- behind a preflight ----------------------------------------------------------------------------

NEEDY = step("PUT", ("X-A", "1"), credentials="include")
LISTED = (methods("PUT"), names("x-a"))

TOPIC.row(
    "allow-credentials-preflight",
    "a preflight says true for the request that it asks for",
    NEEDY,
    asked("x-a", answer(origin(), credentials(), *LISTED)),
    reads(),
)
for name, summary, headers, reason in (
    ("preflight-missing", "a preflight without true", [origin()], Reason.ALLOW_CREDENTIALS_MISSING),
    ("preflight-capital", "a preflight with True", [origin(), credentials("True")], Reason.ALLOW_CREDENTIALS_NOT_TRUE),
    (
        "preflight-doubled",
        "a preflight with true twice",
        [origin(), credentials(), credentials()],
        Reason.ALLOW_CREDENTIALS_NOT_TRUE,
    ),
    (
        "preflight-wildcard",
        "a preflight with *",
        [origin("*"), credentials()],
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
):
    TOPIC.row(
        f"allow-credentials-{name}",
        f"{summary} keeps a request with credentials from being sent",
        NEEDY,
        turned_down("x-a", answer(*headers, *LISTED)),
        blocked(reason),
    )
for name, summary, headers, reason in (
    ("actual-missing", "without true", [origin()], Reason.ALLOW_CREDENTIALS_MISSING),
    (
        "actual-wildcard",
        "with *",
        [origin("*"), credentials()],
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
):
    TOPIC.row(
        f"allow-credentials-{name}",
        f"an answer {summary} stays shut, though its preflight said true",
        NEEDY,
        (Hop(answer(*headers), asks="x-a", preflight=answer(origin(), credentials(), *LISTED)),),
        blocked(reason),
    )
TOPIC.row(
    "allow-credentials-preflight-not-asked",
    "a preflight for a request without credentials needs no true",
    step("PUT", ("X-A", "1"), credentials="omit"),
    asked("x-a", answer(origin("*"), *LISTED), answer(origin("*"))),
    reads(),
    apis=FETCH,
)

TOPIC.row(
    "allow-credentials-itself",
    "script reads the header itself only where it is exposed",
    INCLUDE,
    simple(answer(origin(), credentials(), exposed("Access-Control-Allow-Credentials"))),
    reads("access-control-allow-credentials"),
)

SCENARIOS = TOPIC.scenarios
