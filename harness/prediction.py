"""The third witness: what the Fetch standard makes of the answers that the wire shows, step by step.

Replays the oracle over a case's own recorded exchanges: which requests had to be there, and what script had to see.
`Prediction` is what the verdict reads. Imports the oracle and the records of a case; no engine, no socket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness import oracle
from harness.foresight import answer_of, connect_at, request_of, seen_of
from harness.observation import PageOutcome, PageResult
from harness.plan import Planned, Question
from harness.scenario import Outcome
from harness.wire import TOKEN_PARAMETER, Ending, Exchange

_UNFINISHED = frozenset({Ending.OPEN.value, Ending.LEFT.value})
_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")


@dataclass(frozen=True)
class Prediction:
    """What had to become of one step, given what was answered.

    ``outcome`` is None where the record ends before the standard's story does. ``reason`` to ``where`` say why a block
    is one: the oracle's name for it, the clause of Fetch, a sentence for people, and the phase; ``reasons`` are
    ``reason`` and whatever else would have refused the same answer: an engine that checks in another order names one
    of those. ``differences`` are the requests that the standard would have sent otherwise, one sentence each.
    ``astray`` says that the story is lost because another request was recorded than the standard sends, and not for
    want of one. ``events`` are those of an XMLHttpRequest, in order, but for those whose number depends on how bytes
    arrive, and those of its upload unless it is ``upload_heard``. ``foreseen`` says that the wire showed the answers
    that were planned, and no more than those.
    """

    outcome: Outcome | None
    status: int | None = None
    headers: frozenset[str] = frozenset()
    reason: str = ""
    clause: str = ""
    sentence: str = ""
    where: str = ""
    differences: tuple[str, ...] = ()
    astray: bool = False
    type: str = ""
    reasons: frozenset[str] = frozenset()
    events: tuple[str, ...] = ()
    upload_heard: bool = True
    foreseen: bool = field(default=False, compare=False)


def predict(
    planned: Planned | Question,
    page: tuple[PageResult, ...],
    exchanges: tuple[Exchange, ...],
    rules: oracle.Rules = oracle.STANDARD,
    foretold: oracle.Prediction | None = None,
) -> tuple[Prediction, ...]:
    """Return a prediction for each step that the page reported, by the standard or by an engine's rules.

    ``foretold`` is what the same rules have made already of the answers that were planned for the only step.
    """
    return tuple(_prediction(*each, foretold) for each in replayed(planned, page, exchanges, rules, foretold))


def replayed(
    planned: Planned | Question,
    page: tuple[PageResult, ...],
    exchanges: tuple[Exchange, ...],
    rules: oracle.Rules = oracle.STANDARD,
    foretold: oracle.Prediction | None = None,
) -> Iterator[tuple[oracle.Replay, PageResult, int]]:
    """Yield, for each step that the page reported, the oracle's replay of it and how many exchanges it had."""
    cache, connect = oracle.PreflightCache(), connect_at(planned.places)
    for result in page:
        step = planned.unit["steps"][result.step]
        own = [one for one in exchanges if one.step == result.step and not _is_behind_the_page(one, step, planned)]
        request = foretold.request if foretold else request_of(step, planned.origin)
        recorded = list(map(_recorded, own))
        now = result.started_s
        replay = oracle.replay(request, recorded, cache=cache, now=now, rules=rules, connect=connect, foretold=foretold)
        cache = replay.prediction.cache
        yield replay, result, len(own)


def _is_behind_the_page(exchange: Exchange, step: dict[str, Any], planned: Planned | Question) -> bool:
    """Tell whether an exchange is not the browser's: the page's own site asked an API in its place."""
    return (
        not planned.turns
        and bool(step["url"].startswith(f"{planned.origin}/"))
        and not _url(exchange).startswith(f"{planned.origin}/")
    )


def _recorded(exchange: Exchange) -> oracle.Recorded:
    answer = answer_of(exchange.status, exchange.response_headers, exchange.ending)
    return oracle.Recorded(exchange.method, _url(exchange), exchange.request_headers, answer)


def _url(exchange: Exchange) -> str:
    host = next((value for name, value in exchange.request_headers if name.lower() == "host"), "")
    return f"{exchange.scheme}://{host}{exchange.target}"


def _prediction(
    replay: oracle.Replay, result: PageResult, recorded: int, foretold: oracle.Prediction | None
) -> Prediction:
    differences = tuple(map(_sentence, replay.differences))
    if replay.parted_at is not None or result.outcome in (PageOutcome.ABORTED, PageOutcome.DEADLINE):
        # Who gives up leaves the story where it is: that no answer came is no difference.
        ended = result.outcome in (PageOutcome.ABORTED, PageOutcome.DEADLINE)
        other = replay.parted_at is not None and replay.parted_at < recorded
        return Prediction(None, differences=() if ended else differences, astray=other and not ended)
    outcome = replay.prediction.outcome
    seen = seen_of(outcome)
    if (
        seen.outcome is Outcome.NO_ANSWER
        and isinstance(outcome, oracle.Refusal)
        and outcome.failure.subject in _UNFINISHED
    ):
        return Prediction(None, differences=differences)  # whether an answer would have come, nobody knows
    return told_by(replay.prediction, differences, foreseen=replay.prediction is foretold)


def told_by(prediction: oracle.Prediction, differences: tuple[str, ...] = (), *, foreseen: bool = False) -> Prediction:
    """Return what the oracle says of a step whose answers are all known."""
    outcome = prediction.outcome
    seen = seen_of(outcome)
    refusal = outcome if isinstance(outcome, oracle.Refusal) else None
    return Prediction(
        seen.outcome,
        seen.status,
        seen.headers,
        reason=refusal.reason.value if refusal else "",
        clause=refusal.reason.link if refusal else "",
        sentence=_TOKEN.sub("", refusal.sentence) if refusal else "",
        where=refusal.where if refusal else "",
        differences=differences,
        type=seen.type,
        reasons=frozenset(reason.value for reason in (refusal.reason, *refusal.also)) if refusal else frozenset(),
        events=_events(prediction),
        upload_heard=_is_upload_heard(prediction),
        foreseen=foreseen,
    )


def _events(prediction: oracle.Prediction) -> tuple[str, ...]:
    """Return the order of an XMLHttpRequest's events; empty for fetch(), and where an answer broke off somewhere."""
    answered = [one for one in prediction.exchanges if one.request.kind is oracle.Kind.ACTUAL]
    if any(isinstance(one.answer, oracle.NetworkFailure) for one in answered):
        return ()
    return oracle.xhr_events(prediction.request, prediction.outcome, bool(answered))


def _is_upload_heard(prediction: oracle.Prediction) -> bool:
    """Tell whether the end of an upload is heard in a certain order: not where it is empty, redirected or refused."""
    request, outcome = prediction.request, prediction.outcome
    return isinstance(outcome, oracle.Readable) and not outcome.redirected and request.body != b""


def _sentence(difference: oracle.Difference) -> str:
    expected, recorded = (_TOKEN.sub("", text) if text else text for text in (difference.expected, difference.recorded))
    match difference.kind:
        case oracle.DifferenceKind.MISSING:
            return f"the standard sends {expected} here, and it never arrived"
        case oracle.DifferenceKind.EXTRA:
            return f"{recorded} arrived, which the standard does not send"
        case _:
            said = f"{expected!r}" if expected is not None else "none"
            return f"exchange {difference.index}: {difference.subject} must be {said}, and was {recorded!r}"
