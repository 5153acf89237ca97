"""Case files: nothing is lost on the way to JSON, to a word, or to source; what is no case is refused with a reason."""

from __future__ import annotations

import base64
import json
import zlib
from random import Random
from typing import Any

import pytest
from fuzzed import NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import casefile, catalog
from harness.errors import UsageError
from harness.fuzzing.generating import scenario, scenarios
from harness.literal import Answer, Close, CutOff, Raw, Role, Rule, Script
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.wire import Kind

EVERYTHING = Scenario(
    "everything",
    "f",
    "s",
    (Step("PUT", "{api}/a", (("X-A", "\xe9\x00"),), "\xff", body_kind="bytes", abort_ms=5), Step("x", "{api2}/")),
    {LITERAL: None},
    page="null",
    apis=(Api.FETCH,),
    turns=(
        Script((Rule((Answer(b"HTTP/1.1 2\xff0", (("A", "\x00\xff"),), b"\x00\xff", add_length=False), Close())),)),
        Script((Rule((Raw(b"\r\n\xff", (("A", "b"),)), CutOff(Answer(200), 5)), Kind.PREFLIGHT, "/a", Role.API2),)),
    ),
)


def packed(value: Any) -> str:
    """Return any JSON in the form of a case's word."""
    return casefile.PREFIX + base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()


def every_scenario() -> list[Scenario]:
    """Return all scenarios of the catalogue, some generated ones, and one with everything in it."""
    known = [one for suite in catalog.SUITES for one in catalog.load(suite)]
    return [EVERYTHING, *known, *scenarios(1, 200)]


def test_there_and_back() -> None:
    """Every scenario there is comes back as it was, from JSON text and from its word."""
    for one in every_scenario():
        assert casefile.from_json(json.loads(json.dumps(casefile.to_json(one)))) == one
        assert casefile.from_word(casefile.to_word(one)) == one


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_there_and_back_by_chance(random: Random) -> None:
    """So does whatever is generated."""
    one = scenario(random, 0)
    assert casefile.from_word(casefile.to_word(one)) == one


def test_source() -> None:
    """The source makes the very scenario."""
    for one in every_scenario():
        assert eval(casefile.to_source(one), NAMES) == one


def test_source_is_readable() -> None:
    """What is as by default is left out, and lines are not too long where they can be broken."""
    source = casefile.to_source(EVERYTHING)
    assert "cache=" not in source
    assert max(map(len, source.splitlines())) <= 120


def test_defaults_are_left_out() -> None:
    """A plain case is short."""
    plain = Scenario("a", "f", "s", (Step("GET", "{api}/"),), {LITERAL: None}, turns=(Script((Rule((Answer(200),)),)),))
    assert casefile.to_json(plain) == {
        "id": "a",
        "family": "f",
        "summary": "s",
        "steps": [{"method": "GET", "url": "{api}/"}],
        "expect": {"literal": None},
        "turns": [{"rules": [{"answers": [{"Answer": {"status": 200}}]}]}],
    }


def test_a_word_is_one_word() -> None:
    """Nothing in it means anything to a shell, or to an URL."""
    assert all(letter.isalnum() or letter in "-_:" for letter in casefile.to_word(EVERYTHING))


WORDS = {
    "nothing": ("", "does not begin with case:"),
    "other": ("get-simple", "does not begin with case:"),
    "empty": ("case:", "cut short"),
    "no-letters": ("case:!!", "this is no case"),
    "no-ascii": ("case:é", "this is no case"),
    "not-packed": ("case:abcd", "this is no case"),
    "cut-short": (casefile.to_word(EVERYTHING)[:-9], "cut short"),
    "too-large": (casefile.PREFIX + base64.b64encode(zlib.compress(b" " * 2_000_000)).decode(), "1,000,000 bytes"),
    "no-json": (casefile.PREFIX + base64.b64encode(zlib.compress(b"{")).decode(), "this is no case"),
    "no-object": (packed([]), "case should be dict"),
}


@pytest.mark.parametrize(("word", "said"), WORDS.values(), ids=WORDS)
def test_a_word_that_stands_for_nothing(word: str, said: str) -> None:
    """It is refused, with the reason and what to do."""
    with pytest.raises(UsageError, match="copy the whole word") as refused:
        casefile.from_word(word)
    assert said in str(refused.value)


def spoilt(path: tuple[str | int, ...], value: Any) -> Any:
    """Return the JSON of a case with another value somewhere; None of a key takes it away."""
    whole = casefile.to_json(EVERYTHING)
    inside: Any = whole
    for key in path[:-1]:
        inside = inside[key]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return whole


SPOILT: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "missing": (("id",), None, "case has no id"),
    "unknown": (("colour",), "red", "case has 'colour', which means nothing"),
    "kind": (("steps", 0, "method"), 5, "case.steps[0].method should be str, and is 5"),
    "truth": (("steps", 0, "upload_listener"), 1, "case.steps[0].upload_listener should be bool, and is 1"),
    "pair": (("steps", 0, "headers", 0), ["a"], "case.steps[0].headers[0] should have 2 elements, and has 1"),
    "enum": (("apis", 0), "telnet", "case.apis[0] should be fetch or xhr, and is 'telnet'"),
    "no-cors-api": (("apis", 0), "websocket", "case.apis[0] should be fetch or xhr, and is 'websocket'"),
    "record": (("turns", 0, "rules", 0, "answers", 0), {"Reply": {}}, "should be one of Answer, Raw, CutOff, Close"),
    "bytes": (("turns", 1, "rules", 0, "answers", 0), {"Raw": {"sent": "€"}}, "sent should be bytes, one a character"),
    "value": (("steps", 0, "mode"), "navigate", "case.steps[0]: mode 'navigate' is none of"),
    "whole": (("page",), "ftp://x", "case: scenario everything: 'ftp://x' is neither"),
}


@pytest.mark.parametrize(("path", "value", "said"), SPOILT.values(), ids=SPOILT)
def test_json_that_is_no_case(path: tuple[str | int, ...], value: Any, said: str) -> None:
    """It is refused with the place and with what should be there."""
    with pytest.raises(UsageError) as refused:
        casefile.from_json(spoilt(path, value))
    assert said in str(refused.value)
