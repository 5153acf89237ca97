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
    max_age,
    methods,
    names,
    origin,
    reads,
    step,
    to,
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
