"""Folders of browsers: fresh, told apart by their owner, and swept once it is gone."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.engines import folders
from harness.engines.folders import PREFIX, fresh_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a folder for temporary files that is nobody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_each_folder_is_fresh() -> None:
    """Two of one process are two, and empty; the second does not take the first away."""
    one, other = fresh_folder(), fresh_folder()
    assert one != other
    assert [list(one.iterdir()), list(other.iterdir())] == [[], []]


def test_what_a_dead_process_left_is_swept(temporary: Path) -> None:
    """Its folder goes with all that is in it; those of processes that live, and what is no folder of ours, stay."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    dead = temporary / f"{PREFIX}{process.pid}-x"
    kept = {temporary / f"{PREFIX}{os.getppid()}-x", temporary / f"{PREFIX}x", temporary / "x"}
    for folder in (dead, *kept):
        (folder / "Default").mkdir(parents=True)
    own = fresh_folder()
    assert {*temporary.iterdir()} == {own, *kept}


@pytest.mark.parametrize(("spare", "is_short"), [(0, False), (-1, True)], ids=["room", "too-long"])
def test_a_folder_whose_path_may_not_be_long(
    spare: int,
    is_short: bool,
    temporary: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it would be too long it is made elsewhere, where those of the dead are swept as well."""
    short = tmp_path_factory.mktemp("s")
    monkeypatch.setattr(folders, "SHORT", str(short))
    (short / f"{PREFIX}{2**30}-x").mkdir()
    length = len(str(fresh_folder()))
    made = fresh_folder(length + spare)
    assert made.parent == (short if is_short else temporary)
    assert list(short.iterdir()) == ([made] if is_short else [short / f"{PREFIX}{2**30}-x"])
