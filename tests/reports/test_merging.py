"""Shards put together: what they come to is what the whole would have come to; what does not belong is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_documents import a_fuzz, every_status, run_document
from made_events import INFO, finished, whole_run

from harness.engines import EngineName
from harness.errors import UsageError
from harness.events import CaseFinished, EngineReady, EngineUnavailable, Event, HarnessFault, RunFinished, RunStarted
from harness.reports.merging import merged, notes_of
from harness.tally import Exit
from harness.verdict import Status, Verdict

Json = dict[str, Any]
MEMBERS = ("results", "totals", "exit", "hook_set_differences", "wordings", "planned", "troubles", "kind", "tool")


def shards(results: list[CaseFinished], count: int, *more: Event) -> list[tuple[str, Json]]:
    """Return the documents of as many shards as `corsproof run --shard` would make of these results."""
    parts = [whole_run(*results[number::count]) for number in range(count)]
    made = [run_document(*part, *more, shard=(number, count)) for number, part in enumerate(parts, 1)]
    return [(f"{number}.json", document) for number, document in enumerate(made, 1)]


def essence(document: Json) -> Json:
    """Return what of a document does not depend on how it was divided."""
    told = {name: document[name] for name in MEMBERS}
    return told | {"results": sorted(told["results"], key=str), "hook_set_differences": sorted(
        told["hook_set_differences"], key=str)}  # fmt: skip


HOOKS = [
    finished("unknown-url-put", hooks, engine)
    for hooks in ("published", "decorator")
    for engine in ("chromium", "firefox")
]
WHOLES = {"every status": every_status(), "hook sets that differ": HOOKS, "green": [finished("get"), finished("put")]}


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("results", WHOLES.values(), ids=WHOLES)
def test_shards_merged_equal_the_whole(results: list[CaseFinished], count: int) -> None:
    """Results, totals, exit, and what is only seen where scenarios of several shards stand beside one another."""
    whole = run_document(*whole_run(*results))
    assert essence(merged(shards(results, count))) == essence(whole) | {"planned": len(results)}


GOOD = [finished("get"), finished("put")]
ENDS: dict[str, tuple[list[Event], Exit]] = {
    "all is well": ([], Exit.AS_EXPECTED),
    "a fault": ([HarnessFault("chromium", "x", "y")], Exit.NOT_TESTED),
    "a required engine missing": ([EngineUnavailable("webkit", "x")], Exit.NO_BROWSER),
    "an optional engine missing": ([EngineUnavailable("webkit", "x", required=False)], Exit.AS_EXPECTED),
    "interrupted": ([RunFinished(True, 1.0)], Exit.INTERRUPTED),
}


@pytest.mark.parametrize(("more", "code"), ENDS.values(), ids=ENDS)
def test_the_exit_is_that_of_the_tally(more: list[Event], code: Exit) -> None:
    """The gravest reason in any shard is that of the whole."""
    assert merged([*shards(GOOD[:1], 1), *shards(GOOD[1:], 1, *more)])["exit"] == code


def test_a_failure_in_one_shard_fails_the_whole() -> None:
    """And one that could not be tested is graver."""
    failed = finished("post-json", verdict=Verdict(Status.FAIL))
    crashed = finished("put-json", verdict=Verdict(Status.CRASH))
    assert merged(shards([*GOOD, failed], 2))["exit"] == Exit.FINDINGS
    assert merged(shards([*GOOD, failed, crashed], 2))["exit"] == Exit.NOT_TESTED


def test_an_engine_that_is_in_one_shard_only_has_lost_results() -> None:
    """What it did not run in the other was not tested."""
    other = run_document(*whole_run(finished("put"), finished("put", engine="firefox")))
    assert merged([*shards([finished("get")], 1), ("other", other)])["exit"] == Exit.NOT_TESTED


def test_a_failed_canary_is_never_merged_away() -> None:
    """Its engine cannot be believed in the whole either."""
    lying = run_document(*whole_run(finished("put"), failures=("canary-open-simple: wrong",)))
    whole = merged([*shards([finished("get")], 1), ("lying", lying)])
    assert whole["exit"] == Exit.NO_BROWSER
    assert whole["engines"][0]["canaries"] == {"asked": 8, "passed": 7, "failures": ["canary-open-simple: wrong"]}


def test_a_shard_that_is_missing_is_told() -> None:
    """And not everything was tested then."""
    whole = merged(shards(GOOD, 2)[:1])
    assert notes_of(whole) == ["shard 2/2 is missing"]
    assert whole["exit"] == Exit.NOT_TESTED


def test_other_builds_of_an_engine_are_told() -> None:
    """The whole names both, and is no failure for it."""
    newer = EngineReady("chromium", replace(INFO, name=EngineName.CHROMIUM, version="2.0.0"))
    other = run_document(RunStarted(("chromium",), 1), newer, finished("put"), RunFinished(False, 0.1))
    whole = merged([*shards([finished("get")], 1), ("2.json", other)])
    assert notes_of(whole) == ["chromium was not the same everywhere: 1.2.3 in 1.json, 2.0.0 in 2.json"]
    assert [info["version"] for info in whole["engines"]] == ["1.2.3, 2.0.0"]
    assert whole["exit"] == Exit.AS_EXPECTED


def by_another_version() -> list[tuple[str, Json]]:
    """Return two documents, one of them by a corsproof of later."""
    [first, (name, second)] = shards(GOOD, 2)
    return [first, (name, second | {"tool": {"name": "corsproof", "version": "9.9"}})]


REFUSED = {
    "twice": (
        lambda: [*shards(GOOD, 2), *shards(GOOD, 2)[:1]],
        "get · published · fetch · chromium is in 1.json and in 1",
    ),
    "another kind": (lambda: [*shards(GOOD, 1), ("f.json", a_fuzz())], "f.json is the document of corsproof fuzz"),
    "another version": (by_another_version, "several versions of corsproof: .*9.9"),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_belong_together_is_refused(make: Any, said: str) -> None:
    """With the file and the case that are in the way."""
    with pytest.raises(UsageError, match=said):
        merged(make())
