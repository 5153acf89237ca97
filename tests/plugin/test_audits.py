"""`cors.audit`: findings about the application under test, in the engine of the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from inner import Project

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "test_audit.py").read_text(encoding="utf-8")


def test_the_example_holds(project: Project) -> None:
    """The file in `examples` passes as it stands, its own negative control with it."""
    project.tests(EXAMPLE)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=2)


UNTESTED = """
import pytest
from flask import Flask

@pytest.fixture
def cors_app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        raise RuntimeError

    return app

def test_nothing_can_be_said(cors):
    from harness.audit.audited import NotAudited
    with pytest.raises(NotAudited, match="fails on every request: status 500"):
        cors.audit()
"""


def test_an_application_that_always_fails_has_no_findings_but_an_error(project: Project) -> None:
    """Never "no finding" where nothing could be tested."""
    project.tests(UNTESTED)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=1)
