"""The document of a test session: everything that tests have asked by the fixture `cors`, as the results of a run.

Each process collects its part; the process that reports puts the parts together as those of shards. Knows no pytest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from harness import __version__
from harness.engines import EngineInfo
from harness.events import CaseFinished
from harness.observation import Observation
from harness.plan import Case, Planned
from harness.prediction import predict
from harness.reports.document import engine_of, result_of
from harness.reports.merging import key_of, merged
from harness.reports.redaction import redacted_json
from harness.tally import Exit
from harness.verdict import Status, Verdict, outcomes_of

Json = dict[str, Any]

APP = "cors_app"  # stands where a run has the hook set


def answered(engine: str, planned: Planned, observed: Observation) -> Json:
    """Return a question and its answer; it passes where page, wire and standard agree, whatever a test makes of it."""
    predicted = predict(planned, observed.page, observed.exchanges)
    found = outcomes_of(observed, predicted, origin=planned.origin)
    verdict = found if isinstance(found, Verdict) else Verdict(Status.PASS, found)
    return _row(CaseFinished(engine, planned.case, verdict, planned, observed, predicted)) | {"expected": None}


def proven(engine: str, planned: Planned, observed: Observation, verdict: Verdict) -> Json:
    """Return a scenario that was derived from a policy, and its verdict."""
    predicted = predict(planned, observed.page, observed.exchanges)
    return _row(CaseFinished(engine, planned.case, verdict, planned, observed, predicted))


def lost(engine: str, case: Case, cause: str) -> Json:
    """Return a question that has no answer, because the browser died or cannot be believed."""
    return _row(CaseFinished(engine, case, Verdict(Status.CRASH, cause=cause))) | {"expected": None}


def _row(event: CaseFinished) -> Json:
    row = result_of(event)
    step = event.case.scenario.steps[0]
    asked = f"{step.method} {step.url.removeprefix('{api}')}"
    if row["scenario"] == "question":
        row |= {"scenario": asked, "summary": f"{asked} from {event.case.scenario.page}"}
    return row | {"hooks": APP, "replay": None}  # only the test itself can ask it again, and its headers may be secret


class SessionPart:
    """What one process has to tell of a session."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._rows: list[Json] = []
        self._engines: dict[str, Json] = {}
        self._troubles: list[Json] = []
        self._audits: list[Json] = []

    def add_engine(self, info: EngineInfo, canaries: int, disbelief: str) -> None:
        """Take a browser, so many canaries of which were asked, and why it cannot be believed, if so."""
        failures = [disbelief] if disbelief else []
        told = {"asked": canaries, "passed": canaries - len(failures), "failures": failures}
        self._engines[str(info.name)] = engine_of(info) | {"canaries": told}

    def add_test(self, test: str, rows: Iterable[Json], *, source: Json | None, failed: str = "") -> None:
        """Take what a test has asked; ``failed`` says where it failed, which its answers are then part of."""
        for row in rows:
            row |= {"scenario": f"{test}: {row['scenario']}", "family": test.partition("::")[0]}
            row |= {"source": source} if source else {}
            if failed and row["status"] == Status.PASS.value and row["expected"] is None:
                row |= {"status": Status.FAIL.value, "cause": failed}
            self._rows.append(row)

    def add_audit(self, document: Json) -> None:
        """Take the document of an audit."""
        self._audits.append(document)

    def add_trouble(self, engine: str, kind: str, cause: str, *, required: bool) -> None:
        """Take what could not be used, or was lost."""
        self._troubles.append({"engine": engine, "kind": kind, "cause": cause, "detail": "", "required": required})

    def value(self) -> Json:
        """Return it as JSON: a document but for what is only counted when all parts are there."""
        part: Json = redacted_json(
            {
                "schema_version": 1,
                "kind": "run",
                "tool": {"name": "corsproof", "version": __version__},
                "started": self._started.isoformat(timespec="seconds"),
                "engines": list(self._engines.values()),
                "results": self._rows,
                "troubles": self._troubles,
                "audits": self._audits,
            }
        )
        return part


def whole(parts: Iterable[Json], *, interrupted: bool = False) -> Json:
    """Return the document of the session; a question that was asked again is numbered."""
    seen: Counter[tuple[Any, ...]] = Counter()
    listed = list(parts)
    for part in listed:
        for row in part["results"]:
            key = key_of(row | {"repeat": 0})
            row["repeat"] = seen[key]
            seen[key] += 1
    listed[0]["exit"] = int(Exit.INTERRUPTED if interrupted else Exit.AS_EXPECTED)
    document = merged([(f"part {number}", part) for number, part in enumerate(listed, 1)])
    audits = [audit for part in listed for audit in part["audits"]]
    return document | ({"audits": audits} if audits else {})
