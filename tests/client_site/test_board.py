"""The board: batches out, news in, and nobody waits longer than his deadline."""

from __future__ import annotations

import threading
from typing import Any

from client_site.board import BatchDone, Board, PageDied, Results, Session

DEADLINE = 5.0


def test_sessions_are_found_by_their_id() -> None:
    """Each session has its own id, which leads to it and which nobody guesses."""
    board = Board()
    one, two = board.open(), board.open()
    assert one.id != two.id
    assert len(one.id) >= 20
    assert board.find(one.id) is one
    assert board.find("nobody") is None


def test_a_closed_session_is_forgotten() -> None:
    """After its end a session is not found, and the others are."""
    board = Board()
    one, two = board.open(), board.open()
    board.close(one)
    board.close(one)
    assert board.find(one.id) is None
    assert board.find(two.id) is two


def test_closing_tells_the_page_that_waits() -> None:
    """A page that waits for work when its session ends is told that it is done, at once."""
    board = Board()
    session = board.open()
    answers: list[Any] = []
    page = threading.Thread(target=lambda: answers.append(session.next_batch("http://a", DEADLINE * 4)))
    page.start()
    board.close(session)
    page.join(DEADLINE)
    assert answers == [{"done": True}]


def test_batches_come_in_order() -> None:
    """A page gets the batches in the order in which they were given, then that there is no more."""
    session = Session()
    session.give({"number": 1})
    session.give({"number": 2})
    session.finish()
    assert [session.next_batch("http://a", 0) for _ in range(3)] == [{"number": 1}, {"number": 2}, {"done": True}]


def test_the_long_poll_ends() -> None:
    """A page's question for work is answered with nothing after its time, so that it asks again."""
    assert Session().next_batch("http://a", 0.01) == {}


def test_a_batch_ends_the_long_poll() -> None:
    """A batch that is given while a page waits reaches it at once."""
    session = Session()
    answers: list[Any] = []
    page = threading.Thread(target=lambda: answers.append(session.next_batch("http://a", DEADLINE * 4)))
    page.start()
    session.give({"number": 1})
    page.join(DEADLINE)
    assert answers == [{"number": 1}]


def test_the_page_says_its_origin() -> None:
    """Where a page is is known from its first question."""
    session = Session()
    assert session.origin is None
    session.next_batch("null", 0)
    assert session.origin == "null"


def test_a_turn_is_passed_on() -> None:
    """Whoever gives the answers is told which step of which unit begins; a board without such a one tells nobody."""
    begun: list[tuple[str, int]] = []
    Board(turn=lambda unit, step: begun.append((unit, step))).turn("unit", 3)
    Board().turn("unit", 3)
    assert begun == [("unit", 3)]


def test_news_in_order() -> None:
    """Results, the end of a batch and a death are told in the order in which they came."""
    session = Session()
    session.post([{"step": 0}, {"step": 1}], None)
    session.post([{"step": 2}], 7)
    session.post([], 8)
    session.post([], None)
    session.die("crashed")
    assert [session.wait(0) for _ in range(6)] == [
        Results(({"step": 0}, {"step": 1})),
        Results(({"step": 2},)),
        BatchDone(7),
        BatchDone(8),
        PageDied("crashed"),
        None,
    ]


def test_waiting_for_news_has_a_deadline() -> None:
    """Silence is None after the deadline."""
    assert Session().wait(0.01) is None


def test_news_wake_who_waits() -> None:
    """A death wakes whoever waits, long before the deadline."""
    session = Session()
    heard: list[Any] = []
    waiting = threading.Thread(target=lambda: heard.append(session.wait(DEADLINE * 4)))
    waiting.start()
    session.die("gone")
    waiting.join(DEADLINE)
    assert heard == [PageDied("gone")]


def test_a_batch_that_was_lost_is_given_again() -> None:
    """Who asks without having got the last batch gets it once more; who has got it waits for the next."""
    session = Board().open()
    session.give({"number": 1, "units": []})
    first = session.next_batch("http://a", 0.01, 0)
    assert session.next_batch("http://a", 0.01, 0) == first == {"number": 1, "units": []}
    assert session.next_batch("http://a", 0.01, 1) == {}
