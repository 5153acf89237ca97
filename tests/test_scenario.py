"""Scenarios validate when made: what cannot be, cannot be written."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import oracle
from harness.literal import Answer, Role, Rule, Script
from harness.scenario import (
    BOTH,
    LITERAL,
    Api,
    Crossing,
    Expectation,
    Outcome,
    Scenario,
    Seen,
    Step,
    answers_of,
    asks_of,
)
from harness.wire import Kind

STEP = Step("GET", "{api}/a")
READ = Expectation((Seen(Outcome.ALLOWED, 200),), (Crossing("GET", "/a", 200),))

GOOD_STEPS: dict[str, dict[str, Any]] = {
    "page": {"url": "{page}/a"},
    "api": {"url": "{api}/"},
    "other-api": {"url": "{api2}/a?b=c"},
    "home": {"url": "{home}/a"},
    "another-site": {"url": "{cross}/a"},
    "varied": {"url": "{api|user:word@}/a"},
    "another-port": {"url": "{api|:6667}/a"},
    "method-that-is-no-token": {"method": "GE T"},
    "empty-method": {"method": ""},
    "bytes": {"body": "\0\xff", "body_kind": "bytes"},
    "stream": {"body": "\xff", "body_kind": "stream"},
    "stream-without-body": {"body_kind": "stream"},
    "urlencoded": {"body": "ü=世", "body_kind": "urlencoded"},
    "text-of-any-language": {"body": "世"},
    "no-store": {"cache": "no-store"},
    "referrer-policy": {"referrer_policy": "no-referrer"},
    "own-method": {"method": "CHECKIN"},
    "lower-case": {"method": "patch"},
    "odd-token": {"method": "M-SEARCH!#$%&'*+.^_`|~"},
    "no-cors": {"mode": "no-cors"},
    "manual": {"redirect": "manual"},
    "omit": {"credentials": "omit"},
}


@pytest.mark.parametrize("changes", GOOD_STEPS.values(), ids=GOOD_STEPS)
def test_good_step(changes: dict[str, Any]) -> None:
    """A step that a page can make is accepted, one too that the interface then refuses."""
    assert dataclasses.replace(STEP, **changes)


BAD_STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "absolute-url": ({"url": "http://a/"}, "url 'http://a/' has no placeholder"),
    "unknown-placeholder": ({"url": "{api3}/"}, "has no placeholder"),
    "placeholder-without-path": ({"url": "{api}"}, "has no placeholder"),
    "name-glued-on": ({"url": "{api}.evil/"}, "has no placeholder"),
    "placeholder-inside": ({"url": "/{api}/"}, "has no placeholder"),
    "the-token-is-no-origin": ({"url": "{token}/"}, "has no placeholder"),
    "unclosed": ({"url": "{api|host/"}, "has no placeholder"),
    "credentials": ({"credentials": "yes"}, "credentials 'yes' is none of omit, same-origin, include"),
    "mode": ({"mode": "navigate"}, "mode 'navigate' is none of"),
    "redirect": ({"redirect": "stop"}, "redirect 'stop' is none of follow, error, manual"),
    "cache": ({"cache": "only-if-cached"}, "cache 'only-if-cached' is none of default, no-store"),
    "body-kind": ({"body_kind": "blob"}, "body_kind 'blob' is none of text, urlencoded, bytes, stream"),
    "referrer-policy": ({"referrer_policy": "never"}, "referrer_policy 'never' is none of , no-referrer"),
    "bytes-beyond": ({"body": "a€", "body_kind": "bytes"}, "body 'a€' is no bytes"),
    "stream-beyond": ({"body": "世", "body_kind": "stream"}, "body '世' is no bytes"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_STEPS.values(), ids=BAD_STEPS)
def test_bad_step(changes: dict[str, Any], message: str) -> None:
    """A step that no page can make is refused, with the value."""
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        dataclasses.replace(STEP, **changes)


def test_all_problems_of_a_step_at_once() -> None:
    """Every problem is reported in one error."""
    problems = r"url .*; credentials .*; mode .*; redirect .*; cache .*; body_kind .*; referrer_policy "
    with pytest.raises(ValueError, match=problems):
        Step("", "/", credentials="", mode="", redirect="", cache="", body_kind="", referrer_policy="-")


def test_the_oracle_knows_what_a_step_may_say() -> None:
    """What a step may say of modes, caches, bodies and policies is the oracle's vocabulary: all of it, and no more."""
    vocabulary: dict[str, type[Enum]] = {
        "credentials": oracle.Credentials,
        "mode": oracle.Mode,
        "redirect": oracle.Redirect,
        "cache": oracle.CacheMode,
        "body_kind": oracle.BodyKind,
        "referrer_policy": oracle.ReferrerPolicy,
    }
    for name, words in vocabulary.items():
        for word in words:
            changes: dict[str, Any] = {name: word.value}
            assert dataclasses.replace(STEP, **changes)
        changes = {name: "other"}
        with pytest.raises(ValueError, match=f"{name} 'other' is none of"):
            dataclasses.replace(STEP, **changes)


@pytest.mark.parametrize("seen", [Seen(Outcome.BLOCKED), Seen(Outcome.NO_ANSWER, reason="network-failure")], ids=str)
def test_expected_block_needs_an_exchange(seen: Seen) -> None:
    """A block that leaves nothing on the wire can't be expected: a dead server would fulfil it."""
    with pytest.raises(ValueError, match="dead server"):
        Expectation((seen,), ())
    assert Expectation((seen,), (Crossing("GET", "/", None),))


def test_a_block_by_the_fetch_itself_needs_a_reason_instead() -> None:
    """What is refused before any request, such as a bad port, leaves nothing on the wire."""
    assert Expectation((Seen(Outcome.BLOCKED, reason="bad-port"),), ()).wire == ()


def test_unexplained_cannot_be_expected() -> None:
    """An outcome that says nothing can't be expected, whatever is on the wire."""
    with pytest.raises(ValueError, match="unexplained"):
        Expectation((Seen(Outcome.UNEXPLAINED),), (Crossing("GET", "/", 200),))


def test_exception_leaves_nothing_on_the_wire() -> None:
    """A call that the interface refuses is expected with an empty wire."""
    assert Expectation((Seen(Outcome.EXCEPTION),), ()).wire == ()


def made(**changes: Any) -> Scenario:
    """Make a scenario with changes."""
    given_: dict[str, Any] = {"id": "a", "family": "f", "summary": "s", "steps": (STEP,), "expect": {"none": READ}}
    return Scenario(**given_ | changes)


@pytest.mark.parametrize("name", ["a", "get", "put-json", "redirect-307-put", "404", "A_b", "vary:*", "~"])
def test_good_id(name: str) -> None:
    """Ids are words of printable ASCII: files have their own; the catalogue's are kebab-case (test_catalog)."""
    assert made(id=name).id == name


@pytest.mark.parametrize("name", ["", " ", "a b", "ä", "a\n", "a\x7f", "\x1b[1m"])
def test_bad_id(name: str) -> None:
    """Nothing else is an id: it goes into tables, patterns and file names."""
    with pytest.raises(ValueError, match="is not printable ASCII without blanks"):
        made(id=name)


@pytest.mark.parametrize(
    "page",
    [
        "null",
        "http://localhost",
        "http://127.0.0.1",
        "https://a.example.com:8443",
        "http://a_b.c:81",
        "http://[::1]:3000",
    ],
)
def test_good_page(page: str) -> None:
    """A page is an origin, or null."""
    assert made(page=page).page == page


@pytest.mark.parametrize(
    "page",
    ["", "NULL", "localhost", "http://a:80", "http://a:", "http://a/", "ftp://a", "HTTP://a", "http://A", "null\n"],
)
def test_bad_page(page: str) -> None:
    """Nothing else is a page."""
    with pytest.raises(ValueError, match="neither an origin as browsers write it nor null"):
        made(page=page)


INCOMPLETE: dict[str, dict[str, Any]] = {"steps": {"steps": ()}, "apis": {"apis": ()}, "expectations": {"expect": {}}}


@pytest.mark.parametrize("changes", INCOMPLETE.values(), ids=INCOMPLETE)
def test_nothing_may_be_missing(changes: dict[str, Any]) -> None:
    """A scenario without steps, interfaces or expectations asks nothing."""
    with pytest.raises(ValueError, match="must not be empty"):
        made(**changes)


def test_one_sight_for_each_step() -> None:
    """An expectation says what is seen of each step, no less and no more."""
    with pytest.raises(ValueError, match="none: 1 expected sights for 2 steps"):
        made(steps=(STEP, STEP))


FETCH_ONLY: dict[str, dict[str, Any]] = {
    "stream": {"body": "a", "body_kind": "stream", "method": "POST"},
    "referrer-policy": {"referrer_policy": "origin"},
    "same-origin": {"mode": "same-origin"},
    "error-redirect": {"redirect": "error"},
    "no-cors": {"mode": "no-cors"},
    "manual-redirect": {"redirect": "manual"},
    "cache": {"cache": "no-store"},
    "omit": {"credentials": "omit"},
}


@pytest.mark.parametrize("changes", FETCH_ONLY.values(), ids=FETCH_ONLY)
def test_what_xhr_cannot(changes: dict[str, Any]) -> None:
    """Modes that only fetch has are for fetch only."""
    step = dataclasses.replace(STEP, **changes)
    with pytest.raises(ValueError, match="XMLHttpRequest has no such"):
        made(steps=(step,))
    assert made(steps=(step,), apis=(Api.FETCH,))


@pytest.mark.parametrize("apis", [BOTH, (Api.FETCH,)], ids=["both", "fetch"])
def test_what_fetch_cannot(apis: tuple[Api, ...]) -> None:
    """Only an XMLHttpRequest has an upload to listen to."""
    step = dataclasses.replace(STEP, method="POST", body="a", upload_listener=True)
    with pytest.raises(ValueError, match="no upload listeners"):
        made(steps=(step,), apis=apis)
    assert made(steps=(step,), apis=(Api.XHR,))


def test_a_scenario_names_itself_in_its_problems() -> None:
    """A problem says in which scenario it is."""
    with pytest.raises(ValueError, match=r"^scenario a: 'x' is neither"):
        made(page="x")


# ---- literal answers -------------------------------------------------------------------------------

SCRIPT = Script((Rule((Answer(200),)),))
TURNS: dict[str, dict[str, Any]] = {
    "one-for-one": {"turns": (SCRIPT,), "expect": {LITERAL: READ}},
    "left-to-the-oracle": {"turns": (SCRIPT,), "expect": {LITERAL: None}},
    "one-for-all": {"turns": (SCRIPT,), "expect": {LITERAL: None}, "steps": (STEP,) * 3},
    "one-for-each": {"turns": (SCRIPT,) * 3, "expect": {LITERAL: None}, "steps": (STEP,) * 3},
}


@pytest.mark.parametrize("changes", TURNS.values(), ids=TURNS)
def test_literal_answers(changes: dict[str, Any]) -> None:
    """One script for all steps or one for each; what follows is said, or left to the oracle."""
    assert made(**changes).turns == changes["turns"]


BAD_TURNS: dict[str, tuple[dict[str, Any], str]] = {
    "too-many": ({"turns": (SCRIPT,) * 2, "expect": {LITERAL: None}}, "2 scripts for 1 steps"),
    "too-few": ({"turns": (SCRIPT,) * 2, "expect": {LITERAL: None}, "steps": (STEP,) * 3}, "2 scripts for 3 steps"),
    "without-their-name": ({"turns": (SCRIPT,)}, "go together"),
    "name-without-them": ({"expect": {LITERAL: READ}}, "go together"),
    "hooks-left-to-the-oracle": ({"expect": {"none": None}}, "go together"),
    "too-few-sights": (
        {"turns": (SCRIPT,), "expect": {LITERAL: READ}, "steps": (STEP,) * 2},
        "literal: 1 expected sights for 2 steps",
    ),
    "http-2-without-them": ({"steps": (Step("GET", "{h2}/a"),)}, "only literal answers are given over HTTP/2"),
}


@pytest.mark.parametrize(("changes", "problem"), BAD_TURNS.values(), ids=BAD_TURNS)
def test_literal_answers_and_their_name_go_together(changes: dict[str, Any], problem: str) -> None:
    """What no run could answer, or nobody could foresee, cannot be written."""
    with pytest.raises(ValueError, match=problem):
        made(**changes)


LEADING = Script((Rule((Answer(302, (("Location", "{h2}/b"),)),)),))
OVER_HTTP_2: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing": ({"turns": (SCRIPT,)}, False),
    "step": ({"turns": (SCRIPT,), "steps": (STEP, Step("GET", "{h2|user:word@}/a"))}, True),
    "answer": ({"turns": (SCRIPT, LEADING), "steps": (STEP, STEP)}, True),
    "rule": ({"turns": (Script((Rule((Answer(200),), role=Role.H2),)),)}, True),
    "other-role": ({"turns": (Script((Rule((Answer(200),), role=Role.API2),)),)}, False),
}


@pytest.mark.parametrize(("changes", "needs"), OVER_HTTP_2.values(), ids=OVER_HTTP_2)
def test_needs_http_2(changes: dict[str, Any], needs: bool) -> None:
    """A step that begins there, an answer that leads there, or a rule that answers there."""
    assert made(**changes, expect={LITERAL: None}).needs_http_2 is needs


def test_expectations_cannot_be_changed() -> None:
    """A scenario is frozen, its table of expectations too, and it keeps a copy."""
    table = {"none": READ}
    scenario = made(expect=table)
    table["other"] = READ
    assert dict(scenario.expect) == {"none": READ}
    with pytest.raises(TypeError):
        scenario.expect["other"] = READ  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.id = "b"  # type: ignore[misc]


def test_both_interfaces_are_the_default() -> None:
    """A scenario runs through both interfaces unless it says otherwise."""
    assert made().apis == BOTH


ASK = (("access-control-request-method", "PUT"),)
KINDS = {
    "preflight": ("OPTIONS", ASK, Kind.PREFLIGHT),
    "options": ("OPTIONS", (), Kind.ACTUAL),
    "put": ("PUT", ASK, Kind.ACTUAL),
}


@pytest.mark.parametrize(("method", "asks", "kind"), KINDS.values(), ids=KINDS)
def test_kind_of_a_crossing(method: str, asks: tuple[tuple[str, str], ...], kind: Kind) -> None:
    """A crossing is a preflight under the same condition as an exchange."""
    assert Crossing(method, "/", 200, asks).kind is kind


def test_asks_of() -> None:
    """Of a request count its origin, what it asks for, and whether secrets are there, whatever they are."""
    headers = (
        ("Origin", "http://a"),
        ("Host", "b"),
        ("Authorization", "Bearer 1"),
        ("COOKIE", "c=d"),
        ("Access-Control-Request-Headers", "x-a"),
    )
    assert asks_of(headers) == (
        ("access-control-request-headers", "x-a"),
        ("authorization", "present"),
        ("cookie", "present"),
        ("origin", "http://a"),
    )


def test_answers_of() -> None:
    """Of a response count every Access-Control header, doubled where doubled, Vary and the mark of a view."""
    headers = (
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Type", "a"),
        ("X-Served-By", "item"),
        ("access-control-allow-origin", "*"),
        ("Access-Control-Unheard-Of", "1"),
    )
    assert answers_of(headers) == (
        ("access-control-allow-origin", "*"),
        ("access-control-allow-origin", "*"),
        ("access-control-unheard-of", "1"),
        ("vary", "Origin"),
        ("x-served-by", "item"),
    )


NAMES = ["Origin", "VARY", "vary", "X-Served-By", "Cookie", "Host"]
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.text("ab,")))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HEADERS, st.randoms())
def test_order_does_not_matter(headers: list[tuple[str, str]], random: Any) -> None:
    """What is compared of headers does not depend on their order, and keeps every double."""
    mixed = list(headers)
    random.shuffle(mixed)
    assert asks_of(tuple(headers)) == asks_of(tuple(mixed))
    assert answers_of(tuple(headers)) == answers_of(tuple(mixed))
    assert len(answers_of(tuple(headers))) == sum(name.lower() in ("vary", "x-served-by") for name, _ in headers)
