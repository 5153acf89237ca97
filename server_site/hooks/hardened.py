"""Hardened hooks for any Flask app: one before_request and one after_request that hold it to a declared policy.

`install(app, policy)`, and every answer of the app says what `harness.policy` grants, and nothing else: errors, slash
redirects and unknown URLs too. What answers without Flask (a server's own errors, Werkzeug's debugger) is out of reach.
Imports flask, werkzeug and `harness.policy`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from harness.policy import Grant, Override, Policy, PolicyError, Problem, compiled

__all__ = ["Override", "Policy", "install", "under"]

_EXTENSION = "corsproof-hooks"
_GRANT = "__cors_grant__"  # on a view function: functools.wraps carries it along
_ANSWERED = "corsproof.preflight"  # in the WSGI environment: the headers that a preflight is answered
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110: safe methods
_ROUTER_HOPS = 3  # slashes merged, then the trailing one, then one to spare

AnyView = TypeVar("AnyView", bound=Callable[..., object])


def install(app: Flask, policy: Policy, *, debug: bool = False, refuse_writes: bool = False) -> None:
    """Hold the app to the policy. Once per app, at any time before its first request; RuntimeError the second time.

    ``debug`` is for development: a refused preflight is answered 204 with the headers that the policy has for others,
    so that the browser's own message names the origin, method or header that is missing. It grants nothing, but tells
    everybody what is allowed; keep it off where strangers are.

    ``refuse_writes`` answers 403 to what CORS alone lets happen unread: a POST (or any other method that is not safe)
    from a page of another origin that the policy does not allow it. Requests without Origin, from no browser, and those
    of the app's own pages pass; behind a proxy the app must know its own address for that (Werkzeug's ProxyFix).
    """
    if _EXTENSION in app.extensions:
        raise RuntimeError(f"the hooks are installed on {app.name!r} already; one policy holds for the whole app")
    hooks = _Hooks(app, policy, debug=debug, refuse_writes=refuse_writes)
    app.extensions[_EXTENSION] = hooks
    app.before_request(hooks.before)
    app.after_request(hooks.after)
    # First of all, so that no access check sees a preflight; and Flask runs after_request functions backwards, so that
    # the first has the last word.
    before, after = app.before_request_funcs[None], app.after_request_funcs[None]
    before.insert(0, before.pop())
    after.insert(0, after.pop())


def under(policy: Policy) -> Callable[[AnyView], AnyView]:
    """Hold one view to a policy of its own, whatever the app's says: `@app.get("/status")` and below it `@under(…)`."""
    if policy.overrides:
        raise ValueError("a view's own policy has no overrides: there is nothing below a view")
    grant = compiled(policy).default

    def mark(view: AnyView) -> AnyView:
        setattr(view, _GRANT, grant)
        return view

    return mark


class _Hooks:
    """Both hooks of one app; ``policy`` is what they hold it to, for whoever asks the app."""

    def __init__(self, app: Flask, policy: Policy, *, debug: bool, refuse_writes: bool) -> None:
        self._app = app
        self.policy = policy
        self._compiled = compiled(policy)
        self._debug = debug
        self._refuse_writes = refuse_writes
        self._overrides_exist = False

    def before(self) -> Response | None:
        """Answer preflights, before anything else can; refuse foreign writes, where that is wanted."""
        self._find_overrides()
        if _is_preflight():
            return self._answer_preflight()
        if self._refuse_writes and self._is_foreign_write():
            return _refused("a write from a page of another origin that may not do this")
        return None

    def after(self, response: Response) -> Response:
        """Say what the policy says, in place of whatever CORS headers the app has set by itself."""
        if _is_preflight() and _ANSWERED not in request.environ:
            response = self._answer_preflight()  # something got in before us, such as a URL value preprocessor
        headers = request.environ.get(_ANSWERED)
        if headers is None:
            headers = self._grant(_method()).actual(_origin(), _method())
        for name in {name for name, _ in response.headers if name.lower().startswith("access-control-")}:
            del response.headers[name]
        for name, value in headers:
            if name == "Vary":
                _merge_vary(response.headers, value)
            else:
                response.headers[name] = value
        return response

    def _answer_preflight(self) -> Response:
        method = request.headers["Access-Control-Request-Method"]
        asked = request.headers.get("Access-Control-Request-Headers")
        answer = self._grant(method).preflight(_origin(), method, asked, debug=self._debug)
        request.environ[_ANSWERED] = answer.headers
        if answer.status != 204:
            return _refused(f"a preflight: {answer.refusal}")
        response = current_app.response_class(status=204)
        del response.headers["Content-Type"]  # of nothing
        return response

    def _is_foreign_write(self) -> bool:
        origin, method = _origin(), _method()
        if origin is None or method in _READING:
            return False
        # Either says that no origin is crossed: only browsers that trust the connection send the first.
        if request.headers.get("Sec-Fetch-Site") == "same-origin" or origin == f"{request.scheme}://{request.host}":
            return False
        grant = self._grant(method)
        return grant.allows_origin(origin) is None or not grant.allows_method(method)

    def _grant(self, method: str) -> Grant:
        """Return the grant of the endpoint that Flask's router gives this URL to; by default that of no endpoint."""
        rule = request.url_rule if method == _method() else None
        rule = rule or _rule_behind(method)
        if rule is None:
            return self._compiled.default
        own: Grant | None = getattr(self._app.view_functions.get(rule.endpoint), _GRANT, None)
        return own or self._compiled.of(rule.endpoint, rule.rule)

    def _find_overrides(self) -> None:
        """Refuse to serve as long as an override is of no endpoint or path: it may be meant to close one.

        Not at installation, for routes may come later.
        """
        if self._overrides_exist:
            return
        rules = tuple(self._app.url_map.iter_rules())
        known = {("endpoint", rule.endpoint) for rule in rules} | {("path", rule.rule) for rule in rules}
        problems = [
            Problem(f"overrides[{index}].{kind}", name, "is not in the app's URL map", "see `flask routes`")
            for index, override in enumerate(self.policy.overrides)
            for kind, name in (("endpoint", override.endpoint), ("path", override.path))
            if name is not None and (kind, name) not in known
        ]
        if problems:
            raise PolicyError(problems)
        self._overrides_exist = True


def _is_preflight() -> bool:
    """OPTIONS with both headers, even empty ones; any other OPTIONS is the app's own business."""
    asks = request.headers
    return _method() == "OPTIONS" and "Origin" in asks and "Access-Control-Request-Method" in asks


def _origin() -> str | None:
    # Several of them arrive joined by a comma: the text is then no origin, and matches none.
    return request.headers.get("Origin")


def _method() -> str:
    method: str = request.environ["REQUEST_METHOD"]  # as sent: request.method is in upper case
    return method


def _refused(what: str) -> Response:
    return current_app.response_class(f"Refused by this server's CORS policy: {what}.\n", 403, mimetype="text/plain")


def _rule_behind(method: str) -> Rule | None:
    """Ask Flask's router which rule a method has at this URL: behind its redirects, and for one that is not taken."""
    try:
        adapter = current_app.create_url_adapter(request)
    except HTTPException:  # a host that the app does not trust
        return None
    path: str | None = None
    for _ in range(_ROUTER_HOPS):
        if adapter is None:
            break
        try:
            return adapter.match(path, method, return_rule=True)[0]
        except RequestRedirect as redirect:
            path = _path_of(redirect.new_url, adapter)
        except MethodNotAllowed as refused:
            methods = sorted(refused.valid_methods or ())
            if not methods:
                break
            method = methods[0]
        except HTTPException:
            break
    return None


def _path_of(url: str, adapter: MapAdapter) -> str:
    path = unquote(urlsplit(url).path)
    return "/" + path.removeprefix(adapter.script_name).lstrip("/")


def _merge_vary(headers: Headers, value: str) -> None:
    """Add to what the app's answers vary by already, on however many lines; `*` covers everything."""
    present = [name for line in headers.getlist("Vary") for part in line.split(",") if (name := part.strip())]
    if "*" in present:
        return
    known = {name.lower() for name in present}
    headers["Vary"] = ", ".join([*present, *(name for name in value.split(", ") if name.lower() not in known)])
