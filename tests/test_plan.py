"""Plans: cases in a fixed order, made concrete for given origins, in batches that lose nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from literal_cases import ORIGINS

from harness import plan
from harness.literal import Answer, Role, Rule, Script
from harness.plan import Case, Cases, Planned
from harness.scenario import LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
READ = Seen(Outcome.ALLOWED, 200)


def scenario(name: str = "a", hooks: tuple[str, ...] = ("none",), steps: int = 1, **more: Any) -> Scenario:
    """Make a scenario of GETs."""
    crossing = Crossing("GET", "/a", 200, (("origin", "{page}"),), (("access-control-allow-origin", "{page}"),))
    expect = {one: Expectation((READ,) * steps, (crossing,) * steps) for one in hooks}
    return Scenario(name, "f", "s", (Step("GET", "{api}/a"),) * steps, expect, **more)


class Places:
    """Origins that tell how they were asked for."""

    def places(self, api: str, page: str) -> plan.Places:
        """Name the page, its document's origin, and three of the API."""
        ours = (("page", f"page({page})"), ("home", f"home({page})"))
        return (*ours, *((name, f"{name}({api},{page})") for name in ("api", "api2", "cross")))

    def http_2_origin(self) -> str:
        """Name the origin over HTTP/2."""
        raise AssertionError("served for nobody")


def planned(one: Scenario, hooks: str = "none", api: Api = Api.FETCH) -> Planned:
    """Plan one case."""
    return plan.plan(Case(one, hooks, api, hooks), Places())


def told(cases: list[Case]) -> list[tuple[str, str, str, int]]:
    """Say which cases there are."""
    return [(case.hooks, case.scenario.id, str(case.api), case.repeat) for case in cases]


def test_cases_in_order() -> None:
    """Cases go by hook set, scenario and interface; a scenario is left out where it expects nothing."""
    scenarios = [scenario("a", ("x", "y")), scenario("b", ("y",), apis=(Api.FETCH,))]
    assert told(list(plan.cases(scenarios, ["y", "x"]))) == [
        ("y", "a", "fetch", 0),
        ("y", "a", "xhr", 0),
        ("y", "b", "fetch", 0),
        ("x", "a", "fetch", 0),
        ("x", "a", "xhr", 0),
    ]


def test_repeats() -> None:
    """Each case is repeated as often as wanted, numbered from 0."""
    cases = list(plan.cases([scenario(apis=(Api.XHR,))], ["none"], repeat=3))
    assert [case.repeat for case in cases] == [0, 1, 2]


def test_a_faulty_variant_is_held_to_the_published_hooks() -> None:
    """A broken variant keeps its name and has the expectations of what it is a variant of."""
    scenarios = [scenario("a", ("published",)), scenario("b", ("none",)), scenario("c", ("hardened",))]
    cases = plan.cases(scenarios, ["broken:origin-list", "broken:hardened-null"])
    assert {(case.scenario.id, case.hooks, case.expect) for case in cases} == {
        ("a", "broken:origin-list", "published"),
        ("c", "broken:hardened-null", "hardened"),
    }


PATTERNS = {
    "part": ("put", ["put-json", "slash-put"]),
    "shell-pattern": ("put*", ["put-json"]),
    "any": ("*", ["get", "put-json", "slash-put"]),
    "none": ("patch", []),
    "case-counts": ("PUT", []),
}


@pytest.mark.parametrize(("pattern", "kept"), PATTERNS.values(), ids=PATTERNS)
def test_keep(pattern: str, kept: list[str]) -> None:
    """A pattern keeps the ids that contain it or match it as a shell pattern."""
    scenarios = [scenario(name, apis=(Api.FETCH,)) for name in ("get", "put-json", "slash-put")]
    assert [case.scenario.id for case in plan.cases(scenarios, ["none"], keep=pattern)] == kept


@LAW
@given(st.integers(0, 5), st.integers(1, 6), st.integers(1, 7))
def test_shards_hold_every_case_once(count: int, repeat: int, shards: int) -> None:
    """All parts together are the whole: the first has the first case, the next the second, and so in turn."""
    scenarios = [scenario(f"s-{number}") for number in range(count)]
    every = plan.cases(scenarios, ["none"], repeat=repeat)
    parts = [every.shard(number, shards) for number in range(1, shards + 1)]
    assert [list(part) for part in parts] == [list(every)[number::shards] for number in range(shards)]
    assert [len(part) for part in parts] == [len(list(part)) for part in parts]


@LAW
@given(st.integers(0, 5), st.integers(1, 6))
def test_cases_are_what_they_are_made_of(count: int, repeat: int) -> None:
    """Made from a list of cases it is that list; it can be gone through twice, and none of it is kept."""
    every = plan.cases([scenario(f"s-{number}") for number in range(count)], ["none"], repeat=repeat)
    cases = list(every)
    assert list(Cases.of(cases)) == cases == list(every)
    assert Cases.of(every) is every
    assert len(every) == len(cases) == 2 * count * repeat
    assert all(a is not b for a, b in zip(every, cases, strict=True))


def test_only_what_is_wanted() -> None:
    """Of cases with repeats all are kept, or none, and whoever decides is asked once."""
    every, asked = plan.cases([scenario("a"), scenario("b")], ["none"], repeat=3), list[str]()

    def wanted(case: Case) -> bool:
        asked.append(f"{case.scenario.id} {case.api}")
        return case.scenario.id == "b" and case.api is Api.XHR

    assert told(list(every.only(wanted))) == [("none", "b", "xhr", number) for number in range(3)]
    assert asked == ["a fetch", "a xhr", "b fetch", "b xhr"]


def test_placeholders_are_filled() -> None:
    """URLs and expectations name the origins of this run."""
    step = Step("GET", "{api}/redirect?to={api2}/b")
    crossing = Crossing(
        "GET", "/redirect?to={api2}/b", 302, (("origin", "{page}"),), (("access-control-allow-origin", "{page}"),)
    )
    one = Scenario("a", "f", "s", (step,), {"x": Expectation((READ,), (crossing,))}, page="https://p.example")
    result = planned(one, "x")
    assert result.origin == "page(https://p.example)"
    api, other = "api(x,https://p.example)", "api2(x,https://p.example)"
    assert result.unit["steps"][0]["url"] == f"{api}/redirect?to={other}/b&corsproof={result.token}"
    assert result.expectation.wire == (
        Crossing(
            "GET",
            f"/redirect?to={other}/b",
            302,
            (("origin", result.origin),),
            (("access-control-allow-origin", result.origin),),
        ),
    )
    assert result.expectation.seen == (READ,)


def test_fill() -> None:
    """Another expectation, a deviation's, is filled with the same origins."""
    result = planned(scenario())
    filled = result.question.fill(Expectation((READ,), (Crossing("GET", "/", 200, (("origin", "{page}"),)),)))
    assert filled.wire[0].asks == (("origin", result.origin),)


def test_filled_headers_are_sorted() -> None:
    """Once the origins are in, headers are in the order in which they are compared."""
    asks = (("origin", "{page}"), ("access-control-request-method", "PUT"))
    one = scenario()
    result = planned(one).question.fill(Expectation((READ,), (Crossing("OPTIONS", "/", 200, asks),)))
    assert [name for name, _ in result.wire[0].asks] == ["access-control-request-method", "origin"]


def test_one_question_for_all_that_ask_it() -> None:
    """Repeats share what must follow; another interface, place or expectation has its own; none has a token."""
    one = scenario("a", ("x", "published"))
    first, second = planned(one, "x"), planned(one, "x")
    assert first.question is second.question
    assert first.token != second.token
    assert first.token not in json.dumps(first.question.unit)
    assert plan.NOBODY not in json.dumps(first.unit)
    assert len(plan.NOBODY) == len(first.token)
    faulty = plan.plan(Case(one, "broken:vary", Api.FETCH, "published"), Places())
    others = [planned(one, "x", Api.XHR), planned(one, "published"), faulty, planned(dataclasses.replace(one), "x")]
    assert len({id(each.question) for each in (first, *others)}) == 5


def test_tokens_are_unique() -> None:
    """No two cases share a token, so that none shares a URL; all steps of one case do."""
    several = [planned(scenario(steps=2)) for _ in range(50)]
    assert len({one.token for one in several}) == 50
    for one in several:
        assert {step["url"].rpartition("=")[2] for step in one.unit["steps"]} == {one.token}


def test_unit_as_the_agent_reads_it() -> None:
    """A step has every member that the agent wants, and is JSON."""
    step = Step(
        "PUT",
        "{api}/a",
        (("X-A", "1"),),
        "ü",
        "include",
        upload_listener=True,
        body_kind="urlencoded",
        after_ms=5,
        abort_ms=6,
        deadline_ms=7,
    )
    one = Scenario("a", "f", "s", (step,), {"none": Expectation((READ,), ())}, apis=(Api.XHR,))
    result = planned(one, api=Api.XHR)
    (unit,) = json.loads(json.dumps(plan.batch(3, [result])))["units"]
    assert unit["id"] == result.token
    assert unit["steps"] == [
        {
            "api": "xhr",
            "method": "PUT",
            "url": f"api(none,http://localhost)/a?corsproof={result.token}",
            "headers": [["X-A", "1"]],
            "body": "ü",
            "body_kind": "urlencoded",
            "credentials": "include",
            "mode": "cors",
            "redirect": "follow",
            "cache": "default",
            "referrer_policy": "",
            "upload_listener": True,
            "after_ms": 5,
            "abort_ms": 6,
            "deadline_ms": 7,
        }
    ]


def test_batch() -> None:
    """A batch has its number and the bound of the pool."""
    batch = plan.batch(7, [planned(scenario())])
    assert (batch["number"], batch["pool"], len(batch["units"])) == (7, plan.POOL, 1)


ALLOWANCES = {"nothing": ([], 0.0), "one": ([(0, 500)], 0.5), "longest": ([(0, 8000), (11_000, 8000), (1, 2)], 19.0)}


@pytest.mark.parametrize(("times", "seconds"), ALLOWANCES.values(), ids=ALLOWANCES)
def test_allowance(times: list[tuple[int, int]], seconds: float) -> None:
    """The longest silence of a page that works is the longest time that a step may take."""
    steps = [Step("GET", "{api}/a", after_ms=after, deadline_ms=deadline) for after, deadline in times]
    one = scenario()
    several = [planned(dataclasses.replace(one, steps=(step,))) for step in steps]
    assert plan.allowance(several) == seconds


SINGLE, SEQUENCE = scenario(), scenario(steps=2)
RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 700)), max_size=5).map(
    lambda runs: Cases(
        tuple((Case(SEQUENCE if many else SINGLE, "none", Api.FETCH, "none"), range(count)) for many, count in runs)
    )
)


@LAW
@given(RUNS)
def test_batches_lose_nothing(cases: Cases) -> None:
    """Batch by batch every case comes once; sequences come first, few at a time and never among single requests."""
    todo, come = plan.Todo(cases), list[Case]()
    while todo:
        chosen = todo.next_batch()
        sequences = {case.is_sequence for case in chosen}
        assert len(sequences) == 1
        assert 0 < len(chosen) <= (plan.SEQUENCES if True in sequences else plan.BATCH)
        assert todo.has_sequences <= (True in sequences)
        come += chosen
    assert come == sorted(cases, key=lambda case: not case.is_sequence)


@LAW
@given(RUNS, st.integers(0, 4))
def test_what_is_put_back_comes_again(cases: Cases, taken: int) -> None:
    """As if nobody had taken it: in the same order, each case once."""
    todo = plan.Todo(cases)
    todo.put_back([case for _ in range(taken) for case in todo.next_batch()])
    assert list(todo.take_all()) == list(plan.Todo(cases).take_all())
    assert not todo


def test_sequences_can_be_left_out() -> None:
    """They are taken all at once; the others stay."""
    todo = plan.Todo(Case(kind, "none", Api.FETCH, "none") for kind in (SINGLE, SEQUENCE, SINGLE))
    assert [case.scenario for case in todo.take_sequences()] == [SEQUENCE]
    assert [case.scenario for case in todo.next_batch()] == [SINGLE, SINGLE]


def test_no_batch_of_nothing() -> None:
    """Where nothing is left to do, nothing is chosen."""
    assert plan.Todo().next_batch() == []
    assert not plan.Todo()


# ---- literal answers -------------------------------------------------------------------------------


def literal(*scripts: Script, steps: int = 1, expect: Expectation | None = None, url: str = "{api}/a") -> Scenario:
    """Make a scenario with literal answers to GETs."""
    asked = (Step("GET", url),) * steps
    return Scenario("a", "f", "s", asked, {LITERAL: expect}, apis=(Api.FETCH,), turns=scripts)


def planned_literally(one: Scenario) -> Planned:
    """Plan it for origins that could be."""
    return plan.plan(Case(one, LITERAL, Api.FETCH, LITERAL), ORIGINS)


def opening(status: int, *headers: tuple[str, str]) -> Script:
    """Answer everything openly, with this status."""
    return Script((Rule((Answer(status, (("Access-Control-Allow-Origin", "{page}"), *headers)),)),))


def test_literal_answers_are_filled() -> None:
    """Their templates name the origins of this run, and the token that ties a redirect's target to the case."""
    result = planned_literally(literal(opening(302, ("Location", "{api2|user:word@}/b?{token}&c"))))
    ((rule,),) = [script.rules for script in result.turns]
    (answer,) = rule.answers
    assert isinstance(answer, Answer)
    assert answer.headers == (
        ("Access-Control-Allow-Origin", "http://localhost:41111"),
        ("Location", f"http://user:word@localhost:43333/b?corsproof={result.token}&c"),
    )


def test_every_origin_has_a_place() -> None:
    """The page's and its document's, the API's, its other one's and the one on another site."""
    assert dict(planned_literally(literal(opening(200))).places) == {
        "page": "http://localhost:41111",
        "home": "http://localhost:41111",
        "api": "http://localhost:42222",
        "api2": "http://localhost:43333",
        "cross": "http://127.0.0.1:42222",
    }


AT_H2 = {
    "asked-there": literal(opening(200), url="{h2}/a"),
    "led-there": literal(opening(302, ("Location", "{h2|user:word@}/b"))),
    "answered-there": literal(Script((Rule((Answer(200),), role=Role.H2),))),
}


@pytest.mark.parametrize("one", AT_H2.values(), ids=AT_H2)
def test_http_2_has_a_place_where_somebody_goes_there(one: Scenario) -> None:
    """And nowhere else: `Places` would not have it."""
    places = dict(planned_literally(one).places)
    assert places["h2"] == ORIGINS.http_2_origin()


def test_what_follows_from_literal_answers_is_said_or_foreseen() -> None:
    """An expectation of None is what the oracle makes of the answers; a said one stays as it is."""
    said = Expectation((Seen(Outcome.ALLOWED, 299),), (Crossing("GET", "/a", None, (("origin", "{page}"),)),))
    assert planned_literally(literal(opening(200), expect=said)).expectation.seen == said.seen
    foreseen = planned_literally(literal(opening(200))).expectation
    assert foreseen.seen == (Seen(Outcome.ALLOWED, 200, frozenset({"content-length"}), type="cors"),)
    assert foreseen.wire == (Crossing("GET", "/a", None, (("origin", "http://localhost:41111"),)),)


def test_each_step_has_its_turn() -> None:
    """Several scripts answer one step each."""
    result = planned_literally(literal(opening(201), opening(202), steps=2))
    assert len(result.turns) == 2
    assert [seen.status for seen in result.expectation.seen] == [201, 202]


def test_a_url_keeps_its_query_and_gets_its_token() -> None:
    """The token comes last, behind whatever query the step has."""
    result = planned_literally(literal(opening(200), url="{cross}/a?b=%7Bapi%7D"))
    assert result.unit["steps"][0]["url"] == f"http://127.0.0.1:42222/a?b=%7Bapi%7D&corsproof={result.token}"
