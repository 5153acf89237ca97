"""Negative controls: every broken variant of the hooks is caught, by name, in every engine."""

from __future__ import annotations

from collections import defaultdict

import pytest
from spoils import IDS, SPOILED

import server_site
from harness import catalog, plan, runner
from harness.commands.staging import NAMES, add_apis
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, EngineUnavailable, HarnessFault
from harness.ground import Ground
from harness.runner import Order
from harness.verdict import Blame, Status

pytestmark = pytest.mark.browser

VARIANTS = tuple(f"broken:{name}" for name in server_site.BROKEN)
SOUND = ("published", "hardened")

Verdicts = dict[tuple[str, str], dict[str, list[CaseFinished]]]


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """Run all variants at once; return results by engine and variant, then by scenario."""
    scenarios = [scenario for scenario in catalog.load("hooks") if scenario.id in IDS]
    order = Order(tuple(plan.cases(scenarios, (*SOUND, *VARIANTS))), tuple(map(EngineChoice, EngineName)))
    found: Verdicts = defaultdict(lambda: defaultdict(list))
    with Ground({}, names=NAMES) as ground:
        add_apis(ground, (*SOUND, *VARIANTS))
        for event in runner.run(order, ground):
            assert not isinstance(event, HarnessFault | EngineUnavailable), event
            if isinstance(event, CaseFinished):
                found[event.engine, event.case.hooks][event.case.scenario.id].append(event)
    return found


@pytest.mark.parametrize("engine", EngineName)
@pytest.mark.parametrize("variant", server_site.BROKEN)
def test_a_broken_variant_is_caught_and_the_application_blamed(
    variant: str, engine: EngineName, verdicts: Verdicts
) -> None:
    """Each fault spoils what it must, is the application's, and spoils nothing else."""
    by_scenario = verdicts[engine.value, f"broken:{variant}"]
    assert set(by_scenario) == IDS
    for scenario in IDS:
        spoiled = scenario in SPOILED[variant]
        judged = {(event.verdict.status, event.verdict.blame) for event in by_scenario[scenario]}
        assert judged == {(Status.FAIL, Blame.APPLICATION) if spoiled else (Status.PASS, None)}, scenario


@pytest.mark.parametrize("engine", EngineName)
@pytest.mark.parametrize("hooks", SOUND)
def test_the_sound_hooks_pass_the_same_scenarios(hooks: str, engine: EngineName, verdicts: Verdicts) -> None:
    """The control of the control: sound hooks fail none of them."""
    events = [event for listed in verdicts[engine.value, hooks].values() for event in listed]
    assert len(events) == 2 * len(IDS)
    assert {event.verdict.status for event in events} == {Status.PASS}


def test_every_variant_has_its_row() -> None:
    """No variant of the registry is left without a control."""
    assert set(SPOILED) == set(server_site.BROKEN)
