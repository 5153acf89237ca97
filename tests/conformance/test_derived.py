"""What follows from a policy, asked by real pages of an app that enforces it, and of one that lets everybody in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue

import server_site
from harness import deriving, runner
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, EngineLost, EngineUnavailable, HarnessFault
from harness.ground import Ground
from harness.runner import Order
from harness.scenario import Outcome
from harness.verdict import Blame, Status
from server_site.hooks.hardened import Override, Policy, install

pytestmark = pytest.mark.browser

POLICY = Policy(
    ("https://app.example.com", "http://*.eu.example.com:8080"),
    methods=("GET", "PUT"),
    request_headers=("Content-Type", "X-One"),
    credentials=True,
    exposed_headers=("X-Total-Count",),
    allow_plain_http=True,
    overrides=(
        Override(endpoint="status", origins=("*",), credentials=False, methods=("*",), request_headers=("*", "X-One")),
        Override(path="/admin", closed=True),
    ),
)

Results = dict[tuple[str, str], list[CaseFinished]]


@dataclass(frozen=True)
class Route:
    """A route as derivation takes it."""

    path: str
    methods: tuple[str, ...]
    endpoint: str
    template: str


ROUTES = (
    Route("/items", ("GET", "HEAD", "POST", "PUT", "DELETE"), "items", "/items"),
    Route("/status", ("GET", "PATCH"), "status", "/status"),
    Route("/admin", ("GET",), "admin", "/admin"),
    Route("/old", ("GET",), "old", "/old"),
)
SCENARIOS = deriving.derive(POLICY, ROUTES, active=True)


def enforcing() -> Flask:
    """Make an app that enforces the policy, with an answer of each kind."""
    app = Flask("enforcing", static_folder=None)
    install(app, POLICY)
    headers = {"X-Total-Count": "1", "X-Secret": "1", "Cache-Control": "no-store"}
    views: dict[str, Callable[[], ResponseReturnValue]] = {
        "items": lambda: ("items", headers),
        "status": lambda: ("broken", 500, headers),
        "admin": lambda: "admin",
        "old": lambda: ("", 302, {"Location": "https://elsewhere.test/"}),
    }
    for route in ROUTES:
        app.add_url_rule(route.template, route.endpoint, views[route.endpoint], methods=list(route.methods))
    return app


@pytest.fixture(scope="module")
def results() -> Results:
    """Ask everything in every engine, in one run; return results by engine and app."""
    neighbours = [scenario for scenario in SCENARIOS if scenario.family == "neighbour"]
    cases = (*deriving.cases(SCENARIOS, "enforcing"), *deriving.cases(neighbours, "reflecting"))
    found: Results = defaultdict(list)
    with Ground({"enforcing": enforcing, "reflecting": server_site.create_app}) as ground:
        for event in runner.run(Order(cases, tuple(map(EngineChoice, EngineName))), ground):
            assert not isinstance(event, HarnessFault | EngineUnavailable | EngineLost), event
            if isinstance(event, CaseFinished):
                found[event.engine, event.case.hooks].append(event)
    return found


@pytest.mark.parametrize("engine", EngineName)
def test_what_is_enforced_is_proven(engine: EngineName, results: Results) -> None:
    """Every scenario passes in every engine: errors, redirects, exposure and overrides included."""
    events = results[engine.value, "enforcing"]
    wrong = [(event.case.scenario.id, event.verdict) for event in events if event.verdict.status is not Status.PASS]
    assert wrong == []
    assert Counter(event.case.scenario.id for event in events) == Counter(scenario.id for scenario in SCENARIOS)


@pytest.mark.parametrize("engine", EngineName)
def test_who_reflects_origins_is_caught_by_every_neighbour(engine: EngineName, results: Results) -> None:
    """Negative control: pages on each origin that must be kept out read, and the application is blamed."""
    events = results[engine.value, "reflecting"]
    assert len(events) > 15
    judged = {(event.verdict.status, event.verdict.blame, event.verdict.outcomes) for event in events}
    assert judged == {(Status.FAIL, Blame.APPLICATION, (Outcome.ALLOWED,))}


@pytest.mark.parametrize("engine", EngineName)
def test_each_kind_of_answer_was_seen(engine: EngineName, results: Results) -> None:
    """The control of the controls: what was expected and seen has every outcome, and pages were where they say."""
    events = results[engine.value, "enforcing"]
    outcomes = {outcome for event in events for outcome in event.verdict.outcomes}
    assert outcomes == {Outcome.ALLOWED, Outcome.BLOCKED, Outcome.OPAQUE}
    origins = {event.observation.page[0].origin for event in events}
    assert origins == {scenario.page for scenario in SCENARIOS}
    assert {"https://app.example.com.", "http://two.one.eu.example.com:8080", "null"} <= origins
