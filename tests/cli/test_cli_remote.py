"""Browsers of a Playwright server: two shards by way of one, and merged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli import main
from harness.engines import EngineName
from harness.engines.chromium import system_executable
from harness.engines.own import own_build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Playwright server on this machine; return its URL."""
    configuration = tmp_path_factory.mktemp("server") / "launch.json"
    executable = own_build(EngineName.CHROMIUM) or system_executable()
    configuration.write_text(json.dumps({"executablePath": executable, "host": "127.0.0.1", "port": 0}))
    launching = ("launch-server", "--browser", "chromium", "--config", str(configuration))
    command = [sys.executable, "-m", "playwright", *launching]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        os.killpg(process.pid, signal.SIGTERM)  # Python's part of Playwright would leave the server behind


def run(*arguments: str) -> int:
    """Run the command in this process; return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["run", "hooks", "--hooks", "decorator", "-k", "put-json-from-*", *arguments])
    return int(left.value.code or 0)


def test_shards_by_way_of_a_server_are_the_whole(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pages on loopback are asked, in the server's browser; those on names are skipped, and it is said why."""
    monkeypatch.chdir(tmp_path)
    for shard in ("1", "2"):
        chosen = ("-b", f"chromium={server}", "--shard", f"{shard}/2")
        assert run(*chosen, "--report", "json", "--report-dir", shard) == 0
    with pytest.raises(SystemExit) as left:
        main(["report", "merge", "1/corsproof.json", "2/corsproof.json", "-o", "whole.json"])
    assert not left.value.code
    whole = json.loads(Path("whole.json").read_text(encoding="utf-8"))
    assert [engine["protocol"] for engine in whole["engines"]] == ["playwright-server"]
    told = {(one["scenario"], one["api"]): (one["status"], one["cause"]) for one in whole["results"]}
    assert len(told) == whole["totals"]["results"] == 2 * len({scenario for scenario, _ in told})
    skipped = {scenario for (scenario, _), (status, _) in told.items() if status == "skipped"}
    assert skipped == {"put-json-from-http-name", "put-json-from-https-name"}
    assert {status for status, _ in told.values()} == {"pass", "skipped"}
    assert all("Playwright server" in cause for status, cause in told.values() if status == "skipped")


def test_where_no_server_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No browser, said with what mends it."""
    monkeypatch.chdir(tmp_path)
    assert run("-b", "chromium=ws://127.0.0.1:1/") == 3
    assert "no browser at that Playwright server" in capsys.readouterr().err
