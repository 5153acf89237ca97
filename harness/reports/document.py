"""The JSON document of a run (DESIGN 8, `schema_version` 1): the one form from which other reports derive.

Eats events; later versions only add members.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from harness import __version__, casefile, catalog
from harness.engines import EngineInfo, EngineName
from harness.events import (
    CanariesSung,
    CaseFinished,
    EngineLost,
    EngineReady,
    EngineUnavailable,
    Event,
    HarnessFault,
    RunStarted,
)
from harness.oracle import Reason
from harness.reports.curl import curl, url_of
from harness.reports.redaction import redacted, redacted_json
from harness.reports.repository import configuration
from harness.reports.sights import Sighting, blocked_at, hook_set_differences, sight, sighting, worded, wordings
from harness.reports.spool import Spool
from harness.scenario import Expectation, Outcome, Scenario, Seen
from harness.tally import Tally
from harness.verdict import Difference
from harness.wire import Exchange, Pairs

Json = dict[str, Any]


class RunDocument:
    """Collects a run.

    ``shard`` is its number and of how many it is; ``sources`` say by scenario where in the repository it is written,
    as `harness.reports.repository` has it.
    """

    def __init__(self, *, shard: tuple[int, int] = (1, 1), sources: Mapping[str, Json] | None = None) -> None:
        self._shard = shard
        self._sources = sources or {}
        self._started = datetime.now(UTC)
        self._planned = 0
        self._tally = Tally()
        self._engines: dict[str, Json] = {}
        self._results = Spool()
        self._sightings: Counter[Sighting] = Counter()
        self._troubles: list[Json] = []

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._tally(event)
        match event:
            case RunStarted():
                self._planned = event.cases
            case EngineReady():
                self._engines[event.engine] = engine_of(event.info) | {"canaries": self._canaries(event.engine)}
            case CanariesSung():
                canaries = self._canaries(event.engine)
                canaries["asked"] += event.asked
                canaries["passed"] += event.asked - len(event.failures)
                canaries["failures"] += event.failures
            case EngineUnavailable():
                self._trouble(event.engine, "unavailable", event.cause, event.hint)
                self._troubles[-1]["required"] = event.required
            case EngineLost():
                self._trouble(event.engine, "relaunched" if event.relaunch else "lost", event.cause)
            case HarnessFault():
                self._trouble(event.engine, "harness-fault", event.cause, event.detail)
            case CaseFinished():
                self._results.add(redacted_json(self._result(event)))
                self._sightings[sighting(event)] += 1

    def value(self) -> Json:
        """Return the document."""
        number, count = self._shard
        document: Json = {
            "schema_version": 1,
            "kind": "run",
            "tool": {"name": "corsproof", "version": __version__},
            "started": self._started.isoformat(timespec="seconds"),
            **({"shard": {"number": number, "of": count}} if count > 1 else {}),
            "planned": self._planned,
            "sources": {"configuration": found} if (found := configuration()) else {},
            "engines": [self._engines[name] for name in _in_order(self._engines)],
            "results": [],
            "hook_set_differences": [asdict(difference) for difference in hook_set_differences(self._sightings)],
            "wordings": {engine: asdict(told) for engine, told in wordings(self._sightings).items()},
            "troubles": self._troubles,
            "totals": self._tally.totals,
            "exit": int(self._tally.exit),
        }
        whole: Json = redacted_json(document)
        return whole | {"results": list(self._results)}

    def text(self) -> str:
        """Return the document as JSON text."""
        return as_text(self.value())

    def _result(self, event: CaseFinished) -> Json:
        source = self._sources.get(event.case.scenario.id)
        return result_of(event) | ({"source": source} if source else {})

    def _canaries(self, engine: str) -> Json:
        known: Json = self._engines.get(engine, {}).get("canaries", {"asked": 0, "passed": 0, "failures": []})
        return known

    def _trouble(self, engine: str, kind: str, cause: str, detail: str = "") -> None:
        self._troubles.append({"engine": engine, "kind": kind, "cause": cause, "detail": detail})


def as_text(document: Json) -> str:
    """Return a document as JSON text."""
    return json.dumps(document, indent=1, ensure_ascii=False)


def _in_order(names: Iterable[str]) -> list[str]:
    """Sort the names of engines: those that exist in their order, then visiting browsers."""
    known = [name.value for name in EngineName]
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def engine_of(info: EngineInfo) -> Json:
    """Return a browser as documents have it, without its canaries."""
    flags = list(info.flags)
    return {
        "name": str(info.name),
        "version": info.version,
        "protocol": info.protocol,
        "path": info.path,
        "flags": flags,
        **({"user_agent": info.user_agent} if info.user_agent else {}),
    }


def result_of(event: CaseFinished) -> Json:
    """Return one result as the document of a run has it; secrets in its URLs are still to be hidden."""
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
        "steps": _steps(case.scenario),
        "status": verdict.status.value,
        "sight": sight(event),
        "expected": _expected(expected) if expected else None,  # never planned, and left to the oracle
        "observed": _observed(event),
        "predicted": _predicted(event),
        "blame": verdict.blame.value if verdict.blame else None,
        "cause": verdict.cause,
        "differences": [_difference(difference) for difference in verdict.differences],
        "exchanges": [_exchange(exchange, case.scenario) for exchange in observation.exchanges],
        "duration_ms": observation.duration_ms,
        "replay": _replay(case.scenario, event.engine),
    }


def _steps(scenario: Scenario) -> list[Json]:
    """Return what script asks, without what is as by default."""
    steps: list[Json] = casefile.to_json(scenario)["steps"]
    headers = [{"headers": _pairs(step.headers)} if step.headers else {} for step in scenario.steps]
    return [step | said for step, said in zip(steps, headers, strict=True)]


def _replay(scenario: Scenario, engine: str) -> str:
    """Return the command that runs a case again: by its name where the catalogue has it, else by all that it is.

    The oracle is no engine, though it has results of its own where vectors are run: a case of it is run in every one.
    """
    known = _catalogued().get(scenario.id) == scenario
    what = scenario.id if known else f"'{casefile.to_word(scenario)}'"
    return f"corsproof replay {what}" + (f" -b {engine}" if engine in {name.value for name in EngineName} else "")


@cache
def _catalogued() -> dict[str, Scenario]:
    return {scenario.id: scenario for suite in catalog.SUITES for scenario in catalog.load(suite)}


def _difference(difference: Difference) -> Json:
    return {"where": difference.where, "expected": difference.expected, "observed": difference.observed}


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
        "browser_reason": observation.reason or None,
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
        "header": Reason.named(last.reason).header if last.reason else None,
        "clause": last.clause or None,
        "sentence": last.sentence,
        "where": last.where,
    }


def _exchange(exchange: Exchange, scenario: Scenario) -> Json:
    author = (name.lower() for step in scenario.steps for name, _ in step.headers)
    return {
        "site": exchange.site,
        "kind": exchange.kind.value,
        "method": exchange.method,
        "target": exchange.target,
        "request_headers": _pairs(exchange.request_headers),
        "status": exchange.status,
        "response_headers": _pairs(exchange.response_headers),
        "ending": exchange.ending.value,
        "error": exchange.error,
        "url": url_of(exchange),
        "curl": curl(exchange, author),
    }


def _pairs(headers: Pairs) -> list[list[str]]:
    return [list(pair) for pair in redacted(headers)]
