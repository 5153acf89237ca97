"""The ground a run stands on: the page's site and the APIs under test, each over HTTP and, where asked for, HTTPS.

Turns the names of scenarios into origins that exist. Composes `client_site`, `harness.sites` and the canary API; which
APIs there are is the caller's business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import client_site
from harness import canaries
from harness.errors import UsageError
from harness.literal import Role, Scripts
from harness.oracle.urls import Url, parse_url
from harness.origins import is_loopback
from harness.plan import Places, Planned
from harness.scenario import LITERAL
from harness.sites import Site, Sites
from harness.wire import Wire

PAGES = "pages"  # the name of the page's own site


class Ground:
    """Local sites of one run. Sites are served when first asked for; a context manager closes them.

    ``apis`` maps a name to a function that makes the WSGI or ASGI application; ``names`` are hosts beyond loopback that
    reach the pages' site before there is a page on them; ``proxied`` is the API that the page's ``/proxy/…`` forwards
    to. With ``at_loopback`` an API is at ``localhost`` for pages on names too, so that it sees no name of ours in Host,
    and the document of the page ``null`` is on ``https://localhost``, so that it asks the API over https.

    A page is the origin of its document, or ``null``. On a name it may have any port; on loopback it is served on its
    port, where it has one, and else on a free one.

    With ``host``, an address or a name of this machine, other machines reach all of it there: ``localhost`` is then
    that host, and there is neither another site nor another host than that.
    """

    def __init__(
        self,
        apis: Mapping[str, Callable[[], Any]],
        *,
        names: Iterable[str] = (),
        proxied: str | None = None,
        at_loopback: bool = False,
        host: str | None = None,
    ) -> None:
        self.wire = Wire()
        self.scripts = Scripts()
        self.board = client_site.Board(self.wire.wait_for, self._turn)
        self._sites = Sites(self.wire, host)
        self._host = host or "localhost"
        self._apis = {canaries.HOOKS: lambda: canaries.app, **apis}
        self._apps: dict[str, Any] = {}
        self._names = tuple(sorted(set(names)))
        self._proxied = proxied
        self._at_loopback = at_loopback
        self._null = "https://localhost" if at_loopback else "http://localhost"
        self._served: dict[tuple[str, str, int], Site] = {}
        self._places: dict[tuple[str, str], Places] = {}  # of what is served
        self._lock = threading.RLock()

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self._sites.close()

    @property
    def proxy(self) -> str:
        """The URL of the forward proxy that browsers need for names beyond loopback."""
        return self._sites.proxy

    @property
    def key(self) -> str:
        """The hash of the public key of sites over HTTPS, for `harness.engines.Launch`."""
        return self._sites.key

    def page_url(self, page: str) -> str:
        """Return the origin at which the document of a page lives, and is served from now on, as a browser writes it.

        That of the page ``null`` is on ``localhost``. Raises `SiteFault` where a page on loopback wants a port that is
        taken, `UsageError` for what is no origin.
        """
        url = self._document(page)
        if is_loopback(url.host):
            host = self._host if url.host == "localhost" else url.host
            return self._page_site(url.scheme, url.port or 0).origin(host)
        self._sites.name(self._page_site(url.scheme), url.host, url.port)
        return url.origin

    def add_page(self, page: str) -> None:
        """Serve the document of a page from now on, before anybody asks for it; raise what `page_url` does."""
        self.page_url(page)

    def page_origin(self, page: str) -> str:
        """Return the origin that script on a page has."""
        return "null" if page == "null" else self.page_url(page)

    def api_origin(self, api: str, page: str) -> str:
        """Return the origin of an API for a page: over the page's scheme, under a name where the page has one."""
        url = self._document(page)
        if api == LITERAL:
            return self._literal_site(Role.API, url.scheme).origin(self._host)
        site = self.api_site(api, url.scheme)
        at_loopback = self._at_loopback or is_loopback(url.host)
        return site.origin(self._host) if at_loopback else f"{url.scheme}://{_api_host(api)}"

    def places(self, api: str, page: str) -> Places:
        """Return what the placeholders of a case with this API on this page stand for; see `harness.plan.Origins`.

        ``api2`` is another origin of the API, of the same site where there is one; ``cross`` is on another site than
        ``localhost``, where this machine is reached there.
        """
        with self._lock:
            if (api, page) not in self._places:
                cross = self._cross_api_origin(api, page)
                self._places[api, page] = (
                    ("page", self.page_origin(page)),
                    ("home", self.page_url(page)),
                    ("api", self.api_origin(api, page)),
                    ("api2", self._other_literal_origin(page) if api == LITERAL else cross),
                    ("cross", cross),
                )
            return self._places[api, page]

    def _other_literal_origin(self, page: str) -> str:
        return self._literal_site(Role.API2, self._document(page).scheme).origin(self._host)

    def _cross_api_origin(self, api: str, page: str) -> str:
        host, scheme = "127.0.0.1" if self._host == "localhost" else self._host, self._document(page).scheme
        return (self._literal_site(Role.API, scheme) if api == LITERAL else self.api_site(api, scheme)).origin(host)

    def http_2_origin(self) -> str:
        """Return the origin at which literal answers are given over HTTP/2: always over HTTPS, whatever the page."""
        return self._literal_site(Role.H2, "https").origin()

    def stage(self, planned: Planned) -> None:
        """Have the literal answers of a case at hand, before it is asked."""
        if planned.turns:
            self.scripts.put(planned.token, *planned.turns)

    def _turn(self, token: str, step: int) -> None:
        self.scripts.turn(token, step)
        self.wire.turn(token, step)

    def forget(self, token: str) -> None:
        """Forget a case that nobody judges, and for which nothing can come too late."""
        self.wire.forget(token)
        self.scripts.drop(token)

    def judged(self, token: str) -> None:
        """Forget a case for good; what still arrives for it is late."""
        self.wire.judged(token)
        self.scripts.drop(token)

    def api_site(self, api: str, scheme: str = "http") -> Site:
        """Return the site of an API, served from now on."""
        with self._lock:
            if api not in self._apps:
                self._apps[api] = self._apis[api]()
            return self._serve(api, scheme, self._apps[api], (_api_host(api),))

    def add_api(self, api: str, make: Callable[[], Any]) -> None:
        """Add an API to those that can be served."""
        with self._lock:
            self._apis[api] = make

    def remove_api(self, api: str) -> None:
        """Forget an API and stop its sites."""
        with self._lock:
            sites = [self._served.pop(key) for key in tuple(self._served) if key[0] == api]
            self._apis.pop(api, None)
            self._apps.pop(api, None)
            self._places = {key: places for key, places in self._places.items() if key[0] != api}
        for site in sites:
            self._sites.stop(site)

    def faults(self) -> dict[str, str]:
        """Return, for each API (and `PAGES`) that cannot be reached right now, why."""
        with self._lock:
            sites = tuple(self._served.values())
        return {site.name: fault for site in sites if (fault := site.fault())}

    def serve_beside(self, app: Any, name: str, port: int = 0) -> Site:
        """Serve an application that is no part of any case; `SiteFault` where the port is taken."""
        return self._sites.serve(app, name, port=port)

    def stop(self, site: Site) -> None:
        """Stop serving one site."""
        self._sites.stop(site)

    def _document(self, page: str) -> Url:
        url = parse_url(self._null if page == "null" else page)
        if url is None or not url.host:
            raise UsageError(f"page {page!r} is neither an http(s) origin nor null")
        return url

    def _page_site(self, scheme: str, port: int = 0) -> Site:
        with self._lock:
            if PAGES not in self._apps:
                api = self.api_site(self._proxied).origin("127.0.0.1") if self._proxied else None
                self._apps[PAGES] = client_site.create_app(self.board, api=api)
            return self._serve(PAGES, scheme, self._apps[PAGES], self._names, port)

    def _serve(self, name: str, scheme: str, app: Any, hosts: tuple[str, ...], port: int = 0) -> Site:
        key = (name, scheme, port)
        if key not in self._served:
            scripts = self.scripts if name == PAGES else None
            tls = scheme == "https"
            self._served[key] = self._sites.serve(app, name, tls=tls, port=port, hosts=hosts, scripts=scripts)
        return self._served[key]

    def _literal_site(self, role: Role, scheme: str) -> Site:
        with self._lock:
            key = (f"{LITERAL}-{role}", scheme, 0)
            if key not in self._served:
                self._served[key] = self._sites.serve_literally(self.scripts, role, LITERAL, tls=scheme == "https")
            return self._served[key]


def _api_host(api: str) -> str:
    """Return the name of an API for pages that have names: one per API, so that none answers for another."""
    return f"api-{api.replace(':', '-').replace('_', '-')}.example.com"
