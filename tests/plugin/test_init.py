"""What `corsproof init` writes, in a project of somebody else: it runs green, and red once the app is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from inner import Project

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser

APP = """
from flask import Flask, jsonify

app = Flask("shop", static_folder=None)

@app.get("/orders/<int:number>")
def order(number):
    return jsonify(number)
"""
HOOKS = """
from server_site.hooks.hardened import Policy, install

install(app, Policy([{origins}], ["GET"], credentials=True))
"""
MEANT = HOOKS.format(origins='"https://app.example.com"')
WIDER = HOOKS.format(origins='"https://app.example.com", "https://*.example.com"')


def init(folder: Path, *arguments: str) -> str:
    """Run the command as a user does; return what it printed."""
    command = [sys.executable, "-c", "from harness.cli import main; main()", "init", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_what_is_written_is_green_and_then_red(project: Project) -> None:
    """The whole file in Chromium: the policy is read off the app; hooks that then let more in than that are told."""
    (project.path / "shop.py").write_text(APP + MEANT)
    assert "1 path from the URL map; origins from the policy of its hooks" in init(project.path, "shop.py")
    project.run("tests/test_cors.py", "--cors-browser", "chromium").assert_outcomes(passed=2)
    (project.path / "shop.py").write_text(APP + WIDER)
    broken = project.run("tests/test_cors.py", "--cors-browser", "chromium", "-k", "policy")
    broken.assert_outcomes(failed=1, deselected=1)
    broken.stdout.fnmatch_lines(["*.example.com*"])


def test_without_a_policy_the_rules_of_an_audit_are_what_is_tested(project: Project) -> None:
    """The application is found where Flask looks; it is not known who should get in, strangers are kept out."""
    (project.path / "app.py").write_text(APP)
    assert "no origin is known" in init(project.path)
    run = project.run("tests/test_cors.py", "--cors-browser", "chromium", "-rs")
    run.assert_outcomes(passed=1, skipped=1)
    run.stdout.fnmatch_lines(["*corsproof.toml has no policy yet*"])
