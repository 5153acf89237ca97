"""Findings: what a fuzzing run comes to, counted as it happens; what passed is not kept.

Eats events. Disagreements are sorted by kind, which is what differs without the particulars of the case, and of each
kind in each engine the smallest case is kept. Knows no runner.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness import casefile
from harness.events import CaseFinished, Event
from harness.fuzzing.shrinking import cost
from harness.scenario import Outcome
from harness.verdict import UNTESTED, Difference, Status
from harness.wording import reasons_in

UNTESTED_TOLD = 50  # cases that could not be tested, told by name; all are counted

_INDEX = re.compile(r"\[\d+\]")
_URL = re.compile(r"https?://[^\s'\"]*|'[^']*'|\"[^\"]*\"|\d+")
_WHOLE = ("outcome", "reason", "type", "events")  # differences of which both sides say what kind it is
_BY_STANDARD = ("oracle", "reason", "deviation")

Kind = frozenset[str]


def kind_of(result: CaseFinished) -> Kind:
    """Return what is wrong in a failure, apart from the particulars: first of all where it left the standard."""
    found = result.verdict.differences
    by_standard = tuple(difference for difference in found if difference.where.startswith(_BY_STANDARD))
    return frozenset(map(_kind, by_standard or found))


def _kind(difference: Difference) -> str:
    where = _INDEX.sub("", difference.where)
    if where.rpartition(".")[2] in _WHOLE:
        return f"{where}: {difference.expected}, not {difference.observed}"
    if where == "deviation":
        return f"{where}: {difference.expected.partition(':')[0]}"
    return f"{where}: {_URL.sub('…', difference.observed)}" if where == "oracle.wire" else where


@dataclass(frozen=True)
class Disagreement:
    """A kind of disagreement in one engine: the smallest case that shows it, and how many did.

    ``shrunk`` tells whether the case was made as small as it can be; ``note`` says why it was not.
    """

    engine: str
    kind: Kind
    smallest: CaseFinished
    found_as: str
    count: int = 1
    shrunk: bool = False
    note: str = ""

    @property
    def word(self) -> str:
        """The case in one word."""
        return casefile.to_word(self.smallest.case.scenario)

    @property
    def replay(self) -> str:
        """The command that runs the case again."""
        return f"corsproof replay '{self.word}' -b {self.engine}"

    def made_small(self, result: CaseFinished | None, note: str) -> Disagreement:
        """Return it with a smaller case, or with none and the reason."""
        return replace(self, smallest=result or self.smallest, shrunk=not note, note=note)

    def counted(self, count: int) -> Disagreement:
        """Return it with another count."""
        return replace(self, count=count)


@dataclass
class Words:
    """How often an engine blocked a case that was sent; said why; and meant a reason of the oracle's."""

    blocked: int = 0
    said: int = 0
    mapped: int = 0


@dataclass
class Findings:
    """What a run came to so far."""

    reasons: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    known: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    words: dict[str, Words] = field(default_factory=lambda: defaultdict(Words))
    untested: list[CaseFinished] = field(default_factory=list)
    disagreements: dict[tuple[str, Kind], Disagreement] = field(default_factory=dict)
    _foretold: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, CaseFinished):
            self._count(event)

    @property
    def cases(self) -> int:
        """How many cases were foretold by the oracle and asked of some engine."""
        return len(self._foretold)

    def _count(self, event: CaseFinished) -> None:
        engine, verdict = event.engine, event.verdict
        self.statuses[engine][verdict.status.value] += 1
        self.outcomes[engine].update(outcome.value for outcome in verdict.outcomes)
        name = event.case.scenario.id
        if event.planned is not None and name not in self._foretold:
            self._foretold.add(name)
            self.reasons.update({seen.reason for seen in event.planned.expectation.seen if seen.reason})
        if verdict.status is Status.KNOWN:
            self.known[engine].update(_rules(verdict.cause))
        if verdict.status in UNTESTED and len(self.untested) < UNTESTED_TOLD:
            self.untested.append(event)
        if verdict.status is Status.FAIL:
            self._disagree(event)
        self._hear(event)

    def _disagree(self, event: CaseFinished) -> None:
        key = event.engine, kind_of(event)
        before = self.disagreements.get(key)
        if before is None:
            self.disagreements[key] = Disagreement(*key, event, event.case.scenario.id)
            return
        smaller = _size(event) < _size(before.smallest)
        kept = replace(before, smallest=event, found_as=event.case.scenario.id) if smaller else before
        self.disagreements[key] = replace(kept, count=before.count + 1)

    def _hear(self, event: CaseFinished) -> None:
        """Count the blocks of which it is certain what the browser's words are about."""
        blocked = [
            prediction
            for outcome, prediction in zip(event.verdict.outcomes, event.predicted, strict=False)
            if outcome is Outcome.BLOCKED
        ]
        if len(blocked) == 1 and event.observation.exchanges:
            words, told = self.words[event.engine], reasons_in(event.engine, event.observation.sayings)
            if event.verdict.status is not Status.KNOWN:  # there the verdict has compared them with the engine's own
                told &= blocked[0].reasons
            words.blocked += 1
            words.said += bool(event.observation.sayings)
            words.mapped += bool(told)


def _rules(cause: str) -> Iterator[str]:
    return (part.partition(":")[0] for part in cause.split("; ") if ":" in part.partition(" ")[0])


def _size(event: CaseFinished) -> tuple[int, int, int]:
    return cost(casefile.to_json(event.case.scenario))
