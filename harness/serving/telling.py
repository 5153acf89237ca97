"""What came of a request by hand, as the JSON that the hands-on page shows: outcome, exchanges, steps, what to change.

Pure: makes it of a planned case and its observation. Secrets are hidden as in every report.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from harness.observation import Observation, PageResult
from harness.plan import Planned
from harness.prediction import Prediction, predict
from harness.remedies import Asked, Remedy, remedy
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.scenario import Outcome
from harness.verdict import Verdict, outcomes_of
from harness.walkthrough import unseen, walkthrough
from harness.wire import TOKEN_PARAMETER, Exchange, Kind, Pairs, without_token

Json = dict[str, Any]
BODY_SHOWN = 4000  # characters
_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")
_SENTENCES = {
    Outcome.ALLOWED: "Script reads the answer.",
    Outcome.BLOCKED: "Script gets a network error. It is not told why.",
    Outcome.OPAQUE: "Script gets a response that says nothing.",
    Outcome.EXCEPTION: "The call itself is refused: nothing is sent.",
    Outcome.NO_ANSWER: "Script gets a network error, because no answer came. CORS has no part in it.",
}


def told(planned: Planned, observed: Observation) -> Json:
    """Tell the last step of a case."""
    predicted = predict(planned, observed.page, observed.exchanges)
    last, prediction = observed.page[-1], predicted[-1]
    own = [one for one in observed.exchanges if one.step == last.step]
    found = outcomes_of(observed, predicted, origin=planned.origin, unanswered=True)
    return {
        "outcome": _outcome(found),
        "reason": {"name": prediction.reason, "clause": prediction.clause} if prediction.reason else None,
        "script": _script(last),
        "exchanges": [_exchange(one) for one in own],
        "steps": [asdict(step) for step in walkthrough(planned, observed.page, observed.exchanges)],
        "change": _change(remedy(prediction, _asked(planned, last), _hidden(own, last, prediction), last.status)),
    }


def _outcome(found: tuple[Outcome, ...] | Verdict) -> Json:
    if isinstance(found, Verdict):
        return {"word": found.status.value, "sentence": found.cause}
    return {"word": found[-1].value, "sentence": _SENTENCES.get(found[-1], "")}


def _script(result: PageResult) -> Json:
    return {
        "outcome": result.outcome.value,
        "type": result.type,
        "status": result.status,
        "headers": _pairs(result.headers),
        "body": (result.body or "")[:BODY_SHOWN],
        "error": redacted_sentence(_TOKEN.sub("", result.error)),
        "events": list(result.events),
        "duration_ms": round(result.duration_ms),
    }


def _exchange(exchange: Exchange) -> Json:
    return {
        "kind": exchange.kind.value,
        "method": exchange.method,
        "target": redacted_target(without_token(exchange.target)),
        "request_headers": _pairs(exchange.request_headers),
        "status": exchange.status,
        "response_headers": _pairs(exchange.response_headers),
        "ending": exchange.ending.value,
        "error": exchange.error,
    }


def _pairs(headers: Pairs) -> list[list[str]]:
    return [[name, _TOKEN.sub("", value)] for name, value in redacted(headers)]


def _asked(planned: Planned, last: PageResult) -> Asked:
    step = planned.unit["steps"][last.step]
    names = tuple(name for name, _ in step["headers"])
    return Asked(planned.origin, step["method"], names, step["credentials"], step["url"])


def _hidden(exchanges: list[Exchange], result: PageResult, prediction: Prediction) -> list[str]:
    answers = [one for one in exchanges if one.kind is Kind.ACTUAL]
    if prediction.outcome is not Outcome.ALLOWED or not answers:
        return []
    return unseen(answers[-1].response_headers, frozenset(name for name, _ in result.headers))


def _change(found: Remedy | None) -> Json | None:
    return None if found is None else {"what": found.what, "fixes": dict(found.fixes)}
