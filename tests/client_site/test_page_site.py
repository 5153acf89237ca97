"""The page's site: the page, its two control endpoints, and nothing for strangers."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

import client_site.app
from client_site import BatchDone, Board, Results, Session, create_app


@pytest.fixture
def board() -> Board:
    """Have an empty board."""
    return Board()


@pytest.fixture
def session(board: Board) -> Session:
    """Have a page open."""
    return board.open()


@pytest.fixture
def client(board: Board, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Ask the site; a question for work is kept open for a moment only."""
    monkeypatch.setattr(client_site.app, "POLL_SECONDS", 0.01)
    return create_app(board).test_client()


def test_the_page_has_its_session(client: FlaskClient, session: Session) -> None:
    """The page's HTML names the session and loads the agent."""
    answer = client.get(f"/agent/{session.id}")
    assert answer.status_code == 200
    assert f'data-session="{session.id}"' in answer.text
    assert 'src="/static/agent.js"' in answer.text
    assert "data-sandboxed" not in answer.text


def test_the_sandboxed_page(client: FlaskClient, session: Session) -> None:
    """Where asked for, the page fires from inside a sandbox."""
    assert "data-sandboxed" in client.get(f"/agent/{session.id}?sandboxed").text


def test_the_agent_is_served(client: FlaskClient) -> None:
    """The script that the page loads is there, as JavaScript."""
    with client.get("/static/agent.js") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/javascript"


def test_no_icon(client: FlaskClient) -> None:
    """Browsers that look for an icon find nothing to complain about."""
    assert client.get("/favicon.ico").status_code == 204


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/next"), ("POST", "/results"), ("POST", "/turn")])
@pytest.mark.parametrize("ended", [False, True], ids=["never-was", "has-ended"])
def test_unknown_session(
    client: FlaskClient, board: Board, session: Session, method: str, path: str, ended: bool
) -> None:
    """Whoever does not know an open session gets a 404 everywhere."""
    board.close(session)
    name = session.id if ended else "stranger"
    answer = client.open(f"/agent/{name}{path}", method=method, json={"origin": "http://a", "steps": []})
    assert answer.status_code == 404


def test_next(client: FlaskClient, session: Session) -> None:
    """A page that asks for work gets a batch, nothing yet, or the end."""

    def ask() -> Any:
        return client.post(f"/agent/{session.id}/next", json={"origin": "http://a"}).get_json()

    session.give({"number": 1, "pool": 2, "units": [{"id": "ü"}]})
    assert ask() == {"number": 1, "pool": 2, "units": [{"id": "ü"}]}
    assert ask() == {}
    session.finish()
    assert ask() == {"done": True}
    assert session.origin == "http://a"


def test_results(client: FlaskClient, session: Session) -> None:
    """What a page reports becomes news."""
    for report in ({"steps": [{"step": 0, "body": "ü"}]}, {"steps": [], "batch_done": 3}):
        assert client.post(f"/agent/{session.id}/results", json=report).status_code == 204
    assert [session.wait(0), session.wait(0)] == [Results(({"step": 0, "body": "ü"},)), BatchDone(3)]


def test_arrived() -> None:
    """A page that asks whether its request has arrived is told what the board knows."""
    board = Board(lambda unit, deadline: unit == "here")
    session, client = board.open(), create_app(board).test_client()
    for unit, arrived in (("here", True), ("nowhere", False)):
        answer = client.post(f"/agent/{session.id}/arrived", json={"unit": unit})
        assert answer.get_json() == {"arrived": arrived}
    assert client.post("/agent/stranger/arrived", json={"unit": "here"}).status_code == 404


def test_turn() -> None:
    """A page that begins a step has told so when it is answered; a stranger has told nothing."""
    begun: list[tuple[str, int]] = []
    board = Board(turn=lambda unit, step: begun.append((unit, step)))
    session, client = board.open(), create_app(board).test_client()
    answer = client.post(f"/agent/{session.id}/turn", json={"unit": "u", "step": 2})
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.post("/agent/stranger/turn", json={"unit": "u", "step": 3}).status_code == 404
    assert client.post(f"/agent/{session.id}/turn", data="{}", content_type="text/plain").status_code == 415
    assert begun == [("u", 2)]


def test_failed() -> None:
    """A page that tells of a failure is answered when whoever is told has done what he does about it."""
    board, told = Board(), list[str]()
    session, client = board.open(), create_app(board).test_client()
    assert client.post(f"/agent/{session.id}/failed", json={"unit": "nobody is told"}).status_code == 204
    session.on_failure = told.append
    answer = client.post(f"/agent/{session.id}/failed", json={"unit": "u"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.post("/agent/stranger/failed", json={"unit": "v"}).status_code == 404
    assert client.post(f"/agent/{session.id}/failed", data="{}", content_type="text/plain").status_code == 415
    assert told == ["u"]


@pytest.mark.parametrize("path", ["next", "results"])
def test_only_json_is_heard(client: FlaskClient, session: Session, path: str) -> None:
    """A form, which any web page could send without a preflight, is refused and makes no news."""
    answer = client.post(f"/agent/{session.id}/{path}", data="{}", content_type="text/plain")
    assert answer.status_code == 415
    assert session.wait(0) is None


def test_without_an_api_there_is_no_proxy(client: FlaskClient) -> None:
    """The proxy exists where an API was named."""
    assert client.get("/proxy/items").status_code == 404


def test_no_cors_here(client: FlaskClient, session: Session) -> None:
    """The page's site lets nobody in from another origin."""
    answer = client.get(f"/agent/{session.id}", headers={"Origin": "http://evil.example"})
    assert [name for name in answer.headers.keys() if name.lower().startswith("access-control-")] == []  # noqa: SIM118
