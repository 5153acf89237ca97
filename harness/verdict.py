"""The verdict: page, wire and oracle compared with what must follow; differences listed, blame computed. Pure.

`blocked` is said only where the wire shows the exchange that was refused and the oracle names the step of Fetch that
refuses it (DESIGN 2.2). Never sees an engine, a report or a socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from harness.deviations import Deviation
from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.prediction import Prediction
from harness.scenario import Crossing, Expectation, Outcome, Seen, answers_of, asks_of
from harness.wire import TOKEN_PARAMETER, Ending, Exchange, Pairs


class Status(str, Enum):
    """What a case comes to."""

    PASS = "pass"
    FAIL = "fail"
    KNOWN = "known"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    CRASH = "crash"
    TIMEOUT = "timeout"

    __str__ = str.__str__


UNTESTED = frozenset({Status.INCONCLUSIVE, Status.CRASH, Status.TIMEOUT})


class Blame(str, Enum):
    """Who made a difference."""

    APPLICATION = "application"
    ENGINE = "engine"
    HARNESS = "harness"

    __str__ = str.__str__


@dataclass(frozen=True)
class Difference:
    """One place where observation and expectation part; ``where`` is a path such as ``wire[0].answers``."""

    where: str
    expected: str
    observed: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, observed {self.observed}"


@dataclass(frozen=True)
class Verdict:
    """The judgement of one case; ``outcomes`` has one entry per step that the page reported."""

    status: Status
    outcomes: tuple[Outcome, ...] = ()
    differences: tuple[Difference, ...] = ()
    blame: Blame | None = None
    cause: str = ""


def judge(
    expected: Expectation,
    observed: Observation,
    predicted: tuple[Prediction, ...],
    *,
    origin: str,
    deviation: Deviation | None = None,
) -> Verdict:
    """Judge one case. ``origin`` is where the page must have been; expectation and deviation have no placeholders."""
    outcomes = outcomes_of(observed, predicted, origin=origin)
    if isinstance(outcomes, Verdict):
        return outcomes
    differences = _differences(expected, observed, outcomes)
    astray = _from_the_standard(observed, predicted, outcomes)
    if deviation is not None:
        return _against_deviation(deviation, observed, outcomes, differences, astray)
    if differences or astray:
        return Verdict(Status.FAIL, outcomes, (*differences, *astray), _blame(differences, astray))
    return Verdict(Status.PASS, outcomes)


def outcomes_of(
    observed: Observation, predicted: tuple[Prediction, ...], *, origin: str
) -> tuple[Outcome, ...] | Verdict:
    """Return what each step came to, or the verdict where page, wire and oracle do not explain it."""
    outcomes = tuple(map(_outcome, observed.page, predicted))
    if (untested := _untested(observed, predicted, outcomes, origin)) is not None:
        return untested
    if (broken := _broken_answer(observed.exchanges)) is not None:
        return Verdict(Status.FAIL, outcomes, (broken,), Blame.APPLICATION, broken.observed)
    return outcomes


def _outcome(result: PageResult, predicted: Prediction) -> Outcome:
    match result.outcome:
        case PageOutcome.RESPONSE:
            return Outcome.OPAQUE if result.type.startswith("opaque") else Outcome.ALLOWED
        case PageOutcome.ABORTED:
            return Outcome.ABORTED
        case PageOutcome.EXCEPTION:
            return Outcome.EXCEPTION
        case PageOutcome.NETWORK_ERROR if predicted.outcome is Outcome.BLOCKED:
            return Outcome.BLOCKED
        case _:
            return Outcome.UNEXPLAINED


def _untested(
    observed: Observation, predicted: tuple[Prediction, ...], outcomes: tuple[Outcome, ...], origin: str
) -> Verdict | None:
    """Return a verdict where nothing can be said about CORS: trouble, a page elsewhere, an error without a trace."""
    if observed.trouble is not None:
        blame = None if observed.trouble is Trouble.INCONCLUSIVE else Blame.ENGINE
        return Verdict(Status(observed.trouble.value), outcomes, (), blame, observed.cause)
    if elsewhere := [result.origin for result in observed.page if result.origin != origin]:
        cause = f"the page was on {elsewhere[0]}, not on {origin}"
        return Verdict(Status.INCONCLUSIVE, outcomes, (), Blame.HARNESS, cause)
    if any(result.outcome is PageOutcome.DEADLINE for result in observed.page):
        return Verdict(Status.TIMEOUT, outcomes, (), None, "a request had no answer before its deadline")
    if _answers_missing(observed):
        return None
    failed = any(result.outcome in _ERRORS for result in observed.page)
    if failed and observed.site_faults:
        return Verdict(Status.INCONCLUSIVE, outcomes, (), Blame.HARNESS, "; ".join(observed.site_faults))
    if Outcome.UNEXPLAINED in outcomes:
        cause = "script saw a network error, and nothing on the wire is a reason for it"
        return Verdict(Status.INCONCLUSIVE, outcomes, (), Blame.HARNESS, cause)
    unseen = [
        outcome
        for outcome, prediction in zip(outcomes, predicted, strict=True)
        if prediction.outcome is None and not prediction.astray
    ]
    if Outcome.ALLOWED in unseen or Outcome.OPAQUE in unseen:
        # Such as that of a redirect whose target has lost the case's token.
        cause = "script got a response that is not on the wire's record"
        return Verdict(Status.INCONCLUSIVE, outcomes, (), Blame.HARNESS, cause)
    return None


_ERRORS = (PageOutcome.NETWORK_ERROR, PageOutcome.BODY_ERROR)


def _answers_missing(observed: Observation) -> bool:
    return any(exchange.ending in (Ending.CLOSED, Ending.CUT_OFF) for exchange in observed.exchanges)


def _broken_answer(exchanges: tuple[Exchange, ...]) -> Difference | None:
    """Name what the application did wrong on the wire itself; that is its fault whatever the page made of it."""
    for index, exchange in enumerate(exchanges):
        if exchange.ending is Ending.CLOSED:
            what = f"the application closed the connection without an answer to the {exchange.kind} request"
        elif exchange.ending is Ending.CUT_OFF:
            what = f"the application's answer to the {exchange.kind} request was cut off"
        else:
            continue
        said = f" ({exchange.error})" if exchange.error else ""
        return Difference(f"wire[{index}].ending", "a complete answer", what + said)
    return None


def _against_deviation(
    deviation: Deviation,
    observed: Observation,
    outcomes: tuple[Outcome, ...],
    differences: tuple[Difference, ...],
    astray: tuple[Difference, ...],
) -> Verdict:
    if not differences:
        gone = Difference("deviation", deviation.why, "the standard's behaviour: this engine is fixed, drop the record")
        return Verdict(Status.FAIL, outcomes, (gone,), Blame.HARNESS, "a recorded deviation no longer shows")
    unlike = _differences(deviation.instead, observed, outcomes)
    if unlike:
        # Beyond what is known of this engine: the application's doing where its answers are others than those.
        blame = Blame.APPLICATION if _answered_otherwise(_first_on_the_wire(unlike)) else Blame.ENGINE
        return Verdict(Status.FAIL, outcomes, (*differences, *astray), blame)
    return Verdict(Status.KNOWN, outcomes, (*differences, *astray), Blame.ENGINE, f"{deviation.why} ({deviation.link})")


def _from_the_standard(
    observed: Observation, predicted: tuple[Prediction, ...], outcomes: tuple[Outcome, ...]
) -> tuple[Difference, ...]:
    """Compare what script saw and what was sent with what the oracle makes of the answers on the wire."""
    found: list[Difference] = []
    for index, (result, prediction, outcome) in enumerate(zip(observed.page, predicted, outcomes, strict=True)):
        found += [
            Difference(f"oracle[{index}].wire", "the standard's requests", said) for said in prediction.differences
        ]
        if prediction.outcome is not None:
            seen = Seen(prediction.outcome, prediction.status, prediction.headers)
            found += _seen_differences(f"oracle[{index}]", seen, result, outcome)
    return tuple(found)


def _blame(differences: tuple[Difference, ...], astray: tuple[Difference, ...]) -> Blame:
    """Blame the application where the wire first differs in an answer, else the engine where it left the standard.

    Where the very first request, which no answer can have caused, is not the expected one, and the standard sends it
    just so, the expectation is wrong; and so it is where engine and expectation agree against the standard. What an
    engine does otherwise, but by the standard, it was made to do by an answer.
    """
    first = _first_on_the_wire(differences)
    if _answered_otherwise(first):
        return Blame.APPLICATION
    if astray:
        return Blame.ENGINE if differences else Blame.HARNESS
    return Blame.HARNESS if first.startswith("wire[0].") else Blame.APPLICATION


def _first_on_the_wire(differences: tuple[Difference, ...]) -> str:
    return next((difference.where for difference in differences if difference.where.startswith("wire[")), "")


def _answered_otherwise(where: str) -> bool:
    what = where.partition(".")[2]
    return what.startswith("answers.") or what == "status"


def _differences(expected: Expectation, observed: Observation, outcomes: tuple[Outcome, ...]) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for index, (seen, result, outcome) in enumerate(zip(expected.seen, observed.page, outcomes, strict=True)):
        found += _seen_differences(f"page[{index}]", seen, result, outcome)
    for index, (crossing, exchange) in enumerate(zip(expected.wire, observed.exchanges, strict=False)):
        found += _wire_differences(f"wire[{index}]", crossing, exchange)
    if len(expected.wire) != len(observed.exchanges):
        wanted, got = _listing(expected.wire), _listing(observed.exchanges)
        found.append(Difference("wire", wanted, got))
    return tuple(found)


def _seen_differences(where: str, seen: Seen, result: PageResult, outcome: Outcome) -> list[Difference]:
    found = _unequal(f"{where}.outcome", seen.outcome, outcome)
    if seen.outcome is Outcome.ALLOWED and outcome is Outcome.ALLOWED:
        readable = frozenset(name for name, _ in result.headers)
        found += _unequal(f"{where}.status", seen.status, result.status)
        found += _unequal(f"{where}.readable_headers", ", ".join(sorted(seen.headers)), ", ".join(sorted(readable)))
    return found


def _wire_differences(where: str, crossing: Crossing, exchange: Exchange) -> list[Difference]:
    found = _unequal(f"{where}.method", crossing.method, exchange.method)
    found += _unequal(f"{where}.path", crossing.path, without_token(exchange.target))
    found += _header_differences(f"{where}.asks", crossing.asks, asks_of(exchange.request_headers))
    if crossing.status is not None:
        found += _unequal(f"{where}.status", crossing.status, exchange.status)
        found += _header_differences(f"{where}.answers", crossing.answers, answers_of(exchange.response_headers))
    return found


def _unequal(where: str, expected: Any, observed: Any) -> list[Difference]:
    return [] if expected == observed else [Difference(where, str(expected), str(observed))]


def _header_differences(where: str, expected: Pairs, observed: Pairs) -> list[Difference]:
    """Compare headers name by name: every value of a name, with its doubles, without regard to order."""
    found: list[Difference] = []
    for name in sorted({name for name, _ in (*expected, *observed)}):
        found += _unequal(f"{where}.{name}", _values(expected, name), _values(observed, name))
    return found


def _values(pairs: Pairs, name: str) -> str:
    return " and ".join(sorted(repr(value) for key, value in pairs if key == name)) or "no such header"


def _listing(wire: tuple[Crossing, ...] | tuple[Exchange, ...]) -> str:
    return f"{len(wire)} ({' '.join(exchange.method for exchange in wire)})" if wire else "nothing"


def without_token(target: str) -> str:
    """Return a path and query as the scenario has it, without the parameter that ties it to its case."""
    path, _, query = target.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(f"{TOKEN_PARAMETER}=")]
    return f"{path}?{'&'.join(kept)}" if kept else path
