"""A live page that reports too little, too much or nothing: never taken for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from made_events import INFO

import harness.live
from client_site import Session
from harness import canaries, plan
from harness.engines import EngineInfo, EngineName, Message
from harness.errors import BrowserCrashed
from harness.ground import Ground
from harness.literal import Answer, Role, Rule, Script
from harness.live import LivePage, Stopped, live_page
from harness.plan import Planned
from harness.scenario import LITERAL, Api, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Kind


class Silent:
    """A browser and its page that do nothing; what the page posts is the test's business."""

    info: EngineInfo = INFO

    def open(self, url: str, on_death: Callable[[str], None]) -> Silent:
        """Open nothing."""
        return self

    def take_messages(self) -> tuple[Message, ...]:
        """Say nothing."""
        return ()

    def wait_for_messages(self, tokens: frozenset[str], deadline: float) -> None:
        """Wait for nothing."""

    def close(self) -> None:
        """Close nothing."""


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LivePage, Session]]:
    """Open a page that no browser shows, and give its session."""
    monkeypatch.setattr(harness.live, "PATIENCE", 0.2)
    monkeypatch.setattr(plan, "allowance", lambda planned: 0.0)
    with Ground({}) as ground:
        session = ground.board.open()
        monkeypatch.setattr(ground.board, "open", lambda: session)
        with live_page("http://localhost", Silent(), ground) as page:
            yield page, session


REPORTS: dict[str, tuple[list[tuple[list[dict[str, Any]], int | None]], str]] = {
    "nothing": ([], "the page did not report for 0.2 s"),
    "done-without-results": ([([], 1)], "the page did not answer all that it was asked"),
    "done-with-another-batch": ([([], 99)], "the page did not report for 0.2 s"),
}


@pytest.mark.parametrize(("reports", "why"), REPORTS.values(), ids=REPORTS)
def test_canaries_that_were_not_answered_have_not_passed(
    reports: list[tuple[list[dict[str, Any]], int | None]], why: str, live: tuple[LivePage, Session]
) -> None:
    """A page that answers none of them is a browser that cannot be believed, not four canaries without a failure."""
    page, session = live
    for steps, done in reports:
        session.post(steps, done)
    with pytest.raises(BrowserCrashed, match=f"{why} while it was asked canaries"):
        page.ask_canaries()


def test_a_page_that_dies_is_told_with_its_cause(live: tuple[LivePage, Session]) -> None:
    """The cause is the engine's, and what came before it is kept."""
    page, session = live
    session.die("the browser's process ended")
    answers = page.ask([])
    assert answers.cause == "the browser's process ended"


def test_a_stop_ends_the_waiting(live: tuple[LivePage, Session], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a page that is told to stop returns at once, with what there is."""
    page, _ = live
    monkeypatch.setattr(harness.live, "PATIENCE", 60.0)
    threading.Timer(0.05, page.stop).start()
    assert page.ask([]).cause == "the run was stopped"
    with pytest.raises(Stopped):
        page.ask_canaries()


def test_every_canary_has_an_exchange_to_be_compared() -> None:
    """Two must be readable and two blocked, at the page and at the server."""
    expected = [canary.expect[canaries.HOOKS] for canary in canaries.CANARIES]
    outcomes = [expectation.seen[0].outcome.value for expectation in expected if expectation]
    assert sorted(outcomes) == ["allowed", "allowed", "blocked", "blocked"]
    assert all(expectation and expectation.wire for expectation in expected)


# ---- what the browser says -------------------------------------------------------------------------


class Talking(Silent):
    """A browser whose page says what it is told to say."""

    def __init__(self) -> None:
        self.said: list[Message] = []

    def take_messages(self) -> tuple[Message, ...]:
        """Say it once."""
        said, self.said = tuple(self.said), []
        return said


def asked(ground: Ground, steps: int = 1) -> Planned:
    """Plan a case with literal answers that are never given."""
    step, script = Step("GET", "{api}/a"), Script((Rule((Answer(200),)),))
    one = Scenario("a", "f", "s", (step,) * steps, {LITERAL: None}, apis=(Api.FETCH,), turns=(script,))
    return plan.plan(plan.Case(one, LITERAL, Api.FETCH, LITERAL), ground)


class Answering:
    """A page that answers each batch at once, by network errors, and notes what it was given."""

    def __init__(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        self.units: list[dict[str, Any]] = []
        self.answers_at_hand: list[bool] = []
        self._ground = ground
        self._session = ground.board.open()
        monkeypatch.setattr(ground.board, "open", lambda: self._session)
        monkeypatch.setattr(self._session, "give", self._give)

    def _give(self, batch: dict[str, Any]) -> None:
        self.units += batch["units"]
        for unit in batch["units"]:
            answer = self._ground.scripts.answer(unit["id"], Role.API, Kind.ACTUAL, "/a")
            self.answers_at_hand.append(answer is not None)
            end = {"origin": "http://a", "outcome": "network-error", "started_ms": 0, "ended_ms": 1}
            self._session.post([{"unit": unit["id"], "step": n, **end} for n in range(len(unit["steps"]))], None)
        self._session.post([], batch["number"])


def test_the_browsers_words_reach_their_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that it said of the case's URLs, in its order, bare codes last; what is of others is theirs."""
    browser = Talking()
    with Ground({}) as ground:
        Answering(ground, monkeypatch)
        with live_page("http://localhost", browser, ground) as page:
            words: dict[str, tuple[str, ...]] = {}
            for _ in range(2):
                one, other = asked(ground), asked(ground)
                answers = page.ask([one, other])
                browser.said += [
                    Message("code", f"http://a/?corsproof={one.token}", is_code=True),
                    Message("first", f"http://a/?corsproof={one.token}"),
                    Message(f"second, of http://a/?b&corsproof={other.token}&c"),
                    Message("small talk", "http://a/"),
                    Message(f"third, of 'http://a/?corsproof={one.token}'."),
                ]
                words |= {each.token: observation.words for each, observation in page.observe(answers)}
                assert words[one.token] == ("first", f"third, of 'http://a/?corsproof={one.token}'.", "code")
                assert words[other.token] == (f"second, of http://a/?b&corsproof={other.token}&c",)


def test_answers_are_at_hand_before_the_page_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may ask as soon as it has its batch; what a case is answered is forgotten where it is judged."""
    with Ground({}) as ground:
        told, one = Answering(ground, monkeypatch), asked(ground)
        with live_page("http://localhost", Silent(), ground) as page:
            answers = page.ask([one])
        assert answers.is_complete(one)
        assert (told.units[-1]["id"], told.answers_at_hand[-1]) == (one.token, True)
        ground.judged(one.token)
        assert ground.scripts.answer(one.token, Role.API, Kind.ACTUAL, "/a") is None


def test_batches_may_end_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page says of the next batch while one is waited for is kept, its end too."""
    with Ground({}) as ground:
        session = ground.board.open()
        monkeypatch.setattr(ground.board, "open", lambda: session)
        first, second, third = asked(ground), asked(ground), asked(ground)
        with live_page("http://localhost", Silent(), ground) as page:
            begun = [page.begin([one]) for one in (first, second, third)]
            end = {"step": 0, "origin": "http://a", "outcome": "network-error", "started_ms": 0, "ended_ms": 1}
            session.post([{"unit": second.token, **end}], begun[1].number)
            session.post([{"unit": first.token, **end}], begun[0].number)
            session.die("the browser's process ended")
            counted: list[int] = []
            for answers in begun:
                page.finish(answers, counted.append)
    assert [answers.cause for answers in begun] == ["", "", "the browser's process ended"]
    assert counted == [1, 1]
    assert [answers.is_complete(one) for answers, one in zip(begun, (first, second, third), strict=True)] == [
        True,
        True,
        False,
    ]


class Hushed(Talking):
    """A browser whose page tells its sentences at a price, and notes when it was told to; as often as it may."""

    def __init__(self, times: int = 100) -> None:
        super().__init__()
        self.told: list[bool] = []
        self._times = times

    def tell_words(self, wanted: bool) -> None:
        """Note it."""
        if len(self.told) == self._times:
            raise BrowserCrashed("the browser does not answer")
        self.told.append(wanted)


LET_THROUGH = Expectation((Seen(Outcome.ALLOWED, 200),), ())


def hopeful(ground: Ground) -> Planned:
    """Plan a case that is expected to be let through."""
    return replace(asked(ground), expectation=LET_THROUGH)


@pytest.fixture
def hushed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hushed, LivePage, Session, Ground, list[bool]]]:
    """Open a page of such a browser; what is given to it is noted: whether it was hushed."""
    browser, given = Hushed(), list[bool]()
    with Ground({}) as ground:
        session = ground.board.open()
        monkeypatch.setattr(ground.board, "open", lambda: session)
        monkeypatch.setattr(session, "give", lambda batch: given.append(batch["hushed"]))
        with live_page("http://localhost", browser, ground) as page:
            yield browser, page, session, ground, given


Opened = tuple[Hushed, LivePage, Session, Ground, list[bool]]


def test_a_browser_is_listened_to_where_an_error_is_expected(hushed: Opened) -> None:
    """Not where all cases of every batch that is begun are to be let through; of canaries alone nothing is hushed."""
    browser, page, session, ground, given = hushed
    page.begin((), with_canaries=True)
    quiet = page.begin([hopeful(ground), hopeful(ground)], with_canaries=True)
    mixed = page.begin([hopeful(ground), asked(ground)])
    page.begin([hopeful(ground)])
    assert browser.told == [True, True, True, True]
    for answers in (page._begun[0], quiet, mixed):
        session.post([], answers.number)
        page._end = ""  # nothing of it was answered, which is no matter here
        page.finish(answers)
    page._end = ""
    page.begin([hopeful(ground)])
    assert browser.told[4:] == [False]
    assert given == [False, True, False, True, True]


def test_a_browser_is_listened_to_from_the_first_surprise_on(hushed: Opened) -> None:
    """A case that fails and was to be let through makes it speak, for good; a canary's failure is none."""
    browser, page, session, ground, _ = hushed
    one = hopeful(ground)
    answers = page.begin([one], with_canaries=True)
    session.on_failure(answers.controls[0].token)
    assert browser.told == [False]
    session.on_failure(one.token)
    page.begin([hopeful(ground)])
    assert browser.told == [False, True, True]


def test_a_browser_that_cannot_be_listened_to_is_lost(hushed: Opened) -> None:
    """Its words would be missing: the page counts as dead, and the cause is told."""
    browser, page, session, ground, _ = hushed
    one = hopeful(ground)
    answers = page.begin([one])
    browser._times = 1
    session.on_failure(one.token)
    page.finish(answers)
    assert answers.cause == "the browser does not answer"


# ---- warming up ------------------------------------------------------------------------------------


class Cold(Silent):
    """A browser that may make the first preflights to a host twice."""

    info = replace(INFO, name=EngineName.FIREFOX)


@pytest.mark.parametrize("page", ["http://localhost", "https://localhost", "null"])
def test_a_page_is_warmed_up_once_for_literal_answers(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host of theirs is asked before the first case, and not again; nobody judges that, and nothing is kept."""
    with Ground({}) as ground:
        told = Answering(ground, monkeypatch)
        cases = [asked(ground), asked(ground)]
        with live_page(page, Cold(), ground) as open_page:
            for case in cases:
                open_page.ask([case])
        first, *others = told.units
        assert [unit["id"] for unit in others] == [case.token for case in cases]
        hosts = {urlsplit(step["url"]).hostname for step in first["steps"]}
        assert hosts == {"localhost", "127.0.0.1"}
        assert set(ground.scripts._turns) == {case.token for case in cases}


WARM_ALREADY = {EngineName.CHROMIUM: 1, EngineName.WEBKIT: 1, EngineName.FIREFOX: 2, "a visitor": 2}


@pytest.mark.parametrize(("name", "units"), WARM_ALREADY.items(), ids=map(str, WARM_ALREADY))
def test_only_who_needs_it_is_warmed_up(name: str, units: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chromium and WebKit are not known to ask twice; of a browser that is none of ours nobody knows."""
    browser = Silent()
    browser.info = replace(INFO, name=name)
    with Ground({}) as ground:
        told = Answering(ground, monkeypatch)
        with live_page("http://localhost", browser, ground) as page:
            page.ask([asked(ground)])
        assert len(told.units) == units


def test_canaries_need_no_warming_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks an application only is given what he asks, and nothing before it."""
    with Ground({}) as ground:
        told = Answering(ground, monkeypatch)
        with live_page("http://localhost", Cold(), ground) as page:
            page.ask_canaries()
        assert len(told.units) == len(canaries.CANARIES)


def test_a_page_that_dies_while_it_is_warmed_up_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cause is told at once, of the cases none was answered, and nothing is kept of the warming up."""
    with Ground({}) as ground:
        session, one = ground.board.open(), asked(ground)
        monkeypatch.setattr(ground.board, "open", lambda: session)
        monkeypatch.setattr(session, "give", lambda batch: session.die("the browser's process ended"))
        with live_page("http://localhost", Cold(), ground) as page:
            answers = page.ask([one])
        assert answers.cause == "the browser's process ended"
        assert not answers.is_complete(one)
        assert set(ground.scripts._turns) == {one.token}
