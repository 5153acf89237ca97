"""The reports of a fuzzing run: the JSON document of DESIGN 8, and what a person reads.

Later versions of the document only add members. Made of findings when they are all in; knows no runner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from harness import casefile
from harness.events import CaseFinished, Event
from harness.fuzzing.findings import Disagreement, Findings
from harness.oracle import Reason
from harness.reports.cases import case_lines, verdict_lines
from harness.reports.digest import ENDINGS
from harness.reports.document import RunDocument, as_text
from harness.tally import Exit

Json = dict[str, Any]


class FuzzDocument:
    """Collects what a run tells besides its cases, and puts the findings beside it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._run = RunDocument()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if not isinstance(event, CaseFinished):
            self._run(event)

    def value(self, findings: Findings, disagreements: Iterable[Disagreement], code: Exit) -> Json:
        """Return the document."""
        run = self._run.value()
        return {
            "schema_version": run["schema_version"],
            "kind": "fuzz",
            **{name: run[name] for name in ("tool", "started", "sources", "engines")},
            "seed": self._seed,
            "cases": findings.cases,
            "reasons": {reason.value: findings.reasons[reason.value] for reason in Reason},
            "unexplained": [_unexplained(one) for one in disagreements],
            "totals": {engine: dict(counts) for engine, counts in findings.statuses.items()},
            "outcomes": {engine: dict(counts) for engine, counts in findings.outcomes.items()},
            "known": {engine: dict(counts.most_common()) for engine, counts in findings.known.items()},
            "words": {engine: asdict(words) for engine, words in findings.words.items()},
            "untested": [_untested(event) for event in findings.untested],
            "troubles": run["troubles"],
            "exit": int(code),
        }

    def text(self, findings: Findings, disagreements: Iterable[Disagreement], code: Exit) -> str:
        """Return the document as JSON text."""
        return as_text(self.value(findings, disagreements, code))


def _unexplained(one: Disagreement) -> Json:
    document = RunDocument()
    document(one.smallest)
    [result] = document.value()["results"]
    return {
        "case": casefile.to_json(one.smallest.case.scenario),
        "engine": one.engine,
        "exchanges": result["exchanges"],
        "replay": one.replay,
        **{name: result[name] for name in ("status", "expected", "observed", "predicted", "blame", "differences")},
        "found_as": one.found_as,
        "count": one.count,
        "shrunk": one.shrunk,
        "note": one.note,
    }


def _untested(event: CaseFinished) -> Json:
    scenario, verdict = event.case.scenario, event.verdict
    return {
        "case": casefile.to_json(scenario),
        "engine": event.engine,
        "status": verdict.status.value,
        "cause": verdict.cause,
        "replay": f"corsproof replay '{casefile.to_word(scenario)}' -b {event.engine}",
    }


def summary_lines(
    findings: Findings, disagreements: Iterable[Disagreement], seed: int, code: Exit, *, in_full: bool = True
) -> Iterator[str]:
    """Tell the findings: each disagreement in full or in one line, then what was counted."""
    told = tuple(disagreements)
    for one in told:
        yield from (*disagreement_lines(one), "") if in_full else (_one_line(one),)
    for event in findings.untested[:5]:
        yield f"{event.verdict.status.value.upper()} {event.case.scenario.id} in {event.engine}: {event.verdict.cause}"
        yield f"    {_untested(event)['replay']}"
    for engine, counts in findings.known.items():
        yield f"Known deviations of {engine} that show: {_counted(counts.most_common())}"
    yield f"Reasons reached by the oracle: {_counted(findings.reasons.most_common())}"
    if missed := [reason.value for reason in Reason if not findings.reasons[reason.value]]:
        yield f"Not reached: {', '.join(missed)}"
    for engine, counts in findings.statuses.items():
        words = findings.words[engine]
        said = (
            f"; of {words.blocked} blocks it said why in {words.said}, and meant the oracle's reason in {words.mapped}"
        )
        yield f"{engine}: {_counted(counts.most_common())}{said}"
    yield f"{findings.cases} cases of seed {seed}, {len(told)} kinds of disagreement: {ENDINGS['fuzz'][code]}"


def disagreement_lines(one: Disagreement) -> Iterator[str]:
    """Tell one disagreement: the smallest case, both exchanges, what differs, and how to see it again."""
    yield from case_lines(one.smallest)
    yield from verdict_lines(one.smallest)
    size = "made as small as it can be" if one.shrunk else one.note
    yield f"    found as {one.found_as}; {one.count} case{'s' if one.count > 1 else ''} of this kind; {size}"
    yield f"    {one.replay}"


def _one_line(one: Disagreement) -> str:
    status, said, *_ = (line.strip() for line in (*verdict_lines(one.smallest), ""))
    return f"{status} · {one.engine}: {said} · {one.count} of this kind · {one.replay}"


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts) or "none"
