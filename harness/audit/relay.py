"""A recording reverse proxy, as an ASGI application: puts a server that the user runs behind our own wire.

The relay stands for the target's whole origin, path for path, so nothing in a path, a cookie's Path or a page has to be
changed. Header pairs pass in both directions raw, ordered and doubled; the method, the target and the body go on byte
for byte. So does the parameter that ties a URL to its case (`harness.wire.TOKEN_PARAMETER`): what the target gets is
what the record says. Origin and Referer are never touched, for they are what CORS is about. Some things have to differ:

- what belongs to one connection ends with it (RFC 9110 7.6.1), and Host names the target;
- a Location that leads to the target's own origin leads to the relay's, as the client knows it;
- a WebSocket has a handshake of its own on each side, and its messages pass;
- a cookie's Domain that covers the target's host is left out, for no browser would take it from the relay's.

A target that does not answer is no CORS refusal: the client gets 502 or 504, and the fault is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from harness.audit.target import ANSWER_DEADLINE, Trouble, trouble_of
from harness.wire import Message, Receive, Send, token_of

RawPairs = list[tuple[bytes, bytes]]
DEFAULT_PORTS = {"http": 80, "https": 443}
EXCUSE = "corsproof: the target did not answer"  # how the body begins that the relay gives in the target's place

# RFC 9110 7.6.1; trailers do not pass, so neither does their announcement.
_OF_ONE_CONNECTION = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)


@dataclass(frozen=True)
class Fault:
    """One exchange that the target did not answer, or not to the end; ``token`` is the case's, or empty."""

    token: str
    method: str
    path: str
    trouble: Trouble
    sentence: str


class Relay:
    """The relay to the origin of ``url``. Serve it; `faults` may be read from any thread.

    ``deadline`` is how many seconds the target may take to accept a connection, and to begin its answer once it has
    the whole request; an answer that has begun may take as long as the client stays.
    """

    def __init__(self, url: str, *, verify: bool = True, deadline: float = ANSWER_DEADLINE) -> None:
        self._url = httpx.URL(url)
        self._verify = verify
        self._deadline = deadline
        # A kept connection may be closed by the target just as it is used again, which would look like a fault.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=verify, limits=limits)
        self._faults: list[Fault] = []

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What the target has left unanswered so far."""
        return tuple(self._faults)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass one request on; answer the lifespan, at whose end the connections are closed."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
            return
        body = _Body(receive)
        passing = asyncio.create_task(self._pass_on(scope, body, send))
        leaving = asyncio.create_task(body.client_has_left())
        try:
            await asyncio.wait((passing, leaving), return_when=asyncio.FIRST_COMPLETED)
            if passing.done():
                passing.result()
        finally:
            for task in (passing, leaving):
                task.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._transport.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pass_on(self, scope: MutableMapping[str, Any], body: _Body, send: Send) -> None:
        try:
            async with asyncio.timeout(None) as answering:
                body.when_read = lambda: answering.reschedule(asyncio.get_running_loop().time() + self._deadline)
                response = await self._transport.handle_async_request(self._request(scope, body))
        except (httpx.TransportError, TimeoutError) as error:
            await _excuse(self._remember(scope, error), send)
            return
        headers = [self._for_the_client(name, value, scope) for name, value in _end_to_end(response.headers.raw)]
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})
        except httpx.TransportError as error:
            raise ConnectionError(f"the target: {self._remember(scope, error).sentence}") from error
        finally:
            await response.aclose()

    async def _open(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Open the target's WebSocket as the client would, and let messages pass until either side closes."""
        await receive()  # websocket.connect
        url = self._url.copy_with(scheme={"http": "ws", "https": "wss"}[self._url.scheme], raw_path=_target(scope))
        received = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _end_to_end(scope["headers"])]
        headers = [pair for pair in received if pair[0] != "host" and not pair[0].startswith("sec-websocket-")]
        tls = httpx.create_ssl_context(verify=self._verify) if url.scheme == "wss" else None
        opening = connect(
            str(url),
            additional_headers=headers,
            subprotocols=scope["subprotocols"] or None,
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=self._deadline,
            ssl=tls,
        )
        try:
            async with opening as socket:
                await send({"type": "websocket.accept", "subprotocol": socket.subprotocol})
                await _converse(socket, receive, send)
        except (OSError, TimeoutError, WebSocketException):
            await send({"type": "websocket.close", "code": 1011})  # before accepted: 403

    def _request(self, scope: MutableMapping[str, Any], body: _Body) -> httpx.Request:
        received: RawPairs = scope["headers"]
        headers = [
            (name, self._url.netloc if name.lower() == b"host" else value) for name, value in _end_to_end(received)
        ]
        if any(name.lower() == b"transfer-encoding" for name, _ in received):
            headers.append((b"transfer-encoding", b"chunked"))
        limits = {"connect": self._deadline, "write": self._deadline, "read": None, "pool": None}
        extensions = {"target": _target(scope), "timeout": limits}
        request = httpx.Request(scope["method"], self._url, headers=headers, stream=body, extensions=extensions)
        request.method = scope["method"]  # httpx writes every method in upper case, and `patch` is a thing to test
        return request

    def _remember(self, scope: MutableMapping[str, Any], error: Exception) -> Fault:
        trouble, sentence = trouble_of(error, self._deadline)
        path = scope["raw_path"].decode("latin-1")
        fault = Fault(token_of(scope["query_string"]) or "", scope["method"], path, trouble, sentence)
        self._faults.append(fault)
        return fault

    def _for_the_client(self, name: bytes, value: bytes, scope: MutableMapping[str, Any]) -> tuple[bytes, bytes]:
        if name.lower() == b"location":
            return name, self._location(value.decode("latin-1"), scope).encode("latin-1")
        if name.lower() == b"set-cookie":
            return name, _without_domain(value.decode("latin-1"), self._url.host).encode("latin-1")
        return name, value

    def _location(self, location: str, scope: MutableMapping[str, Any]) -> str:
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"), "")
        try:
            parts = urlsplit(location)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme or self._url.scheme)
        except ValueError:
            return location
        own = (self._url.scheme, self._url.host, self._url.port or DEFAULT_PORTS[self._url.scheme])
        if not host or not parts.netloc or (parts.scheme or self._url.scheme, parts.hostname, port) != own:
            return location
        before, _, after = location.partition(parts.netloc)
        user, at, _ = parts.netloc.rpartition("@")
        return f"{scope['scheme'] + '://' if before != '//' else '//'}{user}{at}{host}{after}"


class _Body(httpx.AsyncByteStream):
    """A request's body as it arrives, and who knows whether its client is still there."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()
        self.when_read: Callable[[], None]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            if message.get("body"):
                yield message["body"]
            more = message.get("more_body", False)
        self._read.set()
        self.when_read()

    async def client_has_left(self) -> None:
        """Wait until the client hangs up."""
        await self._read.wait()
        message: Message = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await self._receive()


def _target(scope: MutableMapping[str, Any]) -> bytes:
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


async def _converse(socket: ClientConnection, receive: Receive, send: Send) -> None:
    """Let messages pass until either side has closed; the other is closed then, as the first was."""

    async def from_client() -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            await socket.send(message["bytes"] if text is None else text)

    async def from_target() -> None:
        async for message in socket:
            await send({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})

    passing = [asyncio.create_task(each()) for each in (from_client, from_target)]
    try:
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        if not passing[0].done():
            await send({"type": "websocket.close", "code": socket.close_code or 1011})
    finally:
        for task in passing:
            task.cancel()
        with contextlib.suppress(ConnectionClosed):
            await asyncio.gather(*passing, return_exceptions=True)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> RawPairs:
    """Return the header pairs that go beyond one connection; a length beside a Transfer-Encoding does not count."""
    headers = list(headers)
    named = {
        option.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for option in value.split(b",")
    }
    dropped = _OF_ONE_CONNECTION | named
    if any(name.lower() == b"transfer-encoding" for name, _ in headers):
        dropped |= {b"content-length"}
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _without_domain(cookie: str, host: str) -> str:
    """Return a Set-Cookie without a Domain that covers ``host`` (RFC 6265 5.1.3); one of a single label covers none."""
    kept = []
    for part in cookie.split(";"):
        name, _, value = part.partition("=")
        domain = value.strip().lower().removeprefix(".")
        covers = domain == host or ("." in domain and host.endswith(f".{domain}"))
        if name.strip().lower() != "domain" or not covers:
            kept.append(part)
    return ";".join(kept)


async def _excuse(fault: Fault, send: Send) -> None:
    """Answer in the target's place, without a CORS header and without a body's type to take it for an answer of its."""
    status = 504 if fault.trouble is Trouble.TIMEOUT else 502
    body = f"{EXCUSE} {fault.method} {fault.path}: {fault.sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
