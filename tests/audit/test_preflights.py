"""Applications whose preflights allow too much, or fail, by one mistake each, and the same without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, redirect, request
from flask_cors import CORS
from planted import APP, SIGNED_IN, Headers, Planted, altered, method, on_all_pages, right, saying, shown, suspected
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route as StarletteRoute
from starlette.routing import request_response

from harness.audit.findings import Finding, Proof
from harness.audit.rules import preflights
from harness.engines import EngineName
from harness.policy import Policy
from harness.sites import Sites
from harness.wire import Wire
from server_site import create_app
from server_site.hooks import hardened

HIGH, MEDIUM, LOW, INFO = "high", "medium", "low", "info"
OWN = "CHECKIN"
METHODS, HEADERS, EXPOSED = (f"Access-Control-{name}" for name in ("Allow-Methods", "Allow-Headers", "Expose-Headers"))
PRIVATE = "Access-Control-Allow-Private-Network"
Change = Callable[[Mapping[str, Any], int, Headers], Headers]
More = Callable[[Flask], None]


def with_item(app: Flask) -> None:
    """Add a path that can be written too."""

    @app.route("/items/1", methods=["GET", "PUT"])
    def item() -> Any:
        return {"id": 1}


def with_item_and(more: More) -> More:
    """Add that path, and something else."""

    def both(app: Flask) -> None:
        with_item(app)
        more(app)

    return both


def changed(change: Change, more: More = with_item, **options: Any) -> Any:
    """Make the right API, and change its headers."""
    return altered(right(more=more, **options), change)


def on_preflights(change: Change) -> Change:
    """Change answers to preflights only."""
    return lambda environ, status, headers: change(environ, status, headers) if _asks(environ) else headers


def _asks(environ: Mapping[str, Any], *_: Any) -> bool:
    return method(environ) == "PREFLIGHT"


def _told(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))


def adding(*pairs: tuple[str, str]) -> Change:
    """Add headers."""
    return lambda environ, status, headers: [*headers, *pairs]


def removing(*names: str) -> Change:
    """Remove headers."""
    return lambda environ, status, headers: [pair for pair in headers if pair[0] not in names]


def echoing(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
    """Grant what is asked, to whoever is let in."""
    granted = {METHODS: "Access-Control-Request-Method", HEADERS: "Access-Control-Request-Headers"}
    return [(name, _told(environ, granted[name]) if name in granted else value) for name, value in headers]


def open_to_all(*, credentials: bool, echoes: bool = True, preflights_only: bool = False) -> Flask:
    """Make an application that reflects the Origin; its preflights echo, or have lists."""
    app = Flask("open")
    with_item(app)

    @app.after_request
    def allow(response: Response) -> Response:
        asked = request.headers.get("Access-Control-Request-Method")
        origin = request.headers.get("Origin")
        if origin is None or (preflights_only and not asked and origin != APP):
            return response
        response.vary.add("Origin")
        response.headers["Access-Control-Allow-Origin"] = origin
        if credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"
        if asked:
            named = request.headers.get("Access-Control-Request-Headers", "")
            response.headers[METHODS] = asked if echoes else "GET, PUT"
            response.headers[HEADERS] = named if echoes else "Content-Type"
        return response

    return app


def guarding(answer: Callable[[], Any], *, preflights: bool) -> More:
    """Put a guard before everything, which asks for a login; preflights too, or not."""

    def more(app: Flask) -> None:
        @app.before_request
        def guard() -> Any:
            if request.cookies.get("sid") == "of-ada" or request.path == "/login":
                return None
            asks = "Access-Control-Request-Method" in request.headers
            return answer() if preflights or not asks else None

        app.before_request_funcs[None].reverse()

    return with_item_and(more)


def refusing(status: int, *, strict: bool = True) -> More:
    """Answer preflights with a status: all, or those for what the policy does not name."""

    def more(app: Flask) -> None:
        @app.before_request
        def refuse() -> Any:
            asked = request.headers.get("Access-Control-Request-Method")
            if request.method != "OPTIONS" or asked is None or (not strict and asked in ("GET", "POST")):
                return None
            return Response(status=status)

        app.before_request_funcs[None].reverse()

    return with_item_and(more)


def upgrading(app: Flask) -> None:
    """Lead plain http to https."""

    @app.before_request
    def upgrade() -> Any:
        return redirect(request.url.replace("http://", "https://", 1), 308)

    app.before_request_funcs[None].reverse()


def hooked(more: More, *, known_only: bool = False, bare: bool = False) -> Flask:
    """Make a Flask application whose hook adds headers to what Flask itself answers to OPTIONS."""
    app = Flask("hooked")
    app.url_map.strict_slashes = True
    with_item(app)
    more(app)

    @app.after_request
    def allow(response: Response) -> Response:
        if request.headers.get("Origin") != APP or (known_only and request.url_rule is None):
            return response
        response.headers["Access-Control-Allow-Origin"] = APP
        response.headers["Access-Control-Allow-Credentials"] = "true"
        if not bare:
            response.headers[METHODS] = "GET, PUT, DELETE"
            response.headers[HEADERS] = "Content-Type"
        return response

    return app


def folder(*methods: str) -> More:
    """Add a path that ends in a slash."""

    def more(app: Flask) -> None:
        app.add_url_rule("/folder/", view_func=lambda: "in it", methods=methods, endpoint="folder")

    return more


def without_options(*methods: str) -> More:
    """Add a path that does not take OPTIONS."""

    def more(app: Flask) -> None:
        app.add_url_rule(
            "/closed", view_func=lambda: "x", methods=methods, endpoint="closed", provide_automatic_options=False
        )

    return more


def under_flask_cors(more: More = with_item, **options: Any) -> Flask:
    """Make a Flask application under Flask-CORS."""
    app = Flask("extended")
    CORS(app, **{"origins": [APP], **options})
    more(app)
    return app


def under_hardened(policy: Policy, more: More = with_item) -> Flask:
    """Make a Flask application under the hardened hooks."""
    app = Flask("hardened")
    more(app)
    hardened.install(app, policy)
    return app


async def hello(asked: Any) -> PlainTextResponse:
    """Greet."""
    return PlainTextResponse("hello")


def starlette(*, outermost: bool = True, methods: tuple[str, ...] = ("GET", "PUT"), **options: Any) -> Starlette:
    """Make a Starlette application whose middleware is around the router, or inside a route that knows its methods."""
    told = {"allow_origins": [APP], "allow_credentials": True, "allow_methods": methods, **options}
    if outermost:
        routes = [StarletteRoute("/hello", hello, methods=list(methods))]
        return Starlette(routes=routes, middleware=[Middleware(CORSMiddleware, **told)])
    inner = CORSMiddleware(request_response(hello), **told)
    return Starlette(routes=[StarletteRoute("/hello", inner, methods=list(methods))])


def raw(moved: bool = False, **headers: str) -> Any:
    """Make a WSGI application that takes GET only, or is a redirect for whatever is asked."""
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]

    def app(environ: Any, start_response: Any) -> list[bytes]:
        gone = environ["PATH_INFO"] != "/"
        status = "404 Not Found" if gone else "302 Found" if moved else "200 OK"
        if environ["REQUEST_METHOD"] != "GET" and not moved:
            status = "405 Method Not Allowed"
        place = [("Location", "/elsewhere")] if status.startswith("302") else []
        start_response(status, [("Content-Type", "text/plain"), *pairs, *place])
        return [b"hello"]

    return app


def answering_options(answer: Callable[[], Any], only: str = "") -> More:
    """Take every OPTIONS below a path for a preflight."""

    def more(app: Flask) -> None:
        @app.before_request
        def take() -> Any:
            return answer() if request.method == "OPTIONS" and request.path.startswith(only) else None

    return more


def swallowing(app: Flask) -> None:
    """Answer every OPTIONS of one path, and leave another to Flask."""
    folder("GET")(app)
    answering_options(lambda: Response(status=204), "/items")(app)


def strictly() -> Any:
    """Answer a preflight, and refuse an OPTIONS that is none."""
    return Response(status=204 if "Access-Control-Request-Method" in request.headers else 400)


def carelessly() -> Any:
    """Answer a preflight, and fail where it is none."""
    return {"asked": request.environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]}, 200


def with_bearer(app: Flask) -> None:
    """Add a path that wants an Authorization header."""

    @app.get("/mine")
    def mine() -> Any:
        known = "Authorization" in request.headers
        return ("mine", 200) if known else ("who?", 401, {"WWW-Authenticate": "Bearer"})


def with_own_method(app: Flask) -> None:
    """Add a method of one's own."""
    app.add_url_rule("/rooms/1", view_func=lambda: "in", methods=["GET", OWN], endpoint="room")


def with_head(app: Flask) -> None:
    """Add a path for HEAD alone, behind preflights that refuse it."""
    app.add_url_rule("/probe", view_func=lambda: "", methods=["HEAD"], endpoint="probe")

    @app.before_request
    def refuse() -> Any:
        return Response(status=400) if request.headers.get("Access-Control-Request-Method") == "HEAD" else None

    app.before_request_funcs[None].reverse()


def refusing_head(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
    """Let nobody ask for HEAD."""
    asks = _told(environ, "Access-Control-Request-Method") == "HEAD"
    return [pair for pair in headers if not (asks and pair[0] == "Access-Control-Allow-Origin")]


ON_ACTUAL = adding((METHODS, "GET, PUT"), (HEADERS, "Content-Type"))
ON_ANSWERS: Change = lambda environ, status, headers: headers if _asks(environ) else ON_ACTUAL(environ, status, headers)  # noqa: E731


PLANTED = {
    "S15-reflecting": Planted(
        lambda: altered(open_to_all(credentials=False, echoes=False), on_preflights(adding((PRIVATE, "true")))),
        {"S15": LOW},
    ),
    "S15-for-refused": Planted(lambda: changed(on_preflights(adding((PRIVATE, "true")))), {"S15": LOW}),
    "S15-public": Planted(lambda: changed(adding((PRIVATE, "true")), public=True), {"S15": LOW}),
    "S18-published": Planted(lambda: create_app("published"), {"S18": MEDIUM, "F06": LOW}, ()),
    "S18-with-credentials": Planted(lambda: open_to_all(credentials=True), {"S18": HIGH}),
    "S18-without": Planted(lambda: open_to_all(credentials=False), {"S18": MEDIUM}),
    "S18-passively": Planted(lambda: open_to_all(credentials=True), {"S18": HIGH}, active=False),
    "S18-public": Planted(lambda: changed(echoing, public=True), {"S18": MEDIUM}),
    "S18-preflight-only": Planted(lambda: open_to_all(credentials=True, preflights_only=True), {"S18": MEDIUM}),
    "F02-401": Planted(
        lambda: right(more=guarding(lambda: ("sign in", 401), preflights=True)), {"F02": MEDIUM}, session=SIGNED_IN
    ),
    "F02-401-nobody-signed-in": Planted(
        lambda: right(more=guarding(lambda: ("sign in", 401), preflights=True)), {"F02": MEDIUM}
    ),
    "F02-401-passively": Planted(
        lambda: right(more=guarding(lambda: ("sign in", 401), preflights=True)), {"F02": MEDIUM}, active=False
    ),
    "F02-403": Planted(
        lambda: right(more=guarding(lambda: ("no", 403), preflights=True)), {"F02": MEDIUM}, session=SIGNED_IN
    ),
    "F03-login": Planted(
        lambda: right(more=guarding(lambda: redirect("/login"), preflights=True)), {"F03": MEDIUM}, session=SIGNED_IN
    ),
    "F03-login-nobody-signed-in": Planted(
        lambda: right(more=guarding(lambda: redirect("/login"), preflights=True)), {"F03": MEDIUM}
    ),
    "F03-https": Planted(lambda: right(more=upgrading), {"F03": MEDIUM}),
    "F03-slash": Planted(lambda: hooked(folder("GET", "PUT")), {"F03": MEDIUM}),
    "F03-named": Planted(lambda: hooked(folder("GET")), {"F03": MEDIUM}, paths=("/folder", "/folder/")),
    "F04-unknown": Planted(lambda: hooked(lambda app: None, known_only=True), {"F04": LOW}),
    "F04-decorator": Planted(lambda: create_app("decorator"), {"F04": LOW}, paths=("/items", "/text")),
    "F04-known": Planted(lambda: right(more=refusing(404)), {"F04": LOW}),
    "F05-flask": Planted(lambda: hooked(without_options("GET", "PUT")), {"F05": MEDIUM}),
    "F05-get-only": Planted(lambda: hooked(without_options("GET")), {"F05": MEDIUM}),
    "F05-starlette": Planted(lambda: starlette(outermost=False), {"F05": MEDIUM}, paths=("/hello",)),
    "F05-501": Planted(lambda: right(more=refusing(501)), {"F05": MEDIUM}),
    "F06-published": Planted(lambda: create_app("published"), {"S18": MEDIUM, "F06": LOW}, (), paths=("/items",)),
    "F06-500": Planted(lambda: hooked(answering_options(carelessly)), {"F06": LOW}),
    "F06-400": Planted(lambda: hooked(answering_options(strictly)), {"F06": LOW}),
    "F06-swallowed": Planted(
        lambda: hooked(swallowing), {"F06": LOW}
    ),
    "F08-star": Planted(lambda: changed(saying(HEADERS, "*")), {"F08": LOW}),
    "F08-authorization": Planted(
        lambda: changed(saying(HEADERS, "*"), with_bearer, public=True), {"F08": LOW}, paths=("/mine",)
    ),
    "F09-star": Planted(lambda: changed(saying(METHODS, "*")), {"F09": LOW}),
    "F09-star-passively": Planted(lambda: changed(saying(METHODS, "*")), {"F09": LOW}, active=False),
    "F09-lower-case": Planted(lambda: changed(saying(METHODS, "get, put")), {"F09": LOW}),
    "F09-lower-case-passively": Planted(lambda: changed(saying(METHODS, "get, put")), {"F09": LOW}, active=False),
    "F26-own-method": Planted(lambda: right(more=with_own_method), {"F26": LOW}),
    "F26-own-method-flask-cors": Planted(lambda: under_flask_cors(with_own_method), {"F26": LOW}),
    "F26-own-method-starlette": Planted(
        lambda: starlette(methods=("GET", OWN), allow_methods=["GET"]), {"F26": LOW}
    ),
    "F26-head": Planted(lambda: right(more=with_head), {"F26": LOW}, paths=("/probe",)),
    "F30-late": Planted(lambda: altered(hooked(lambda app: None, bare=True), ON_ANSWERS), {"F30": LOW}),
    "F30-late-passively": Planted(
        lambda: altered(hooked(lambda app: None, bare=True), ON_ANSWERS), {"F30": LOW}, active=False
    ),
    "F30-early": Planted(lambda: changed(lambda e, s, h: h if _asks(e) else removing(EXPOSED)(e, s, h)), {"F30": LOW}),
}  # fmt: skip
CORRECT = {
    "right": Planted(lambda: right(more=with_item)),
    "signed-in": Planted(lambda: right(more=with_item), session=SIGNED_IN),
    "passively": Planted(lambda: right(more=with_item), active=False),
    "nobody-trusted": Planted(lambda: right(more=with_item), trusted=()),
    "public": Planted(lambda: right(more=with_item, public=True)),
    "public-nobody-trusted": Planted(lambda: right(more=with_item, public=True), trusted=()),
    "public-throughout": Planted(
        lambda: altered(right(more=with_item, public=True), lambda e, s, h: [
            (name, "*" if name in (METHODS, HEADERS) else value) for name, value in h
        ])
    ),
    "public-reading": Planted(lambda: raw(Access_Control_Allow_Origin="*")),
    "moved": Planted(lambda: raw(moved=True, Access_Control_Allow_Origin=APP)),
    "guard-lets-preflights-through": Planted(
        lambda: right(more=guarding(lambda: ("sign in", 401), preflights=False)), session=SIGNED_IN
    ),
    "policy-refuses-by-403": Planted(lambda: right(more=refusing(403, strict=False))),
    "policy-refuses-by-404": Planted(lambda: right(more=refusing(404, strict=False))),
    "policy-refuses-by-405": Planted(lambda: right(more=refusing(405, strict=False))),
    "origin-refused-everywhere": Planted(
        lambda: right(origins=("https://other.example",), more=guarding(lambda: ("sign in", 401), preflights=True))
    ),
    "hook-on-flasks-own": Planted(lambda: hooked(folder("GET"))),
    "flask-cors": Planted(under_flask_cors),
    "flask-cors-private-network": Planted(lambda: under_flask_cors(allow_private_network=True)),
    "flask-cors-folder": Planted(lambda: under_flask_cors(folder("GET"))),
    "flask-cors-default": Planted(lambda: under_flask_cors(origins="*")),
    "starlette": Planted(starlette),
    "starlette-private-network": Planted(lambda: starlette(allow_private_network=True)),
    "starlette-public": Planted(lambda: starlette(allow_origins=["*"], allow_credentials=False, allow_headers=["*"])),
    "hardened": Planted(lambda: create_app("hardened", origins=(APP,))),
    "hardened-folder": Planted(
        lambda: under_hardened(Policy((APP,), ("GET", "PUT"), credentials=True), folder("GET", "PUT"))
    ),
    "hardened-reading-only": Planted(lambda: under_hardened(Policy((APP,), credentials=True))),
    "hardened-public": Planted(lambda: under_hardened(Policy(("*",), ("*",), ("*",)))),
    "hardened-below": Planted(lambda: under_hardened(Policy(("https://*.example.com",), ("*",), ("*",)))),
    "own-method": Planted(lambda: changed(saying(METHODS, f"…, {OWN}"), with_own_method)),
    "authorization-listed": Planted(
        lambda: changed(saying(HEADERS, "*, Authorization"), with_bearer, public=True), paths=("/mine",)
    ),
    "no-cors": Planted(lambda: raw()),
}  # fmt: skip
ON_PAGES = {
    name: PLANTED[name]
    for name in (
        "S18-with-credentials", "S18-without", "S18-passively", "S18-public", "S18-preflight-only", "F02-401",
        "F02-403", "F03-login", "F04-unknown", "F04-known", "F05-flask", "F05-starlette", "F06-published", "F08-star",
        "F09-star", "F09-star-passively", "F09-lower-case", "F26-own-method", "F26-head", "F30-late",
        "F30-late-passively", "F30-early",
    )
}  # fmt: skip
HEADER_FACTS = {"F09-lower-case-passively": "F09", "S15-public": "S15", "F06-swallowed": "F06"}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_each_mistake_is_suspected_and_no_other(planted: Planted, sites: Sites) -> None:
    """Rule ids and severities are those of RULES.md."""
    found = suspected(planted, sites, preflights.RULES)
    grave = {number: str(one.severity) for number, one in found if str(one.severity) != INFO}
    assert grave == dict(planted.finds), [(number, one.evidence) for number, one in found]


@pytest.mark.parametrize("planted", CORRECT.values(), ids=list(CORRECT))
def test_a_correct_application_is_not_suspected(planted: Planted, sites: Sites) -> None:
    """Nothing above info, whatever it refuses on purpose."""
    found = suspected(planted, sites, preflights.RULES)
    assert [(number, one.summary, one.evidence) for number, one in found if str(one.severity) != INFO] == []


@pytest.mark.parametrize("name", HEADER_FACTS)
def test_what_no_page_may_or_can_show_is_a_header_fact(name: str, sites: Sites) -> None:
    """It has nothing to ask, and needs no proof."""
    found = suspected(PLANTED[name], sites, preflights.RULES)
    facts = [(one.asks, one.needs_proof) for number, one in found if number == HEADER_FACTS[name]]
    assert set(facts) == {((), False)}


def test_nothing_that_may_change_something_is_asked_passively(sites: Sites) -> None:
    """Neither by a probe, which raises, nor by a page."""
    planted = [one for one in (*PLANTED.values(), *CORRECT.values()) if not one.active]
    found = [pair for one in planted for pair in suspected(one, sites, preflights.RULES)]
    asked = {step.method for _, one in found for ask in one.asks for step in ask.steps}
    assert asked == {"GET", "OPTIONS"}


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """Ask them all in one run of Chromium; Firefox and WebKit take long, and showed the same."""
    return shown(ON_PAGES, preflights.RULES, (EngineName.CHROMIUM,))


@on_all_pages
@pytest.mark.browser
@pytest.mark.parametrize("name", ON_PAGES)
def test_pages_show_each_mistake(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """With the severity that the headers hinted at; a method that no page may send passively is a header fact."""
    grave = [one for one in findings[name] if str(one.severity) != INFO]
    assert {one.rule.id: str(one.severity) for one in grave} == dict(ON_PAGES[name].finds)
    proofs = {proof for one in grave for proof in one.proof.values()}
    assert proofs - {Proof.NOT_APPLICABLE} == {Proof.PROVEN}
