"""The third witness: what the Fetch standard makes of the answers that the wire shows, step by step.

Replays the oracle over a case's own recorded exchanges: which requests had to be there, and what script had to see.
`Prediction` is what the verdict reads. Imports the oracle and the records of a case; no engine, no socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness import oracle
from harness.observation import PageOutcome, PageResult
from harness.plan import Planned
from harness.scenario import Outcome
from harness.wire import TOKEN_PARAMETER, Ending, Exchange

_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")


@dataclass(frozen=True)
class Prediction:
    """What had to become of one step, given what was answered.

    ``outcome`` is None where the record ends before the standard's story does. ``reason`` to ``where`` say why a block
    is one: the oracle's name for it, the clause of Fetch, a sentence for people, and the phase. ``differences`` are
    the requests that the standard would have sent otherwise, one sentence each. ``astray`` says that the story is lost
    because another request was recorded than the standard sends, and not for want of one.
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


def predict(planned: Planned, page: tuple[PageResult, ...], exchanges: tuple[Exchange, ...]) -> tuple[Prediction, ...]:
    """Return a prediction for each step that the page reported."""
    cache = oracle.PreflightCache()
    left = list(exchanges)
    predictions = []
    for result in page:
        step = planned.unit["steps"][result.step]
        request = _request(step, planned.origin)
        own = [exchange for exchange in left if not _is_behind_the_page(exchange, step, planned)]
        replay = oracle.replay(request, [_recorded(exchange) for exchange in own], cache=cache, now=result.started_s)
        cache = replay.prediction.cache
        last = result is page[-1]
        used = len(own) if last else replay.told
        left = left[used:] if len(own) == len(left) else []
        predictions.append(_prediction(replay, result, len(own), complete=last))
    return tuple(predictions)


def _is_behind_the_page(exchange: Exchange, step: dict[str, Any], planned: Planned) -> bool:
    """Tell whether an exchange is not the browser's: the page's own site asked an API in its place."""
    return bool(step["url"].startswith(f"{planned.origin}/")) and not _url(exchange).startswith(f"{planned.origin}/")


def _request(step: dict[str, Any], origin: str) -> oracle.Request:
    return oracle.Request(
        url=step["url"],
        origin=origin,
        method=step["method"],
        headers=tuple((name, value) for name, value in step["headers"]),
        body=None if step["body"] is None else step["body"].encode(),
        mode=oracle.Mode(step["mode"]),
        credentials=oracle.Credentials(step["credentials"]),
        redirect=oracle.Redirect(step["redirect"]),
        cache=oracle.CacheMode(step["cache"]),
        api=oracle.Api(step["api"]),
        upload_listener=step["upload_listener"],
    )


def _recorded(exchange: Exchange) -> oracle.Recorded:
    return oracle.Recorded(exchange.method, _url(exchange), exchange.request_headers, _answer(exchange))


def _answer(exchange: Exchange) -> oracle.Answer:
    # A status means that the head has left: whatever becomes of the body, the CORS check reads no further.
    if exchange.status is None or exchange.ending in (Ending.CLOSED, Ending.CUT_OFF):
        return oracle.NetworkFailure(exchange.ending.value)
    return oracle.WireResponse.received(exchange.status, exchange.response_headers)


def _url(exchange: Exchange) -> str:
    host = next((value for name, value in exchange.request_headers if name.lower() == "host"), "")
    return f"{exchange.scheme}://{host}{exchange.target}"


def _prediction(replay: oracle.Replay, result: PageResult, recorded: int, *, complete: bool) -> Prediction:
    # What lies behind the story of a step that is not the last belongs to the next one.
    found = [
        d for d in replay.differences if complete or d.index < replay.told or d.kind is not oracle.DifferenceKind.EXTRA
    ]
    differences = tuple(map(_sentence, found))
    if replay.parted_at is not None or result.outcome in (PageOutcome.ABORTED, PageOutcome.DEADLINE):
        # Who gives up leaves the story where it is: that no answer came is no difference.
        ended = result.outcome in (PageOutcome.ABORTED, PageOutcome.DEADLINE)
        other = replay.parted_at is not None and replay.parted_at < recorded
        return Prediction(None, differences=() if ended else differences, astray=other and not ended)
    outcome = replay.prediction.outcome
    if isinstance(outcome, oracle.Refusal) and outcome.reason is oracle.Reason.NETWORK_FAILURE:
        # An answer that never came, or not whole: script sees an error, and it is none of CORS.
        return Prediction(None, differences=differences)
    if isinstance(outcome, oracle.Refusal):
        api_refused = outcome.phase is oracle.Phase.REQUEST and outcome.seen_as is not oracle.SeenAs.ERROR_EVENT
        return Prediction(
            Outcome.EXCEPTION if api_refused and not replay.prediction.exchanges else Outcome.BLOCKED,
            reason=outcome.reason.value,
            clause=outcome.reason.link,
            sentence=outcome.sentence,
            where=outcome.where,
            differences=differences,
        )
    if outcome.type in (oracle.ResponseType.OPAQUE, oracle.ResponseType.OPAQUE_REDIRECT):
        return Prediction(Outcome.OPAQUE, differences=differences)
    return Prediction(Outcome.ALLOWED, outcome.status, frozenset(outcome.header_names), differences=differences)


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
