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

from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.prediction import Prediction
from harness.scenario import Crossing, Expectation, Outcome, Seen
from harness.verdict import UNTESTED, Blame, Difference, Status, Verdict, View, judge, without_retries
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
    Outcome.NO_ANSWER: PageOutcome.NETWORK_ERROR,
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
    kind = seen.type or {Outcome.ALLOWED: "cors", Outcome.OPAQUE: "opaque"}.get(seen.outcome, "")
    headers = tuple((name, "x") for name in sorted(seen.headers))
    full = PageResult(step, ORIGIN, PAGE[seen.outcome], kind, seen.status, headers=headers)
    return dataclasses.replace(full, **changes)


def observe(expected: Expectation, **changes: Any) -> Observation:
    """Make the observation in which everything is as expected, but for the changes."""
    page = tuple(sight(seen, step) for step, seen in enumerate(expected.seen))
    return dataclasses.replace(Observation(page, tuple(map(exchange, expected.wire))), **changes)


WHY = "it says null (https://bug)"


def judged(
    expected: Expectation, observed: Observation, instead: Expectation | None = None, blame: Blame | None = None
) -> Verdict:
    """Judge with the page where it should be, and an oracle that agrees with it.

    ``instead`` is what the engine's model expects. Where ``blame`` is the engine's, the oracle agrees with the
    expectation, and the model with what is expected instead.
    """

    def view(wanted: Expectation) -> View:
        return View(wanted, as_expected(wanted, observed) if blame is Blame.ENGINE else agreeing(observed))

    engine = None if instead is None else view(instead)
    return judge(view(expected), observed, origin=ORIGIN, engine=engine, why=lambda: WHY)


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
    "two-names": ((("vary", "a"), ("x-served-by", "b")), (("vary", "a, x-served-by: b"),)),
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


# ---- an engine's own view -------------------------------------------------------------------------

INSTEAD = expect(ALLOWED, dataclasses.replace(GET, asks=(("origin", "null"),)))
LIKEWISE = READ  # what an engine's model makes of a case in which it does nothing else


def test_a_deviation_that_shows_is_known() -> None:
    """What only the engine's model explains is known: with its reason, its differences and the engine's blame."""
    verdict = judged(READ, observe(INSTEAD), INSTEAD)
    assert (verdict.status, verdict.blame, verdict.cause) == (Status.KNOWN, Blame.ENGINE, WHY)
    assert [difference.where for difference in verdict.differences] == ["wire[0].asks.origin"]


def test_a_deviation_that_is_gone_fails() -> None:
    """A recorded deviation that no longer shows is a failure of the record."""
    verdict = judged(READ, observe(READ), INSTEAD)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)
    assert verdict.cause == "a recorded deviation no longer shows"
    assert [(difference.where, difference.expected) for difference in verdict.differences] == [("deviation", WHY)]


def test_a_deviation_that_does_not_matter_here_changes_nothing() -> None:
    """Where the engine's model says what the standard says, a case passes as it does without."""
    assert judged(READ, observe(READ), LIKEWISE) == Verdict(Status.PASS, (Outcome.ALLOWED,))


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
    verdict = judged(READ, observed, INSTEAD, blame)
    assert (verdict.status, verdict.blame) == (Status.FAIL, blame)
    assert verdict.differences == judged(READ, observed, blame=blame).differences


@pytest.mark.parametrize(("observed", "status", "blame", "cause"), UNSAYABLE.values(), ids=UNSAYABLE)
def test_a_deviation_explains_no_trouble(
    observed: Observation, status: Status, blame: Blame | None, cause: str
) -> None:
    """Where nothing can be said, a record changes nothing."""
    verdict = judged(READ, observed, INSTEAD)
    assert verdict == judged(READ, observed)
    assert (verdict.status, verdict.blame, verdict.cause) == (status, blame, cause)


def test_a_deviation_excuses_no_broken_answer() -> None:
    """An answer that was cut off stays the application's fault."""
    verdict = judged(READ, observe(INSTEAD, exchanges=(exchange(GET, ending=Ending.CUT_OFF),)), INSTEAD)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)


@pytest.mark.parametrize("dead", DEAD.values(), ids=DEAD)
def test_a_dead_server_is_no_known_block(dead: Callable[[], Observation]) -> None:
    """Negative control: an engine that is known to block here is not seen to where nobody answers."""
    verdict = judged(READ, dead(), BLOCKED)
    assert verdict.status not in (Status.PASS, Status.KNOWN)


def view(expected: Expectation, *predicted: Prediction) -> View:
    """Return a view with these predictions."""
    return View(expected, predicted)


REFUSED = Prediction(Outcome.BLOCKED, reason="allow-origin-mismatch", reasons=frozenset({"allow-origin-mismatch"}))
READABLE_200 = Prediction(Outcome.ALLOWED, 200, READABLE)


def test_a_block_that_only_the_engines_model_explains_is_known() -> None:
    """By the standard the error has no reason and nothing could be said; what is known of the engine says it."""
    observed = observe(READ, page=(ERROR,))
    alone = judge(view(READ, READABLE_200), observed, origin=ORIGIN)
    assert (alone.status, alone.cause) == (Status.INCONCLUSIVE, NO_TRACE)
    stricter = view(expect(Seen(Outcome.BLOCKED), GET), REFUSED)
    verdict = judge(view(READ, READABLE_200), observed, origin=ORIGIN, engine=stricter, why=lambda: WHY)
    assert (verdict.status, verdict.outcomes, verdict.cause) == (Status.KNOWN, (Outcome.BLOCKED,), WHY)
    assert places(verdict) == ["page[0].outcome"]


def test_a_block_that_neither_explains_is_no_verdict() -> None:
    """Where engine and standard both would have let it through, the error stays unexplained."""
    observed = observe(READ, page=(ERROR,))
    verdict = judge(view(READ, READABLE_200), observed, origin=ORIGIN, engine=view(READ, READABLE_200))
    assert (verdict.status, verdict.cause) == (Status.INCONCLUSIVE, NO_TRACE)


def test_what_the_engines_model_explains_only_in_part_is_held_to_it() -> None:
    """The standard can say nothing, the model can: what differs from the model is told, and no longer unexplained."""
    observed = observe(READ, page=(ERROR,), exchanges=(exchange(GET, target="/b?corsproof=t"),))
    stricter = view(expect(Seen(Outcome.BLOCKED), GET), REFUSED)
    verdict = judge(view(READ, READABLE_200), observed, origin=ORIGIN, engine=stricter)
    assert (verdict.status, verdict.outcomes) == (Status.FAIL, (Outcome.BLOCKED,))
    assert places(verdict) == ["wire[0].path"]


def test_a_site_that_is_gone_explains_what_an_engines_model_would() -> None:
    """A dead server is a dead server, whatever is known of the engine."""
    observed = observe(READ, page=(ERROR,), site_faults=("gone",))
    stricter = view(expect(Seen(Outcome.BLOCKED), GET), REFUSED)
    verdict = judge(view(READ, READABLE_200), observed, origin=ORIGIN, engine=stricter)
    assert (verdict.status, verdict.cause) == (Status.INCONCLUSIVE, "gone")


def test_what_an_engine_is_known_to_do_is_its_own_doing_where_no_record_expects_it() -> None:
    """The model explains what was seen, and the case has no record of its own: not the application's fault."""
    observed = observe(READ, page=(sight(ALLOWED, status=201),))
    odd = Prediction(Outcome.ALLOWED, 201, READABLE)
    verdict = judge(view(READ, READABLE_200), observed, origin=ORIGIN, engine=view(READ, odd))
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.ENGINE)


SILENT: dict[str, tuple[Expectation, Observation]] = {
    "pass": (LIKEWISE, observe(READ)),
    "fail": (INSTEAD, observe(READ, page=(sight(ALLOWED, status=404),))),
    "trouble": (INSTEAD, observe(READ, trouble=Trouble.CRASH)),
}


@pytest.mark.parametrize(("instead", "observed"), SILENT.values(), ids=SILENT)
def test_the_reasons_of_a_record_are_asked_for_where_it_shows_or_is_gone(
    instead: Expectation, observed: Observation
) -> None:
    """To find which of the deviations show takes time: nobody asks in vain."""

    def why() -> str:
        raise AssertionError("asked in vain")

    engine = View(instead, agreeing(observed))
    judge(View(READ, agreeing(observed)), observed, origin=ORIGIN, engine=engine, why=why)
    with pytest.raises(AssertionError, match="in vain"):
        judge(View(READ, as_expected(READ, observe(READ))), observe(INSTEAD), origin=ORIGIN, engine=KNOWN, why=why)


KNOWN = View(INSTEAD, as_expected(INSTEAD, observe(INSTEAD)))


# ---- the third witness ---------------------------------------------------------------------------

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
    verdict = judge(View(expected, (predicted,)), observe(expected), origin=ORIGIN)
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
    verdict = judge(View(expected, (predicted,)), observed, origin=ORIGIN)
    assert (verdict.status, verdict.cause) == (Status.INCONCLUSIVE, NO_TRACE)


def test_an_engine_that_left_the_standard_is_blamed() -> None:
    """Not as expected, and not as the standard makes of these answers either."""
    observed = observe(READ, page=(sight(Seen(Outcome.OPAQUE)),))
    verdict = judge(View(READ, (READABLE_200,)), observed, origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.ENGINE)


def test_an_expectation_that_contradicts_the_standard_is_the_harnesses_fault() -> None:
    """The very first request is another than expected, and the standard sends it just so: the expectation is wrong."""
    observed = observe(READ, exchanges=(exchange(GET, request_headers=(("Origin", "null"),)),))
    verdict = judge(View(READ, agreeing(observed)), observed, origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)


def test_what_the_engine_makes_of_answers_by_the_standard_is_the_applications() -> None:
    """Engine and oracle agree, and the page read another status than expected: the application answered so."""
    observed = observe(READ, page=(sight(ALLOWED, status=201),))
    verdict = judge(View(READ, agreeing(observed)), observed, origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)


@pytest.mark.parametrize("expected", [READ, OPAQUE], ids=["readable", "opaque"])
def test_a_response_that_is_not_on_record_is_no_verdict(expected: Expectation) -> None:
    """Script got something, and the record ends before it: nothing can be said about what that was."""
    verdict = judge(View(expected, (Prediction(None),)), observe(expected, exchanges=()), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.INCONCLUSIVE, Blame.HARNESS)
    assert "not on the wire's record" in verdict.cause


# ---- no answer -----------------------------------------------------------------------------------

ASKED = dataclasses.replace(GET, status=None, answers=())
ASKED_FIRST = dataclasses.replace(PREFLIGHT, status=None, answers=())
FAILURE = "network-failure"
NOBODY = Seen(Outcome.NO_ANSWER, reason=FAILURE)
UNANSWERED = expect(NOBODY, ASKED)
UNANSWERED_PREFLIGHT = expect(NOBODY, ASKED_FIRST)
FAILED = Prediction(Outcome.NO_ANSWER, reason=FAILURE, reasons=frozenset({FAILURE}))
HANGS_UP = exchange(GET, **CLOSED)
HANGS_UP_FIRST = exchange(PREFLIGHT, **CLOSED)
NO_ANSWERS: dict[str, tuple[Expectation, tuple[Exchange, ...]]] = {
    "closed": (UNANSWERED, (HANGS_UP,)),
    "closed-in-preflight": (UNANSWERED_PREFLIGHT, (HANGS_UP_FIRST,)),
    "closed-behind-the-preflight": (
        expect(NOBODY, ASKED_FIRST, dataclasses.replace(PUT, status=None, answers=())),
        (exchange(PREFLIGHT), exchange(PUT, **CLOSED)),
    ),
    "cut-off-in-the-head": (UNANSWERED, (exchange(GET, status=None, response_headers=(), ending=Ending.CUT_OFF),)),
    "cut-off-in-the-body": (UNANSWERED, (exchange(GET, ending=Ending.CUT_OFF),)),
    "garbled": (UNANSWERED, (exchange(GET, status=None, response_headers=()),)),
    "tried-again": (UNANSWERED, (HANGS_UP,) * 2),
    "tried-ten-times": (UNANSWERED, (HANGS_UP,) * 10),
    "preflight-tried-again": (UNANSWERED_PREFLIGHT, (HANGS_UP_FIRST,) * 3),
}


@pytest.mark.parametrize(("expected", "exchanges"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_no_answer_where_none_is_wanted(expected: Expectation, exchanges: tuple[Exchange, ...]) -> None:
    """A server that is to hang up, or to talk nonsense, does so: that passes, and is called by its name."""
    verdict = judge(View(expected, (FAILED,)), Observation((ERROR,), exchanges), origin=ORIGIN)
    assert verdict == Verdict(Status.PASS, (Outcome.NO_ANSWER,))


ANSWERED_ALL_THE_SAME: dict[str, tuple[Observation, Prediction, Status, list[str]]] = {
    "read-all-the-same": (
        Observation((sight(ALLOWED),), (HANGS_UP,)),
        FAILED,
        Status.FAIL,
        ["page[0].outcome"],
    ),
    "answered-and-read": (
        Observation((sight(ALLOWED),), (exchange(GET),)),
        READABLE_200,
        Status.FAIL,
        ["page[0].outcome", "page[0].reason"],
    ),
    "answered-and-blocked": (
        Observation((ERROR,), (exchange(SHUT),)),
        REFUSED,
        Status.FAIL,
        ["page[0].outcome", "page[0].reason"],
    ),
    "refused-by-the-interface": (
        Observation((sight(Seen(Outcome.EXCEPTION)),), ()),
        Prediction(None),
        Status.FAIL,
        ["page[0].outcome", "wire"],
    ),
    "tried-elsewhere": (
        Observation((ERROR,), (HANGS_UP, exchange(GET, target="/b?corsproof=t", **CLOSED))),
        FAILED,
        Status.FAIL,
        ["wire"],
    ),
    "tried-by-another-method": (
        Observation((ERROR,), (HANGS_UP, exchange(GET, method="HEAD", **CLOSED))),
        FAILED,
        Status.FAIL,
        ["wire"],
    ),
    "never-arrived": (Observation((ERROR,), ()), Prediction(None), Status.INCONCLUSIVE, []),
    "still-open": (
        Observation((ERROR,), (exchange(GET, status=None, response_headers=(), ending=Ending.OPEN),)),
        Prediction(None),
        Status.INCONCLUSIVE,
        [],
    ),
    "the-site-is-gone": (Observation((ERROR,), (HANGS_UP,), site_faults=("gone",)), FAILED, Status.INCONCLUSIVE, []),
    "the-standard-would-read-it": (Observation((ERROR,), (HANGS_UP,)), READABLE_200, Status.INCONCLUSIVE, []),
    "the-body-broke-off": (
        Observation((sight(ALLOWED, outcome=PageOutcome.BODY_ERROR),), (exchange(GET, ending=Ending.CUT_OFF),)),
        FAILED,
        Status.INCONCLUSIVE,
        [],
    ),
}


@pytest.mark.parametrize(
    ("observed", "predicted", "status", "where"), ANSWERED_ALL_THE_SAME.values(), ids=ANSWERED_ALL_THE_SAME
)
def test_no_answer_is_not_just_any_error(
    observed: Observation, predicted: Prediction, status: Status, where: list[str]
) -> None:
    """Negative control: what the wire does not show to be without an answer is not taken for it."""
    verdict = judge(View(UNANSWERED, (predicted,)), observed, origin=ORIGIN)
    assert (verdict.status, places(verdict)) == (status, where)


@pytest.mark.parametrize("expected", [BLOCKED, READ], ids=["blocked", "readable"])
def test_no_answer_where_one_is_wanted_is_the_applications_failure(expected: Expectation) -> None:
    """Negative control: a block is expected, the server hangs up, and the oracle says just that."""
    verdict = judge(View(expected, (FAILED,)), Observation((ERROR,), (HANGS_UP,)), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.APPLICATION)
    assert verdict.outcomes == (Outcome.NO_ANSWER,)


GARBLED = exchange(GET, status=None, response_headers=())


def test_a_garbled_answer_where_a_block_is_wanted_fails() -> None:
    """Negative control: no answer that is HTTP is no answer that CORS refuses."""
    verdict = judge(View(BLOCKED, (FAILED,)), Observation((ERROR,), (GARBLED,)), origin=ORIGIN)
    assert (verdict.status, verdict.outcomes) == (Status.FAIL, (Outcome.NO_ANSWER,))
    assert "page[0].outcome" in places(verdict)


OTHER = exchange(GET, target="/b?corsproof=t", **CLOSED)
POST_CLOSED = exchange(GET, method="POST", **CLOSED)
OPTIONS_CLOSED = exchange(GET, method="OPTIONS", **CLOSED)
CUT = exchange(GET, ending=Ending.CUT_OFF)
DONE = exchange(GET)
RETRIES: dict[str, tuple[tuple[Exchange, ...], tuple[Exchange, ...]]] = {
    "nothing": ((), ()),
    "one": ((HANGS_UP,), (HANGS_UP,)),
    "twice": ((HANGS_UP, HANGS_UP), (HANGS_UP,)),
    "answered-at-last": ((HANGS_UP, HANGS_UP, DONE), (DONE,)),
    "garbled-at-last": ((HANGS_UP, GARBLED), (GARBLED,)),
    "answered-and-asked-again": ((DONE, DONE), (DONE, DONE)),
    "answered-and-then-closed": ((DONE, HANGS_UP), (DONE, HANGS_UP)),
    "cut-off-and-asked-again": ((CUT, DONE), (CUT, DONE)),
    "another-url": ((HANGS_UP, OTHER), (HANGS_UP, OTHER)),
    "another-method": ((HANGS_UP, POST_CLOSED), (HANGS_UP, POST_CLOSED)),
    "another-kind": ((HANGS_UP_FIRST, OPTIONS_CLOSED), (HANGS_UP_FIRST, OPTIONS_CLOSED)),
    "another-between": ((HANGS_UP, OTHER, HANGS_UP), (HANGS_UP, OTHER, HANGS_UP)),
    "each-of-two": ((HANGS_UP_FIRST, HANGS_UP_FIRST, HANGS_UP, DONE), (HANGS_UP_FIRST, DONE)),
}


@pytest.mark.parametrize(("exchanges", "kept"), RETRIES.values(), ids=RETRIES)
def test_retries_are_left_out(exchanges: tuple[Exchange, ...], kept: tuple[Exchange, ...]) -> None:
    """Of a request that was repeated because its connection closed, the last try stays; nothing else is left out."""
    assert without_retries(exchanges) == kept


@pytest.mark.parametrize("name", ["Cookie", "Authorization"])
def test_secrets_of_the_browsers_own_count_where_the_answer_does(name: str) -> None:
    """A crossing that leaves the answer open leaves the browser's own store open too, but not what a step gave."""
    bare, stored = exchange(GET), exchange(GET, request_headers=(("Origin", ORIGIN), (name, "a")))
    wanted = dataclasses.replace(ASKED, asks=((name.lower(), "present"), ("origin", ORIGIN)))
    page = (sight(ALLOWED),)
    assert judged(expect(ALLOWED, ASKED), Observation(page, (stored,))).status is Status.PASS
    assert judged(READ, Observation(page, (stored,))).status is Status.FAIL
    assert judged(expect(ALLOWED, wanted), Observation(page, (stored,))).status is Status.PASS
    assert judged(expect(ALLOWED, wanted), Observation(page, (bare,))).status is Status.FAIL


# ---- blocks without any exchange -----------------------------------------------------------------

UNSENT = expect(Seen(Outcome.BLOCKED, reason="bad-port"))
BAD_PORT = Prediction(Outcome.BLOCKED, reason="bad-port", reasons=frozenset({"bad-port"}))
SENT: dict[str, tuple[Observation, Prediction, Status, list[str]]] = {
    "nothing-sent": (Observation((ERROR,), ()), BAD_PORT, Status.PASS, []),
    "sent-all-the-same": (Observation((ERROR,), (exchange(SHUT),)), BAD_PORT, Status.FAIL, ["wire"]),
    "read": (Observation((sight(ALLOWED),), (exchange(GET),)), BAD_PORT, Status.FAIL, ["page[0].outcome", "wire"]),
    "thrown": (Observation((sight(Seen(Outcome.EXCEPTION)),), ()), BAD_PORT, Status.FAIL, ["page[0].outcome"]),
    "another-reason": (
        Observation((ERROR,), ()),
        dataclasses.replace(BAD_PORT, reason="mode-same-origin"),
        Status.FAIL,
        ["page[0].reason"],
    ),
    "the-standard-sends-it": (Observation((ERROR,), ()), Prediction(None), Status.INCONCLUSIVE, []),
    "the-standard-reads-it": (Observation((ERROR,), ()), READABLE_200, Status.INCONCLUSIVE, []),
    "the-site-is-gone": (Observation((ERROR,), (), site_faults=("gone",)), BAD_PORT, Status.INCONCLUSIVE, []),
}


@pytest.mark.parametrize(("observed", "predicted", "status", "where"), SENT.values(), ids=SENT)
def test_a_block_before_any_request(
    observed: Observation, predicted: Prediction, status: Status, where: list[str]
) -> None:
    """What the fetch refuses by itself needs the oracle's reason and an empty wire; a dead server will not do."""
    verdict = judge(View(UNSENT, (predicted,)), observed, origin=ORIGIN)
    assert (verdict.status, places(verdict)) == (status, where)


# ---- reasons, types, events ----------------------------------------------------------------------

MISSING, MISMATCH = "allow-origin-missing", "allow-origin-mismatch"
BECAUSE = expect(Seen(Outcome.BLOCKED, reason=MISSING), SHUT)
NOT_OPEN = Prediction(Outcome.BLOCKED, reason=MISSING, reasons=frozenset({MISSING, "preflight-status-not-ok"}))
REASONS: dict[str, tuple[Expectation, Prediction, list[str]]] = {
    "the-same": (BECAUSE, NOT_OPEN, []),
    "another": (BECAUSE, REFUSED, ["page[0].reason"]),
    "one-behind-the-first": (
        expect(Seen(Outcome.BLOCKED, reason="preflight-status-not-ok"), SHUT),
        NOT_OPEN,
        ["page[0].reason"],
    ),
    "whatever": (BLOCKED, REFUSED, []),
}


@pytest.mark.parametrize(("expected", "predicted", "where"), REASONS.values(), ids=REASONS)
def test_the_reason_that_is_expected(expected: Expectation, predicted: Prediction, where: list[str]) -> None:
    """Not just any block: the one for the expected reason, where one is expected."""
    verdict = judge(View(expected, (predicted,)), observe(expected), origin=ORIGIN)
    assert places(verdict) == where
    assert verdict.status is (Status.FAIL if where else Status.PASS)


def test_a_reason_of_an_answer_that_may_be_read_is_none() -> None:
    """Expected for a reason, read after all, and by the standard: the difference says that there was no reason."""
    verdict = judge(View(BECAUSE, (READABLE_200,)), Observation((sight(ALLOWED),), (exchange(GET),)), origin=ORIGIN)
    (reason,) = [difference for difference in verdict.differences if difference.where == "page[0].reason"]
    assert (reason.expected, reason.observed) == (MISSING, "none")


WORDS: dict[str, tuple[frozenset[str], bool]] = {
    "none": (frozenset(), True),
    "the-reason": (frozenset({MISSING}), True),
    "one-of-several": (frozenset({MISSING, MISMATCH}), True),
    "what-else-would-have-refused": (frozenset({"preflight-status-not-ok"}), True),
    "another": (frozenset({MISMATCH}), False),
    "others": (frozenset({MISMATCH, "method-not-allowed"}), False),
}


@pytest.mark.parametrize(("worded", "agrees"), WORDS.values(), ids=WORDS)
def test_the_reason_in_the_browsers_own_words(worded: frozenset[str], agrees: bool) -> None:
    """Where the browser's words are known to mean something, they must mean what the oracle says."""
    verdict = judge(View(BECAUSE, (NOT_OPEN,)), observe(BECAUSE), origin=ORIGIN, worded=worded)
    if agrees:
        assert verdict == Verdict(Status.PASS, (Outcome.BLOCKED,))
        return
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)
    (difference,) = verdict.differences
    assert str(difference) == (
        f"reason: expected {MISSING} or preflight-status-not-ok, "
        f"observed the browser's words mean {' or '.join(sorted(worded))}"
    )


TWO: dict[str, tuple[tuple[Seen, Seen], tuple[Prediction, Prediction], bool]] = {
    "one-refused": ((ALLOWED, Seen(Outcome.BLOCKED)), (READABLE_200, NOT_OPEN), True),
    "one-without-an-answer": ((ALLOWED, NOBODY), (READABLE_200, FAILED), True),
    "one-thrown": ((ALLOWED, Seen(Outcome.EXCEPTION)), (READABLE_200, Prediction(Outcome.EXCEPTION)), True),
    "both-refused": ((Seen(Outcome.BLOCKED),) * 2, (NOT_OPEN, NOT_OPEN), False),
    "none-refused": ((ALLOWED, ALLOWED), (READABLE_200, READABLE_200), False),
}


@pytest.mark.parametrize(("seen", "predicted", "compared"), TWO.values(), ids=TWO)
def test_words_are_compared_where_it_is_certain_what_they_are_about(
    seen: tuple[Seen, Seen], predicted: tuple[Prediction, Prediction], compared: bool
) -> None:
    """A browser does not say which step its words are about: where more than one was refused, nobody knows."""
    expected = Expectation(seen, (ASKED, ASKED))
    verdict = judge(View(expected, predicted), observe(expected), origin=ORIGIN, worded=frozenset({"location-invalid"}))
    assert [difference.where for difference in verdict.differences] == (["reason"] if compared else [])


MYSTERIES: dict[str, tuple[frozenset[str], Status]] = {
    "no-words": (frozenset(), Status.INCONCLUSIVE),
    "a-reason-of-cors": (frozenset({MISMATCH}), Status.FAIL),
    "one-of-several": (frozenset({MISMATCH, MISSING}), Status.FAIL),
    "a-broken-connection": (frozenset({FAILURE}), Status.INCONCLUSIVE),
    "either": (frozenset({MISSING, FAILURE}), Status.FAIL),
}


@pytest.mark.parametrize(("worded", "status"), MYSTERIES.values(), ids=MYSTERIES)
def test_an_unexplained_error_of_which_the_browser_says_that_it_is_cors(worded: frozenset[str], status: Status) -> None:
    """It is the browser's doing then, and no mystery; words for a connection that broke, and a dead site, are none."""
    observed = observe(READ, page=(ERROR,))
    verdict = judge(View(READ, (READABLE_200,)), observed, origin=ORIGIN, worded=worded)
    assert (verdict.status, verdict.outcomes) == (status, (Outcome.UNEXPLAINED,))
    if status is Status.FAIL:
        assert (verdict.blame, places(verdict)) == (Blame.ENGINE, ["page[0].outcome"])
    gone = dataclasses.replace(observed, site_faults=("gone",))
    dead = judge(View(READ, (READABLE_200,)), gone, origin=ORIGIN, worded=worded)
    assert dead.status is Status.INCONCLUSIVE


def test_words_that_the_engines_model_explains_are_known() -> None:
    """An engine that refuses for a reason of its own says so, and that is what is known of it."""
    own = View(expect(Seen(Outcome.BLOCKED, reason=MISMATCH), SHUT), (REFUSED,))
    verdict = judge(
        View(BECAUSE, (NOT_OPEN,)),
        observe(BECAUSE),
        origin=ORIGIN,
        engine=own,
        why=lambda: WHY,
        worded=frozenset({MISMATCH}),
    )
    assert (verdict.status, verdict.cause) == (Status.KNOWN, WHY)


TYPES: dict[str, tuple[Seen, str, list[str]]] = {
    "the-same": (dataclasses.replace(ALLOWED, type="cors"), "cors", []),
    "another": (dataclasses.replace(ALLOWED, type="cors"), "basic", ["page[0].type"]),
    "whatever": (ALLOWED, "basic", []),
    "not-said-by-an-xhr": (dataclasses.replace(ALLOWED, type="cors"), "", []),
    "opaque": (Seen(Outcome.OPAQUE, type="opaque"), "opaque", []),
    "another-opaque": (Seen(Outcome.OPAQUE, type="opaque"), "opaqueredirect", ["page[0].type"]),
}


@pytest.mark.parametrize(("seen", "type_", "where"), TYPES.values(), ids=TYPES)
def test_the_type_of_a_response(seen: Seen, type_: str, where: list[str]) -> None:
    """It is compared where both sides say it."""
    expected = expect(seen, GET)
    assert places(judged(expected, observe(expected, page=(sight(seen, type=type_),)))) == where


HEARD = ("readystatechange:1", "loadstart", "readystatechange:2", "readystatechange:4", "load", "loadend")
ORDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "the-same": (HEARD, HEARD, True),
    "those-between-do-not-count": (HEARD, (*HEARD[:3], "progress", "readystatechange:3", "progress", *HEARD[3:]), True),
    "none-of-fetch": (HEARD, (), True),
    "none-predicted": ((), HEARD, True),
    "another-order": (HEARD, (HEARD[1], HEARD[0], *HEARD[2:]), False),
    "one-missing": (HEARD, HEARD[:-1], False),
    "one-twice": (HEARD, (*HEARD, "loadend"), False),
}


@pytest.mark.parametrize(("predicted", "heard", "agrees"), ORDERS.values(), ids=ORDERS)
def test_the_order_of_events(predicted: tuple[str, ...], heard: tuple[str, ...], agrees: bool) -> None:
    """Those of an XMLHttpRequest come in the standard's order; who hears others is blamed himself."""
    observed = observe(READ, page=(sight(ALLOWED, type="", events=heard),))
    verdict = judge(View(READ, (dataclasses.replace(READABLE_200, events=predicted),)), observed, origin=ORIGIN)
    if agrees:
        assert verdict.status is Status.PASS
        return
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.ENGINE)
    assert [difference.where for difference in verdict.differences] == ["oracle[0].events"]


def test_a_type_that_only_the_oracle_expects_is_the_engines() -> None:
    """The expectation leaves the type open, the standard does not."""
    basic = dataclasses.replace(READABLE_200, type="basic")
    verdict = judge(View(READ, (basic,)), observe(READ), origin=ORIGIN)
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.ENGINE)
    assert [difference.where for difference in verdict.differences] == ["oracle[0].type"]


# ---- answers that are left open -------------------------------------------------------------------

OPEN_GET = dataclasses.replace(GET, status=None, answers=())
LEFT_OPEN = expect(Seen(Outcome.ALLOWED), OPEN_GET)
EXPOSING = expect(Seen(Outcome.ALLOWED, exposed=frozenset({"x-total"})), OPEN_GET)
EXPOSING_ALL = expect(Seen(Outcome.ALLOWED, exposed=frozenset({"*"})), OPEN_GET)
VARYING = expect(Seen(Outcome.ALLOWED), dataclasses.replace(OPEN_GET, varies=frozenset({"origin"})))
SENT_HEADERS: Pairs = (("Content-Type", "a/b"), ("X-Total", "1"), ("X-Secret", "1"), ("Set-Cookie", "a=b"))

LEFT_TO_THE_APPLICATION: dict[str, tuple[Expectation, set[str], dict[str, Any], list[str]]] = {
    # expectation, headers that script reads, changes of the exchange, differences
    "any-status-and-headers": (LEFT_OPEN, {"x-odd"}, {"status": 500}, []),
    "any-vary": (LEFT_OPEN, set(), {"response_headers": ()}, []),
    "exposed": (EXPOSING, {"content-type", "x-total"}, {"response_headers": SENT_HEADERS}, []),
    "exposed-and-not-sent": (EXPOSING, {"content-type"}, {"response_headers": SENT_HEADERS[:1]}, []),
    "what-the-answer-exposes-is-no-matter": (
        EXPOSING,
        {"x-total"},
        {"response_headers": (*SENT_HEADERS[1:3], ("Access-Control-Expose-Headers", "X-Secret"))},
        [],
    ),
    "one-more-is-read": (
        EXPOSING,
        {"content-type", "x-total", "x-secret"},
        {"response_headers": SENT_HEADERS},
        ["page[0].readable_headers"],
    ),
    "one-less-is-read": (
        EXPOSING,
        {"content-type"},
        {"response_headers": SENT_HEADERS},
        ["page[0].readable_headers"],
    ),
    "all-exposed": (EXPOSING_ALL, {"content-type", "x-total", "x-secret"}, {"response_headers": SENT_HEADERS}, []),
    "not-all-of-all": (
        EXPOSING_ALL,
        {"content-type"},
        {"response_headers": SENT_HEADERS},
        ["page[0].readable_headers"],
    ),
    "varies": (VARYING, set(), {"response_headers": (("Vary", "Accept, ORIGIN"),)}, []),
    "varies-on-another-line": (VARYING, set(), {"response_headers": (("Vary", "a"), ("vary", "Origin"))}, []),
    "varies-by-everything": (VARYING, set(), {"response_headers": (("Vary", "*"),)}, []),
    "does-not-vary": (VARYING, set(), {"response_headers": ()}, ["wire[0].answers.vary"]),
    "varies-by-something-else": (
        VARYING,
        set(),
        {"response_headers": (("Vary", "X-Origin, Origin-X"),)},
        ["wire[0].answers.vary"],
    ),
}


@pytest.mark.parametrize(
    ("expected", "read", "wire", "found"), LEFT_TO_THE_APPLICATION.values(), ids=LEFT_TO_THE_APPLICATION
)
def test_an_answer_that_is_left_open(
    expected: Expectation, read: set[str], wire: dict[str, Any], found: list[str]
) -> None:
    """Without a status, exposure and Vary count where they are named, and nothing else does."""
    page = sight(ALLOWED, headers=tuple((name, "x") for name in sorted(read)))
    verdict = judged(expected, Observation((page,), (exchange(expected.wire[0], **{"status": 200, **wire}),)))
    assert places(verdict) == found
    assert (verdict.status, verdict.blame) == ((Status.FAIL, Blame.APPLICATION) if found else (Status.PASS, None))


@pytest.mark.parametrize(
    ("seen", "status"),
    [(Seen(Outcome.ALLOWED), Status.PASS), (ALLOWED, Status.FAIL), (Seen(Outcome.BLOCKED), Status.FAIL)],
    ids=["left open", "with a status", "blocked"],
)
def test_a_redirect_that_is_not_followed_is_an_answer(seen: Seen, status: Status) -> None:
    """Where any answer will do, that of a redirect will; where one is named, or none is expected, it will not."""
    redirected = sight(Seen(Outcome.OPAQUE, type="opaqueredirect"))
    observed = Observation((redirected,), (exchange(OPEN_GET, status=302),))
    assert judged(expect(seen, OPEN_GET), observed).status is status


def test_a_block_is_none_even_where_any_answer_will_do() -> None:
    """Negative control: left open is what is read, and not whether."""
    observed = Observation((sight(Seen(Outcome.BLOCKED)),), (exchange(OPEN_GET, status=200),))
    assert places(judged(LEFT_OPEN, observed)) == ["page[0].outcome"]


# ---- laws ----------------------------------------------------------------------------------------

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
FIND = settings(LAW, phases=[Phase.generate], database=None, max_examples=5000)

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "CHECKIN"])
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8)
ASKS = st.lists(st.tuples(st.sampled_from(["origin", "access-control-request-headers"]), VALUES), max_size=3)
ANSWERS = st.lists(
    st.tuples(st.sampled_from(["vary", "x-served-by", "access-control-allow-origin", "access-control-x"]), VALUES),
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
            other = draw(st.sampled_from(sorted(set(PAGE) - {seen.outcome, Outcome.NO_ANSWER})))
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
