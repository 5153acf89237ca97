"""Documents read back: whatever is no document of ours is told as what it is."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from made_documents import DOCUMENTS, a_run, green

from harness.errors import UsageError
from harness.reports.reading import read

OURS = {"tool": {"name": "corsproof", "version": "9"}, "schema_version": 1}
BAD: dict[str, tuple[Any, str]] = {
    "no JSON": (b"<html>", "is no JSON: Expecting value: line 1"),
    "no text": (b"\xff\xfe", "is no text"),
    "a list": ([], "is no document of corsproof"),
    "another tool's": ({"tool": {"name": "other"}, "schema_version": 1}, "is no document of corsproof"),
    "a later version": (OURS | {"schema_version": 2, "results": []}, "later version .*corsproof 9.*upgrade"),
    "no kind": (OURS, "its kind is none of run, audit, fuzz"),
    "another kind": (OURS | {"kind": "serve"}, "its kind is none of run, audit, fuzz"),
    "missing members": (OURS | {"kind": "run"}, "results is missing or no list"),
    "a broken row": (green() | {"results": [{"scenario": "x"}]}, r"results\[0\] has no family"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_what_is_no_document_is_refused(content: Any, said: str, tmp_path: Path) -> None:
    """With the name of the file, and what it should be."""
    path = tmp_path / "some.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(UsageError, match=rf"some\.json .*{said}") as refused:
        read(path)
    assert "corsproof" in refused.value.hint


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """And a folder is none either."""
    with pytest.raises(UsageError, match=r"nothing\.json cannot be read: No such file"):
        read(tmp_path / "nothing.json")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_document_can_be_read_back(make: Any, tmp_path: Path) -> None:
    """And is the same."""
    path = tmp_path / "some.json"
    document = make()
    path.write_text(json.dumps(document))
    assert read(path) == document


def test_a_document_of_the_first_days_is_known_by_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """It had no kind; also from standard input."""
    old = {name: value for name, value in a_run().items() if name != "kind"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(old)))
    assert read("-")["kind"] == "run"
