"""Access-Control-Allow-Headers: a list of names in any case; `*` only without credentials, never for Authorization."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    Topic,
    answer,
    asked,
    blocked,
    credentials,
    methods,
    names,
    origin,
    reads,
    step,
    turned_down,
)
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("allow-headers")
GRANT = (origin(), credentials())
ONE = step("GET", ("X-A", "1"))
TWO = step("GET", ("X-A", "1"), ("X-B", "2"))
SECRET = ("Authorization", "Basic dTpw")
WITH_SECRET = (("authorization", "present"),)


def granted(name: str, summary: str, request: Step, asks: str, *lists: str) -> None:
    """A row of which the headers are allowed by these fields."""
    TOPIC.row(f"allow-headers-{name}", summary, request, asked(asks, answer(*GRANT, *map(names, lists))), reads())


def denied(
    name: str, summary: str, request: Step, asks: str, *lists: str, reason: Reason = Reason.HEADER_NOT_ALLOWED
) -> None:
    """A row of which a header is not allowed by these fields."""
    preflight = answer(*GRANT, *map(names, lists))
    TOPIC.row(f"allow-headers-{name}", summary, request, turned_down(asks, preflight), blocked(reason))


# ---- lists -----------------------------------------------------------------------------------------

granted("one", "a list of the name alone allows it", ONE, "x-a", "x-a")
granted("upper", "names are listed in any case", ONE, "x-a", "X-A")
granted("blank-before-comma", "a blank before a comma is no part of a name", TWO, "x-a,x-b", "x-a ,x-b")
granted("tabs", "tabs stand between names as blanks do", TWO, "x-a,x-b", "x-a\t,\tx-b")
granted("trailing-comma", "an empty element behind the name is skipped", ONE, "x-a", "x-a,")
granted("leading-commas", "empty elements before the name are skipped", ONE, "x-a", ",,x-a")
granted("empty-elements", "empty elements between names are skipped", TWO, "x-a,x-b", "x-a,, ,x-b")
granted("two-fields", "names of several fields count together", TWO, "x-a,x-b", "x-a", "x-b")

denied("missing", "no list allows no header", ONE, "x-a")
denied("empty", "an empty list allows no header", ONE, "x-a", "")
denied("others", "a list of other names allows no header", ONE, "x-a", "x-b, accept")
denied("prefix", "a star behind the beginning of a name is a letter", ONE, "x-a", "x-*")
denied("half", "one name of two is not enough", TWO, "x-a,x-b", "x-a")

TOPIC.row(
    "allow-headers-empty-put",
    "an empty list is one, and a PUT without headers needs no more",
    step("PUT"),
    asked("", answer(*GRANT, methods("PUT"), names(""))),
    reads(),
)

# ---- what need not be listed -----------------------------------------------------------------------

granted(
    "safelisted",
    "safelisted headers beside another are neither asked for nor listed",
    step("GET", ("X-A", "1"), ("Accept", "test"), ("Accept-Language", "nn"), ("Content-Language", "nn")),
    "x-a",
    "x-a",
)
TOPIC.row(
    "allow-headers-safelisted-type",
    "a PUT of plain text needs only its method listed",
    step("PUT", ("Content-Type", "text/plain; charset=UTF-8"), body="x"),
    asked("", answer(*GRANT, methods("PUT"))),
    reads(),
)
TOPIC.row(
    "allow-headers-json-put",
    "a PUT of JSON needs Content-Type listed",
    step("PUT", ("Content-Type", "application/json"), body="{}"),
    turned_down("content-type", answer(*GRANT, methods("PUT"))),
    blocked(Reason.HEADER_NOT_ALLOWED),
)
granted(
    "type",
    "a type that cannot be read must be listed, and then it may be anything",
    step("GET", ("X-A", "1"), ("Content-Type", "whatever")),
    "content-type,x-a",
    "x-a ,content-type",
)
denied("safelisted-name", "safelisted names in the list are no help to others", ONE, "x-a", "accept, content-type")

# ---- what breaks the grammar -----------------------------------------------------------------------

for name, summary, lists in (
    ("blank-between", "two names without a comma void the list", ["x-a x-b"]),
    ("semicolon", "a semicolon does not separate names", ["x-a;x-b"]),
    ("colon", "a name with its colon voids the list", ["x-a:"]),
    ("quoted-beside", "an element in quotes voids the list with the name", ['"x-b", x-a']),
    ("parenthesis", "an element with a parenthesis voids the list with the name", ["x-a, x(b)"]),
    ("blank-beside", "an element with a blank inside voids the list with the name", ["x-a, x b"]),
    ("vt", "a vertical tab is no blank and voids the list", ["x-a\x0b"]),
    ("ff", "a form feed is no blank and voids the list", ["\x0cx-a"]),
    ("latin", "a byte above 0x7F voids the list", ["x-a, x-\xe4"]),
    ("second-field", "a second field that breaks the grammar voids the first", ["x-a", "x b"]),
):
    denied(name, summary, ONE, "x-a", *lists, reason=Reason.ALLOW_HEADERS_MALFORMED)

TOPIC.row(
    "allow-headers-malformed-put",
    "a list that breaks the grammar refuses even a PUT that asks for no header",
    step("PUT"),
    turned_down("", answer(*GRANT, methods("PUT"), names("x b"))),
    blocked(Reason.ALLOW_HEADERS_MALFORMED),
)
TOPIC.row(
    "allow-headers-nul",
    "NUL in the list spoils the whole answer",
    ONE,
    turned_down("x-a", answer(*GRANT, names("x-a\0"))),
    blocked(Reason.NETWORK_FAILURE),
)

# ---- the wildcard ----------------------------------------------------------------------------------

granted("star", "* allows any header without credentials", ONE, "x-a", "*")
granted("star-among", "* counts among others", TWO, "x-a,x-b", "x-a, *")
granted("star-field", "* counts in a field of its own", ONE, "x-a", "x-b", "*")
denied("star-doubled", "two stars are a token, and no wildcard", ONE, "x-a", "**")

TOPIC.row(
    "allow-headers-star-omit",
    "* allows any header where credentials are omitted",
    step("GET", ("X-A", "1"), credentials="omit"),
    asked("x-a", answer(origin("*"), names("*"))),
    reads(),
)

# ---- Authorization ---------------------------------------------------------------------------------

for name, summary, lists in (
    ("authorization", "Authorization by name", ["authorization"]),
    ("authorization-case", "Authorization by name, in any case", ["AUTHORIZATION"]),
    ("authorization-star", "Authorization by name beside *", ["*, authorization"]),
):
    TOPIC.row(
        f"allow-headers-{name}",
        f"{summary} is allowed",
        step("GET", SECRET),
        asked("authorization", answer(*GRANT, *map(names, lists)), also=WITH_SECRET),
        reads(),
    )

for method in ("GET", "POST"):
    denied(
        f"authorization-only-star-{method.lower()}",
        f"* does not cover the Authorization of a {method}",
        step(method, SECRET),
        "authorization",
        "*",
        reason=Reason.AUTHORIZATION_NEEDS_LISTING,
    )
denied(
    "authorization-star-others",
    "* covers the others, and still not Authorization",
    step("GET", SECRET, ("X-A", "1")),
    "authorization,x-a",
    "*, x-a",
    reason=Reason.AUTHORIZATION_NEEDS_LISTING,
)

# ---- with credentials ------------------------------------------------------------------------------

WITH = {"credentials": "include"}
NEEDY = step("GET", ("X-A", "1"), **WITH)

granted("include", "with credentials the name must be listed", NEEDY, "x-a", "X-A")
granted(
    "include-literal",
    "with credentials * is the name of a header called *",
    step("GET", ("*", "1"), **WITH),
    "*",
    "*",
)
denied("include-missing", "with credentials no list allows no header", NEEDY, "x-a")
for name, summary, request, asks, listed in (
    ("include-star", "with credentials * is no wildcard", NEEDY, "x-a", "*"),
    (
        "include-star-authorization",
        "with credentials * covers no Authorization",
        step("GET", SECRET, **WITH),
        "authorization",
        "*",
    ),
):
    denied(name, summary, request, asks, listed, reason=Reason.HEADER_WILDCARD_WITH_CREDENTIALS)
TOPIC.row(
    "allow-headers-include-stars",
    "with credentials neither * is a wildcard, and the method's is looked at first",
    step("OK", ("X-A", "1"), **WITH),
    turned_down("x-a", answer(*GRANT, methods("*"), names("*"))),
    blocked(Reason.METHOD_WILDCARD_WITH_CREDENTIALS),
)
TOPIC.row(
    "allow-headers-include-literals",
    "with credentials both * name what is called *",
    step("*", ("*", "1"), **WITH),
    asked("*", answer(*GRANT, methods("*"), names("*"))),
    reads(),
)

SCENARIOS = TOPIC.scenarios
