"""The command line with browsers: what it prints, what it writes, and how it leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.engines import EngineName

pytestmark = pytest.mark.browser

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]


def call(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, without a terminal."""
    environ = {**os.environ, **environment}
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=120, cwd=folder, env=environ, check=False
    )


def test_a_green_run_prints_one_table_and_exits_0(tmp_path: Path) -> None:
    """Three engines side by side; plain text, for there is no terminal."""
    done = call("run", "hooks", "-b", "all", "-k", "unknown-url-put", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b[" not in done.stdout + done.stderr
    assert all(f"{engine} ready: " in done.stderr for engine in EngineName)
    assert done.stdout.count("Scenarios by family and engine") == 1
    assert re.search(r"unknown-urls: published allowed 404 · decorator blocked at the preflight", done.stdout)
    assert "everything is as expected" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_red_run_names_the_scenario_the_difference_and_the_blame_and_exits_1(tmp_path: Path) -> None:
    """What failed comes first, once for all engines, in one line with what differs."""
    done = call("run", "-b", "all", "--hooks", "broken:trailing-slash", "-k", "put-json-several*", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith("FAIL put-json-several-headers · broken:trailing-slash · ")
    assert " · blame: application · " in first
    assert all(f"{engine} (fetch, xhr)" in first for engine in EngineName)
    assert re.search(r"wire\[0\]\.answers\.access-control-allow-origin: expected '(\S+)', observed '\1/'", first)
    assert first.endswith(" · reason: allow-origin-mismatch")


def test_json_is_alone_on_stdout_and_written_as_a_report(tmp_path: Path) -> None:
    """The same document both ways, with every member that is promised."""
    arguments = ("run", "hooks", "-b", "chromium", "--hooks", "published", "-k", "get", "--shard", "1/3", "--json")
    done = call(*arguments, "--report", "json", "--report-dir", "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert json.loads((tmp_path / "out" / "corsproof.json").read_text()) == document
    assert document["schema_version"] == 1
    assert [engine["name"] for engine in document["engines"]] == ["chromium"]
    assert set(document["engines"][0]) >= {"name", "version", "protocol", "flags", "canaries"}
    members = {"scenario", "api", "engine", "status", "expected", "observed", "predicted", "blame", "differences"}
    assert all(set(result) >= members | {"exchanges", "duration_ms"} for result in document["results"])
    assert document["totals"]["results"] == len(document["results"]) > 0
    assert document["exit"] == 0


def test_a_vector_file_is_held_against_the_oracle_and_the_engines(tmp_path: Path) -> None:
    """What the file claims is the oracle's business, what follows from its answers the engines'."""
    opened = {"status": 200, "headers": [["Access-Control-Allow-Origin", "{origin}"]]}
    cases = [
        {"id": "right", "request": {}, "actual_response": opened, "expected": {"script_sees": "response"}},
        {"id": "wrong", "request": {}, "actual_response": opened, "expected": {"script_sees": "network-error"}},
    ]
    (tmp_path / "cases.json").write_text(json.dumps({"vectors": cases}), encoding="utf-8")
    done = call("run", "--vectors", "cases.json", "-b", "chromium", "--json", folder=tmp_path)
    results = json.loads(done.stdout)["results"]
    told = {(result["engine"], result["scenario"], result["api"]): result["status"] for result in results}
    assert told == {
        (engine, name, api): "fail" if (engine, name) == ("oracle", "wrong") else "pass"
        for engine in ("oracle", "chromium")
        for name in ("right", "wrong")
        for api in ("fetch", "xhr")
    }
    assert done.returncode == 1


def test_repeats_are_all_shown(tmp_path: Path) -> None:
    """`--repeat` chooses no answer: each one is a result."""
    chosen = ("-b", "chromium", "--hooks", "published", "-k", "get-list")
    done = call("run", "hooks", *chosen, "--repeat", "3", "--json", folder=tmp_path)
    results = json.loads(done.stdout)["results"]
    repeats = [each["repeat"] for each in results if (each["scenario"], each["api"]) == ("get-list", "xhr")]
    assert sorted(repeats) == [0, 1, 2]


def test_settings_of_the_environment_choose_engine_and_hooks(tmp_path: Path) -> None:
    """CORSPROOF_… stands in for options."""
    done = call("run", "-k", "get-list", "--json", folder=tmp_path, CORSPROOF_BROWSER="webkit", CORSPROOF_HOOKS="none")
    results = json.loads(done.stdout)["results"]
    assert {(result["engine"], result["hooks"]) for result in results} == {("webkit", "none")}


def test_without_any_browser_the_mend_is_named_and_the_exit_is_3(tmp_path: Path) -> None:
    """An empty PATH hides Chromium and Firefox: with auto and by name alike."""
    for choice in ("auto", "chromium"):
        browsers = [] if choice == "auto" else ["-b", choice]
        done = call("run", "-k", "get-list", *browsers, folder=tmp_path, PATH="/nonexistent", HOME=str(tmp_path))
        assert "corsproof install chromium" in done.stderr
        assert done.returncode == 3 or (choice == "auto" and "webkit ready" in done.stderr)


def test_a_named_browser_that_is_missing_fails_the_whole_run(tmp_path: Path) -> None:
    """Asked for by name, an engine must be there; nothing is skipped in silence."""
    done = call("run", "-b", "webkit", "-b", "firefox=/nonexistent/firefox", "-k", "get-list", folder=tmp_path)
    assert done.returncode == 3
    assert "/nonexistent/firefox" in done.stderr
    assert "no browser that can be believed" in done.stdout


def test_the_doctor_examines_and_names_the_mend(tmp_path: Path) -> None:
    """One engine usable, one not: both said, exit 3."""
    done = call("doctor", "chromium", "firefox=/nonexistent/firefox", "--json", folder=tmp_path)
    assert done.returncode == 3
    engines = {engine["engine"]: engine for engine in json.loads(done.stdout)["engines"]}
    assert engines["chromium"]["usable"] is True
    assert engines["chromium"]["asked"] == 4
    assert engines["firefox"]["usable"] is False
    assert engines["firefox"]["mend"]


def test_install_keeps_what_works(tmp_path: Path) -> None:
    """Where every engine is there, nothing is done, and it is said."""
    done = call("install", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [engine.value for engine in EngineName]
    assert all("already there" in line for line in done.stdout.splitlines())
