"""Shrinking: what is left shows the same, nothing of it can go, and no more is asked than is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from harness import casefile
from harness.fuzzing.generating import scenarios
from harness.fuzzing.shrinking import Limit, Shrunk, cost, shrink
from harness.literal import Answer, Rule, Script
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.wire import Kind

ENOUGH = Limit(100_000, 1.0, lambda: 0.0)
PLAIN = Script((Rule((Answer(200),)),))
OPEN = ("Access-Control-Allow-Origin", "{page}")
LARGE = Scenario(
    "large",
    "f",
    "s",
    (
        Step("PUT", "{api}/a?q=1", (("X-A", "1, 2, 3"), ("Accept", "text/html")), "abc", "include"),
        Step("DELETE", "{api}/0", (("X-B", "1"),), upload_listener=True),
        Step("QUERY", "{api}/a"),
    ),
    {LITERAL: None},
    page="null",
    apis=(Api.XHR,),
    turns=(
        Script(
            (Rule((Answer(204, (OPEN, ("Vary", "*"))),), Kind.PREFLIGHT, "/a"), Rule((Answer(404, (OPEN,), b"x"),)))
        ),
        Script(
            (
                Rule((Answer(302, (OPEN, ("Location", "{api2}/1?{token}"))),), path="/0"),
                Rule((Answer(307, (OPEN, ("Location", "{api}/2?{token}#f"))),), path="/1"),
                Rule((Answer(200, (OPEN, ("X-One", "one"))),), path="/2"),
            )
        ),
        PLAIN,
    ),
)


def one_by_one(holds: Callable[[Scenario], bool]) -> Callable[[Sequence[Scenario]], list[bool]]:
    """Make a judge of many of a judge of one."""
    return lambda scenarios: [holds(scenario) for scenario in scenarios]


def smallest(holds: Callable[[Scenario], bool], scenario: Scenario = LARGE) -> Shrunk:
    """Shrink without a limit."""
    shrunk = shrink(scenario, one_by_one(holds), ENOUGH)
    assert shrunk.done
    assert holds(shrunk.scenario)
    return shrunk


def fields_of(scenario: Scenario) -> list[tuple[str, str]]:
    """Return every header of every answer."""
    rules = (rule for script in scenario.turns for rule in script.rules)
    return [pair for rule in rules for answer in rule.answers if isinstance(answer, Answer) for pair in answer.headers]


def test_what_does_not_matter_goes() -> None:
    """Down to one step without anything, on the plainest page, by the plainest interface."""
    left = smallest(lambda scenario: True).scenario
    assert left.steps == (Step("GET", left.steps[0].url),)
    assert (left.page, left.apis) == ("http://localhost", (Api.FETCH,))
    assert left.turns == (PLAIN,) or (len(left.turns) == 1 and len(left.turns[0].rules) == 1)
    assert fields_of(left) == []


def any_step(holds: Callable[[Step], bool]) -> Callable[[Scenario], bool]:
    """Tell whether a step is as it is looked for."""
    return lambda scenario: any(map(holds, scenario.steps))


MATTERS = {
    "method": (lambda step: step.method == "DELETE", Step("DELETE", "{api}/0")),
    "header": (lambda step: "X-A" in dict(step.headers), Step("GET", "{api}/a", (("X-A", ""),))),
    "value": (lambda step: "2" in dict(step.headers).get("X-A", ""), Step("GET", "{api}/a", (("X-A", "2"),))),
    "credentials": (lambda step: step.credentials == "include", Step("GET", "{api}/a", credentials="include")),
    "body": (lambda step: step.body is not None, Step("GET", "{api}/a", body="")),
}


@pytest.mark.parametrize(("holds", "left"), MATTERS.values(), ids=MATTERS)
def test_what_matters_stays(holds: Callable[[Step], bool], left: Step) -> None:
    """One step with the one thing that matters, and as little of it as can be."""
    assert smallest(any_step(holds)).scenario.steps == (left,)


def test_a_listener_keeps_its_interface() -> None:
    """What only an XMLHttpRequest has is not left without one."""
    left = smallest(any_step(lambda step: step.upload_listener)).scenario
    assert left.apis == (Api.XHR,)


def test_answers_get_smaller_too() -> None:
    """Rules, fields, bodies, statuses; the page stays where it matters."""
    left = smallest(lambda s: s.page == "null" and ("X-One", "one") in fields_of(s)).scenario
    [script] = left.turns
    assert [rule.answers for rule in script.rules] == [(Answer(200, (("X-One", "one"),)),)]
    assert len(left.steps) == 1


def test_a_way_gets_shorter() -> None:
    """A hop is left out where the last one is what matters."""

    def leads_home(scenario: Scenario) -> bool:
        return any(name == "Location" and value.startswith("{api}/2?{token}") for name, value in fields_of(scenario))

    left = smallest(leads_home).scenario
    assert [value for name, value in fields_of(left) if name == "Location"] == ["{api}/2?{token}"]
    assert len(left.turns[0].rules) == 1


def test_nothing_is_asked_twice() -> None:
    """Nor is anything that is no smaller than what there is."""
    asked: list[str] = []

    def holds(many: Sequence[Scenario]) -> list[bool]:
        asked.extend(str(casefile.to_json(one)) for one in many)
        return ["PUT" in str(casefile.to_json(one)) for one in many]

    shrunk = shrink(LARGE, holds, ENOUGH)
    assert len(asked) == len(set(asked)) == shrunk.asked


@pytest.mark.parametrize("limit", [Limit(10, 1.0, lambda: 0.0), Limit(1000, 1.0, lambda: 1.0)], ids=["number", "time"])
def test_limits(limit: Limit) -> None:
    """What was reached by then is told, and that it is not all."""
    shrunk = shrink(LARGE, one_by_one(lambda scenario: True), limit)
    assert not shrunk.done
    assert cost(casefile.to_json(shrunk.scenario)) <= cost(casefile.to_json(LARGE))


def test_methods_and_statuses_are_more_or_less_plain() -> None:
    """Of two cases of the same length, the one with the commoner method, or status, is smaller."""
    cases = [replace(LARGE, steps=(Step(method, "{api}/a"),), turns=(PLAIN,)) for method in ("GET", "PUT", "x")]
    costs = [cost(casefile.to_json(case)) for case in cases]
    assert costs == sorted(costs)
    assert len(set(costs)) == 3


def test_every_case_gets_smaller() -> None:
    """Whatever was generated: down to one step and one answer without anything."""
    for case in scenarios(3, 20):
        left = smallest(lambda scenario: True, case).scenario
        assert len(left.steps) == len(left.turns) == len(left.turns[0].rules) == 1, casefile.to_word(case)
        assert fields_of(left) in ([], [("Cache-Control", "no-store")])
