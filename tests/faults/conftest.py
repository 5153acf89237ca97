from __future__ import annotations

import uuid

import pytest
from processes import MARK


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a mark that every process started from now on inherits."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value
