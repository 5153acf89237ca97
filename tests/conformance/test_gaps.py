"""What engines cannot be asked is still so: each recorded gap shows when its case is asked all the same."""

from __future__ import annotations

import dataclasses

import pytest

import harness.live
from harness import capabilities
from harness.commands.staging import NAMES
from harness.engines import EngineChoice, EngineName
from harness.fuzzing.witness import witness
from harness.ground import Ground
from harness.literal import Answer, Role, Rule, Script
from harness.scenario import LITERAL, Api, Outcome, Scenario, Step
from harness.verdict import Status
from harness.wire import Kind

pytestmark = pytest.mark.browser

GRANTED = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "content-type"))
SHORT_MS = 1500


def redirected(step: Step, role: Role, status: int, location: str, api: Api) -> Scenario:
    """Make a scenario of one redirect, its preflight granted."""
    preflight = Rule((Answer(204, GRANTED),), Kind.PREFLIGHT, role=role)
    actual = Rule((Answer(status, (("Location", location), *GRANTED)),), Kind.ACTUAL, role=role)
    step = dataclasses.replace(step, deadline_ms=SHORT_MS)
    return Scenario("gap", "f", "s", (step,), {LITERAL: None}, apis=(api,), turns=(Script((preflight, actual)),))


STREAM = Step("POST", "{h2}/", body="x", body_kind="stream")
SHOWS = {
    "chromium-network-taken-away": (
        EngineName.CHROMIUM,
        redirected(STREAM, Role.H2, 303, "ssh://localhost", Api.FETCH),
        Status.CRASH,
        "the browser last said: Failed to fetch",
    ),
    "firefox-xhr-never-told": (
        EngineName.FIREFOX,
        redirected(Step("GET", "{api}/"), Role.API, 302, "{api2|:6667}/", Api.XHR),
        Status.TIMEOUT,
        "",
    ),
    "firefox-page-ended-for-mail": (
        EngineName.FIREFOX,
        redirected(Step("GET", "{cross}/", mode="no-cors"), Role.API, 302, "mailto:a@b.example", Api.FETCH),
        Status.CRASH,
        "the page's process crashed",
    ),
}


@pytest.mark.parametrize(("engine", "scenario", "status", "cause"), SHOWS.values(), ids=SHOWS)
def test_a_gap_still_shows(
    engine: EngineName, scenario: Scenario, status: Status, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked all the same, the case ends in the trouble for which it is left out; one like it does not."""
    monkeypatch.setattr(harness.live, "PATIENCE", 2.0)
    assert capabilities.missing(engine, scenario, scenario.apis[0])
    monkeypatch.setattr(capabilities.missing, "__defaults__", ((),))
    [turn] = scenario.turns
    [preflight, actual] = turn.rules
    harmless = Script((preflight, dataclasses.replace(actual, answers=(Answer(200, GRANTED),))))
    with Ground({}, names=NAMES) as ground, witness(EngineChoice(engine), ground) as asked:
        [control] = asked.ask([dataclasses.replace(scenario, turns=(harmless,))])
        [result] = asked.ask([scenario])
    assert control is not None
    assert control.verdict.status is Status.PASS
    assert control.verdict.outcomes[0] in (Outcome.ALLOWED, Outcome.OPAQUE)
    assert result is not None
    assert result.verdict.status is status
    assert cause in result.verdict.cause
