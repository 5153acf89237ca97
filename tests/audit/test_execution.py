"""Applications in which something is executed, served or told beside the CORS check, one mistake each; and without."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, abort, request
from planted import ALLOW, APP, CREDENTIALS, EXPOSE, SIGNED_IN, Planted, on_all_pages, right, shown, suspected
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from werkzeug.exceptions import HTTPException

from harness.audit.findings import Finding, Proof
from harness.audit.rules import execution
from harness.engines import EngineName
from harness.sites import Sites
from harness.wire import Wire

HIGH, MEDIUM, LOW, INFO = "high", "medium", "low", "info"


def posting(write: Callable[[list[str]], Any], **options: Any) -> Flask:
    """Make the API with a POST to /notes that does something, and a GET that shows the notes."""
    notes: list[str] = []

    def more(app: Flask) -> None:
        app.add_url_rule("/notes", "notes", lambda: {"notes": notes}, methods=["GET"])
        app.add_url_rule("/notes", "write", lambda: write(notes), methods=["POST"])

    return right(more=more, **options)


def as_user() -> bool:
    """Tell whether the user's cookie came."""
    return request.cookies.get("sid") == "of-ada"


def keeps_text(notes: list[str]) -> Any:
    """Write whatever comes."""
    notes.append(request.get_data(as_text=True))
    return {"ok": True}, 201


def keeps_form(notes: list[str]) -> Any:
    """Write what a form says."""
    notes.append(request.form["text"])
    return "", 303, {"Location": "/notes"}


def keeps_json(notes: list[str]) -> Any:
    """Write what is sent as JSON, and nothing else."""
    notes.append(request.get_json()["text"])
    return {"ok": True}, 201


def reads_any_json(notes: list[str]) -> Any:
    """Take JSON whatever it is called."""
    return {"understood": sorted(request.get_json(force=True))}


def wants_a_field(notes: list[str]) -> Any:
    """Take JSON whatever it is called, and find it wanting."""
    return {"missing": "colour"} if "colour" not in request.get_json(force=True) else {"ok": True}, 422


def for_the_user(notes: list[str]) -> Any:
    """Do something for the signed-in user that nothing shows."""
    return ({"ok": True}, 200) if as_user() else ({"error": "sign in"}, 401)


def for_the_user_with_json(notes: list[str]) -> Any:
    """Do the same, for JSON only."""
    return for_the_user(notes) if request.is_json else ({"error": "JSON only"}, 415)


def with_a_token(notes: list[str]) -> Any:
    """Do the same, for whoever has the token of the page."""
    return for_the_user(notes) if request.headers.get("X-CSRF-Token") == "right" else ({"error": "token"}, 403)


def from_here_only(notes: list[str]) -> Any:
    """Write whatever comes from an origin of the list."""
    return keeps_text(notes) if request.headers.get("Origin") == APP else ({"error": "foreign"}, 403)


def repeats(notes: list[str]) -> Any:
    """Answer what was sent."""
    return request.get_data(as_text=True), 200, {"Content-Type": "text/plain"}


def visited(**options: Any) -> Flask:
    """Make the API with a GET that counts its own visits, beside a POST that does nothing."""
    visits: list[int] = []

    def more(app: Flask) -> None:
        app.add_url_rule("/visits", "visits", lambda: {"visits": len(visits) if not visits.append(1) else 0})  # type: ignore[func-returns-value]
        app.add_url_rule("/visits", "visit", lambda: {"ok": True}, methods=["POST"])

    return right(more=more, **options)


def text_for_json(*, credentials: bool) -> Starlette:
    """Make a Starlette application whose endpoint reads JSON without a look at what it is called."""

    async def take(asked: Request) -> JSONResponse:
        try:
            return JSONResponse({"keys": sorted(await asked.json())})
        except ValueError:
            return JSONResponse({"error": "no JSON"}, 400)

    cors = Middleware(CORSMiddleware, allow_origins=[APP], allow_credentials=credentials)
    return Starlette(routes=[Route("/take", take, methods=["POST"])], middleware=[cors])


WRITES = {
    "state": Planted(lambda: posting(keeps_text), {"S19": MEDIUM}),
    "state-by-form": Planted(lambda: posting(keeps_form), {"S19": MEDIUM}),
    "json-as-text": Planted(lambda: posting(reads_any_json), {"S19": MEDIUM}),
    "json-as-text-and-wrong": Planted(lambda: posting(wants_a_field), {"S19": MEDIUM}),
    "json-as-text-starlette": Planted(lambda: text_for_json(credentials=True), {"S19": MEDIUM}),
    "json-as-text-without-cookies": Planted(lambda: text_for_json(credentials=False), {"S19": INFO}),
    "the-user's-cookie": Planted(lambda: posting(for_the_user), {"S19": MEDIUM}, session=SIGNED_IN, login="/login"),
}
WRITES_RIGHTLY = {
    "json": Planted(lambda: posting(keeps_json)),
    "json-signed-in": Planted(lambda: posting(for_the_user_with_json), session=SIGNED_IN),
    "token": Planted(lambda: posting(with_a_token), session=SIGNED_IN),
    "foreign-refused": Planted(lambda: posting(from_here_only)),
    "nobody-signed-in": Planted(lambda: posting(for_the_user)),
    "a-header-signs-in": Planted(lambda: posting(for_the_user), session=(("Authorization", "Bearer ada"),)),
    "echo": Planted(lambda: posting(repeats)),
    "counts-visits": Planted(visited),
    "passive": Planted(lambda: posting(keeps_text), active=False),
    "public": Planted(lambda: posting(keeps_text, public=True)),
}  # fmt: skip


def spelt(reads: Callable[[str], str], is_private: Callable[[str], bool], *, credentials: bool = True) -> Any:
    """Make a WSGI application whose router reads a path in its way, and its policy in another."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        origin = environ.get("HTTP_ORIGIN")
        headers = [("Content-Type", "text/plain"), ("Vary", "Origin")]
        if origin is not None and (origin == APP or not is_private(path)):
            headers += [(ALLOW, origin), *([(CREDENTIALS, "true")] if credentials else [])]
        known = {"/": b"home", "/api/private": b"of ada", "/api/public": b"of everybody"}.get(reads(path))
        start_response("200 OK" if known else "404 Not Found", headers)
        return [known or b"nothing"]

    return app


def below(path: str) -> bool:
    """Tell whether a path is private, by its beginning."""
    return path.startswith("/api/private")


PRIVATE = ("/api/private",)
SPELLINGS = {
    "case": Planted(lambda: spelt(str.lower, below), {"S20": HIGH}, paths=PRIVATE),
    "anonymously": Planted(lambda: spelt(str.lower, below, credentials=False), {"S20": MEDIUM}, paths=PRIVATE),
    "doubled-slash": Planted(lambda: spelt(lambda p: re.sub("/+", "/", p), below), {"S20": HIGH}, paths=PRIVATE),
    "trailing-slash": Planted(
        lambda: spelt(lambda p: p.rstrip("/") or p, lambda p: p == "/api/private"), {"S20": HIGH}, paths=PRIVATE
    ),
    "parameters": Planted(
        lambda: spelt(lambda p: re.sub(";[^/]*", "", p), lambda p: p == "/api/private"), {"S20": HIGH}, paths=PRIVATE
    ),
    "decoded-twice": Planted(
        lambda: spelt(lambda p: p.replace("%2f", "/"), below), {"S20": HIGH}, paths=PRIVATE
    ),
    "dots": Planted(
        lambda: spelt(lambda p: p.removeprefix("/x/.."), below), {"S20": HIGH}, paths=PRIVATE
    ),
    "plus": Planted(
        lambda: spelt(lambda p: re.sub(r"/privat.$", "/private", p), below), {"S20": HIGH}, paths=PRIVATE
    ),
}  # fmt: skip
SPELT_RIGHTLY = {
    "same": Planted(lambda: spelt(lambda p: p, below), paths=PRIVATE),
    "both-read-alike": Planted(lambda: spelt(str.lower, lambda p: below(p.lower())), paths=PRIVATE),
    "public": Planted(lambda: spelt(str.lower, lambda p: p == "/api/private"), paths=("/api/public",)),
    "flask": Planted(right),
}


def gated(opens: Callable[[str | None], bool], **options: Any) -> Flask:
    """Make the API with a path that the Origin opens."""

    def more(app: Flask) -> None:
        @app.get("/report")
        def report() -> Any:
            return {"sum": 42} if opens(request.headers.get("Origin")) else abort(403)

    return right(more=more, **options)


GATES = {
    "without-origin": Planted(lambda: gated(lambda origin: origin in (None, APP)), {"S21": MEDIUM}),
    "null": Planted(lambda: gated(lambda origin: origin in ("null", APP)), {"S21": MEDIUM}),
    "whoever-says-so": Planted(lambda: gated(lambda origin: origin == APP), {"S21": MEDIUM}),
}
GATED_RIGHTLY = {
    "everybody": Planted(lambda: gated(lambda origin: True)),
    "session": Planted(lambda: gated(lambda origin: as_user()), session=SIGNED_IN),
    "session-and-origin": Planted(lambda: gated(lambda origin: as_user() and origin in (None, APP)), session=SIGNED_IN),
    "nobody": Planted(lambda: gated(lambda origin: False)),
}


def sockets(
    accepts: Callable[[WebSocket], bool], *, path: str = "/live", late: bool = False, credentials: bool = True
) -> Starlette:
    """Make a Starlette application with a WebSocket that refuses some, before or after it has accepted."""

    async def live(socket: WebSocket) -> None:
        if not accepts(socket):
            if late:
                await socket.accept()
            await socket.close(1008)
            return
        await socket.accept()
        await socket.receive_text()

    async def home(asked: Request) -> PlainTextResponse:
        return PlainTextResponse("home")

    async def login(asked: Request) -> PlainTextResponse:
        return PlainTextResponse("hello", headers={"Set-Cookie": "sid=of-ada; Path=/; Secure; SameSite=None"})

    cors = Middleware(CORSMiddleware, allow_origins=[APP], allow_credentials=credentials)
    sign_in = [Route("/login", login)] if credentials else []
    return Starlette(routes=[Route("/", home), *sign_in, WebSocketRoute(path, live)], middleware=[cors])


def from_app(socket: WebSocket) -> bool:
    """Accept the trusted origin."""
    return socket.headers.get("origin") == APP


def of_the_user(socket: WebSocket) -> bool:
    """Accept the user."""
    return socket.cookies.get("sid") == "of-ada"


BY_STARLETTE = {"S24": INFO}  # its CORSMiddleware allows credentials on whatever has an Origin
SOCKETS = {
    "everybody": Planted(lambda: sockets(lambda socket: True), {"S23": HIGH, **BY_STARLETTE}),
    "the-user": Planted(lambda: sockets(of_the_user), {"S23": HIGH, **BY_STARLETTE}, session=SIGNED_IN, login="/login"),
    "without-cookies": Planted(lambda: sockets(lambda socket: True, credentials=False), {"S23": MEDIUM}),
    "by-path": Planted(lambda: sockets(lambda socket: True), {"S23": HIGH, **BY_STARLETTE}, paths=("/", "/live")),
    "well-known": Planted(
        lambda: sockets(lambda socket: True, path="/ws"), {"S23": HIGH, **BY_STARLETTE}, paths=("/",)
    ),
}
SOCKETS_RIGHTLY = {
    "origin": Planted(lambda: sockets(from_app), BY_STARLETTE),
    "origin-late": Planted(lambda: sockets(from_app, late=True), BY_STARLETTE),
    "origin-and-user": Planted(
        lambda: sockets(lambda one: from_app(one) and of_the_user(one)), BY_STARLETTE, session=SIGNED_IN
    ),
    "none": Planted(right),
}


def telling(*, trace: bool = True, fails: str = "always", **options: Any) -> Flask:
    """Make the API with a path that fails, and errors that tell how."""

    def more(app: Flask) -> None:
        @app.route("/sum", methods=["GET", "POST"])
        def total() -> Any:
            if fails == "always":
                raise ZeroDivisionError
            if fails == "query":
                return {"page": int(request.args.get("page", "1"))}
            return {"sum": json.loads(request.get_data())["sum"]} if request.method == "POST" else {"sum": 1}

        @app.get("/items/<number>")
        def item(number: str) -> Any:
            return {"id": int(number) if fails == "path" and number != "x" else 1}

        @app.errorhandler(Exception)
        def tell(error: Exception) -> Any:
            if isinstance(error, HTTPException):
                return error
            return {"error": traceback.format_exc() if trace else "something went wrong"}, 500

    return right(more=more, **options)


def everywhere(change: Callable[[Response], None], **options: Any) -> Flask:
    """Make the API with a change to all answers."""

    def more(app: Flask) -> None:
        @app.after_request
        def also(response: Response) -> Response:
            change(response)
            return response

    return right(more=more, **options)


def reflecting(response: Response) -> None:
    """Let in whoever asks, with credentials."""
    response.headers[ALLOW] = request.headers.get("Origin", APP)
    response.headers[CREDENTIALS] = "true"


TRACES = {
    "by-itself": Planted(lambda: telling(public=True), {"S26": LOW}, paths=("/sum",)),
    "by-a-query": Planted(lambda: telling(fails="query", public=True), {"S26": LOW}, paths=("/sum",)),
    "by-a-path": Planted(lambda: telling(fails="path", public=True), {"S26": LOW}, paths=("/items/x",)),
    "by-a-body": Planted(lambda: telling(fails="body", public=True), {"S26": LOW}, paths=("/sum",)),
    "to-the-trusted-only": Planted(telling, paths=("/sum",)),
    "no-trace": Planted(lambda: telling(trace=False, public=True), paths=("/sum",)),
    "body-passively": Planted(lambda: telling(fails="body", public=True), paths=("/items/x",), active=False),
}


def token(response: Response, name: str = "X-CSRF-Token", exposes: str | None = None) -> None:
    """Say a token on every answer, and expose a header."""
    response.headers[name] = "of-ada"
    if exposes is not None:
        response.headers[EXPOSE] = exposes


def exposing(name: str, exposes: str, *, to_all: str = "") -> Callable[[Response], None]:
    """Say and expose it, to everybody anonymously or with credentials, or to whom the hook lets in."""

    def change(response: Response) -> None:
        token(response, name, exposes)
        if to_all == "credentials":
            reflecting(response)
        elif to_all:
            response.headers[ALLOW] = "*"
            del response.headers[CREDENTIALS]

    return change


ITEMS = ("/items",)
EXPOSED = {
    "everything": Planted(
        lambda: everywhere(exposing("X-CSRF-Token", "*", to_all="anonymous")), {"S28": LOW}, paths=ITEMS
    ),
    "listed": Planted(
        lambda: everywhere(exposing("X-Session", "X-Session", to_all="anonymous")), {"S28": LOW}, paths=ITEMS
    ),
    "listed-with-credentials": Planted(
        lambda: everywhere(exposing("Authorization", "Authorization", to_all="credentials")),
        {"S28": MEDIUM},
        paths=ITEMS,
    ),
    "everything-with-credentials": Planted(
        lambda: everywhere(exposing("X-Api-Key", "*", to_all="credentials")), {"S28": LOW}, paths=ITEMS
    ),
    "to-the-trusted": Planted(lambda: everywhere(exposing("X-CSRF-Token", "X-CSRF-Token")), paths=ITEMS),
    "not-exposed": Planted(
        lambda: everywhere(exposing("X-CSRF-Token", "X-Total-Count", to_all="anonymous")), paths=ITEMS
    ),
    "harmless": Planted(
        lambda: everywhere(exposing("X-RateLimit-Token-Count", "*", to_all="anonymous")), paths=ITEMS
    ),
}  # fmt: skip
NOBODY = {
    "credentials-for-nobody": Planted(
        lambda: everywhere(lambda response: response.headers.set(CREDENTIALS, "true")), {"S24": INFO}
    ),
}
TABLES = {
    "writes": WRITES,
    "writes-rightly": WRITES_RIGHTLY,
    "spelling": SPELLINGS,
    "spelt-rightly": SPELT_RIGHTLY,
    "gate": GATES,
    "gated-rightly": GATED_RIGHTLY,
    "socket": SOCKETS,
    "socket-rightly": SOCKETS_RIGHTLY,
    "trace": TRACES,
    "exposed": EXPOSED,
    "credentials": NOBODY,
}
ROWS = {f"{table}-{name}": row for table, rows in TABLES.items() for name, row in rows.items()}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


@pytest.mark.parametrize("planted", ROWS.values(), ids=list(ROWS))
def test_each_mistake_is_suspected_and_its_twin_is_not(planted: Planted, sites: Sites) -> None:
    """Rule ids and severities are those of RULES.md; a correct application gives none."""
    found = {number: suspicion.severity.value for number, suspicion in suspected(planted, sites, execution.RULES)}
    assert found == dict(planted.finds)


LAX = "sid=of-ada; Path=/; HttpOnly; Secure; SameSite=Lax"
SHOWN = {
    **{name: ROWS[name] for name in ROWS if name.startswith(("writes-", "gate-", "trace-", "exposed-"))},
    **{f"spelling-{name}": SPELLINGS[name] for name in ("trailing-slash", "parameters", "decoded-twice")},
    **{f"socket-{name}": SOCKETS[name] for name in ("everybody", "the-user")},
    "writes-rightly-lax-cookie": Planted(
        lambda: posting(for_the_user, cookie=LAX), session=SIGNED_IN, login="/login"
    ),
}  # fmt: skip
UNPROVABLE = {"S21", "S24"}


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """What Chromium shows of them, in one run; Firefox and WebKit take long, and showed the same."""
    return shown(SHOWN, execution.RULES, (EngineName.CHROMIUM,))


@on_all_pages
@pytest.mark.browser
@pytest.mark.parametrize("name", SHOWN)
def test_pages_in_every_engine_show_it(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """What a page can show is shown; a cookie that stays on its own site opens nothing to a page elsewhere."""
    assert {one.rule.id: one.severity.value for one in findings[name]} == dict(SHOWN[name].finds)
    for one in findings[name]:
        expected = Proof.NOT_APPLICABLE if one.rule.id in UNPROVABLE else Proof.PROVEN
        assert set(one.proof.values()) == {expected}
