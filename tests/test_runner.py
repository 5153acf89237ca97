"""The runner over scripted browsers: every case once, events in order, and what it does when browsers die or hang."""

from __future__ import annotations

import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from deviants import FOUND_OUT
from hasty import hasty

import harness.live
from client_site import Tour
from harness import canaries, capabilities, deviations, oracle, plan, runner
from harness.capabilities import Gap
from harness.deviations import Deviation, Rule
from harness.engines import Browser, EngineChoice, EngineName, Launch
from harness.engines.scripted import ScriptedBrowser
from harness.engines.visitor import Visitor
from harness.errors import BrowserUnavailable
from harness.events import (
    CanariesSung,
    CaseFinished,
    EngineLost,
    EngineReady,
    EngineUnavailable,
    Event,
    HarnessFault,
    Progress,
    RunFinished,
    RunStarted,
)
from harness.ground import Ground
from harness.literal import Answer, Script
from harness.literal import Rule as Says
from harness.live import Answers, LivePage
from harness.runner import Interruption, Launcher, Order
from harness.scenario import LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.verdict import Blame, Status
from harness.views import Views

PAGE = "http://localhost"
OTHER = "http://127.0.0.1"
OPEN = canaries.HOOKS  # the canaries' own API, which every ground serves
GET = Crossing("GET", "/open", 200, (("origin", "{page}"),), (("access-control-allow-origin", "{page}"),))
ALLOWED = Seen(Outcome.ALLOWED, 200, canaries.READABLE)
SUNG = len(canaries.CANARIES)
CHROMIUM, FIREFOX, WEBKIT = EngineName


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Stand on the page's site and the canaries' API, which is all that these runs need."""
    with Ground({}) as standing:
        yield standing


@pytest.fixture(autouse=True)
def nothing_left(ground: Ground) -> Iterator[None]:
    """See that no run leaves a browser's thread, an engine's thread or a page's session behind."""
    before = set(threading.enumerate())
    yield
    left = [one.name for one in threading.enumerate() if one not in before and "wsgi" not in one.name]
    assert [name for name in left if name != "corsproof-sites"] == []
    assert ground.board._sessions == {}


def scenario(name: str = "get", page: str = PAGE, steps: int = 1, wire: Sequence[Crossing] = (GET,)) -> Scenario:
    """Make a scenario of GETs that are allowed."""
    expect = {OPEN: Expectation((ALLOWED,) * steps, tuple(wire) * steps)}
    return Scenario(name, "f", "s", (Step("GET", "{api}/open"),) * steps, expect, page=page, apis=(Api.FETCH,))


def order(launcher: Launcher, count: int = 3, *scenarios: Scenario, **more: Any) -> Order:
    """Order each scenario so many times on Chromium, unless told otherwise."""
    cases = tuple(plan.cases(scenarios or (scenario(),), [OPEN], repeat=count))
    return Order(cases, launcher=launcher, **{"choices": (EngineChoice(CHROMIUM),), **more})


def run(wanted: Order, ground: Ground) -> list[Event]:
    """Run to the end."""
    return list(runner.run(wanted, ground))


def kinds(events: Iterable[Event], but: type[Any] = Progress) -> list[type[Any]]:
    """Return the kinds of events in their order, each run of the same once."""
    return [kind for kind, _ in itertools.groupby(type(event) for event in events if not isinstance(event, but))]


def results(events: Iterable[Event], engine: EngineName = CHROMIUM) -> list[CaseFinished]:
    """Return the results of an engine."""
    return [event for event in events if isinstance(event, CaseFinished) and event.engine == engine]


def statuses(events: Iterable[Event], engine: EngineName = CHROMIUM) -> Counter[Status]:
    """Count what the cases of an engine came to."""
    return Counter(event.verdict.status for event in results(events, engine))


def of(kind: type[Any], events: Iterable[Event]) -> list[Any]:
    """Return the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def one_after_another(*characters: dict[str, Any]) -> Launcher:
    """Launch browsers of these characters one after the other, and the last for ever."""
    left = list(characters)
    return lambda name, how: hasty(name, how, **(left.pop(0) if len(left) > 1 else left[0]))


def by_name(characters: dict[EngineName, dict[str, Any]]) -> Launcher:
    """Launch a browser of the character that its name has here, and a faithful one elsewhere."""
    return lambda name, how: hasty(name, how, **characters.get(name, {}))


THREE: dict[str, Any] = {"choices": tuple(map(EngineChoice, EngineName))}


# ---- a run that goes well -------------------------------------------------------------------------


def test_one_result_per_case_and_events_in_order(ground: Ground) -> None:
    """A run begins and ends in the stream; a browser is ready before it is asked, and believed before it is told."""
    wanted = order(hasty, 5)
    events = run(wanted, ground)
    assert kinds(events) == [RunStarted, EngineReady, CanariesSung, CaseFinished, RunFinished]
    assert events[0] == RunStarted(("chromium",), 5)
    assert [event.case for event in results(events)] == list(wanted.cases)
    assert statuses(events) == {Status.PASS: 5}
    assert sum(event.cases for event in of(Progress, events)) == 5
    assert of(CanariesSung, events) == [CanariesSung("chromium", PAGE, SUNG, ())]
    (last,) = of(RunFinished, events)
    assert not last.interrupted
    assert last.duration_s > 0


def test_each_page_sings_before_its_cases(ground: Ground) -> None:
    """Pages go one after the other, in the order of their first case."""
    events = run(order(hasty, 2, scenario("a"), scenario("b", OTHER), scenario("c")), ground)
    told = [event for event in events if isinstance(event, CanariesSung | CaseFinished)]
    pages = [event.page if isinstance(event, CanariesSung) else event.case.scenario.id for event in told]
    assert pages == [PAGE, "a", "a", "c", "c", OTHER, "b", "b"]


def test_canaries_sing_again_after_every_batch(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many cases, then canaries, then the next."""
    monkeypatch.setattr(plan, "BATCH", 3)
    events = run(order(hasty, 7), ground)
    told = [type(event).__name__ for event in events if isinstance(event, CanariesSung | CaseFinished)]
    assert [(what, len(list(same))) for what, same in itertools.groupby(told)] == [
        (what, many) for cases in (3, 3, 1) for what, many in (("CanariesSung", 1), ("CaseFinished", cases))
    ]


def test_sequences_have_batches_of_their_own(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases of several steps come first, no more at once than their batch has room."""
    monkeypatch.setattr(plan, "SEQUENCES", 2)
    events = run(order(hasty, 3, scenario("single"), scenario("twice", steps=2)), ground)
    assert [event.case.scenario.id for event in results(events)] == ["twice"] * 3 + ["single"] * 3
    assert len(of(CanariesSung, events)) == 3
    assert statuses(events) == {Status.PASS: 6}


def test_repeats_are_all_told(ground: Ground) -> None:
    """Each repetition is a result of its own, with its number and its own token."""
    events = run(order(hasty, 4), ground)
    assert [event.case.repeat for event in results(events)] == [0, 1, 2, 3]
    assert len({event.planned.token for event in results(events) if event.planned}) == 4


def test_engines_side_by_side_tell_the_same(ground: Ground) -> None:
    """Three engines, one ground: each has every result, and none has another's."""
    wanted = order(hasty, 4, scenario("a"), scenario("b", OTHER), **THREE)
    events = run(wanted, ground)
    for engine in EngineName:
        assert statuses(events, engine) == {Status.PASS: 8}
        told = [(event.case.scenario.id, event.case.repeat) for event in results(events, engine)]
        assert told == [(name, number) for name in "ab" for number in range(4)]
        own = [event for event in events if getattr(event, "engine", None) == engine]
        assert kinds(own)[:2] == [EngineReady, CanariesSung]
    assert events[0] == RunStarted(tuple(map(str, EngineName)), 8)
    assert isinstance(events[-1], RunFinished)


def test_the_wire_forgets_what_was_judged(ground: Ground) -> None:
    """No exchange of a run stays in the record; its result has them."""
    events = run(order(hasty), ground)
    assert [len(event.observation.exchanges) for event in results(events)] == [1, 1, 1]
    assert [ground.wire.read(event.planned.token) for event in results(events) if event.planned] == [()] * 3


def test_a_launch_is_told_what_the_order_says(ground: Ground) -> None:
    """Path, window and proxy."""
    launches: list[tuple[EngineName, Launch]] = []

    def launcher(name: EngineName, how: Launch) -> Browser:
        launches.append((name, how))
        return hasty(name, how)

    run(order(launcher, choices=(EngineChoice(FIREFOX, "/opt/firefox"),), headed=True), ground)
    assert launches == [(FIREFOX, Launch("/opt/firefox", ground.proxy, True))]


# ---- skipped, known, failed -----------------------------------------------------------------------


def test_what_an_engine_cannot_do_is_skipped_with_the_reason(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap of the engine: never asked, never planned, and said."""
    gap = Gap(CHROMIUM, lambda scenario, api: scenario.id == "b", "it has no such thing")
    monkeypatch.setattr(capabilities.missing, "__defaults__", ((gap,),))
    events = run(order(hasty, 1, scenario("a"), scenario("b")), ground)
    told = {event.case.scenario.id: event for event in results(events)}
    assert told["a"].verdict.status is Status.PASS
    assert (told["b"].verdict.status, told["b"].verdict.cause) == (Status.SKIPPED, "it has no such thing")
    assert told["b"].planned is None


SECOND = Crossing("GET", "/open", 200, (("origin", "{page}"),))
# What the model of an engine does is `test_views`' business: this one changes nothing but what is expected.
RULE = Rule("chromium-odd", "chromium", "It is even.", "It is odd.", "https://link", lambda rules: rules)
DEVIATIONS = {
    "shows": ((SECOND,), (GET,), Status.KNOWN, Blame.ENGINE),
    "gone": ((GET,), (SECOND,), Status.FAIL, Blame.HARNESS),
    "another": ((SECOND,), (SECOND,), Status.FAIL, Blame.APPLICATION),
}


@pytest.mark.parametrize(("expected", "instead", "status", "blame"), DEVIATIONS.values(), ids=DEVIATIONS)
def test_a_recorded_deviation(
    expected: tuple[Crossing, ...],
    instead: tuple[Crossing, ...],
    status: Status,
    blame: Blame,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that shows is known; one that shows no more, or is another one, is a failure. It has the case's origins."""
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: (RULE,) if engine == "chromium" else ())
    record = Deviation("chromium", "get", OPEN, "why", "link", Expectation((ALLOWED,), instead), rule=RULE.name)
    wanted = order(hasty, 1, scenario(wire=expected), deviations=(record,), choices=THREE["choices"][:2])
    events = run(wanted, ground)
    (result,) = results(events)
    assert (result.verdict.status, result.verdict.blame) == (status, blame)
    assert (result.verdict.cause == "chromium-odd: It is odd. (https://link)") is (status is Status.KNOWN)
    (elsewhere,) = results(events, FIREFOX)
    assert elsewhere.verdict.status is (Status.PASS if expected == (GET,) else Status.FAIL)


@pytest.mark.parametrize("rule", ["", "chromium-even"], ids=["no-rule", "another-rule"])
def test_a_record_without_a_rule_excuses_nothing(rule: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: what follows from a rule holds where the rule does."""
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: (RULE,))
    record = Deviation("chromium", "get", OPEN, "why", "link", Expectation((ALLOWED,), (GET,)), rule=rule)
    (result,) = results(run(order(hasty, 1, scenario(wire=(SECOND,)), deviations=(record,)), ground))
    assert (result.verdict.status, result.verdict.blame) == (Status.FAIL, Blame.APPLICATION)


# ---- literal answers ------------------------------------------------------------------------------


def literal(name: str, *turns: Script, steps: int = 1, page: str = PAGE) -> Scenario:
    """Make a scenario of GETs with literal answers, and what follows as the oracle says."""
    asked = (Step("GET", "{api}/a"),) * steps
    return Scenario(name, "f", "s", asked, {LITERAL: None}, page, (Api.FETCH,), turns)


def opening(*statuses: int) -> Script:
    """Answer openly by these statuses, one after the other."""
    allow = (("Access-Control-Allow-Origin", "{page}"),)
    return Script((Says(tuple(Answer(status, allow) for status in statuses)),))


def literally(launcher: Launcher, *scenarios: Scenario, **more: Any) -> Order:
    """Order scenarios with literal answers on Chromium."""
    cases = tuple(plan.cases(scenarios, [LITERAL]))
    return Order(cases, launcher=launcher, **{"choices": (EngineChoice(CHROMIUM),), **more})


LITERALS = {
    "one": (literal("a", opening(201)), [201]),
    "closed": (literal("a", Script((Says((Answer(200),)),))), [None]),
    "one-for-all": (literal("a", opening(201, 202), steps=3), [201, 202, 202]),
    "turns": (literal("a", opening(201, 202), opening(203), opening(204, 205), steps=3), [201, 203, 204]),
    "null": (literal("a", opening(201), page="null"), [201]),
    "https": (literal("a", opening(201), page="https://localhost"), [201]),
}


@pytest.mark.parametrize(("asked", "statuses_"), LITERALS.values(), ids=LITERALS)
def test_literal_answers_are_given(asked: Scenario, statuses_: list[int | None], ground: Ground) -> None:
    """Each step gets the answers of its turn; what the oracle foresaw is what came, and nothing is kept behind."""
    (result,) = results(run(literally(hasty, asked), ground))
    assert (result.verdict.status, result.verdict.differences) == (Status.PASS, ())
    assert [seen.status for seen in result.observation.page] == statuses_
    assert ground.scripts._turns == {}


@pytest.mark.parametrize(("room", "launches"), [pytest.param(1, 3, id="full"), pytest.param(100, 1, id="empty")])
def test_sequences_have_a_cache_with_room(
    room: int, launches: int, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that has seen many preflights is replaced before the next sequences, and not before what is single."""
    monkeypatch.setattr(plan, "SEQUENCES", 1)
    monkeypatch.setattr(plan, "PREFLIGHTS", room)
    twice = [replace(literal(name, opening(200)), steps=(Step("PUT", "{api}/a"),) * 2) for name in "abc"]
    events = run(literally(hasty, *twice, literal("single", opening(200))), ground)
    assert statuses(events) == {Status.PASS: 4}
    assert [event.relaunch for event in of(EngineReady, events)] == [False, True, True][:launches]
    assert of(EngineLost, events) == []


def test_a_browser_that_has_done_much_is_replaced(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a browser keeps of its past is gone with it: no loss, nothing lost, and canaries first."""
    monkeypatch.setattr(plan, "BATCH", 2)
    monkeypatch.setattr(plan, "LIFETIME", 4)
    events = run(order(hasty, 9), ground)
    assert [event.case.repeat for event in results(events)] == list(range(9))
    assert statuses(events) == {Status.PASS: 9}
    assert [event.relaunch for event in of(EngineReady, events)] == [False, True, True]
    assert of(EngineLost, events) == []


def test_engines_get_their_own_answers(ground: Ground) -> None:
    """Scripts that count are played for each engine from the beginning."""
    events = run(literally(hasty, literal("a", opening(201, 202), steps=2), **THREE), ground)
    for engine in EngineName:
        assert statuses(events, engine) == {Status.PASS: 1}


def test_an_engine_with_a_rule_is_known_by_what_its_model_foresees(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record is needed: the model says what follows from the answers; an engine without the rule is out of date."""
    blind = Rule("chromium-blind", "chromium", "It looks.", "It does not.", "https://link", never_refusing)
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: (blind,))
    shut = literal("a", Script((Says((Answer(200),)),)))
    model = never_refusing(oracle.STANDARD)
    (known,) = results(run(literally(sparing_canaries(model), shut), ground))
    assert (known.verdict.status, known.verdict.cause) == (
        Status.KNOWN,
        "chromium-blind: It does not. (https://link)",
    )
    (gone,) = results(run(literally(hasty, shut), ground))
    assert (gone.verdict.status, gone.verdict.cause) == (Status.FAIL, "a recorded deviation no longer shows")


def never_refusing(rules: oracle.Rules) -> oracle.Rules:
    """Let script read every answer."""
    return replace(rules, response_failure=lambda flight, response: None)


def sparing_canaries(model: oracle.Rules) -> Launcher:
    """Launch a browser that goes by a model once it has sung its canaries."""

    def launcher(name: EngineName, how: Launch) -> Browser:
        browser = hasty(name, how)
        answered = browser.step_answered

        async def step_answered() -> None:
            await answered()
            if browser._steps == SUNG:
                browser.rules = model

        browser.step_answered = step_answered  # type: ignore[method-assign]
        return browser

    return launcher


def test_cases_are_planned_when_their_batch_is_due(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run does not hold every plan at once: a page has two batches; the next is planned when one is judged."""
    monkeypatch.setattr(plan, "BATCH", 2)
    log: list[str] = []
    planning, beginning, finishing = plan.plan, LivePage.begin, LivePage.finish

    def logged_plan(case: plan.Case, origins: plan.Origins) -> plan.Planned:
        if case.scenario.id == "get":
            log.append("plan")
        return planning(case, origins)

    def logged_begin(self: LivePage, planned: Sequence[plan.Planned], **more: Any) -> Answers:
        log.extend([f"begin {len(planned)}"] if planned else [])
        return beginning(self, planned, **more)

    def logged_finish(self: LivePage, answers: Answers, *rest: Any) -> None:
        finishing(self, answers, *rest)
        log.extend([f"finish {len(answers.planned)}"] if answers.planned else [])

    monkeypatch.setattr(plan, "plan", logged_plan)
    monkeypatch.setattr(LivePage, "begin", logged_begin)
    monkeypatch.setattr(LivePage, "finish", logged_finish)
    assert statuses(run(order(hasty, 5), ground)) == {Status.PASS: 5}
    two = ["plan", "plan", "begin 2"]
    assert log == [*two, *two, "finish 2", "plan", "begin 1", "finish 2", "finish 1"]


def test_sequences_are_alone(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is asked beside those who ask about caches: each of their batches is finished before the next."""
    monkeypatch.setattr(plan, "SEQUENCES", 1)
    monkeypatch.setattr(plan, "BATCH", 1)
    log: list[str] = []
    beginning, finishing = LivePage.begin, LivePage.finish

    def logged_begin(self: LivePage, planned: Sequence[plan.Planned], **more: Any) -> Answers:
        log.extend(one.case.scenario.id for one in planned)
        return beginning(self, planned, **more)

    def logged_finish(self: LivePage, answers: Answers, *rest: Any) -> None:
        finishing(self, answers, *rest)
        log.extend("done" for _ in answers.planned)

    monkeypatch.setattr(LivePage, "begin", logged_begin)
    monkeypatch.setattr(LivePage, "finish", logged_finish)
    run(order(hasty, 2, scenario("single"), scenario("twice", steps=2)), ground)
    assert log == ["twice", "done", "twice", "done", "single", "single", "done", "done"]


WARM = SUNG + len(harness.live.WARM_UP.steps)
DEATHS = {
    "among-its-cases": (WARM + 1, {Status.CRASH: 1, Status.PASS: 2}),
    "while-it-is-warmed-up": (SUNG + 3, {Status.PASS: 3}),
}


@pytest.mark.parametrize(("steps", "statuses_"), DEATHS.values(), ids=DEATHS)
def test_what_a_dead_browser_was_never_asked_has_its_answers_again(
    steps: int, statuses_: dict[Status, int], ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned anew with another token: its script begins anew too, and that of the old token is gone."""
    monkeypatch.setattr(plan, "POOL", 1)
    scenarios = [literal(f"a-{number}", opening(201, 202), opening(203), steps=2) for number in range(3)]
    choices = (EngineChoice(FIREFOX),)
    events = run(literally(one_after_another({"die_after": steps}, {}), *scenarios, choices=choices), ground)
    assert statuses(events, FIREFOX) == statuses_
    assert of(EngineLost, events) == [
        EngineLost("firefox", f"the scripted browser died after {steps} steps", relaunch=True)
    ]
    assert ground.scripts._turns == {}


# ---- browsers that cannot be used -----------------------------------------------------------------


@pytest.mark.parametrize("required", [True, False])
def test_an_engine_that_is_missing(required: bool, ground: Ground) -> None:
    """It is said with what mends it. Where it was asked for by name, all stop; else the others go on."""
    begun = threading.Event()

    def launcher(name: EngineName, how: Launch) -> Browser:
        if name is FIREFOX:
            begun.set()
            raise BrowserUnavailable("no such file: /opt/firefox")
        assert begun.wait(10)
        return hasty(name, how)

    wanted = order(launcher, choices=(EngineChoice(FIREFOX), EngineChoice(WEBKIT)), required=required)
    events = run(wanted, ground)
    (missing,) = of(EngineUnavailable, events)
    assert (missing.engine, missing.required) == ("firefox", required)
    assert missing.cause
    assert missing.hint
    assert results(events, FIREFOX) == []
    if not required:
        assert statuses(events, WEBKIT) == {Status.PASS: 3}


def test_a_canary_that_fails_stops_every_engine(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be believed gives no result, and the others stop at their next batch."""
    monkeypatch.setattr(plan, "BATCH", 1)
    characters: dict[EngineName, dict[str, Any]] = {CHROMIUM: {"deviant": FOUND_OUT["skips-preflights"]}}
    events = run(order(by_name(characters), 500, **THREE), ground)
    (failed,) = [event for event in of(CanariesSung, events) if event.failures]
    assert failed.engine == CHROMIUM
    assert "canary-open-preflight" in " ".join(failed.failures)
    assert results(events) == []
    assert max(len(results(events, engine)) for engine in (FIREFOX, WEBKIT)) < 500
    assert of(EngineLost, events) == []


def test_a_canary_that_fails_later_stops_before_its_batch_is_believed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that was honest once is asked again: what it answered beside a canary that failed is no result."""
    monkeypatch.setattr(plan, "BATCH", 3)
    launched: list[ScriptedBrowser] = []

    def launcher(name: EngineName, how: Launch) -> Browser:
        launched.append(hasty(name, how))
        return launched[-1]

    events: list[Event] = []
    for event in runner.run(order(launcher, 30), ground):
        events.append(event)
        if isinstance(event, CanariesSung) and not event.failures:
            launched[0].rules = never_refusing(oracle.STANDARD)
    told = [event for event in events if isinstance(event, CanariesSung)]
    assert "canary-closed-simple" in " ".join(told[-1].failures)
    assert 0 < len(results(events)) < 30
    assert events.index(told[-1]) > events.index(results(events)[-1])


# ---- browsers that die or hang --------------------------------------------------------------------


def test_a_browser_that_dies_is_replaced(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had left a trace is a crash; what had not is asked of the next browser, which sings first."""
    monkeypatch.setattr(plan, "POOL", 1)
    events = run(order(one_after_another({"die_after": SUNG + 3}, {}), 6), ground)
    assert kinds(events) == [
        RunStarted,
        EngineReady,
        CanariesSung,
        CaseFinished,
        EngineLost,
        EngineReady,
        CanariesSung,
        CaseFinished,
        RunFinished,
    ]
    assert of(EngineLost, events) == [
        EngineLost("chromium", f"the scripted browser died after {SUNG + 3} steps", relaunch=True)
    ]
    assert [event.relaunch for event in of(EngineReady, events)] == [False, True]
    assert statuses(events) == {Status.PASS: 5, Status.CRASH: 1}
    (crash,) = [event for event in results(events) if event.verdict.status is Status.CRASH]
    assert crash.case.repeat == 2
    assert crash.verdict.cause == f"the scripted browser died after {SUNG + 3} steps"
    assert len(crash.observation.exchanges) == 1
    assert sorted(event.case.repeat for event in results(events)) == list(range(6))


def test_a_browser_that_dies_with_two_batches(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the batch that waited nothing is lost; each case has one result."""
    monkeypatch.setattr(plan, "POOL", 1)
    monkeypatch.setattr(plan, "BATCH", 3)
    events = run(order(one_after_another({"die_after": SUNG + 2}, {}), 8), ground)
    assert statuses(events) == {Status.PASS: 7, Status.CRASH: 1}
    assert sorted(event.case.repeat for event in results(events)) == list(range(8))
    assert of(EngineLost, events) == [
        EngineLost("chromium", f"the scripted browser died after {SUNG + 2} steps", relaunch=True)
    ]


def test_what_was_answered_beside_canaries_that_were_not_is_lost(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a browser dies over the canaries of a later batch, that batch has no control."""
    monkeypatch.setattr(plan, "BATCH", 2)
    events = run(order(one_after_another({"die_after": SUNG + 2 + 3}, {}), 4), ground)
    (lost,) = of(EngineLost, events)
    assert "while it was asked canaries" in lost.cause
    assert statuses(events)[Status.PASS] + statuses(events)[Status.CRASH] == 4
    assert statuses(events)[Status.PASS] >= 2
    assert sorted(event.case.repeat for event in results(events)) == list(range(4))


def test_a_browser_that_dies_in_the_middle_of_a_case(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step that was reported is kept beside the crash."""
    monkeypatch.setattr(plan, "POOL", 1)
    launcher = one_after_another({"die_after": SUNG + 2}, {})
    (result,) = results(run(order(launcher, 1, scenario("twice", steps=2)), ground))
    assert result.verdict.status is Status.CRASH
    assert [seen.step for seen in result.observation.page] == [0]
    assert len(result.observation.exchanges) == 2


def test_a_browser_that_dies_among_its_canaries(ground: Ground) -> None:
    """No case is lost, for none was asked."""
    events = run(order(one_after_another({"die_after": 2}, {})), ground)
    assert statuses(events) == {Status.PASS: 3}
    (lost,) = of(EngineLost, events)
    assert "while it was asked canaries" in lost.cause
    assert lost.relaunch


def test_a_browser_that_dies_between_pages(ground: Ground) -> None:
    """It is found dead when the next page is opened."""

    def launcher(name: EngineName, how: Launch) -> Browser:
        browser = hasty(name, how)
        opened = browser.open

        def open_once(url: str, on_death: Callable[[str], None]) -> Any:
            page = opened(url, on_death)
            browser._dead = "it died in the meantime"
            return page

        browser.open = open_once  # type: ignore[method-assign]
        return browser

    events = run(order(launcher, 1, scenario("a"), scenario("b", OTHER)), ground)
    assert statuses(events) == {Status.PASS: 2}
    assert of(EngineLost, events) == [EngineLost("chromium", "it died in the meantime", relaunch=True)]


def test_a_browser_that_hangs_is_a_missed_deadline(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """No news for longer than a page that works may take: the same as a death."""
    monkeypatch.setattr(harness.live, "PATIENCE", 0.25)
    monkeypatch.setattr(plan, "allowance", lambda planned: 0.25)
    monkeypatch.setattr(plan, "POOL", 1)
    events = run(order(one_after_another({"hang_after": SUNG + 2}, {}), 4), ground)
    assert [event.cause for event in of(EngineLost, events)] == ["the page did not report for 0.5 s"]
    assert statuses(events) == {Status.PASS: 3, Status.CRASH: 1}


@pytest.mark.parametrize("pages", [1, 2])
def test_a_browser_that_always_dies_is_given_up(pages: int, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many relaunches the rest is inconclusive, on every page, and it is said once."""
    monkeypatch.setattr(plan, "POOL", 1)
    asked = (scenario("a"), scenario("b", OTHER))[:pages]
    events = run(order(one_after_another({"die_after": SUNG + 1}), 10, *asked), ground)
    assert [event.relaunch for event in of(EngineLost, events)] == [True] * runner.RELAUNCHES + [False]
    assert len(of(EngineReady, events)) == runner.RELAUNCHES + 1
    crashes = runner.RELAUNCHES + 1
    assert statuses(events) == {Status.CRASH: crashes, Status.INCONCLUSIVE: 10 * pages - crashes}
    never = [event.verdict.cause for event in results(events) if event.verdict.status is Status.INCONCLUSIVE]
    assert all(cause.startswith("never asked: ") and "given up" in cause for cause in never)


def test_a_browser_that_cannot_be_started_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is inconclusive, with both causes."""
    monkeypatch.setattr(plan, "POOL", 1)
    launcher = one_after_another({"die_after": SUNG + 1}, {"refuse_to_launch": "the disk is full"})
    events = run(order(launcher, 3), ground)
    assert statuses(events) == {Status.CRASH: 1, Status.INCONCLUSIVE: 2}
    assert [event.relaunch for event in of(EngineLost, events)] == [True, False]
    assert "died after" in of(EngineLost, events)[1].cause
    assert "the disk is full" in of(EngineLost, events)[1].cause


# ---- faults and early ends ------------------------------------------------------------------------


def test_a_fault_of_ours_is_told_and_the_others_go_on(ground: Ground) -> None:
    """An exception in an engine's thread is an event with its traceback."""

    def launcher(name: EngineName, how: Launch) -> Browser:
        if name is FIREFOX:
            raise RuntimeError("a bug in the driver")
        return hasty(name, how)

    events = run(order(launcher, **THREE), ground)
    (fault,) = of(HarnessFault, events)
    assert (fault.engine, fault.cause) == ("firefox", "RuntimeError: a bug in the driver")
    assert "Traceback" in fault.detail
    assert "launcher" in fault.detail
    assert statuses(events, CHROMIUM) == statuses(events, WEBKIT) == {Status.PASS: 3}
    assert isinstance(events[-1], RunFinished)


def test_a_fault_in_the_middle_closes_the_browser(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks while a case is judged is told too, and no browser stays (`nothing_left`)."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug in the verdict")

    monkeypatch.setattr(Views, "judge", broken)
    events = run(order(hasty), ground)
    assert [event.cause for event in of(HarnessFault, events)] == ["KeyError: 'a bug in the verdict'"]
    assert results(events) == []


@pytest.mark.parametrize("last", [RunStarted, EngineReady, CanariesSung, Progress, CaseFinished])
def test_closing_early_ends_everything(last: type[Any], ground: Ground) -> None:
    """Whoever does not want to hear the rest leaves no thread and no session, wherever he stops."""
    events = runner.run(order(hasty, 40, **THREE), ground)
    for event in events:
        if isinstance(event, last):
            break
    events.close()  # type: ignore[attr-defined]
    assert list(events) == []


def test_closing_wakes_a_run_that_waits(ground: Ground) -> None:
    """A page that says nothing keeps nobody waiting."""
    events = runner.run(order(lambda name, how: hasty(name, how, hang_after=SUNG + 1)), ground)
    assert isinstance(next(event for event in events if isinstance(event, CanariesSung)), CanariesSung)
    events.close()  # type: ignore[attr-defined]


def test_an_interrupt_while_waiting_ends_the_run_in_order(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C where the run waits for events: it stops, and the last event says so."""

    class Interrupted(queue.SimpleQueue[Any]):
        """A queue at which the user loses patience once."""

        asked = 0

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            """Interrupt the third time."""
            self.asked += 1
            if self.asked == 3:
                raise KeyboardInterrupt
            return super().get(block, timeout)

    monkeypatch.setattr(runner, "queue", SimpleNamespace(SimpleQueue=Interrupted))
    events = run(order(lambda name, how: hasty(name, how, hang_after=SUNG + 1)), ground)
    (last,) = of(RunFinished, events)
    assert events[-1] == last
    assert last.interrupted
    assert Status.PASS not in statuses(events)


def test_an_interruption_from_a_signal_handler_ends_the_run_in_order(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured is judged and told; what was not has no result."""
    monkeypatch.setattr(plan, "POOL", 1)
    interruption = Interruption()
    events = []
    for event in runner.run(order(hasty, 200), ground, interruption):
        events.append(event)
        if isinstance(event, Progress):
            interruption()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].interrupted
    assert set(statuses(events)) == {Status.PASS}
    assert 0 < len(results(events)) < 200
    with pytest.raises(KeyboardInterrupt):
        interruption()


class Scripted(Visitor):
    """A visiting browser that comes by itself."""

    def connect(self) -> Any:
        """Return the scripted browser."""
        return hasty(CHROMIUM, Launch())


def test_a_visitor_that_is_crowded_is_asked_no_sequence(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can start it again: what needs a fresh browser is skipped with the reason, all else is asked."""
    monkeypatch.setattr(plan, "PREFLIGHTS", -1)
    visitor = Scripted("Safari 18.2 (Mac)", "18.2", "UA", None, Tour("http://a/"), lambda scenario, api, hooks: "")
    cases = order(hasty, 2, scenario(), scenario("twice", steps=2)).cases
    finished = [event for event in run(Order(cases, (visitor,)), ground) if isinstance(event, CaseFinished)]
    told = {(event.engine, event.case.scenario.id, event.verdict.status, event.verdict.cause) for event in finished}
    assert told == {
        ("Safari 18.2 (Mac)", "get", Status.PASS, ""),
        ("Safari 18.2 (Mac)", "twice", Status.SKIPPED, runner.CROWDED),
    }
    assert len(finished) == 4


def test_what_a_visitor_lacks_is_skipped_with_the_reason(ground: Ground) -> None:
    """Its own reasons count beside those of the engine that it is made with."""
    visitor = Scripted("x", "1", "x/1", EngineName.FIREFOX, Tour("http://a/"), lambda scenario, api, hooks: "no proxy")
    cases = order(hasty, 1).cases
    finished = [event for event in run(Order(cases, (visitor,)), ground) if isinstance(event, CaseFinished)]
    assert [(event.verdict.status, event.verdict.cause) for event in finished] == [(Status.SKIPPED, "no proxy")]
