"""A tour: a browser that nobody drives is led from stop to stop, and home."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

import client_site.app
from client_site import Board, Tour, create_app

HOME = "http://localhost:1/"


@pytest.fixture
def board() -> Board:
    """Have an empty board."""
    return Board()


@pytest.fixture
def client(board: Board, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Ask the site; a question for the next stop is kept open for a moment only."""
    monkeypatch.setattr(client_site.app, "POLL_SECONDS", 0.01)
    with create_app(board).test_client() as asking:
        yield asking


def test_stops_come_in_their_order_and_then_home() -> None:
    """Each stop knows the tour and its own number; asked again, the same is told again."""
    tour = Tour(HOME)
    assert tour.after(-1, 0.01) is None
    assert (tour.lead("http://a/agent/x"), tour.lead("http://b/agent/y?sandboxed")) == (0, 1)
    assert [tour.after(-1, 0.01), tour.after(-1, 0.01)] == [f"http://a/agent/x?tour={tour.id}&stop=0"] * 2
    assert tour.after(0, 0.01) == f"http://b/agent/y?sandboxed&tour={tour.id}&stop=1"
    tour.end()
    assert tour.after(1, 0.01) == tour.after(0, 0.01) == HOME
    assert tour.left


def test_who_waits_for_a_stop_is_told_whether_it_was_reached() -> None:
    """A stop that is not reached in time is not; the end of a tour wakes who waits."""
    tour = Tour(HOME)
    stop = tour.lead("http://a/")
    assert not tour.wait_for(stop, 0.01)
    tour.reach(stop)
    assert tour.wait_for(stop, 0.01)
    threading.Timer(0.05, tour.end).start()
    assert not tour.wait_for(tour.lead("http://b/"), 30)


def test_the_page_is_a_stop_and_asks_for_the_next(client: FlaskClient, board: Board) -> None:
    """The page's HTML names its tour; opening it is reaching it; its site tells where to go."""
    tour, session = board.begin_tour(HOME), board.open()
    stop = tour.lead(f"http://localhost/agent/{session.id}")
    page = client.get(tour.after(-1, 0.01))
    assert f'data-tour="{tour.id}" data-stop="0"' in page.text
    assert tour.wait_for(stop, 0.01)
    assert client.post(f"/tour/{tour.id}/next", json={"stop": 0}).get_json() == {"go": None}
    tour.end()
    assert client.post(f"/tour/{tour.id}/next", json={"stop": 0}).get_json() == {"go": HOME}


def test_who_knows_no_tour_is_told_nothing(client: FlaskClient, board: Board) -> None:
    """Tours are unguessable: an unknown one is 404, and on a page it is none; a form cannot ask."""
    session, tour = board.open(), board.begin_tour(HOME)
    assert client.post("/tour/stranger/next", json={"stop": 0}).status_code == 404
    assert "data-tour" not in client.get(f"/agent/{session.id}?tour=stranger&stop=0").text
    assert client.post(f"/tour/{tour.id}/next", data='{"stop": 0}', content_type="text/plain").status_code == 415
