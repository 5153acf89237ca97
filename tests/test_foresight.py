"""Foresight: what the oracle makes of literal answers, before anybody was asked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from literal_cases import ORIGINS

import client_site
from harness import oracle, plan
from harness.foresight import OWN_POLICY, answer_of, foresee, foretell, request_of, seen_of
from harness.literal import Answer, Close, CutOff, Literal, Raw, Role, Rule, Script
from harness.oracle import Reason
from harness.plan import Case, Planned
from harness.scenario import LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Ending, Kind, Pairs

PAGE = "http://localhost:41111"
ALLOW = ("Access-Control-Allow-Origin", "*")
GRANT = (ALLOW, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a"))
OPEN = Answer(200, (ALLOW,))
LENGTH = frozenset({"content-length"})
READ = Seen(Outcome.ALLOWED, 200, LENGTH, type="cors")
ORIGIN = (("origin", PAGE),)
GET, PUT = Step("GET", "{api}/a"), Step("PUT", "{api}/a")


def planned(*turns: Script, steps: tuple[Step, ...] = (GET,), page: str = "http://localhost") -> Planned:
    """Plan a case whose answers are these, for fixed origins."""
    one = Scenario("a", "f", "s", steps, {LITERAL: None}, page, (Api.FETCH,), turns)
    return plan.plan(Case(one, LITERAL, Api.FETCH, LITERAL), ORIGINS)


def always(*answers: Literal, **more: Any) -> Script:
    """Answer every request by these."""
    return Script((Rule(answers, **more),))


def foreseen(*turns: Script, **more: Any) -> Expectation:
    """Foresee what follows."""
    one = planned(*turns, **more)
    return foresee(one.unit, one.turns, one.places)


# ---- records to the oracle's, and back --------------------------------------------------------------

STEP: dict[str, Any] = {
    "api": "xhr",
    "method": "PATCH",
    "url": "http://localhost:42222/a?b=c",
    "headers": [["X-A", "1"], ["X-A", "2"]],
    "body": "ü",
    "body_kind": "text",
    "credentials": "include",
    "mode": "cors",
    "redirect": "follow",
    "cache": "default",
    "referrer_policy": "",
    "upload_listener": True,
    "after_ms": 5,
}


def test_a_step_as_the_oracle_takes_it() -> None:
    """Every member that matters to the oracle is in the request."""
    assert request_of(STEP, PAGE) == oracle.Request(
        "http://localhost:42222/a?b=c",
        PAGE,
        "PATCH",
        (("X-A", "1"), ("X-A", "2")),
        "ü".encode(),
        credentials=oracle.Credentials.INCLUDE,
        referrer_policy=oracle.ReferrerPolicy.ORIGIN,
        api=oracle.Api.XHR,
        upload_listener=True,
    )


def test_a_step_of_fetch_as_the_oracle_takes_it() -> None:
    """What only fetch has, too."""
    more = {"mode": "no-cors", "redirect": "manual", "cache": "reload", "referrer_policy": "no-referrer", "body": None}
    step = {**STEP, "api": "fetch", "upload_listener": False, **more}
    request = request_of(step, "null")
    assert (request.origin, request.body, request.api) == ("null", None, oracle.Api.FETCH)
    assert (request.mode, request.redirect) == (oracle.Mode.NO_CORS, oracle.Redirect.MANUAL)
    assert (request.cache, request.referrer_policy) == (oracle.CacheMode.RELOAD, oracle.ReferrerPolicy.NO_REFERRER)


BODIES = {
    "text": ("ü世", "ü世".encode()),
    "urlencoded": ("a=ü", "a=ü".encode()),
    "bytes": ("\0\xff", b"\0\xff"),
    "stream": ("\0\xff", b"\0\xff"),
}


@pytest.mark.parametrize(("kind", "body", "sent"), [(kind, *row) for kind, row in BODIES.items()], ids=BODIES)
def test_bodies(kind: str, body: str, sent: bytes) -> None:
    """Text goes out as UTF-8, bytes as the bytes that the agent makes of characters."""
    step = {**STEP, "api": "fetch", "upload_listener": False, "body": body, "body_kind": kind}
    request = request_of(step, PAGE)
    assert (request.body, request.body_kind.value) == (sent, kind)


def test_the_pages_own_referrer_policy() -> None:
    """A step that names none has that of the page's document."""
    template = Path(client_site.__file__).parent / "templates" / "page.html"
    assert f'<meta name="referrer" content="{OWN_POLICY.value}">' in template.read_text("utf-8")


def refusal(reason: Reason, phase: oracle.Phase, seen_as: oracle.SeenAs = oracle.SeenAs.TYPE_ERROR) -> oracle.Refusal:
    """Refuse for this reason in this phase."""
    return oracle.Refusal(oracle.Failure(reason), phase, 0, seen_as)


BY_REQUEST, BY_ACTUAL = oracle.Phase.REQUEST, oracle.Phase.ACTUAL
EVENT = oracle.SeenAs.ERROR_EVENT
SIGHTS: dict[str, tuple[oracle.Readable | oracle.Refusal, Seen]] = {
    "cors": (
        oracle.Readable(oracle.ResponseType.CORS, 201, (("a", "1"), ("b", "2"))),
        Seen(Outcome.ALLOWED, 201, frozenset("ab"), type="cors"),
    ),
    "basic": (oracle.Readable(oracle.ResponseType.BASIC, 404), Seen(Outcome.ALLOWED, 404, type="basic")),
    "opaque": (oracle.Readable(oracle.ResponseType.OPAQUE), Seen(Outcome.OPAQUE, type="opaque")),
    "manual": (oracle.Readable(oracle.ResponseType.OPAQUE_REDIRECT), Seen(Outcome.OPAQUE, type="opaqueredirect")),
    "blocked": (
        refusal(Reason.ALLOW_ORIGIN_MISSING, BY_ACTUAL),
        Seen(Outcome.BLOCKED, reason="allow-origin-missing"),
    ),
    "blocked-for-an-xhr": (
        refusal(Reason.ALLOW_ORIGIN_MISSING, BY_ACTUAL, EVENT),
        Seen(Outcome.BLOCKED, reason="allow-origin-missing"),
    ),
    "bad-port": (refusal(Reason.BAD_PORT, BY_REQUEST), Seen(Outcome.BLOCKED, reason="bad-port")),
    "bad-port-for-an-xhr": (refusal(Reason.BAD_PORT, BY_REQUEST, EVENT), Seen(Outcome.BLOCKED, reason="bad-port")),
    "no-answer": (
        refusal(Reason.NETWORK_FAILURE, BY_ACTUAL),
        Seen(Outcome.NO_ANSWER, reason="network-failure"),
    ),
    "thrown": (
        refusal(Reason.METHOD_FORBIDDEN, BY_REQUEST),
        Seen(Outcome.EXCEPTION, reason="method-forbidden"),
    ),
    "thrown-by-an-xhr": (
        refusal(Reason.METHOD_FORBIDDEN, BY_REQUEST, oracle.SeenAs.SECURITY_ERROR),
        Seen(Outcome.EXCEPTION, reason="method-forbidden"),
    ),
}


@pytest.mark.parametrize(("outcome", "seen"), SIGHTS.values(), ids=SIGHTS)
def test_what_script_sees(outcome: oracle.Readable | oracle.Refusal, seen: Seen) -> None:
    """An outcome of the oracle is one sight: what was read, or why nothing was."""
    assert seen_of(outcome) == seen


ANSWERS: dict[str, tuple[int | None, Pairs, Ending, oracle.Answer]] = {
    "complete": (200, (ALLOW,), Ending.COMPLETE, oracle.WireResponse(200, (ALLOW,))),
    "padded": (200, (("A", " b\t"),), Ending.COMPLETE, oracle.WireResponse(200, (("A", "b"),))),
    "open": (200, (ALLOW,), Ending.OPEN, oracle.WireResponse(200, (ALLOW,))),
    "left": (200, (ALLOW,), Ending.LEFT, oracle.WireResponse(200, (ALLOW,))),
    "open-without-a-head": (None, (), Ending.OPEN, oracle.NetworkFailure("open")),
    "left-without-a-head": (None, (), Ending.LEFT, oracle.NetworkFailure("left")),
    "closed": (None, (), Ending.CLOSED, oracle.NetworkFailure("closed")),
    "cut-off": (200, (ALLOW,), Ending.CUT_OFF, oracle.NetworkFailure("cut-off")),
    "no-http": (None, (), Ending.COMPLETE, oracle.NetworkFailure("no status line")),
    "nul": (200, (("A", "\0"),), Ending.COMPLETE, oracle.NetworkFailure("header A holds NUL, CR or LF")),
}


@pytest.mark.parametrize(("status", "headers", "ending", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answers_as_the_oracle_takes_them(
    status: int | None, headers: Pairs, ending: Ending, answer: oracle.Answer
) -> None:
    """A head that has left is an answer, unless it is known that the rest broke off; no head is none."""
    assert answer_of(status, headers, ending) == answer


# ---- what follows ----------------------------------------------------------------------------------

P = Kind.PREFLIGHT
NONE: tuple[Crossing, ...] = ()
ASKED = Crossing("GET", "/a", None, ORIGIN)
FIRST = Crossing("OPTIONS", "/a", None, (("access-control-request-method", "PUT"), *ORIGIN))
NOBODY = Seen(Outcome.NO_ANSWER, reason="network-failure")
UNLISTED = Seen(Outcome.BLOCKED, reason="allow-origin-missing")
FOLLOWING: dict[str, tuple[Step, Script, Seen, tuple[Crossing, ...]]] = {
    "read": (GET, always(OPEN), READ, (ASKED,)),
    "refused": (GET, always(Answer(200)), UNLISTED, (ASKED,)),
    "preflighted": (
        PUT,
        Script((Rule((Answer(204, GRANT),), P), Rule((OPEN,), Kind.ACTUAL))),
        READ,
        (FIRST, Crossing("PUT", "/a", None, ORIGIN)),
    ),
    "preflight-refused": (PUT, Script((Rule((OPEN,), Kind.ACTUAL),)), UNLISTED, (FIRST,)),
    "asks-for-headers": (
        dataclasses.replace(GET, headers=(("X-B", "1"), ("X-A", "2"))),
        always(Answer(204)),
        UNLISTED,
        (
            Crossing(
                "OPTIONS",
                "/a",
                None,
                (("access-control-request-headers", "x-a,x-b"), ("access-control-request-method", "GET"), *ORIGIN),
            ),
        ),
    ),
    "a-token-counts-by-presence": (
        dataclasses.replace(GET, headers=(("Authorization", "Bearer 1"),)),
        Script((Rule((Answer(204, (ALLOW, ("Access-Control-Allow-Headers", "authorization"))),), P), Rule((OPEN,)))),
        READ,
        (
            Crossing(
                "OPTIONS",
                "/a",
                None,
                (
                    ("access-control-request-headers", "authorization"),
                    ("access-control-request-method", "GET"),
                    *ORIGIN,
                ),
            ),
            Crossing("GET", "/a", None, (("authorization", "present"), *ORIGIN)),
        ),
    ),
    "closed": (GET, always(Close()), NOBODY, (ASKED,)),
    "cut-off": (GET, always(CutOff(OPEN, 5)), NOBODY, (ASKED,)),
    "garbled": (GET, always(Raw(b"nonsense\r\n\r\n")), NOBODY, (ASKED,)),
    "nul": (GET, always(Answer(200, (ALLOW, ("A", "\0")))), NOBODY, (ASKED,)),
    "bad-port": (
        dataclasses.replace(GET, url="{api|:6667}/a"),
        always(OPEN),
        Seen(Outcome.BLOCKED, reason="bad-port"),
        NONE,
    ),
    "thrown": (Step("TRACE", "{api}/a"), always(OPEN), Seen(Outcome.EXCEPTION, reason="method-forbidden"), NONE),
    "no-token": (Step("GE T", "{api}/a"), always(OPEN), Seen(Outcome.EXCEPTION, reason="method-not-a-token"), NONE),
    "opaque": (
        dataclasses.replace(GET, mode="no-cors"),
        always(Answer(200)),
        Seen(Outcome.OPAQUE, type="opaque"),
        (Crossing("GET", "/a", None),),
    ),
    "nobody-answers-there": (GET, always(OPEN, path="/b"), UNLISTED, (ASKED,)),
    "the-pages-own": (
        Step("GET", "{home}/a"),
        always(Answer(299), role=Role.PAGE),
        Seen(Outcome.ALLOWED, 299, LENGTH, type="basic"),
        (Crossing("GET", "/a", None),),
    ),
    "another-origin": (Step("GET", "{api2}/a"), always(OPEN, role=Role.API2), READ, (ASKED,)),
    "another-origin-has-other-rules": (Step("GET", "{api2}/a"), always(OPEN, role=Role.API), UNLISTED, (ASKED,)),
    "another-site-has-the-same-rules": (Step("GET", "{cross}/a"), always(OPEN, role=Role.API), READ, (ASKED,)),
    "http-2": (Step("GET", "{h2}/a"), always(OPEN, role=Role.H2), READ, (ASKED,)),
    "http-2-has-rules-of-its-own": (Step("GET", "{h2}/a"), always(OPEN), UNLISTED, (ASKED,)),
    "query": (Step("GET", "{api}/a?b=c"), always(OPEN, path="/a"), READ, (Crossing("GET", "/a?b=c", None, ORIGIN),)),
    "userinfo-is-not-sent": (
        dataclasses.replace(GET, url="{api|user:word@}/a"),
        always(OPEN),
        Seen(Outcome.EXCEPTION, reason="url-includes-credentials"),
        NONE,
    ),
}


@pytest.mark.parametrize(("step", "script", "seen", "wire"), FOLLOWING.values(), ids=FOLLOWING)
def test_what_follows(step: Step, script: Script, seen: Seen, wire: tuple[Crossing, ...]) -> None:
    """What script sees, why where nothing, and each request that arrives, without the token."""
    assert foreseen(script, steps=(step,)) == Expectation((seen,), wire)


def test_over_redirects() -> None:
    """Each hop is answered by the server that it reaches, in its role; the origin becomes null on the way."""
    script = Script(
        (
            Rule((Answer(302, (("Location", "{api}/b?{token}"),)),), path="/a", role=Role.PAGE),
            Rule((Answer(307, (ALLOW, ("Location", "{api2}/c?{token}"))),), path="/b", role=Role.API),
            Rule((Answer(201, (ALLOW,)),), path="/c", role=Role.API2),
        )
    )
    assert foreseen(script, steps=(Step("GET", "{home}/a"),)) == Expectation(
        (Seen(Outcome.ALLOWED, 201, LENGTH, type="cors"),),
        (
            Crossing("GET", "/a", None),
            Crossing("GET", "/b", None, ORIGIN),
            Crossing("GET", "/c", None, (("origin", "null"),)),
        ),
    )


def test_what_a_stream_goes_out_over() -> None:
    """At one origin it is HTTP/2, and a stream goes out; at all others it is not."""
    rules = (Rule((OPEN,)), Rule((OPEN,), role=Role.H2))
    stream = Step("POST", "{h2}/a", body="x", body_kind="stream")
    asked = (*ORIGIN, ("access-control-request-method", "POST"))
    preflight, actual = Crossing("OPTIONS", "/a", None, tuple(sorted(asked))), Crossing("POST", "/a", None, ORIGIN)
    assert foreseen(Script(rules), steps=(stream,)) == Expectation((READ,), (preflight, actual))
    elsewhere = dataclasses.replace(stream, url="{api}/a")
    kept = Seen(Outcome.BLOCKED, reason="stream-over-http-one")
    assert foreseen(Script(rules), steps=(elsewhere,)) == Expectation((kept,), (preflight,))


def test_where_nobody_listens() -> None:
    """A redirect to where none of our servers is has no answer."""
    away = Answer(302, (ALLOW, ("Location", "http://nobody.example/b")))
    assert foreseen(always(away)).seen == (NOBODY,)


def test_the_page_null() -> None:
    """Script in the sandbox has no origin; its document's own site is another one."""
    script = always(Answer(200, (("Access-Control-Allow-Origin", "null"),)))
    null = Crossing("GET", "/a", None, (("origin", "null"),))
    assert foreseen(script, page="null") == Expectation((READ,), (null,))
    home = always(OPEN, role=Role.PAGE)
    assert foreseen(home, steps=(Step("GET", "{home}/a"),), page="null") == Expectation((READ,), (null,))


# ---- step by step ----------------------------------------------------------------------------------


def statuses(expectation: Expectation) -> list[int | None]:
    """Return the statuses that script reads."""
    return [seen.status for seen in expectation.seen]


def numbered(*numbers: int) -> Script:
    """Answer openly by these statuses, one after the other."""
    return always(*(Answer(number, (ALLOW,)) for number in numbers))


def test_one_script_for_all_steps_goes_on() -> None:
    """Its answers come one after the other, whichever step asks."""
    assert statuses(foreseen(numbered(201, 202), steps=(GET,) * 3)) == [201, 202, 202]


def test_each_turn_begins_anew() -> None:
    """A script of its own for each step."""
    turns = (numbered(201, 202), numbered(203, 204), numbered(205))
    assert statuses(foreseen(*turns, steps=(GET,) * 3)) == [201, 203, 205]


CACHED = Script((Rule((Answer(204, (*GRANT, ("Access-Control-Max-Age", "10"))),), P), Rule((OPEN,))))
TIMES: dict[str, tuple[tuple[int, ...], tuple[float, ...], list[str]]] = {
    "at-once": ((0, 0), (), ["OPTIONS", "PUT", "PUT"]),
    "in-time": ((0, 9_900), (), ["OPTIONS", "PUT", "PUT"]),
    "too-late": ((0, 10_100), (), ["OPTIONS", "PUT", "OPTIONS", "PUT"]),
    "later-than-planned": ((0, 9_900), (100.0, 110.1), ["OPTIONS", "PUT", "OPTIONS", "PUT"]),
    "sooner-than-planned": ((0, 10_100), (100.0, 109.9), ["OPTIONS", "PUT", "PUT"]),
}


@pytest.mark.parametrize(("after", "started", "methods"), TIMES.values(), ids=TIMES)
def test_the_preflight_cache_lasts_from_step_to_step(
    after: tuple[int, ...], started: tuple[float, ...], methods: list[str]
) -> None:
    """As long as the steps say that it does, or as it did once they have been taken."""
    one = planned(CACHED, steps=tuple(dataclasses.replace(PUT, after_ms=ms) for ms in after))
    expectation = foresee(one.unit, one.turns, one.places, started=started)
    assert [crossing.method for crossing in expectation.wire] == methods
    assert expectation.seen == (READ, READ)


def test_by_an_engines_rules() -> None:
    """What an engine is known to do otherwise is foreseen where its rules are given."""
    blind = dataclasses.replace(oracle.STANDARD, response_failure=lambda flight, response: None)
    one = planned(always(Answer(200)))
    assert foresee(one.unit, one.turns, one.places).seen == (UNLISTED,)
    (seen,) = foresee(one.unit, one.turns, one.places, blind).seen
    assert seen.outcome is Outcome.ALLOWED


def test_foretelling_tells_the_exchanges_too() -> None:
    """A prediction per step, with every request and the answer that it gets; asking twice tells the same."""
    one = planned(numbered(201, 202), steps=(GET, GET))
    told = foretell(one.unit, one.turns, one.places)
    assert told == foretell(one.unit, one.turns, one.places)
    answers = [exchange.answer for prediction in told for exchange in prediction.exchanges]
    assert [answer.status for answer in answers if isinstance(answer, oracle.WireResponse)] == [201, 202]
    assert [prediction.request.url for prediction in told] == [step["url"] for step in one.unit["steps"]]
