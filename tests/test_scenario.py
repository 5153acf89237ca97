"""Scenarios validate when made: what cannot be, cannot be written."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.scenario import (
    BOTH,
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
    "own-method": {"method": "CHECKIN"},
    "lower-case": {"method": "patch"},
    "odd-token": {"method": "M-SEARCH!#$%&'*+.^_`|~"},
    "no-cors": {"mode": "no-cors"},
    "manual": {"redirect": "manual"},
    "omit": {"credentials": "omit"},
}


@pytest.mark.parametrize("changes", GOOD_STEPS.values(), ids=GOOD_STEPS)
def test_good_step(changes: dict[str, Any]) -> None:
    """A step that a page can make is accepted."""
    assert dataclasses.replace(STEP, **changes)


BAD_STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "method-with-blank": ({"method": "GE T"}, "method 'GE T' is no token"),
    "empty-method": ({"method": ""}, "method '' is no token"),
    "absolute-url": ({"url": "http://a/"}, "url 'http://a/' has no placeholder"),
    "unknown-placeholder": ({"url": "{api3}/"}, "has no placeholder"),
    "placeholder-without-path": ({"url": "{api}"}, "has no placeholder"),
    "name-glued-on": ({"url": "{api}.evil/"}, "has no placeholder"),
    "credentials": ({"credentials": "yes"}, "credentials 'yes' is none of omit, same-origin, include"),
    "mode": ({"mode": "navigate"}, "mode 'navigate' is none of"),
    "redirect": ({"redirect": "stop"}, "redirect 'stop' is none of follow, error, manual"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_STEPS.values(), ids=BAD_STEPS)
def test_bad_step(changes: dict[str, Any], message: str) -> None:
    """A step that no page can make is refused, with the value."""
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        dataclasses.replace(STEP, **changes)


def test_all_problems_of_a_step_at_once() -> None:
    """Every problem is reported in one error."""
    with pytest.raises(ValueError, match=r"method .*; url .*; credentials .*; mode .*; redirect "):
        Step("", "/", credentials="", mode="", redirect="")


def test_expected_block_needs_an_exchange() -> None:
    """A block that leaves nothing on the wire can't be expected: a dead server would fulfil it."""
    with pytest.raises(ValueError, match="dead server"):
        Expectation((Seen(Outcome.BLOCKED),), ())


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


@pytest.mark.parametrize("name", ["a", "get", "put-json", "redirect-307-put", "404"])
def test_good_id(name: str) -> None:
    """Ids are kebab-case."""
    assert made(id=name).id == name


@pytest.mark.parametrize("name", ["", "A", "a_b", "a--b", "-a", "a-", "a b", "ä", "a\n"])
def test_bad_id(name: str) -> None:
    """Nothing but kebab-case is an id."""
    with pytest.raises(ValueError, match="is not kebab-case"):
        made(id=name)


@pytest.mark.parametrize(
    "page", ["null", "http://localhost", "http://127.0.0.1", "https://app.example.com", "http://a-b.c"]
)
def test_good_page(page: str) -> None:
    """A page is an origin without a port, or null."""
    assert made(page=page).page == page


@pytest.mark.parametrize(
    "page", ["", "NULL", "localhost", "http://localhost:80", "http://a/", "ftp://a", "HTTP://a", "http://A", "null\n"]
)
def test_bad_page(page: str) -> None:
    """Nothing else is a page."""
    with pytest.raises(ValueError, match="neither an origin without port nor null"):
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


FETCH_ONLY: dict[str, dict[str, str]] = {
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


def test_a_scenario_names_itself_in_its_problems() -> None:
    """A problem says in which scenario it is."""
    with pytest.raises(ValueError, match=r"^scenario Bad: id 'Bad'"):
        made(id="Bad")


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
        ("X-View", "item"),
        ("access-control-allow-origin", "*"),
        ("Access-Control-Unheard-Of", "1"),
    )
    assert answers_of(headers) == (
        ("access-control-allow-origin", "*"),
        ("access-control-allow-origin", "*"),
        ("access-control-unheard-of", "1"),
        ("vary", "Origin"),
        ("x-view", "item"),
    )


HEADERS = st.lists(st.tuples(st.sampled_from(["Origin", "VARY", "vary", "X-View", "Cookie", "Host"]), st.text("ab,")))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HEADERS, st.randoms())
def test_order_does_not_matter(headers: list[tuple[str, str]], random: Any) -> None:
    """What is compared of headers does not depend on their order, and keeps every double."""
    mixed = list(headers)
    random.shuffle(mixed)
    assert asks_of(tuple(headers)) == asks_of(tuple(mixed))
    assert answers_of(tuple(headers)) == answers_of(tuple(mixed))
    assert len(answers_of(tuple(headers))) == sum(name.lower() in ("vary", "x-view") for name, _ in headers)
