"""Explanations: a reason with its clause, header and each engine's words; a scenario with all that it says."""

from __future__ import annotations

import pytest

from harness import catalog
from harness.explain import reason_lines, scenario_lines
from harness.oracle import Reason

EVERY = [scenario for suite in catalog.SUITES for scenario in catalog.load(suite)]
BY_ID = {scenario.id: scenario for scenario in EVERY}


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_a_reason_is_explained(reason: Reason) -> None:
    """Sentence, clause, link, header and a line per engine."""
    text = "\n".join(reason_lines(reason))
    assert text.startswith(f"{reason.value}\n  {reason.sentence}\n")
    assert reason.clause in text
    assert reason.link in text
    assert (reason.header or "none") in text
    assert all(f"  {engine:<8} " in text for engine in ("chromium", "firefox", "webkit"))


def test_what_no_engine_words_is_said_to_be_so() -> None:
    """A reason without words is not passed over in silence."""
    lines = list(reason_lines(Reason.METHOD_NOT_ALLOWED))
    assert not any("has no words" in line for line in lines)
    assert any("“" in line for line in lines)


def test_a_literal_scenario_is_explained_with_its_answers() -> None:
    """What is asked, answered byte for byte, expected, and why."""
    text = "\n".join(scenario_lines(BY_ID["allow-origin-slash"]))
    assert "asks     GET {api}/a" in text
    assert "Access-Control-Allow-Origin: '{page}/'" in text
    assert "script blocked: allow-origin-mismatch" in text
    assert "#cors-check step 4" in text


def test_a_scenario_of_the_hooks_is_explained_for_each_hook_set() -> None:
    """One expectation for each hook set that it applies to."""
    text = "\n".join(scenario_lines(BY_ID["get"]))
    assert all(f"expected under {hooks}" in text for hooks in BY_ID["get"].expect)
    assert "wire   actual GET /items/1 [origin: {page}]" in text


def test_every_scenario_can_be_explained() -> None:
    """No scenario of any suite is beyond words."""
    assert all(len(list(scenario_lines(scenario))) >= 5 for scenario in EVERY)
