"""The room's walls: what it exports, and what it may import."""

from __future__ import annotations

import ast
import importlib
import sys
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from harness import oracle

FILES = sorted(Path(oracle.__file__).parent.glob("*.py"))


def test_public_names() -> None:
    """The public surface is pinned; what is not here is nobody else's business."""
    assert oracle.__all__ == sorted(oracle.__all__, key=lambda name: (not name.isupper(), name))
    assert set(oracle.__all__) == {
        "STANDARD", "Answer", "Api", "BodyKind", "CacheMode", "Connect", "Connection", "Credentials", "Difference",
        "DifferenceKind", "Exchange", "Failure", "Headers", "Kind", "Mode", "NetworkFailure", "Phase", "Prediction",
        "PreflightCache", "Readable", "Reason", "Recorded", "Redirect", "ReferrerPolicy", "Refusal", "Replay",
        "Request", "ResponseType", "Rules", "SeenAs", "Server", "WireRequest", "WireResponse", "cors_check",
        "cors_readable", "predict", "replay", "xhr_events",
    }  # fmt: skip
    assert all(hasattr(oracle, name) for name in oracle.__all__)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_imports(file: Path) -> None:
    """Only the standard library and the oracle itself, and nothing that waits, sends or looks at a clock."""
    banned = {"socket", "time", "asyncio", "threading", "random", "os", "pathlib", "http", "io", "logging", "datetime"}
    for node in ast.walk(ast.parse(file.read_text())):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            top = module.partition(".")[0]
            assert module.startswith("harness.oracle") or top in sys.stdlib_module_names
            assert top not in banned


RECORDS = sorted(
    {
        value
        for file in FILES
        for value in vars(importlib.import_module(f"harness.oracle.{file.stem}")).values()
        if isinstance(value, type) and is_dataclass(value)
    },
    key=lambda record: record.__name__,
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_records_are_frozen(record: type) -> None:
    """No record can be changed, and none takes attributes that it does not declare."""
    assert record.__dict__["__dataclass_params__"].frozen
    assert "__slots__" in record.__dict__


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_contract(file: Path) -> None:
    """Every file opens with its contract in two to six lines."""
    contract = ast.get_docstring(ast.parse(file.read_text()))
    assert contract is not None
    assert 2 <= len(contract.splitlines()) <= 6
