"""The resources without CORS: statuses, bodies, content types, and the mark of the view that ran."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server_site import create_app

Ask = Callable[..., TestResponse]

ANSWERS: list[tuple[str, str, str, dict[str, Any], int, object]] = [
    ("list", "GET", "/items", {}, 200, {"items": [{"id": c, "name": f"item {c}"} for c in "123456789"]}),
    ("create-json", "POST", "/items", {"json": {"a": 1}}, 201, {"created": {"a": 1}}),
    ("create-text", "POST", "/items", {"data": "hi", "content_type": "text/plain"}, 201, {"created": "hi"}),
    ("create-bad-json", "POST", "/items", {"data": "{", "content_type": "application/json"}, 201, {"created": "{"}),
    ("item", "GET", "/items/9", {}, 200, {"id": "9", "name": "item 9"}),
    ("put", "PUT", "/items/1", {"json": [1]}, 200, {"id": "1", "stored": [1]}),
    ("patch", "PATCH", "/items/1", {"data": "x"}, 200, {"id": "1", "stored": "x"}),
    ("checkin", "CHECKIN", "/items/1", {}, 200, {"id": "1", "checked_in": True}),
    ("folder", "PUT", "/folder/", {}, 200, {"folder": "/folder/"}),
    ("login", "POST", "/login", {}, 200, {"user": "ann"}),
    ("logout", "POST", "/logout", {}, 200, {"user": None}),
    ("slow", "PUT", "/slow?ms=1", {}, 200, {"waited_ms": 1}),
    ("slow-negative", "GET", "/slow?ms=-5", {}, 200, {"waited_ms": 0}),
    ("slow-nonsense", "GET", "/slow?ms=soon", {}, 200, {"waited_ms": 0}),
    ("exposed", "GET", "/exposed", {}, 200, {"total": 42}),
]


@pytest.mark.parametrize(("method", "url", "sent", "status", "body"), [pytest.param(*c[1:], id=c[0]) for c in ANSWERS])
def test_answer_is_exact(ask: Ask, method: str, url: str, sent: dict[str, Any], status: int, body: object) -> None:
    """Each resource answers its one body, as JSON."""
    answer = ask("none", method, url, **sent)
    assert (answer.status_code, answer.content_type, answer.json) == (status, "application/json", body)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "CHECKIN", "patch"])
def test_echo_says_what_arrived(ask: Ask, method: str) -> None:
    """The echo names method as sent, body, type and X- headers, and keeps the credentials to itself."""
    headers = {"X-One": "1", "Accept": "*/*", "Authorization": "Bearer secret"}
    answer = ask("none", method, "/echo", headers, data="body", content_type="text/csv")
    assert answer.json == {
        "method": method,
        "body": "body",
        "content_type": "text/csv",
        "headers": {"x-one": "1"},
        "authorization": True,
    }


def test_echo_of_a_bare_request(ask: Ask) -> None:
    """What was not sent is null, empty or false in the echo."""
    answer = ask("none", "GET", "/echo")
    assert answer.json == {"method": "GET", "body": "", "content_type": None, "headers": {}, "authorization": False}


def test_nothing_is_stored() -> None:
    """An item answers the same before and after it was changed and removed."""
    client = create_app("none").test_client()
    before = client.get("/items/1").data
    client.put("/items/1", json={"name": "other"})
    assert client.delete("/items/1").status_code == 204
    assert client.get("/items/1").data == before


@pytest.mark.parametrize(("method", "body"), [("GET", "plain text"), ("POST", "sent")])
def test_text_is_plain(ask: Ask, method: str, body: str) -> None:
    """The text resource answers text/plain."""
    answer = ask("none", method, "/text", data="sent")
    assert (answer.content_type, answer.text) == ("text/plain; charset=utf-8", body)


def test_exposed_headers(ask: Ask) -> None:
    """The exposed resource sends the headers whose readability a page can show."""
    headers = ask("none", "GET", "/exposed").headers
    names = ("X-Total-Count", "Cache-Control", "Content-Language", "Set-Cookie")
    assert [headers[name] for name in names] == ["42", "no-store", "en", "seen=1; Path=/"]


MARKS = [
    ("returned", "GET", "/items", 200, "items"),
    ("head", "HEAD", "/items", 200, "items"),
    ("empty", "DELETE", "/items/1", 204, "item"),
    ("aborted", "PUT", "/items/10", 404, "item"),
    ("challenged", "GET", "/me", 401, "me"),
    ("failed", "GET", "/error", 500, "error"),
    ("redirected", "GET", "/redirect/302?to=/items", 302, "redirect"),
    ("redirect-code-refused", "GET", "/redirect/300?to=/items", 404, "redirect"),
    ("redirect-target-missing", "GET", "/redirect/302", 400, "redirect"),
    ("redirect-target-of-two-lines", "GET", "/redirect/302?to=/%0d%0aX:1", 400, "redirect"),
    ("unknown-url", "GET", "/nowhere", 404, None),
    ("wrong-method", "PUT", "/text", 405, None),
    ("slash-redirect", "PUT", "/folder", 308, None),
    ("automatic-options", "OPTIONS", "/items", 200, None),
]


@pytest.mark.parametrize(("method", "url", "status", "view"), [pytest.param(*c[1:], id=c[0]) for c in MARKS])
def test_mark_shows_whether_a_view_ran(ask: Ask, method: str, url: str, status: int, view: str | None) -> None:
    """X-Served-By is there exactly where a view function ran."""
    answer = ask("none", method, url)
    assert (answer.status_code, answer.headers.get("X-Served-By")) == (status, view)


REDIRECTS = [
    ("no-id", "to=/items", "/items"),
    ("path", "to=/items&corsproof=s1", "/items?corsproof=s1"),
    ("relative", "to=items&corsproof=s1", "items?corsproof=s1"),
    ("query", "to=/items%3Fa=1&corsproof=s1", "/items?a=1&corsproof=s1"),
    ("fragment", "to=/items%23end&corsproof=s1", "/items?corsproof=s1#end"),
    ("other-origin", "to=http://a.example:1/b&corsproof=s1", "http://a.example:1/b?corsproof=s1"),
    ("escaped-id", "to=/items&corsproof=a%26b", "/items?corsproof=a%26b"),
    ("empty", "to=&corsproof=s1", ""),
    ("fragment-only", "to=%23end&corsproof=s1", "#end"),
]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("query", "location"), [pytest.param(*c[1:], id=c[0]) for c in REDIRECTS])
def test_redirect_keeps_the_id(ask: Ask, code: int, query: str, location: str) -> None:
    """The Location is the one asked for, with the scenario's id in its query."""
    answer = ask("none", "CHECKIN", f"/redirect/{code}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (code, location)


def test_slash_redirect_keeps_the_id(ask: Ask) -> None:
    """Flask's own redirect keeps the query."""
    assert ask("none", "PUT", "/folder?corsproof=s1").headers["Location"].endswith("/folder/?corsproof=s1")


def test_slow_waits_at_least_as_long_as_asked(ask: Ask) -> None:
    """The slow resource does not answer early."""
    start = time.monotonic()
    ask("none", "GET", "/slow?ms=60")
    assert time.monotonic() - start >= 0.06


def test_unhandled_error_is_logged(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever configures logging gets the traceback."""
    with caplog.at_level(logging.ERROR, "server_site"):
        ask("none", "GET", "/error")
    assert "fails on purpose" in caplog.text


def test_unhandled_error_is_quiet_by_default() -> None:
    """Without configured logging an unhandled error writes nothing."""
    code = "from server_site import create_app; print(create_app().test_client().get('/error').status_code)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert (done.stdout, done.stderr) == ("500\n", "")
