"""The JSON document of a run (DESIGN 8, `schema_version` 1): the one form from which other reports derive.

Eats events; later versions only add members.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from harness import __version__
from harness.engines import EngineInfo, EngineName
from harness.events import CanariesSung, CaseFinished, EngineLost, EngineReady, EngineUnavailable, Event, HarnessFault
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.reports.sights import blocked_at, hook_set_differences, worded, wordings
from harness.scenario import Expectation, Outcome, Seen
from harness.tally import Tally
from harness.verdict import Difference
from harness.wire import Exchange, Pairs

Json = dict[str, Any]


class RunDocument:
    """Collects a run."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._engines: dict[str, Json] = {}
        self._finished: list[CaseFinished] = []
        self._troubles: list[Json] = []

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._tally(event)
        match event:
            case EngineReady():
                self._engines[event.engine] = _engine(event.info) | {"canaries": self._canaries(event.engine)}
            case CanariesSung():
                canaries = self._canaries(event.engine)
                canaries["asked"] += event.asked
                canaries["passed"] += event.asked - len(event.failures)
                canaries["failures"] += event.failures
            case EngineUnavailable():
                self._trouble(event.engine, "unavailable", event.cause, event.hint)
            case EngineLost():
                self._trouble(event.engine, "relaunched" if event.relaunch else "lost", event.cause)
            case HarnessFault():
                self._trouble(event.engine, "harness-fault", event.cause, event.detail)
            case CaseFinished():
                self._finished.append(event)

    def value(self) -> Json:
        """Return the document."""
        return {
            "schema_version": 1,
            "tool": {"name": "corsproof", "version": __version__},
            "engines": [self._engines[name] for name in _in_order(self._engines)],
            "results": [_result(event) for event in self._finished],
            "hook_set_differences": [asdict(difference) for difference in hook_set_differences(self._finished)],
            "wordings": {engine: asdict(told) for engine, told in wordings(self._finished).items()},
            "troubles": self._troubles,
            "totals": self._tally.totals,
            "exit": int(self._tally.exit),
        }

    def text(self) -> str:
        """Return the document as JSON text."""
        return json.dumps(self.value(), indent=1, ensure_ascii=False)

    def _canaries(self, engine: str) -> Json:
        known: Json = self._engines.get(engine, {}).get("canaries", {"asked": 0, "passed": 0, "failures": []})
        return known

    def _trouble(self, engine: str, kind: str, cause: str, detail: str = "") -> None:
        self._troubles.append({"engine": engine, "kind": kind, "cause": cause, "detail": detail})


def _in_order(names: Iterable[str]) -> list[str]:
    """Sort the names of engines: those that exist in their order, then visiting browsers."""
    known = [name.value for name in EngineName]
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _engine(info: EngineInfo) -> Json:
    flags = list(info.flags)
    return {
        "name": str(info.name),
        "version": info.version,
        "protocol": info.protocol,
        "path": info.path,
        "flags": flags,
        **({"user_agent": info.user_agent} if info.user_agent else {}),
    }


def _result(event: CaseFinished) -> Json:
    case, verdict, observation = event.case, event.verdict, event.observation
    expected = event.planned.expectation if event.planned else case.scenario.expect[case.expect]
    return {
        "scenario": case.scenario.id,
        "family": case.scenario.family,
        "summary": case.scenario.summary,
        "page": case.scenario.page,
        "hooks": case.hooks,
        "api": case.api.value,
        "engine": event.engine,
        "repeat": case.repeat,
        "status": verdict.status.value,
        "expected": _expected(expected) if expected else None,  # never planned, and left to the oracle
        "observed": _observed(event),
        "predicted": _predicted(event),
        "blame": verdict.blame.value if verdict.blame else None,
        "cause": verdict.cause,
        "differences": [_difference(difference) for difference in verdict.differences],
        "exchanges": [_exchange(exchange) for exchange in observation.exchanges],
        "duration_ms": observation.duration_ms,
    }


def _difference(difference: Difference) -> Json:
    expected, observed = redacted_sentence(difference.expected), redacted_sentence(difference.observed)
    return {"where": difference.where, "expected": expected, "observed": observed}


def _expected(expectation: Expectation) -> Json:
    last = expectation.seen[-1]
    return {
        "outcome": last.outcome.value,
        "status": last.status,
        "readable_headers": None if _is_left_open(last) else sorted(last.headers),
        "steps": [{"outcome": seen.outcome.value, "status": seen.status} for seen in expectation.seen],
        "wire": [f"{crossing.method} {crossing.path}" for crossing in expectation.wire],
    }


def _is_left_open(seen: Seen) -> bool:
    return seen.outcome is Outcome.ALLOWED and seen.status is None


def _observed(event: CaseFinished) -> Json:
    outcomes, observation = event.verdict.outcomes, event.observation
    last = observation.page[-1] if observation.page else None
    return {
        "outcome": outcomes[-1].value if outcomes else None,
        "status": last.status if last else None,
        "readable_headers": sorted({name for name, _ in last.headers}) if last else [],
        "blocked_at": blocked_at(event),
        "browser_reason": redacted_sentence(observation.reason) or None,
        "worded_reasons": sorted(worded(event)),
        "error": last.error if last else "",
        "events": list(last.events) if last else [],
        "steps": [{"outcome": o.value, "status": r.status} for o, r in zip(outcomes, observation.page, strict=False)],
    }


def _predicted(event: CaseFinished) -> Json | None:
    if not event.predicted or event.predicted[-1].outcome is None:
        return None
    last = event.predicted[-1]
    return {
        "outcome": last.outcome.value if last.outcome else None,
        "status": last.status,
        "readable_headers": sorted(last.headers),
        "reason": last.reason or None,
        "clause": last.clause or None,
        "sentence": redacted_sentence(last.sentence),
        "where": last.where,
    }


def _exchange(exchange: Exchange) -> Json:
    return {
        "site": exchange.site,
        "kind": exchange.kind.value,
        "method": exchange.method,
        "target": redacted_target(exchange.target),
        "request_headers": _pairs(exchange.request_headers),
        "status": exchange.status,
        "response_headers": _pairs(exchange.response_headers),
        "ending": exchange.ending.value,
        "error": exchange.error,
    }


def _pairs(headers: Pairs) -> list[list[str]]:
    return [list(pair) for pair in redacted(headers)]
