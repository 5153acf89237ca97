"""`init`: what it writes and says in projects of all kinds, what it leaves alone, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.policy import Policy, load
from harness.settings import configuration

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
FILES = ("corsproof.toml", "tests/test_cors.py", "noxfile.py", ".github/workflows/cors.yml")
PLAIN = """
from flask import Flask
app = Flask(__name__, static_folder=None)
print("imported")

@app.route("/items/<int:n>", methods=["GET", "PUT"])
def item(n):
    return str(n)
"""
FACTORY = """
from flask import Flask
from server_site.hooks.hardened import Override, Policy, install

def create_app():
    app = Flask(__name__, static_folder=None)
    closed = Override(endpoint="admin", path=None, closed=True)
    origins = ["https://app.example.com", "https://*.eu.example.com"]
    install(app, Policy(origins, ["GET", "POST"], ["Content-Type"], True, ["X-A"], None, False, [closed]))
    app.get("/admin")(lambda: "x")
    return app
"""
POLICY = {"origins": ["https://app.example.com", "https://*.eu.example.com"], "exposed-headers": ["X-A"]}


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command in a process of its own, for it imports what it finds."""
    return subprocess.run(
        [*COMMAND, "init", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def written(folder: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Call the command where all must go well; return what it printed, and the configuration that it wrote."""
    done = init(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout, tomllib.loads((folder / "corsproof.toml").read_text(encoding="utf-8"))


def test_routes_with_their_methods_are_filled_in(tmp_path: Path) -> None:
    """Origins that the application does not tell are a comment; what it prints is no line of ours."""
    (tmp_path / "shop.py").write_text(PLAIN)
    out, told = written(tmp_path, "shop.py")
    assert [line.split()[:2] for line in out.splitlines()[:4]] == [["wrote", name] for name in FILES]
    assert told == {"audit": {"target": "shop:app", "path": ["/items/1"]}}
    text = (tmp_path / "corsproof.toml").read_text()
    assert '    "/items/1",  # GET PUT (/items/<int:n>)\n' in text
    assert '\n# origin = ["https://app.example.com"]\n' in text
    assert '\n# methods = ["GET", "PUT"]\n' in text
    assert configuration(tmp_path)["audit"] == {"target": "shop:app", "paths": ["/items/1"]}


def test_every_setting_has_its_comment(tmp_path: Path) -> None:
    """Whether it is set or not: the line above says what it is; and without the # the whole file is valid."""
    (tmp_path / "app.py").write_text(PLAIN)
    written(tmp_path)
    lines = (tmp_path / "corsproof.toml").read_text().splitlines()
    settings = [index for index, line in enumerate(lines) if " = " in line and not line.startswith("    ")]
    assert len(settings) > 12
    assert [lines[index] for index in settings if not lines[index - 1].startswith("# ")] == []
    filled = [
        line.removeprefix("# ") if index in settings or line == "# [policy]" else line
        for index, line in enumerate(lines)
    ]
    (tmp_path / "corsproof.toml").write_text("\n".join(filled))
    assert load(tmp_path / "corsproof.toml").methods == ("GET", "PUT")
    assert configuration(tmp_path)["audit"]["policy"] == "corsproof.toml"


def test_the_policy_of_the_hooks_is_written_out_and_reads_back(tmp_path: Path) -> None:
    """Every term of it, its overrides too; only exact origins are those of pages."""
    (tmp_path / "shop.py").write_text(FACTORY)
    _, told = written(tmp_path, "shop:create_app()")
    assert told["audit"]["origin"] == ["https://app.example.com"]
    assert told["audit"]["policy"] == "corsproof.toml"
    assert told["policy"]["overrides"] == [{"endpoint": "admin", "closed": True}]
    policy = load(tmp_path / "corsproof.toml")
    assert isinstance(policy, Policy)
    assert (list(policy.origins), list(policy.exposed_headers)) == (POLICY["origins"], POLICY["exposed-headers"])
    assert (policy.methods, policy.request_headers, policy.credentials) == (("GET", "POST"), ("Content-Type",), True)
    assert policy.max_age is None


PLACES: dict[str, tuple[str, str, tuple[str, ...], dict[str, str]]] = {
    "app.py": ("app.py", PLAIN, (), {"target": "app:app"}),
    "wsgi.py": ("wsgi.py", PLAIN.replace("app", "application"), (), {"target": "wsgi:application"}),
    "main.py": ("main.py", FACTORY, (), {"target": "main:create_app()"}),
    "src": ("src/shop.py", PLAIN, ("src/shop.py",), {"target": "shop:app", "app-dir": "src"}),
    "app-dir": ("src/shop.py", PLAIN, ("shop:app", "--app-dir", "src"), {"target": "shop:app", "app-dir": "src"}),
    "package": ("shop/web.py", PLAIN, ("shop/web.py:app",), {"target": "shop.web:app"}),
}


@pytest.mark.parametrize(("name", "source", "arguments", "told"), PLACES.values(), ids=PLACES)
def test_where_the_application_is(
    name: str, source: str, arguments: tuple[str, ...], told: dict[str, str], tmp_path: Path
) -> None:
    """Found, or named as a file or a module: it is written as what can be imported from the project's folder."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(source)
    if "package" in str(arguments) or name.startswith("shop/"):
        (tmp_path / "shop" / "__init__.py").write_text("")
    audit = written(tmp_path, *arguments)[1]["audit"]
    assert {key: audit[key] for key in ("target", "app-dir") if key in audit} == told


@pytest.mark.parametrize("source", [None, "x = 1\n", "import nothing_of_the_kind\n"], ids=["none", "no-app", "broken"])
def test_without_an_application_the_file_says_what_to_write(source: str | None, tmp_path: Path) -> None:
    """No target and no routes, but all files; a file that looked like one is named, with what is wrong with it."""
    if source is not None:
        (tmp_path / "app.py").write_text(source)
    done = init(tmp_path)
    assert done.returncode == 0
    assert ("app.py is not used: " in done.stderr) is (source is not None)
    assert "name the application in corsproof.toml" in done.stdout
    assert tomllib.loads((tmp_path / "corsproof.toml").read_text()) == {"audit": {}}
    assert all((tmp_path / name).is_file() for name in FILES)


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """Byte for byte; each is named, and of a noxfile the session is shown that could stand in it."""
    for name in FILES[:3]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# mine\n")
    done = init(tmp_path, "--dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[:4]] == ["kept", "kept", "kept", "wrote"]
    assert all((tmp_path / name).read_text() == "# mine\n" for name in FILES[:3])
    assert "put this into noxfile.py:\n\n@nox.session\ndef cors(session):" in done.stdout.replace("\n\n\n", "\n\n")


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    """Nor is the session shown that is there."""
    (tmp_path / "app.py").write_text(PLAIN)
    written(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    out, _ = written(tmp_path)
    assert out.count("kept ") == 4
    assert "@nox.session" not in out
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before


REQUIREMENTS = {
    "pyproject": ("pyproject.toml", '[project]\nname = "shop"\n', "-e ."),
    "requirements": ("requirements.txt", "flask\n", "-r requirements.txt"),
}


@pytest.mark.parametrize(("name", "text", "arguments"), REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_the_job_installs_the_project_and_the_browsers(name: str, text: str, arguments: str, tmp_path: Path) -> None:
    """As YAML that a runner can read; actions are pinned by their major versions."""
    (tmp_path / name).write_text(text)
    written(tmp_path)
    job = yaml.safe_load((tmp_path / ".github/workflows/cors.yml").read_text())["jobs"]["cors"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[0] == f"python -m pip install {arguments} 'corsproof[pytest]'"
    assert runs[2:] == ["corsproof install", "python -m pytest tests/test_cors.py --cors-browser all"]
    assert all(step["uses"].partition("@v")[2].isdecimal() for step in job["steps"] if "uses" in step)
    assert ", ".join(f'"{one}"' for one in arguments.split()) in (tmp_path / "noxfile.py").read_text()


def test_the_session_is_listed(tmp_path: Path) -> None:
    """By nox itself."""
    written(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "nox", "--list"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "* cors -> Prove the CORS policy in Chromium, Firefox and WebKit." in done.stdout, done.stderr


def test_a_section_that_is_not_read_any_more_is_said(tmp_path: Path) -> None:
    """corsproof.toml goes before pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text('[tool.corsproof]\nkeep = "x"\n')
    assert "[tool.corsproof] in pyproject.toml is not read any more" in written(tmp_path)[0]


BAD: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no-folder": (("--dir", "nowhere"), 2, "'nowhere' does not exist"),
    "file-as-folder": (("--dir", "app.py"), 2, "'app.py' is a file"),
    "no-target": (("a b",), 2, "'a b' is no target"),
    "no-file": (("nothing.py",), 2, "there is no file"),
    "no-application": (("app.py:item",), 2, "the function item(n)"),
    "no-module": (("nothing:app",), 4, "there is no module 'nothing'"),
    "no-attribute": (("app:nothing",), 2, "has no 'nothing'"),
    "url": (("http://127.0.0.1:9",), 2, "is the URL of a server"),
}


@pytest.mark.parametrize(("arguments", "code", "said"), BAD.values(), ids=BAD)
def test_bad_input(arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    """The same errors as of an audit; nothing is written."""
    (tmp_path / "app.py").write_text(PLAIN)
    done = init(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert not (tmp_path / "corsproof.toml").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """What stands in the way is named."""
    (tmp_path / "tests").write_text("")
    done = init(tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path / 'tests' / 'test_cors.py'} cannot be written" in done.stderr
