"""Header lists keep order and duplicates, and compare names without regard to case."""

from __future__ import annotations

import pytest

from harness.oracle.grammar import MALFORMED, Malformed
from harness.oracle.headers import (
    Headers,
    append,
    by_name,
    combine,
    contains,
    delete,
    extract_list_values,
    get,
    set_value,
    sort_and_combine,
    sorted_lowercase_set,
)

LIST: Headers = (("A", "1"), ("b", "x"), ("a", "2"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("A", "1, 2", id="two fields are joined in order"),
        pytest.param("B", "x", id="another case"),
        pytest.param("c", None, id="absent"),
    ],
)
def test_get(name: str, expected: str | None) -> None:
    """Getting joins all values by comma and blank."""
    assert get(name, LIST) == expected
    assert contains(name, LIST) is (expected is not None)


def test_get_of_an_empty_value_is_not_none() -> None:
    """An empty value is there; absent is something else."""
    assert get("a", (("A", ""),)) == ""


def test_append_keeps_the_first_spelling() -> None:
    """A name that is there already is appended as it was first written."""
    assert append("A", "3", (("a", "1"),)) == (("a", "1"), ("a", "3"))
    assert append("B", "3", (("a", "1"),)) == (("a", "1"), ("B", "3"))


def test_delete_takes_all_of_a_name() -> None:
    """Deleting removes every field of the name, in any case."""
    assert delete("A", LIST) == (("b", "x"),)
    assert delete("c", LIST) == LIST


def test_set_replaces_the_first_and_drops_the_others() -> None:
    """Setting keeps the place and the spelling of the first field."""
    assert set_value("a", "9", LIST) == (("A", "9"), ("b", "x"))
    assert set_value("B", "9", LIST) == (("A", "1"), ("b", "9"), ("a", "2"))
    assert set_value("c", "9", LIST) == (*LIST, ("c", "9"))


def test_combine_joins_into_one_field() -> None:
    """Combining is what setRequestHeader does."""
    assert combine("a", "2", (("A", "1"),)) == (("A", "1, 2"),)
    assert combine("c", "1", ()) == (("c", "1"),)


def test_sorted_lowercase_set() -> None:
    """Names are folded, made unique and sorted by their bytes."""
    assert sorted_lowercase_set(["X-b", "a", "x-B", "Z_"]) == ("a", "x-b", "z_")


def test_sort_and_combine() -> None:
    """What script iterates over is sorted, lower-case and combined."""
    assert sort_and_combine((("B", "x"), ("a", "1"), ("A", "2"))) == (("a", "1, 2"), ("b", "x"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), None, id="absent"),
        pytest.param((("L", ""),), (), id="present and empty"),
        pytest.param((("L", "a, b"), ("l", "c")), ("a", "b", "c"), id="two fields in order"),
        pytest.param((("L", "a"), ("L", "b c")), MALFORMED, id="the second field is bad"),
        pytest.param((("L", "b c"), ("L", "a")), MALFORMED, id="the first field is bad"),
        pytest.param((("L", 'a"'), ("L", '"b')), MALFORMED, id="fields are parsed one by one"),
    ],
)
def test_extract_list_values(headers: Headers, expected: tuple[str, ...] | Malformed | None) -> None:
    """Each field is parsed by itself, and one that fails voids all."""
    assert extract_list_values("l", headers) == expected


def test_by_name_is_get_for_every_name() -> None:
    """Lines of a name are joined in their order, whatever its case; what is not there has no value."""
    fields = (("A", "1"), ("b", ""), ("a", "2"), ("A", "1"))
    assert by_name(fields) == {name: get(name, fields) for name in ("a", "b")}
    assert by_name(fields)["a"] == "1, 2, 1"
    assert by_name(()) == {}
