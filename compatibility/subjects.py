"""The CORS libraries, each with the same policy in its own words: the applications of `tests/apps`, and hook sets.

Imports the applications, the hook sets, and of the harness what reaches a server that is neither WSGI nor ASGI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any, cast

from flask import Flask

from harness.audit.relay import Relay
from harness.sites import Sites
from harness.wire import Wire
from server_site.hooks import published
from server_site.hooks.decorator import crossdomain
from server_site.view import View
from tests import apps
from tests.apps import APPS, App, Interface
from tests.apps.flask_routes import create_bare_app

OTHER = "https://admin.example.com"  # of two origins, so that an answer has something to vary by
POLICY = replace(apps.POLICY, origins=(*apps.POLICY.origins, OTHER), methods=(*apps.POLICY.methods, "OPTIONS"))


@dataclass(frozen=True)
class Subject:
    """One library with the policy in its words.

    ``make`` returns a WSGI or ASGI application that works until the stack is left; ``about`` says what it is, and which
    parts of the policy it has no words for.
    """

    about: str
    distributions: tuple[str, ...]
    make: Callable[[ExitStack], Any]

    @property
    def versions(self) -> str:
        """The installed versions of what decides."""
        return ", ".join(f"{name} {version(name)}" for name in self.distributions)


def _framework(name: str, about: str) -> Subject:
    return Subject(about, APPS[name].distributions, partial(_application, APPS[name]))


def _application(app: App, stack: ExitStack) -> Any:
    if app.interface is not Interface.URL:
        return app.create(POLICY)
    sites = stack.enter_context(Sites(Wire()))
    return Relay(stack.enter_context(app.served(sites, POLICY)))


def _published(_: ExitStack) -> Flask:
    app = create_bare_app("published")
    published.install(app)
    return app


def _decorated(_: ExitStack) -> Flask:
    """Add every view once more, with the decorator on it: Flask asks a view for OPTIONS when it is added."""
    bare, app = create_bare_app("bare"), Flask("decorated", static_folder=None)
    wrap = crossdomain(POLICY.origins[0], POLICY.request_headers, POLICY.max_age or 0)
    for rule in bare.url_map.iter_rules():
        if rule.endpoint != "static":
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            view = cast(View, bare.view_functions[rule.endpoint])
            app.add_url_rule(rule.rule, rule.endpoint, wrap(view), methods=methods)
    return app


SUBJECTS: Mapping[str, Subject] = {
    "hardened": _framework("flask", "This project's `server_site.hooks.hardened` on Flask"),
    "published": Subject(
        "Two hooks for Flask as an old article has them (`server_site.hooks.published`); they allow whoever asks, and "
        "have no words for any part of a policy",
        ("flask", "werkzeug"),
        _published,
    ),
    "decorator": Subject(
        "A decorator on each Flask view (`server_site.hooks.decorator`); it has words for one origin, which is here "
        "the first, and none for methods, credentials or exposed headers. It answers every origin alike, so that a "
        "missing `Vary: Origin` does no harm",
        ("flask", "werkzeug"),
        _decorated,
    ),
    "flask-cors": _framework("flask-cors", "Flask-CORS on the whole app"),
    "starlette": _framework("starlette", "Starlette's own `CORSMiddleware`"),
    "fastapi": _framework("fastapi", "FastAPI with the `CORSMiddleware` of Starlette, as its documentation adds it"),
    "django": _framework("django", "Django with django-cors-headers"),
    "falcon": _framework(
        "falcon", "Falcon's own `CORSMiddleware`, which has no words for methods, request headers or max-age"
    ),
    "quart": _framework("quart", "Quart with quart-cors on the whole app"),
    "litestar": _framework("litestar", "Litestar's own `CORSConfig`"),
    "aiohttp": _framework("aiohttp", "aiohttp with aiohttp-cors on every route"),
    "sanic": _framework("sanic", "Sanic with the CORS of Sanic Extensions"),
}
