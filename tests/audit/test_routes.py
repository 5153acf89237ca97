"""Routes as real applications and real documents tell them, filled in so that a view answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import fastapi
import flask
import httpx
import litestar
import pytest
import quart
import trustme
from fastapi.staticfiles import StaticFiles
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from harness.audit.routes import A_UUID, Discovery, Route, discover
from harness.audit.target import Target
from harness.sites import Sites, asgi_form
from harness.wire import Wire


def told(app: Any, **how: Any) -> Discovery:
    """Return what an application in this process tells."""
    return discover(Target("app", app=app), **how)


def answers(app: Any, discovery: Discovery) -> dict[str, int]:
    """Return the status with which an application that is served answers each route, by its first method."""
    with Sites(Wire()) as sites, httpx.Client(trust_env=False) as client:
        origin = sites.serve(app, "app").origin("127.0.0.1")
        return {one.path: client.request(one.methods[0], origin + one.path).status_code for one in discovery.routes}


# ---- Flask ------------------------------------------------------------------------------------------


def view(**_: object) -> str:
    """Answer."""
    return "ok"


def flask_app(*rules: str, **options: Any) -> flask.Flask:
    """Make an application with these rules."""
    app = flask.Flask(__name__)
    for index, rule in enumerate(rules):
        app.add_url_rule(rule, f"view{index}", view, **options)
    return app


RULES = {
    "/": "/",
    "/plain": "/plain",
    "/slash/": "/slash/",
    "/<name>": "/x",
    "/<string(length=3):code>": "/xxx",
    "/<string(minlength=2):code>": "/xx",
    "/<int:number>/sub": "/1/sub",
    "/<int(min=5):number>": "/5",
    "/<int(fixed_digits=3):number>": "/001",
    "/<int(signed=True):number>": "/1",
    "/<float:number>": "/1.0",
    "/<uuid:key>": f"/{A_UUID}",
    "/<path:rest>": "/x",
    "/<any(about, help):page>": "/about",
    "/<any('a b', help):page>": "/a%20b",
    "/a/<int:first>-<second>": "/a/1-x",
    "/été": "/%C3%A9t%C3%A9",
}


@pytest.mark.parametrize(("rule", "path"), RULES.items())
def test_flask_values(rule: str, path: str) -> None:
    """Each converter gets a value that it takes: the path answers 200."""
    app = flask_app(rule)
    discovery = told(app)
    assert discovery.routes == (Route(path, ("GET",), "view0", rule),)
    assert discovery.source == "the URL map"
    assert answers(app, discovery) == {path: 200}


def test_flask_defaults() -> None:
    """A default value that only redirects to the shorter rule is not taken."""
    app = flask.Flask(__name__)
    app.add_url_rule("/pages/", "pages", view, defaults={"page": 1})
    app.add_url_rule("/pages/<int:page>", "pages", view)
    discovery = told(app)
    assert answers(app, discovery) == {"/pages/": 200, "/pages/2": 200}


def test_flask_methods() -> None:
    """Methods are those that the application declares, of all rules for a path; its order is kept."""
    app = flask.Flask(__name__)
    app.add_url_rule("/b", "read", view)
    app.add_url_rule("/a", "fancy", view, methods=["FANCY", "POST"])
    app.add_url_rule("/b", "write", view, methods=["DELETE", "PUT", "OPTIONS"], provide_automatic_options=False)
    assert told(app).routes == (
        Route("/b", ("GET", "PUT", "DELETE", "OPTIONS"), "read", "/b"),
        Route("/a", ("POST", "FANCY"), "fancy", "/a"),
    )


def test_flask_leaves_out() -> None:
    """Static files are left out in silence; a rule without a plausible value or on another host is told."""

    class Roman(BaseConverter):
        regex = "[IVX]+"

    app = flask.Flask(__name__)
    app.url_map.converters["roman"] = Roman
    blueprint = flask.Blueprint("part", __name__, static_folder="files", url_prefix="/part")
    blueprint.add_url_rule("/it", "it", view)
    app.register_blueprint(blueprint)
    app.add_url_rule("/<roman:year>", "year", view)
    discovery = told(app)
    assert [route.path for route in discovery.routes] == ["/part/it"]
    assert discovery.left_out == ("no value or host is known that leads to /<roman:year>",)


WRAPPED: dict[str, Callable[[flask.Flask], Any]] = {
    "wsgi-app": lambda app: ProxyFix(app.wsgi_app),
    "app": lambda app: ProxyFix(ProxyFix(app)),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_middleware_is_looked_through(wrap: Callable[[flask.Flask], Any]) -> None:
    """An application inside middlewares tells its routes all the same."""
    assert [route.path for route in told(wrap(flask_app("/a"))).routes] == ["/a"]


def test_quart() -> None:
    """Quart has Flask's URL map; what speaks WebSocket is left out."""
    app = quart.Quart(__name__)
    app.add_url_rule("/items/<int:number>", "item", view, methods=["GET", "PUT"])
    app.add_websocket("/live", "live", view)
    assert told(app).routes == (Route("/items/1", ("GET", "PUT"), "item", "/items/<int:number>"),)


# ---- Starlette and its kin --------------------------------------------------------------------------


async def endpoint(request: Request) -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("ok")


def test_starlette() -> None:
    """Routes, also those that are mounted, with a value for each converter; no WebSocket, no files."""
    inner = [StarletteRoute("/deep/{name}", endpoint), Mount("/deeper", routes=[StarletteRoute("/", endpoint)])]
    app = Starlette(
        routes=[
            StarletteRoute("/", endpoint, name="home"),
            StarletteRoute("/items/{id:int}", endpoint, methods=["PUT", "GET"]),
            StarletteRoute("/{a:float}/{b:uuid}/{c:path}", endpoint, methods=["POST"]),
            WebSocketRoute("/live", endpoint),
            Mount("/static", StaticFiles(directory=".")),
            Mount("/sub", routes=inner),
        ]
    )
    discovery = told(CORSMiddleware(app))
    assert discovery.routes == (
        Route("/", ("GET",), "home", "/"),
        Route("/items/1", ("GET", "PUT"), "endpoint", "/items/{id}"),
        Route(f"/1.0/{A_UUID}/x", ("POST",), "endpoint", "/{a}/{b}/{c}"),
        Route("/sub/deep/x", ("GET",), "endpoint", "/sub/deep/{name}"),
        Route("/sub/deeper/", ("GET",), "endpoint", "/sub/deeper/"),
    )
    assert set(answers(app, discovery).values()) == {200}


def fastapi_app() -> fastapi.FastAPI:
    """Make an application with typed variables, a mounted part and a hidden route."""
    app, inner = fastapi.FastAPI(), fastapi.FastAPI()

    @app.get("/items/{number}")
    async def read(number: int, verbose: bool = False) -> int:
        return number

    @app.put("/items/{number}")
    async def write(number: int) -> int:
        return number

    @app.get("/kinds/{kind}")
    async def kind(kind: str = fastapi.Path(pattern="^(a|b)$", examples=["b"])) -> str:
        return kind

    @app.get("/hidden", include_in_schema=False)
    async def hidden() -> str:
        return "ok"

    @inner.get("/deep/{number}")
    async def deep(number: int) -> str:
        return "ok"

    app.mount("/sub", inner)
    return app


def test_fastapi() -> None:
    """The document knows the types of the variables; mounted and hidden routes are added, its own pages are not."""
    app = fastapi_app()
    discovery = told(app)
    assert [(route.path, route.methods, route.template) for route in discovery.routes] == [
        ("/items/1", ("GET", "PUT"), "/items/{number}"),
        ("/kinds/b", ("GET",), "/kinds/{kind}"),
        ("/hidden", ("GET",), "/hidden"),
        ("/sub/deep/1", ("GET",), "/sub/deep/{number}"),
    ]
    assert discovery.source == "the application's OpenAPI document"
    assert set(answers(app, discovery).values()) == {200}


def test_fastapi_that_cannot_tell() -> None:
    """An application whose document cannot be made tells its routes, and that is told."""
    app = fastapi_app()

    def broken() -> dict[str, Any]:
        raise KeyError("title")

    app.openapi = broken  # type: ignore[method-assign]
    discovery = told(app)
    assert Route("/items/x", ("GET", "PUT"), "read", "/items/{number}") in discovery.routes
    assert discovery.left_out == ("the application's OpenAPI document, which it fails to make: KeyError: 'title'",)


def test_mounted_flask() -> None:
    """An application of another kind that is mounted is asked too."""
    app = Starlette(routes=[Mount("/old", asgi_form(flask_app("/a/<int:number>")))])
    discovery = told(app)
    assert discovery.routes == (Route("/old/a/1", ("GET",), "view0", "/old/a/<int:number>"),)
    assert answers(app, discovery) == {"/old/a/1": 200}


def test_litestar() -> None:
    """Litestar's routes have the types of their variables in their paths; the pages of its own are left out."""

    @litestar.get("/items/{number:int}", sync_to_thread=False)
    def item(number: FromPath[int]) -> int:
        return number

    app = litestar.Litestar([item], logging_config=None)  # which would be that of every test
    discovery = told(app)
    assert [(route.path, route.template) for route in discovery.routes] == [("/items/1", "/items/{number}")]
    assert answers(app, discovery) == {"/items/1": 200}


# ---- documents --------------------------------------------------------------------------------------


def documents(**by_path: object) -> flask.Flask:
    """Make a server of documents: ``openapi`` at /openapi.json and so on; below /v1 too."""
    app = flask.Flask(__name__)

    @app.get("/<name>.json")
    @app.get("/v1/<name>.json")
    def document(name: str) -> flask.Response:
        if name not in by_path:
            flask.abort(404)
        text = by_path[name]
        return flask.Response(text if isinstance(text, str) else json.dumps(text))

    return app


def of_server(prefix: str = "", **by_path: object) -> tuple[Discovery, str]:
    """Return what a server of these documents tells to who knows its URL, and the URL."""
    with Sites(Wire()) as sites:
        url = sites.serve(documents(**by_path), "documents").origin("127.0.0.1") + prefix
        return discover(Target(url, url=url)), url


def path_item(*parameters: object, **operations: object) -> dict[str, Any]:
    """Return a path item with these operations, or GET."""
    return {"parameters": list(parameters), **(operations or {"get": {}})}


def in_path(name: str, **described: object) -> dict[str, Any]:
    """Return a parameter in the path."""
    return {"name": name, "in": "path", "required": True, **described}


OPENAPI = {
    "openapi": "3.1.0",
    "components": {
        "parameters": {"Key": in_path("key", schema={"$ref": "#/components/schemas/Key~1s"})},
        "schemas": {"Key/s": {"type": "string", "format": "uuid"}},
    },
    "paths": {
        "x-extension": "ignored",
        "/items": path_item(get={"operationId": "list"}, post={}, summary="no operation"),
        "/only/described": {"summary": "nothing to ask"},
        "/example/{a}": path_item(in_path("a", example="e x/1", schema={"type": "integer"})),
        "/examples/{a}": path_item(in_path("a", examples={"one": {"value": "first"}, "two": {"value": "second"}})),
        "/default/{a}": path_item(in_path("a", schema={"type": "string", "default": "d"})),
        "/enum/{a}": path_item(in_path("a", schema={"type": "string", "enum": ["small", "big"]})),
        "/listed/{a}": path_item(in_path("a", schema={"examples": [7]})),
        "/types/{a}/{b}/{c}": path_item(
            in_path("a", schema={"type": "integer"}),
            in_path("b", schema={"type": "integer", "minimum": 10}),
            in_path("c", schema={"type": "number"}),
        ),
        "/reference/{key}": path_item({"$ref": "#/components/parameters/Key"}),
        "/operation/{a}/{b}": path_item(
            {"name": "a", "in": "query", "example": "query"},
            get={"parameters": [in_path("a", schema={"type": "string", "minLength": 3})]},
        ),
    },
}
FILLED = [
    Route("/items", ("GET", "POST"), "list", "/items"),
    Route("/example/e%20x%2F1", ("GET",), "", "/example/{a}"),
    Route("/examples/first", ("GET",), "", "/examples/{a}"),
    Route("/default/d", ("GET",), "", "/default/{a}"),
    Route("/enum/small", ("GET",), "", "/enum/{a}"),
    Route("/listed/7", ("GET",), "", "/listed/{a}"),
    Route("/types/1/10/1.0", ("GET",), "", "/types/{a}/{b}/{c}"),
    Route(f"/reference/{A_UUID}", ("GET",), "", "/reference/{key}"),
    Route("/operation/xxx/x", ("GET",), "", "/operation/{a}/{b}"),
]


def test_openapi_document() -> None:
    """Each path of a document, with its examples, defaults, first members, or values of its types."""
    discovery, url = of_server(openapi=OPENAPI)
    assert list(discovery.routes) == FILLED
    assert discovery.source == f"{url}/openapi.json"
    assert discovery.asked == (f"{url}/openapi.json",)
    assert discovery.left_out == ()


SERVERS = {
    "none": ({}, "", "/items"),
    "none-below-a-prefix": ({}, "/v1", "/v1/items"),
    "a-path": ({"servers": [{"url": "/api/"}, {"url": "/other"}]}, "", "/api/items"),
    "a-url": ({"servers": [{"url": "https://api.example.com/v2"}]}, "/v1", "/v2/items"),
    "beside-the-document": ({"servers": [{"url": "./"}]}, "/v1", "/v1/items"),
    "the-root": ({"servers": [{"url": "/"}]}, "/v1", "/items"),
    "with-variables": (
        {
            "servers": [
                {"url": "https://{host}/{base}", "variables": {"host": {"default": "a"}, "base": {"default": "b"}}}
            ]
        },
        "",
        "/b/items",
    ),
    "of-swagger": ({"swagger": "2.0", "basePath": "/old"}, "", "/old/items"),
    "of-swagger-without": ({"swagger": "2.0"}, "", "/items"),
}


@pytest.mark.parametrize(("more", "prefix", "path"), SERVERS.values(), ids=SERVERS)
def test_base_path(more: dict[str, object], prefix: str, path: str) -> None:
    """The paths of a document are below its first server, or where the target itself is."""
    discovery, _ = of_server(prefix, openapi={"paths": {"/items": path_item()}, **more})
    assert [(route.path, route.template) for route in discovery.routes] == [(path, path)]


def test_swagger_document() -> None:
    """Swagger 2 says types beside the name; its usual file is asked for where the other is not there."""
    parameters = [in_path("a", type="integer"), in_path("b", type="string", enum=["z"])]
    swagger = {"swagger": "2.0", "paths": {"/{a}/{b}": path_item(*parameters, delete={}, get={})}}
    discovery, url = of_server(swagger=swagger)
    assert discovery.routes == (Route("/1/z", ("GET", "DELETE"), "", "/{a}/{b}"),)
    assert discovery.source == f"{url}/swagger.json"
    assert discovery.asked == (f"{url}/openapi.json", f"{url}/swagger.json")
    assert discovery.left_out == (f"{url}/openapi.json: no OpenAPI document (status 404)",)


NO_DOCUMENTS = {
    "no-json": ("<html>", "no OpenAPI document (its body is no JSON)"),
    "no-object": ([1], "no OpenAPI document (it has no paths)"),
    "no-paths": ({"openapi": "3.0.0"}, "no OpenAPI document (it has no paths)"),
    "a-path-that-is-none": ({"paths": {"/a": 1}}, "no OpenAPI document (a description is no object)"),
    "in-circles": (
        {"paths": {"/a": {"$ref": "#/paths/~1a"}}},
        "no OpenAPI document (its references go round in circles)",
    ),
    "a-reference-to-nothing": ({"paths": {"/a": {"$ref": "#/nowhere"}}}, "'nowhere'"),
    "an-operation-that-is-none": ({"paths": {"/a": {"get": 1}}}, "'int' object has no attribute 'get'"),
}


@pytest.mark.parametrize(("document", "why"), NO_DOCUMENTS.values(), ids=NO_DOCUMENTS)
def test_no_document(document: object, why: str) -> None:
    """What is no document tells nothing, and why is told."""
    discovery, url = of_server(openapi=document)
    assert discovery.routes == ()
    assert discovery.left_out == (
        f"{url}/openapi.json: {why}",
        f"{url}/swagger.json: no OpenAPI document (status 404)",
    )


def test_server_that_is_gone() -> None:
    """A server that does not answer tells nothing."""
    with Sites(Wire()) as sites:
        site = sites.serve(documents(), "gone")
        url = site.origin("127.0.0.1")
        sites.stop(site)
        discovery = discover(Target(url, url=url))
    assert discovery.routes == ()
    assert discovery.left_out[0] == f"{url}/openapi.json: the connection is refused: nothing listens there"


def test_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document is taken from whom the certificate speaks for, by SSL_CERT_FILE, or from anybody."""
    with Sites(Wire()) as sites:
        target = Target("secure", url=sites.serve(documents(openapi=OPENAPI), "secure", tls=True).origin())
        sites._authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
        assert discover(target).routes == ()
        assert discover(target).left_out[0].startswith(f"{target.url}/openapi.json: TLS: ")
        assert list(discover(target, verify=False).routes) == FILLED
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert list(discover(target).routes) == FILLED


def test_application_that_serves_its_document() -> None:
    """An application of an unknown kind is asked for its document where it is being served."""
    inner = documents(openapi=OPENAPI)

    def unknown(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return inner(environ, start_response)

    assert told(unknown) == Discovery(())
    with Sites(Wire()) as sites:
        url = sites.serve(unknown, "unknown", tls=True).origin("127.0.0.1")
        assert list(told(unknown, at=url).routes) == FILLED
        # A server is asked at its own URL, wherever our relay to it is.
        server = sites.serve(inner, "server").origin("127.0.0.1")
        assert discover(Target("server", url=server), at=url).source == f"{server}/openapi.json"


# ---- what the user says -----------------------------------------------------------------------------


def test_paths_of_the_user() -> None:
    """The user's paths are all that is asked, once each, with what is known of their methods."""
    app = flask_app("/items/<int:number>", "/other", methods=["GET", "PUT"])
    discovery = told(app, paths=["/items/42?full=1", "new", "/other", "new"])
    assert discovery.routes == (
        Route("/items/42?full=1", ("GET", "PUT"), "view0", "/items/<int:number>"),
        Route("/new", ("GET",)),
        Route("/other", ("GET", "PUT"), "view1", "/other"),
    )
    assert discovery.source == "--path"


def test_paths_below_a_prefix() -> None:
    """The user's paths are below the path of the target's URL."""
    with Sites(Wire()) as sites:
        url = sites.serve(documents(openapi=OPENAPI), "documents").origin("127.0.0.1") + "/v1"
        discovery = discover(Target(url, url=url), paths=["/items", "/x"])
    assert [(one.path, one.methods) for one in discovery.routes] == [
        ("/v1/items", ("GET", "POST")),
        ("/v1/x", ("GET",)),
    ]


def test_limit() -> None:
    """Beyond the limit paths are left out, told by number and by name."""
    app = flask_app(*(f"/{index}" for index in range(15)))
    assert len(told(app).routes) == 15
    discovery = told(app, limit=4)
    assert [route.path for route in discovery.routes] == ["/0", "/1", "/2", "/3"]
    named = ", ".join(f"/{index}" for index in range(4, 14))
    assert discovery.left_out == (f"11 of 15 paths, beyond the first 4: {named}, …",)
    assert told(app, limit=14).left_out == ("1 of 15 paths, beyond the first 14: /14",)


def test_nothing_is_known() -> None:
    """An application of an unknown kind has no routes but those that the user names."""

    def unknown(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return []

    assert told(unknown) == Discovery(())
    assert told(unknown, paths=["/a"]) == Discovery((Route("/a"),), "--path")
