"""The hands-on page's site: its endpoints, and who is kept out of them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from client_site import Refusal, create_hands_on

ORIGIN, TOKEN = "http://localhost:8000", "the-token"
GOOD = {"Host": "localhost:8000", "X-Corsproof-Token": TOKEN}
JSON = {"Content-Type": "application/json"}


class Clerk:
    """A control that notes what it was asked (`client_site.Control`)."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def choices(self) -> dict[str, Any]:
        """Note it."""
        self.asked.append("choices")
        return {"apis": []}

    def open(self, page: str) -> dict[str, Any]:
        """Note it."""
        self.asked.append(("open", page))
        return {"id": "1"}

    def fire(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Note it, and refuse."""
        self.asked.append(("fire", asked))
        raise Refusal("no such API")

    def start(self, asked: dict[str, Any], user_agent: str) -> dict[str, Any]:
        """Note it."""
        self.asked.append(("start", asked, user_agent))
        return {"go": "http://a/"}

    def stop(self) -> None:
        """Note it."""
        self.asked.append("stop")

    def status(self) -> dict[str, Any]:
        """Note it."""
        self.asked.append("status")
        return {"run": None}

    def document(self, label: str) -> str:
        """Note it."""
        self.asked.append(("document", label))
        return "{}"


@pytest.fixture
def clerk() -> Clerk:
    """Have somebody behind the endpoints."""
    return Clerk()


@pytest.fixture
def client(clerk: Clerk) -> FlaskClient:
    """Ask the site."""
    return create_hands_on(clerk, token=TOKEN, origin=ORIGIN, framed=["http://localhost:1"]).test_client()


ENDPOINTS: dict[str, tuple[str, str, Any]] = {
    "choices": ("GET", "/control/choices", None),
    "pages": ("POST", "/control/pages", {"page": "null"}),
    "fire": ("POST", "/control/fire", {"api": "none"}),
    "start": ("POST", "/control/run", {"suites": ["hooks"]}),
    "stop": ("DELETE", "/control/run", None),
    "status": ("GET", "/control/run", None),
    "document": ("GET", "/control/document?label=x", None),
}
STRANGERS = {
    "no-token": {"Host": "localhost:8000"},
    "wrong-token": {**GOOD, "X-Corsproof-Token": "the-tokem"},
    "part-of-the-token": {**GOOD, "X-Corsproof-Token": "the"},
    "token-that-is-no-ascii": {**GOOD, "X-Corsproof-Token": "tök"},
    "rebound-name": {**GOOD, "Host": "evil.example:8000"},
    "other-name-of-loopback": {**GOOD, "Host": "127.0.0.1:8000"},
    "foreign-origin": {**GOOD, "Origin": "http://localhost:8001"},
    "sandboxed": {**GOOD, "Origin": "null"},
    "same-site": {**GOOD, "Sec-Fetch-Site": "same-site"},
    "cross-site": {**GOOD, "Sec-Fetch-Site": "cross-site"},
    "typed-by-hand": {**GOOD, "Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize(("method", "path", "value"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_strangers_are_refused(
    client: FlaskClient, clerk: Clerk, method: str, path: str, value: Any, headers: dict[str, str]
) -> None:
    """403, nothing done, and no CORS header, whatever it is that is wrong."""
    answer = client.open(path, method=method, json=value, headers=headers)
    assert answer.status_code == 403
    assert clerk.asked == []
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(("method", "path", "value"), ENDPOINTS.values(), ids=ENDPOINTS)
@pytest.mark.parametrize("more", [{}, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}], ids=["bare", "browser"])
def test_the_page_itself_is_let_in(
    client: FlaskClient, clerk: Clerk, method: str, path: str, value: Any, more: dict[str, str]
) -> None:
    """The positive control: with the token, under its own name, each endpoint does its work."""
    answer = client.open(path, method=method, json=value, headers={**GOOD, **more})
    assert answer.status_code in (200, 204, 400)
    assert len(clerk.asked) == 1


def test_a_preflight_is_refused(client: FlaskClient, clerk: Clerk) -> None:
    """The token's header makes browsers ask first, and nobody is given leave."""
    asks = {"Host": "localhost:8000", "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/control/run", headers=asks)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_only_json_is_read(client: FlaskClient, clerk: Clerk) -> None:
    """What a form can send is no JSON."""
    answer = client.post("/control/run", data="{}", content_type="text/plain", headers=GOOD)
    assert answer.status_code == 415
    assert clerk.asked == []


@pytest.mark.parametrize("path", ["/control/pages", "/control/fire", "/control/run"])
def test_only_objects_are_read(client: FlaskClient, clerk: Clerk, path: str) -> None:
    """What is JSON and no object is a mistake of whoever asks, and said."""
    answer = client.post(path, json=[1], headers=GOOD)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "the body is no JSON object"})
    assert clerk.asked == []


def test_a_refusal_says_why(client: FlaskClient) -> None:
    """What cannot be done is told to the page, as JSON."""
    answer = client.post("/control/fire", json={}, headers=GOOD)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "no such API"})


@pytest.mark.parametrize("path", ["/", "/static/hands_on.js", "/control/choices", "/nowhere"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    """A strict policy for content, no framing, no embedding, no caching, no sniffing."""
    with client.get(path, headers=GOOD) as answer:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-src"] == "http://localhost:1"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_holds_no_secret_and_no_script_of_its_own(client: FlaskClient) -> None:
    """The token is in the URL's fragment only; all that the page loads is its own site's."""
    page = client.get("/", headers=GOOD).text
    assert TOKEN not in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script") == 1
    assert "onclick" not in page


def test_another_name_is_told_where_the_page_is(client: FlaskClient) -> None:
    """Whoever comes under another name is told the right one, for a typing error is more likely than an attack."""
    answer = client.get("/", headers={"Host": "127.0.0.1:8000"})
    assert answer.status_code == 403
    assert ORIGIN in answer.get_json()["error"]
