"""Applications that keep an answer from the page that they let in, one mistake each, and the same without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask, redirect, request
from flask_cors import CORS, cross_origin
from planted import (
    ALLOW,
    APP,
    CREDENTIALS,
    SIGNED_IN,
    Headers,
    Planted,
    altered,
    bare,
    method,
    on_all_pages,
    right,
    saying,
    shown,
    suspected,
    without,
)
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route as StarletteRoute

from harness.audit.findings import Finding, Proof
from harness.audit.intent import concerns_cors
from harness.audit.routes import Route, discover
from harness.audit.rules import answers, causes
from harness.audit.survey import Survey
from harness.audit.target import Target
from harness.engines import EngineName
from harness.sites import Sites
from harness.wire import Wire

MEDIUM, LOW, INFO = "medium", "low", "info"
IDN = "https://xn--bcher-kva.example"


def doubled(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
    """Add the origin again, as a proxy in front does."""
    return [*headers, *((name, value) for name, value in headers if name == ALLOW)]


def everybody(value: str) -> Any:
    """Make a WSGI application that says the same to all, with credentials."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [(ALLOW, value), (CREDENTIALS, "true"), ("Content-Type", "text/plain")])
        return [b"hello"]

    return app


def by_cookie() -> Any:
    """Make what Starlette was for years (starlette#3137): `*` unless there is a cookie, and credentials always."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        value = environ["HTTP_ORIGIN"] if "HTTP_COOKIE" in environ else "*"
        start_response("200 OK", [(ALLOW, value), (CREDENTIALS, "true"), ("Content-Type", "text/plain")])
        return [b"hello"]

    return app


def guarded(*, inside: bool) -> Starlette:
    """Make a Starlette application whose guard stands behind or before the CORS middleware."""

    class Guard:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            preflight = any(name == b"access-control-request-method" for name, _ in scope["headers"])
            known = any(name == b"cookie" for name, _ in scope["headers"])
            app = self.app if known or preflight else PlainTextResponse("sign in", 401)
            await app(scope, receive, send)

    async def me(asked: Any) -> PlainTextResponse:
        return PlainTextResponse("ada")

    cors = Middleware(CORSMiddleware, allow_origins=[APP], allow_credentials=True)
    stack = [cors, Middleware(Guard)] if inside else [Middleware(Guard), cors]
    return Starlette(routes=[StarletteRoute("/me", me)], middleware=stack)


def fastapi(*, fails: bool) -> FastAPI:
    """Make a FastAPI application whose CORS middleware is inside what answers 500 (starlette#1116)."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=[APP], allow_credentials=True)

    @app.get("/items")
    async def items(limit: int = 3) -> Any:
        if fails and limit:
            raise ZeroDivisionError
        return [1, 2, 3]

    @app.get("/all")
    async def every() -> Any:
        return []

    return app


def decorated(*, whole: bool) -> Flask:
    """Make a Flask application with Flask-CORS on its one view, or on the application."""
    app = Flask("decorated")
    if whole:
        CORS(app, origins=[APP])

    @app.get("/items")
    def items() -> Any:
        return [1]

    if not whole:
        app.view_functions["items"] = cross_origin(origins=[APP])(items)
    return app


def listing(*origins: str) -> Flask:
    """Make a Flask application under Flask-CORS with a list of origins."""
    app = Flask("listing")
    CORS(app, origins=list(origins), supports_credentials=True)

    @app.get("/items")
    def items() -> Any:
        return [1]

    return app


def stumbling(app: Flask) -> None:
    """Fail for every request that has an Origin."""

    @app.before_request
    def stumble() -> Any:
        return ("no setting", 500) if "Origin" in request.headers and request.path == "/items" else None


def failing_for_origins() -> Flask:
    """Make an application without CORS headers that fails where there is an Origin."""
    app = Flask("failing")

    @app.get("/items")
    def items() -> Any:
        return ("no setting", 500) if "Origin" in request.headers else [1]

    return app


def with_headers(app: Flask, **headers: str) -> None:
    """Answer `/report` with headers."""

    @app.get("/report")
    def report() -> Any:
        return "report", 200, {name.replace("_", "-"): value for name, value in headers.items()}


def leading(place: str, path: str = "/away") -> Any:
    """Add a path that redirects."""

    def more(app: Flask) -> None:
        @app.get(path)
        def away() -> Any:
            return redirect(place)

    return more


def created(expose: str) -> Flask:
    """Answer a POST with the place of what it made."""

    def more(app: Flask) -> None:
        @app.post("/orders")
        def order() -> Any:
            return {"id": 1}, 201, {"Location": "/orders/1"}

    return right(more=more, expose=expose)


def broken(app: Flask) -> None:
    """Fail before any view, on every request."""

    @app.before_request
    def fail() -> Any:
        raise KeyError("ALLOWED_ORIGINS")

    app.before_request_funcs[None].reverse()


def reading(**headers: str) -> Planted:
    """Find nothing of these headers."""
    return Planted(lambda: right(more=lambda app: with_headers(app, **headers)))


def hiding(severity: str, **headers: str) -> Planted:
    """Find that these headers are hidden."""
    return Planted(lambda: right(more=lambda app: with_headers(app, **headers)), {"F10": severity})


PLANTED = {
    "F01-404": Planted(lambda: altered(right(), bare(lambda _, status: status == 404)), {"F01": LOW}),
    "F01-404-passively": Planted(lambda: altered(right(), bare(lambda _, s: s == 404)), {"F01": LOW}, active=False),
    "F01-405": Planted(lambda: altered(right(), bare(lambda _, status: status == 405)), {"F01": LOW}),
    "F01-401": Planted(
        lambda: altered(right(), bare(lambda _, status: status == 401)), {"F01": MEDIUM}, session=SIGNED_IN
    ),
    "F01-401-promised": Planted(lambda: altered(right(), bare(lambda _, status: status == 401)), {"F01": MEDIUM}),
    "F01-500": Planted(lambda: altered(right(), bare(lambda _, status: status == 500)), {"F01": MEDIUM}),
    "F01-guard-before-cors": Planted(lambda: guarded(inside=False), {"F01": MEDIUM}, session=SIGNED_IN),
    "F01-fastapi-500": Planted(lambda: fastapi(fails=True), {"F01": MEDIUM}),
    "F01-view-only": Planted(lambda: decorated(whole=False), {"F01": LOW}),
    "F07-public": Planted(lambda: everybody("*"), {"F07": MEDIUM}),
    "F07-nobody-trusted": Planted(lambda: everybody("*"), {"F07": MEDIUM}, ()),
    "F07-without-cookie": Planted(by_cookie, {"F07": MEDIUM}),
    "F10-count": hiding(LOW, X_Total="42"),
    "F10-link": hiding(LOW, Link='<https://api.example.com/items?page=2>; rel="next"'),
    "F10-limits": hiding(LOW, RateLimit_Remaining="4"),
    "F10-file": hiding(LOW, Content_Disposition='attachment; filename="report.csv"'),
    "F10-request-id": hiding(LOW, X_Request_Id="8f1c"),
    "F10-etag": hiding(INFO, ETag='"1"'),
    "F10-wildcard-with-credentials": Planted(lambda: right(expose="*"), {"F10": LOW}),
    "F10-location": Planted(lambda: created("X-Total-Count"), {"F10": LOW}),
    "F12-proxy": Planted(lambda: altered(right(), doubled), {"F12": MEDIUM}),
    "F12-preflight": Planted(
        lambda: altered(right(), lambda e, s, h: doubled(e, s, h) if method(e) == "PREFLIGHT" else h), {"F12": MEDIUM}
    ),
    "F13-commas": Planted(lambda: altered(right(), saying(ALLOW, f"{APP}, https://b.example")), {"F13": MEDIUM}),
    "F13-blanks": Planted(lambda: altered(right(), saying(ALLOW, f"{APP} https://b.example")), {"F13": MEDIUM}),
    "F14-slash": Planted(lambda: altered(right(), saying(ALLOW, f"{APP}/")), {"F14": MEDIUM}),
    "F14-path": Planted(lambda: altered(right(), saying(ALLOW, f"{APP}/app")), {"F14": MEDIUM}),
    "F14-in-the-list": Planted(lambda: listing(f"{APP}/"), {"F14": MEDIUM}),
    "F15-case": Planted(lambda: altered(right(), saying(ALLOW, "https://App.Example.com")), {"F15": MEDIUM}),
    "F15-port": Planted(lambda: altered(right(), saying(ALLOW, f"{APP}:443")), {"F15": MEDIUM}),
    "F15-scheme": Planted(lambda: altered(right(), saying(ALLOW, "app.example.com")), {"F15": MEDIUM}),
    "F15-port-without-scheme": Planted(lambda: altered(right(), saying(ALLOW, "app.example.com:443")), {"F15": MEDIUM}),
    "F15-pattern": Planted(lambda: altered(right(), saying(ALLOW, "https://*.example.com")), {"F15": MEDIUM}),
    "F15-nobody-trusted": Planted(lambda: everybody("app.example.com"), {"F15": MEDIUM}, ()),
    "F14-nobody-trusted": Planted(lambda: everybody(f"{APP}/"), {"F14": MEDIUM}, ()),
    "F15-idn": Planted(
        lambda: altered(right(origins=(IDN,)), saying(ALLOW, "https://b\u00fccher.example")), {"F15": MEDIUM}, (IDN,)
    ),
    "F15-port-in-the-list": Planted(lambda: listing(f"{APP}:443"), {"F15": MEDIUM}),
    "F15-case-in-the-hook": Planted(lambda: right(origins=("https://App.Example.com",)), {"F15": MEDIUM}),
    "F18-origin": Planted(lambda: right(more=stumbling), {"F18": MEDIUM}),
    "F18-preflight-only": Planted(
        lambda: altered(right(), bare(lambda e, s: e["PATH_INFO"] == "/items" and method(e) == "GET")),
        {"F18": MEDIUM},
    ),
    "F18-post": Planted(
        lambda: altered(right(), bare(lambda e, s: e["PATH_INFO"] == "/items" and method(e) == "POST")),
        {"F18": MEDIUM},
    ),
    "F18-answer-only": Planted(lambda: altered(right(), bare(lambda e, s: method(e) == "PREFLIGHT")), {"F18": MEDIUM}),
    "F18-answer-only-passively": Planted(
        lambda: altered(right(), lambda e, s, h: without(h, ALLOW) if method(e) == "PREFLIGHT" else h),
        {"F18": MEDIUM},
        active=False,
    ),
    "F19-bare": Planted(lambda: altered(right(), bare(lambda _, status: status == 302)), {"F19": MEDIUM}),
    "F19-abroad": Planted(lambda: right(more=leading("https://cdn.example.net/items")), {"F19": MEDIUM}),
    "F19-abroad-anonymously": Planted(
        lambda: right(public=True, more=leading("https://cdn.example.net/items")), {"F19": INFO}
    ),
    "F19-sign-in-elsewhere": Planted(lambda: right(more=leading("https://id.example.net/", "/auth")), {"F19": INFO}),
    "F21-capital": Planted(lambda: altered(right(), saying(CREDENTIALS, "True")), {"F21": LOW}),
    "F21-one": Planted(lambda: altered(right(), saying(CREDENTIALS, "1")), {"F21": LOW}),
    "F31-hook": Planted(lambda: right(more=broken), {"F31": MEDIUM}),
}
CORRECT = {
    "right": Planted(right),
    "signed-in": Planted(right, session=SIGNED_IN),
    "passively": Planted(right, active=False),
    "nobody-trusted": Planted(right, trusted=()),
    "public": Planted(lambda: right(public=True)),
    "public-nobody-trusted": Planted(lambda: right(public=True), trusted=()),
    "guard-inside": Planted(lambda: guarded(inside=True), session=SIGNED_IN),
    "fastapi": Planted(lambda: fastapi(fails=False)),
    "flask-cors": Planted(lambda: decorated(whole=True)),
    "listed": Planted(lambda: listing(APP)),
    "location-exposed": Planted(lambda: created("Location, X-Total-Count")),
    "two-origins": Planted(lambda: right(origins=(APP, IDN)), trusted=(APP, IDN)),
    "one-path-not-shared": Planted(
        lambda: altered(right(), bare(lambda e, s: e["PATH_INFO"] == "/me" or s == 404)), active=False
    ),
    "another-origin-always": Planted(lambda: everybody("https://other.example")),
    "null-always": Planted(lambda: everybody("null")),
    "credentials-refused": Planted(lambda: altered(right(expose="X-Total-Count"), saying(CREDENTIALS, "false"))),
    "security-headers": reading(
        Strict_Transport_Security="max-age=1", X_Frame_Options="DENY", X_Content_Type_Options="nosniff",
        X_Powered_By="x", Server_Timing="db;dur=1", Via="1.1 x", Alt_Svc="clear", X_Process_Time="0.1",
        X_Cache="HIT", X_Amz_Cf_Id="x", Permissions_Policy="x", X_Csrf_Token="x", X_XSS_Protection="0",
    ),
    "preload": reading(Link="</app.css>; rel=preload"),
    "redirect-at-home": Planted(lambda: right(more=leading("items?page=1"))),
}  # fmt: skip


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


RULES = (*answers.RULES, *causes.RULES)


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_each_mistake_is_suspected_and_no_other(planted: Planted, sites: Sites) -> None:
    """Rule ids and severities are those of RULES.md, and there is a page that can show it, but for header facts."""
    found = suspected(planted, sites, RULES)
    assert {number: str(suspicion.severity) for number, suspicion in found} == dict(planted.finds)


@pytest.mark.parametrize("planted", CORRECT.values(), ids=list(CORRECT))
def test_a_correct_application_is_not_suspected(planted: Planted, sites: Sites) -> None:
    """Nothing above info, whatever else its answers have."""
    found = suspected(planted, sites, RULES)
    assert [(number, one.summary, one.evidence) for number, one in found if str(one.severity) != INFO] == []


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """What Chromium shows of all of them, in one run; Firefox and WebKit take long, and showed the same."""
    return shown({**PLANTED, **CORRECT}, RULES, (EngineName.CHROMIUM,))


@on_all_pages
@pytest.mark.browser
@pytest.mark.parametrize("name", PLANTED)
def test_pages_show_it(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """Only where a redirect leads to is beyond what an audit asks."""
    found = findings[name]
    assert {one.rule.id: str(one.severity) for one in found} == dict(PLANTED[name].finds)
    beyond = name.startswith(("F19-abroad", "F19-sign-in"))
    expected = Proof.NOT_APPLICABLE if beyond else Proof.PROVEN
    assert {proof for one in found for proof in one.proof.values()} == {expected}


@on_all_pages
@pytest.mark.browser
@pytest.mark.parametrize("name", CORRECT)
def test_pages_show_nothing_of_a_correct_application(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """The same pages, the same browsers."""
    assert [one.summary for one in findings[name] if str(one.severity) != INFO] == []


@pytest.mark.parametrize(
    ("app", "concerns"),
    {
        "a-list-that-no-browser-meets": (lambda: listing(f"{APP}/"), True),
        "an-origin-that-fails": (failing_for_origins, True),
        "no-cors": (lambda: Flask("silent"), False),
        "cors": (right, True),
    }.values(),
    ids=["a-list-that-no-browser-meets", "an-origin-that-fails", "no-cors", "cors"],
)
def test_what_has_nothing_to_do_with_cors_is_left_in_peace(app: Any, concerns: bool, sites: Sites) -> None:
    """Also where no answer has a CORS header, the application may have a policy that lets nobody in."""
    made = app()
    site = sites.serve(made, f"concerned-{concerns}-{made.name}")
    routes = discover(Target("concerned", made)).routes or (Route("/"),)
    with Survey(site.origin(), routes, trusted=(APP,), secret="q7x2") as survey:
        for route in routes:
            survey.get(route.path, APP)
        assert concerns_cors(survey) is concerns
