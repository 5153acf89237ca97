"""Local sites: any WSGI or ASGI application, served in this process on a port of its own, over HTTP or HTTPS.

A well-kept server does it (uvicorn, with a2wsgi for WSGI); what is ours is how several of them live in one loop, that a
site is ready before `serve` returns and gone after `close`, and that the wire records it. h11 and not httptools:
httptools refuses methods that it does not know, and a custom method is a thing to test.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import inspect
import socket
import ssl
import sys
import weakref
from typing import Any, Literal, cast

import trustme
import uvicorn
from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder
from cryptography import x509  # which trustme brings
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.daemons import DaemonExecutor
from harness.errors import SiteFault
from harness.forwarding import ForwardProxy
from harness.listening import listen
from harness.literal import Role, Scripts
from harness.loop import LoopThread
from harness.oracle.urls import DEFAULT_PORTS
from harness.responder import Responder, literal_or
from harness.wire import AsgiApp, Wire, recorder

START_DEADLINE = 20.0  # seconds
STOP_DEADLINE = 5.0
WORKERS = 24  # threads per WSGI application; a page asks six at once, and several pages may ask


class Site:
    """One application on one port. ``port`` and ``scheme`` make its origins; any name of loopback reaches it."""

    def __init__(self, name: str, scheme: str, port: int) -> None:
        self.name = name
        self.scheme = scheme
        self.port = port
        self._stopped = ""

    def origin(self, host: str = "localhost") -> str:
        """Return the origin of this site under a host name of loopback."""
        return f"{self.scheme}://{host}:{self.port}"

    def stopped(self, cause: str) -> None:
        """Note that the server is gone, and why."""
        self._stopped = self._stopped or cause

    def fault(self) -> str:
        """Say why this site cannot be reached right now; an empty string when it can."""
        if self._stopped:
            return f"site {self.name!r}: {self._stopped}"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError as error:
            return f"site {self.name!r}: port {self.port} of 127.0.0.1 does not accept connections: {error}"
        return ""


class Sites:
    """All sites of a run in one event loop, and the forward proxy that gives them names. Use as a context manager.

    They are on loopback; with ``host``, an address or a name of this machine, other machines reach them there too.
    """

    def __init__(self, wire: Wire, host: str | None = None) -> None:
        self._wire = wire
        self._host = host
        self._thread = LoopThread("corsproof-sites")
        self._servers: list[_Server] = []
        self._executors: list[DaemonExecutor] = []
        self._responders: list[tuple[Site, Responder]] = []
        self._ports: dict[tuple[str, str, int], int] = {}
        self._proxy = ForwardProxy(self._ports)
        self._thread.call(self._proxy.start(), START_DEADLINE)

    def __enter__(self) -> Sites:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def proxy(self) -> str:
        """The URL of the forward proxy that knows the names given to `serve`."""
        return self._proxy.url

    def serve(
        self,
        app: Any,
        name: str,
        *,
        tls: bool = False,
        port: int = 0,
        hosts: tuple[str, ...] = (),
        interface: str = "auto",
        scripts: Scripts | None = None,
    ) -> Site:
        """Serve ``app`` and return when it accepts connections; raise `SiteFault` where it does not start.

        For 0 the ``port`` is a free one; `SiteFault` too where the one that was asked for is taken.
        Browsers that use `proxy` reach the site under each of ``hosts`` too, on the scheme's default port.
        ``interface`` is ``"wsgi"``, ``"asgi"`` or ``"auto"``, which asks the application whether it is a coroutine.
        Of ``scripts``, the rules for the page's own server are answered in the place of the application.
        """
        asgi = asgi_form(app, interface)
        wsgi = isinstance(asgi, _Middleware)
        if wsgi:
            self._executors.append(cast(Any, asgi).executor)
        asgi = asgi if scripts is None else literal_or(asgi, scripts)
        context = self._tls() if tls else None
        sockets = listen(port, host=self._host)
        site = Site(name, "https" if tls else "http", sockets[0].getsockname()[1])
        server = _Server(recorder(asgi, name, self._wire), site, lifespan="off" if wsgi else "auto")
        server.config.ssl = context
        self._servers.append(server)
        try:
            self._thread.call(server.start(sockets), START_DEADLINE)
        except TimeoutError:
            raise SiteFault(f"the site {name!r} did not start within {START_DEADLINE:g} s") from None
        for host in hosts:
            self.name(site, host)
        return site

    @functools.cached_property
    def _authority(self) -> trustme.CA:
        return trustme.CA()

    @functools.cached_property
    def _certificate(self) -> trustme.LeafCert:
        """Of loopback; it serves every name, for our browsers do not look (`harness.engines`)."""
        return self._authority.issue_cert("localhost", "*.localhost", "127.0.0.1", "::1")

    @property
    def key(self) -> str:
        """The base64 SHA-256 of the public key of sites over HTTPS (RFC 7469, 2.4)."""
        certificate = x509.load_pem_x509_certificate(self._certificate.cert_chain_pems[0].bytes())
        encoded = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(encoded).digest()).decode("ascii")

    def serve_literally(self, scripts: Scripts, role: Role, name: str, *, tls: bool = False) -> Site:
        """Answer by the scripts, in a role, on a port of its own; return when it accepts connections.

        In the role `Role.H2` it speaks HTTP/2, for which it must have ``tls``.
        """
        responder = Responder(scripts, self._wire)
        context = self._tls() if tls else None
        port = self._thread.call(responder.start(role, tls=context, site=name, host=self._host), START_DEADLINE)
        site = Site(name, "https" if tls else "http", port)
        self._responders.append((site, responder))
        return site

    def name(self, site: Site, host: str, port: int | None = None) -> None:
        """Let browsers that use `proxy` reach a site under one name more, on a port or the scheme's default one."""
        self._ports[site.scheme, host, port or DEFAULT_PORTS[site.scheme]] = site.port

    def stop(self, site: Site) -> None:
        """Stop serving one site; its port then refuses connections."""
        for server in self._servers:
            if server.site is site:
                self._thread.call(server.stop(), STOP_DEADLINE)
        for literal, responder in self._responders:
            if literal is site:
                self._thread.call(responder.stop(), STOP_DEADLINE)
                site.stopped("its server has stopped")

    def close(self) -> None:
        """Stop every site and the proxy, and join their thread; may be called twice."""
        servers, self._servers = self._servers, []
        if servers or self._proxy.running:
            # An application that still computes after its deadline keeps its thread; the loop goes all the same.
            with contextlib.suppress(TimeoutError):
                self._thread.call(self._close(servers), STOP_DEADLINE)
        self._thread.stop()
        for executor in self._executors:
            executor.shutdown()

    async def _close(self, servers: list[_Server]) -> None:
        responders = (responder.stop() for _, responder in self._responders)
        await asyncio.gather(self._proxy.stop(), *responders, *(server.stop() for server in servers))

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        return context


def asgi_form(app: Any, interface: str = "auto") -> AsgiApp:
    """Return an application as ASGI: itself, or a WSGI one in threads that end with the form, or with its sites."""
    if interface == "asgi" or (interface == "auto" and _is_asgi(app)):
        return cast(AsgiApp, app)
    middleware: Any = _Middleware(app)
    middleware.executor = DaemonExecutor(WORKERS, "corsproof-wsgi")
    weakref.finalize(middleware, middleware.executor.shutdown)
    return cast(AsgiApp, middleware)


class _Middleware(WSGIMiddleware):
    """a2wsgi, whose views may outlive their site: what they then send goes nowhere, and warns nobody."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _Responder(self.app, self.executor, self.send_queue_size)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Responder(WSGIResponder):
    def wsgi(self, environ: Any, start_response: Any) -> None:
        environ["wsgi.errors"] = sys.stderr  # where a2wsgi has sys.stdout, which is for results
        super().wsgi(environ, start_response)

    def send(self, message: Any) -> None:
        if self.loop.is_closed():
            raise ConnectionAbortedError("the site has been closed")
        super().send(message)


class _ClosableProtocol(H11Protocol):
    """HTTP/1.1 whose applications can close their connection without an answer: to test what browsers make of it."""

    def handle_events(self) -> None:
        super().handle_events()
        if self.scope is not None:
            extensions = cast(dict[str, Any], self.scope.setdefault("extensions", {}))
            extensions.setdefault("corsproof.close", self._close_from_any_thread)

    def _close_from_any_thread(self) -> None:
        self.loop.call_soon_threadsafe(self.transport.abort)


class _Server(uvicorn.Server):
    """uvicorn in a loop that it shares, which says when it is ready and which notices its own end."""

    def __init__(self, app: AsgiApp, site: Site, *, lifespan: Literal["auto", "off"]) -> None:
        config = uvicorn.Config(
            app,
            http=_ClosableProtocol,
            ws="none" if lifespan == "off" else "websockets-sansio",
            lifespan=lifespan,
            # The wire records what leaves, so the server adds nothing of its own.
            server_header=False,
            date_header=False,
            proxy_headers=False,
            access_log=False,
            log_config=None,
            log_level="critical",
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        config.load()
        super().__init__(config)
        self.site = site
        self._task: asyncio.Task[None]

    async def start(self, sockets: list[socket.socket]) -> None:
        """Begin to serve; return when connections are accepted, raise `SiteFault` where the application refuses."""
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._serve_and_tell(sockets, ready))
        await ready.wait()
        if not self.started:
            raise SiteFault(self.site.fault())

    async def _serve_and_tell(self, sockets: list[socket.socket], ready: asyncio.Event) -> None:
        self._ready = ready
        try:
            await self._serve(sockets)
        except SystemExit:
            self.site.stopped("its start-up (ASGI lifespan) failed")
        finally:
            self.site.stopped("its server has stopped")
            for listening in sockets:
                listening.close()
            ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def stop(self) -> None:
        """End this server and wait for it."""
        self.should_exit = True
        await asyncio.wait([self._task])


def _is_asgi(app: Any) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
