"""What results come to in a few words, and where they differ: between engines, and between hook sets."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.events import CaseFinished
from harness.scenario import Outcome
from harness.verdict import Status
from harness.wording import reasons_in

_BLOCKED = {
    "request": "blocked before any request",
    "preflight": "blocked at the preflight",
    "actual": "blocked after the request",
}


def blocked_at(result: CaseFinished) -> str | None:
    """Say which request was refused, ``preflight`` or ``actual``, or that there was none: ``request``.

    None where the last step was not blocked.
    """
    outcomes, exchanges = result.verdict.outcomes, result.observation.exchanges
    if not outcomes or outcomes[-1] is not Outcome.BLOCKED:
        return None
    if exchanges:
        return exchanges[-1].kind.value
    where = result.predicted[-1].where if result.predicted else "request"
    return {"request": "request", "preflight": "preflight"}.get(where.partition(" ")[0], "actual")


def blocked_sight(where: str) -> str:
    """Say in words which request was refused, as `blocked_at` names it."""
    return _BLOCKED[where]


def sight(result: CaseFinished) -> str:
    """Say what the last step came to, such as ``allowed 404`` or ``blocked at the preflight``."""
    if not result.verdict.outcomes:
        return result.verdict.status.value
    if refused := blocked_at(result):
        return blocked_sight(refused)
    told = result.observation.page or result.predicted  # the oracle has no page
    status = told[-1].status if told else None
    outcome = result.verdict.outcomes[-1].value
    return f"{outcome} {status}" if status else outcome


@dataclass(frozen=True)
class Wording:
    """How many cases of an engine were sent and blocked; for how many its own words can mean the oracle's reason."""

    blocked: int = 0
    worded: int = 0


def wordings(sightings: Mapping[Sighting, int]) -> dict[str, Wording]:
    """Return, for each engine, how often it said the oracle's reason for a block."""
    found: dict[str, Wording] = {}
    for one, count in sightings.items():
        if one.is_worded is not None:
            before = found.get(one.engine, Wording())
            found[one.engine] = Wording(before.blocked + count, before.worded + count * one.is_worded)
    return found


def worded(result: CaseFinished) -> frozenset[str]:
    """Return the oracle's reasons that the browser's own words can mean."""
    return reasons_in(result.engine, result.observation.sayings)


@dataclass(frozen=True)
class HookSetDifference:
    """One scenario through one interface: for each engine, what it comes to under each hook set."""

    family: str
    scenario: str
    api: str
    engines: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one engine came to in one case, in a few words; what is left of a result when it has been told.

    Repeats that come to the same are the same sighting: they are counted, and take no more memory than one.
    ``is_worded``: whether the browser's own words can mean the oracle's reason, of a block that the wire shows.
    """

    family: str
    scenario: str
    api: str
    engine: str
    hooks: str
    sight: str
    status: Status = Status.PASS
    cause: str = ""
    is_worded: bool | None = None


def sighting(result: CaseFinished) -> Sighting:
    """Return what a result came to."""
    case, verdict = result.case, result.verdict
    said: bool | None = None
    if result.observation.exchanges and verdict.outcomes[-1:] == (Outcome.BLOCKED,):
        told = worded(result)
        if verdict.status is not Status.KNOWN:  # there the verdict has compared them with the engine's own
            told &= result.predicted[-1].reasons
        said = bool(told)
    key = (case.scenario.family, case.scenario.id, case.api.value, result.engine, case.hooks)
    return Sighting(*key, sys.intern(sight(result)), verdict.status, sys.intern(verdict.cause), said)


def hook_set_differences(sightings: Iterable[Sighting]) -> tuple[HookSetDifference, ...]:
    """Return the scenarios that come to different ends under different hook sets, in any engine."""
    seen: dict[tuple[str, str, str], dict[str, dict[str, dict[str, None]]]] = defaultdict(lambda: defaultdict(dict))
    for one in sightings:
        seen[one.family, one.scenario, one.api][one.engine].setdefault(one.hooks, {})[one.sight] = None
    return tuple(
        HookSetDifference(*key, {engine: _joined(by_hooks) for engine, by_hooks in engines.items()})
        for key, engines in seen.items()
        if any(len({tuple(sights) for sights in by_hooks.values()}) > 1 for by_hooks in engines.values())
    )


def _joined(sights: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Tell what was not the same each time with all that it was."""
    return {name: " and ".join(said) for name, said in sights.items()}


def hook_set_lines(sightings: Iterable[Sighting]) -> Iterator[str]:
    """Say per family what the hook sets make of the same scenarios, and in which engines."""
    families: dict[tuple[str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for difference in hook_set_differences(sightings):
        for engine, by_hooks in difference.engines.items():
            ends = tuple(f"{hooks} {sight}" for hooks, sight in by_hooks.items())
            families[difference.family, ends][engine] += 1
    for (family, ends), counts in sorted(families.items()):
        where = ", ".join(f"{count} in {engine}" for engine, count in counts.items())
        yield f"{family}: {' · '.join(ends)} ({where})"


def engine_disagreements(sightings: Iterable[Sighting]) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return, by scenario, hook set and interface, what each engine saw, where they did not all see the same.

    An engine that did not see the same each time is told with all that it saw.
    """
    seen: dict[tuple[str, str, str], dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for one in sightings:
        seen[one.scenario, one.hooks, one.api][one.engine][one.sight] = None
    joined = {key: _joined(engines) for key, engines in seen.items()}
    return {key: by_engine for key, by_engine in joined.items() if _differ(by_engine)}


def _differ(by_engine: dict[str, str]) -> bool:
    return len(set(by_engine.values())) > 1 or any(" and " in said for said in by_engine.values())
