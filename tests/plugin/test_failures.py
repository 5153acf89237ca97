"""What a failing test shows: both exchanges, the browser's sentence, and no secret; also from the workers of xdist."""

from __future__ import annotations

import pytest
from inner import Project

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser

SECRET = "open-sesame"
FAILING = f"""
def test_first(cors):
    assert cors.fetch("GET", "/items").allowed

def test_second(cors):
    result = cors.fetch("PUT", "/items/1?access_token={SECRET}", origin="https://app.example.com",
                        headers={{"Authorization": "Bearer {SECRET}", "X-Auth-Token": "{SECRET}"}})
    assert result.actual.status == 204

def test_third(cors):
    assert cors.fetch("GET", "/items/1?token={SECRET}", headers={{"X-Api-Key": "{SECRET}"}}).status == 404

def test_last(cors):
    assert cors.fetch("GET", "/me?token={SECRET}", credentials="include").allowed
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_failure_shows_both_exchanges(project: Project, workers: tuple[str, ...]) -> None:
    """A failed assertion comes with requests, responses, what script saw and the browser's words, all redacted."""
    project.app("published")
    project.tests(FAILING.replace(f'"{SECRET}"', f'"".join(("{SECRET[:5]}", "{SECRET[5:]}"))'))
    result = project.run("--cors-browser", "chromium", "-vv", "--showlocals", *workers)
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*- corsproof -*",
            "PUT /items/1?access_token=?redacted? from https://app.example.com in chromium: allowed",
            "  preflight  OPTIONS /items/1?access_token=?redacted?",
            "*access-control-request-headers: authorization,x-auth-token",
            "*-> 200",
            "*access-control-allow-origin: https://app.example.com",
            "  actual     PUT /items/1?access_token=?redacted?",
            "*authorization: ?redacted?",
            "*-> 200",
            "  script     read status 200 and the headers content-length, content-type",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "GET /me?token=?redacted? from http://localhost:* in chromium: blocked (actual)",
            "  script     saw a network error",
            "  browser    Access to fetch at 'http://localhost:*/me?token=?redacted?' * blocked by CORS policy: *",
        ]
    )
    sections = [line for line in result.outlines if "corsproof=" in line]
    assert sections == []
