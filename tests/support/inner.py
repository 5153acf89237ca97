"""An inner project: somebody who tests CORS with the fixture `cors`, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

# Two plugins that are none of the project's, and take three times as long to load as all the rest (measured).
STRANGERS = ("-p", "no:faker", "-p", "no:hypothesispytest")
STRICT = ("-W", "error", "--strict-markers", "-p", "no:cacheprovider", *STRANGERS)
DEADLINE = 120.0  # seconds for one inner run
CONFTEST = """
import pytest
import server_site

@pytest.fixture(scope="session")
def cors_app():
    return server_site.create_app({hooks!r})
"""


class Project:
    """A folder with tests, and a way to run pytest over it; warnings are errors there too."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self._pytester.path

    def app(self, hooks: str, more: str = "") -> None:
        """Make the API behind a hook set the application under test; ``more`` goes into conftest.py too."""
        self._pytester.makeconftest(CONFTEST.format(hooks=hooks) + more)

    def tests(self, text: str) -> None:
        """Write the one file of tests."""
        self._pytester.makepyfile(test_inner=text)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest to its end."""
        return self._pytester.runpytest_subprocess(*STRICT, *arguments, timeout=DEADLINE)
