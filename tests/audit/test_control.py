"""The control around real applications: an open door, the user's cookies, and nothing else changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any

import httpx
import pytest

from harness.audit.control import Control, controlled, cookie
from harness.errors import UsageError
from harness.sites import Site, Sites
from harness.wire import Receive, Send, Wire

Scope = MutableMapping[str, Any]
COOKIES = (("session", "a=b c"), ("theme", "dark"))


def wsgi(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer the path, with a doubled header."""
    start_response("404 Not Found", [("X-Twice", "a"), ("X-Twice", "b"), ("Content-Length", "4")])
    return [b"wsgi"]


class Asgi:
    """Answers as `wsgi` does, and notes the kinds of scope that it sees."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take part in the lifespan; answer."""
        self.scopes.append(scope["type"])
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = [(b"x-twice", b"a"), (b"x-twice", b"b"), (b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"asgi"})


APPS: dict[str, Any] = {"wsgi": wsgi, "asgi": Asgi()}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve the sites of this module."""
    with Sites(Wire()) as running:
        yield running


@pytest.fixture(scope="module", params=[(app, tls) for app in APPS for tls in (False, True)], ids=str)
def served(sites: Sites, request: pytest.FixtureRequest) -> tuple[Control, Site]:
    """Serve each application behind its control, over each scheme."""
    name, tls = request.param
    control = controlled(APPS[name], COOKIES)
    return control, sites.serve(control.app, f"{name}-{tls}", tls=tls)


def ask(site: Site, path: str, method: str = "GET", headers: Iterable[tuple[str, str]] = ()) -> httpx.Response:
    """Ask a site once."""
    with httpx.Client(verify=False, trust_env=False) as client:
        return client.request(method, site.origin("127.0.0.1") + path, headers=list(headers))


def pairs(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return the header pairs of an answer, raw, without its length and type."""
    told = [(name.decode(), value.decode()) for name, value in answer.headers.raw]
    return [pair for pair in told if pair[0] not in ("content-length", "content-type")]


def test_everything_else_passes(served: tuple[Control, Site]) -> None:
    """What is not ours is answered by the application, doubled headers and all, also near our paths."""
    control, site = served
    for path in ("/", f"{control.door}/", control.door.upper(), f"/x{control.door}", control.cookies + "x"):
        answer = ask(site, path, headers=[("Origin", "https://evil.example")])
        assert (answer.status_code, answer.text) == (404, site.name.partition("-")[0])
        assert pairs(answer) == [("x-twice", "a"), ("x-twice", "b")]


OPEN = [("access-control-allow-credentials", "true"), ("vary", "Origin"), ("cache-control", "no-store")]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_open_door(served: tuple[Control, Site], origin: str) -> None:
    """The door lets every origin read with credentials, and tells the names of the cookies, never their values."""
    control, site = served
    cookies = [("Cookie", "session=hidden; theme=dark"), ("Cookie", "third=x=y")]
    answer = ask(site, control.door, headers=[("Origin", origin), *cookies])
    assert answer.status_code == 200
    assert pairs(answer) == [("access-control-allow-origin", origin), *OPEN]
    assert answer.json() == {"cookies": ["session", "theme", "third"]}
    assert answer.headers["content-type"] == "application/json"
    assert "hidden" not in answer.text


def test_open_door_to_preflights(served: tuple[Control, Site]) -> None:
    """The door grants whatever a preflight asks for."""
    control, site = served
    asked = [("Access-Control-Request-Method", "FANCY"), ("Access-Control-Request-Headers", "x-a,x-b")]
    answer = ask(site, control.door, "OPTIONS", [("Origin", "https://evil.example"), *asked])
    assert answer.status_code == 200
    assert pairs(answer) == [
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-methods", "FANCY"),
        ("access-control-allow-headers", "x-a,x-b"),
        *OPEN,
    ]


def test_open_door_without_origin(served: tuple[Control, Site]) -> None:
    """Who has no origin gets none allowed, and the answer still varies by it."""
    control, site = served
    answer = ask(site, control.door)
    assert pairs(answer) == OPEN
    assert answer.json() == {"cookies": []}


def test_cookies(served: tuple[Control, Site]) -> None:
    """The user's cookies are set for every path, and for other sites where the scheme lets them be."""
    control, site = served
    answer = ask(site, control.cookies, headers=[("Origin", "https://evil.example")])
    end = "; Path=/; SameSite=None; Secure" if site.scheme == "https" else "; Path=/"
    assert pairs(answer) == [
        ("set-cookie", f"session=a=b c{end}"),
        ("set-cookie", f"theme=dark{end}"),
        ("cache-control", "no-store"),
    ]
    assert answer.json() == {"set": ["session", "theme"]}


def test_cookies_come_back(sites: Sites) -> None:
    """A client that was given the cookies brings them to the door."""
    control = controlled(wsgi, COOKIES)
    site = sites.serve(control.app, "jar", tls=True)
    with httpx.Client(verify=False, trust_env=False, base_url=site.origin("127.0.0.1")) as client:
        assert client.get(control.door).json() == {"cookies": []}
        client.get(control.cookies)
        assert client.get(control.door).json() == {"cookies": ["session", "theme"]}


def test_nobody_can_guess() -> None:
    """Each control has paths of its own, too long to be guessed."""
    paths = {path for _ in range(3) for control in [controlled(wsgi)] for path in (control.door, control.cookies)}
    assert len(paths) == 6
    assert all(len(path.split("/")[1]) >= 22 for path in paths)


def test_lifespan_passes() -> None:
    """The application begins and ends as it would without a control."""
    app = Asgi()
    with Sites(Wire()) as sites:
        control = controlled(app)
        ask(sites.serve(control.app, "living"), control.door)
    assert app.scopes == ["lifespan"]


GIVEN = {
    "name=value": ("name", "value"),
    " name = value ": ("name", "value"),
    "a=b=c": ("a", "b=c"),
    "__Host-id=": ("__Host-id", ""),
}


@pytest.mark.parametrize(("text", "pair"), GIVEN.items())
def test_cookie(text: str, pair: tuple[str, str]) -> None:
    """A cookie is a name and a value, at the first sign of equality."""
    assert cookie(text) == pair


REFUSED = {
    "name": "a cookie has no name; write NAME=VALUE, without attributes",
    "=secret": "the cookie '' is none; write NAME=VALUE, without attributes",
    "a b=secret": "the cookie 'a b' is none; write NAME=VALUE, without attributes",
    "a=secret; Path=/": "the cookie 'a' is none; write NAME=VALUE, without attributes",
    "a=secret\r\nX-A: 1": "the cookie 'a' is none; write NAME=VALUE, without attributes",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_no_cookie(text: str, message: str) -> None:
    """What no browser would take is refused, without repeating what may be secret."""
    with pytest.raises(UsageError) as refused:
        cookie(text)
    assert str(refused.value) == message


TOKEN = "corsproof=abc"
LED = {
    "path": ("/b", f"/b?{TOKEN}"),
    "relative": ("b?c=d#e", f"b?c=d&{TOKEN}#e"),
    "own-origin": ("{own}/b", f"{{own}}/b?{TOKEN}"),
    "another-host": ("https://elsewhere.example/b", "https://elsewhere.example/b"),
    "has-it": (f"/b?{TOKEN}", f"/b?{TOKEN}"),
}


@pytest.mark.parametrize(("location", "led"), LED.values(), ids=LED)
def test_a_redirect_within_the_target_keeps_its_case(sites: Sites, location: str, led: str) -> None:
    """Only the parameter of the case is added, and only where the target itself is led to."""
    own: list[str] = []

    def redirecting(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        start_response("302 Found", [("Location", location.replace("{own}", own[0])), ("Content-Length", "0")])
        return [b""]

    site = sites.serve(controlled(redirecting).app, "redirecting")
    own.append(site.origin("127.0.0.1"))
    assert ask(site, f"/a?{TOKEN}").headers["location"] == led.replace("{own}", own[0])
    assert ask(site, "/a").headers["location"] == location.replace("{own}", own[0])
    sites.stop(site)
