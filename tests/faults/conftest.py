from __future__ import annotations

import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from processes import MARK


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a mark that every process started from now on inherits."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value
