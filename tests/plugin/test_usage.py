"""Misuse is told before any browser starts, and the plugin costs nothing where it is not used."""

from __future__ import annotations

import subprocess
import sys

import pytest
from inner import Project

pytest_plugins = ["pytester"]

ONE_TEST = "def test_it(cors): assert cors.fetch('GET', '/items').allowed"


@pytest.mark.parametrize("name", ["opera", "chromium,opera", "=path"])
def test_an_unknown_browser_is_a_usage_error(project: Project, name: str) -> None:
    """An engine that does not exist ends pytest at once with the list of those that do."""
    result = project.run("--cors-browser", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --cors-browser: unknown engine *; valid engines: chromium, firefox, webkit, all, auto"]
    )


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("browsers=['opera']", "*unknown browsers ?'opera'?; valid browsers: chromium, firefox, webkit"),
        ("browser=['firefox']", "*write cors(origin=*"),
        ("'https://app.example.com'", "*write cors(origin=*"),
    ],
    ids=["unknown browser", "unknown argument", "argument without a name"],
)
def test_a_wrong_mark_is_an_error(project: Project, mark: str, message: str) -> None:
    """A mark that says nothing valid is an error of collection that says what would be."""
    project.app("published")
    project.tests(f"import pytest\n@pytest.mark.cors({mark})\n{ONE_TEST}")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_the_mark_chooses_browsers(project: Project) -> None:
    """A test runs in the browsers of its mark; where the run leaves them all out, it is skipped and says so."""
    project.app("published")
    project.tests(
        "import pytest\n"
        f"@pytest.mark.cors(browsers=['firefox', 'webkit'])\n{ONE_TEST}\n"
        f"@pytest.mark.cors(browsers=['chromium'])\n{ONE_TEST.replace('test_it', 'test_other')}"
    )
    listed = project.run("--collect-only", "-q")
    listed.stdout.fnmatch_lines(["*::test_it?firefox?", "*::test_it?webkit?", "*::test_other?chromium?"])
    left_out = project.run("--cors-browser", "firefox", "-k", "test_other", "-rs")
    left_out.assert_outcomes(skipped=1, deselected=1)
    left_out.stdout.fnmatch_lines(["*only for chromium, which --cors-browser leaves out*"])


@pytest.mark.parametrize(
    ("conftest", "message"),
    [
        ("", "*override the fixture `cors_app`*"),
        ("import pytest\n@pytest.fixture\ndef cors_app(): return 'app'", "*gave 'app', which is no WSGI or ASGI*"),
    ],
    ids=["no application", "not an application"],
)
def test_the_application_must_be_given(project: Project, conftest: str, message: str) -> None:
    """Without an application every test of `cors` is an error that says what to write."""
    (project.path / "conftest.py").write_text(conftest)
    project.tests(ONE_TEST)
    result = project.run("--cors-browser", "chromium")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_the_fixtures_explain_themselves(project: Project) -> None:
    """`pytest --fixtures` and `--markers` show what there is, and every name of ours begins with cors."""
    listed = project.run("--fixtures").stdout.str().splitlines()
    ours = [line.split()[0] for line in listed if "harness/pytest_plugin.py" in line or "pytest_plugin.py:" in line]
    assert {"cors", "cors_app", "cors_prober"} <= set(ours)
    project.run("--markers").stdout.fnmatch_lines(["@pytest.mark.cors(origin=*, browsers=*"])


def test_loading_costs_nothing() -> None:
    """The plugin is loaded in every pytest run: it brings the standard library and pytest, and nothing else."""
    script = (
        "import sys, pytest; before = set(sys.modules); import harness.pytest_plugin\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(tops - sys.stdlib_module_names))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.split() == ["harness"]
