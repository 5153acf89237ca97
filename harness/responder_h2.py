"""The responder's other face: HTTP/2 (RFC 9113), for what browsers send over nothing older, such as streams.

The library h2 reads and writes the frames, without I/O; what is ours is which answer leaves, and its record, as in
`harness.responder`. Only what HTTP/2 can say is said (`Answer.suits_http_2`), with names in lower case. h2's own limits
hold: 100 requests at a time and 64 KiB of fields, and who breaks them ends the connection. Imports the responder.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from harness.literal import Close, Departure
from harness.responder import BODY_LIMIT, Begun, Connection, Request, Responder, Service
from harness.wire import BODY_KEPT

ALPN = "h2"
PART = 65536  # bytes
TAKEN_BACK = "the client took its request back"

_NOTHING = Close().departure("")


@dataclass(slots=True)
class _Stream:
    """A request that arrives, or whose answer leaves, as far as it has left."""

    request: Request
    timer: asyncio.TimerHandle
    begun: Begun | None
    size: int = 0  # of the request's body
    answer: bytes | None = None  # the body of the answer, once its head has left
    sent: int = 0


class HttpTwoConnection(Connection):
    """HTTP/2 over TLS. Answers leave in the order in which the requests are whole, as far as their windows are open."""

    def __init__(self, responder: Responder, service: Service, tls: ssl.SSLContext | None) -> None:
        super().__init__(responder, service, tls)
        self._http = H2Connection(H2Configuration(client_side=False))
        self._streams: dict[int, _Stream] = {}
        self._arrived = bytearray()
        self._unsent = bytearray()
        self._greeted = False

    def data_received(self, data: bytes) -> None:
        """Take what arrives; while nothing can be answered, keep it."""
        if not self._done:
            self._arrived += data
            self._serve()

    def pause_writing(self) -> None:
        """Look at no further request while the client does not take what is sent, and not for ever."""
        super().pause_writing()
        self._timer = self._timer or self._loop.call_later(self._responder.deadline, self._transport.abort)

    def resume_writing(self) -> None:
        """Go on."""
        self._disarm()
        super().resume_writing()

    def _serve(self) -> None:
        if self._done or self._holds:
            return
        if not self._greeted and not self._greet():
            return
        data, self._arrived = bytes(self._arrived), bytearray()
        try:
            for event in self._http.receive_data(data):
                self._take(event)
        except ProtocolError as error:
            self._break_off(f"this is no HTTP/2: {error}")
        self._write()

    def _greet(self) -> bool:
        """Begin, where the client has agreed to HTTP/2."""
        if self._transport.get_extra_info("ssl_object").selected_alpn_protocol() != ALPN:
            self._done = True
            self._transport.abort()
            return False
        self._greeted = True
        self._http.initiate_connection()
        return True

    def _take(self, event: events.Event) -> None:
        match event:
            case events.RequestReceived(stream_id=number, headers=headers, stream_ended=ended):
                self._begin(number, _request(headers), whole=ended is not None)
            case events.DataReceived(stream_id=number, data=data, flow_controlled_length=length):
                self._http.acknowledge_received_data(length, number)
                self._keep(number, data)
            case events.StreamEnded(stream_id=number):
                self._answer(number)
            case events.StreamReset(stream_id=number):
                self._forget(number, TAKEN_BACK)
            case events.WindowUpdated() | events.RemoteSettingsChanged():
                for number in tuple(self._streams):
                    self._flush(number)
            case events.ConnectionTerminated():
                self._break_off("the client ended the connection")

    def _begin(self, number: int, request: Request, *, whole: bool) -> None:
        timer = self._loop.call_later(self._responder.deadline, self._too_late, number)
        begun = None if whole else self._service.begin(request)
        self._streams[number] = _Stream(request, timer, begun)

    def _keep(self, number: int, data: bytes) -> None:
        """Keep the beginning of a body."""
        stream = self._streams.get(number)
        if stream is None:  # it has been refused
            return
        body = stream.request.body
        body += data[: BODY_KEPT - len(body)]
        stream.size += len(data)
        if stream.size > BODY_LIMIT:
            self._refuse(number, f"a body of more than {BODY_LIMIT} bytes")

    def _answer(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        departure = self._service.departure(stream.request)
        departure = replace(departure, headers=tuple((name.lower(), value) for name, value in departure.headers))
        self._service.end(stream.request, departure, stream.begun)
        stream.answer = departure.body
        with self._unless_closed(number):
            self._http.send_headers(number, _fields(departure), end_stream=not departure.body)
            self._flush(number)

    def _flush(self, number: int) -> None:
        """Send of an answer what the client has room for."""
        stream = self._streams[number]
        if stream.answer is None:
            return
        with self._unless_closed(number):
            while stream.sent < len(stream.answer):
                room = min(self._http.local_flow_control_window(number), self._http.max_outbound_frame_size)
                if room <= 0:  # it is less than nothing where the client has made its windows smaller
                    return
                part = stream.answer[stream.sent : stream.sent + room]
                stream.sent += len(part)
                self._http.send_data(number, part, end_stream=stream.sent == len(stream.answer))
            self._forget(number)

    @contextlib.contextmanager
    def _unless_closed(self, number: int) -> Iterator[None]:
        """Say something to a request that may have been taken back by what has just arrived."""
        try:
            yield
        except ProtocolError:
            self._forget(number, TAKEN_BACK)

    def _forget(self, number: int, error: str = "") -> None:
        """Be done with a request; ``error`` says why it was not answered."""
        stream = self._streams.pop(number, None)
        if stream is None:
            return
        stream.timer.cancel()
        if stream.begun and stream.answer is None:
            self._service.end(stream.request, _NOTHING, stream.begun, error)

    def _refuse(self, number: int, error: str) -> None:
        with self._unless_closed(number):
            self._http.reset_stream(number, ErrorCodes.ENHANCE_YOUR_CALM)
            self._forget(number, error)

    def _too_late(self, number: int) -> None:
        self._refuse(number, f"no whole request within {self._responder.deadline:g} s")
        self._write()

    def _break_off(self, error: str) -> None:
        """Close once what was said has left; nothing more can be."""
        self._done = True
        for number in tuple(self._streams):
            self._forget(number, error)
        self._write()
        self._transport.close()
        self._disarm()
        self._timer = self._loop.call_later(self._responder.deadline, self._transport.abort)

    def _write(self) -> None:
        """Send what is to be sent, in parts: only between two of them does the transport say that it is enough."""
        self._unsent += self._http.data_to_send()
        while self._unsent and not self._holds:
            part = bytes(self._unsent[:PART])
            del self._unsent[:PART]
            self._transport.write(part)

    def _leave(self) -> None:
        for number in tuple(self._streams):
            self._forget(number, "the client went away before its request was complete")


def _request(headers: Iterable[tuple[bytes, bytes]]) -> Request:
    """Return a request as HTTP/1.1 would have it: with a Host, and without what begins with a colon."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    said = {name: value for name, value in pairs if name.startswith(":")}
    host = [("host", said[":authority"])] if ":authority" in said else []
    own = [pair for pair in pairs if pair[0] not in said]
    return Request(said[":method"], said.get(":path", ""), (*host, *own), last=False)


def _fields(departure: Departure) -> list[tuple[bytes, bytes]]:
    fields = ((":status", str(departure.status)), *departure.headers)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
