"""What results come to in a few words, and where they differ: between engines, and between hook sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
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


def wordings(results: Iterable[CaseFinished]) -> dict[str, Wording]:
    """Return, for each engine, how often it said the oracle's reason for a block."""
    found: dict[str, Wording] = {}
    for result in results:
        if result.observation.exchanges and result.verdict.outcomes[-1:] == (Outcome.BLOCKED,):
            before = found.get(result.engine, Wording())
            told = worded(result)
            if result.verdict.status is not Status.KNOWN:  # there the verdict has compared them with the engine's own
                told &= result.predicted[-1].reasons
            found[result.engine] = Wording(before.blocked + 1, before.worded + bool(told))
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


@dataclass(frozen=True)
class Sighting:
    """What one engine came to in one case, in a few words."""

    family: str
    scenario: str
    api: str
    repeat: int
    engine: str
    hooks: str
    sight: str


def hook_set_differences(results: Iterable[CaseFinished]) -> tuple[HookSetDifference, ...]:
    """Return the scenarios that come to different ends under different hook sets, in any engine."""
    return differences_of(
        Sighting(
            result.case.scenario.family,
            result.case.scenario.id,
            result.case.api.value,
            result.case.repeat,
            result.engine,
            result.case.hooks,
            sight(result),
        )
        for result in results
    )


def differences_of(sightings: Iterable[Sighting]) -> tuple[HookSetDifference, ...]:
    """Return the same of what was seen, wherever it was written down."""
    seen: dict[tuple[str, str, str, int], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for one in sightings:
        seen[one.family, one.scenario, one.api, one.repeat][one.engine][one.hooks] = one.sight
    return tuple(
        HookSetDifference(*key[:3], {engine: dict(by_hooks) for engine, by_hooks in engines.items()})
        for key, engines in seen.items()
        if any(len(set(by_hooks.values())) > 1 for by_hooks in engines.values())
    )


def engine_disagreements(results: Iterable[CaseFinished]) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return, by scenario, hook set and interface, what each engine saw, where they did not all see the same.

    An engine that did not see the same each time is told with all that it saw.
    """
    seen: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        sights = seen[result.case.scenario.id, result.case.hooks, result.case.api.value][result.engine]
        if (said := sight(result)) not in sights:
            sights.append(said)
    joined = {key: {name: " and ".join(said) for name, said in engines.items()} for key, engines in seen.items()}
    return {key: by_engine for key, by_engine in joined.items() if _differ(by_engine)}


def _differ(by_engine: dict[str, str]) -> bool:
    return len(set(by_engine.values())) > 1 or any(" and " in said for said in by_engine.values())
