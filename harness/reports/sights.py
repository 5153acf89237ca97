"""What results come to in a few words, and where they differ: between engines, and between hook sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.events import CaseFinished
from harness.scenario import Outcome


def blocked_at(result: CaseFinished) -> str | None:
    """Say which request was refused, ``preflight`` or ``actual``; None where the last step was not blocked."""
    outcomes, exchanges = result.verdict.outcomes, result.observation.exchanges
    if not outcomes or outcomes[-1] is not Outcome.BLOCKED or not exchanges:
        return None
    return exchanges[-1].kind.value


def sight(result: CaseFinished) -> str:
    """Say what the last step came to, such as ``allowed 404`` or ``blocked at the preflight``."""
    if not result.verdict.outcomes:
        return result.verdict.status.value
    if refused := blocked_at(result):
        return "blocked at the preflight" if refused == "preflight" else "blocked after the request"
    status = result.observation.page[-1].status
    outcome = result.verdict.outcomes[-1].value
    return f"{outcome} {status}" if status else outcome


@dataclass(frozen=True)
class HookSetDifference:
    """One scenario through one interface: for each engine, what it comes to under each hook set."""

    family: str
    scenario: str
    api: str
    engines: dict[str, dict[str, str]]


def hook_set_differences(results: Iterable[CaseFinished]) -> tuple[HookSetDifference, ...]:
    """Return the scenarios that come to different ends under different hook sets, in any engine."""
    seen: dict[tuple[str, str, str, int], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for result in results:
        scenario = result.case.scenario
        key = (scenario.family, scenario.id, result.case.api.value, result.case.repeat)
        seen[key][result.engine][result.case.hooks] = sight(result)
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
