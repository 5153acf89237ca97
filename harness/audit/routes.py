"""Which paths of a target an audit asks: those that the user names, else those that the application itself tells.

An application in this process is asked for its routes (the URL map of Flask and Quart, the routes of Starlette, FastAPI
and Litestar), and a server for its OpenAPI document; nothing is guessed or crawled. Variables in a path get a plausible
value, so that a view answers and not a 404. Frameworks are known by their shape and never imported.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
from werkzeug.exceptions import HTTPException

from harness.audit.target import ANSWER_DEADLINE, Target, trouble_of

LIMIT = 50
DOCUMENTS = ("/openapi.json", "/swagger.json")
DOCUMENT_LIMIT = 10_000_000  # bytes
NAMED = 10  # paths left out that are told by name
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
A_UUID = "00000000-0000-4000-8000-000000000000"
_INNER = ("app", "wsgi_app", "application", "_app", "__self__")  # where middlewares keep what they wrap
_DEPTH = 10  # middlewares
_FRAMEWORKS = frozenset({"starlette", "fastapi", "litestar"})


@dataclass(frozen=True)
class Route:
    """One path to ask, its variables filled in; ``template`` is the path as the application declares it.

    ``source`` is the file and the line of the code that answers, where the application tells it.
    """

    path: str
    methods: tuple[str, ...] = ("GET",)
    endpoint: str = ""
    template: str = ""
    source: tuple[str, int] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Discovery:
    """What is to be asked, who told so, what is left out and why, and the URLs that were asked to learn it."""

    routes: tuple[Route, ...]
    source: str = ""
    left_out: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass
class _Told:
    """What is known so far."""

    routes: list[Route]
    source: str = ""
    left_out: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


def discover(
    target: Target, *, at: str | None = None, paths: Iterable[str] = (), limit: int = LIMIT, verify: bool = True
) -> Discovery:
    """Return the routes of a target, in its own order and each path once.

    ``paths`` are the user's: where there are any they are all that is asked, and discovery only adds what is known of
    their methods. ``at`` is where an application is being served, for the OpenAPI document of one whose routes cannot
    be read, and whose certificate is ours; a URL target is asked at its URL. Of what the application tells, at most
    ``limit`` paths are taken.
    """
    told = _told_by(target.app) if target.is_in_process else None
    if told is None and (base := target.url or at) is not None:
        told = _documented(base, verify=verify and not target.is_in_process)
    told = told or _Told([])
    known = _merged(told.routes)
    if named := tuple(dict.fromkeys(paths)):
        routes = tuple(_known_as(target.prefix + _rooted(path), known) for path in named)
        return Discovery(routes, "--path", (), told.asked)
    left_out = told.left_out
    if surplus := known[limit:]:
        names = ", ".join(route.path for route in surplus[:NAMED]) + (", …" if len(surplus) > NAMED else "")
        left_out += (f"{len(surplus)} of {len(known)} paths, beyond the first {limit}: {names}",)
    return Discovery(known[:limit], told.source, left_out, told.asked)


def views(target: Target) -> tuple[Route, ...]:
    """Return the routes of an application one by one, several with one path too; none where they cannot be read."""
    told = _told_by(target.app)
    return () if told is None else tuple(told.routes)


def sockets(target: Target) -> tuple[str, ...]:
    """Return the paths of WebSockets that an application of Starlette or FastAPI tells, or Quart."""
    for app in layers(target.app):
        if hasattr(getattr(app, "url_map", None), "iter_rules"):
            rules = [rule for rule in app.url_map.iter_rules() if getattr(rule, "websocket", False)]
            return tuple(_VARIABLE.sub(partial(_value, defaults={}, other=False), rule.rule) for rule in rules)
        if isinstance(getattr(app, "routes", None), Iterable):
            return tuple(_sockets(app.routes, ""))
    return ()


def _sockets(routes: Iterable[Any], prefix: str) -> Iterator[str]:
    for route in routes:
        path = getattr(route, "path", None)
        if isinstance(getattr(route, "routes", None), Iterable):
            yield from _sockets(route.routes, prefix + (path or "").rstrip("/"))
        elif isinstance(path, str) and not hasattr(route, "methods"):
            yield prefix + _BRACED.sub(lambda found: _OF_TYPE.get(found["type"] or "", "x"), path)


def layers(app: Any) -> Iterator[Any]:
    """Yield an application and what its middlewares wrap."""
    for _ in range(_DEPTH):
        yield app
        app = next((inner for name in _INNER if callable(inner := getattr(app, name, None))), None)


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _merged(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return each path once, with the methods of all its routes."""
    found: dict[str, Route] = {}
    for route in routes:
        first = found.setdefault(route.path, route)
        found[route.path] = replace(first, methods=_ordered({*first.methods, *route.methods}))
    return tuple(found.values())


def _ordered(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(methods, key=lambda method: (VERBS.index(method) if method in VERBS else len(VERBS), method)))


def _known_as(path: str, known: Iterable[Route]) -> Route:
    plain = path.partition("?")[0]
    for route in known:
        if plain == route.path or _pattern(route.template).fullmatch(plain):
            return replace(route, path=path)
    return Route(path)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\}|<[^>]*>)", template)
    return re.compile("".join("[^/]+" if index % 2 else re.escape(part) for index, part in enumerate(parts)))


def _told_by(app: Any) -> _Told | None:
    """Ask an application, or what its middlewares wrap, for its routes; None where it is of no kind that we know."""
    for layer in layers(app):
        if hasattr(getattr(layer, "url_map", None), "iter_rules"):
            return _by_url_map(layer)
        if callable(getattr(layer, "openapi", None)) and hasattr(layer, "routes"):
            return _by_fastapi(layer)
        if isinstance(getattr(layer, "routes", None), Iterable):
            return _Told(list(_starlette(layer.routes)), "the application's routes")
    return None


# ---- Flask ------------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"<(?:(?P<converter>[^\W\d]\w*)(?:\((?P<arguments>[^)]*)\))?:)?(?P<name>[^\W\d]\w*)>")


def _by_url_map(app: Any) -> _Told:
    told, unknown = _Told([], "the URL map"), []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[2] == "static" or rule.build_only or getattr(rule, "websocket", False):
            continue
        path = _matching(app.url_map, rule)
        if path is None:
            unknown.append(rule.rule)
        else:
            view = getattr(app, "view_functions", {}).get(rule.endpoint)
            told.routes.append(Route(path, _declared(rule), rule.endpoint, rule.rule, _source(view)))
    if unknown:
        told.left_out = (f"no value or host is known that leads to {', '.join(unknown)}",)
    return told


def _source(view: Any) -> tuple[str, int] | None:
    """Return where a view is written, beneath its decorators; None for what is no Python function."""
    view = getattr(view, "view_class", view)  # Flask's views that are classes
    try:
        inner = inspect.unwrap(getattr(view, "fn", view))
        return str(inspect.getsourcefile(inner)), inspect.getsourcelines(inner)[1] or 1
    except (TypeError, OSError, ValueError):
        return None


def _declared(rule: Any) -> tuple[str, ...]:
    """Return the methods of a rule, without those that the framework adds by itself."""
    methods = set(rule.methods or ("GET",))
    if "GET" in methods:
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", True):
        methods.discard("OPTIONS")
    return _ordered(methods)


def _matching(url_map: Any, rule: Any) -> str | None:
    """Return a path that the map itself leads to this rule; None where no plausible value does."""
    adapter = url_map.bind("localhost")
    for other in (False, True):
        value = partial(_value, defaults=rule.defaults or {}, other=other)
        path = _VARIABLE.sub(value, rule.rule)
        for method in sorted(rule.methods or ("GET",)):
            try:
                matched, _ = adapter.match(path, method, return_rule=True)
            except HTTPException:  # a redirect of werkzeug's is one too
                continue
            if matched.endpoint == rule.endpoint:
                return quote(path, safe="/:@!$&'()*+,;=~%")
    return None


def _value(variable: re.Match[str], *, defaults: Mapping[str, Any], other: bool) -> str:
    """Return a plausible value of a variable; the ``other`` one where the first is a default that redirects."""
    arguments = variable["arguments"] or ""
    if variable["name"] in defaults and not other:
        return str(defaults[variable["name"]])
    named: dict[str, str] = dict(re.findall(r"(\w+)\s*=\s*(-?\d+)", arguments))
    match variable["converter"] or "string":
        case "int":
            return str(max(int(named.get("min", 1)), 1) + other).zfill(int(named.get("fixed_digits", 0)))
        case "float":
            return str(max(float(named.get("min", 1)), 1.0) + other)
        case "uuid":
            return A_UUID
        case "any":
            return re.split(r"\s*,\s*", arguments.strip())[other and "," in arguments].strip("\"' ")
        case _:
            return ("y" if other else "x") * int(named.get("length") or named.get("minlength") or 1)


# ---- Starlette, FastAPI, Litestar -------------------------------------------------------------------

_BRACED = re.compile(r"\{(?P<name>[^}:]+)(?::(?P<type>\w+))?\}")
_OF_TYPE = {"int": "1", "integer": "1", "float": "1.0", "number": "1.0", "decimal": "1.0", "uuid": A_UUID}


def _starlette(routes: Iterable[Any]) -> Iterator[Route]:
    for route in routes:
        template = getattr(route, "path", None)
        if not isinstance(template, str) or _is_of_the_framework(route):
            continue
        if getattr(route, "methods", None):
            methods = set(route.methods)
            if "GET" in methods:
                methods.discard("HEAD")
            filled = _BRACED.sub(lambda found: _OF_TYPE.get(found["type"] or "", "x"), template)
            name, source = str(getattr(route, "name", None) or ""), _source(_handlers(route)[0])
            yield Route(filled, _ordered(methods), name, _typeless(template), source)
        elif mounted := _told_by(getattr(route, "app", None)):
            below = template.rstrip("/")
            yield from (replace(one, path=below + one.path, template=below + one.template) for one in mounted.routes)


def _is_of_the_framework(route: Any) -> bool:
    """Tell whether no code of the user answers a route: the pages that show an OpenAPI document."""
    modules = [str(getattr(getattr(handler, "fn", handler), "__module__", "")) for handler in _handlers(route)]
    return all(module.partition(".")[0] in _FRAMEWORKS for module in modules)


def _handlers(route: Any) -> list[Any]:
    return list(getattr(route, "route_handlers", None) or [getattr(route, "endpoint", None)])


def _typeless(template: str) -> str:
    return _BRACED.sub(lambda found: f"{{{found['name']}}}", template)


def _by_fastapi(app: Any) -> _Told:
    """Take what the document says, whose variables have types, and the routes that are not in it (mounted ones)."""
    try:
        routes = list(_openapi(app.openapi(), lambda _: ""))
    except Exception as error:
        # The user's own code makes the document; without it the routes are still there.
        said = f"the application's OpenAPI document, which it fails to make: {type(error).__name__}: {error}"
        return _Told(list(_starlette(app.routes)), "the application's routes", (said,))
    known, written = {route.template for route in routes}, list(_starlette(app.routes))
    sources = {route.template: route.source for route in written}
    routes = [replace(route, source=sources.get(route.template)) for route in routes]
    routes += [route for route in written if route.template not in known]
    return _Told(routes, "the application's OpenAPI document")


# ---- OpenAPI ----------------------------------------------------------------------------------------


def _documented(base: str, *, verify: bool) -> _Told:
    """Ask a server for its document; what is not there, or is none, tells nothing."""
    prefix = urlsplit(base).path.rstrip("/")
    told = _Told([])
    context = httpx.create_ssl_context(verify=verify)  # made here it heeds SSL_CERT_FILE
    with httpx.Client(verify=context, timeout=ANSWER_DEADLINE, trust_env=False) as client:
        for path in DOCUMENTS:
            url = base.rstrip("/") + path
            told.asked += (url,)
            try:
                document = _json(client, url)
                routes = list(_openapi(document, partial(_below, prefix=prefix, document=url)))
            except httpx.HTTPError as error:
                told.left_out += (f"{url}: {trouble_of(error, ANSWER_DEADLINE)[1]}",)
                break
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                told.left_out += (f"{url}: {error}",)
                continue
            if routes:
                return replace(told, routes=routes, source=url)
    return told


def _json(client: httpx.Client, url: str) -> Any:
    body = b""
    with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        if response.status_code != 200:
            raise ValueError(f"no OpenAPI document (status {response.status_code})")
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > DOCUMENT_LIMIT:
                raise ValueError(f"longer than {DOCUMENT_LIMIT} bytes")
    try:
        return json.loads(body)
    except ValueError:
        raise ValueError("no OpenAPI document (its body is no JSON)") from None


def _below(server: str | None, prefix: str, document: str) -> str:
    """Return the path of a server entry, which is relative to its document; the target's own where there is none."""
    return prefix if server is None else urlsplit(urljoin(document, server)).path.rstrip("/")


def _openapi(document: Any, below: Callable[[str | None], str]) -> Iterator[Route]:
    """Yield the routes of an OpenAPI 3 or Swagger 2 document; ``below`` makes a path of its first server's URL."""
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise ValueError("no OpenAPI document (it has no paths)")
    base = below(_server(document))
    for template, described in document["paths"].items():
        if not template.startswith("/"):
            continue  # an extension (x-…)
        item = _resolved(document, described)
        operations = {verb.upper(): item[verb] for verb in item if verb.upper() in VERBS}
        if not operations:
            continue
        first = next(iter(operations.values()))
        given = [
            *item.get("parameters", ()),
            *(each for one in operations.values() for each in one.get("parameters", ())),
        ]
        values = {
            parameter["name"]: _example(document, parameter)
            for each in given
            if (parameter := _resolved(document, each)).get("in") == "path"
        }
        filled = _BRACED.sub(lambda found: quote(values.get(found["name"], "x"), safe=""), template)  # noqa: B023
        yield Route(base + filled, _ordered(operations), str(first.get("operationId", "")), base + template)


def _server(document: Mapping[str, Any]) -> str | None:
    if "swagger" in document:
        base: str | None = document.get("basePath")
        return base
    if not document.get("servers"):
        return None
    server = document["servers"][0]
    variables = server.get("variables", {})
    return _BRACED.sub(lambda found: str(variables.get(found["name"], {}).get("default", "")), str(server["url"]))


def _resolved(document: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """Follow references inside the document (``#/…``)."""
    for _ in range(_DEPTH):
        if not isinstance(node, dict):
            raise ValueError("no OpenAPI document (a description is no object)")
        if not isinstance(reference := node.get("$ref"), str):
            return node
        node = document
        for name in reference.removeprefix("#/").split("/"):
            node = node[name.replace("~1", "/").replace("~0", "~")]
    raise ValueError("no OpenAPI document (its references go round in circles)")


def _example(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    """Return a value of a parameter: its example, default or first member, else one of its type."""
    schema = _resolved(document, parameter.get("schema", parameter))
    examples = parameter.get("examples")
    if isinstance(examples, Mapping) and examples:
        return str(_resolved(document, next(iter(examples.values()))).get("value", "x"))
    for place in (parameter, schema):
        for name in ("example", "x-example", "default"):
            if name in place:
                return str(place[name])
        for name in ("examples", "enum"):
            if isinstance(place.get(name), list) and place[name]:
                return str(place[name][0])
    kind = str(schema.get("type", ""))
    if kind in ("integer", "number") and isinstance(schema.get("minimum"), int | float):
        return str(max(schema["minimum"], 1))
    if schema.get("format") == "date":
        return "2020-01-01"
    return _OF_TYPE.get(str(schema.get("format", "")), _OF_TYPE.get(kind, "x" * int(schema.get("minLength", 1))))
