"""Pages where attackers have theirs: on any origin, and with the cookies that each geometry has (RULES, FACTS 6)."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response, request

from harness import engines, plan
from harness.engines import Browser, EngineName, Launch, chromium
from harness.engines.folders import fresh_folder
from harness.engines.visiting import visit
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.ground import Ground
from harness.live import live_page
from harness.observation import Observation, PageOutcome
from harness.scenario import Api, Expectation, Outcome, Scenario, Seen, Step

pytestmark = pytest.mark.browser

API = "geometry"
SAME_SITE, CROSS_SITE = "https://localhost", "https://attacker.test"
COOKIES = {
    "none": {"secure": True, "samesite": "None"},
    "lax": {"secure": True, "samesite": "Lax"},
    "strict": {"secure": True, "samesite": "Strict"},
}
PAGES = (
    SAME_SITE,
    CROSS_SITE,
    "https://app.example.com.evil.test",
    "https://app.example.com:8443",
    "http://app.example.com:1234",
    "http://app_x.example.com",
    "https://app_x.example.com",
    "https://xn--bcher-kva.test",
    "null",
)


def api() -> Flask:
    """Make an API that signs in whoever visits it, shows nothing at /nothing, and lets every page read all else."""
    app = Flask(API)

    @app.get("/sign-in")
    def sign_in() -> Response:
        response = Response("signed in")
        for name, attributes in COOKIES.items():
            response.set_cookie(name, "1", **attributes)  # type: ignore[arg-type]
        return response

    @app.get("/nothing")
    def nothing() -> Response:
        response = Response(status=204)
        response.set_cookie("nothing", "1", secure=True, samesite="None")
        return response

    @app.get("/open")
    def read() -> str:
        return "read"

    @app.after_request
    def open_to_all(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    return app


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Stand on that API, at loopback for every page; null is over https, as secure cookies need it."""
    with Ground({API: api}, at_loopback=True) as standing:
        yield standing


@pytest.fixture(scope="module")
def local() -> str:
    """Choose an origin on localhost whose port is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://localhost:{free.getsockname()[1]}"


@pytest.fixture(scope="module", params=EngineName, ids=str)
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Ask each engine."""
    name: EngineName = request.param
    return name


@pytest.fixture(scope="module")
def by_default(engine: EngineName, ground: Ground) -> Iterator[Browser]:
    """Launch it as it is, and sign in."""
    yield from signed_in(engine, Launch(proxy=ground.proxy), ground)


@pytest.fixture(scope="module")
def allowing(engine: EngineName, ground: Ground) -> Iterator[Browser]:
    """Launch it with cookies across sites, and sign in."""
    yield from signed_in(engine, Launch(proxy=ground.proxy, third_party_cookies=True), ground)


def signed_in(engine: EngineName, how: Launch, ground: Ground) -> Iterator[Browser]:
    """Launch a browser and have it visit the API."""
    browser = engines.launch(engine, how)
    try:
        visit(browser, f"{ground.api_origin(API, SAME_SITE)}/sign-in")
        yield browser
    finally:
        browser.close()


def read(page: str, browser: Browser, ground: Ground) -> Observation:
    """Have a page read the API with its cookies, once the browser has answered canaries there."""
    step = Step("GET", "{api}/open", credentials="include")
    expect = {API: Expectation((Seen(Outcome.ALLOWED),), ())}
    one = plan.plan(
        plan.Case(Scenario("g", "f", "s", (step,), expect, page, (Api.FETCH,)), API, Api.FETCH, API), ground
    )
    with live_page(page, browser, ground) as live:
        assert live.ask_canaries()[1] == ()
        answers = live.ask([one])
        assert answers.cause == ""
        [(planned, observation)] = live.observe(answers)
    ground.judged(planned.token)
    [result] = observation.page
    assert result.outcome is PageOutcome.RESPONSE
    assert result.body == "read"
    return observation


def sent(observation: Observation, name: str) -> Sequence[str]:
    """Return the values of a header of the one request that arrived."""
    [exchange] = observation.exchanges
    return [value for header, value in exchange.request_headers if header.lower() == name]


def cookies(observation: Observation) -> set[str]:
    """Return the names of the cookies that arrived."""
    return {pair.partition("=")[0] for value in sent(observation, "cookie") for pair in value.split("; ")}


@pytest.mark.parametrize("origin", [*PAGES, "local"])
def test_a_page_has_its_origin(origin: str, by_default: Browser, ground: Ground, local: str) -> None:
    """Script on a page says that it is there, and so does the Origin of its request; a port is that of the page."""
    page = local if origin == "local" else origin
    observation = read(page, by_default, ground)
    if page != SAME_SITE:
        assert ground.page_origin(page) == page
    assert [result.origin for result in observation.page] == [ground.page_origin(page)]
    assert sent(observation, "origin") == [ground.page_origin(page)]
    [host] = sent(observation, "host")
    assert host.startswith("localhost:")


ALL, OPEN, NO = {"none", "lax", "strict"}, {"none"}, set[str]()
SENT = {
    # page, third-party cookies allowed: Chromium, Firefox, WebKit
    "same-site": (SAME_SITE, False, ALL, ALL, ALL),
    "cross-site": (CROSS_SITE, False, NO, NO, OPEN),
    "null": ("null", False, NO, NO, ALL),
    "cross-site-allowed": (CROSS_SITE, True, OPEN, OPEN, OPEN),
    "null-allowed": ("null", True, OPEN, OPEN, ALL),
}


@pytest.mark.parametrize(("origin", "is_allowed", "chromium", "firefox", "webkit"), SENT.values(), ids=SENT)
def test_cookies(
    origin: str,
    is_allowed: bool,
    chromium: set[str],
    firefox: set[str],
    webkit: set[str],
    engine: EngineName,
    request: pytest.FixtureRequest,
    ground: Ground,
) -> None:
    """The cookies of each geometry are those that the engine sends there; WebKit takes a sandbox for its parent."""
    browser = request.getfixturevalue("allowing" if is_allowed else "by_default")
    expected = {EngineName.CHROMIUM: chromium, EngineName.FIREFOX: firefox, EngineName.WEBKIT: webkit}
    assert cookies(read(origin, browser, ground)) == expected[engine]


def test_visits_of_what_shows_nothing(by_default: Browser, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer without a document is said to be no visit; the browser goes on, and has its cookie."""
    monkeypatch.setattr("harness.engines.webkit.CALL_DEADLINE", 3.0)
    with pytest.raises(BrowserCrashed, match=r"did not open: .*; visit a URL whose answer can be shown"):
        visit(by_default, f"{ground.api_origin(API, SAME_SITE)}/nothing")
    assert cookies(read(SAME_SITE, by_default, ground)) == {"none", "lax", "strict", "nothing"}


def test_no_profile_is_left(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chromium's profile is there while it runs; after its end, and after a launch that failed, it is gone."""
    made: list[Path] = []

    def kept_in_mind(longest: int | None = None) -> Path:
        made.append(fresh_folder(longest))
        return made[-1]

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(chromium, "fresh_folder", kept_in_mind)
    how = Launch(proxy=ground.proxy, third_party_cookies=True)
    browser = engines.launch(EngineName.CHROMIUM, how)
    try:
        assert (made[0] / "Default" / "Preferences").exists()
        assert list(made[0].glob("*org.chromium*")) != []
    finally:
        browser.close()
    with pytest.raises(BrowserUnavailable):
        engines.launch(EngineName.CHROMIUM, replace(how, path=shutil.which("false")))
    assert [folder.exists() for folder in made] == [False, False]
    assert list(tmp_path.iterdir()) == []
