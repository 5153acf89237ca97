"""Negative controls: every broken variant of the hooks is caught, by name, in every engine."""

from __future__ import annotations

from collections import defaultdict

import pytest

import server_site
from harness import catalog, plan, runner
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, EngineUnavailable, HarnessFault
from harness.ground import Ground
from harness.runner import Order
from harness.verdict import Blame, Status

pytestmark = pytest.mark.browser

VARIANTS = tuple(f"broken:{name}" for name in server_site.BROKEN)
IDS = {
    "get",
    "post-json",
    "put",
    "put-json",
    "unknown-url-put",
    "unknown-url-get",
    "error-get",
    "credentials-include-get",
}
# Which of these scenarios each variant must spoil, and which it must leave alone.
CAUGHT = {
    "preflight-404": ({"put", "post-json", "unknown-url-put"}, {"get", "error-get", "credentials-include-get"}),
    "preflight-401": ({"put", "post-json", "unknown-url-put"}, {"get", "error-get", "credentials-include-get"}),
    "no-allow-origin": ({"get", "put", "error-get", "unknown-url-get", "credentials-include-get"}, set()),
    "no-allow-methods": ({"put", "post-json", "unknown-url-put"}, {"get", "error-get"}),
    "doubled-allow-origin": ({"get", "put", "error-get", "credentials-include-get"}, set()),
    "trailing-slash": ({"get", "put", "error-get", "credentials-include-get"}, set()),
    "wildcard-credentials": ({"get", "put", "error-get", "credentials-include-get"}, set()),
    "origin-list": ({"get", "put", "error-get", "credentials-include-get"}, set()),
    "preflight-redirect": ({"put", "post-json", "unknown-url-put"}, {"get", "error-get"}),
    "errors-without-cors": ({"error-get", "unknown-url-get", "unknown-url-put"}, {"get", "put", "post-json"}),
    "closed-in-preflight": ({"put", "post-json", "unknown-url-put"}, {"get", "error-get"}),
}


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str], dict[str, list[CaseFinished]]]:
    """Run all variants at once; return results by engine and variant, then by scenario."""
    scenarios = [scenario for scenario in catalog.load("hooks") if scenario.id in IDS]
    order = Order(tuple(plan.cases(scenarios, ("published", *VARIANTS))), tuple(map(EngineChoice, EngineName)))
    apis = {name: (lambda name=name: server_site.create_app(name)) for name in ("published", *VARIANTS)}
    found: dict[tuple[str, str], dict[str, list[CaseFinished]]] = defaultdict(lambda: defaultdict(list))
    with Ground(apis) as ground:
        for event in runner.run(order, ground):
            assert not isinstance(event, HarnessFault | EngineUnavailable), event
            if isinstance(event, CaseFinished):
                found[event.engine, event.case.hooks][event.case.scenario.id].append(event)
    return found


@pytest.mark.parametrize("engine", EngineName)
@pytest.mark.parametrize("variant", CAUGHT)
def test_a_broken_variant_is_caught_and_the_application_blamed(
    variant: str, engine: EngineName, verdicts: dict[tuple[str, str], dict[str, list[CaseFinished]]]
) -> None:
    """Each fault spoils what it must, is the application's, and spoils nothing else."""
    spoiled, untouched = CAUGHT[variant]
    by_scenario = verdicts[engine.value, f"broken:{variant}"]
    assert set(by_scenario) == IDS
    for scenario in spoiled:
        assert {event.verdict.status for event in by_scenario[scenario]} == {Status.FAIL}, scenario
        assert {event.verdict.blame for event in by_scenario[scenario]} == {Blame.APPLICATION}, scenario
    for scenario in untouched:
        assert {event.verdict.status for event in by_scenario[scenario]} == {Status.PASS}, scenario


@pytest.mark.parametrize("engine", EngineName)
def test_the_sound_hooks_pass_the_same_scenarios(
    engine: EngineName, verdicts: dict[tuple[str, str], dict[str, list[CaseFinished]]]
) -> None:
    """The control of the control: `published` itself fails none of them."""
    events = [event for listed in verdicts[engine.value, "published"].values() for event in listed]
    assert len(events) == 2 * len(IDS)
    assert {event.verdict.status for event in events} == {Status.PASS}


def test_every_variant_has_its_row() -> None:
    """No variant of the registry is left without a control."""
    assert {f"broken:{name}" for name in CAUGHT} == set(VARIANTS)
