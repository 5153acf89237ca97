"""`--cors-report`: what a session asked, in files and in JUnit XML; the same when workers of xdist asked it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from inner import Project

pytest_plugins = ["pytester"]

SECRET = "open-sesame"
ASKING = f"""
import pytest

def test_reads(cors):
    for _ in range(2):
        assert cors.fetch("GET", "/items?token={SECRET}").allowed

@pytest.mark.parametrize("path", ["/me"])
def test_fails(cors, path):
    assert cors.fetch("GET", path, credentials="include", headers={{"X-Api-Key": "{SECRET}"}}).allowed

def test_asks_nothing(cors):
    pass

def test_is_no_business_of_ours():
    pass
"""


def told(project: Project) -> dict[str, Any]:
    """Read the document that the session has left."""
    value: dict[str, Any] = json.loads((project.path / "out" / "corsproof.json").read_text(encoding="utf-8"))
    return value


@pytest.mark.browser
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_everything_asked_is_in_the_report(project: Project, workers: tuple[str, ...]) -> None:
    """Each question with its outcome, the failing test's as failures, where the test begins; and no secret."""
    project.app("published")
    project.tests(ASKING)
    given = ("--cors-browser", "chromium", "--cors-report", "junit,sarif", "--cors-report-dir", "out")
    result = project.run(*given, *workers, "--junitxml", "theirs.xml")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*= corsproof =*", "reports of all that cors was asked: *corsproof.json, *"])
    rows = {(row["scenario"], row["repeat"]): row for row in told(project)["results"]}
    assert {key: (row["status"], row["sight"]) for key, row in rows.items()} == {
        ("test_inner.py::test_reads: GET /items?token=[redacted]", 0): ("pass", "allowed 200"),
        ("test_inner.py::test_reads: GET /items?token=[redacted]", 1): ("pass", "allowed 200"),
        ("test_inner.py::test_fails[/me]: GET /me", 0): ("fail", "blocked at the preflight"),
    }
    failed = rows["test_inner.py::test_fails[/me]: GET /me", 0]
    assert (failed["cause"], failed["source"]) == ("the test failed in its call", {"file": "test_inner.py", "line": 7})
    assert told(project)["exit"] == 1
    [engine] = told(project)["engines"]
    assert engine["canaries"]["asked"] == engine["canaries"]["passed"] > 0
    ours = [path.read_text(encoding="utf-8") for path in Path(project.path, "out").iterdir()]
    assert [SECRET in text for text in ours] == [False] * 3
    properties = ElementTree.parse(project.path / "theirs.xml").findall(".//property[@name='cors']")
    values = [str(each.attrib["value"]).partition(" from ")[0] for each in properties]
    assert sorted(values) == ["GET /items?token=[redacted]"] * 2 + ["GET /me"]


BAD = {
    "a format that there is not": (("--cors-report", "pdf"), "ERROR: --cors-report: unknown report 'pdf'; valid *"),
    "no folder": (
        ("--cors-report", "md", "--cors-report-dir", "conftest.py/x"),
        "ERROR: --cors-report: no reports can *",
    ),
}


@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_a_usage_error(project: Project, given: tuple[str, ...], said: str) -> None:
    """At once, before any test runs."""
    project.app("published")
    result = project.run(*given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_without_the_option_nothing_is_written(project: Project) -> None:
    """Negative control: a session leaves no file behind by itself."""
    project.app("published")
    project.tests("def test_a(): pass")
    project.run("-p", "no:xdist").assert_outcomes(passed=1)
    assert not (project.path / "corsproof-report").exists()
