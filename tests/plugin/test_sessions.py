"""The plugin in a session: beside other plugins, with browsers that lie, die or are missing, and when interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from inner import Project
from processes import MARK, marked, wait_until_none

pytest_plugins = ["pytester"]

BESIDE_PLAYWRIGHT = """
import asyncio
import pytest
from harness.engines.chromium import system_executable

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    import pathlib
    own = pathlib.Path(playwright.chromium.executable_path)
    return browser_type_launch_args | ({} if own.exists() else {"executable_path": system_executable()})

def test_ours(cors):
    assert cors.fetch("GET", "/items").allowed

def test_theirs(page):
    page.goto("data:text/html,<title>theirs</title>")
    assert page.title() == "theirs"

def test_both(page, cors):
    assert page.evaluate("1 + 1") == 2
    assert cors.fetch("PUT", "/items/1").allowed
"""


@pytest.mark.browser
def test_beside_pytest_playwright(project: Project) -> None:
    """Both plugins take their options and drive their browsers in one session, even in one test."""
    pytest.importorskip("pytest_playwright")
    project.app("published")
    project.tests(BESIDE_PLAYWRIGHT)
    # Its own warnings (pytest's deprecations) are not ours to answer for.
    project.run("--cors-browser", "chromium", "--browser", "chromium", "-W", "default").assert_outcomes(passed=3)


LYING = """
from harness import canaries

honest = canaries.app

async def lying(scope, receive, send):
    async def permit(message):
        if scope["path"] == "/closed" and message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"access-control-allow-origin", b"*")]
        await send(message)
    await honest(scope, receive, permit)

canaries.app = lying
"""


@pytest.mark.browser
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "a worker"])
def test_a_failed_canary_ends_the_session(project: Project, workers: tuple[str, ...]) -> None:
    """A browser whose known answers are wrong ends everything with exit code 3, and no later test runs."""
    project.app("published", LYING)
    project.tests("def test_a(cors): cors.fetch('GET', '/items')\ndef test_b(): assert False, 'too late'")
    result = project.run("--cors-browser", "chromium", *workers)
    assert result.ret == 3
    output = result.stdout.str() + result.stderr.str()
    assert "corsproof: chromium answered 2 of 4 canaries wrong on http://localhost: canary-closed-simple" in output
    assert "too late" not in output


WAITING = """
from flask import Flask
import pytest, threading

app = Flask(__name__)

@app.get("/waits")
def waits():
    print("WAITING", flush=True)
    threading.Event().wait(3)
    return ""

@pytest.fixture
def cors_app():
    return app

def test_waits(cors):
    cors.fetch("GET", "/waits", timeout=30)
"""


@pytest.mark.browser
def test_an_interruption_leaves_no_process(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a request ends pytest as usual, and its browser with it."""
    monkeypatch.setenv(MARK, str(project.path))
    project.tests(WAITING)
    # Warnings are no errors here: a2wsgi leaves the late answer of the view unawaited.
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "--cors-browser", "chromium"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell's background ignores is inherited
    running = subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    with running:
        assert running.stdout is not None
        assert any("WAITING" in line for line in running.stdout)
        assert len(marked(str(project.path))) > 2
        os.killpg(running.pid, signal.SIGINT)
        output, _ = running.communicate(timeout=60)
    assert running.returncode == pytest.ExitCode.INTERRUPTED, output
    assert wait_until_none(str(project.path)) == {}


MISSING = """
from collections.abc import Iterator
from harness.engines import launch
from harness.errors import BrowserUnavailable
from harness.prober import Prober

def launcher(name, how):
    if name in {missing}:
        raise BrowserUnavailable(f"no {{name}} here")
    return launch(name, how)

@pytest.fixture(scope="session")
def cors_prober() -> Iterator[Prober]:
    prober = Prober(launcher=launcher)
    yield prober
    prober.close()
"""
ONE_TEST = "def test_it(cors): assert cors.fetch('GET', '/items').allowed"


@pytest.mark.browser
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "a worker"])
def test_what_auto_leaves_out_is_said(project: Project, workers: tuple[str, ...]) -> None:
    """Without named browsers, those that cannot be used are skipped, and the summary says which and what mends it."""
    project.app("published", MISSING.format(missing="('firefox', 'webkit')"))
    project.tests(ONE_TEST)
    result = project.run(*workers)
    result.assert_outcomes(passed=1, skipped=2)
    for name in ("firefox", "webkit"):
        line = f"{name} cannot be used: no {name} here; to mend it: *{name}"
        result.stdout.fnmatch_lines(["*= corsproof: not tested in every engine =*", line])


def test_auto_needs_at_least_one(project: Project) -> None:
    """Without any usable browser nothing is skipped: it is an error that lists every cause."""
    project.app("published", MISSING.format(missing="('chromium', 'firefox', 'webkit')"))
    project.tests(ONE_TEST)
    result = project.run()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["no browser can be used", "chromium cannot*", "firefox cannot*", "webkit cannot*"])


def test_a_named_browser_is_required(project: Project) -> None:
    """A browser asked for by name is an error where it cannot be used, with what mends it."""
    project.app("published")
    project.tests(ONE_TEST)
    result = project.run("--cors-browser", "chromium=/nowhere/chromium")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["chromium cannot be used: *; to mend it: *corsproof*chromium*"])
