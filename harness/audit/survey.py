"""The survey: what an application answers to bare HTTP requests, asked once each and listed.

An audit's rules ask it for hints; what a browser makes of an answer only a page can show. It never sends a request that
may change something unless the audit is ``active``. Imports httpx and the oracle's vocabulary; knows no browser.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from harness.audit.relay import EXCUSE
from harness.audit.routes import Route
from harness.oracle.headers import extract_list_values
from harness.wire import Pairs, values

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 9.2.1; TRACE is none that pages can send
TIMEOUT = 10.0  # seconds for one answer
MOST = 10_000  # requests of one survey
BODY_KEPT = 65536  # bytes
_LOST = ("RemoteProtocolError", "ReadError", "WriteError")  # what a connection that has gone comes to
REFUSAL = 0.5  # seconds in which a server closes a WebSocket that it has accepted only to refuse it


_OPENING = (  # RFC 6455 4.1, with the nonce of its own example
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)
_CLOSE = 0x8  # the opcode of a Close frame: RFC 6455 5.2


def _refusal(response: httpx.Response) -> str:
    """Return how a server refuses behind a 101, if it does: by a Close frame, or the end, before anything else."""
    try:
        said = response.extensions["network_stream"].read(1, timeout=REFUSAL)
    except httpcore.ReadTimeout:
        return ""
    except httpcore.ReadError as error:
        return f"it ends at once: {error}"
    return "" if said and said[0] & 0xF != _CLOSE else "it is closed at once"


@dataclass(frozen=True)
class Probe:
    """One bare request. ``headers`` are all that is sent beside Host and Content-Length."""

    method: str
    target: str
    headers: Pairs = ()
    body: bytes = field(default=b"", repr=False)

    @property
    def is_preflight(self) -> bool:
        """Whether it asks for permission, and executes nothing."""
        return self.method == "OPTIONS" and bool(values(self.headers, "access-control-request-method"))


@dataclass(frozen=True)
class Reply:
    """What came back: header pairs raw, in their order, doubled where doubled. ``fault`` says why nothing came."""

    probe: Probe
    status: int | None = None
    headers: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    fault: str = ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, in order; ``name`` in lower case."""
        return values(self.headers, name)

    def get(self, name: str) -> str | None:
        """Return what script and browsers make of a header: its lines joined by a comma; None where there is none."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def tokens(self, name: str) -> frozenset[str]:
        """Return the members of a list header, in lower case."""
        return frozenset(part.strip().lower() for value in self.all(name) for part in value.split(",") if part.strip())

    def listed(self, name: str) -> tuple[str, ...] | None:
        """Return a list header as Fetch extracts it: None where there is none or where it breaks the grammar."""
        found = extract_list_values(name, self.headers)
        return tuple(found) if isinstance(found, (list, tuple)) else None

    @property
    def ok(self) -> bool:
        """Whether the status is an ok status (Fetch)."""
        return self.status is not None and 200 <= self.status <= 299

    @property
    def allow_origin(self) -> str | None:
        """The value of Access-Control-Allow-Origin."""
        return self.get("access-control-allow-origin")

    @property
    def allows_credentials(self) -> bool:
        """Whether Access-Control-Allow-Credentials is exactly `true` (Fetch, CORS check step 5)."""
        return self.get("access-control-allow-credentials") == "true"

    @property
    def origin(self) -> str | None:
        """The Origin that was sent."""
        sent = values(self.probe.headers, "origin")
        return sent[0] if sent else None

    def allows(self, *, credentials: bool = False) -> bool:
        """Whether the CORS check lets the Origin that was sent read it (Fetch, CORS check)."""
        if not credentials and self.allow_origin == "*":
            return True
        return (
            self.origin is not None
            and self.allow_origin == self.origin
            and (not credentials or self.allows_credentials)
        )

    def grants(self, method: str, *, credentials: bool = False) -> bool:
        """Whether the answer to a preflight lets the Origin that was sent use a method (CORS-preflight fetch)."""
        listed = self.listed("access-control-allow-methods") or ()
        named = method in listed or ("*" in listed and not credentials)
        return self.ok and self.allows(credentials=credentials) and named

    @property
    def varies_by_origin(self) -> bool:
        """Whether `Vary` has Origin, or is `*`."""
        return bool(self.tokens("vary") & {"origin", "*"})

    @property
    def cors_headers(self) -> frozenset[str]:
        """The names of the Access-Control-* headers, in lower case."""
        return frozenset(name.lower() for name, _ in self.headers if name.lower().startswith("access-control-"))


class Survey:
    """What is known of a target so far. Make one with the base URL of a site that serves it.

    - ``trusted``: the origins that the target should let in, as browsers write them; may be empty
    - ``routes``: the paths to audit, in their order
    - ``active``: whether requests that may change something (POST, PUT, PATCH, DELETE, …) may be sent
    - ``session``: header pairs (Cookie, Authorization, …) of a signed-in user; empty where nobody signs in
    - ``secret``: letters nobody can guess, new in every audit, for the names of attackers
    - ``login``: the path that signs the user in, where it is known
    - ``address``: the target's own URL, where it is a server: it may be another one than ``base``, which relays to it
    - ``sockets``: the paths of WebSockets, as far as the target tells them
    """

    def __init__(
        self,
        base: str,
        routes: Iterable[Route],
        *,
        trusted: Iterable[str] = (),
        active: bool = False,
        session: Pairs = (),
        secret: str,
        login: str | None = None,
        address: str = "",
        sockets: Iterable[str] = (),
    ) -> None:
        self.base = base.rstrip("/")
        self.routes = tuple(routes)
        self.trusted = tuple(trusted)
        self.active = active
        self.session = session
        self.secret = secret
        self.login = login
        self.address = address
        self.sockets = tuple(sockets)
        self.sent: list[Reply] = []
        self._known: dict[Probe, Reply] = {}
        self._client, self._fresh = (
            httpx.Client(verify=False, follow_redirects=False, timeout=TIMEOUT, trust_env=False, limits=limits)
            for limits in (httpx.Limits(), httpx.Limits(max_keepalive_connections=0))
        )

    def __enter__(self) -> Survey:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._fresh.close()

    @property
    def has_cookies(self) -> bool:
        """Whether somebody is signed in by a cookie, which browsers send by themselves."""
        return bool(values(self.session, "cookie"))

    @property
    def readable(self) -> tuple[Route, ...]:
        """The routes that answer GET."""
        return tuple(route for route in self.routes if "GET" in route.methods)

    def drop(self, paths: Iterable[str]) -> None:
        """Leave out routes that do not answer."""
        gone = frozenset(paths)
        self.routes = tuple(route for route in self.routes if route.path not in gone)

    def get(self, path: str, origin: str | None = None, *, signed_in: bool = False, headers: Pairs = ()) -> Reply:
        """GET a path as a page on that origin would: None for no Origin header at all."""
        return self.ask("GET", path, origin, signed_in=signed_in, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        origin: str | None = None,
        *,
        signed_in: bool = False,
        headers: Pairs = (),
        body: bytes = b"",
    ) -> Reply:
        """Send a request; raise `ValueError` for one that may change something where the audit is not active."""
        said = (("Origin", origin),) if origin is not None else ()
        return self.send(Probe(method, path, (*said, *(self.session if signed_in else ()), *headers), body))

    def preflight(
        self, path: str, origin: str, method: str = "PUT", names: Iterable[str] = (), more: Pairs = ()
    ) -> Reply:
        """Send a preflight as browsers do: never with cookies, names sorted and in lower case."""
        asked = ",".join(sorted(name.lower() for name in names))
        headers: Pairs = (("Origin", origin), ("Access-Control-Request-Method", method))
        headers += (("Access-Control-Request-Headers", asked),) if asked else ()
        return self.send(Probe("OPTIONS", path, (*headers, *more)))

    def send(self, probe: Probe) -> Reply:
        """Send a probe, once; the same answer is given again to the same probe."""
        if probe not in self._known:
            if probe.method not in SAFE and not self.active:
                raise ValueError(f"{probe.method} may change something, and this audit is not active")
            reply = self._sent(probe) if len(self.sent) < MOST else Reply(probe, fault=f"more than {MOST} requests")
            self._known[probe] = reply
            self.sent.append(reply)
        return self._known[probe]

    def anew(self, probe: Probe) -> Reply:
        """Send a probe again whose answer may have changed."""
        self._known.pop(probe, None)
        return self.send(probe)

    def handshake(self, path: str, origin: str, *, signed_in: bool = False) -> Reply:
        """Open a WebSocket as a page on that origin would: 101 where it opens, and a fault too where it closes at once.

        Some servers accept first, and refuse by closing.
        """
        headers = (("Origin", origin), ("Upgrade", "websocket"), *(self.session if signed_in else ()))
        probe = Probe("GET", path, headers)
        if probe not in self._known:
            self._known[probe] = self._opened(probe)
            self.sent.append(self._known[probe])
        return self._known[probe]

    def _opened(self, probe: Probe) -> Reply:
        request = httpx.Request("GET", self.base + probe.target, headers=(*probe.headers, *_OPENING))
        try:
            with contextlib.closing(self._client.send(request, stream=True)) as response:
                fault = _refusal(response) if response.status_code == 101 else ""
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return Reply(probe, fault=f"{type(error).__name__}: {error}")
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Reply(probe, response.status_code, pairs, fault=fault)

    def _sent(self, probe: Probe) -> Reply:
        """Send it over a kept connection where it may be sent again: the target may just be closing that one.

        Servers do so after an application raised: measured with uvicorn, 13 of 200.
        """
        if probe.method not in SAFE:
            return self._sent_by(self._fresh, probe)
        reply = self._sent_by(self._client, probe)
        return self._sent_by(self._fresh, probe) if reply.fault.startswith(_LOST) else reply

    def _sent_by(self, client: httpx.Client, probe: Probe) -> Reply:
        try:
            url = self.base + probe.target
            request = httpx.Request(probe.method, url, headers=probe.headers, content=probe.body or None)
            with contextlib.closing(client.send(request, stream=True)) as response:
                body = b""
                endless = response.headers.get("content-type", "").startswith("text/event-stream")
                for chunk in () if endless else response.iter_raw():
                    body += chunk
                    if len(body) > BODY_KEPT:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return Reply(probe, fault=f"{type(error).__name__}: {error}")
        if body.startswith(EXCUSE.encode()):
            return Reply(probe, fault=body.decode(errors="replace").strip())
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Reply(probe, response.status_code, pairs, body[:BODY_KEPT])

    @property
    def speaks_cors(self) -> bool:
        """Whether anything answered so far has a CORS header: an application without any is to be left in peace."""
        return any(reply.cors_headers for reply in self.sent)

    def json(self, reply: Reply) -> Any:
        """Return a body as JSON, or None where it is none."""
        try:
            return json.loads(reply.body)
        except ValueError:
            return None
