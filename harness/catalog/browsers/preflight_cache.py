"""The preflight cache: what one preflight granted, and for whom, where and how long it spares the next one.

A turn that `asks` must begin with a preflight; one that `reuses` must not, and would be refused if it did.
"""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    FETCH,
    XHR,
    Hop,
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    later,
    max_age,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import onward, open_to
from harness.literal import Literal
from harness.oracle import Reason
from harness.scenario import Api, Step
from harness.wire import Pairs

TOPIC = Topic("preflight-cache")
MINUTE = max_age("60")
A, B = ("X-A", "1"), ("X-B", "1")
PUT = step("PUT")
GET_A = step("GET", A)
READABLE = open_to("{page}")
SPOILT = open_to("{page}", ("X-A", "\0"))  # browsers repeat a request where a connection closes, and here they do not


def asks(request: Step, *grants: tuple[str, str], headers: str = "", also: Pairs = (MINUTE,)) -> Turn:
    """A request behind a preflight, which asks for these headers and is granted this for a minute."""
    return Turn(request, asked(headers, open_to("{page}", *grants, *also), url=request.url), reads())


def reuses(request: Step, answered: Literal = READABLE) -> Turn:
    """A request for which a preflight is remembered."""
    return Turn(request, simple(answered, url=request.url), reads())


def fails(request: Step, answered: Literal, reason: Reason) -> Turn:
    """A request for which a preflight is remembered, and whose answer fails."""
    return Turn(request, simple(answered, url=request.url), blocked(reason))


def is_refused(request: Step, preflight: Literal, reason: Reason, headers: str = "") -> Turn:
    """A request whose preflight is refused."""
    return Turn(request, turned_down(headers, preflight, url=request.url), blocked(reason))


def row(
    name: str, summary: str, *turns: Turn, apis: tuple[Api, ...] = (Api.FETCH, Api.XHR), page: str = "http://localhost"
) -> None:
    """Add a row of this topic."""
    TOPIC.sequence(f"preflight-cache-{name}", summary, *turns, apis=apis, page=page)


# ---- methods ---------------------------------------------------------------------------------------

DELETE, PATCH = step("DELETE"), step("PATCH")

row("method", "a method that was granted is not asked for again", asks(PUT, methods("PUT")), reuses(PUT), reuses(PUT))
row(
    "method-new",
    "a method that was not granted is asked for",
    asks(PUT, methods("PUT")),
    asks(step("XMETHOD"), methods("PUT, XMETHOD")),
)
row(
    "method-listed",
    "a method that was listed along is not asked for",
    asks(PUT, methods("PUT, DELETE")),
    reuses(DELETE),
)
row(
    "method-case",
    "a method is remembered in its exact case",
    asks(step("patch"), methods("patch")),
    asks(PATCH, methods("PATCH")),
    reuses(step("patch")),
)
row("method-normalised", "put and PUT are the same method", asks(step("put"), methods("PUT")), reuses(PUT))
row(
    "method-listed-by-header",
    "a method that a preflight for a header's sake listed is granted",
    asks(GET_A, names("x-a"), methods("PUT"), headers="x-a"),
    reuses(PUT),
)
row(
    "method-of-header",
    "a preflight for a header's sake grants no method of itself",
    asks(GET_A, names("x-a"), headers="x-a"),
    asks(PUT, methods("PUT")),
)
row(
    "method-of-safe",
    "a method that needs no preflight needs no entry either",
    asks(GET_A, names("x-a"), headers="x-a"),
    reuses(step("POST", A)),
    reuses(step("HEAD", A)),
)
row(
    "head",
    "a HEAD's header is remembered like any other",
    asks(step("HEAD", A), names("x-a"), methods("PUT"), headers="x-a"),
    reuses(step("HEAD", A)),
)
row(
    "head-get",
    "what was granted to a HEAD's header holds for a GET's",
    asks(step("HEAD", A), names("x-a"), headers="x-a"),
    reuses(GET_A),
)

# ---- headers ---------------------------------------------------------------------------------------

row(
    "header",
    "a header that was granted is not asked for again",
    asks(GET_A, names("x-a"), headers="x-a"),
    reuses(GET_A),
)
row(
    "header-value",
    "a header's value is no part of what is remembered",
    asks(step("POST", A), names("x-a"), methods("POST"), headers="x-a", also=(max_age("12000"),)),
    reuses(step("POST", ("X-A", "2"))),
)
row(
    "header-new",
    "a header that was not granted is asked for",
    asks(PUT, methods("PUT")),
    asks(step("PUT", A), methods("PUT, XMETHOD"), names("x-a"), headers="x-a"),
)
row(
    "header-listed",
    "a header that was listed along is not asked for",
    asks(GET_A, names("x-a, x-b"), headers="x-a"),
    reuses(step("GET", B)),
    reuses(step("GET", A, B)),
)
row(
    "header-case",
    "a header's name is remembered in any case",
    asks(GET_A, names("X-a"), headers="x-a"),
    reuses(step("GET", ("x-A", "1"))),
)
row(
    "header-second",
    "where one of two is new, both are asked for",
    asks(GET_A, names("x-a"), headers="x-a"),
    asks(step("GET", A, B), names("x-a, x-b"), headers="x-a,x-b"),
)
row(
    "header-type",
    "an unsafe type is remembered by its header's name alone",
    asks(step("POST", ("Content-Type", "application/json"), body="{}"), names("content-type"), headers="content-type"),
    reuses(step("POST", ("Content-Type", "application/x-pony"), body="{}")),
)
row(
    "header-without",
    "what was granted for method and header holds for the method alone",
    asks(step("PUT", A), methods("PUT"), names("x-a"), headers="x-a"),
    reuses(PUT),
)
row(
    "header-fields",
    "what several fields grant is remembered together",
    asks(GET_A, names("x-a"), names("x-b"), headers="x-a"),
    reuses(step("GET", B)),
)

# ---- `*` -------------------------------------------------------------------------------------------

TOKEN = ("Authorization", "Bearer abc")

row("star-method", "* among the methods is remembered for all of them", asks(PUT, methods("*")), reuses(DELETE))
row(
    "star-header",
    "* among the headers is remembered for all of them",
    asks(GET_A, names("*"), headers="x-a"),
    reuses(step("GET", B)),
)
row(
    "star-authorization",
    "* among the headers is not remembered for Authorization",
    asks(GET_A, names("*"), headers="x-a"),
    Turn(
        step("GET", TOKEN),
        asked("authorization", open_to("{page}", names("authorization"), MINUTE), also=(("authorization", "present"),)),
        reads(),
    ),
)
row(
    "star-both",
    "* among both spares any method and headers their preflight",
    asks(PUT, methods("*"), names("*")),
    reuses(step("CHICKEN", A, B)),
)
row(
    "star-include-method",
    "* beside a method grants nothing with credentials, and yet the entry it makes matches every method",
    asks(step("PUT", credentials="include"), methods("PUT, *")),
    reuses(step("DELETE", credentials="include")),
)
row(
    "star-include-header",
    "* beside a header grants nothing with credentials, and yet the entry it makes matches every header",
    asks(step("GET", A, credentials="include"), names("x-a, *"), headers="x-a"),
    reuses(step("GET", B, credentials="include")),
)

# ---- credentials -----------------------------------------------------------------------------------

PUT_INCLUDE, PUT_OMIT = step("PUT", credentials="include"), step("PUT", credentials="omit")

for name, summary, first, second in (
    ("include-same-origin", "what was granted with credentials holds without", PUT_INCLUDE, PUT),
    ("include-omit", "what was granted with credentials holds where they are omitted", PUT_INCLUDE, PUT_OMIT),
    ("include-include", "what was granted with credentials holds with them", PUT_INCLUDE, PUT_INCLUDE),
    ("same-origin-omit", "what was granted in mode same-origin holds in mode omit", PUT, PUT_OMIT),
    ("omit-same-origin", "what was granted in mode omit holds in mode same-origin", PUT_OMIT, PUT),
):
    row(name, summary, asks(first, methods("PUT")), reuses(second))
for name, summary, first in (
    ("same-origin-include", "what was granted without credentials does not hold with them", PUT),
    ("omit-include", "what was granted where credentials are omitted does not hold with them", PUT_OMIT),
):
    row(
        name,
        summary,
        asks(first, methods("PUT")),
        asks(PUT_INCLUDE, methods("PUT")),
        reuses(first),
        reuses(PUT_INCLUDE),
    )
row(
    "include-header",
    "what was granted for method and header with credentials holds without",
    asks(step("PUT", A, credentials="include"), methods("PUT"), names("x-a"), headers="x-a"),
    reuses(step("PUT", A)),
)

# ---- where -----------------------------------------------------------------------------------------

for name, summary, url in (
    ("path", "another path is asked", "{api}/b"),
    ("longer", "a longer path is asked", "{api}/a/b"),
    ("slash", "a slash at the end makes another path", "{api}/a/"),
    ("query", "another query is asked", "{api}/a?x=1"),
    ("origin", "the same path of another origin is asked", "{api2}/a"),
):
    there = step("PUT", url=url)
    row(f"url-{name}", summary, asks(PUT, methods("PUT")), asks(there, methods("PUT")), reuses(PUT), reuses(there))

row(
    "url-site",
    "the same server under another name is asked",
    asks(PUT, methods("PUT")),
    asks(step("PUT", url="{cross}/a"), methods("PUT")),
    reuses(PUT),
)
row(
    "url-userinfo",
    "a URL with a user name is another one",
    asks(PUT, methods("PUT")),
    asks(step("PUT", url="{api|user:pass@}/a"), methods("PUT")),
    apis=XHR,
)
for name, page in (("null", "null"), ("https", "https://localhost"), ("subdomain", "http://app.localhost")):
    row(
        f"page-{name}",
        f"a page on {page} remembers what it was granted",
        asks(PUT, methods("PUT")),
        reuses(PUT),
        page=page,
    )

# ---- what Access-Control-Max-Age says ------------------------------------------------------------------

for name, summary, ages in (
    ("absent", "without Max-Age a preflight holds for five seconds", ()),
    ("10", "10 is remembered", (max_age("10"),)),
    ("leading-zero", "leading zeros are nothing special", (max_age("0010"),)),
    ("padded", "blanks and tabs around a number are no part of it", (max_age(" \t10 \t"),)),
    ("large", "a number beyond 31 bits is a number", (max_age("2147483648"),)),
    ("huge", "a number beyond 64 bits is a number", (max_age("99999999999999999999"),)),
    # What is no number of seconds counts as absent.
    ("blank", "a blank is five seconds", (max_age(""),)),
    ("word", "a word is five seconds", (max_age("abc"),)),
    ("negative", "-1 is no number of seconds, so it is five", (max_age("-1"),)),
    ("negative-zero", "-0 is no number of seconds, so it is five", (max_age("-0"),)),
    ("plus", "+10 is no number of seconds, so it is five", (max_age("+10"),)),
    ("decimal", "10.5 is no number of seconds, so it is five", (max_age("10.5"),)),
    ("decimal-zero", "0.5 is no number of seconds, so it is five, and not 0", (max_age("0.5"),)),
    ("unit", "10s is no number of seconds, so it is five", (max_age("10s"),)),
    ("quoted", "a number in quotes is none, so it is five seconds", (max_age('"10"'),)),
    ("exponent", "1e3 is no number of seconds, so it is five", (max_age("1e3"),)),
    ("hex", "0x10 is no number of seconds, so it is five", (max_age("0x10"),)),
    ("list", "a list of numbers is none, so it is five seconds", (max_age("10, 10"),)),
    ("list-zero", "a list of zeros is no number, so it is five seconds", (max_age("0, 0"),)),
    ("doubled", "two fields are no number, so it is five seconds", (max_age("10"), max_age("10"))),
    ("doubled-zero", "two fields of 0 are no number, so it is five seconds", (max_age("0"), max_age("0"))),
    ("parameter", "a number with a parameter is none, so it is five seconds", (max_age("10;x"),)),
):
    row(f"age-{name}", summary, asks(GET_A, names("x-a"), methods("GET"), headers="x-a", also=ages), reuses(GET_A))

for name, summary, value in (("zero", "0 is not remembered", "0"), ("zeros", "000 is 0", "000")):
    turn = asks(GET_A, names("x-a"), methods("GET"), headers="x-a", also=(max_age(value),))
    row(f"age-{name}", summary, turn, turn)

row(
    "age-not-caching",
    "Cache-Control is about another cache",
    asks(PUT, methods("PUT"), ("Cache-Control", "no-store"), ("Expires", "0"), ("Vary", "*")),
    reuses(PUT),
)

# ---- time ------------------------------------------------------------------------------------------

SECOND = (max_age("4"),)  # a slow machine must come to the next step within it

row(
    "expires",
    "after four seconds an entry of four seconds is gone",
    asks(GET_A, names("x-a"), methods("GET"), headers="x-a", also=SECOND),
    reuses(GET_A),
    asks(later(GET_A, 7000), names("x-a"), headers="x-a"),
)
row(
    "expires-method",
    "after four seconds a method's entry of four seconds is gone",
    asks(PUT, methods("PUT"), names("x-a"), also=SECOND),
    asks(later(PUT, 7000), methods("PUT")),
)
row(
    "expires-default",
    "after seven seconds what had no Max-Age is gone",
    asks(PUT, methods("PUT"), also=()),
    reuses(PUT),
    asks(later(PUT, 7000), methods("PUT")),
)
row(
    "lasts",
    "three seconds later an entry of a minute is still there",
    asks(PUT, methods("PUT")),
    reuses(later(PUT, 3000)),
)
row(
    "renewed",
    "a second preflight gives what it lists the longer time",
    asks(PUT, methods("PUT"), also=SECOND),
    asks(step("PUT", A), methods("PUT"), names("x-a"), headers="x-a"),
    reuses(later(PUT, 3000)),
)
row(
    "taken-back",
    "a second preflight takes back what it lists with 0",
    asks(PUT, methods("PUT")),
    asks(step("PUT", A), methods("PUT"), names("x-a"), headers="x-a", also=(max_age("0"),)),
    asks(PUT, methods("PUT")),
)
row(
    "taken-back-header",
    "a second preflight takes back a header that it lists with 0",
    asks(GET_A, names("x-a"), headers="x-a"),
    asks(step("GET", A, B), names("x-a, x-b"), headers="x-a,x-b", also=(max_age("0"),)),
    asks(GET_A, names("x-a"), headers="x-a"),
)

# ---- adding ----------------------------------------------------------------------------------------

row(
    "adds-method",
    "a second preflight adds to the first and replaces nothing",
    asks(PUT, methods("PUT")),
    asks(step("PATCH", A), methods("PATCH"), names("x-a"), headers="x-a"),
    reuses(PUT),
)
row(
    "adds-header",
    "the headers of two preflights add up",
    asks(GET_A, names("x-a"), headers="x-a"),
    asks(step("GET", B), names("x-b"), headers="x-b"),
    reuses(GET_A),
    reuses(step("GET", A, B)),
)
row(
    "adds-pieces",
    "a method of one preflight and a header of another are enough together",
    asks(PUT, methods("PUT")),
    asks(GET_A, names("x-a"), headers="x-a"),
    reuses(step("PUT", A)),
)

# ---- a refused preflight ---------------------------------------------------------------------------

row(
    "refused",
    "a refused preflight stores nothing of what it listed",
    is_refused(PUT, open_to("{page}", methods("PATCH"), MINUTE), Reason.METHOD_NOT_ALLOWED),
    asks(PATCH, methods("PATCH")),
)
row(
    "refused-header",
    "a preflight that is refused for a header stores nothing",
    is_refused(
        step("PUT", A), open_to("{page}", methods("PUT"), names("x-b"), MINUTE), Reason.HEADER_NOT_ALLOWED, "x-a"
    ),
    asks(PUT, methods("PUT")),
)
row(
    "refused-status",
    "a preflight that is a 404 stores nothing",
    is_refused(PUT, open_to("{page}", methods("PUT"), MINUTE, status=404), Reason.PREFLIGHT_STATUS_NOT_OK),
    asks(PUT, methods("PUT")),
)
row(
    "refused-origin",
    "a preflight that allows no origin stores nothing",
    is_refused(PUT, answer(methods("PUT"), MINUTE), Reason.ALLOW_ORIGIN_MISSING),
    asks(PUT, methods("PUT")),
)
row(
    "refused-clears",
    "a refused preflight clears what was remembered of its URL",
    asks(PUT, methods("PUT")),
    is_refused(PATCH, READABLE, Reason.METHOD_NOT_ALLOWED),
    asks(PUT, methods("PUT")),
)
row(
    "refused-elsewhere",
    "a refused preflight clears nothing of another URL",
    asks(PUT, methods("PUT")),
    is_refused(step("PUT", url="{api}/b"), READABLE, Reason.METHOD_NOT_ALLOWED),
    reuses(PUT),
)
row(
    "refused-include",
    "a preflight refused with credentials clears what was remembered without",
    asks(PUT, methods("PUT")),
    is_refused(PUT_INCLUDE, answer(origin("*"), methods("PUT")), Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
    asks(PUT, methods("PUT")),
)
row(
    "spoilt-preflight",
    "a preflight whose answer is no HTTP clears what was remembered",
    asks(PUT, methods("PUT")),
    is_refused(DELETE, SPOILT, Reason.NETWORK_FAILURE),
    reuses(step()),  # between two preflights, so that nobody takes the second for the first one repeated
    asks(PUT, methods("PUT")),
)

# ---- an answer that fails --------------------------------------------------------------------------

row(
    "failed",
    "an answer that fails the check clears what was remembered",
    asks(PUT, methods("PUT")),
    fails(PUT, answer(), Reason.ALLOW_ORIGIN_MISSING),
    asks(PUT, methods("PUT")),
)
row(
    "failed-first",
    "an answer that fails right behind its preflight clears what that granted",
    Turn(PUT, asked("", open_to("{page}", methods("PUT"), MINUTE), answer()), blocked(Reason.ALLOW_ORIGIN_MISSING)),
    asks(PUT, methods("PUT")),
)
row(
    "failed-header",
    "an answer that fails the check clears a header's entry",
    asks(GET_A, names("x-a"), headers="x-a"),
    fails(GET_A, answer(), Reason.ALLOW_ORIGIN_MISSING),
    asks(GET_A, names("x-a"), headers="x-a"),
)
row(
    "failed-other-mode",
    "a failure without credentials clears what was remembered with them",
    asks(PUT_INCLUDE, methods("PUT")),
    fails(PUT, answer(), Reason.ALLOW_ORIGIN_MISSING),
    asks(PUT_INCLUDE, methods("PUT")),
)
row(
    "failed-simple",
    "a request that needs no preflight clears nothing where it fails",
    asks(PUT, methods("PUT")),
    fails(step(), answer(), Reason.ALLOW_ORIGIN_MISSING),
    reuses(PUT),
)
row(
    "failed-elsewhere",
    "a failure at another URL clears nothing here",
    asks(PUT, methods("PUT")),
    asks(step("PUT", url="{api}/b"), methods("PUT")),
    fails(step("PUT", url="{api}/b"), answer(), Reason.ALLOW_ORIGIN_MISSING),
    reuses(PUT),
)
row(
    "spoilt",
    "an answer that is no HTTP clears what was remembered",
    asks(PUT, methods("PUT, DELETE")),
    fails(PUT, SPOILT, Reason.NETWORK_FAILURE),
    asks(DELETE, methods("DELETE")),
)
for status in (404, 500):
    row(
        f"status-{status}",
        f"a {status} that script may read is no failure",
        asks(PUT, methods("PUT")),
        Turn(PUT, simple(open_to("{page}", status=status)), reads(status=status)),
        reuses(PUT),
    )

# ---- redirects -------------------------------------------------------------------------------------

GRANT = open_to("{page}", methods("PUT"), MINUTE)
PUT_B = step("PUT", url="{api}/b")

row(
    "redirected",
    "what was granted at a redirect's target holds for a request to it",
    Turn(
        PUT,
        (Hop(onward("{api}/b", status=307), asks="", preflight=GRANT), Hop(url="{api}/b", asks="", preflight=GRANT)),
        reads(),
    ),
    reuses(PUT_B),
    reuses(PUT),
)
row(
    "redirect-uses",
    "a redirect to a URL that is remembered needs no preflight there",
    asks(PUT_B, methods("PUT")),
    Turn(PUT, (Hop(onward("{api}/b", status=307), asks="", preflight=GRANT), Hop(url="{api}/b")), reads()),
)
row(
    "redirect-null",
    "what was granted to null does not hold for the page's origin",
    Turn(
        PUT,
        (
            Hop(onward("{api2}/b", status=307), asks="", preflight=GRANT),
            Hop(open_to("null"), "{api2}/b", asks="", preflight=open_to("null", methods("PUT"), MINUTE), origin="null"),
        ),
        reads(),
    ),
    asks(step("PUT", url="{api2}/b"), methods("PUT")),
)
row(
    "redirect-refused",
    "a refusal behind a redirect clears its own URL and not the first",
    asks(PUT, methods("PUT")),
    Turn(
        PUT,
        (Hop(onward("{api}/b", status=307)), *turned_down("", READABLE, url="{api}/b")),
        blocked(Reason.METHOD_NOT_ALLOWED),
    ),
    reuses(PUT),
)
row(
    "redirect-refused-target",
    "a refusal behind a redirect clears what was remembered of its own URL",
    asks(PUT_B, methods("PUT")),
    Turn(
        step("PUT", A),
        (
            Hop(
                onward("{api}/b", status=307),
                asks="x-a",
                preflight=open_to("{page}", methods("PUT"), names("x-a"), MINUTE),
            ),
            *turned_down("x-a", READABLE, url="{api}/b"),
        ),
        blocked(Reason.METHOD_NOT_ALLOWED),
    ),
    asks(PUT_B, methods("PUT")),
)
row(
    "redirect-scheme",
    "a redirect that is not followed clears the URL that sent it",
    asks(PUT, methods("PUT")),
    fails(PUT, open_to("{page}", ("Location", "data:,hi"), status=307), Reason.REDIRECT_SCHEME),
    asks(PUT, methods("PUT")),
)
row(
    "redirect-error",
    "a redirect that mode error refuses clears the URL that sent it",
    asks(PUT, methods("PUT")),
    fails(step("PUT", redirect="error"), open_to("{page}", to("{api}/b"), status=307), Reason.REDIRECT_MODE_ERROR),
    asks(PUT, methods("PUT")),
)

# ---- the cache mode of fetch() is about another cache --------------------------------------------------

for mode in ("no-store", "reload", "no-cache", "force-cache"):
    row(
        f"mode-{mode}",
        f"a request of cache mode {mode} uses what is remembered",
        asks(PUT, methods("PUT")),
        reuses(step("PUT", cache=mode)),
        apis=FETCH,
    )
for mode in ("no-store", "reload"):
    row(
        f"mode-{mode}-first",
        f"what a request of cache mode {mode} was granted is remembered",
        asks(step("PUT", cache=mode), methods("PUT")),
        reuses(PUT),
        apis=FETCH,
    )
    TOPIC.row(
        f"preflight-cache-mode-{mode}-simple",
        f"the headers that cache mode {mode} adds need no preflight",
        step(cache=mode),
        simple(READABLE),
        reads(),
    )

SCENARIOS = TOPIC.scenarios
