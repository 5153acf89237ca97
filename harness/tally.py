"""The tally of a run: eats every event, counts, and says which exit code the run has earned (DESIGN 7).

"CORS is wrong" (1) never looks like "we could not test" (3 and 4). Knows neither runner nor reports.
"""

from __future__ import annotations

from collections import Counter
from enum import IntEnum

from harness.events import CanariesSung, CaseFinished, EngineUnavailable, Event, HarnessFault, RunFinished, RunStarted
from harness.verdict import UNTESTED, Status


class Exit(IntEnum):
    """Exit codes of the command."""

    AS_EXPECTED = 0
    FINDINGS = 1
    USAGE = 2
    NO_BROWSER = 3
    NOT_TESTED = 4
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class Tally:
    """Counts of one run."""

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self._planned = 0
        self._results: Counter[str] = Counter()
        self._canaries_failed = False
        self._required_missing = False
        self._fault = False
        self._interrupted = False

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case RunStarted():
                self._planned = event.cases
            case CaseFinished():
                self.count(event.engine, event.verdict.status)
            case CanariesSung():
                self._results[event.engine] += 0
                self._canaries_failed |= bool(event.failures)
            case EngineUnavailable():
                self._required_missing |= event.required
            case HarnessFault():
                self._fault = True
            case RunFinished():
                self._interrupted = event.interrupted

    def count(self, engine: str, status: Status) -> None:
        """Count one result of an engine."""
        self.statuses[status] += 1
        self._results[engine] += 1

    @property
    def totals(self) -> dict[str, int]:
        """How many results have each status, and how many there are."""
        return {"results": self.statuses.total(), **{status.value: self.statuses[status] for status in Status}}

    @property
    def exit(self) -> Exit:
        """The exit code, the gravest reason first."""
        if self._interrupted:
            return Exit.INTERRUPTED
        if self._canaries_failed or self._required_missing:
            return Exit.NO_BROWSER
        if self._fault or any(self.statuses[status] for status in UNTESTED):
            return Exit.NOT_TESTED
        if not self._results:
            return Exit.NO_BROWSER
        if any(count < self._planned for count in self._results.values()):
            return Exit.NOT_TESTED  # an engine that was at work has lost results
        return Exit.FINDINGS if self.statuses[Status.FAIL] else Exit.AS_EXPECTED
