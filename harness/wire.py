"""The wire: every exchange as it really was, recorded at the server and outside the mechanism under test.

`recorder` wraps an ASGI application; it adds no header and reads no page. An exchange belongs to a scenario by the id
in its URL (`TOKEN_PARAMETER`); requests without one are served and not recorded. Header pairs stay raw, ordered and
doubled as they were. Imports nothing of ours.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

TOKEN_PARAMETER = "corsproof"
BODY_KEPT = 4096  # bytes of each body that are kept
LATE = 120.0  # seconds in which a request is known that no verdict knew of: four times what a server waits for one

Pairs = tuple[tuple[str, str], ...]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_TOKEN = re.compile(rb"(?:^|&)" + TOKEN_PARAMETER.encode() + rb"=([A-Za-z0-9._-]+)")


class Ending(str, Enum):
    """How an exchange ended."""

    COMPLETE = "complete"
    OPEN = "open"  # the answer was not finished when the record was read
    CLOSED = "closed"  # the application closed the connection without an answer
    CUT_OFF = "cut-off"  # the application began an answer and did not finish it
    LEFT = "left"  # the client hung up before the answer was finished

    __str__ = str.__str__


class Kind(str, Enum):
    """What a request is to CORS."""

    PREFLIGHT = "preflight"
    ACTUAL = "actual"

    __str__ = str.__str__


@dataclass(frozen=True)
class Exchange:
    """One request as it arrived and one answer as it left; ``status`` is None where no answer began.

    ``started`` and ``ended`` are seconds of the monotonic clock; ``error`` is what the application raised; ``step`` is
    the step of the scenario in whose time the request arrived (`Wire.turn`). What may be secret has no place in the
    repr, which tests and logs print.
    """

    site: str
    token: str
    method: str
    target: str = field(repr=False)
    request_headers: Pairs = field(repr=False)
    status: int | None = None
    response_headers: Pairs = field(default=(), repr=False)
    request_body: bytes = field(default=b"", repr=False)
    response_body: bytes = field(default=b"", repr=False)
    ending: Ending = Ending.OPEN
    error: str = ""
    scheme: str = "http"
    step: int = 0
    started: float = field(default=0.0, compare=False, repr=False)
    ended: float = field(default=0.0, compare=False, repr=False)

    @property
    def kind(self) -> Kind:
        """Preflight or actual: by method and Access-Control-Request-Method (Fetch, CORS-preflight fetch)."""
        asks = self.method == "OPTIONS" and bool(values(self.request_headers, "access-control-request-method"))
        return Kind.PREFLIGHT if asks else Kind.ACTUAL


def values(headers: Pairs, name: str) -> tuple[str, ...]:
    """Return every value of a header, in order; ``name`` in lower case."""
    return tuple(value for key, value in headers if key.lower() == name)


class Wire:
    """The record of all sites of a run; safe to use from several threads."""

    def __init__(self) -> None:
        self._exchanges: dict[str, list[Exchange]] = defaultdict(list)
        self._judged: dict[str, float] = {}  # and when, the oldest first
        self._steps: dict[str, int] = {}
        self._late: list[Exchange] = []
        self._changed = threading.Condition()

    def begin(self, exchange: Exchange) -> int:
        """Add an exchange whose request has arrived; return its place among those of its token.

        One whose token has been judged is kept apart: `take_late`.
        """
        with self._changed:
            if exchange.token in self._judged:
                self._late.append(exchange)
                return 0
            step = self._steps.get(exchange.token, 0)
            self._exchanges[exchange.token].append(replace(exchange, step=step) if step else exchange)
            self._changed.notify_all()
            return len(self._exchanges[exchange.token]) - 1

    def update(self, place: int, exchange: Exchange) -> None:
        """Put a fuller record in the place of an exchange; one that has been taken stays as it was."""
        with self._changed:
            exchanges = self._exchanges.get(exchange.token, [])
            if place < len(exchanges):
                step = exchanges[place].step
                exchanges[place] = replace(exchange, step=step) if step else exchange
            self._changed.notify_all()

    def turn(self, token: str, step: int) -> None:
        """Note that a scenario begins a step: what arrives for it from now on belongs to that one."""
        with self._changed:
            self._steps[token] = step

    def read(self, token: str) -> tuple[Exchange, ...]:
        """Return the exchanges of a token in the order of their arrival."""
        with self._changed:
            return tuple(self._exchanges.get(token, ()))

    def wait_for(self, token: str, deadline: float) -> bool:
        """Wait until a request with this token has arrived, at most ``deadline`` seconds; say whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: token in self._exchanges, deadline)

    def settle(self, token: str, deadline: float) -> tuple[Exchange, ...]:
        """Return the exchanges of a token once none of them is open, or after ``deadline`` seconds."""
        with self._changed:
            self._changed.wait_for(
                lambda: all(e.ending is not Ending.OPEN for e in self._exchanges.get(token, ())), deadline
            )
            return tuple(self._exchanges.get(token, ()))

    def forget(self, token: str) -> None:
        """Drop the exchanges of a token."""
        with self._changed:
            self._exchanges.pop(token, None)

    def judged(self, token: str) -> None:
        """Drop the exchanges of a token for good: what still arrives, in so long as `LATE`, is late."""
        with self._changed:
            self._exchanges.pop(token, None)
            self._steps.pop(token, None)
            now = self._judged[token] = time.monotonic()
            while now - self._judged[oldest := next(iter(self._judged))] > LATE:
                del self._judged[oldest]

    def take_late(self) -> tuple[Exchange, ...]:
        """Return, once, the exchanges that arrived when their case had been judged without them."""
        with self._changed:
            late, self._late = tuple(self._late), []
            return late


def token_of(query: bytes) -> str | None:
    """Return the scenario id in a query string, or None."""
    found = _TOKEN.findall(query)
    return found[-1].decode("ascii") if found else None  # the last: a page's own URL may have one before ours


def without_token(target: str) -> str:
    """Return a path and query as the scenario has it, without the parameter that ties it to its case."""
    path, _, query = target.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(f"{TOKEN_PARAMETER}=")]
    return f"{path}?{'&'.join(kept)}" if kept else path


def recorder(app: AsgiApp, site: str, wire: Wire) -> AsgiApp:
    """Wrap ``app`` so that each exchange that names a scenario is recorded in ``wire`` under ``site``.

    Of a WebSocket that is its handshake.
    """

    async def recorded(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        token = token_of(scope["query_string"]) if scope["type"] in ("http", "websocket") else None
        if token is None:
            await app(scope, receive, send)
            return
        record = _Record(wire, _arrived(scope, site, token))
        if scope["type"] == "websocket":
            await record.serve_socket(app, scope, receive, send)
            return
        _record_closing(scope, record)
        await record.serve(app, scope, receive, send)

    return recorded


def _arrived(scope: MutableMapping[str, Any], site: str, token: str) -> Exchange:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    target = f"{path}?{query}"
    headers, scheme = _pairs(scope["headers"]), scope.get("scheme", "http")
    return Exchange(site, token, scope.get("method", "GET"), target, headers, scheme=scheme, started=time.monotonic())


def _pairs(headers: Any) -> Pairs:
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers)


def _record_closing(scope: MutableMapping[str, Any], record: _Record) -> None:
    """Where the server lets an application close its connection (`harness.sites`), know that it did."""
    extensions = scope.setdefault("extensions", {})
    close = extensions.get("corsproof.close")
    if close is None:
        return

    def close_and_record() -> None:
        record.closed_by_application()
        close()

    extensions["corsproof.close"] = close_and_record


class _Record:
    """The one exchange being recorded. Each method runs on the server's event loop, but for the closing."""

    def __init__(self, wire: Wire, exchange: Exchange) -> None:
        self._wire = wire
        self._exchange = exchange
        self._place = wire.begin(exchange)
        self._client_left = False
        self._lock = threading.RLock()

    def _set(self, **changes: Any) -> None:
        with self._lock:
            self._exchange = replace(self._exchange, **changes)
            self._wire.update(self._place, self._exchange)

    def closed_by_application(self) -> None:
        with self._lock:
            if self._exchange.ending is Ending.OPEN:
                begun = self._exchange.status is not None
                self._set(ending=Ending.CUT_OFF if begun else Ending.CLOSED, ended=time.monotonic())

    async def serve(self, app: AsgiApp, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Let the application answer; where it raises or returns before it answered, answer 500 as any server does."""
        sent = self._sending(send)
        try:
            await app(scope, self._receiving(receive), sent)
        except Exception as error:
            self._set(error=f"{type(error).__name__}: {error}")
            if self._exchange.status is not None:
                self._cut_off()
                raise
        else:
            self._cut_off()
        if self._exchange.ending is Ending.OPEN:
            error_text = self._exchange.error or "the application returned without an answer"
            self._set(error=error_text)
            await sent({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/plain")]})
            await sent({"type": "http.response.body", "body": b"Internal Server Error"})

    async def serve_socket(self, app: AsgiApp, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Let the application answer a WebSocket's handshake: 101, or 403 where it closes before it has accepted."""

        async def sent(message: Message) -> None:
            if self._exchange.status is None and message["type"] in ("websocket.accept", "websocket.close"):
                status = 101 if message["type"] == "websocket.accept" else 403
                self._set(status=status, ending=Ending.COMPLETE, ended=time.monotonic())
            await send(message)

        try:
            await app(scope, receive, sent)
        finally:
            if self._exchange.ending is Ending.OPEN:
                self._set(ending=Ending.CLOSED, ended=time.monotonic())

    def _cut_off(self) -> None:
        if self._exchange.ending is Ending.OPEN and self._exchange.status is not None:
            error = self._exchange.error or "the application returned before its answer was complete"
            ending = Ending.LEFT if self._client_left else Ending.CUT_OFF
            self._set(error=error, ending=ending, ended=time.monotonic())

    def _receiving(self, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            self._client_left |= message["type"] == "http.disconnect"
            body = message.get("body", b"") if message["type"] == "http.request" else b""
            if body and (room := BODY_KEPT - len(self._exchange.request_body)) > 0:
                self._set(request_body=self._exchange.request_body + body[:room])
            return message

        return received

    def _sending(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if self._exchange.ending in (Ending.CLOSED, Ending.CUT_OFF):
                return  # the connection is gone: what is said now goes nowhere
            starts = message["type"] == "http.response.start"
            if starts:
                self._set(status=message["status"], response_headers=_pairs(message.get("headers", ())))
            else:
                self._body(message.get("body", b""), last=not message.get("more_body", False))
            try:
                await send(message)
            except Exception as error:
                # What the server refuses to send never leaves: a header that is none, a body unlike its Content-Length.
                nothing_left = {"status": None, "response_headers": (), "ending": Ending.CLOSED}
                ended = nothing_left if starts else {"ending": Ending.CUT_OFF}
                self._set(error=f"{type(error).__name__}: {error}", ended=time.monotonic(), **ended)
                raise

        return sent

    def _body(self, body: bytes, *, last: bool) -> None:
        room = max(0, BODY_KEPT - len(self._exchange.response_body))
        ending = Ending.COMPLETE if last else self._exchange.ending
        # Before the bytes leave, so that no page can report an answer that the record still calls open.
        self._set(response_body=self._exchange.response_body + body[:room], ending=ending, ended=time.monotonic())
