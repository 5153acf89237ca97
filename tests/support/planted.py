"""An API whose CORS is right, and what is done to it so that it is wrong in one way: for tests of an audit's rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from flask import Flask, Response, redirect, request

from harness.audit.asking import Asking, see
from harness.audit.control import controlled
from harness.audit.findings import Finding, Rule, Suspicion, concluded
from harness.audit.routes import Route, discover, sockets
from harness.audit.sights import TARGET
from harness.audit.survey import Survey
from harness.audit.target import Target
from harness.engines import EngineChoice, EngineName
from harness.ground import Ground
from harness.sites import Sites, asgi_form
from harness.wire import Pairs

APP = "https://app.example.com"
ALLOW, CREDENTIALS, EXPOSE = (
    f"Access-Control-{name}" for name in ("Allow-Origin", "Allow-Credentials", "Expose-Headers")
)
SIGNED_IN = (("Cookie", "sid=of-ada"),)
Headers = list[tuple[str, str]]
Change = Callable[[Mapping[str, Any], int, Headers], Headers]


def right(
    *,
    origins: tuple[str, ...] = (APP,),
    public: bool = False,
    cookie: str = "sid=of-ada; Path=/; HttpOnly; Secure; SameSite=None",
    expose: str = "X-Total-Count",
    more: Callable[[Flask], None] = lambda app: None,
) -> Flask:
    """Make the API: hooks that let some origins in with credentials, or everybody without."""
    app = Flask("right")

    @app.route("/items", methods=["GET", "POST"])
    def items() -> Any:
        return ({"id": 3}, 201) if request.method == "POST" else ([1, 2], 200, {"X-Total-Count": "2"})

    @app.get("/me")
    def me() -> Any:
        return {"name": "ada"} if request.cookies.get("sid") == "of-ada" else ({"error": "sign in"}, 401)

    @app.get("/login")
    def login() -> Any:
        return {"ok": True}, 200, {"Set-Cookie": cookie}

    @app.get("/old")
    def old() -> Any:
        return redirect("items")

    @app.get("/fails")
    def fails() -> Any:
        raise ZeroDivisionError

    @app.before_request
    def permit() -> Response | None:
        preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204) if preflight else None

    @app.after_request
    def allow(response: Response) -> Response:
        if not public:
            response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is not None and (public or origin in origins):
            response.headers[ALLOW] = "*" if public else origin
            response.headers[EXPOSE] = expose
            if not public:
                response.headers[CREDENTIALS] = "true"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT"
                response.headers["Access-Control-Allow-Headers"] = "Content-Type"
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    more(app)
    return app


def altered(app: Any, change: Change) -> Any:
    """Put something around a WSGI application, as a proxy is, that changes the headers of its answers."""

    def outer(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: Headers, *exc: Any) -> Any:
            return start_response(status, change(environ, int(status[:3]), headers), *exc)

        return app(environ, start)

    outer.app = app  # type: ignore[attr-defined]
    return outer


def without(headers: Headers, *names: str) -> Headers:
    """Leave headers out."""
    return [(name, value) for name, value in headers if name not in names]


def saying(name: str, value: str, *, only: Callable[[Mapping[str, Any], int], bool] = lambda *_: True) -> Change:
    """Replace the value of a header where there is one."""

    def change(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
        if not only(environ, status):
            return headers
        return [(key, value.replace("…", said) if key == name else said) for key, said in headers]

    return change


def bare(only: Callable[[Mapping[str, Any], int], bool]) -> Change:
    """Leave the CORS headers out of some answers."""

    def change(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
        return without(headers, ALLOW, CREDENTIALS, EXPOSE) if only(environ, status) else headers

    return change


def method(environ: Mapping[str, Any]) -> str:
    """Return the method, and `PREFLIGHT` for one."""
    preflight = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    return "PREFLIGHT" if preflight else str(environ["REQUEST_METHOD"])


@dataclass(frozen=True)
class Planted:
    """An application and the findings that it must give: severities by rule id."""

    app: Callable[[], Any]
    finds: Mapping[str, str] = field(default_factory=dict)
    trusted: tuple[str, ...] = (APP,)
    session: Pairs = ()
    active: bool = True
    paths: tuple[str, ...] = ()
    address: str = ""
    login: str = ""


NUMBERS = count()
EVERYTHING = "CORSPROOF_EVERYTHING" in os.environ
on_all_pages = pytest.mark.skipif(not EVERYTHING, reason="takes long: nox -s everything")


def _surveyed(base: str, routes: Iterable[Route], planted: Planted, app: Any, below: str = "") -> Survey:
    one = planted
    return Survey(
        base,
        routes,
        trusted=one.trusted,
        active=one.active,
        session=one.session,
        address=one.address,
        sockets=[below + path for path in sockets(Target("planted", app))],
        secret="q7x2",
    )


def suspected(planted: Planted, sites: Sites, rules: Iterable[Rule]) -> list[tuple[str, Suspicion]]:
    """Return what rules make of an application by bare requests, with their ids."""
    app = planted.app()
    site = sites.serve(app, f"planted-{next(NUMBERS)}")
    target = Target("planted", app)
    routes = discover(target, paths=planted.paths).routes or (Route("/"),)
    with _surveyed(site.origin(), routes, planted, app) as survey:
        found = [(rule.id, suspicion) for rule in rules for suspicion in rule.look(survey)]
    sites.stop(site)
    return found


def together(apps: Mapping[str, Any]) -> Any:
    """Put applications below paths of their names; each sees its own paths and cookies only."""
    inner = {name: asgi_form(app) for name, app in apps.items()}

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        name, _, rest = scope["path"].removeprefix("/").partition("/")

        async def sent(message: Any) -> None:
            below = f"Path=/{name}/".encode()
            pairs = [(key, value.replace(b"Path=/", below)) for key, value in message.get("headers", ())]
            await send({**message, "headers": pairs} if "headers" in message else message)

        await inner[name]({**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}, receive, sent)

    return outer


def shown(
    planted: Mapping[str, Planted], rules: Iterable[Rule], launched: Iterable[EngineName] = EngineName
) -> Mapping[str, list[Finding]]:
    """Return what pages in browsers show of each application, all of them asked in one run."""
    apps = {name: one.app() for name, one in planted.items()}
    found: dict[str, list[tuple[Rule, Suspicion]]] = {}
    control = controlled(together(apps))
    with Ground({}, at_loopback=True) as ground:
        ground.add_api(TARGET, lambda: control.app)
        base = ground.api_site(TARGET, "https").origin()
        for name, one in planted.items():
            own = discover(Target(name, apps[name]), paths=one.paths).routes or (Route("/"),)
            routes = [replace(route, path=f"/{name}{route.path}") for route in own]
            with _surveyed(base, routes, one, apps[name], f"/{name}") as survey:
                found[name] = [(rule, suspicion) for rule in rules for suspicion in rule.look(survey)]
        asks = [ask for each in found.values() for _, suspicion in each for ask in suspicion.asks]
        for page in dict.fromkeys(ask.page for ask in asks):
            ground.add_page(page)
        visits = tuple(f"{base}/{name}{one.login}" for name, one in planted.items() if one.login)
        sights = see(asks, Asking(tuple(map(EngineChoice, launched)), control.door, visits), ground)
    return {
        name: [
            finding
            for rule, suspicion in each
            if (
                finding := concluded(
                    rule, suspicion, {engine: [seen[ask] for ask in suspicion.asks] for engine, seen in sights.items()}
                )[0]
            )
        ]
        for name, each in found.items()
    }
