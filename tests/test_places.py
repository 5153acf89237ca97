"""Placeholders: filled where a run knows what they stand for, varied as a catalogue says, and else left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.places import ORIGINS, PLACED, fill, mentions

PLACES = {
    "page": "http://localhost:1111",
    "home": "http://localhost:1111",
    "api": "https://api.example.com",
    "api2": "http://localhost:3333",
    "cross": "http://127.0.0.1:2222",
    "token": "corsproof=t0",
}
FILLED = {
    "origin": ("{page}", "http://localhost:1111"),
    "url": ("{api}/a?{token}", "https://api.example.com/a?corsproof=t0"),
    "several": ("{api2} {cross}", "http://localhost:3333 http://127.0.0.1:2222"),
    "twice": ("{page}, {page}", "http://localhost:1111, http://localhost:1111"),
    "upper": ("{page|upper}", "HTTP://LOCALHOST:1111"),
    "upper-scheme": ("{page|upper-scheme}/", "HTTP://localhost:1111/"),
    "host": ("{page|host}", "localhost:1111"),
    "host-without-port": ("{api|host}", "api.example.com"),
    "hostname": ("{page|hostname}", "localhost"),
    "userinfo": ("{page|user:word@}/a", "http://user:word@localhost:1111/a"),
    "empty-userinfo": ("{page|@}/a", "http://@localhost:1111/a"),
    "port": ("{page|:6667}/a", "http://localhost:6667/a"),
    "port-where-there-was-none": ("{api|:6667}", "https://api.example.com:6667"),
    "empty-variation": ("{page|}", "http://localhost:1111"),
    "plain": ("nothing here", "nothing here"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("template", "filled"), FILLED.values(), ids=FILLED)
def test_fill(template: str, filled: str) -> None:
    """Each placeholder is what it stands for, varied as it says."""
    assert fill(template, PLACES) == filled


LEFT_ALONE = ["{other}", "{PAGE}", "{page", "page}", "{ page }", "{}", "{page|a b}", '{"page": 1}', "{api3|upper}"]


@pytest.mark.parametrize("template", LEFT_ALONE)
def test_what_is_no_placeholder_stays(template: str) -> None:
    """Braces that mean something else, such as those of JSON, are none of ours."""
    assert fill(template, PLACES) == template


def test_a_place_that_nobody_knows_stays() -> None:
    """Where a name has no place yet, it is left for somebody who knows."""
    assert fill("{page}/{api|host}?{token}", {"page": "http://a"}) == "http://a/{api|host}?{token}"


@pytest.mark.parametrize("template", ["{page|lower}", "{page|uppercase}", "{page|6667}", "{page|user@host}"])
def test_an_unknown_variation_is_a_mistake(template: str) -> None:
    """A variation that nobody knows would be a catalogue's slip: it does not pass in silence."""
    with pytest.raises(ValueError, match="no placeholder varies an origin by"):
        fill(template, PLACES)


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{h2}/a", True),
        ("x {page} {h2|host}", True),
        ("{api2}/a", False),
        ("h2", False),
        ("{h2", False),
        ("{h22}", False),
        ("{h2|a b} {api}", False),
    ],
)
def test_mentions(template: str, found: bool) -> None:
    """A name is mentioned where it would be filled."""
    assert mentions(template, "h2") is found
    assert (fill(template, {"h2": "https://localhost:4444"}) != template) is found


@given(st.text("{}|pageihomtkn /:@", max_size=30))
def test_filling_twice_changes_nothing(template: str) -> None:
    """What was put in is not looked at again."""
    try:
        once = fill(template, PLACES)
    except ValueError:
        return
    assert fill(once, PLACES) == once


@pytest.mark.parametrize("name", ORIGINS)
def test_a_step_begins_with_an_origin(name: str) -> None:
    """A URL is placed that begins with one of the origins, varied or not, and goes on with a path."""
    assert PLACED.match(f"{{{name}}}/a")
    assert PLACED.match(f"{{{name}|user:word@}}/")
    assert not PLACED.match(f"{{{name}}}")
    assert not PLACED.match(f" {{{name}}}/a")
    assert not PLACED.match(f"{{{name}|a/b}}/a")
