"""The command line without a browser: what it lists, what it refuses, where its options come from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import __version__
from harness.catalog import SUITES, load
from harness.cli import main

HOOK_SETS = "published, decorator, proxy, none, hardened, broken:preflight-404"


def call(*arguments: str) -> int:
    """Call the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


REFUSED = {
    "unknown-engine": (["run", "-b", "netscape"], ["'netscape'", "chromium, firefox, webkit, all, auto"]),
    "unknown-hook-set": (["run", "--hooks", "nope"], ["'nope'", HOOK_SETS]),
    "unknown-broken-variant": (["run", "--hooks", "broken:nope"], ["'broken:nope'", HOOK_SETS]),
    "unknown-scenario": (["run", "-k", "zzz"], ["'zzz'", "preflight-cached-ten-seconds", "proxied-get"]),
    "unknown-suite": (["run", "nosuite"], ["'nosuite'", "valid suites: hooks"]),
    "unknown-suite-listed": (["list", "nosuite"], ["'nosuite'", "valid suites: hooks"]),
    "unknown-scenario-listed": (["list", "-k", "zzz"], ["'zzz'"]),
    "bad-shard": (["run", "--shard", "5/4"], ["'5/4'", "1/4"]),
    "shard-without-count": (["run", "--shard", "2"], ["'2'", "1/4"]),
    "vectors-beside-a-suite": (["run", "hooks", "--vectors", "none.json"], ["instead of suites"]),
    "vectors-that-are-missing": (["run", "--vectors", "none.json"], ["none.json", "No such file", "JSON file"]),
    "unknown-report": (["run", "--report", "json,pdf"], ["'pdf'", "json"]),
    "bad-repeat": (["run", "--repeat", "0"], ["0 is not in the range"]),
    "unknown-command": (["frobnicate"], ["frobnicate"]),
    "unknown-option": (["run", "--frobnicate"], ["--frobnicate"]),
    "unknown-engine-examined": (["doctor", "lynx"], ["'lynx'"]),
    "unknown-engine-installed": (["install", "lynx"], ["'lynx'"]),
    "unknown-color": (["run", "--color", "red"], ["'red'", "'auto', 'always', 'never'"]),
    "path-installed": (["install", "chromium=/usr/bin/x"], ["/usr/bin/x"]),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_refused_with_what_is_valid(
    arguments: list[str], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, nothing on stdout, and on stderr the offending value and the valid ones."""
    assert call(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    for part in said:
        assert part in printed.err


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """One line per scenario, and the count."""
    assert call("list") == 0
    lines = capsys.readouterr().out.splitlines()
    ids = [scenario.id for suite in SUITES for scenario in load(suite)]
    assert [line.split()[0] for line in lines[:-1]] == ids
    assert lines[-1] == f"{len(ids)} scenarios"


def test_list_as_json_is_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """The document has the members that `run` uses for the same things."""
    assert call("list", "hooks", "-k", "put-json", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    row = next(row for row in document["scenarios"] if row["scenario"] == "put-json")
    assert row["apis"] == ["fetch", "xhr"]
    assert row["hooks"] == ["published", "decorator", "none", "hardened"]


def test_list_hooks_names_sound_and_broken_sets(capsys: pytest.CaptureFixture[str]) -> None:
    """What --hooks takes is what is listed."""
    assert call("list", "--hooks") == 0
    names = capsys.readouterr().out.split()
    assert names[:5] == ["published", "decorator", "proxy", "none", "hardened"]
    assert len(names) == 5 + 11 + 4


def test_version_and_help_name_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer's first two calls."""
    assert call("--version") == 0
    assert capsys.readouterr().out == f"corsproof, version {__version__}\n"
    assert call("--help") == 0
    shown = capsys.readouterr().out
    for command in ("run", "list", "doctor", "install"):
        assert f"\n  {command} " in shown


CONFIGURED = {
    "corsproof.toml": 'keep = "zzz"\n',
    "pyproject.toml": '[tool.corsproof]\nkeep = "zzz"\n',
}


@pytest.mark.parametrize(("name", "text"), CONFIGURED.items(), ids=CONFIGURED)
def test_a_configuration_file_sets_defaults(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Either file is read from the folder where the command runs."""
    (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert call("run") == 2
    assert "no scenario matches 'zzz'" in capsys.readouterr().err


def test_options_come_from_the_command_line_then_the_environment_then_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearer one wins."""
    (tmp_path / "corsproof.toml").write_text('keep = "from-file"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CORSPROOF_KEEP", "from-environment")
    assert call("run") == 2
    assert "'from-environment'" in capsys.readouterr().err
    assert call("run", "-k", "from-command-line") == 2
    assert "'from-command-line'" in capsys.readouterr().err


def test_every_mistake_of_a_configuration_file_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three mistakes, one error that names the file, each value and what is valid."""
    (tmp_path / "corsproof.toml").write_text('repeat = "many"\nheaded = 1\ncolour = "red"\n')
    monkeypatch.chdir(tmp_path)
    assert call("run") == 2
    said = capsys.readouterr().err
    for part in ("corsproof.toml", "'colour'", "repeat = 'many'", "headed = 1", "valid settings: browser"):
        assert part in said


@pytest.mark.parametrize("name", ["corsproof.toml", "pyproject.toml"])
def test_a_configuration_file_that_is_no_toml_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file and the parser's complaint."""
    (tmp_path / name).write_text("= nothing")
    monkeypatch.chdir(tmp_path)
    assert call("run") == 2
    assert name in capsys.readouterr().err


AUDIT = """
color = "never"
[audit]
target = "{target}"
origin = "https://app.example.com/"
path = ["/a"]
policy = "{policy}"
[policy]
origins = ["https://app.example.com"]
"""


def test_a_configuration_file_sets_what_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The target, whom to let in, and the policy that stands in the same file; the command line goes before it."""
    (tmp_path / "app.py").write_text("def app(environ, start_response): ...\n")
    (tmp_path / "corsproof.toml").write_text(AUDIT.format(target="app.py", policy="corsproof.toml"))
    monkeypatch.chdir(tmp_path)
    assert call("audit") == 2
    assert "'https://app.example.com/' is no origin" in capsys.readouterr().err
    assert call("audit", "none.py") == 2
    assert "there is no file none.py" in capsys.readouterr().err
    (tmp_path / "corsproof.toml").write_text(AUDIT.format(target="app.py", policy="cors.toml"))
    assert call("audit") == 2
    assert "no policy can be read from cors.toml" in capsys.readouterr().err


def test_an_audit_without_a_target_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither on the command line nor in a file."""
    monkeypatch.chdir(tmp_path)
    assert call("audit") == 2
    assert "Missing argument" in capsys.readouterr().err


ODD = {
    "audit-is-no-table": ("corsproof.toml", "audit = 3\n", "audit = 3 is no table"),
    "unknown-setting-of-audit": ("corsproof.toml", "[audit]\ncolour = 3\n", "[audit]: unknown setting 'colour'"),
    "unknown-color": ("corsproof.toml", 'color = "red"\n', "'red' is not one of 'auto', 'always', 'never'"),
    "no-table": ("pyproject.toml", "[tool]\ncorsproof = 3\n", "no table"),
    "list-of-numbers": ("corsproof.toml", "report = [1]\n", "nothing but str"),
}


@pytest.mark.parametrize(("name", "text", "said"), ODD.values(), ids=ODD)
def test_an_odd_configuration_is_a_usage_error(
    name: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """TOML that is well formed and means nothing."""
    (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert call("run") == 2
    assert said in capsys.readouterr().err


def test_a_pyproject_whose_tool_is_no_table_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody else will complain about that."""
    (tmp_path / "pyproject.toml").write_text("tool = 3\n")
    monkeypatch.chdir(tmp_path)
    assert call("list") == 0


def test_a_place_where_no_report_can_be_written_is_said_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing measured is lost: nothing was measured."""
    (tmp_path / "file").write_text("")
    assert call("run", "--report", "json", "--report-dir", str(tmp_path / "file" / "x"), "-k", "get-list") == 2
    printed = capsys.readouterr()
    assert "no reports can be written to" in printed.err
    assert "ready" not in printed.err


@pytest.mark.parametrize("target", ["/dev/full", "a pipe nobody reads"])
def test_an_output_that_cannot_be_written_is_no_finding(target: str) -> None:
    """Exit 4 and never 1, which would say that CORS is wrong."""
    command = f'"{sys.executable}" -c "from harness.cli import main; main()" list'
    shell = f"{command} > /dev/full" if target == "/dev/full" else f"set -o pipefail; {command} | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 4, 120)  # 0 where the pipe took all; 120 is Python's own, when it cannot flush


def test_a_pyproject_without_our_section_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other people's configuration is none of our business."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    monkeypatch.chdir(tmp_path)
    assert call("list") == 0
    assert capsys.readouterr().err == ""


def test_the_command_imports_nothing_heavy_for_its_help() -> None:
    """`--help` needs click, not browsers, servers or Flask."""
    heavy = {"playwright", "flask", "httpx", "uvicorn", "trustme", "websockets", "rich", "server_site", "client_site"}
    code = (
        "import sys\nfrom harness.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(eval(done.stdout.splitlines()[-1]))
