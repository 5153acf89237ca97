"""The hardened hooks on apps of all kinds: exact headers, and that nothing of the app comes in between."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, make_response, redirect, request, session
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from harness.policy import PolicyError, loads
from server_site.hooks import hardened
from server_site.hooks.hardened import Override, Policy, install, under

APP = "https://app.example.com"
STRANGER = "https://stranger.test"
POLICY = Policy(
    (APP, "https://*.example.com"),
    methods=("GET", "POST", "PUT", "OPTIONS"),
    request_headers=("Content-Type", "X-One"),
    credentials=True,
    exposed_headers=("X-Total-Count",),
    max_age=600,
)
VARY = {"Vary": "Origin"}
VARY_ASKED = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
LET_IN = {"Access-Control-Allow-Origin": APP, "Access-Control-Allow-Credentials": "true"}
READ = {**LET_IN, "Access-Control-Expose-Headers": "X-Total-Count", **VARY}
LISTS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, X-One",
}
GRANTED = {**LET_IN, **LISTS, "Access-Control-Max-Age": "600", **VARY_ASKED}

Lines = dict[str, str]
Prepare = Callable[[Flask], object]


def made(policy: Policy = POLICY, *, before: Prepare | None = None, after: Prepare | None = None, **how: Any) -> Flask:
    """Make an app with some routes; do something to it before the hooks are installed, or after."""
    app = Flask("made", static_folder=None)
    app.secret_key = "k"
    if before is not None:
        before(app)
    install(app, policy, **how)
    if after is not None:
        after(app)

    @app.get("/items")
    def items() -> ResponseReturnValue:
        return "items"

    @app.put("/items")
    def replaced() -> ResponseReturnValue:
        return "replaced"

    @app.route("/folder/", methods=["GET", "PUT"])
    def folder() -> ResponseReturnValue:
        return "folder"

    @app.route("/error", methods=["GET", "PUT"])
    def error() -> ResponseReturnValue:
        raise RuntimeError("on purpose")

    @app.get("/gone")
    def gone() -> ResponseReturnValue:
        abort(410)

    @app.get("/away")
    def away() -> ResponseReturnValue:
        return redirect("/items", 307)

    @app.route("/options", methods=["GET", "OPTIONS"])
    def options() -> ResponseReturnValue:
        return f"the view's own {request.method}"

    return app


def asks(app: Flask, method: str, path: str, origin: str | None = APP, **headers: str) -> TestResponse:
    """Send one request from a page on an origin; header names have underscores for hyphens."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().open(path, method=method, headers=sent | ({} if origin is None else {"Origin": origin}))


def preflight(app: Flask, path: str, method: str = "PUT", headers: str = "", origin: str = APP) -> TestResponse:
    """Ask as a browser does before the request itself."""
    more = {"Access_Control_Request_Headers": headers} if headers else {}
    return asks(app, "OPTIONS", path, origin, Access_Control_Request_Method=method, **more)


def cors(answer: TestResponse) -> Lines:
    """Read the CORS headers and Vary; several lines of one name are joined by a bar."""
    names = {name for name, _ in answer.headers if name.lower().startswith("access-control-") or name == "Vary"}
    return {name: " | ".join(answer.headers.getlist(name)) for name in names}


# ---- every kind of answer --------------------------------------------------------------------------

ANSWERS: dict[str, tuple[str, str, int]] = {
    "view": ("GET", "/items", 200),
    "head": ("HEAD", "/items", 200),
    "other-view-of-the-url": ("PUT", "/items", 200),
    "unknown-url": ("GET", "/nowhere", 404),
    "unknown-url-put": ("PUT", "/nowhere", 404),
    "wrong-method": ("POST", "/items", 405),
    "slash-redirect": ("GET", "/folder", 308),
    "slash-redirect-put": ("PUT", "/folder", 308),
    "redirect": ("GET", "/away", 307),
    "abort": ("GET", "/gone", 410),
    "error": ("GET", "/error", 500),
    "options": ("OPTIONS", "/items", 200),
    "options-of-a-view": ("OPTIONS", "/options", 200),
    "options-unknown-url": ("OPTIONS", "/nowhere", 404),
}


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_is_read_by_those_let_in(method: str, path: str, status: int) -> None:
    """Views, errors and what the router says by itself carry exactly the headers of the policy."""
    answer = asks(made(), method, path)
    assert (answer.status_code, cors(answer)) == (status, READ)


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("origin", [STRANGER, "null", "", f"{APP},{APP}", "HTTPS://APP.EXAMPLE.COM", f"{APP}/", None])
def test_no_answer_is_read_by_others(method: str, path: str, status: int, origin: str | None) -> None:
    """Strangers, `null`, no, several and misspelt origins get the answer without a CORS header, but with Vary."""
    answer = asks(made(), method, path, origin)
    assert (answer.status_code, cors(answer)) == (status, VARY)


PREFLIGHTED = ["/items", "/nowhere", "/folder", "/folder/", "/error", "/gone", "/options", "/items?a=1"]


@pytest.mark.parametrize("path", PREFLIGHTED)
def test_a_preflight_is_answered_everywhere(path: str) -> None:
    """Before unknown URLs, slash redirects, wrong methods and views that take OPTIONS: 204, nothing else, no body."""
    answer = preflight(made(), path, "PUT", "content-type,x-one")
    assert (answer.status_code, cors(answer), answer.data) == (204, GRANTED, b"")
    assert {"Content-Type", "Content-Length", "Location", "Allow"} & set(answer.headers.keys()) == set()


REFUSED: dict[str, tuple[Lines, str]] = {
    "stranger": ({"origin": STRANGER}, "origin not allowed"),
    "neighbour": ({"origin": "https://evilexample.com"}, "origin not allowed"),
    "null": ({"origin": "null"}, "origin not allowed"),
    "empty": ({"origin": ""}, "origin not allowed"),
    "two-origins": ({"origin": f"{APP}, {STRANGER}"}, "origin not allowed"),
    "upper-case": ({"origin": "https://APP.example.com"}, "origin not allowed"),
    "method": ({"method": "DELETE"}, "method not allowed"),
    "lower-case-method": ({"method": "put"}, "method not allowed"),
    "empty-method": ({"method": ""}, "method not allowed"),
    "header": ({"headers": "x-one,x-two"}, "request header not allowed"),
}


@pytest.mark.parametrize("path", ["/items", "/nowhere", "/folder", "/options"])
@pytest.mark.parametrize(("asked", "why"), REFUSED.values(), ids=REFUSED)
def test_a_preflight_is_refused_everywhere(path: str, asked: Lines, why: str) -> None:
    """A 403 that has Vary and no CORS header, and says to people what is wrong."""
    answer = preflight(made(), path, **asked)
    assert (answer.status_code, cors(answer)) == (403, VARY_ASKED)
    assert answer.text == f"Refused by this server's CORS policy: a preflight: {why}.\n"
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": APP}, {"Access-Control-Request-Method": "PUT"}, {"Access-Control-Request-Headers": "x-one"}, {}],
    ids=["origin-alone", "request-method-alone", "request-headers-alone", "neither"],
)
def test_an_ordinary_options_goes_on_to_flask(headers: Lines) -> None:
    """What is no preflight is answered by Flask itself, with its Allow, or by the view."""
    client = made().test_client()
    answer = client.options("/items", headers=headers)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (200, {"GET", "HEAD", "PUT", "OPTIONS"})
    assert client.options("/options", headers=headers).text == "the view's own OPTIONS"


def test_a_method_of_ones_own() -> None:
    """Whoever may PUT but not POST may not read the answer of a POST, which needs no preflight."""
    app = made(Policy((APP,), methods=("PUT",)))
    assert cors(asks(app, "PUT", "/items")) == {"Access-Control-Allow-Origin": APP, **VARY}
    assert cors(asks(app, "POST", "/items")) == VARY
    assert cors(asks(app, "GET", "/items")) == VARY


def test_a_method_counts_as_it_was_sent() -> None:
    """Flask takes `put` for PUT, browsers and policies do not."""
    client = made().test_client()
    answer = client.put("/items", headers={"Origin": APP}, environ_overrides={"REQUEST_METHOD": "put"})
    assert (answer.text, cors(answer)) == ("replaced", VARY)


def test_a_public_policy_varies_by_nobody() -> None:
    """`*` for everybody, with an Origin or without, and no Vary but in preflights."""
    app = made(Policy(("*",), methods=("GET", "PUT")))
    public = {"Access-Control-Allow-Origin": "*"}
    for origin in (APP, STRANGER, "null", None):
        assert cors(asks(app, "GET", "/items", origin)) == public
        assert cors(asks(app, "GET", "/nowhere", origin)) == public
    asked = {"Vary": "Access-Control-Request-Method, Access-Control-Request-Headers"}
    assert cors(preflight(app, "/items")) == {**public, "Access-Control-Allow-Methods": "GET, HEAD, PUT", **asked}
    assert cors(preflight(app, "/items", "DELETE")) == asked


# ---- what the app does itself ----------------------------------------------------------------------


def own_headers(app: Flask) -> None:
    """Add views that do CORS themselves, in the view, after it, and in an error."""

    @app.get("/own")
    def own() -> ResponseReturnValue:
        response = make_response("own")
        response.headers.add("Access-Control-Allow-Origin", "*")
        response.headers.add("access-control-allow-origin", STRANGER)
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "*"
        response.headers["ACCESS-CONTROL-ALLOW-PRIVATE-NETWORK"] = "true"
        return response

    @app.after_request
    def late(response: Response) -> Response:
        response.headers.add("Access-Control-Allow-Origin", STRANGER)
        return response


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["/own", "/nowhere", "/error"])
def test_the_apps_own_cors_headers_are_removed(when: str, path: str) -> None:
    """Whoever set them, and whenever: one authority, one line of each header, for those let in and for strangers."""
    app = made(before=own_headers) if when == "before" else made(after=own_headers)
    assert cors(asks(app, "GET", path)) == READ
    assert cors(asks(app, "GET", path, STRANGER)) == VARY
    assert cors(preflight(app, path)) == GRANTED


def test_without_the_hooks_they_would_be_there() -> None:
    """Negative control: the headers that are removed are really set."""
    app = Flask("bare")
    own_headers(app)
    answer = asks(app, "GET", "/own")
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*", STRANGER, STRANGER]


VARIES: dict[str, tuple[list[str], str]] = {
    "none": ([], "Origin"),
    "one": (["Accept-Language"], "Accept-Language, Origin"),
    "list": (["Accept, Accept-Encoding"], "Accept, Accept-Encoding, Origin"),
    "lines": (["Accept", "Accept-Encoding"], "Accept, Accept-Encoding, Origin"),
    "there-already": (["origin, Accept"], "origin, Accept"),
    "untidy": ([" Accept ,, Cookie", ""], "Accept, Cookie, Origin"),
    "star": (["*"], "*"),
    "star-among-others": (["Accept, *"], "Accept, *"),
}


@pytest.mark.parametrize("origin", [APP, STRANGER, None])
@pytest.mark.parametrize(("own", "merged"), VARIES.values(), ids=VARIES)
def test_vary_is_merged(own: list[str], merged: str, origin: str | None) -> None:
    """What the app varies by stays, on however many lines it stood; nothing is said twice, and `*` says it all."""

    def views(app: Flask) -> None:
        @app.get("/varied")
        def varied() -> ResponseReturnValue:
            response = make_response("varied")
            for line in own:
                response.headers.add("Vary", line)
            return response

    assert asks(made(after=views), "GET", "/varied", origin).headers.getlist("Vary") == [merged]


def test_vary_by_cookie_is_added_to() -> None:
    """Flask adds its own, when it saves the session after all hooks."""

    def views(app: Flask) -> None:
        @app.get("/session")
        def seen() -> ResponseReturnValue:
            session["seen"] = True
            return "seen"

    assert asks(made(after=views), "GET", "/session").headers.getlist("Vary") == ["Origin, Cookie"]


def locked(app: Flask) -> None:
    """Have a login check before every request, as apps have it."""

    @app.before_request
    def check() -> None:
        if "Authorization" not in request.headers:
            abort(401)


def preprocessed(app: Flask) -> None:
    """Have one where even earlier code can abort."""

    @app.url_value_preprocessor
    def check(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if "Authorization" not in request.headers:
            abort(401)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("check", [locked, preprocessed], ids=["before-request", "url-value-preprocessor"])
def test_access_checks_see_no_preflight(when: str, check: Prepare) -> None:
    """A preflight has no credentials, so nobody may ask for them; the request itself is checked, and the 401 read."""
    app = made(before=check) if when == "before" else made(after=check)
    for path in ("/items", "/nowhere"):
        answer = preflight(app, path)
        assert (answer.status_code, cors(answer)) == (204, GRANTED)
        assert (preflight(app, path, origin=STRANGER).status_code, asks(app, "PUT", path).status_code) == (403, 401)
        assert cors(asks(app, "PUT", path)) == READ


def test_an_access_check_would_see_the_preflight() -> None:
    """Negative control: without the hooks the same check answers the preflight."""
    app = Flask("bare")
    locked(app)
    assert preflight(app, "/items").status_code == 401


def test_error_handlers_are_read_too() -> None:
    """What an app's own error handlers make is an answer as any other."""

    def handled(app: Flask) -> None:
        @app.errorhandler(404)
        def not_found(_: Exception) -> ResponseReturnValue:
            return {"error": "not found"}, 404

        @app.errorhandler(RuntimeError)
        def failed(_: Exception) -> ResponseReturnValue:
            return {"error": "failed"}, 503

    app = made(after=handled)
    for path, status in (("/nowhere", 404), ("/error", 503)):
        answer = asks(app, "GET", path)
        assert (answer.status_code, cors(answer), answer.is_json) == (status, READ, True)


def test_blueprints_and_method_views() -> None:
    """Endpoints of blueprints have their dots, and what a blueprint adds after requests comes first."""
    blueprint = Blueprint("api", "api", url_prefix="/api")

    class Thing(MethodView):
        def get(self) -> ResponseReturnValue:
            return "got"

        def put(self) -> ResponseReturnValue:
            return "put"

    blueprint.add_url_rule("/thing", view_func=Thing.as_view("thing"))
    blueprint.after_request(_allow_stranger)
    policy = Policy((APP,), methods=("GET", "PUT"), overrides=(Override(endpoint="api.thing", methods=("PUT",)),))
    app = made(policy, after=lambda app: app.register_blueprint(blueprint))
    assert cors(asks(app, "PUT", "/api/thing")) == {"Access-Control-Allow-Origin": APP, **VARY}
    assert cors(asks(app, "GET", "/api/thing")) == VARY
    assert preflight(app, "/api/thing", "GET").status_code == 403


def _allow_stranger(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = STRANGER
    return response


# ---- one policy, several endpoints -----------------------------------------------------------------

BY_ENDPOINT = Policy(
    (APP,),
    methods=("GET",),
    overrides=(
        Override(endpoint="replaced", methods=("PUT",), request_headers=("X-One",)),
        Override(endpoint="folder", origins=("*",), methods=("GET", "PUT")),
        Override(path="/gone", closed=True),
    ),
)


def test_the_router_says_whose_policy_it_is() -> None:
    """Two views at one URL, told apart by the method that is asked for; the slash is the router's business."""
    app = made(BY_ENDPOINT)
    assert preflight(app, "/items", "PUT", "x-one").status_code == 204
    assert preflight(app, "/items", "GET", "x-one").status_code == 403
    assert preflight(app, "/items", "GET").headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert preflight(app, "/folder", "PUT", origin=STRANGER).headers["Access-Control-Allow-Origin"] == "*"
    assert cors(asks(app, "PUT", "/folder", STRANGER)) == {"Access-Control-Allow-Origin": "*"}
    assert cors(asks(app, "PUT", "/folder/", STRANGER)) == {"Access-Control-Allow-Origin": "*"}
    assert cors(asks(app, "POST", "/folder/", STRANGER)) == {}
    assert cors(asks(app, "GET", "/items", STRANGER)) == VARY
    assert (preflight(app, "/gone", "GET").status_code, cors(asks(app, "GET", "/gone"))) == (403, VARY)


@pytest.mark.parametrize(
    "path",
    ["/gone", "//gone", "/./gone", "/GONE", "/gone/", "/gone%2f", "/%67one", "/gone;x", "/gone?a", "/x/../gone"],
)
def test_no_way_of_writing_a_path_gets_round_its_policy(path: str) -> None:
    """Where the view runs, its own policy holds, however the URL is written; elsewhere nothing runs."""
    answer = asks(made(BY_ENDPOINT), "GET", path)
    if answer.status_code == 410:
        assert cors(answer) == VARY
    else:
        assert answer.status_code in (308, 404)


def test_below_a_prefix() -> None:
    """An app that is mounted somewhere is routed from there on, redirects too."""
    app = made(BY_ENDPOINT)
    client = Client(DispatcherMiddleware(Flask("root"), {"/mounted": app}))
    asked = {"Origin": STRANGER, "Access-Control-Request-Method": "PUT"}
    for path in ("/mounted/folder", "/mounted/folder/"):
        assert client.options(path, headers=asked).headers["Access-Control-Allow-Origin"] == "*"
    assert client.options("/mounted/items", headers=asked).status_code == 403


def test_with_hosts_in_the_routes() -> None:
    """Flask's router looks at the host as well, and so does the policy."""

    def views(app: Flask) -> None:
        app.url_map.host_matching = True
        app.add_url_rule("/x", "public", lambda: "public", host="public.test")
        app.add_url_rule("/x", "private", lambda: "private", host="private.test")

    policy = Policy((APP,), overrides=(Override(endpoint="public", origins=("*",)),))
    app = Flask("hosts", static_folder=None, host_matching=True)
    install(app, policy)
    views(app)
    client = app.test_client()
    for host, allowed in (("public.test", "*"), ("private.test", None)):
        answer = client.get("/x", base_url=f"http://{host}", headers={"Origin": STRANGER})
        assert (answer.text, answer.headers.get("Access-Control-Allow-Origin")) == (host.partition(".")[0], allowed)


def test_a_redirect_may_need_escapes() -> None:
    """The router is asked about the path itself, not about how a URL writes it."""
    policy = Policy((APP,), overrides=(Override(endpoint="size", origins=("*",)),))
    app = made(policy, after=lambda app: app.add_url_rule("/größe %/", "size", lambda: "size"))
    answer = preflight(app, "/gr%C3%B6%C3%9Fe%20%25", "GET", origin=STRANGER)
    assert answer.headers.get("Access-Control-Allow-Origin") == "*"


def test_a_redirect_to_another_host_has_no_endpoint() -> None:
    """Where the router sends away, the default policy answers, and nothing fails."""

    def views(app: Flask) -> None:
        app.url_map.add(app.url_rule_class("/old", endpoint="items", redirect_to="https://elsewhere.test/x"))

    app = made(BY_ENDPOINT, after=views)
    assert preflight(app, "/old", "GET").status_code == 204
    assert preflight(app, "/old", "GET", origin=STRANGER).status_code == 403


def plain(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate as everybody does."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapped


def test_a_view_has_a_policy_of_its_own() -> None:
    """`under` holds one view to another policy, before overrides, also beneath other decorators."""

    def views(app: Flask) -> None:
        @app.get("/status")
        @plain
        @under(Policy(("*",)))
        def status() -> ResponseReturnValue:
            return "up"

    policy = Policy((APP,), credentials=True, overrides=(Override(path="/status", closed=True),))
    app = made(policy, after=views)
    assert cors(asks(app, "GET", "/status", STRANGER)) == {"Access-Control-Allow-Origin": "*"}
    assert preflight(app, "/status", "POST", origin=STRANGER).status_code == 204
    assert cors(asks(app, "GET", "/items", STRANGER)) == VARY


def test_a_views_policy_has_no_overrides() -> None:
    """There is no endpoint below a view."""
    with pytest.raises(ValueError, match="no overrides"):
        under(BY_ENDPOINT)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        (Override(endpoint="itmes", closed=True), "overrides[0].endpoint: 'itmes' is not in the app's URL map"),
        (Override(path="/itmes", closed=True), "overrides[0].path: '/itmes' is not in the app's URL map"),
    ],
    ids=["endpoint", "path"],
)
def test_an_override_of_nothing_serves_nothing(override: Override, problem: str) -> None:
    """A misspelt override may be meant to close what is then open: every request fails, and says why."""
    app = made(Policy((APP,), overrides=(override,)))
    app.testing = True
    for method in ("GET", "GET", "OPTIONS"):
        with pytest.raises(PolicyError) as raised:
            asks(app, method, "/items", Access_Control_Request_Method="GET")
        assert problem in str(raised.value)


# ---- installation and its modes --------------------------------------------------------------------


def test_there_are_two_hooks_and_they_come_first() -> None:
    """One before_request and one after_request, in front of what was there; after_request runs backwards."""
    app = Flask("counted")
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    install(app, POLICY)
    for functions in (app.before_request_funcs[None], app.after_request_funcs[None]):
        assert len(functions) == 2
        assert getattr(functions[0], "__module__", "") == hardened.__name__


def test_a_second_installation_is_refused() -> None:
    """Two policies for one app would contradict one another."""
    app = made()
    with pytest.raises(RuntimeError, match="installed on 'made' already"):
        install(app, POLICY)
    assert len(app.after_request_funcs[None]) == 1
    assert cors(asks(app, "GET", "/items")) == READ


def test_two_apps_have_two_policies() -> None:
    """Nothing is shared between apps."""
    one, other = made(), made(Policy((STRANGER,)))
    assert cors(asks(one, "GET", "/items", STRANGER)) == VARY
    assert cors(asks(other, "GET", "/items", STRANGER)) == {"Access-Control-Allow-Origin": STRANGER, **VARY}
    assert cors(asks(one, "GET", "/items")) == READ


def test_requests_in_one_context_do_not_meet() -> None:
    """A context that outlives requests, as in tests, hands nothing from one to the next."""
    app = made()
    with app.app_context():
        assert cors(preflight(app, "/items")) == GRANTED
        assert cors(asks(app, "GET", "/items", STRANGER)) == VARY
        assert cors(preflight(app, "/items", origin=STRANGER)) == VARY_ASKED
        assert cors(asks(app, "GET", "/items")) == READ


TOLD: dict[str, tuple[Lines, int, Lines]] = {
    "granted": ({}, 204, GRANTED),
    "origin": ({"origin": STRANGER}, 204, {**LET_IN, **LISTS, **VARY_ASKED}),
    "null": ({"origin": "null"}, 204, {**LET_IN, **LISTS, **VARY_ASKED}),
    "method": ({"method": "DELETE"}, 204, {**LET_IN, **LISTS, **VARY_ASKED}),
    "header": ({"headers": "x-two"}, 204, {**LET_IN, **LISTS, **VARY_ASKED}),
}


@pytest.mark.parametrize(("asked", "status", "headers"), TOLD.values(), ids=TOLD)
def test_debug_lets_the_browser_say_what_is_missing(asked: Lines, status: int, headers: Lines) -> None:
    """A refused preflight has the policy's own headers, which do not allow what was asked."""
    answer = preflight(made(debug=True), "/items", **asked)
    assert (answer.status_code, cors(answer)) == (status, headers)


def test_debug_changes_no_other_answer() -> None:
    """Only preflights are told more."""
    app = made(debug=True)
    assert cors(asks(app, "GET", "/items")) == READ
    assert cors(asks(app, "GET", "/items", STRANGER)) == VARY


WRITES: dict[str, tuple[str, Lines, bool]] = {
    # method, headers, and whether it is let through
    "let-in": ("PUT", {"Origin": APP}, True),
    "by-pattern": ("PUT", {"Origin": "https://a.example.com"}, True),
    "stranger": ("PUT", {"Origin": STRANGER}, False),
    "null": ("PUT", {"Origin": "null"}, False),
    "empty": ("PUT", {"Origin": ""}, False),
    "two": ("PUT", {"Origin": f"{APP}, {STRANGER}"}, False),
    "method-not-allowed": ("PATCH", {"Origin": APP}, False),
    "no-browser": ("PUT", {}, True),
    "own-page": ("PUT", {"Origin": "http://localhost"}, True),
    "own-page-with-port": ("PUT", {"Origin": "http://localhost:8080", "Host": "localhost:8080"}, True),
    "other-port": ("PUT", {"Origin": "http://localhost:8081", "Host": "localhost:8080"}, False),
    "other-scheme": ("PUT", {"Origin": "https://localhost"}, False),
    "own-page-behind-a-proxy": ("PUT", {"Origin": "https://shop.test", "Sec-Fetch-Site": "same-origin"}, True),
    "own-page-without-referrer": ("PUT", {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
    "same-site-is-not-same-origin": ("PUT", {"Origin": STRANGER, "Sec-Fetch-Site": "same-site"}, False),
    "cross-site": ("PUT", {"Origin": STRANGER, "Sec-Fetch-Site": "cross-site"}, False),
    "reading": ("GET", {"Origin": STRANGER}, True),
    "head": ("HEAD", {"Origin": STRANGER}, True),
    "options": ("OPTIONS", {"Origin": STRANGER}, True),
}


@pytest.mark.parametrize("refuse", [True, False], ids=["refusing", "control"])
@pytest.mark.parametrize(("method", "headers", "through"), WRITES.values(), ids=WRITES)
def test_writes_of_strangers_can_be_refused(method: str, headers: Lines, through: bool, refuse: bool) -> None:
    """Where it is wanted, what CORS alone lets happen unread does not happen; otherwise it does."""
    happened: list[str] = []

    def views(app: Flask) -> None:
        @app.route("/write", methods=["GET", "PUT", "PATCH", "OPTIONS"])
        def write() -> ResponseReturnValue:
            happened.append(request.method)
            return "written"

    app = made(after=views, refuse_writes=refuse)
    answer = app.test_client().open("/write", method=method, headers=headers)
    assert happened == ([method] if through or not refuse else [])
    if not happened:
        assert (answer.status_code, cors(answer)) == (403, VARY)
        assert answer.text.startswith("Refused by this server's CORS policy: a write")


def test_writes_are_refused_before_access_checks_and_errors() -> None:
    """A stranger learns nothing about what is there."""
    app = made(before=locked, refuse_writes=True)
    assert [asks(app, "POST", path, STRANGER).status_code for path in ("/items", "/nowhere", "/folder")] == [403] * 3


@pytest.mark.parametrize("path", ["/public", "/own"])
def test_writes_go_by_the_endpoints_policy(path: str) -> None:
    """What is open to everybody stays so."""

    def views(app: Flask) -> None:
        app.add_url_rule("/public", "public", lambda: "written", methods=["POST"])
        app.add_url_rule("/own", "own", under(Policy(("*",)))(lambda: "written"), methods=["POST"])

    policy = Policy((APP,), overrides=(Override(endpoint="public", origins=("*",)),))
    app = made(policy, after=views, refuse_writes=True)
    assert asks(app, "POST", path, STRANGER).status_code == 200
    assert asks(app, "POST", "/items", STRANGER).status_code == 403


# ---- what the README shows -------------------------------------------------------------------------

SECTION = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = SECTION.partition("## Hooks for your own app")[2].partition("\n## ")[0]
SNIPPETS = [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", SECTION, re.MULTILINE)]


def test_the_readmes_hooks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of installing work as they are written."""
    in_python, from_file, _ = SNIPPETS
    (tmp_path / "cors.toml").write_text(f'origins = ["{APP}"]', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for snippet in (in_python, f"from server_site.hooks.hardened import install\n{from_file}"):
        app = Flask("readme")
        exec(compile(snippet, "README.md", "exec"), {"app": app, "Path": Path})
        assert cors(asks(app, "GET", "/nowhere"))["Access-Control-Allow-Origin"] == APP


def test_the_readmes_complaint_is_made() -> None:
    """What is shown of a policy with mistakes is what is said, word for word."""
    with pytest.raises(PolicyError) as raised:
        loads(f'origins = ["{APP}/"]\nmethods = ["GET", "put"]')
    assert str(raised.value) == SNIPPETS[2].strip()
