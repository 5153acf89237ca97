"""`audit`: what it prints and leaves with on scripted browsers, and each kind of bad input as a user meets it."""

from __future__ import annotations

import json
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

import harness.audit.survey
from harness.audit import auditing
from harness.cli import main
from harness.engines import Browser, EngineName, Launch
from harness.engines.scripted import ScriptedBrowser

TRUSTED = "https://app.example.com"
APP = """
from flask import Flask, request
print("imported")
app = Flask(__name__)

@app.get("/me")
def me():
    print("asked")
    return "alice"

@app.get("/login")
def login():
    return "hello", 200, {"Set-Cookie": "s=1; Path=/; SameSite=None; Secure"}

@app.get("/closed")
def closed():
    return "no", 403

@app.after_request
def cors(response):
    origin = request.headers.get("Origin")
    if origin is not None and (REFLECTED or origin == "https://app.example.com"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    response.vary.add("Origin")
    return response
"""
MISTAKES = """
origins = ["https://a.example/", "a.example", "HTTPS://b.example", "null", "https://c.example:443"]
methods = ["put", "TRACE"]
request-headers = ["Cookie"]
exposed-headers = ["a b"]
max-age = -1
"""


@pytest.fixture(autouse=True)
def chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a scripted browser start by the name of Chromium."""

    def launch(how: Launch) -> Browser:
        return ScriptedBrowser(EngineName.CHROMIUM, how)

    monkeypatch.setattr("harness.engines.chromium.launch", launch)


def written(folder: Path, source: str, name: str = "app.py") -> str:
    """Write a file of the user's; return its name."""
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return str(path)


def app(folder: Path, *, reflected: bool = False) -> str:
    """Write an application that lets one origin in, or whoever asks."""
    return written(folder, f"REFLECTED = {reflected}\n{APP}")


def audit(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Call the command in this process; return its exit code, and what it printed."""
    with pytest.raises(SystemExit) as left:
        main(["audit", *arguments, "-b", "chromium"])
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Audit and read the JSON document; nothing else may be on stdout."""
    code, out, _ = audit(capsys, *arguments, "--json")
    value: dict[str, Any] = json.loads(out)
    assert value["exit"] == code
    return value


def test_a_document_has_the_findings_and_all_that_was_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule, severity, proof by engine, geometry, evidence, cause, fix, clause; and each request."""
    value = document(capsys, app(tmp_path, reflected=True), "--origin", TRUSTED)
    grave = {found["rule"]: found for found in value["findings"] if found["severity"] == "high"}
    assert grave.keys() == {"S01", "S03"}
    assert grave["S01"]["proof"] == {"chromium": "proven"}
    assert set(grave["S01"]) == {
        *("rule", "name", "severity", "summary", "url", "urls", "proof", "geometry"),
        *("evidence", "why", "cause", "fix", "clause", "proof_by_geometry"),
    }
    assert grave["S01"]["proof_by_geometry"]["chromium"]["same-site"] == "proven"
    assert (value["kind"], value["frameworks"]) == ("audit", ["flask", "flask-cors"])
    assert "same-site" in grave["S01"]["geometry"]
    assert value["exit"] == 1
    assert {sent["url"] for sent in value["coverage"]["sent"]} >= {"/me", "/closed"}
    assert value["target"].endswith("app.py")
    row = next(row for row in value["policy"] if (row["path"], row["origin"]) == ("/me", TRUSTED))
    assert (row["readable"], row["credentials"]) == (True, True)
    assert row["methods"]["GET"] == {"anonymous": True, "credentials": True}


def test_a_correct_application_has_nothing_above_info(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Negative control; the exit code says so."""
    value = document(capsys, app(tmp_path), "--origin", TRUSTED)
    assert [found for found in value["findings"] if found["severity"] != "info"] == []
    assert value["exit"] == 0


def test_an_application_without_cors_is_left_in_peace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No finding at all, not even information, and still a browser that could have seen it otherwise."""
    source = "from flask import Flask\napp = Flask(__name__)\napp.get('/')(lambda: 'x')\n"
    value = document(capsys, written(tmp_path, source), "--origin", TRUSTED)
    assert (value["findings"], value["exit"]) == ([], 0)
    assert value["engines"][0]["canaries"]["passed"] > 0


def test_without_a_terminal_a_finding_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Severity, rule, where, sentence and proof, the gravest first; then what was tried."""
    code, out, err = audit(capsys, app(tmp_path, reflected=True), "--origin", TRUSTED)
    assert code == 1
    lines = out.splitlines()
    begin = "HIGH S01 any-origin-with-credentials /me (and 2 more): /me lets any origin in: "
    assert lines[0].startswith(begin)
    assert lines[0].endswith(" [chromium: proven (same-site, cross-site, cross-site-cookies)]")
    assert sum(line.startswith(("HIGH ", "MEDIUM ", "LOW ", "INFO ")) for line in lines) == len(lines) - 3
    assert lines[-2].startswith("`corsproof explain RULE`")
    assert lines[-1].endswith("this needs mending")
    assert (
        err.index("surveying 3 paths of ") < err.index("asking pages for what shows ") < err.index("chromium ready: ")
    )
    assert err.count("chromium ready: ") == 1


def test_in_a_terminal_a_finding_has_proof_cause_fix_and_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fixes of the framework at hand; the command finds it again, and tells no secret."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    target, secret = app(tmp_path, reflected=True), "s=hush"
    code, out, _ = audit(capsys, target, "--origin", TRUSTED, "--cookie", secret, "--passive", "--color", "always")
    assert code == 1
    text = Text.from_ansi(out).plain
    assert out.startswith("\x1b[1;31mHIGH S01 any-origin-with-credentials")
    assert "    proof     chromium: proven (same-site, cross-site, cross-site-cookies)\n" in text
    assert "    evidence  GET /me with Origin https://" in text
    assert "    cause     " in text
    assert "    fix       flask: " in text
    assert "express: " not in text
    assert "    explain   corsproof explain S01\n" in text
    [command] = {
        line.split("replay    ")[1] for line in text.splitlines() if " --path /me" in line and "S01" not in line
    }
    assert command == f"corsproof audit {target} --origin {TRUSTED} --cookie 's=…' --passive -b chromium --path /me"
    assert "hush" not in out
    again = shlex.split(command.replace("'s=…'", secret))[2:-4]
    _, out, _ = audit(capsys, *again, "--path", "/me", "--color", "never")
    assert out.startswith("HIGH S01 any-origin-with-credentials: /me ")


def test_a_login_is_visited_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever signs in is signed in for the probes."""
    value = document(capsys, app(tmp_path), "--origin", TRUSTED, "--login", "/login")
    assert value["coverage"]["signed_in"] is True
    assert value["exit"] == 0


def test_paths_of_the_user_are_all_that_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--path` wins over what can be found."""
    value = document(capsys, app(tmp_path), "--origin", TRUSTED, "--path", "/me")
    assert [route["path"] for route in value["coverage"]["routes"]] == ["/me"]


HANGING = """
import threading
def app(environ, start_response):
    threading.Event().wait()
"""
RAISING = "def app(environ, start_response):\n    raise RuntimeError('boom')\n"
BAD: dict[str, tuple[str, tuple[str, ...], int, tuple[str, ...]]] = {
    "import-fails": ("import nothing_of_the_kind\n", (), 4, ("ModuleNotFoundError", "app.py")),
    "no-application": ("app = 5\n", (":app",), 2, ("app", "int")),
    "raises-on-every-request": (RAISING, (), 4, ("app.py",)),
    "hangs": (HANGING, (), 4, ("answers nothing", "timeout")),
    "login-fails": (f"REFLECTED = False\n{APP}", ("--login", "/closed"), 4, ("the login /closed failed: status 403",)),
    "login-sets-nothing": (f"REFLECTED = False\n{APP}", ("--login", "/me"), 4, ("it sets no cookie",)),
    "origin-with-path": (f"REFLECTED = False\n{APP}", ("--origin", "https://a.example/"), 2, ("is no origin",)),
    "cookie-without-name": (f"REFLECTED = False\n{APP}", ("--cookie", "secret"), 2, ("write NAME=VALUE",)),
    "header-without-name": (f"REFLECTED = False\n{APP}", ("--header", "secret"), 2, ("write 'NAME: VALUE'",)),
}


@pytest.mark.parametrize(("source", "more", "code", "said"), BAD.values(), ids=BAD)
def test_bad_input(
    source: str,
    more: tuple[str, ...],
    code: int,
    said: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was wrong, where, and what to do: never "no finding"."""
    monkeypatch.setattr(harness.audit.survey, "TIMEOUT", 0.5)
    monkeypatch.setattr(auditing, "TIMEOUT", 0.5)
    target = written(tmp_path, source)
    if more and more[0].startswith(":"):
        target, more = target + more[0], more[1:]
    found, out, err = audit(capsys, target, *more)
    assert found == code, err
    assert out == ""
    for part in said:
        assert part.lower() in err.lower()
    assert "secret" not in err


def test_an_unreachable_url(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens: exit 4, and the address is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        code, _, err = audit(capsys, f"http://127.0.0.1:{port}/")
    assert code == 4
    assert str(port) in err


def test_a_policy_with_ten_mistakes_has_ten_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All at once, each with what to write instead; nothing is started."""
    policy = written(tmp_path, MISTAKES, "cors.toml")
    code, _, err = audit(capsys, app(tmp_path), "--policy", policy)
    assert code == 2
    assert "cors.toml has 10 problems" in err
    assert len([line for line in err.splitlines() if line.startswith("  ")]) == 10
