"""The inner project of each test."""

from __future__ import annotations

import os

import pytest
from inner import Project

HOME = os.environ.get("HOME", "")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give an empty project; browsers that Playwright keeps below the real home are still found."""
    monkeypatch.setenv("HOME", HOME)
    return Project(pytester)
