"""Crossroads: places where the standard is plain and engines are known to go another way; see `harness.deviations`."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    FETCH,
    OPAQUE,
    OPEN,
    XHR,
    Hop,
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    credentials,
    max_age,
    methods,
    names,
    origin,
    reads,
    refused,
    simple,
    step,
    to,
    turned_down,
    unsent,
)
from harness.oracle import Reason

TOPIC = Topic("crossroads")

TOPIC.row(
    "crossroads-opaque-origin",
    "in mode no-cors GET has no Origin, from an opaque origin with credentials neither",
    step(mode="no-cors", credentials="include"),
    (Hop(origin=""),),
    OPAQUE,
    page="null",
)

for name, method, url in (
    ("cross", "GET", "{cross}/b"),
    ("other", "HEAD", "{api2}/b"),
    ("post", "POST", "{api}/b"),
):
    TOPIC.row(
        f"crossroads-opaque-origin-{name}",
        f"in mode no-cors an opaque origin is said with POST alone, behind a redirect to {url} too",
        step(method, url="{api}/a", mode="no-cors", credentials="include"),
        (
            Hop(answer(to(url), status=303), "{api}/a", origin="null" if method == "POST" else ""),
            Hop(answer(), url, origin="", method="HEAD" if method == "HEAD" else "GET"),
        ),
        OPAQUE,
        page="null",
    )

TOPIC.row(
    "crossroads-charset",
    "a charset that is overwritten has its Content-Type written anew, without blanks",
    step("POST", ("Content-Type", "text/plain; charset=UTF-16"), body="a", body_kind="urlencoded"),
    simple(answer(origin())),
    reads(),
    apis=XHR,
)

STAR = answer(origin(), credentials(), methods("PUT, *"), max_age("60"))
TOPIC.sequence(
    "crossroads-method-star",
    "a method with the name * that was listed is in the cache by that name",
    Turn(step("*", credentials="include"), asked("", STAR, answer(origin(), credentials())), reads()),
    Turn(step("*", credentials="include"), (Hop(answer(origin(), credentials()), preflight=STAR),), reads()),
)

ANY = answer(origin(), credentials(), names("*"), max_age("60"))
LISTED = answer(origin(), names("authorization"), max_age("60"))
AUTHORIZED = ("Authorization", "Basic YTpi")
TOPIC.sequence(
    "crossroads-refused-star",
    "of a preflight that was refused nothing is remembered, not even a * for requests without credentials",
    Turn(
        step("GET", AUTHORIZED, credentials="include"),
        turned_down("authorization", ANY),
        blocked(Reason.HEADER_WILDCARD_WITH_CREDENTIALS),
    ),
    Turn(step("GET", AUTHORIZED), asked("authorization", LISTED, also=(("authorization", "present"),)), reads()),
)

TOPIC.row(
    "crossroads-not-bytes",
    "what is no byte is found before anything else of the call is looked at",
    step("PUT", ("X-A", "\u20ac"), url="{page|user:word@}/a", mode="no-cors"),
    unsent(),
    refused(Reason.HEADER_VALUE_INVALID),
)

COOKIE = ("Set-Cookie", "crossroads=1; Path=/crossroads")
TOPIC.sequence(
    "crossroads-credentials-kept",
    "credentials for the page's origin go nowhere else, in mode no-cors and behind a redirect neither",
    Turn(step(url="{page}/crossroads/a"), (Hop(answer(COOKIE), "{page}/crossroads/a", origin=""),), reads()),
    Turn(
        step(url="{page}/crossroads/b", mode="no-cors"),
        (
            Hop(answer(to("{api}/crossroads/c"), status=302), "{page}/crossroads/b", origin=""),
            Hop(answer(), "{api}/crossroads/c", origin=""),
        ),
        OPAQUE,
    ),
)

TOPIC.row(
    "crossroads-type-gone",
    "a Content-Type that a redirect takes away with the body stays away behind the next one",
    step("POST", url="{page}/a", body="a"),
    (
        Hop(answer(to("{page}/b"), status=302), "{page}/a"),
        Hop(answer(to("{page}/c"), status=307), "{page}/b", origin="", method="GET"),
        Hop(answer(), "{page}/c", origin="", method="GET"),
    ),
    reads(),
)

CONDITION = step("PUT", ("If-None-Match", '"a"'))
GRANT = answer(origin(), methods("PUT"), names("if-none-match"), max_age("60"))
TOPIC.sequence(
    "crossroads-condition",
    "a condition of the HTTP cache has no say in the preflight cache",
    Turn(CONDITION, asked("if-none-match", GRANT), reads()),
    Turn(CONDITION, (Hop(OPEN, preflight=GRANT),), reads()),
)

TOPIC.sequence(
    "crossroads-forced-again",
    "a forced preflight is made although something else of the URL is in the cache",
    Turn(step("GET", ("X-A", "1")), asked("x-a", answer(origin(), names("x-a"), max_age("60"))), reads()),
    Turn(step("POST", body="a", upload_listener=True), asked("", answer(origin(), methods("POST"))), reads()),
    apis=XHR,
)

HINT = answer(origin(), names("dpr"))
TOPIC.row(
    "crossroads-hint-redirected",
    "a client hint of the page is a header like any other, also behind a redirect",
    step("GET", ("DPR", "2")),
    (
        Hop(answer(origin(), to("{api}/b"), status=302), asks="dpr", preflight=HINT),
        Hop(OPEN, "{api}/b", asks="dpr", preflight=HINT),
    ),
    reads(),
)

TOPIC.row(
    "crossroads-empty-value",
    "an empty value is one of a header's values",
    step("GET", ("X-A", "a"), ("X-A", "")),
    asked("x-a", answer(origin(), names("x-a"))),
    reads(),
    apis=FETCH,
)

AGENT = ("User-Agent", "somebody")
TOPIC.row(
    "crossroads-agent",
    "a page may set User-Agent, and asks for it first",
    step("GET", AGENT),
    asked("user-agent", answer(origin(), names("user-agent"))),
    reads(),
)
TOPIC.row(
    "crossroads-agent-redirected",
    "a User-Agent that the page has set stays within its own origin",
    step("GET", AGENT, url="{page}/a"),
    (Hop(answer(to("{page}/b"), status=302), "{page}/a", origin=""), Hop(answer(), "{page}/b", origin="")),
    reads(),
)

TOPIC.row(
    "crossroads-abroad-without-credentials",
    "a foreign redirect need not allow credentials that do not go along",
    step(url="{page}/a"),
    (
        Hop(answer(to("{api}/b"), status=302), "{page}/a", origin=""),
        Hop(answer(origin(), to("{api2}/c"), status=302), "{api}/b"),
        Hop(answer(origin("null")), "{api2}/c", origin="null"),
    ),
    reads(),
)

TOPIC.row(
    "crossroads-userinfo-put",
    "a redirect to a foreign URL with a user name ends all, before any preflight",
    step("PUT", url="{page}/a"),
    (
        Hop(answer(to("{api|user:word@}/b"), status=307), "{page}/a"),
        Hop(OPEN, "{api}/b", preflight=answer(origin(), methods("PUT")), sent=False),
    ),
    blocked(Reason.REDIRECT_INCLUDES_CREDENTIALS),
)

TOPIC.row(
    "crossroads-delete-abroad",
    "a 307 to another origin leaves DELETE as it is",
    step("DELETE"),
    (
        Hop(answer(origin(), to("{api2}/b"), status=307), asks="", preflight=answer(origin(), methods("DELETE"))),
        Hop(
            answer(origin("null")),
            "{api2}/b",
            asks="",
            preflight=answer(origin("null"), methods("DELETE")),
            origin="null",
        ),
    ),
    reads(),
)

PUT = step("PUT")
HERE = answer(origin(), methods("PUT"), max_age("60"))
THERE = answer(origin("null"), methods("PUT"), max_age("60"))
AWAY = answer(origin(), to("{api2}/b"), status=307)
TOPIC.sequence(
    "crossroads-tainted-cached",
    "what was granted to Origin null behind a redirect serves the next such request",
    Turn(
        PUT,
        (
            Hop(AWAY, asks="", preflight=HERE),
            Hop(answer(origin("null")), "{api2}/b", asks="", preflight=THERE, origin="null"),
        ),
        reads(),
    ),
    Turn(
        PUT,
        (
            Hop(AWAY, preflight=HERE),
            Hop(answer(origin("null")), "{api2}/b", preflight=THERE, origin="null"),
        ),
        reads(),
    ),
)

SCENARIOS = TOPIC.scenarios
