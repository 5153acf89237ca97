"""Exit codes: "CORS is wrong" never looks like "we could not test"."""

from __future__ import annotations

import pytest
from made_events import INFO, finished, whole_run

from harness.events import EngineReady, EngineUnavailable, Event, HarnessFault, RunFinished, RunStarted
from harness.tally import Exit, Tally
from harness.verdict import Status, Verdict

GOOD = finished("get")


def ended(status: Status) -> list[Event]:
    """Return a run with one good result and one of this status."""
    return whole_run(GOOD, finished("put", verdict=Verdict(status)))


RUNS: dict[str, tuple[list[Event], Exit]] = {
    "all-pass": (ended(Status.PASS), Exit.AS_EXPECTED),
    "known": (ended(Status.KNOWN), Exit.AS_EXPECTED),
    "skipped": (ended(Status.SKIPPED), Exit.AS_EXPECTED),
    "fail": (ended(Status.FAIL), Exit.FINDINGS),
    "inconclusive": (ended(Status.INCONCLUSIVE), Exit.NOT_TESTED),
    "crash": (ended(Status.CRASH), Exit.NOT_TESTED),
    "timeout": (ended(Status.TIMEOUT), Exit.NOT_TESTED),
    "fail-and-crash": ([*ended(Status.FAIL)[:-1], *ended(Status.CRASH)], Exit.NOT_TESTED),
    "harness-fault": ([HarnessFault("chromium", "x", "y"), *ended(Status.PASS)], Exit.NOT_TESTED),
    "canary-failed": (whole_run(GOOD, failures=("canary-open-simple: …",)), Exit.NO_BROWSER),
    "canary-failed-beside-failures": (
        whole_run(finished("put", verdict=Verdict(Status.FAIL)), failures=("…",)),
        Exit.NO_BROWSER,
    ),
    "required-engine-missing": ([EngineUnavailable("webkit", "x"), *ended(Status.PASS)], Exit.NO_BROWSER),
    "optional-engine-missing": (
        [EngineUnavailable("webkit", "x", required=False), *ended(Status.PASS)],
        Exit.AS_EXPECTED,
    ),
    "no-engine-at-all": (
        [RunStarted(("webkit",), 1), EngineUnavailable("webkit", "x", required=False), RunFinished(False, 0.1)],
        Exit.NO_BROWSER,
    ),
    "engine-that-did-nothing": ([EngineReady("chromium", INFO), RunFinished(False, 0.1)], Exit.NO_BROWSER),
    "interrupted": (whole_run(GOOD, interrupted=True), Exit.INTERRUPTED),
    "interrupted-with-failures": (
        whole_run(finished("put", verdict=Verdict(Status.FAIL)), interrupted=True),
        Exit.INTERRUPTED,
    ),
}


@pytest.mark.parametrize(("events", "code"), RUNS.values(), ids=RUNS)
def test_the_gravest_reason_gives_the_exit_code(events: list[Event], code: Exit) -> None:
    """Each kind of end has its code."""
    tally = Tally()
    for event in events:
        tally(event)
    assert tally.exit is code


def test_totals_count_every_status() -> None:
    """All statuses are there, also those that nothing has."""
    tally = Tally()
    for event in ended(Status.FAIL):
        tally(event)
    assert tally.totals == {
        "results": 2,
        "pass": 1,
        "fail": 1,
        "known": 0,
        "skipped": 0,
        "inconclusive": 0,
        "crash": 0,
        "timeout": 0,
    }
