"""The walkthrough: what is told is what decided, for every case that there is, and in words that name the case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_events import SCENARIOS, FixedOrigins, finished

from harness import catalog, plan
from harness.foresight import foretell
from harness.oracle import Readable
from harness.prediction import predict
from harness.scenario import LITERAL
from harness.walkthrough import Mark, Teller, Told, walkthrough

HOOKS = [(scenario.id, hooks) for scenario in SCENARIOS.values() for hooks in scenario.expect]


def told(scenario: str, hooks: str = "published") -> tuple[Told, ...]:
    """Walk through a made case."""
    event = finished(scenario, hooks, api=SCENARIOS[scenario].apis[0])
    assert event.planned is not None
    return walkthrough(event.planned, event.observation.page, event.observation.exchanges)


@pytest.mark.parametrize("hooks", sorted({hooks for _, hooks in HOOKS}))
def test_a_step_refuses_exactly_where_the_oracle_does(hooks: str) -> None:
    """For every scenario under every hook set: the reason's clause stands in a step that refuses, or none refuses."""
    for name in (name for name, other in HOOKS if other == hooks):
        event = finished(name, hooks, api=SCENARIOS[name].apis[0])
        assert event.planned is not None
        last = predict(event.planned, event.observation.page, event.observation.exchanges)[-1]
        refused = [step for step in told(name, hooks) if step.mark is Mark.REFUSED]
        if last.reason:
            assert last.clause in [step.clause for step in refused], name
        elif last.outcome is not None:
            assert refused == [], name


def test_telling_changes_nothing() -> None:
    """Every literal case of the suite `browsers`, walked with the teller's rules: the very same predictions."""
    for scenario in catalog.load("browsers"):
        for case in plan.cases([scenario], [LITERAL]):
            planned = plan.plan(case, FixedOrigins())
            teller = Teller()
            silent = foretell(planned.unit, planned.turns, planned.places)
            aloud = foretell(planned.unit, planned.turns, planned.places, teller.rules())
            assert aloud == silent, scenario.id
            read = isinstance(silent[-1].outcome, Readable)
            assert not (read and any(step.mark is Mark.REFUSED for step in teller.told)), scenario.id


def test_a_preflighted_request_is_told_in_its_order() -> None:
    """From the origin to what script reads; each with its clause, none with a token."""
    steps = told("put-json")
    assert [step.title for step in steps] == [
        "A cross-origin request",
        "It needs a preflight",
        "The preflight is sent",
        "Preflight's answer: may this origin?",
        "Preflight's answer: is its status one of 200 to 299?",
        "Preflight's answer: is the method allowed?",
        "Preflight's answer: are the headers allowed?",
        "The preflight is remembered",
        "The request itself is sent",
        "Its answer: may this origin read it?",
        "Script reads the answer",
        "Headers that script does not see",
    ]
    assert "because PUT is neither GET, HEAD nor POST, and because `content-type: application/json`" in steps[1].text
    assert all(step.clause.startswith("https://fetch.spec.whatwg.org/#") for step in steps)
    assert not any("corsproof=" in step.text for step in steps)


SAID = {
    "simple": ("get", "published", "A simple request: no preflight", "GET is a simple method"),
    "hidden": ("readable-headers", "published", "Headers that script does not see", "x-served-by"),
    "cookies": ("credentials-include-get", "hardened", "The request itself is sent", "Cookies may go with it"),
    "no-cookies": ("get", "published", "The request itself is sent", "No cookie goes with it"),
}


@pytest.mark.parametrize(("scenario", "hooks", "title", "text"), SAID.values(), ids=SAID)
def test_what_matters_is_said(scenario: str, hooks: str, title: str, text: str) -> None:
    """The particulars of a case are in the step that is about them."""
    steps = [step for step in told(scenario, hooks) if step.title == title]
    assert steps
    assert text.lower() in steps[0].text.lower()


def test_another_request_than_the_standards_is_told() -> None:
    """A browser that sent another origin than the standard has it: the difference is a step, without the token."""
    event = finished("get")
    assert event.planned is not None
    (exchange,) = event.observation.exchanges
    headers = tuple((name, "null" if name == "origin" else value) for name, value in exchange.request_headers)
    steps = walkthrough(event.planned, event.observation.page, (replace(exchange, request_headers=headers),))
    assert steps[-1].title == "This browser did otherwise than the standard"
    assert "origin" in steps[-1].text


def test_nothing_reported_is_nothing_told() -> None:
    """Without a result of the page there is no walk."""
    event = finished("get")
    assert event.planned is not None
    assert walkthrough(event.planned, (), event.observation.exchanges) == ()
