"""The suite `browsers`, once for the whole session of tests: the standard's model held against three engines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from harness import catalog, deviations, plan
from harness.engines import EngineName
from harness.scenario import LITERAL

pytestmark = pytest.mark.browser

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
ENGINES = [engine.value for engine in EngineName]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Run the command as a user does and read its JSON."""
    done = subprocess.run(
        [*COMMAND, "run", "browsers", "-b", "all", "--json"], capture_output=True, text=True, timeout=480
    )
    assert done.stdout, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_no_difference_is_unexplained(document: dict[str, Any]) -> None:
    """Each scenario passes in each engine, or is a recorded deviation that says which."""
    unexplained = [
        (result["engine"], result["scenario"], result["api"], result["status"], result["cause"], result["differences"])
        for result in document["results"]
        if result["status"] not in ("pass", "known")
    ]
    assert unexplained == []
    assert document["exit"] == 0


def test_every_case_was_run_in_every_engine(document: dict[str, Any]) -> None:
    """Nothing is left out in silence: each case has one result per engine."""
    cases = list(plan.cases(catalog.load("browsers"), [LITERAL]))
    assert Counter(result["engine"] for result in document["results"]) == dict.fromkeys(ENGINES, len(cases))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_recorded_deviation_shows(document: dict[str, Any], engine: str) -> None:
    """Each rule of an engine decides some scenario: none is recorded in vain."""
    version = next(one["version"] for one in document["engines"] if one["name"] == engine)
    causes = {result["cause"] for result in document["results"] if result["engine"] == engine and result["cause"]}
    silent = [
        rule.name
        for rule in deviations.rules_for(engine, version)
        if not any(f"{rule.name}:" in cause for cause in causes)
    ]
    assert silent == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_browsers_words_mean_the_oracles_reason(document: dict[str, Any], engine: str) -> None:
    """Not only blocked, but blocked for the predicted reason (words that mean another are a failure above).

    Firefox has no words for redirect mode "error", which this suite asks about more often than pages do.
    """
    told = document["wordings"][engine]
    assert told["blocked"] > 500
    assert told["worded"] / told["blocked"] >= 0.98
