"""The proxy route in front of a real API: any request goes through, no hop-by-hop field does."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from client_site import Board, create_app
from harness.sites import Sites
from harness.wire import Receive, Send, Wire


async def api(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer what arrived as JSON; `/to?…` redirects there."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    arrived = {
        "method": scope["method"],
        "target": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [(name.decode(), value.decode()) for name, value in scope["headers"]],
        "body": (await receive())["body"].decode(),
    }
    body = json.dumps(arrived).encode()
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
        (b"x-twice", b"a"),
        (b"x-twice", b"b"),
    ]
    headers += [(b"keep-alive", b"timeout=5"), (b"connection", b"x-hop"), (b"x-hop", b"1"), (b"x-kept", b"1")]
    status = 200
    if scope["path"] == "/to":
        status = 302
        headers.append((b"location", scope["query_string"].replace(b"HOST", dict(scope["headers"])[b"host"])))
    elif scope["path"] == "/404":
        status = 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Serve the API."""
    with Sites(Wire()) as sites:
        yield sites.serve(api, "api").origin("127.0.0.1")


@pytest.fixture
def client(origin: str) -> FlaskClient:
    """Ask the page's site in front of it."""
    return create_app(Board(), api=origin).test_client()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CHECKIN"])
def test_any_method(client: FlaskClient, method: str) -> None:
    """Any method is forwarded, with its path, its query and its body."""
    answer = client.open("/proxy/a/b?c=d&e=%20f", method=method, data="body")
    arrived = answer.get_json()
    assert answer.status_code == 200
    assert (arrived["method"], arrived["target"], arrived["query"]) == (method, "/a/b", "c=d&e=%20f")
    assert arrived["body"] == "body"


def test_head(client: FlaskClient) -> None:
    """HEAD is forwarded and has no body."""
    answer = client.head("/proxy/a")
    assert (answer.status_code, answer.data) == (200, b"")


PATHS = {"plain": "/a/b", "blank": "/a%20b", "question-mark": "/a%3Fb", "percent": "/a%25b", "umlaut": "/%C3%BC"}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_escapes_in_a_path_stay(client: FlaskClient, path: str) -> None:
    """What is escaped in a path arrives escaped, and never as a query."""
    arrived = client.get(f"/proxy{path}").get_json()
    assert (arrived["target"], arrived["query"]) == (path, "")


def test_status_and_body_come_back(client: FlaskClient) -> None:
    """An error of the API is the proxy's answer."""
    answer = client.get("/proxy/404")
    assert (answer.status_code, answer.get_json()["target"]) == (404, "/404")


def test_doubled_response_headers(client: FlaskClient) -> None:
    """A header that the API sends twice comes back twice."""
    assert client.get("/proxy/a").headers.getlist("x-twice") == ["a", "b"]


def test_doubled_request_headers(client: FlaskClient) -> None:
    """A header that arrives twice is forwarded with both values; WSGI hands it over as one line."""
    headers = client.get("/proxy/a", headers=[("X-Twice", "a"), ("X-Twice", "b")]).get_json()["headers"]
    assert [value.replace(" ", "") for name, value in headers if name == "x-twice"] == ["a,b"]


def test_hop_by_hop_fields_stay_behind(client: FlaskClient) -> None:
    """Fields of one connection are not forwarded, those that Connection names included, neither way."""
    sent = {"Connection": "X-Mine", "X-Mine": "1", "TE": "trailers", "Upgrade": "h2c", "Proxy-Authorization": "a"}
    answer = client.get("/proxy/a", headers={**sent, "X-Kept": "1"})
    arrived = dict(answer.get_json()["headers"])
    assert arrived["x-kept"] == "1"
    assert {"x-mine", "te", "upgrade", "proxy-authorization"} & arrived.keys() == set()
    assert answer.headers["x-kept"] == "1"
    assert {"keep-alive", "x-hop", "connection"} & {name.lower() for name in answer.headers.keys()} == set()  # noqa: SIM118


def test_the_host_is_the_apis(client: FlaskClient, origin: str) -> None:
    """The API is asked under its own name, and learns who asked the page's site."""
    headers = dict(client.get("/proxy/a", headers={"Origin": "http://localhost"}).get_json()["headers"])
    assert f"http://{headers['host']}" == origin
    assert headers["origin"] == "http://localhost"


LOCATIONS = {
    "path": ("/items/1", "/proxy/items/1"),
    "own-origin": ("http://HOST/items/1?a=b", "/proxy/items/1?a=b"),
    "elsewhere": ("http://other.example/items", "http://other.example/items"),
    "elsewhere-without-scheme": ("//other.example/items", "//other.example/items"),
    "relative": ("items", "items"),
    "own-origin-as-user": ("http://HOST@other.example/", "http://HOST@other.example/"),
    "own-origin-without-path": ("http://HOST", "/proxy/"),
}


@pytest.mark.parametrize(("location", "here"), LOCATIONS.values(), ids=LOCATIONS)
def test_location(client: FlaskClient, origin: str, location: str, here: str) -> None:
    """A redirect within the API stays behind the proxy, one to elsewhere stays as it is; none is followed."""
    answer = client.get(f"/proxy/to?{location}")
    assert answer.status_code == 302
    assert answer.headers["location"] == here.replace("HOST", origin.removeprefix("http://"))


def test_an_api_that_is_down() -> None:
    """Where the API does not answer, the proxy says so with a 502 and the cause."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    answer = create_app(Board(), api=f"http://127.0.0.1:{port}").test_client().put("/proxy/a")
    assert answer.status_code == 502
    assert answer.text.startswith("the API did not answer: ")
