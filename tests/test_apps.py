"""The applications of `tests/apps` answer as intended, and where a library does otherwise, a row says what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from harness.sites import Sites
from harness.wire import Wire
from server_site.hooks import published
from tests.apps import APPS, POLICY, api
from tests.apps.flask_routes import create_bare_app

TRUSTED = POLICY.origins[0]
STRANGER = f"{TRUSTED}.evil.test"
DEADLINE = 20.0
ALLOW = "access-control-allow-"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}
FOR_PUT = {"Origin": TRUSTED, "Access-Control-Request-Method": "PUT"}

ROUTES = {
    "items": ("GET", "/items", 200),
    "create": ("POST", "/items", 201),
    "item": ("GET", "/items/1", 200),
    "replace": ("PUT", "/items/1", 200),
    "change": ("PATCH", "/items/1", 200),
    "delete": ("DELETE", "/items/1", 204),
    "me": ("GET", "/me", 401),
    "login": ("GET", "/login", 200),
    "public": ("GET", "/public", 200),
    "headers": ("GET", "/headers", 200),
    "old": ("GET", "/old", 302),
    "error": ("GET", "/error", 500),
    "unknown": ("GET", "/nowhere", 404),
}


@dataclass(frozen=True)
class Habit:
    """What some libraries do, though the policy or their neighbours say otherwise; None: no such header."""

    libraries: str
    method: str
    path: str
    status: int
    asked: Mapping[str, str] = field(default_factory=lambda: {"Origin": TRUSTED})
    answered: Mapping[str, str | None] = field(default_factory=dict)


HABITS = {
    "an error of the app has no headers": Habit(
        "starlette fastapi", "GET", "/error", 500, answered={f"{ALLOW}origin": None, "vary": None}
    ),
    "an unknown URL has no headers": Habit("aiohttp", "GET", "/nowhere", 404, answered={f"{ALLOW}origin": None}),
    "a wrong method has no headers": Habit("aiohttp", "POST", "/me", 405, answered={f"{ALLOW}origin": None}),
    "strangers are told of credentials": Habit(
        "starlette fastapi litestar",
        "GET",
        "/items",
        200,
        {"Origin": STRANGER},
        {f"{ALLOW}origin": None, f"{ALLOW}credentials": "true"},
    ),
    "no answer varies": Habit("flask-cors falcon aiohttp", "GET", "/items", 200, answered={"vary": None}),
    "what is refused does not vary": Habit(
        "flask-cors falcon aiohttp litestar sanic",
        "GET",
        "/items",
        200,
        {"Origin": STRANGER},
        {f"{ALLOW}origin": None, "vary": None},
    ),
    "who names no origin is allowed one": Habit("flask-cors", "GET", "/items", 200, {}, {f"{ALLOW}origin": TRUSTED}),
    "any request header is allowed": Habit(
        "falcon",
        "OPTIONS",
        "/items/1",
        200,
        {**FOR_PUT, "Access-Control-Request-Headers": "x-invented"},
        {f"{ALLOW}headers": "x-invented"},
    ),
    "max-age is the library's own": Habit(
        "falcon", "OPTIONS", "/items/1", 200, FOR_PUT, {"access-control-max-age": "86400"}
    ),
    "an unknown URL has no preflight": Habit(
        "flask-cors falcon quart aiohttp sanic", "OPTIONS", "/nowhere", 404, FOR_PUT
    ),
    "OPTIONS that asks nothing is forbidden": Habit("aiohttp", "OPTIONS", "/items", 403),
    "OPTIONS that asks nothing is a preflight": Habit("litestar", "OPTIONS", "/items", 204, answered={"allow": None}),
    "HEAD is not taken": Habit("fastapi falcon litestar", "HEAD", "/items", 405),
    "a slash more is a redirect": Habit("starlette fastapi", "GET", "/items/", 307),
    "a slash more is the same": Habit("litestar sanic", "GET", "/items/", 200),
}

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def asking() -> Iterator[Callable[[str], Ask]]:
    """Return how to ask an application by name; each is served once, when it is first asked for."""
    with ExitStack() as stack:
        sites = stack.enter_context(Sites(Wire()))
        client = stack.enter_context(_client())
        origins: dict[str, str] = {}

        def of(name: str) -> Ask:
            if name not in origins:
                origins[name] = stack.enter_context(APPS[name].served(sites))
            return _ask(client, origins[name])

        yield of


def _client() -> httpx.Client:
    # No connection is used twice: uvicorn closes one over which an error went.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=DEADLINE, trust_env=False, limits=limits)


def _ask(client: httpx.Client, origin: str) -> Ask:
    def ask(method: str, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        client.cookies.clear()
        return client.request(method, origin + path, headers=headers)

    return ask


@pytest.fixture(params=APPS)
def ask(request: pytest.FixtureRequest, asking: Callable[[str], Ask]) -> Ask:
    """Return how to ask one of the applications."""
    return asking(request.param)


def names(response: httpx.Response, header: str) -> set[str]:
    """Return the members of a list, in lower case."""
    return {name.strip().lower() for name in response.headers.get(header, "").split(",")}


def missing(response: httpx.Response) -> list[str]:
    """Return what keeps the trusted page from reading this answer, with credentials and X-Total-Count."""
    found = []
    if response.headers.get_list(f"{ALLOW}origin") != [TRUSTED]:
        found.append("origin")
    if response.headers.get_list(f"{ALLOW}credentials") != ["true"]:
        found.append("credentials")
    if "x-total-count" not in names(response, "access-control-expose-headers"):
        found.append("exposed")
    return found


def ungranted(response: httpx.Response) -> list[str]:
    """Return what keeps the trusted page from doing what its preflight asked for."""
    found = [each for each in missing(response) if each != "exposed"]
    if not response.is_success:
        found.append("status")
    if "put" not in names(response, f"{ALLOW}methods"):
        found.append("method")
    if not {"authorization", "content-type"} <= names(response, f"{ALLOW}headers"):
        found.append("headers")
    return found


def admitted(ask: Ask, origin: str) -> list[str]:
    """Return the methods of those answers, an actual one and a preflight, that let an origin in."""
    answers = (
        ask("GET", "/headers", {"Origin": origin}),
        ask("OPTIONS", "/items/1", {"Origin": origin, **PREFLIGHT}),
    )
    return [each.request.method for each in answers if each.headers.get(f"{ALLOW}origin") in {origin, "*"}]


@pytest.mark.parametrize(("method", "path", "status"), ROUTES.values(), ids=ROUTES)
def test_every_application_has_the_same_routes(ask: Ask, method: str, path: str, status: int) -> None:
    """Each route answers with the status that the API means."""
    assert ask(method, path).status_code == status


def test_the_secret_is_behind_the_cookie_of_the_login(ask: Ask) -> None:
    """What `/login` sets opens `/me`, and so does an Authorization header."""
    cookie = ask("GET", "/login").headers["set-cookie"]
    assert cookie == api.LOGIN["Set-Cookie"]
    assert api.SECRET in ask("GET", "/me", {"Cookie": cookie.partition(";")[0]}).text
    assert api.SECRET in ask("GET", "/me", {"Authorization": "Bearer of-ada"}).text
    assert api.SECRET not in ask("GET", "/me").text


def test_the_trusted_page_reads(ask: Ask) -> None:
    """The answer allows exactly this origin, with credentials, and exposes the header that it has."""
    response = ask("GET", "/headers", {"Origin": TRUSTED})
    assert missing(response) == []
    assert response.headers["x-total-count"] == "42"


def test_the_trusted_page_may_put(ask: Ask) -> None:
    """Its preflight is granted: method, headers and credentials."""
    assert ungranted(ask("OPTIONS", "/items/1", {"Origin": TRUSTED, **PREFLIGHT})) == []


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://app.example.com", "https://app-example.com"])
def test_nobody_else_is_let_in(ask: Ask, origin: str) -> None:
    """Neither an answer nor a preflight allows another origin."""
    assert admitted(ask, origin) == []


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS)
def test_habits_are_of_these_libraries_and_no_others(asking: Callable[[str], Ask], habit: Habit) -> None:
    """A habit shows in each library that has it, and in no other."""

    def shows(name: str) -> bool:
        response = asking(name)(habit.method, habit.path, habit.asked)
        headers = {each: response.headers.get(each) for each in habit.answered}
        return response.status_code == habit.status and headers == habit.answered

    assert {name for name in APPS if shows(name)} == set(habit.libraries.split())


@pytest.mark.parametrize("name", APPS)
def test_an_application_is_gone_when_it_is_left(name: str) -> None:
    """Its port refuses connections afterwards, and it can be served again."""
    with Sites(Wire()) as sites, _client() as client:
        for _ in range(2):
            with APPS[name].served(sites) as origin:
                assert client.get(f"{origin}/public").json() == api.PUBLIC
            with pytest.raises(httpx.ConnectError):
                client.get(f"{origin}/public")


@pytest.mark.parametrize("name", APPS)
def test_versions_are_told(name: str) -> None:
    """Each distribution that decides is installed, and says which version it is."""
    assert all(version[0].isdigit() for version in APPS[name].versions().values())


def test_an_application_without_cors_fails_every_check() -> None:
    """The negative control of what lets the trusted page in."""
    with Sites(Wire()) as sites, _client() as client:
        ask = _ask(client, sites.serve(create_bare_app("bare"), "bare").origin())
        assert missing(ask("GET", "/headers", {"Origin": TRUSTED})) == ["origin", "credentials", "exposed"]
        assert ungranted(ask("OPTIONS", "/items/1", {"Origin": TRUSTED, **PREFLIGHT})) == [
            "origin",
            "credentials",
            "method",
            "headers",
        ]


def test_an_application_that_reflects_is_told_from_one_that_does_not() -> None:
    """The negative control of what keeps strangers out."""
    app = create_bare_app("reflecting")
    published.install(app)
    with Sites(Wire()) as sites, _client() as client:
        ask = _ask(client, sites.serve(app, "reflecting").origin())
        assert admitted(ask, STRANGER) == ["GET", "OPTIONS"]
