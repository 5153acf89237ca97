"""HTTP/2 as clients meet it at the responder: answers, their record, several requests at a time, limits and ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import trustme
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes, Settings

from harness import responder_h2 as module
from harness.literal import NO_RULE, NO_TOKEN, Answer, Literal, Role, Rule, Script, Scripts
from harness.loop import LoopThread
from harness.responder import Responder
from harness.sites import Sites
from harness.wire import BODY_KEPT, Ending, Exchange, Kind, Wire

DEADLINE = 5.0
OK = Answer(200, (("X-A", "1"),), b"ok")


class Running:
    """A responder in a thread that speaks HTTP/2."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.wire = Wire()
        self.scripts = Scripts()
        self.thread = LoopThread("responder")
        self.responder = Responder(self.scripts, self.wire, deadline=deadline)
        authority = trustme.CA()
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(served)
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)
        self.port = self.call(self.responder.start(Role.H2, tls=served, site="two"))

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the responder's loop."""
        return self.thread.call(work, DEADLINE)

    def always(self, token: str, *answers: Literal, **more: Any) -> None:
        """Answer every request of a token by these."""
        self.scripts.put(token, Script((Rule(answers, role=Role.H2, **more),)))

    def ended(self, token: str) -> tuple[Exchange, ...]:
        """Return the exchanges of a token, none of them open."""
        exchanges = self.wire.settle(token, DEADLINE)
        assert all(each.ending is not Ending.OPEN for each in exchanges)
        return exchanges

    def plain(self) -> socket.socket:
        """Return a connection that has not said a word."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def secured(self, *alpn: str) -> ssl.SSLSocket:
        """Return a connection that has offered these protocols."""
        if alpn:
            self.trusting.set_alpn_protocols(alpn)
        return self.trusting.wrap_socket(self.plain(), server_hostname="localhost")

    def close(self) -> None:
        """Stop everything."""
        self.call(self.responder.stop())
        self.thread.stop()


@dataclass
class Received:
    """What has come back for one request; ``reset`` is the code of a RST_STREAM."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> str:
        """The status, as it is said."""
        return dict(self.headers)[":status"]


class Client:
    """A client of one connection, frame by frame; ``settings`` are its own."""

    def __init__(self, running: Running, settings: dict[SettingCodes, int] | None = None) -> None:
        self.socket = running.secured("h2")
        self.http = H2Connection(H2Configuration(client_side=True, validate_outbound_headers=False))
        self.http.local_settings = Settings(client=True, initial_values=settings)
        self.received: defaultdict[int, Received] = defaultdict(Received)
        self.goodbye: events.ConnectionTerminated | None = None
        self.makes_room = True
        self.http.initiate_connection()
        self.flush()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        """Send what is to be sent."""
        self.socket.sendall(self.http.data_to_send())

    def ask(
        self, token: str, *headers: tuple[str, str], method: str = "GET", body: bytes | None = b"", flush: bool = True
    ) -> int:
        """Send a request; with a body of None it does not end."""
        number = self.http.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", f"localhost:{self.port}")]
        head.append((":path", f"/path?a=b&corsproof={token}" if token else "/path"))
        self.http.send_headers(number, [*head, *headers], end_stream=body == b"")
        if body:
            self.send(number, body, end=True)
        if flush:
            self.flush()
        return number

    @property
    def port(self) -> int:
        """The port that it is connected to."""
        return int(self.socket.getpeername()[1])

    def send(self, number: int, body: bytes, *, end: bool) -> None:
        """Send part of a body, as there is room for it."""
        while body:
            while not (room := min(self.http.local_flow_control_window(number), self.http.max_outbound_frame_size)):
                self.flush()
                assert self.read()
            self.http.send_data(number, body[:room], end_stream=end and room >= len(body))
            body = body[room:]
        self.flush()

    def read(self) -> bool:
        """Take what comes next; tell whether there was anything, rather than the end."""
        data = self.socket.recv(1 << 18)
        for event in self.http.receive_data(data):
            match event:
                case events.ResponseReceived(stream_id=number, headers=headers):
                    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
                    self.received[number].headers = pairs
                case events.DataReceived(stream_id=number, data=part, flow_controlled_length=length):
                    self.received[number].body += part
                    if self.makes_room:
                        self.http.acknowledge_received_data(length, number)
                case events.StreamEnded(stream_id=number):
                    self.received[number].ended = True
                case events.StreamReset(stream_id=number, error_code=code):
                    self.received[number].reset = int(code)
                case events.ConnectionTerminated():
                    self.goodbye = event
        self.flush()
        return bool(data)

    def answer(self, number: int) -> Received:
        """Return the answer to a request, when it is whole or the request refused."""
        got = self.received[number]
        while not got.ended and got.reset is None:
            assert self.read(), "closed without an answer"
        return got

    def rest(self) -> None:
        """Read until the other side closes."""
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            while self.read():
                pass


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Run a responder for this module."""
    started = Running()
    yield started
    started.close()


@pytest.fixture
def hasty() -> Iterator[Running]:
    """Run a responder that does not wait long."""
    started = Running(deadline=0.1)
    yield started
    started.close()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    waiting, ticking = threading.Event(), 0
    while not holds():
        ticking += 1
        assert ticking < DEADLINE / 0.005, "the condition never held"
        waiting.wait(0.005)


# ---- answers and their record ----------------------------------------------------------------------

LITERALS: dict[str, Answer] = {
    "ok": OK,
    "doubled": Answer(200, (("Access-Control-Allow-Origin", "*"),) * 2),
    "order": Answer(200, (("B", "1"), ("A", "2"), ("b", "3"))),
    "high-bytes": Answer(200, (("A", "\x80\xe9\xff"), ("B", "")), b"\xff\0"),
    "299": Answer(299),
    "999": Answer(999),
    "204": Answer(204),
    "304": Answer(304),
    "302": Answer(302, (("Location", "/b"),), b"gone"),
    "large": Answer(200, (), b"x" * 3_000_000),
}


@pytest.mark.parametrize("name", LITERALS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "checkin"])
def test_what_arrives_is_what_was_said(running: Running, name: str, method: str) -> None:
    """Status, fields in their order, doubled where doubled, and body; names in lower case, and so in the record."""
    literal, token = LITERALS[name], f"literal-{name}-{method}"
    running.always(token, literal)
    said = literal.departure(method)
    lowered = tuple((name.lower(), value) for name, value in said.headers)
    with Client(running) as client:
        got = client.answer(client.ask(token, method=method))
    assert got.headers == [(":status", str(said.status)), *lowered]
    assert (got.body, got.reset) == (said.body, None)
    (exchange,) = running.ended(token)
    assert (exchange.status, exchange.response_headers) == (said.status, lowered)
    assert (exchange.response_body, exchange.ending) == (said.body[:BODY_KEPT], Ending.COMPLETE)
    assert (exchange.site, exchange.scheme, exchange.method, exchange.error) == ("two", "https", method, "")
    assert 0 < exchange.started <= exchange.ended


def test_a_request_as_it_is_recorded(running: Running) -> None:
    """The record is as that of HTTP/1: a Host, all fields in their order, a joined Cookie, and nothing with a colon."""
    running.always("asked", OK)
    with Client(running) as client:
        fields = (("x-b", "1"), ("cookie", "a=1"), ("x-a", "\xe9"), ("x-b", "2"), ("cookie", "b=2"))
        client.answer(client.ask("asked", *fields, method="patch", body=b"body"))
        port = client.port
    (exchange,) = running.ended("asked")
    assert (exchange.method, exchange.target) == ("patch", "/path?a=b&corsproof=asked")
    assert exchange.request_body == b"body"
    assert exchange.request_headers[0] == ("host", f"localhost:{port}")
    assert exchange.request_headers[1:3] == (("x-b", "1"), ("x-a", "\xc3\xa9"))
    assert exchange.request_headers[3:] == (("x-b", "2"), ("cookie", "a=1; b=2"))


def test_preflights_and_paths(running: Running) -> None:
    """Rules are chosen as ever: by kind and by path."""
    rules = (
        Rule((Answer(204),), kind=Kind.PREFLIGHT, role=Role.H2),
        Rule((Answer(201), Answer(202)), path="/path", role=Role.H2),
    )
    running.scripts.put("kinds", Script(rules))
    with Client(running) as client:
        asked = ("access-control-request-method", "PUT")
        statuses = [client.answer(client.ask("kinds", asked, method="OPTIONS")).status]
        statuses += [client.answer(client.ask("kinds", method="OPTIONS")).status for _ in range(3)]
    assert statuses == ["204", "201", "202", "202"]
    assert [each.kind for each in running.ended("kinds")] == [Kind.PREFLIGHT, *[Kind.ACTUAL] * 3]


def test_who_has_no_answer(running: Running) -> None:
    """Without a token, with one that nobody knows, and where no rule is for this role, the answer is 501."""
    running.scripts.put("roleless", Script((Rule((OK,)), Rule((OK,), role=Role.API))))
    with Client(running) as client:
        bodies = [client.answer(client.ask(token)) for token in ("", "nobodys", "roleless")]
    assert [got.status for got in bodies] == ["501"] * 3
    assert [got.body for got in bodies] == [NO_TOKEN.body, NO_RULE.body, NO_RULE.body]
    assert [each.status for each in running.ended("nobodys")] == [501]


def test_the_record_is_there_before_the_answer(running: Running) -> None:
    """A client that has its answer finds it in the record, complete, without waiting."""
    running.always("before", OK)
    with Client(running) as client:
        for count in range(1, 51):
            client.answer(client.ask("before"))
            assert [each.ending for each in running.wire.read("before")] == [Ending.COMPLETE] * count


def test_a_big_body(running: Running) -> None:
    """A body far beyond every window arrives; its beginning is kept."""
    running.always("big", OK)
    with Client(running) as client:
        assert client.answer(client.ask("big", method="POST", body=b"0123456789" * 100_000)).status == "200"
    assert [each.request_body for each in running.ended("big")] == [(b"0123456789" * 410)[:BODY_KEPT]]


def test_a_body_on_its_way(running: Running) -> None:
    """A request is in the record from its head on, open, and completed in its place; trailers are no harm."""
    running.always("coming", OK)
    with Client(running) as client:
        number = client.ask("coming", method="POST", body=None)
        client.send(number, b"bo", end=False)
        assert running.wire.wait_for("coming", DEADLINE)
        (arrived,) = running.wire.read("coming")
        assert (arrived.ending, arrived.status, arrived.method) == (Ending.OPEN, None, "POST")
        client.send(number, b"dy", end=False)
        client.http.send_headers(number, [("x-trailer", "1")], end_stream=True)
        client.flush()
        assert client.answer(number).status == "200"
    (exchange,) = running.ended("coming")
    assert (exchange.ending, exchange.status, exchange.request_body) == (Ending.COMPLETE, 200, b"body")
    assert arrived.started == exchange.started < exchange.ended


def test_several_requests_at_a_time(running: Running) -> None:
    """Requests that arrive in parts, in turns, are answered as each is whole, under its own token."""
    tokens = [f"several-{number}" for number in range(20)]
    for token in tokens:
        running.always(token, Answer(200, (("X-A", token),), token.encode() * 10_000))
    with Client(running) as client:
        numbers = {token: client.ask(token, method="POST", body=None) for token in tokens}
        for half in (0, 1):
            for token in reversed(tokens):
                client.send(numbers[token], token.encode(), end=half == 1)
        for token in tokens:
            got = client.answer(numbers[token])
            assert (dict(got.headers)["x-a"], got.body) == (token, token.encode() * 10_000)
    for token in tokens:
        assert [each.request_body for each in running.ended(token)] == [token.encode() * 2]


def test_a_crowd(running: Running) -> None:
    """Another client, with many requests on one connection: each is answered and recorded under its own token."""
    tokens = [f"crowd-{number}" for number in range(60)]
    for token in tokens:
        running.always(token, Answer(200, (), token.encode()))

    async def asked(client: httpx.AsyncClient, token: str) -> bool:
        url = f"https://localhost:{running.port}/?corsproof={token}"
        answers = [await client.post(url, content=token) for _ in range(5)]
        return {(answer.http_version, answer.text) for answer in answers} == {("HTTP/2", token)}

    async def crowd() -> list[bool]:
        verify = running.trusting
        async with httpx.AsyncClient(http2=True, verify=verify, trust_env=False, timeout=DEADLINE * 4) as client:
            return await asyncio.gather(*(asked(client, token) for token in tokens))

    assert asyncio.run(crowd()) == [True] * len(tokens)
    for token in tokens:
        assert [each.request_body for each in running.ended(token)] == [token.encode()] * 5


def test_a_client_with_little_room(running: Running) -> None:
    """An answer leaves as its window opens, and the others are not held up."""
    running.always("little", Answer(200, (), b"x" * 1000))
    with Client(running, {SettingCodes.INITIAL_WINDOW_SIZE: 10}) as client:
        client.makes_room = False
        slow = client.ask("little")
        head = client.answer(client.ask("little", method="HEAD"))
        assert head.status == "200"
        while not client.received[slow].body:
            assert client.read()
        for size in (1, 500):
            client.http.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: size})
            client.flush()
            assert client.answer(client.ask("little", method="HEAD")).status == "200"
        while len(client.received[slow].body) < 500:
            assert client.read()
        client.http.increment_flow_control_window(500, slow)
        client.flush()
        assert client.answer(slow).body == b"x" * 1000


# ---- requests that do not end well -----------------------------------------------------------------


def test_a_body_without_end(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body beyond the limit is refused, and recorded so; the connection stays for others."""
    monkeypatch.setattr(module, "BODY_LIMIT", 1000)
    running.always("endless", OK)
    with Client(running) as client:
        number = client.ask("endless", method="POST", body=None)
        for part in (b"x" * 1001, b"more"):
            client.http.send_data(number, part, end_stream=part == b"more")
        client.flush()
        assert client.answer(number).reset == ErrorCodes.ENHANCE_YOUR_CALM
        assert client.answer(client.ask("endless", method="POST", body=b"x" * 1000)).status == "200"
    refused, answered = running.ended("endless")
    assert (refused.ending, refused.error, refused.status) == (Ending.CLOSED, "a body of more than 1000 bytes", None)
    assert (answered.ending, len(answered.request_body)) == (Ending.COMPLETE, 1000)


def test_a_slow_request(hasty: Running) -> None:
    """A request that does not end in time is refused, and recorded so; the connection stays, and is patient between."""
    hasty.always("slow", OK)
    with Client(hasty) as client:
        number = client.ask("slow", method="POST", body=None)
        assert client.answer(number).reset == ErrorCodes.ENHANCE_YOUR_CALM
        assert client.answer(client.ask("slow")).status == "200"
    slow, _ = hasty.ended("slow")
    assert (slow.ending, slow.error) == (Ending.CLOSED, "no whole request within 0.1 s")


def test_a_client_that_makes_no_room(hasty: Running) -> None:
    """An answer that a client has no room for is given up after the deadline."""
    hasty.always("narrow", Answer(200, (), b"x" * 1000))
    with Client(hasty, {SettingCodes.INITIAL_WINDOW_SIZE: 10}) as client:
        client.makes_room = False
        got = client.answer(client.ask("narrow"))
    assert (got.body, got.reset) == (b"x" * 10, ErrorCodes.ENHANCE_YOUR_CALM)
    assert [each.ending for each in hasty.ended("narrow")] == [Ending.COMPLETE], "it was said, if not taken"


def test_a_client_that_never_reads(hasty: Running) -> None:
    """A client that has all the room in its windows and takes nothing is let go after the deadline."""
    hasty.always("never", Answer(200, (), b"x" * 3_000_000))
    with Client(hasty, {SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1}) as client:
        client.http.increment_flow_control_window(2**30)
        for _ in range(20):
            client.ask("never", flush=False)
        client.flush()
        wait_until(lambda: bool(hasty.wire.read("never")))
        wait_until(lambda: not hasty.responder.connections)


def test_a_client_that_reads_late(running: Running) -> None:
    """A client that takes its answers late has them all."""
    running.always("late", Answer(200, (), b"x" * 3_000_000))
    with Client(running, {SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1}) as client:
        client.http.increment_flow_control_window(2**30)
        numbers = [client.ask("late") for _ in range(4)]
        wait_until(lambda: any(each._holds for each in tuple(running.responder.connections)))
        assert [len(client.answer(number).body) for number in numbers] == [3_000_000] * 4


def test_a_request_that_is_taken_back(running: Running) -> None:
    """What a client takes back is recorded as such; the connection stays."""
    running.always("back", OK)
    with Client(running) as client:
        number = client.ask("back", method="POST", body=None)
        assert running.wire.wait_for("back", DEADLINE)
        client.http.reset_stream(number, ErrorCodes.CANCEL)
        client.flush()
        assert client.answer(client.ask("back")).status == "200"
    back, answered = running.ended("back")
    assert (back.ending, back.error) == (Ending.CLOSED, "the client took its request back")
    assert answered.ending is Ending.COMPLETE


@pytest.mark.parametrize("window", [True, False])
def test_a_request_that_is_taken_back_at_once(running: Running, window: bool) -> None:
    """What arrives whole and is taken back in the same breath is recorded as answered, and harms nobody."""
    token = f"at-once-{window}"
    running.always(token, OK)
    with Client(running, {SettingCodes.INITIAL_WINDOW_SIZE: 1}) as client:
        number = client.ask(token, flush=False)
        if window:
            client.http.increment_flow_control_window(1, number)
        client.http.reset_stream(number, ErrorCodes.CANCEL)
        assert client.answer(client.ask(token, method="HEAD")).status == "200"
    assert [each.ending for each in running.ended(token)] == [Ending.COMPLETE] * 2


def test_an_answer_that_is_taken_back_while_it_waits(running: Running) -> None:
    """An answer that waits for room, and is taken back as room is made for it, harms nobody."""
    running.always("waits", Answer(200, (), b"x" * 100))
    with Client(running, {SettingCodes.INITIAL_WINDOW_SIZE: 10}) as client:
        client.makes_room = False
        number = client.ask("waits")
        while len(client.received[number].body) < 10:
            assert client.read()
        client.http.increment_flow_control_window(10, number)
        client.http.reset_stream(number, ErrorCodes.CANCEL)
        assert client.answer(client.ask("waits", method="HEAD")).status == "200"


def test_a_client_that_leaves(running: Running) -> None:
    """A client that leaves in the middle of its request leaves a record that is closed and says why."""
    with Client(running) as client:
        client.send(client.ask("leaving", method="POST", body=None, flush=False), b"bo", end=False)
        assert running.wire.wait_for("leaving", DEADLINE)
    (exchange,) = running.ended("leaving")
    assert (exchange.ending, exchange.request_body) == (Ending.CLOSED, b"bo")
    assert "client went away" in exchange.error


def test_a_client_that_says_goodbye(running: Running) -> None:
    """A client that ends the connection properly finds it closed."""
    with Client(running) as client:
        client.ask("bye", method="POST", body=None)
        assert running.wire.wait_for("bye", DEADLINE)
        client.http.close_connection()
        client.flush()
        while client.socket.recv(1 << 16):
            pass
    assert [each.error for each in running.ended("bye")] == ["the client ended the connection"]


# ---- clients that break the rules --------------------------------------------------------------------


def test_no_http_2(running: Running) -> None:
    """What is no HTTP/2 ends the connection, with a word why, and the record of what was arriving says so too."""
    with Client(running) as client:
        client.ask("broken", method="POST", body=None)
        assert running.wire.wait_for("broken", DEADLINE)
        client.socket.sendall(b"\0" * 9)  # DATA of no stream
        client.rest()
        assert client.goodbye is not None
        assert client.goodbye.error_code != ErrorCodes.NO_ERROR
    (exchange,) = running.ended("broken")
    assert exchange.ending is Ending.CLOSED
    assert exchange.error.startswith("this is no HTTP/2: ")


def test_no_preface(running: Running) -> None:
    """HTTP/1 on a connection that has agreed to HTTP/2 ends it."""
    with running.secured("h2") as client:
        client.sendall(b"GET /?corsproof=preface HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while client.recv(1 << 16):
            pass
    assert running.wire.read("preface") == ()


@pytest.mark.parametrize("alpn", [(), ("http/1.1",)], ids=["none", "http/1.1"])
def test_a_client_that_does_not_speak_it(running: Running, alpn: tuple[str, ...]) -> None:
    """A client that has not offered HTTP/2 is let go; no answer of HTTP/1 misleads it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    got = b""
    with contextlib.suppress(ConnectionError, ssl.SSLEOFError), context.wrap_socket(running.plain()) as client:
        client.sendall(b"GET /?corsproof=old HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = client.recv(1 << 16)
    assert got == b""
    assert running.wire.read("old") == ()


def test_a_client_without_tls(running: Running) -> None:
    """A client that does not speak TLS, and one that leaves before it does, are let go."""
    running.plain().close()
    with running.plain() as client, contextlib.suppress(ConnectionResetError):
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        while client.recv(1 << 16):
            pass
    wait_until(lambda: not running.responder.connections)


def test_a_silent_client(hasty: Running) -> None:
    """A client that never begins its handshake is let go after the deadline."""
    with hasty.plain() as client:
        assert client.recv(1) == b""


def test_too_many_at_a_time(running: Running) -> None:
    """More than a hundred open requests are too many: the connection ends, and each is recorded as closed."""
    with Client(running) as client:
        client.answer(client.ask(""))  # the server's settings have arrived
        client.http.remote_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = 1000
        client.http.remote_settings.acknowledge()
        for number in range(101):
            client.ask(f"many-{number}", method="POST", body=None, flush=False)
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            client.flush()
        client.rest()
        assert client.goodbye is not None
    assert {each.ending for number in range(101) for each in running.ended(f"many-{number}")} <= {Ending.CLOSED}


def test_too_large_a_head(running: Running) -> None:
    """A head of more than 64 KiB ends the connection."""
    with Client(running) as client:
        client.http.max_outbound_frame_size = 1 << 14
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            client.ask("head", *((f"x-{number}", "\x00" * 4000) for number in range(20)))
        client.rest()
        assert client.goodbye is not None
    assert running.wire.read("head") == ()


# ---- beginning and end -----------------------------------------------------------------------------


def test_it_needs_tls() -> None:
    """Browsers speak HTTP/2 over TLS only: without, nothing is served."""
    running = Responder(Scripts(), Wire())
    with pytest.raises(ValueError, match="over TLS only"):
        asyncio.run(running.start(Role.H2))


def test_the_library_is_imported_late() -> None:
    """Who asks nothing over HTTP/2 does not pay for it."""
    code = "import sys, harness.ground, harness.cli; sys.exit('h2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_stop_closes_everything() -> None:
    """Stopped, the port does not accept, every connection is closed, whatever it was at, and no task is left."""
    running = Running()
    running.always("stop", Answer(200, (), b"x" * 3_000_000))
    idle, asking, taking = Client(running), Client(running), Client(running)
    silent = running.plain()
    asking.ask("stop-open", method="POST", body=None)
    taking.ask("stop")
    assert running.wire.wait_for("stop-open", DEADLINE)
    assert running.wire.wait_for("stop", DEADLINE)
    wait_until(lambda: len(running.responder.connections) == 4)

    async def others() -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    async def timers() -> list[asyncio.TimerHandle]:
        scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        return [timer for timer in scheduled if not timer.cancelled()]

    running.call(running.responder.stop())
    running.call(running.responder.stop())
    assert running.responder.connections == set()
    assert running.call(others()) == []
    assert [timer for timer in running.call(timers()) if "_too_late" in repr(timer)] == []
    for client in (idle, asking, taking):
        with client:
            client.rest()
    with silent, contextlib.suppress(ConnectionResetError):
        assert silent.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        running.plain()
    (exchange,) = running.ended("stop-open")
    assert exchange.ending is Ending.CLOSED
    running.thread.stop()


def test_a_site() -> None:
    """Among the sites of a run it is one more, over HTTPS, which stops with them."""
    scripts, wire = Scripts(), Wire()
    scripts.put("site", Script((Rule((OK,), role=Role.H2),)))
    with Sites(wire) as sites:
        site = sites.serve_literally(scripts, Role.H2, "literal", tls=True)
        assert (site.scheme, site.fault()) == ("https", "")
        with httpx.Client(http2=True, verify=False, trust_env=False, timeout=DEADLINE) as client:
            answer = client.get(f"{site.origin()}/a?corsproof=site")
        sites.stop(site)
        assert "its server has stopped" in site.fault()
    assert (answer.http_version, answer.text) == ("HTTP/2", "ok")
    assert [(each.site, each.scheme) for each in wire.read("site")] == [("literal", "https")]
