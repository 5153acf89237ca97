"""The responder: an HTTP/1.1 server on raw sockets that answers with `harness.literal`, byte for byte.

It adds nothing and corrects nothing, so a browser can be shown what other servers refuse to send. The wire records
each exchange that names a scenario. No task and no copy per request: what arrives is answered in the same call of the
event loop. What speaks HTTP/2 in one of its roles is `harness.responder_h2`. Imports the records, the wire and the
listening sockets.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

from harness.listening import BACKLOG, listen
from harness.literal import NO_RULE, NO_TOKEN, Answer, Close, Departure, Literal, Role, Scripts
from harness.wire import BODY_KEPT, AsgiApp, Exchange, Kind, Pairs, Receive, Send, Wire, token_of, values

HEAD_LIMIT = 65536  # bytes of a request's head, and of the trailers of a chunked body
BODY_LIMIT = 16 * 1024 * 1024
REQUEST_DEADLINE = 30.0  # seconds a client may take from the first byte of a request to its last
ACCEPTING = 3  # turns of asyncio's loop until what was accepted is a connection that can be closed
LINGER = 2.0  # seconds that a client has to take an answer and close, once this side is done

_TEXT = (("Content-Type", "text/plain"),)


# ---- requests, without I/O -------------------------------------------------------------------------


class Refused(Exception):
    """A request that cannot be answered by a script, and the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.answer = Answer(status, (*_TEXT, ("Connection", "close")), f"corsproof: {why}".encode())


@dataclass(slots=True)
class Request:
    """A request as it arrived; ``body`` is what is kept of it."""

    method: str
    target: str
    headers: Pairs
    last: bool  # the client wants the connection closed after the answer
    body: bytearray = field(default_factory=bytearray)

    @property
    def token(self) -> str | None:
        """The scenario that the request names."""
        return token_of(self.target.partition("?")[2].encode("latin-1"))

    @property
    def path(self) -> str:
        """The path of the target, an absolute one (RFC 9112 3.2.2) included."""
        path = self.target.partition("?")[0]
        return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]


class Requests:
    """The requests in a stream of bytes: `feed` what arrives, take each with `next`. Raises `Refused` where it must."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer known not to end a head
        self._framing: _Sized | _Chunked
        self.arriving: Request | None = None  # the head is there, the body is not

    @property
    def has_begun(self) -> bool:
        """Whether part of a request has arrived."""
        return bool(self._buffer) or self.arriving is not None

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._buffer += data

    def next(self) -> Request | None:
        """Return the next whole request, or None until more arrives."""
        request = self.arriving or self._head()
        if request is None:
            return None
        self.arriving = request
        if not self._framing.take(self._buffer, request.body):
            return None
        self.arriving = None
        return request

    def _head(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n", self._searched)
        if end > HEAD_LIMIT or (end < 0 and len(self._buffer) > HEAD_LIMIT):
            raise Refused(431, f"a head of more than {HEAD_LIMIT} bytes")
        if end < 0:
            self._searched = max(0, len(self._buffer) - 3)
            return None
        head = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 4]
        self._searched = 0
        request, self._framing = _read_head(head)
        return request


_REQUEST_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")


def _read_head(head: str) -> tuple[Request, _Sized | _Chunked]:
    """Read a head without its empty line (RFC 9112 2.1); values lose the blanks around them, names keep their case."""
    first, *lines = head.split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None or "\0" in head or not head.count("\r") == head.count("\n") == len(lines):
        raise Refused(400, "this is no HTTP/1.1 request")
    pairs = []
    framing: dict[str, list[str]] = {"content-length": [], "transfer-encoding": [], "connection": []}
    for each in lines:
        name, colon, value = each.partition(":")
        if not colon or not _NAME(name):
            raise Refused(400, "a header of the request is none")
        pair = (name, value.strip(" \t"))
        pairs.append(pair)
        if (lower := name.lower()) in framing:
            framing[lower].append(pair[1].lower())
    last = line[3] == "0" or any("close" in value for value in framing["connection"])
    body = _framing(framing["content-length"], framing["transfer-encoding"])
    return Request(line[1], line[2], tuple(pairs), last), body


def _framing(lengths: list[str], codings: list[str]) -> _Sized | _Chunked:
    """Return how the body arrives (RFC 9112 6.3); what two servers could read differently is refused."""
    if codings:
        if codings != ["chunked"] or lengths:
            raise Refused(400, "a body whose end is in doubt")
        return _Chunked()
    if not lengths:
        return _Sized(0)
    if len(set(lengths)) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise Refused(400, "a Content-Length that is none")
    digits = lengths[0].lstrip("0") or "0"
    if len(digits) > len(str(BODY_LIMIT)) or int(digits) > BODY_LIMIT:
        raise Refused(413, f"a body of more than {BODY_LIMIT} bytes")
    return _Sized(int(digits))


@dataclass(slots=True)
class _Sized:
    """A body, or part of one, of known length."""

    missing: int

    def take(self, buffer: bytearray, kept: bytearray) -> bool:
        """Move what there is of the body from ``buffer`` into ``kept``; tell whether that was all of it."""
        if self.missing:
            part = min(self.missing, len(buffer))
            kept += buffer[: min(part, BODY_KEPT - len(kept))]
            del buffer[:part]
            self.missing -= part
        return not self.missing


@dataclass(slots=True)
class _Chunked:
    """A body in chunks (RFC 9112 7.1)."""

    chunk: _Sized | None = None  # the one that is arriving
    ended: bool = False  # the last one has arrived; trailers follow
    size: int = 0
    trailers: int = 0

    def take(self, buffer: bytearray, kept: bytearray) -> bool:
        """Do as `_Sized.take` does."""
        while True:
            if self.chunk and not self.chunk.take(buffer, kept):
                return False
            end = buffer.find(b"\r\n")
            if end > HEAD_LIMIT or (end < 0 and len(buffer) > HEAD_LIMIT):
                raise Refused(400, "a chunk that is none")
            if end < 0:
                return False
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            if self._read(line):
                return True

    def _read(self, line: bytes) -> bool:
        """Read a line between chunks; tell whether it was the last of the body."""
        if self.ended:
            self.trailers += len(line)
            if self.trailers > HEAD_LIMIT:
                raise Refused(431, f"trailers of more than {HEAD_LIMIT} bytes")
            return not line
        if self.chunk:
            if line:
                raise Refused(400, "a chunk that does not end where it said")
            self.chunk = None
            return False
        found = _CHUNK.fullmatch(line)
        if not found:
            raise Refused(400, "a chunk that is none")
        length = int(found.group(1), 16)
        self.size += length
        if self.size > BODY_LIMIT:
            raise Refused(413, f"a body of more than {BODY_LIMIT} bytes")
        self.ended = not length
        self.chunk = _Sized(length) if length else None
        return False


# ---- the server ------------------------------------------------------------------------------------


class Responder:
    """Servers that answer by one table of scripts; its methods run on the event loop that serves them."""

    def __init__(self, scripts: Scripts, wire: Wire, *, deadline: float = REQUEST_DEADLINE) -> None:
        self.scripts = scripts
        self.wire = wire
        self.deadline = deadline
        self.connections: set[Connection] = set()
        self.stopped = False
        self._servers: list[asyncio.Server] = []

    async def start(
        self, role: Role, *, tls: ssl.SSLContext | None = None, site: str | None = None, host: str | None = None
    ) -> int:
        """Serve a role on a port of its own, of 127.0.0.1 and ::1, and return the port; over HTTPS with ``tls``.

        ``host`` is served on the same port, too.

        The wire knows its exchanges by the name ``site``, or else by the role's. `Role.H2` speaks HTTP/2, which takes
        TLS, and nothing else.
        """
        self.stopped = False
        protocol = _protocol(role, tls)
        sockets = listen(host=host)
        loop = asyncio.get_running_loop()
        service = Service(self.scripts, self.wire, role, site or role.value, "https" if tls else "http")
        for listening in sockets:
            server = await loop.create_server(lambda: protocol(self, service, tls), sock=listening, backlog=BACKLOG)
            self._servers.append(server)
        return cast(int, sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every port and every connection, and wait for them; may be called twice."""
        self.stopped = True
        servers, self._servers = self._servers, []
        loop = asyncio.get_running_loop()
        for listening in (listening for server in servers for listening in server.sockets):
            loop.remove_reader(listening)  # asyncio fails over what it has accepted when the server closes
        for _ in range(ACCEPTING):
            await asyncio.sleep(0)
        for server in servers:
            server.close()
        while open_ones := tuple(self.connections):
            for connection in open_ones:
                connection.abort()
            await asyncio.gather(*(connection.gone() for connection in open_ones))
        await asyncio.gather(*(server.wait_closed() for server in servers))


def _protocol(role: Role, tls: ssl.SSLContext | None) -> type[Connection]:
    if role is not Role.H2:
        return _HttpOneConnection
    from harness.responder_h2 import ALPN, HttpTwoConnection  # only here: it takes its time to import

    if tls is None:
        raise ValueError("browsers speak HTTP/2 over TLS only")
    tls.set_alpn_protocols([ALPN])
    return HttpTwoConnection


@dataclass(frozen=True, slots=True)
class Service:
    """What the servers of one role say to a request, and the record of it; ``site`` is their name on the wire."""

    scripts: Scripts
    wire: Wire
    role: Role
    site: str
    scheme: str

    def departure(self, request: Request) -> Departure:
        """Return what leaves for a request."""
        answer: Literal = NO_TOKEN
        if request.token is not None:
            kind = _kind(request.method, request.headers)
            answer = self.scripts.answer(request.token, self.role, kind, request.path) or NO_RULE
        return answer.departure(request.method)

    def begin(self, request: Request) -> Begun | None:
        """Record a request whose body is still to come; None where it names no scenario."""
        if (token := request.token) is None:
            return None
        seen = (request.method, request.target, request.headers)
        exchange = Exchange(self.site, token, *seen, scheme=self.scheme, started=time.monotonic())
        return self.wire.begin(exchange), exchange

    def end(self, request: Request, departure: Departure, begun: Begun | None = None, error: str = "") -> None:
        """Record an exchange as it ends, in the place of its beginning where that was recorded.

        Before the bytes leave, so that no page can report an answer that the record does not have.
        """
        if (token := request.token) is None:
            return
        now = time.monotonic()
        exchange = Exchange(
            self.site,
            token,
            request.method,
            request.target,
            request.headers,
            status=departure.status,
            response_headers=departure.headers,
            request_body=bytes(request.body),
            response_body=departure.body[:BODY_KEPT],
            ending=departure.ending,
            error=error,
            scheme=self.scheme,
            started=begun[1].started if begun else now,
            ended=now,
        )
        if begun:
            self.wire.update(begun[0], exchange)
        else:
            self.wire.begin(exchange)


Begun = tuple[int, Exchange]  # place and record of a request whose body still arrives


class Connection(asyncio.Protocol, ABC):
    """One connection, whatever is spoken on it: its TLS, its deadline and its end."""

    def __init__(self, responder: Responder, service: Service, tls: ssl.SSLContext | None) -> None:
        self._responder = responder
        self._service = service
        self._tls = tls
        self._transport: asyncio.Transport
        self._handshake: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._holds = False  # the handshake runs, or the client does not take what is sent
        self._done = False  # what still arrives is not read
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()

    # What a version of HTTP does.

    @abstractmethod
    def _serve(self) -> None:
        """Answer every request that is whole."""

    @abstractmethod
    def _leave(self) -> None:
        """Record the end of every request that has not arrived whole: the client is gone."""

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with the TLS handshake where there is TLS."""
        self._transport = cast(asyncio.Transport, transport)
        self._responder.connections.add(self)
        if self._responder.stopped:
            self.abort()
        elif self._tls:
            self._holds = True
            self._transport.pause_reading()
            self._handshake = self._loop.create_task(self._secure(self._tls))

    def eof_received(self) -> bool:
        """Let the transport close once the answers have left: a client that is done sending has been answered."""
        return False

    def pause_writing(self) -> None:
        """Look at no further request while the client does not take what is sent."""
        self._holds = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._holds = False
        self._transport.resume_reading()
        self._serve()

    def connection_lost(self, error: Exception | None) -> None:
        """End, and record what was left unfinished."""
        self._done = True
        self._disarm()
        self._leave()
        self._responder.connections.discard(self)
        if not self._lost.done():
            self._lost.set_result(None)

    # What the responder calls.

    def abort(self) -> None:
        """Close at once."""
        self._done = True
        if self._handshake:
            self._handshake.cancel()
        self._transport.abort()

    async def gone(self) -> None:
        """Wait until the connection is closed and nothing of it runs."""
        await self._lost
        if self._handshake:
            await asyncio.wait([self._handshake])

    async def _secure(self, context: ssl.SSLContext) -> None:
        """Go over to TLS: here and not by the server, so that a client that never says a word can be closed too."""
        seconds = self._responder.deadline
        try:
            secured = await self._loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, asyncio.CancelledError):
            secured = None
        if secured is None:
            self._transport.abort()
            self.connection_lost(None)
            return
        self._transport = secured
        self._holds = False
        self._serve()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class _HttpOneConnection(Connection):
    """HTTP/1.1. Answers are written in the order of the requests, each before the next is looked at."""

    def __init__(self, responder: Responder, service: Service, tls: ssl.SSLContext | None) -> None:
        super().__init__(responder, service, tls)
        self._requests = Requests()
        self._begun: Begun | None = None

    def data_received(self, data: bytes) -> None:
        if not self._done:
            self._requests.feed(data)
            self._serve()

    def _serve(self) -> None:
        try:
            while not (self._done or self._holds) and (request := self._requests.next()):
                self._answer(request)
        except Refused as refused:
            self._refuse(refused.answer)
        if self._done:
            return
        if self._requests.arriving and not self._begun:
            self._begun = self._service.begin(self._requests.arriving)
        self._watch()

    def _leave(self) -> None:
        self._end_unfinished(Close().departure(""), "the client went away before its request was complete")

    def _answer(self, request: Request) -> None:
        self._disarm()
        departure = self._service.departure(request)
        begun, self._begun = self._begun, None
        self._service.end(request, departure, begun)
        self._send(departure, stays=departure.stays and not request.last)

    def _refuse(self, answer: Answer) -> None:
        departure = answer.departure("GET")
        self._end_unfinished(departure, "the request did not arrive whole")
        self._send(departure, stays=False)

    def _end_unfinished(self, departure: Departure, error: str) -> None:
        """Record the end of a request that was known and whose body has not arrived."""
        begun, self._begun = self._begun, None
        if begun and self._requests.arriving:
            self._service.end(self._requests.arriving, departure, begun, error)

    def _send(self, departure: Departure, *, stays: bool) -> None:
        if departure.sent:
            self._transport.write(departure.sent)
        if stays:
            return
        self._done = True
        self._disarm()
        if departure.sent and self._transport.can_write_eof():
            # Closing with unread bytes would reset the connection, and the client might lose the answer.
            self._transport.write_eof()
            self._timer = self._loop.call_later(LINGER, self._end)
        else:
            self._transport.close()

    def _end(self) -> None:
        """Close, but let a client that is slow to read have its answer."""
        left = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(self._responder.deadline, self._transport.abort) if left else None
        if not left:
            self._transport.abort()

    def _watch(self) -> None:
        """Run the deadline while a request is arriving; between requests a client may take its time."""
        if not self._requests.has_begun:
            self._disarm()
        elif self._timer is None:
            self._timer = self._loop.call_later(self._responder.deadline, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        if self._holds:
            self._transport.abort()
        else:
            self._refuse(Refused(408, f"no whole request within {self._responder.deadline:g} s").answer)


# ---- the page's own server -------------------------------------------------------------------------


def literal_or(app: AsgiApp, scripts: Scripts) -> AsgiApp:
    """Wrap the page's own ``app`` so that requests that a rule for `Role.PAGE` fits are answered by their script."""

    async def answering(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        answer = _of_page(scope, scripts) if scope["type"] == "http" else None
        if answer is None:
            await app(scope, receive, send)
            return
        more = True  # of the request's body, which the record is to have
        while more:
            more = (await receive()).get("more_body", False)
        departure = answer.departure(scope["method"])
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in departure.headers]
        await send({"type": "http.response.start", "status": departure.status, "headers": headers})
        await send({"type": "http.response.body", "body": departure.body})

    return answering


def _of_page(scope: Mapping[str, Any], scripts: Scripts) -> Literal | None:
    token = token_of(scope["query_string"])
    if token is None:
        return None
    pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    kind = _kind(scope["method"], pairs)
    return scripts.answer(token, Role.PAGE, kind, scope["raw_path"].decode("latin-1"))


def _kind(method: str, headers: Pairs) -> Kind:
    """Tell what a request is to CORS, as `harness.wire.Exchange.kind` does of a recorded one."""
    asks = method == "OPTIONS" and bool(values(headers, "access-control-request-method"))
    return Kind.PREFLIGHT if asks else Kind.ACTUAL
