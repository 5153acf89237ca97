"""The main job, once for the whole session of tests: every hook set in every engine, judged and reported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from harness import catalog, plan
from harness.commands.options import ALL_HOOKS
from harness.engines import EngineName

pytestmark = pytest.mark.browser

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Run the command as a user does and read its JSON."""
    done = subprocess.run(
        [*COMMAND, "run", "hooks", "-b", "all", "--json"], capture_output=True, text=True, timeout=480
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_every_result_is_pass_or_known_with_a_reason(document: dict[str, Any]) -> None:
    """No scenario fails in any engine, and what is known says why."""
    statuses = Counter(result["status"] for result in document["results"])
    assert set(statuses) <= {"pass", "known"}
    assert all(result["cause"] for result in document["results"] if result["status"] == "known")
    assert document["exit"] == 0


def test_every_case_was_run_in_every_engine(document: dict[str, Any]) -> None:
    """Nothing is left out in silence: each case has one result per engine."""
    cases = list(plan.cases(catalog.load("hooks"), ALL_HOOKS))
    per_engine = Counter(result["engine"] for result in document["results"])
    assert per_engine == {engine.value: len(cases) for engine in EngineName}


def test_every_engine_passed_its_canaries(document: dict[str, Any]) -> None:
    """Each page of each engine was asked what is known, and every answer was right."""
    assert [engine["name"] for engine in document["engines"]] == [engine.value for engine in EngineName]
    for engine in document["engines"]:
        assert engine["canaries"]["failures"] == []
        assert engine["canaries"]["asked"] == engine["canaries"]["passed"] >= 24


def test_a_known_deviation_shows_what_differs(document: dict[str, Any]) -> None:
    """The recorded deviations are seen and carry the differences from the standard."""
    known = {(result["engine"], result["scenario"]) for result in document["results"] if result["status"] == "known"}
    recorded = {(deviation.engine, deviation.scenario) for deviation in catalog.deviations("hooks")}
    assert known == recorded
    assert all(result["differences"] for result in document["results"] if result["status"] == "known")


@pytest.mark.parametrize("engine", EngineName)
def test_published_and_decorator_differ_on_unknown_urls(document: dict[str, Any], engine: EngineName) -> None:
    """The reason for the published hooks: a readable 404 where the decorator's preflight is refused."""
    differing = {
        difference["scenario"]: difference["engines"][engine.value]
        for difference in document["hook_set_differences"]
        if difference["family"] == "unknown-urls"
    }
    preflighted = {name: ends for name, ends in differing.items() if name.startswith("unknown-url-put")}
    assert preflighted
    for ends in preflighted.values():
        assert ends["published"] == "allowed 404"
        assert ends["decorator"] == "blocked at the preflight"


@pytest.mark.parametrize("engine", EngineName)
def test_hardened_lets_in_whom_its_policy_names(document: dict[str, Any], engine: EngineName) -> None:
    """Real pages: by name, by a pattern and over https they read; strangers, plain http and `null` read nothing."""
    outcomes = {
        result["scenario"].rpartition("-from-")[2]: result["observed"]["outcome"]
        for result in document["results"]
        if (result["hooks"], result["engine"], result["api"]) == ("hardened", engine.value, "fetch")
        and result["scenario"].startswith("put-json-from-")
    }
    blocked = dict.fromkeys(("other-host", "http-name", "null"), "blocked")
    assert outcomes == {**dict.fromkeys(("localhost-name", "https-name"), "allowed"), **blocked}


@pytest.mark.parametrize("engine", EngineName)
def test_hardened_reads_what_published_reads(document: dict[str, Any], engine: EngineName) -> None:
    """Unknown URLs, errors and slash redirects are as readable under a policy as under hooks that let everybody in."""
    families = ("unknown-urls", "errors")
    seen = {
        hooks: {
            (result["scenario"], result["api"]): (result["observed"]["outcome"], result["observed"]["status"])
            for result in document["results"]
            if (result["hooks"], result["engine"]) == (hooks, engine.value)
            and (result["family"] in families or result["scenario"].startswith("slash-redirect-"))
            and result["scenario"] != "unknown-url-header"  # which the policy does not list
        }
        for hooks in ("published", "hardened")
    }
    assert len(seen["published"]) > 30
    assert seen["hardened"] == seen["published"]


def test_every_blocked_result_has_its_exchange_and_the_browsers_reason(document: dict[str, Any]) -> None:
    """A block is backed by the wire, and the browser has said why in its own words."""
    blocked = [result for result in document["results"] if result["observed"]["outcome"] == "blocked"]
    assert len(blocked) > 300
    assert all(result["exchanges"] for result in blocked)
    silent = {(result["engine"], result["scenario"]) for result in blocked if not result["observed"]["browser_reason"]}
    # `redirect: "error"` is the page's own refusal: Chromium and Firefox give no reason for it (FACTS 1).
    assert silent <= {(engine.value, "redirect-mode-error") for engine in EngineName}


def test_no_secret_is_in_the_document(document: dict[str, Any]) -> None:
    """Tokens and cookies are redacted."""
    text = json.dumps(document)
    assert "Bearer letmein" not in text
    assert "session_published=" not in text
    assert "[redacted]" in text
