"""A live page that reports too little, too much or nothing: never taken for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from made_events import INFO

import harness.live
from client_site import Session
from harness import canaries, plan
from harness.engines import EngineInfo, Message
from harness.errors import BrowserCrashed
from harness.ground import Ground
from harness.live import LivePage, Stopped, live_page


class Silent:
    """A browser and its page that do nothing; what the page posts is the test's business."""

    info: EngineInfo = INFO

    def open(self, url: str, on_death: Callable[[str], None]) -> Silent:
        """Open nothing."""
        return self

    def messages(self) -> tuple[Message, ...]:
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
    outcomes = [canary.expect[canaries.HOOKS].seen[0].outcome.value for canary in canaries.CANARIES]
    assert sorted(outcomes) == ["allowed", "allowed", "blocked", "blocked"]
    assert all(canary.expect[canaries.HOOKS].wire for canary in canaries.CANARIES)
