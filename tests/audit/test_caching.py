"""Applications whose answers or preflights caches get wrong, one mistake each, and the same without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, request
from flask_cors import CORS
from planted import APP, SIGNED_IN, Planted, altered, method, on_all_pages, right, saying, shown, suspected
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route as StarletteRoute

from harness.audit.findings import Finding, Proof
from harness.audit.rules import caching
from harness.engines import EngineName
from harness.sites import Sites
from harness.wire import Wire
from server_site import create_app

MEDIUM, LOW, INFO = "medium", "low", "info"
OTHER = "https://admin.example.com"
LATER, EARLIER = "Fri, 01 Jan 2100 00:00:00 GMT", "Mon, 01 Jan 2001 00:00:00 GMT"
MAX_AGE = "Access-Control-Max-Age"
Lets = Callable[[str], str | None]


def reflect(origin: str) -> str | None:
    """Let everybody in, by name."""
    return origin


def listed(*origins: str) -> Lets:
    """Let some origins in, by name."""
    return lambda origin: origin if origin in origins else None


def answering(lets: Lets, *, vary: str = "never", without_origin: str | None = None, **headers: str) -> Flask:
    """Make an application of one path; ``vary`` says when Vary: Origin is on an answer."""
    app = Flask("answering")

    @app.get("/items")
    def items() -> Any:
        return [1], 200, {name.replace("_", "-"): value for name, value in headers.items()}

    @app.after_request
    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        allowed = without_origin if origin is None else lets(origin)
        if allowed is not None:
            response.headers["Access-Control-Allow-Origin"] = allowed
        if vary == "always" or (vary == "allowed" and allowed is not None):
            response.vary.add("Origin")
        return response

    return app


def negotiating(name: str, *, assigns: bool, always: bool = True, says: bool = True) -> Flask:
    """Make an application whose answer depends on a request header; its hook assigns Vary, or adds to it."""
    app = Flask("negotiating")

    @app.get("/greeting")
    def greeting() -> Any:
        german = request.headers.get("Accept-Language", "").startswith("de")
        html = request.headers.get("Accept") == "text/html"
        told = {"accept-language": "hallo" if german else "hello", "accept": "<p>hello" if html else "hello"}[name]
        kind = "text/html" if name == "accept" and html else "text/plain"
        return Response(told, mimetype=kind, headers={"Vary": name} if says else {})

    @app.after_request
    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin == APP:
            response.headers["Access-Control-Allow-Origin"] = APP
        if assigns and (always or origin == APP):
            response.headers["Vary"] = "Origin"
        else:
            response.vary.add("Origin")
        return response

    return app


def compressing(*, assigns: bool) -> Any:
    """Make a Starlette application that compresses, behind something that adds CORS headers."""

    async def items(asked: Any) -> PlainTextResponse:
        return PlainTextResponse("item " * 1000)

    app = Starlette(routes=[StarletteRoute("/items", items)], middleware=[Middleware(GZipMiddleware)])

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if not (assigns and pair[0] == b"vary")]
                allowed = (b"access-control-allow-origin", APP.encode())
                message = {**message, "headers": [*kept, allowed, (b"vary", b"Origin")]}
            await send(message)

        await app(scope, receive, sent)

    outer.app = app  # type: ignore[attr-defined]
    return outer


def aged(value: str) -> Any:
    """Make the right API with another max-age."""
    return altered(right(), saying(MAX_AGE, value))


def ageless() -> Any:
    """Make the right API without max-age."""
    return altered(right(), lambda e, s, h: [pair for pair in h if pair[0] != MAX_AGE])


def twice() -> Any:
    """Make the right API, whose max-age a proxy adds again."""
    again = (MAX_AGE, "600")
    return altered(right(), lambda e, s, h: [*h, again] if method(e) == "PREFLIGHT" else h)


def under_flask_cors(*origins: str, **headers: str) -> Flask:
    """Make a Flask application under Flask-CORS."""
    app = Flask("extended")
    CORS(app, origins=list(origins))

    @app.get("/items")
    def items() -> Any:
        return [1], 200, {name.replace("_", "-"): value for name, value in headers.items()}

    return app


def starlette(**headers: str) -> Starlette:
    """Make a Starlette application under its CORSMiddleware."""

    async def items(asked: Any) -> PlainTextResponse:
        return PlainTextResponse("items", headers={name.replace("_", "-"): value for name, value in headers.items()})

    cors = Middleware(CORSMiddleware, allow_origins=[APP, OTHER], allow_credentials=True)
    return Starlette(routes=[StarletteRoute("/items", items)], middleware=[cors])


def finds(rule: str, severity: str, lets: Lets, trusted: tuple[str, ...] = (APP,), **headers: str) -> Planted:
    """Find something at a path that never says Vary."""
    return Planted(lambda: answering(lets, **headers), {rule: severity}, trusted)


TWO = (APP, OTHER)
PLANTED = {
    "S16-published": Planted(lambda: create_app("published"), {"S16": LOW}, (), paths=("/items",)),
    "S16-reflects": finds("S16", LOW, reflect),
    "S16-two-trusted": finds("S16", LOW, listed(*TWO), TWO),
    "S16-null-too": finds("S16", LOW, listed(APP, "null")),
    "S16-no-cache-but-etag": finds("S16", LOW, reflect, Cache_Control="no-cache", ETag='"1"'),
    "S16-public": finds("S16", MEDIUM, reflect, Cache_Control="public"),
    "S16-max-age": finds("S16", MEDIUM, reflect, Cache_Control="max-age=60"),
    "S16-s-maxage": finds("S16", MEDIUM, reflect, Cache_Control="max-age=0, s-maxage=60"),
    "S16-expires": finds("S16", MEDIUM, reflect, Expires=LATER),
    "S16-etag": finds("S16", MEDIUM, reflect, ETag='"1"'),
    "S16-last-modified": finds("S16", MEDIUM, reflect, Last_Modified=EARLIER),
    "S16-other-vary": finds("S16", LOW, reflect, Vary="Accept-Encoding"),
    "S16-signed-in": Planted(lambda: answering(reflect), {"S16": LOW}, session=SIGNED_IN),
    "F16-one-trusted": finds("F16", MEDIUM, listed(APP), Cache_Control="public, max-age=60"),
    "F16-only-when-allowed": Planted(
        lambda: answering(listed(*TWO), vary="allowed", Cache_Control="max-age=60"), {"F16": MEDIUM}, TWO
    ),
    "F16-flask-cors": Planted(lambda: under_flask_cors(*TWO, Cache_Control="max-age=60"), {"F16": MEDIUM}, TWO),
    "F16-last-modified": finds("F16", LOW, listed(APP), Last_Modified=EARLIER),
    "F16-star-with-origin-only": finds("F16", MEDIUM, lambda origin: "*", Cache_Control="max-age=60"),
    "F16-nobody-trusted": finds("F16", MEDIUM, lambda origin: "*", (), Cache_Control="max-age=60"),
    "F17-assigned": Planted(lambda: negotiating("accept-language", assigns=True, always=False), {"F17": LOW}),
    "F17-assigned-always": Planted(lambda: negotiating("accept-language", assigns=True), {"F17": LOW}),
    "F17-accept": Planted(lambda: negotiating("accept", assigns=True), {"F17": LOW}),
    "F17-gzip": Planted(lambda: compressing(assigns=True), {"F17": LOW}),
    "F11-none": Planted(lambda: aged("None"), {"F11": LOW}),
    "F11-words": Planted(lambda: aged("1 hour"), {"F11": LOW}),
    "F11-empty": Planted(lambda: aged(""), {"F11": LOW}),
    "F11-float": Planted(lambda: aged("600.0"), {"F11": LOW}),
    "F11-twice": Planted(twice, {"F11": LOW}),
    "F11-a-week": Planted(lambda: aged("604800"), {"F11": LOW}),
}
CORRECT = {
    "right": Planted(right),
    "signed-in": Planted(right, session=SIGNED_IN),
    "nobody-trusted": Planted(right, trusted=()),
    "public": Planted(lambda: right(public=True)),
    "public-cached": Planted(lambda: answering(lambda _: "*", without_origin="*", Cache_Control="public")),
    "hardened": Planted(lambda: create_app("hardened", origins=TWO), trusted=TWO),
    "always-vary": Planted(lambda: answering(listed(*TWO), vary="always", Cache_Control="public"), trusted=TWO),
    "reflects-and-varies": Planted(lambda: answering(reflect, vary="always", Cache_Control="public")),
    "vary-star": Planted(lambda: answering(reflect, Vary="*", Cache_Control="public")),
    "no-store": Planted(lambda: answering(reflect, Cache_Control="no-store")),
    "private": Planted(lambda: answering(reflect, Cache_Control="private, max-age=60")),
    "no-cache": Planted(lambda: answering(reflect, Cache_Control="no-cache")),
    "private-refusals": Planted(lambda: answering(listed(APP), Cache_Control="private, max-age=60")),
    "says-nothing": Planted(lambda: answering(listed(APP))),
    "one-for-all": Planted(lambda: answering(lambda _: APP, without_origin=APP, Cache_Control="public")),
    "flask-cors": Planted(lambda: under_flask_cors(APP)),
    "flask-cors-two": Planted(lambda: under_flask_cors(*TWO), trusted=TWO),
    "starlette-cached": Planted(lambda: starlette(Cache_Control="public, max-age=60"), trusted=TWO),
    "language-kept": Planted(lambda: negotiating("accept-language", assigns=False)),
    "accept-kept": Planted(lambda: negotiating("accept", assigns=False)),
    "gzip-kept": Planted(lambda: compressing(assigns=False)),
    "no-max-age": Planted(ageless),
    "a-day": Planted(lambda: aged("86400")),
    "zero": Planted(lambda: aged("0")),
    "off": Planted(lambda: aged("-1")),
}
ON_PAGES = {
    name: PLANTED[name] for name in ("F17-assigned", "F17-assigned-always", "F17-gzip", "F11-none", "F11-words")
}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_each_mistake_is_suspected_and_no_other(planted: Planted, sites: Sites) -> None:
    """Rule ids and severities are those of RULES.md."""
    found = suspected(planted, sites, caching.RULES)
    grave = {number: str(one.severity) for number, one in found if str(one.severity) != INFO}
    assert grave == dict(planted.finds), [(number, one.evidence) for number, one in found]


SISTERS = {
    "nobody-trusted": (
        finds("S16", MEDIUM, reflect, (), Cache_Control="max-age=60"),
        "https://q7x2.attacker.example",
        "https://sister-q7x2.attacker.example",
    ),
    "anybody": (PLANTED["S16-max-age"], APP, "https://sister-q7x2.example.com"),
    "two-trusted": (finds("S16", MEDIUM, listed(*TWO), TWO, Cache_Control="max-age=60"), APP, OTHER),
    "refused-before": (PLANTED["F16-one-trusted"], "https://sister-q7x2.example.com", APP),
}


@pytest.mark.parametrize(("planted", "first", "second"), SISTERS.values(), ids=list(SISTERS))
def test_pages_of_one_site_are_asked_one_after_the_other(
    planted: Planted, first: str, second: str, sites: Sites
) -> None:
    """The second once as the cache has it, and once past the cache."""
    asks = [ask for _, one in suspected(planted, sites, caching.RULES) for ask in one.asks if ask.after]
    assert [(ask.after, ask.page) for ask in asks] == [(first, second)]
    assert [step.cache for step in asks[0].steps] == ["default", "reload"]


def test_an_answer_that_is_not_kept_is_asked_for_by_one_page(sites: Sites) -> None:
    """Without an age, and without a date to guess one from, browsers ask again."""
    assert [
        ask for _, one in suspected(PLANTED["S16-etag"], sites, caching.RULES) for ask in one.asks if ask.after
    ] == []


@pytest.mark.parametrize(
    "trusted", [("https://app.example.com", "https://app.example.net"), ("http://localhost:3000",)]
)
def test_pages_of_two_sites_share_no_cache(trusted: tuple[str, ...], sites: Sites) -> None:
    """Nor is there a second name for this machine: it stays a header fact."""
    planted = finds("S16", MEDIUM, listed(*trusted), trusted, Cache_Control="max-age=60")
    assert [ask for _, one in suspected(planted, sites, caching.RULES) for ask in one.asks if ask.after] == []


@pytest.mark.parametrize("planted", CORRECT.values(), ids=list(CORRECT))
def test_a_correct_application_is_not_suspected(planted: Planted, sites: Sites) -> None:
    """Nothing above info."""
    found = suspected(planted, sites, caching.RULES)
    assert [(number, one.summary, one.evidence) for number, one in found if str(one.severity) != INFO] == []


@pytest.mark.parametrize("value", ["7201", "86400", "-1", None])
def test_a_max_age_that_some_browser_cuts_or_replaces_is_told(value: str | None, sites: Sites) -> None:
    """As info: common settings of correct applications."""
    planted = Planted(ageless if value is None else lambda: aged(value))
    found = suspected(planted, sites, caching.RULES)
    assert {str(one.severity) for number, one in found if number == "F11"} == {INFO}


@pytest.mark.parametrize("value", ["0", "600", "7200"])
def test_a_max_age_that_every_browser_takes_is_not_told(value: str, sites: Sites) -> None:
    """Nothing is to be said of it; WebKit's cap of 600 only makes it ask more often."""
    assert [number for number, _ in suspected(Planted(lambda: aged(value)), sites, caching.RULES)] == []


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """Ask them all in one run of Chromium; Firefox and WebKit take long, and showed the same."""
    return shown(ON_PAGES, caching.RULES, (EngineName.CHROMIUM,))


@on_all_pages
@pytest.mark.browser
@pytest.mark.parametrize("name", ON_PAGES)
def test_pages_show_each_mistake(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """With the severity that the headers hinted at; of a max-age, on one path."""
    grave = [one for one in findings[name] if str(one.severity) != INFO]
    assert {one.rule.id: str(one.severity) for one in grave} == dict(ON_PAGES[name].finds)
    proofs = {proof for one in grave for proof in one.proof.values()}
    assert proofs - {Proof.NOT_APPLICABLE} == {Proof.PROVEN}
