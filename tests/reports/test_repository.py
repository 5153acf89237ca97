"""Files as reports name them: below the working directory and relative to it, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog import SUITES, load, sources
from harness.reports.repository import configuration, lines_of, place

PLACES = {
    "a file": ("app/views.py", {"file": "app/views.py"}),
    "what is installed": ("venv/lib/site-packages/flask/app.py", None),
    "hidden": (".venv/app.py", None),
    "not there": ("nothing.py", None),
}


@pytest.mark.parametrize(("name", "found"), PLACES.values(), ids=PLACES)
def test_only_the_users_own_files_have_a_place(name: str, found: object, tmp_path: Path) -> None:
    """Names are relative to the folder, whatever the machine is."""
    if name != "nothing.py":
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert place(tmp_path / name, root=tmp_path) == found


def test_elsewhere_is_no_place(tmp_path: Path) -> None:
    """A file outside of the folder, or none, has none."""
    assert place(__file__, 3, root=tmp_path) is None
    assert place(None, root=tmp_path) is None
    assert place(__file__, 3, root=Path(__file__).parent) == {"file": "test_repository.py", "line": 3}


def test_what_has_no_place_stands_in_the_configuration(tmp_path: Path) -> None:
    """In the file that a command would read, if there is any."""
    assert configuration(root=tmp_path) is None
    (tmp_path / "pyproject.toml").touch()
    assert configuration(root=tmp_path) == {"file": "pyproject.toml"}
    (tmp_path / "corsproof.toml").touch()
    assert configuration(root=tmp_path) == {"file": "corsproof.toml"}


def test_the_first_line_that_writes_a_word_is_found() -> None:
    """As a string, and whole."""
    assert lines_of(["a", "b", "c"], "a = 1\nx('ab', \"a\")\n'b' 'a'") == {"a": 2, "b": 3}


@pytest.mark.parametrize("suite", SUITES)
def test_every_scenario_is_written_somewhere(suite: str) -> None:
    """In a module of its suite."""
    found = sources(suite)
    assert found.keys() == {scenario.id for scenario in load(suite)}
    assert {place(file, root=Path(file).parents[1]) is not None for file in found.values()} == {True}
