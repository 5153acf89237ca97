"""Scripted browsers, and cases that they can send, for tests of the differential test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hasty import hasty
from literal_cases import ORIGINS

from harness import casefile, deviations, literal, plan, scenario, wire
from harness.capabilities import missing
from harness.engines import Browser, EngineChoice, EngineName, Launch
from harness.engines.scripted import Deviant, ScriptedBrowser
from harness.fuzzing.generating import scenarios
from harness.plan import Planned
from harness.runner import Launcher, Order
from harness.scenario import LITERAL, Scenario

# What the source of a case is written with.
NAMES = {**vars(literal), **vars(scenario), **vars(wire)}
CHROMIUM = EngineChoice(EngineName.CHROMIUM)


def planned(case: Scenario) -> Planned:
    """Return a case as a run would plan it, at origins that no site has."""
    return plan.plan(plan.Case(case, LITERAL, case.apis[0], LITERAL), ORIGINS)


def reasons(case: Scenario) -> set[str]:
    """Return the reasons for which the oracle refuses any of a case's requests."""
    return {seen.reason for seen in planned(case).expectation.seen} - {""}


def for_scripted(seed: int, count: int) -> Iterator[Scenario]:
    """Yield the cases of a seed that a scripted browser can send, in the place of one that can be asked for them."""
    return (
        case for case in scenarios(seed, count) if _suits_h11(case) and not missing(CHROMIUM.name, case, case.apis[0])
    )


def _suits_h11(case: Scenario) -> bool:
    """Tell whether the scripted browser's HTTP client, which is stricter than browsers, takes all of it.

    It wants no VT and no FF in values, and no blank at their end, which an empty value leaves when it is joined.
    """
    text = json.dumps(casefile.to_json(case))
    names = [name.lower() for step in case.steps for name, value in step.headers]
    joined = any(
        not value.strip() and names.count(name.lower()) > 1 for step in case.steps for name, value in step.headers
    )
    return not joined and not any(byte in text for byte in ("\\u000b", "\\f"))


def playing(deviant: Deviant | None = None) -> Launcher:
    """Launch scripted browsers that leave the standard as their engine is known to, and then as a deviant does."""

    def launch(name: EngineName, how: Launch) -> Browser:
        version = ScriptedBrowser(name, how)
        try:
            rules = deviations.model(deviations.rules_for(name.value, version.info.version))
        finally:
            version.close()
        made: Browser = hasty(name, how, rules=rules, deviant=deviant)
        return made

    return launch


def order(cases: Iterable[Scenario], deviant: Deviant | None = None, **more: Any) -> Order:
    """Order cases on a scripted browser by the name of Chromium."""
    return Order(tuple(plan.cases(cases, [LITERAL])), (CHROMIUM,), launcher=playing(deviant), **more)
