"""Every path of `judge`: what passes, what fails and by whose fault, and what can't be said at all.

At the end two laws: what was built from an expectation passes, and nothing that differs from it in one place does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from agreeing import agreeing, as_expected
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from harness.deviations import Deviation
from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.prediction import Prediction
from harness.scenario import Crossing, Expectation, Outcome, Seen
from harness.verdict import UNTESTED, Blame, Difference, Status, Verdict, judge
from harness.wire import Ending, Exchange, Pairs

ORIGIN = "http://localhost:1"
ASK: Pairs = (("access-control-request-method", "PUT"), ("origin", ORIGIN))
GRANT: Pairs = (("access-control-allow-methods", "PUT"), ("access-control-allow-origin", ORIGIN))
OPEN: Pairs = (("access-control-allow-origin", ORIGIN),)
READABLE = frozenset({"content-type", "content-length"})

PREFLIGHT = Crossing("OPTIONS", "/a", 200, ASK, GRANT)
PUT = Crossing("PUT", "/a", 200, (("origin", ORIGIN),), OPEN)
GET = Crossing("GET", "/a", 200, (("origin", ORIGIN),), OPEN)
SHUT = Crossing("GET", "/a", 200, (("origin", ORIGIN),))


def expect(seen: Seen, *wire: Crossing) -> Expectation:
    """Expect this of one step."""
    return Expectation((seen,), wire)


ALLOWED = Seen(Outcome.ALLOWED, 200, READABLE)
READ = expect(ALLOWED, GET)
READ_PUT = expect(ALLOWED, PREFLIGHT, PUT)
BLOCKED = expect(Seen(Outcome.BLOCKED), SHUT)
BLOCKED_PREFLIGHT = expect(Seen(Outcome.BLOCKED), dataclasses.replace(PREFLIGHT, answers=()))
OPAQUE = expect(Seen(Outcome.OPAQUE), GET)
GAVE_UP = expect(Seen(Outcome.ABORTED), dataclasses.replace(GET, status=None, answers=()))
REFUSED_CALL = expect(Seen(Outcome.EXCEPTION))

PAGE = {
    Outcome.ALLOWED: PageOutcome.RESPONSE,
    Outcome.OPAQUE: PageOutcome.RESPONSE,
    Outcome.BLOCKED: PageOutcome.NETWORK_ERROR,
    Outcome.ABORTED: PageOutcome.ABORTED,
    Outcome.EXCEPTION: PageOutcome.EXCEPTION,
}


def exchange(crossing: Crossing, **changes: Any) -> Exchange:
    """Make the exchange that a crossing describes, with headers beside those that count."""
    path, _, query = crossing.path.partition("?")
    target = f"{path}?{query}&corsproof=t" if query else f"{path}?corsproof=t"
    asked = (("host", "localhost"), *((name.title(), value) for name, value in reversed(crossing.asks)))
    answered = (("Content-Length", "2"), *((name.title(), value) for name, value in reversed(crossing.answers)))
    full = Exchange("api", "t", crossing.method, target, asked, crossing.status, answered, ending=Ending.COMPLETE)
    return dataclasses.replace(full, **changes)


def sight(seen: Seen, step: int = 0, **changes: Any) -> PageResult:
    """Make what a page reports where it sees this."""
    kind = {Outcome.ALLOWED: "cors", Outcome.OPAQUE: "opaque"}.get(seen.outcome, "")
    headers = tuple((name, "x") for name in sorted(seen.headers))
    full = PageResult(step, ORIGIN, PAGE[seen.outcome], kind, seen.status, headers=headers)
    return dataclasses.replace(full, **changes)


def observe(expected: Expectation, **changes: Any) -> Observation:
    """Make the observation in which everything is as expected, but for the changes."""
    page = tuple(sight(seen, step) for step, seen in enumerate(expected.seen))
    return dataclasses.replace(Observation(page, tuple(map(exchange, expected.wire))), **changes)


def judged(
    expected: Expectation, observed: Observation, deviation: Deviation | None = None, blame: Blame | None = None
) -> Verdict:
    """Judge with the page where it should be, and an oracle that agrees with it.

    Where ``blame`` is the engine's, the oracle agrees with the expectation instead.
    """
    predicted = as_expected(expected, observed) if blame is Blame.ENGINE else agreeing(observed)
    return judge(expected, observed, predicted, origin=ORIGIN, deviation=deviation)


def places(verdict: Verdict) -> list[str]:
    """Return where a verdict differs from the expectation."""
    return [difference.where for difference in verdict.differences if not difference.where.startswith("oracle[")]


# ---- pass ----------------------------------------------------------------------------------------

AS_EXPECTED = {
    "readable": (READ, Outcome.ALLOWED),
    "readable-after-a-preflight": (READ_PUT, Outcome.ALLOWED),
    "blocked": (BLOCKED, Outcome.BLOCKED),
    "blocked-at-the-preflight": (BLOCKED_PREFLIGHT, Outcome.BLOCKED),
    "opaque": (OPAQUE, Outcome.OPAQUE),
    "given-up": (GAVE_UP, Outcome.ABORTED),
    "call-refused": (REFUSED_CALL, Outcome.EXCEPTION),
}


@pytest.mark.parametrize(("expected", "outcome"), AS_EXPECTED.values(), ids=AS_EXPECTED)
def test_pass(expected: Expectation, outcome: Outcome) -> None:
    """Page and wire as expected pass, without differences, blame or cause."""
    assert judged(expected, observe(expected)) == Verdict(Status.PASS, (outcome,))


def test_several_steps() -> None:
    """A case of several steps has an outcome for each."""
    both = Expectation((ALLOWED, Seen(Outcome.BLOCKED)), (GET, SHUT))
    assert judged(both, observe(both)).outcomes == (Outcome.ALLOWED, Outcome.BLOCKED)


IRRELEVANT: dict[str, tuple[Expectation, dict[str, Any], dict[str, Any]]] = {
    "other-request-headers": (READ, {}, {"request_headers": (("origin", ORIGIN), ("user-agent", "x"))}),
    "other-response-headers": (READ, {}, {"response_headers": (*OPEN, ("date", "x"), ("server", "y"))}),
    "case-of-names": (READ, {}, {"response_headers": (("ACCESS-CONTROL-ALLOW-ORIGIN", ORIGIN),)}),
    "bodies": (READ, {"body": "x"}, {"request_body": b"a", "response_body": b"b"}),
    "values-of-readable-headers": (READ, {"headers": tuple((name, "else") for name in READABLE)}, {}),
    "a-readable-header-twice": (READ, {"headers": tuple((name, "x") for name in READABLE) * 2}, {}),
    "the-token": (READ, {}, {"target": "/a?corsproof=other"}),
    "an-open-answer-to-a-page-that-gave-up": (GAVE_UP, {}, {"ending": Ending.OPEN, "status": None}),
    "any-answer-where-none-is-said": (GAVE_UP, {}, {"status": 404, "response_headers": OPEN}),
    "an-error-after-the-answer": (READ, {}, {"error": "RuntimeError: too late"}),
    "status-of-a-block": (BLOCKED, {"status": 0}, {}),
    "type-of-a-manual-redirect": (OPAQUE, {"type": "opaqueredirect"}, {}),
}


@pytest.mark.parametrize(("expected", "page", "wire"), IRRELEVANT.values(), ids=IRRELEVANT)
def test_what_does_not_matter(expected: Expectation, page: dict[str, Any], wire: dict[str, Any]) -> None:
    """What no expectation names makes no difference."""
    observed = Observation((sight(expected.seen[0], **page),), (exchange(expected.wire[0], **wire),))
    assert judged(expected, observed).status is Status.PASS


def test_secrets_count_by_presence() -> None:
    """An Authorization header is expected to be there, with whatever value."""
    crossing = dataclasses.replace(GET, asks=(("authorization", "present"), ("origin", ORIGIN)))
    given_ = exchange(crossing, request_headers=(("Origin", ORIGIN), ("Authorization", "Bearer anything")))
    without = exchange(crossing, request_headers=(("Origin", ORIGIN),))
    page = (sight(ALLOWED),)
    assert judged(expect(ALLOWED, crossing), Observation(page, (given_,))).status is Status.PASS
    assert judged(expect(ALLOWED, crossing), Observation(page, (without,))).status is Status.FAIL


# ---- fail, and who is to blame -------------------------------------------------------------------

MUST_HAVE_BEEN_BLOCKED = Observation((sight(ALLOWED),), (exchange(SHUT),))
DIFFERENT: dict[str, tuple[Expectation, Observation, list[str], Blame]] = {
    "page-reads-what-is-blocked": (BLOCKED, MUST_HAVE_BEEN_BLOCKED, ["page[0].outcome"], Blame.ENGINE),
    "page-is-refused-what-is-open": (
        READ,
        Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(GET),)),
        ["page[0].outcome"],
        Blame.ENGINE,
    ),
    "readable-became-opaque": (
        READ,
        Observation((sight(Seen(Outcome.OPAQUE)),), (exchange(GET),)),
        ["page[0].outcome"],
        Blame.ENGINE,
    ),
    "page-sees-another-status": (
        READ,
        observe(READ, page=(sight(ALLOWED, status=404),)),
        ["page[0].status"],
        Blame.ENGINE,
    ),
    "page-reads-a-header-more": (
        READ,
        observe(READ, page=(sight(dataclasses.replace(ALLOWED, headers=READABLE | {"x-a"})),)),
        ["page[0].readable_headers"],
        Blame.ENGINE,
    ),
    "page-reads-a-header-less": (
        READ,
        observe(READ, page=(sight(dataclasses.replace(ALLOWED, headers=frozenset())),)),
        ["page[0].readable_headers"],
        Blame.ENGINE,
    ),
    "another-method": (
        READ,
        observe(READ, exchanges=(exchange(GET, method="HEAD"),)),
        ["wire[0].method"],
        Blame.ENGINE,
    ),
    "another-path": (
        READ,
        observe(READ, exchanges=(exchange(GET, target="/b?corsproof=t"),)),
        ["wire[0].path"],
        Blame.ENGINE,
    ),
    "another-query": (
        READ,
        observe(READ, exchanges=(exchange(GET, target="/a?b=c&corsproof=t"),)),
        ["wire[0].path"],
        Blame.ENGINE,
    ),
    "another-origin-asks": (
        READ,
        observe(READ, exchanges=(exchange(GET, request_headers=(("Origin", "null"),)),)),
        ["wire[0].asks.origin"],
        Blame.ENGINE,
    ),
    "a-cookie-where-none-is-due": (
        READ,
        observe(READ, exchanges=(exchange(GET, request_headers=(("Origin", ORIGIN), ("Cookie", "a"))),)),
        ["wire[0].asks.cookie"],
        Blame.ENGINE,
    ),
    "the-preflight-is-missing": (
        READ_PUT,
        observe(READ_PUT, exchanges=(exchange(PUT),)),
        [
            "wire[0].method",
            "wire[0].asks.access-control-request-method",
            "wire[0].answers.access-control-allow-methods",
            "wire",
        ],
        Blame.ENGINE,
    ),
    "the-request-is-sent-twice": (
        READ,
        observe(READ, exchanges=(exchange(GET), exchange(GET))),
        ["wire"],
        Blame.ENGINE,
    ),
    "the-request-is-not-on-the-wire": (READ, observe(READ, exchanges=()), ["wire"], Blame.ENGINE),
    "sent-after-the-preflight-refused": (
        BLOCKED_PREFLIGHT,
        observe(BLOCKED_PREFLIGHT, exchanges=(*map(exchange, BLOCKED_PREFLIGHT.wire), exchange(PUT))),
        ["wire"],
        Blame.ENGINE,
    ),
    "application-answers-another-status": (
        READ,
        observe(READ, page=(sight(ALLOWED, status=500),), exchanges=(exchange(GET, status=500),)),
        ["page[0].status", "wire[0].status"],
        Blame.APPLICATION,
    ),
    "application-allows-nobody": (
        READ,
        Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(SHUT),)),
        ["page[0].outcome", "wire[0].answers.access-control-allow-origin"],
        Blame.APPLICATION,
    ),
    "application-allows-twice": (
        READ,
        Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(GET, response_headers=OPEN * 2),)),
        ["page[0].outcome", "wire[0].answers.access-control-allow-origin"],
        Blame.APPLICATION,
    ),
    "application-adds-a-header": (
        READ,
        observe(READ, exchanges=(exchange(GET, response_headers=(*OPEN, ("Vary", "Origin"))),)),
        ["wire[0].answers.vary"],
        Blame.APPLICATION,
    ),
    "application-allows-everybody": (
        BLOCKED,
        Observation((sight(ALLOWED),), (exchange(GET),)),
        ["page[0].outcome", "wire[0].answers.access-control-allow-origin"],
        Blame.APPLICATION,
    ),
    "another-origin-asks-and-is-echoed": (
        READ,
        observe(
            READ,
            exchanges=(
                exchange(
                    GET,
                    request_headers=(("Origin", "null"),),
                    response_headers=(("access-control-allow-origin", "null"),),
                ),
            ),
        ),
        ["wire[0].asks.origin", "wire[0].answers.access-control-allow-origin"],
        Blame.ENGINE,
    ),
    "application-refuses-the-preflight": (
        READ_PUT,
        Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(PREFLIGHT, status=404),)),
        ["page[0].outcome", "wire[0].status", "wire"],
        Blame.APPLICATION,
    ),
    "nothing-was-given-up": (
        GAVE_UP,
        observe(GAVE_UP, page=(sight(ALLOWED),)),
        ["page[0].outcome"],
        Blame.ENGINE,
    ),
    "the-call-was-accepted": (
        REFUSED_CALL,
        Observation((sight(ALLOWED),), (exchange(GET),)),
        ["page[0].outcome", "wire"],
        Blame.ENGINE,
    ),
    "the-call-was-refused": (
        READ,
        Observation((sight(Seen(Outcome.EXCEPTION)),), ()),
        ["page[0].outcome", "wire"],
        Blame.ENGINE,
    ),
}


@pytest.mark.parametrize(("expected", "observed", "where", "blame"), DIFFERENT.values(), ids=DIFFERENT)
def test_fail(expected: Expectation, observed: Observation, where: list[str], blame: Blame) -> None:
    """Every difference is listed by its place; the application is blamed where its answers are others."""
    verdict = judged(expected, observed, blame=blame)
    if verdict.status is Status.INCONCLUSIVE:
        assert Outcome.UNEXPLAINED in verdict.outcomes  # a network error that the standard does not explain
        return
    assert verdict.status is Status.FAIL
    assert places(verdict) == where
    assert verdict.blame is blame


def test_a_difference_says_both_sides() -> None:
    """A difference reads as a sentence, with what was expected and what was observed."""
    doubled = (*GRANT, ("access-control-allow-origin", "*"), ("vary", "Origin"))
    observed = observe(READ_PUT, exchanges=(exchange(PREFLIGHT, response_headers=doubled), exchange(PUT)))
    assert list(map(str, judged(READ_PUT, observed).differences)) == [
        f"wire[0].answers.access-control-allow-origin: expected '{ORIGIN}', observed '*' and '{ORIGIN}'",
        "wire[0].answers.vary: expected no such header, observed 'Origin'",
    ]


def test_a_wire_of_another_length_is_listed() -> None:
    """Where exchanges are missing or too many, the methods of both sides are named."""
    (*_, difference) = judged(READ_PUT, observe(READ_PUT, exchanges=())).differences
    assert (difference.expected, difference.observed) == ("2 (OPTIONS PUT)", "nothing")


LOOKALIKES: dict[str, tuple[Pairs, Pairs]] = {
    "two-names": ((("vary", "a"), ("x-view", "b")), (("vary", "a, x-view: b"),)),
    "two-values": ((("vary", "a"), ("vary", "b")), (("vary", "a, b"),)),
    "two-quoted-values": ((("vary", "a"), ("vary", "b")), (("vary", "a' and 'b"),)),
    "an-empty-value": ((), (("vary", ""),)),
    "the-word-for-none": ((), (("vary", "no such header"),)),
}


@pytest.mark.parametrize(("expected", "observed"), LOOKALIKES.values(), ids=LOOKALIKES)
def test_headers_that_look_alike(expected: Pairs, observed: Pairs) -> None:
    """Headers are compared as pairs: none is taken for another that reads like it."""
    crossing = dataclasses.replace(GET, answers=expected)
    one = exchange(GET, response_headers=observed)
    assert judged(expect(ALLOWED, crossing), observe(READ, exchanges=(one,))).status is Status.FAIL


# ---- broken answers ------------------------------------------------------------------------------

CLOSED = {"status": None, "response_headers": (), "ending": Ending.CLOSED}
CUT_OFF = {"ending": Ending.CUT_OFF, "error": "LocalProtocolError: Too little data"}
NO_ANSWER = "the application closed the connection without an answer to the"
HALF = "the application's answer to the"
BROKEN: dict[str, tuple[Expectation, Seen, tuple[Exchange, ...], str, str]] = {
    "closed": (READ, Seen(Outcome.BLOCKED), (exchange(GET, **CLOSED),), "wire[0]", f"{NO_ANSWER} actual request"),
    "closed-in-preflight": (
        READ_PUT,
        Seen(Outcome.BLOCKED),
        (exchange(PREFLIGHT, **CLOSED),),
        "wire[0]",
        f"{NO_ANSWER} preflight request",
    ),
    "closed-after-preflight": (
        READ_PUT,
        Seen(Outcome.BLOCKED),
        (exchange(PREFLIGHT), exchange(PUT, **CLOSED)),
        "wire[1]",
        f"{NO_ANSWER} actual request",
    ),
    "cut-off": (
        READ,
        Seen(Outcome.BLOCKED),
        (exchange(GET, **CUT_OFF),),
        "wire[0]",
        f"{HALF} actual request was cut off (LocalProtocolError: Too little data)",
    ),
    "cut-off-though-read": (
        READ,
        ALLOWED,
        (exchange(GET, ending=Ending.CUT_OFF),),
        "wire[0]",
        f"{HALF} actual request was cut off",
    ),
    "expected-a-block": (
        BLOCKED,
        Seen(Outcome.BLOCKED),
        (exchange(SHUT, **CLOSED),),
        "wire[0]",
        f"{NO_ANSWER} actual request",
    ),
    "asked-ten-times": (
        BLOCKED,
        Seen(Outcome.BLOCKED),
        (exchange(SHUT, **CLOSED),) * 10,
        "wire[0]",
        f"{NO_ANSWER} actual request",
    ),
}


@pytest.mark.parametrize(("expected", "seen", "exchanges", "where", "cause"), BROKEN.values(), ids=BROKEN)
def test_broken_answers(
    expected: Expectation, seen: Seen, exchanges: tuple[Exchange, ...], where: str, cause: str
) -> None:
    """An answer that the application did not give in full is its fault, whatever the page made of it."""
    verdict = judged(expected, Observation((sight(seen),), exchanges))
    assert (verdict.status, verdict.blame, verdict.cause) == (Status.FAIL, Blame.APPLICATION, cause)
    assert verdict.differences == (Difference(f"{where}.ending", "a complete answer", cause),)


def test_a_broken_body_is_the_applications() -> None:
    """A body that breaks off at the page because the application broke it off is a failure of the application."""
    page = (sight(ALLOWED, outcome=PageOutcome.BODY_ERROR),)
    verdict = judged(READ, Observation(page, (exchange(GET, ending=Ending.CUT_OFF),)))
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)


def test_a_broken_answer_counts_though_the_site_is_gone() -> None:
    """What is on the wire is on the wire: a site that cannot be reached later excuses nothing."""
    observed = Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(GET, **CLOSED),), site_faults=("gone",))
    assert judged(READ, observed).status is Status.FAIL


# ---- what can't be said --------------------------------------------------------------------------

ERROR = sight(Seen(Outcome.BLOCKED))
NO_TRACE = "script saw a network error, and nothing on the wire is a reason for it"
LATE = "a request had no answer before its deadline"
UNSAYABLE: dict[str, tuple[Observation, Status, Blame | None, str]] = {
    "no-exchange": (Observation((ERROR,), ()), Status.INCONCLUSIVE, Blame.HARNESS, NO_TRACE),
    "open-exchange": (
        Observation((ERROR,), (exchange(SHUT, ending=Ending.OPEN),)),
        Status.INCONCLUSIVE,
        Blame.HARNESS,
        NO_TRACE,
    ),
    "body-error": (
        Observation((sight(ALLOWED, outcome=PageOutcome.BODY_ERROR),), (exchange(GET),)),
        Status.INCONCLUSIVE,
        Blame.HARNESS,
        NO_TRACE,
    ),
    "site-fault": (
        Observation((ERROR,), (exchange(SHUT),), site_faults=("api is gone", "so is the page")),
        Status.INCONCLUSIVE,
        Blame.HARNESS,
        "api is gone; so is the page",
    ),
    "site-fault-in-the-body": (
        Observation((sight(ALLOWED, outcome=PageOutcome.BODY_ERROR),), (exchange(GET),), site_faults=("gone",)),
        Status.INCONCLUSIVE,
        Blame.HARNESS,
        "gone",
    ),
    "deadline": (
        Observation((sight(ALLOWED, outcome=PageOutcome.DEADLINE),), (exchange(GET),)),
        Status.TIMEOUT,
        None,
        LATE,
    ),
    "crash": (
        Observation((), (), trouble=Trouble.CRASH, cause="the page's process crashed"),
        Status.CRASH,
        Blame.ENGINE,
        "the page's process crashed",
    ),
    "timeout": (Observation((), (), trouble=Trouble.TIMEOUT, cause="silent"), Status.TIMEOUT, Blame.ENGINE, "silent"),
    "never-asked": (
        Observation((), (), trouble=Trouble.INCONCLUSIVE, cause="never asked"),
        Status.INCONCLUSIVE,
        None,
        "never asked",
    ),
    "page-elsewhere": (
        Observation((sight(ALLOWED, origin="null"),), (exchange(GET),)),
        Status.INCONCLUSIVE,
        Blame.HARNESS,
        f"the page was on null, not on {ORIGIN}",
    ),
}


@pytest.mark.parametrize("expected", [READ, BLOCKED], ids=["expected-readable", "expected-blocked"])
@pytest.mark.parametrize(("observed", "status", "blame", "cause"), UNSAYABLE.values(), ids=UNSAYABLE)
def test_unsayable(
    expected: Expectation, observed: Observation, status: Status, blame: Blame | None, cause: str
) -> None:
    """Where nothing can be said about CORS there is a cause, and no pass, no failure and no difference."""
    verdict = judged(expected, observed)
    assert (verdict.status, verdict.blame, verdict.cause) == (status, blame, cause)
    assert verdict.differences == ()
    assert verdict.status in UNTESTED


def test_a_crash_keeps_what_was_seen() -> None:
    """The outcomes of the steps that were reported before a crash are kept, though they are no verdict."""
    observed = observe(READ, trouble=Trouble.CRASH, cause="died")
    assert judged(READ, observed) == Verdict(Status.CRASH, (Outcome.ALLOWED,), (), Blame.ENGINE, "died")


def test_a_site_that_is_gone_does_not_matter_to_a_page_that_read() -> None:
    """Without an error at the page a site's fault explains nothing away."""
    assert judged(READ, observe(READ, site_faults=("gone",))).status is Status.PASS


ORDER: dict[str, tuple[dict[str, Any], Status]] = {
    "trouble-before-origin": ({"trouble": Trouble.CRASH}, Status.CRASH),
    "origin-before-deadline": ({}, Status.INCONCLUSIVE),
}


@pytest.mark.parametrize(("changes", "status"), ORDER.values(), ids=ORDER)
def test_the_graver_cause_counts(changes: dict[str, Any], status: Status) -> None:
    """Where several things went wrong, the one that explains the others is the cause."""
    page = (sight(ALLOWED, origin="null", outcome=PageOutcome.DEADLINE),)
    assert judged(READ, Observation(page, (), **changes)).status is status


DEAD: dict[str, Callable[[], Observation]] = {
    "nothing-arrives": lambda: Observation((ERROR,), ()),
    "the-port-refuses": lambda: Observation((ERROR,), (), site_faults=("port refuses",)),
    "dies-after-the-exchange": lambda: Observation((ERROR,), (exchange(SHUT),), site_faults=("port refuses",)),
    "accepts-and-closes": lambda: Observation((ERROR,), (exchange(SHUT, **CLOSED),)),
    "accepts-and-is-silent": lambda: Observation(
        (sight(Seen(Outcome.BLOCKED), outcome=PageOutcome.DEADLINE),), (exchange(SHUT, ending=Ending.OPEN),)
    ),
    "dies-in-the-answer": lambda: Observation((ERROR,), (exchange(SHUT, ending=Ending.CUT_OFF),)),
    "still-open": lambda: Observation((ERROR,), (exchange(SHUT, ending=Ending.OPEN),)),
}


@pytest.mark.parametrize("dead", DEAD.values(), ids=DEAD)
@pytest.mark.parametrize("expected", [BLOCKED, BLOCKED_PREFLIGHT], ids=["simple", "preflight"])
def test_a_dead_server_is_never_a_block(expected: Expectation, dead: Callable[[], Observation]) -> None:
    """Negative control: a server that does not answer gives no pass where a block is expected."""
    verdict = judged(expected, dead())
    assert verdict.status is not Status.PASS
    assert verdict.status is not Status.KNOWN


# ---- deviations ----------------------------------------------------------------------------------

INSTEAD = expect(ALLOWED, dataclasses.replace(GET, asks=(("origin", "null"),)))
KNOWN = Deviation("firefox", "a", "published", "it says null", "https://bug", INSTEAD)


def test_a_deviation_that_shows_is_known() -> None:
    """A recorded deviation that shows is known: with its reason, its differences and the engine's blame."""
    verdict = judged(READ, observe(INSTEAD), KNOWN)
    assert (verdict.status, verdict.blame, verdict.cause) == (
        Status.KNOWN,
        Blame.ENGINE,
        "it says null (https://bug)",
    )
    assert [difference.where for difference in verdict.differences] == ["wire[0].asks.origin"]


def test_a_deviation_that_is_gone_fails() -> None:
    """A recorded deviation that no longer shows is a failure of the record."""
    verdict = judged(READ, observe(READ), KNOWN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)
    assert verdict.cause == "a recorded deviation no longer shows"
    assert [difference.where for difference in verdict.differences] == ["deviation"]


DEVIATES_DIFFERENTLY = {
    "at-the-page": (Observation((sight(ALLOWED, status=404),), tuple(map(exchange, INSTEAD.wire))), Blame.ENGINE),
    "on-the-wire": (observe(READ, exchanges=(exchange(GET, request_headers=(("Origin", "x"),)),)), Blame.ENGINE),
    "in-the-answer": (
        observe(INSTEAD, exchanges=(exchange(INSTEAD.wire[0], response_headers=()),)),
        Blame.APPLICATION,
    ),
}


@pytest.mark.parametrize(("observed", "blame"), DEVIATES_DIFFERENTLY.values(), ids=DEVIATES_DIFFERENTLY)
def test_another_deviation_fails(observed: Observation, blame: Blame) -> None:
    """A record excuses what it describes, and nothing else: the differences are those to the standard."""
    verdict = judged(READ, observed, KNOWN, blame)
    assert (verdict.status, verdict.blame) == (Status.FAIL, blame)
    assert verdict.differences == judged(READ, observed, blame=blame).differences


@pytest.mark.parametrize(("observed", "status", "blame", "cause"), UNSAYABLE.values(), ids=UNSAYABLE)
def test_a_deviation_explains_no_trouble(
    observed: Observation, status: Status, blame: Blame | None, cause: str
) -> None:
    """Where nothing can be said, a record changes nothing."""
    assert judged(READ, observed, KNOWN).status is status


def test_a_deviation_excuses_no_broken_answer() -> None:
    """An answer that was cut off stays the application's fault."""
    verdict = judged(READ, observe(INSTEAD, exchanges=(exchange(GET, ending=Ending.CUT_OFF),)), KNOWN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)


# ---- the third witness ---------------------------------------------------------------------------

READABLE_200 = Prediction(Outcome.ALLOWED, 200, READABLE)
OTHERWISE: dict[str, tuple[Expectation, Prediction, list[str]]] = {
    "refuses-what-was-read": (READ, Prediction(Outcome.BLOCKED, reason="missing"), ["oracle[0].outcome"]),
    "reads-another-status": (READ, Prediction(Outcome.ALLOWED, 201, READABLE), ["oracle[0].status"]),
    "reads-a-header-more": (
        READ,
        Prediction(Outcome.ALLOWED, 200, READABLE | {"x-a"}),
        ["oracle[0].readable_headers"],
    ),
    "sends-otherwise": (
        READ,
        dataclasses.replace(READABLE_200, differences=("GET arrived, which the standard does not send",)),
        ["oracle[0].wire"],
    ),
    "reads-what-is-opaque": (OPAQUE, READABLE_200, ["oracle[0].outcome"]),
}


@pytest.mark.parametrize(("expected", "predicted", "where"), OTHERWISE.values(), ids=OTHERWISE)
def test_nothing_is_green_against_the_oracle(expected: Expectation, predicted: Prediction, where: list[str]) -> None:
    """Page and wire as expected, and the oracle says otherwise: expectation or oracle is wrong, and it is said."""
    verdict = judge(expected, observe(expected), (predicted,), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)
    assert [difference.where for difference in verdict.differences] == where


@pytest.mark.parametrize(
    "predicted", [READABLE_200, Prediction(None), Prediction(Outcome.OPAQUE)], ids=["readable", "ended", "opaque"]
)
@pytest.mark.parametrize("expected", [BLOCKED, BLOCKED_PREFLIGHT, READ], ids=["blocked", "preflight", "readable"])
def test_a_network_error_that_the_oracle_does_not_explain_is_no_block(
    expected: Expectation, predicted: Prediction
) -> None:
    """A complete exchange is not enough: a process that died after it leaves the same trace."""
    observed = dataclasses.replace(observe(expected), page=(ERROR,))
    verdict = judge(expected, observed, (predicted,), origin=ORIGIN)
    assert (verdict.status, verdict.cause) == (Status.INCONCLUSIVE, NO_TRACE)


def test_an_engine_that_left_the_standard_is_blamed() -> None:
    """Not as expected, and not as the standard makes of these answers either."""
    observed = observe(READ, page=(sight(Seen(Outcome.OPAQUE)),))
    verdict = judge(READ, observed, (READABLE_200,), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.ENGINE)


def test_an_expectation_that_contradicts_the_standard_is_the_harnesses_fault() -> None:
    """The very first request is another than expected, and the standard sends it just so: the expectation is wrong."""
    observed = observe(READ, exchanges=(exchange(GET, request_headers=(("Origin", "null"),)),))
    verdict = judge(READ, observed, agreeing(observed), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)


def test_what_the_engine_makes_of_answers_by_the_standard_is_the_applications() -> None:
    """Engine and oracle agree, and the page read another status than expected: the application answered so."""
    observed = observe(READ, page=(sight(ALLOWED, status=201),))
    verdict = judge(READ, observed, agreeing(observed), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)


@pytest.mark.parametrize("expected", [READ, OPAQUE], ids=["readable", "opaque"])
def test_a_response_that_is_not_on_record_is_no_verdict(expected: Expectation) -> None:
    """Script got something, and the record ends before it: nothing can be said about what that was."""
    verdict = judge(expected, observe(expected, exchanges=()), (Prediction(None),), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.INCONCLUSIVE, Blame.HARNESS)
    assert "not on the wire's record" in verdict.cause


# ---- laws ----------------------------------------------------------------------------------------

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
FIND = settings(LAW, phases=[Phase.generate], database=None, max_examples=5000)

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "CHECKIN"])
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8)
ASKS = st.lists(st.tuples(st.sampled_from(["origin", "access-control-request-headers"]), VALUES), max_size=3)
ANSWERS = st.lists(
    st.tuples(st.sampled_from(["vary", "x-view", "access-control-allow-origin", "access-control-x"]), VALUES),
    max_size=3,
)
PATHS = st.sampled_from(["/a", "/a/b", "/a?b=c", "/a?b=c&d=e", "/"])
CROSSINGS = st.builds(
    Crossing,
    METHODS,
    PATHS,
    st.integers(200, 599),
    ASKS.map(lambda pairs: tuple(sorted(pairs))),
    ANSWERS.map(lambda pairs: tuple(sorted(pairs))),
)
NAMES = st.frozensets(st.sampled_from(["content-type", "content-length", "expires", "x-a"]))
SEENS = st.one_of(
    st.builds(Seen, st.just(Outcome.ALLOWED), st.integers(200, 599), NAMES),
    st.sampled_from([Outcome.BLOCKED, Outcome.OPAQUE, Outcome.ABORTED]).map(Seen),
)
EXPECTATIONS = st.builds(
    Expectation,
    st.lists(SEENS, min_size=1, max_size=3).map(tuple),
    st.lists(CROSSINGS, min_size=1, max_size=4).map(tuple),
)


@LAW
@given(EXPECTATIONS)
def test_law_as_expected_passes(expected: Expectation) -> None:
    """An observation built from an expectation passes, whatever the expectation."""
    verdict = judged(expected, observe(expected))
    assert verdict.status is Status.PASS
    assert verdict.outcomes == tuple(seen.outcome for seen in expected.seen)


def _changed_page(draw: st.DrawFn, expected: Expectation, observed: Observation) -> Observation:
    """Change one thing that a page saw."""
    place = draw(st.integers(0, len(observed.page) - 1))
    seen, result = expected.seen[place], observed.page[place]
    ways = ["outcome", *(["status", "headers"] if seen.outcome is Outcome.ALLOWED else [])]
    match draw(st.sampled_from(ways)):
        case "outcome":
            other = draw(st.sampled_from(sorted(set(PAGE) - {seen.outcome})))
            result = sight(dataclasses.replace(seen, outcome=other), place)
        case "status":
            result = dataclasses.replace(result, status=draw(st.integers(200, 599)))
            assume(result.status != seen.status)
        case "headers":
            names = draw(NAMES)
            assume(names != seen.headers)
            result = dataclasses.replace(result, headers=tuple((name, "x") for name in names))
    return dataclasses.replace(observed, page=(*observed.page[:place], result, *observed.page[place + 1 :]))


def _changed_wire(draw: st.DrawFn, expected: Expectation, observed: Observation) -> Observation:
    """Change one thing on the wire."""
    place = draw(st.integers(0, len(observed.exchanges) - 1))
    before, one, after = observed.exchanges[:place], observed.exchanges[place], observed.exchanges[place + 1 :]
    way = draw(st.sampled_from(["drop", "double", "method", "path", "status", "asks", "answers", "header", "ending"]))
    changed: tuple[Exchange, ...] = ()
    match way:
        case "double":
            changed = (one, one)
        case "method":
            changed = (dataclasses.replace(one, method=one.method + "X"),)
        case "path":
            changed = (dataclasses.replace(one, target=one.target + "&more=1"),)
        case "status":
            changed = (dataclasses.replace(one, status=(one.status or 0) + 1),)
        case "asks":
            changed = (dataclasses.replace(one, request_headers=(*one.request_headers, ("Origin", draw(VALUES)))),)
        case "answers":
            more = ("Access-Control-Allow-Origin", draw(VALUES))
            changed = (dataclasses.replace(one, response_headers=(*one.response_headers, more)),)
        case "header":
            assume(expected.wire[place].answers)
            changed = (dataclasses.replace(one, response_headers=expected.wire[place].answers[1:]),)
        case "ending":
            changed = (dataclasses.replace(one, ending=draw(st.sampled_from([Ending.CLOSED, Ending.CUT_OFF]))),)
    return dataclasses.replace(observed, exchanges=(*before, *changed, *after))


@st.composite
def almost(draw: st.DrawFn) -> tuple[Expectation, Observation]:
    """Draw an expectation and an observation that differs from it in one place."""
    expected = draw(EXPECTATIONS)
    change = draw(st.sampled_from([_changed_page, _changed_wire]))
    return expected, change(draw, expected, observe(expected))


@LAW
@given(almost())
def test_law_no_single_change_passes(pair: tuple[Expectation, Observation]) -> None:
    """Whatever is changed in one place, nothing passes that is not as expected."""
    expected, observed = pair
    assert judged(expected, observed).status is not Status.PASS


@LAW
@given(almost())
def test_law_a_failure_says_where(pair: tuple[Expectation, Observation]) -> None:
    """A failure has differences and blame; what can't be said has a cause and no differences."""
    verdict = judged(*pair)
    if verdict.status is Status.FAIL:
        assert verdict.differences
        assert verdict.blame is not None
        assert all(difference.expected != difference.observed for difference in verdict.differences)
    else:
        assert verdict.status in UNTESTED
        assert verdict.cause
        assert verdict.differences == ()


@pytest.mark.parametrize("outcome", [Outcome.ALLOWED, Outcome.BLOCKED, Outcome.OPAQUE, Outcome.ABORTED], ids=str)
def test_the_strategy_reaches_every_outcome(outcome: Outcome) -> None:
    """The laws are asked about every outcome that an exchange can have."""
    drawn = find(EXPECTATIONS, lambda expected: any(seen.outcome is outcome for seen in expected.seen), settings=FIND)
    assert judged(drawn, observe(drawn)).status is Status.PASS


@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE], ids=str)
def test_the_changes_reach_both_ways_not_to_pass(status: Status) -> None:
    """Among the changes drawn are some that fail and some that leave nothing to say."""
    assert find(almost(), lambda pair: judged(*pair).status is status, settings=FIND)
