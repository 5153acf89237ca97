"""One small API behind one intended policy, in every framework that audits must understand.

Each module `on_….py` builds the API of `api.py` with its framework's normal routes, and says the policy in the words of
the CORS library's own documentation: `create_app(policy)` where the framework makes WSGI or ASGI applications,
`serve(policy)` where it is its own server, which a test can only know by URL. Nothing is mended: where a library cannot
say a part of the policy, it is left out. Frameworks are imported when they are asked for. Knows nothing of audits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from typing import Any

from harness.policy import Policy
from harness.sites import Sites

POLICY = Policy(
    origins=("https://app.example.com",),
    methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
    request_headers=("Content-Type", "Authorization", "X-Requested-With"),
    credentials=True,
    exposed_headers=("X-Total-Count",),
    max_age=600,
)


class Interface(str, Enum):
    """How an application is reached."""

    WSGI = "wsgi"
    ASGI = "asgi"
    URL = "url"

    __str__ = str.__str__


@dataclass(frozen=True)
class App:
    """One application: its module here, how it is reached, and the distributions that decide what it answers."""

    module: str
    interface: Interface
    distributions: tuple[str, ...]

    def create(self, policy: Policy = POLICY) -> Any:
        """Make the WSGI or ASGI application."""
        return self._module().create_app(policy)

    @contextmanager
    def served(self, sites: Sites, policy: Policy = POLICY) -> Iterator[str]:
        """Serve it, in `sites` or by its own server, and yield its origin; it is stopped on the way out."""
        if self.interface is Interface.URL:
            with self._module().serve(policy) as origin:
                yield origin
            return
        site = sites.serve(self.create(policy), self.module, interface=self.interface)
        try:
            yield site.origin()
        finally:
            sites.stop(site)

    def versions(self) -> dict[str, str]:
        """Return the installed version of each distribution."""
        return {name: version(name) for name in self.distributions}

    def _module(self) -> Any:
        return import_module(f"{__name__}.{self.module}")


APPS = {
    "flask": App("on_flask", Interface.WSGI, ("flask", "werkzeug")),
    "flask-cors": App("on_flask_cors", Interface.WSGI, ("flask-cors", "flask", "werkzeug")),
    "starlette": App("on_starlette", Interface.ASGI, ("starlette",)),
    "fastapi": App("on_fastapi", Interface.ASGI, ("fastapi", "starlette")),
    "django": App("on_django", Interface.WSGI, ("django-cors-headers", "django")),
    "falcon": App("on_falcon", Interface.WSGI, ("falcon",)),
    "quart": App("on_quart", Interface.ASGI, ("quart-cors", "quart", "werkzeug")),
    "litestar": App("on_litestar", Interface.ASGI, ("litestar",)),
    "aiohttp": App("on_aiohttp", Interface.URL, ("aiohttp-cors", "aiohttp")),
    "sanic": App("on_sanic", Interface.URL, ("sanic-ext", "sanic")),
}
