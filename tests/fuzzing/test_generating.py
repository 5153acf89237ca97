"""Generating: what a seed stands for is the same everywhere, can be judged, and meets every reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from random import Random

import pytest
from fuzzed import planned, reasons
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import casefile
from harness.foresight import foretell
from harness.fuzzing.generating import scenario, scenarios
from harness.literal import Answer
from harness.oracle import Reason
from harness.scenario import Scenario
from harness.wire import TOKEN_PARAMETER

MANY = 2000
FREE = {*range(200, 600)} - {206, 401, 407, 408, 421, 425}


@pytest.fixture(scope="module")
def made() -> tuple[Scenario, ...]:
    """Return the cases of a seed."""
    return tuple(scenarios(1, MANY))


def answers(cases: tuple[Scenario, ...]) -> list[Answer]:
    """Return every answer in some cases that is one."""
    rules = (rule for case in cases for script in case.turns for rule in script.rules)
    return [answer for rule in rules for answer in rule.answers if isinstance(answer, Answer)]


def test_a_seed_stands_for_the_same_cases() -> None:
    """However many are asked for; and another seed for others."""
    few, more = list(scenarios(7, 20)), list(scenarios(7, 50))
    assert few == more[:20]
    assert few != list(scenarios(8, 20))
    assert [case.id for case in more] == [f"fuzz-{number:05}" for number in range(50)]


def test_a_seed_stands_for_the_same_cases_in_every_process() -> None:
    """No order of a set, which is another in each process, has a say."""
    program = "from harness import casefile; from harness.fuzzing.generating import scenarios\n"
    program += "print(*map(casefile.to_word, scenarios(7, 100)))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": salt}, check=True, capture_output=True
        ).stdout
        for salt in ("1", "2")
    }
    assert said == {" ".join(map(casefile.to_word, scenarios(7, 100))).encode() + b"\n"}


def test_every_reason_is_met(made: tuple[Scenario, ...]) -> None:
    """Two thousand cases meet each of the oracle's reasons at least twice."""
    met = Counter(reason for case in made for reason in reasons(case))
    assert {reason.value: met[reason.value] for reason in Reason if met[reason.value] < 2} == {}


def test_near_misses(made: tuple[Scenario, ...]) -> None:
    """About half of all cases end well."""
    assert 0.4 < sum(not reasons(case) for case in made) / MANY < 0.6


def test_no_two_cases_are_the_same(made: tuple[Scenario, ...]) -> None:
    """Chance has enough to choose from: next to nothing is asked twice."""
    told = Counter(str({**casefile.to_json(case), "id": "", "summary": ""}) for case in made)
    assert len(told) > 0.99 * MANY


def test_what_is_recorded(made: tuple[Scenario, ...]) -> None:
    """Every request that must arrive carries the case's token: nothing happens that nobody can judge."""
    for case in made:
        one = planned(case)
        sent = [exchange.request.url for it in foretell(one.unit, one.turns, one.places) for exchange in it.exchanges]
        assert [url for url in sent if f"{TOKEN_PARAMETER}={one.token}" not in url] == [], case.id


def test_what_is_left_out(made: tuple[Scenario, ...]) -> None:
    """No status that makes clients ask again, nothing to be stored, no byte beyond ASCII in a Location, no waiting."""
    said = answers(made)
    assert {answer.number for answer in said} <= FREE
    stored = [answer for answer in said if "no-store" not in [value for _, value in answer.headers]]
    assert stored == []
    locations = [value for answer in said for name, value in answer.headers if name.lower() == "location"]
    assert [value for value in locations if not value.isascii()] == []
    assert {step.after_ms for case in made for step in case.steps} == {0}
    framing = re.compile("content-(length|encoding)|transfer-encoding|connection", re.IGNORECASE)
    assert [name for answer in said for name, _ in answer.headers if framing.fullmatch(name)] == []


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_choices_make_a_case(random: Random) -> None:
    """Whatever chance chooses, it comes to a scenario that can be planned, foretold, and written down."""
    case = scenario(random, 0)
    assert len(planned(case).expectation.seen) == len(case.steps)
    assert casefile.from_word(casefile.to_word(case)) == case
