"""Oracles made by hand, for tests of everything else: one that agrees with the page, one with the expectation."""

from __future__ import annotations

from harness.observation import Observation, PageOutcome, PageResult
from harness.prediction import Prediction
from harness.scenario import Expectation, Outcome, asks_of
from harness.wire import Ending, without_token

_OUTCOMES = {PageOutcome.NETWORK_ERROR: Outcome.BLOCKED, PageOutcome.EXCEPTION: Outcome.EXCEPTION}


def as_expected(expected: Expectation, observed: Observation) -> tuple[Prediction, ...]:
    """Return the predictions of a standard that is just what is expected, requests included."""
    wanted = [(crossing.method, crossing.path, tuple(sorted(crossing.asks))) for crossing in expected.wire]
    sent = [(e.method, without_token(e.target), asks_of(e.request_headers)) for e in observed.exchanges]
    differences = () if wanted == sent else ("other requests",)
    return tuple(
        Prediction(
            seen.outcome,
            seen.status,
            seen.headers,
            seen.reason,
            differences=differences,
            type=seen.type,
            reasons=frozenset({seen.reason} - {""}),
        )
        for seen in expected.seen
    )


def agreeing(observed: Observation) -> tuple[Prediction, ...]:
    """Return the predictions of a standard that is just what was seen."""
    told = any(exchange.ending is Ending.COMPLETE for exchange in observed.exchanges)
    return tuple(_as_seen(result, told) for result in observed.page)


def _as_seen(result: PageResult, told: bool) -> Prediction:
    if result.outcome is PageOutcome.RESPONSE:
        if result.type.startswith("opaque"):
            return Prediction(Outcome.OPAQUE, type=result.type)
        headers = frozenset(name for name, _ in result.headers)
        return Prediction(Outcome.ALLOWED, result.status, headers, type=result.type)
    if result.outcome is PageOutcome.NETWORK_ERROR and not told:
        return Prediction(None)
    return Prediction(_OUTCOMES.get(result.outcome))
