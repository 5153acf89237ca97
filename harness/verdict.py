"""The verdict: page, wire and oracle compared with what must follow; differences listed, blame computed. Pure.

`blocked` is said only where the wire shows the exchange that was refused and the oracle names the step of Fetch that
refuses it (DESIGN 2.2). Never sees an engine, a report or a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from harness import oracle
from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.prediction import Prediction
from harness.scenario import SECRET, Crossing, Expectation, Outcome, Seen, answers_of, asks_of
from harness.wire import Ending, Exchange, Pairs, values, without_token


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


# Events of an XMLHttpRequest whose number depends on how bytes arrive.
LOOSE = frozenset({"progress", "upload.progress", "readystatechange:3"})
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


@dataclass(frozen=True)
class View:
    """What must be seen: an expectation, and a prediction for each step from the answers on the wire.

    There is one by the standard, and one for each engine by the standard as that engine is known to leave it.
    """

    expected: Expectation
    predicted: tuple[Prediction, ...]


@dataclass(frozen=True)
class _Judged:
    """What an observation comes to in one view; ``untested`` where nothing can be said in it."""

    outcomes: tuple[Outcome, ...]
    differences: tuple[Difference, ...] = ()
    astray: tuple[Difference, ...] = ()
    untested: Verdict | None = None

    @property
    def agrees(self) -> bool:
        return not (self.untested or self.differences or self.astray)


def judge(
    standard: View,
    observed: Observation,
    *,
    origin: str,
    engine: View | None = None,
    why: Callable[[], str] = lambda: "",
    worded: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge one case. ``origin`` is where the page must have been; expectations have no placeholders.

    ``engine`` is the view by the recorded deviations of the engine, None where there are none; ``why`` names those that
    show. ``worded`` are the oracle's reasons that the browser's own words can mean, empty where it said none.
    """
    by_standard = blamed = _judged(standard, observed, origin, worded)
    if engine is not None and not _is_trouble(observed, origin):
        by_engine = _judged(engine, observed, origin, worded)
        if by_standard.agrees and not by_engine.agrees:
            return _deviation_gone(by_standard, why())
        if by_engine.agrees and not by_standard.agrees:
            told = (*by_standard.differences, *by_standard.astray)
            told = told or _differences(standard.expected, observed, by_engine.outcomes)
            return Verdict(Status.KNOWN, by_engine.outcomes, told, Blame.ENGINE, why())
        if by_standard.untested and not by_engine.untested:
            by_standard = by_engine
        if not by_engine.untested:
            blamed = by_engine  # beyond what is known of this engine
    if by_standard.untested:
        return by_standard.untested
    told = (*by_standard.differences, *by_standard.astray)
    if told:
        blame = _blame(blamed.differences, blamed.astray or by_standard.astray)
        return Verdict(Status.FAIL, by_standard.outcomes, told, blame)
    return Verdict(Status.PASS, by_standard.outcomes)


def _judged(view: View, observed: Observation, origin: str, worded: frozenset[str]) -> _Judged:
    outcomes = outcomes_of(
        observed,
        view.predicted,
        origin=origin,
        unanswered=_is_unanswered(view.expected),
        worded=bool(worded - _NOT_OF_CORS),
    )
    if isinstance(outcomes, Verdict):
        return _Judged(outcomes.outcomes, untested=outcomes)
    differences = (
        *_differences(view.expected, observed, outcomes),
        *_other_reasons(view.expected, view.predicted),
    )
    astray = _from_the_standard(observed, view.predicted, outcomes)
    return _Judged(outcomes, differences, (*astray, *_reason_differences(view.predicted, outcomes, worded)))


def _other_reasons(expected: Expectation, predicted: tuple[Prediction, ...]) -> Iterator[Difference]:
    """Compare the reasons that are expected with those that the answers on the wire gave."""
    for index, (seen, prediction) in enumerate(zip(expected.seen, predicted, strict=True)):
        if seen.reason and prediction.outcome is not None:
            yield from _unequal(f"page[{index}].reason", seen.reason, prediction.reason or "none")


def _is_unanswered(expected: Expectation) -> bool:
    return any(seen.outcome is Outcome.NO_ANSWER for seen in expected.seen)


def _is_trouble(observed: Observation, origin: str) -> bool:
    """Tell whether the case has no result of its own, whoever looks at it."""
    late = any(result.outcome is PageOutcome.DEADLINE for result in observed.page)
    return observed.trouble is not None or late or any(result.origin != origin for result in observed.page)


def _deviation_gone(judged: _Judged, why: str) -> Verdict:
    gone = Difference("deviation", why, "the standard's behaviour: this engine is fixed, end the record's versions")
    return Verdict(Status.FAIL, judged.outcomes, (gone,), Blame.HARNESS, "a recorded deviation no longer shows")


def _reason_differences(
    predicted: tuple[Prediction, ...], outcomes: tuple[Outcome, ...], worded: frozenset[str]
) -> list[Difference]:
    """Compare the reason with the browser's own words, where it is certain which step they are about."""
    refused = [
        prediction
        for prediction, outcome in zip(predicted, outcomes, strict=True)
        if outcome in (Outcome.BLOCKED, Outcome.EXCEPTION, Outcome.NO_ANSWER)
    ]
    if len(refused) != 1 or not worded or worded & refused[0].reasons:
        return []
    said = " or ".join(sorted(worded))
    return [Difference("reason", " or ".join(sorted(refused[0].reasons)), f"the browser's words mean {said}")]


def outcomes_of(
    observed: Observation,
    predicted: tuple[Prediction, ...],
    *,
    origin: str,
    unanswered: bool = False,
    worded: bool = False,
) -> tuple[Outcome, ...] | Verdict:
    """Return what each step came to, or the verdict where page, wire and oracle do not explain it.

    ``unanswered`` says that answers that never come are what was wanted; ``worded`` that the browser itself has said
    for which reason of CORS it refused: an error that the wire does not explain is then a difference, and no mystery.
    """
    outcomes = tuple(map(_outcome, observed.page, predicted))
    if (untested := _untested(observed, predicted, outcomes, origin, unanswered, worded)) is not None:
        return untested
    if not unanswered and (broken := _broken_answer(observed.exchanges)) is not None:
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
        case PageOutcome.NETWORK_ERROR if predicted.outcome in (Outcome.BLOCKED, Outcome.NO_ANSWER):
            return predicted.outcome
        case _:
            return Outcome.UNEXPLAINED


def _untested(
    observed: Observation,
    predicted: tuple[Prediction, ...],
    outcomes: tuple[Outcome, ...],
    origin: str,
    unanswered: bool,
    worded: bool,
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
    if _answers_missing(observed) and not unanswered:
        return None  # `_broken_answer` says it
    failed = any(result.outcome in _ERRORS for result in observed.page)
    if failed and observed.site_faults:
        return Verdict(Status.INCONCLUSIVE, outcomes, (), Blame.HARNESS, "; ".join(observed.site_faults))
    if Outcome.UNEXPLAINED in outcomes and not worded:
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


_NOT_OF_CORS = frozenset({"network-failure"})  # words that mean nothing else leave it a mystery
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
            seen = Seen(prediction.outcome, prediction.status, prediction.headers, type=prediction.type)
            found += _seen_differences(f"oracle[{index}]", seen, result, outcome)
            if prediction.events and result.events:
                told, heard = (_compared(events, prediction) for events in (prediction.events, result.events))
                found += _unequal(f"oracle[{index}].events", told, heard)
    return tuple(found)


def _compared(events: tuple[str, ...], prediction: Prediction) -> str:
    """Return the events whose order the standard and the network leave no choice about."""
    kept = (event for event in events if event not in LOOSE)
    return " ".join(event for event in kept if prediction.upload_heard or not event.startswith("upload."))


def _blame(differences: tuple[Difference, ...], astray: tuple[Difference, ...]) -> Blame:
    """Blame the application where the wire first differs in an answer, else the engine where it left the standard.

    Where the very first request, which no answer can have caused, is not the expected one, and the standard sends it
    just so, the expectation is wrong; and so it is where engine and expectation agree against the standard. What an
    engine does otherwise, but by the standard, it was made to do by an answer. An order of events, and mostly a type,
    only the oracle expects: those are the engine's.
    """
    first = _first_on_the_wire(differences)
    if _answered_otherwise(first):
        return Blame.APPLICATION
    if astray:
        unsaid = any(difference.where.endswith((".events", ".type")) for difference in astray)
        return Blame.ENGINE if differences or unsaid else Blame.HARNESS
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
        if seen.exposed is not None and outcome is Outcome.ALLOWED:
            found += _exposure_differences(f"page[{index}]", seen.exposed, result, observed.exchanges)
    exchanges = without_retries(observed.exchanges)
    for index, (crossing, exchange) in enumerate(zip(expected.wire, exchanges, strict=False)):
        found += _wire_differences(f"wire[{index}]", crossing, exchange)
    if len(expected.wire) != len(exchanges):
        wanted, got = _listing(expected.wire), _listing(exchanges)
        found.append(Difference("wire", wanted, got))
    return tuple(found)


def _seen_differences(where: str, seen: Seen, result: PageResult, outcome: Outcome) -> list[Difference]:
    let_through = seen.outcome is Outcome.ALLOWED and seen.status is None and outcome is Outcome.OPAQUE
    found = [] if let_through else _unequal(f"{where}.outcome", seen.outcome, outcome)
    if seen.outcome is outcome and seen.type and result.type:  # an XMLHttpRequest does not say
        found += _unequal(f"{where}.type", seen.type, result.type)
    if seen.outcome is Outcome.ALLOWED and outcome is Outcome.ALLOWED and seen.status is not None:
        found += _unequal(f"{where}.status", seen.status, result.status)
        if seen.headers != _readable(result):
            found += _unequal(f"{where}.readable_headers", _names(seen.headers), _names(_readable(result)))
    return found


def _exposure_differences(
    where: str, exposed: frozenset[str], result: PageResult, exchanges: tuple[Exchange, ...]
) -> list[Difference]:
    """Compare what script read with what it may read of the answer that was on the wire, CORS headers left aside."""
    sent = [one.response_headers for one in exchanges if one.step == result.step]
    others = tuple(pair for pair in sent[-1] if _is_content(pair[0])) if sent else ()
    headers = (*others, ("Access-Control-Expose-Headers", ", ".join(sorted(exposed))))
    readable = (name.lower() for name, _ in oracle.cors_readable(headers, oracle.Credentials.SAME_ORIGIN))
    wanted, read = (_names(set(filter(_is_content, names))) for names in (readable, _readable(result)))
    return _unequal(f"{where}.readable_headers", wanted, read)


def _is_content(name: str) -> bool:
    return not name.lower().startswith("access-control-")


def _readable(result: PageResult) -> frozenset[str]:
    return frozenset(name for name, _ in result.headers)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _wire_differences(where: str, crossing: Crossing, exchange: Exchange) -> list[Difference]:
    found = _unequal(f"{where}.method", crossing.method, exchange.method)
    found += _unequal(f"{where}.path", crossing.path, without_token(exchange.target))
    asked = asks_of(exchange.request_headers)
    if crossing.status is None:
        # What the browser's own store adds is not compared; the oracle's replay knows where it may not (`Crossing`).
        asked = tuple(pair for pair in asked if pair[0] not in SECRET or pair in crossing.asks)
    found += _header_differences(f"{where}.asks", crossing.asks, asked)
    if crossing.status is not None:
        found += _unequal(f"{where}.status", crossing.status, exchange.status)
        found += _header_differences(f"{where}.answers", crossing.answers, answers_of(exchange.response_headers))
    elif crossing.varies:
        told = values(exchange.response_headers, "vary")
        named = {part.strip().lower() for line in told for part in line.split(",")}
        if "*" not in named and not crossing.varies <= named:
            found += _unequal(f"{where}.answers.vary", _names(crossing.varies), " and ".join(told) or "no such header")
    return found


def without_retries(exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """Leave out what a browser sent again, silently, because its connection was closed; the last try stays."""
    following = (*exchanges[1:], None)[: len(exchanges)]
    return tuple(one for one, after in zip(exchanges, following, strict=True) if not _is_retried(one, after))


def _is_retried(one: Exchange, after: Exchange | None) -> bool:
    if after is None or one.ending is not Ending.CLOSED:
        return False
    return (one.step, one.method, one.target, one.kind) == (after.step, after.method, after.target, after.kind)


def _unequal(where: str, expected: Any, observed: Any) -> list[Difference]:
    return [] if expected == observed else [Difference(where, str(expected), str(observed))]


def _header_differences(where: str, expected: Pairs, observed: Pairs) -> list[Difference]:
    """Compare headers name by name: every value of a name, with its doubles, without regard to order."""
    found: list[Difference] = []
    if expected == observed:
        return found
    for name in sorted({name for name, _ in (*expected, *observed)}):
        found += _unequal(f"{where}.{name}", _values(expected, name), _values(observed, name))
    return found


def _values(pairs: Pairs, name: str) -> str:
    return " and ".join(sorted(repr(value) for key, value in pairs if key == name)) or "no such header"


def _listing(wire: tuple[Crossing, ...] | tuple[Exchange, ...]) -> str:
    return f"{len(wire)} ({' '.join(exchange.method for exchange in wire)})" if wire else "nothing"
