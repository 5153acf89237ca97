"""Access-Control-Allow-Methods: a list of tokens, compared in their exact case; `*` only without credentials."""

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

TOPIC = Topic("allow-methods")
PUT = step("PUT")
GET = step("GET", ("X-A", "1"))
GRANT = (origin(), credentials())


def granted(name: str, summary: str, request: Step, *lists: str) -> None:
    """A row of which the method is allowed by these fields."""
    TOPIC.row(f"allow-methods-{name}", summary, request, asked("", answer(*GRANT, *map(methods, lists))), reads())


def denied(name: str, summary: str, request: Step, *lists: str, reason: Reason = Reason.METHOD_NOT_ALLOWED) -> None:
    """A row of which the method is not allowed by these fields."""
    preflight = answer(*GRANT, *map(methods, lists))
    TOPIC.row(f"allow-methods-{name}", summary, request, turned_down("", preflight), blocked(reason))


# ---- lists -----------------------------------------------------------------------------------------

granted("one", "a list of the method alone allows it", PUT, "PUT")
granted("last", "the method is the last of a list", PUT, "GET, DELETE, PUT")
granted("tabs", "tabs stand between elements as blanks do", PUT, "GET\t,\tPUT\t,DELETE")
granted("twice", "a method listed twice is listed", PUT, "PUT, PUT")
granted("leading-commas", "empty elements before the method are skipped", PUT, ",,PUT,GET")
granted("trailing-comma", "an empty element behind the method is skipped", PUT, "PUT,")
granted("empty-elements", "empty elements between others are skipped", PUT, "GET, ,\t,PUT")
granted("two-fields", "the method is in the second of two fields", PUT, "GET, DELETE", "PUT")
granted("two-fields-empty", "an empty field beside the one with the method harms nobody", PUT, "", "PUT")

denied("missing", "no list allows no PUT", PUT)
denied("missing-patch", "no list allows no PATCH", step("PATCH"))
denied("missing-custom", "no list allows no method that nobody has heard of", step("NEW"))
denied("empty", "an empty list allows no PUT", PUT, "")
denied("others", "a list of other methods allows no PUT", PUT, "GET, POST, DELETE")

TOPIC.row(
    "allow-methods-in-allow",
    "the field Allow is about something else",
    PUT,
    turned_down("", answer(*GRANT, ("Allow", "PUT"))),
    blocked(Reason.METHOD_NOT_ALLOWED),
)
TOPIC.row(
    "allow-methods-swapped",
    "a method among the headers and a header among the methods allow nothing",
    step("PUT", ("X-A", "1")),
    turned_down("x-a", answer(*GRANT, methods("x-a"), names("PUT"))),
    blocked(Reason.METHOD_NOT_ALLOWED),
)

# ---- what breaks the grammar -----------------------------------------------------------------------

for name, summary, lists in (
    ("blank-between", "two methods without a comma void the list", ["GET PUT"]),
    ("semicolon", "a semicolon does not separate methods", ["GET;PUT"]),
    ("quoted-beside", "an element in quotes voids the list with the method", ['"GET", PUT']),
    ("parenthesis", "an element with a parenthesis voids the list with the method", ["PUT, P(T"]),
    ("vt", "a vertical tab is no blank and voids the list", ["PUT\x0b"]),
    ("ff", "a form feed is no blank and voids the list", ["\x0cPUT"]),
    ("latin", "a byte above 0x7F voids the list", ["PUT, G\xc9T"]),
    ("second-field", "a second field that breaks the grammar voids the first", ["PUT", "G(T"]),
):
    denied(name, summary, PUT, *lists, reason=Reason.ALLOW_METHODS_MALFORMED)

TOPIC.row(
    "allow-methods-malformed-get",
    "a list that breaks the grammar refuses even a GET, which needs no listing",
    GET,
    turned_down("x-a", answer(*GRANT, methods("P(T"), names("x-a"))),
    blocked(Reason.ALLOW_METHODS_MALFORMED),
)
TOPIC.row(
    "allow-methods-nul",
    "NUL in the list spoils the whole answer",
    PUT,
    turned_down("", answer(*GRANT, methods("PUT\0"))),
    blocked(Reason.NETWORK_FAILURE),
)

# ---- case ------------------------------------------------------------------------------------------

granted("patch", "PATCH allows PATCH", step("PATCH"), "PATCH")
granted("patch-lower", "patch allows patch", step("patch"), "patch")
granted("put-lower", "PUT allows what script called put", step("put"), "PUT")
granted("delete-lower", "DELETE allows what script called delete", step("delete"), "DELETE")
denied("put-in-lower", "put allows no PUT", PUT, "put")
denied("put-lower-in-lower", "put does not even allow what script called put", step("put"), "put")
denied("delete-in-lower", "delete allows no DELETE", step("DELETE"), "delete")
denied("patch-in-lower", "patch allows no PATCH", step("PATCH"), "patch")
denied("patch-lower-in-upper", "PATCH allows no patch", step("patch"), "PATCH")
denied("custom-in-upper", "CHICKEN allows no chicken", step("chicken"), "CHICKEN")

# ---- GET, HEAD and POST need no listing ------------------------------------------------------------

for method in ("GET", "HEAD", "POST"):
    TOPIC.row(
        f"allow-methods-{method.lower()}-unlisted",
        f"a preflight for a header of a {method} need not list the {method}",
        step(method, ("X-A", "1")),
        asked("x-a", answer(*GRANT, methods("PUT"), names("x-a"))),
        reads(),
    )
TOPIC.row(
    "allow-methods-get-none",
    "no list at all allows a GET",
    GET,
    asked("x-a", answer(*GRANT, names("x-a"))),
    reads(),
)
denied("options-unlisted", "OPTIONS is no such method", step("OPTIONS"), "PUT")

# ---- the wildcard ----------------------------------------------------------------------------------

granted("star", "* allows any method without credentials", PUT, "*")
granted("star-custom", "* allows a method that nobody has heard of", step("SUPER"), "*")
granted("star-beside", "* counts among others", PUT, "GET, *")
granted("star-field", "* counts in a field of its own", PUT, "GET", "*")
denied("star-doubled", "two stars are a token, and no wildcard", PUT, "**")

WITH = {"credentials": "include"}

granted("include-listed", "with credentials the method must be listed", step("PUT", **WITH), "PUT")
granted("include-lower", "with credentials script's put is a PUT as well", step("put", **WITH), "PUT")
granted("include-literal", "with credentials * is the name of a method called *", step("*", **WITH), "*")
denied(
    "include-star",
    "with credentials * is no wildcard",
    step("PUT", **WITH),
    "*",
    reason=Reason.METHOD_WILDCARD_WITH_CREDENTIALS,
)

TOPIC.row(
    "allow-methods-star-omit",
    "* allows any method where credentials are omitted",
    step("PUT", credentials="omit"),
    asked("", answer(origin("*"), methods("*"))),
    reads(),
)

SCENARIOS = TOPIC.scenarios
