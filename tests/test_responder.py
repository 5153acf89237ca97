"""The responder as clients meet it: the bytes that come back, their record, and what becomes of the connection."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from typing import Any

import httpx
import pytest
import trustme

from harness import responder as module
from harness.listening import listen
from harness.literal import Answer, Close, CutOff, Literal, Raw, Role, Rule, Script, Scripts
from harness.loop import LoopThread
from harness.responder import Responder, literal_or
from harness.sites import Sites
from harness.wire import BODY_KEPT, Ending, Exchange, Kind, Receive, Send, Wire

DEADLINE = 5.0
OK = Answer(200, (("X-A", "1"),), b"ok")
OK_SENT = OK.departure("GET").sent
HAS_IPV6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    HAS_IPV6 = False


class Running:
    """A responder in a thread, its roles on their ports."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.wire = Wire()
        self.scripts = Scripts()
        self.thread = LoopThread("responder")
        self.responder = Responder(self.scripts, self.wire, deadline=deadline)
        self.authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost").configure_cert(context)
        self.port = self.call(self.responder.start(Role.API))
        self.port2 = self.call(self.responder.start(Role.API2))
        self.tls_port = self.call(self.responder.start(Role.API, tls=context, site="secure"))

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the responder's loop."""
        return self.thread.call(work, DEADLINE)

    def always(self, token: str, *answers: Literal) -> None:
        """Answer every request of a token by these."""
        self.scripts.put(token, Script((Rule(answers),)))

    def connected(self, host: str = "127.0.0.1") -> socket.socket:
        """Return a connection to the API."""
        return socket.create_connection((host, self.port), timeout=DEADLINE)

    def spoken(self, sent: bytes) -> bytes:
        """Send bytes and return all that comes back until the responder closes."""
        with self.connected() as client:
            client.sendall(sent)
            return rest(client)

    def ended(self, token: str) -> tuple[Exchange, ...]:
        """Return the exchanges of a token, none of them open."""
        exchanges = self.wire.settle(token, DEADLINE)
        assert all(each.ending is not Ending.OPEN for each in exchanges)
        return exchanges

    def close(self) -> None:
        """Stop everything."""
        self.call(self.responder.stop())
        self.thread.stop()


def rest(client: socket.socket) -> bytes:
    """Read until the other side closes."""
    answer = bytearray()
    while chunk := client.recv(1 << 20):
        answer += chunk
    return bytes(answer)


def exactly(client: socket.socket, size: int) -> bytes:
    """Read so many bytes."""
    answer = bytearray()
    while len(answer) < size:
        chunk = client.recv(min(1 << 20, size - len(answer)))
        assert chunk, f"closed after {len(answer)} bytes: {bytes(answer[:500])!r}"
        answer += chunk
    return bytes(answer)


def request(token: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Return a request that names a token."""
    head = [f"{method} /path?a=b&corsproof={token} HTTP/1.1", "Host: localhost", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Run a responder for this module."""
    started = Running()
    yield started
    started.close()


LITERALS: dict[str, Literal] = {
    "doubled-fields": Answer(200, (("Access-Control-Allow-Origin", "*"),) * 2),
    "nul": Answer(200, (("Access-Control-Allow-Origin", "\0*"),)),
    "vt-ff": Answer(200, (("A", "\v*\f"),)),
    "padded": Answer(200, (("A", "  true\t"),)),
    "high-bytes": Answer(200, (("A", "\x80\xe9\xff"), ("\xfc", "")), b"\xff\0"),
    "299": Answer(299),
    "999": Answer(999),
    "no-phrase": Answer(b"HTTP/1.1 200"),
    "odd-line": Answer(b"HTTP/7.3 abc"),
    "204": Answer(204),
    "304": Answer(304),
    "length-too-short": Answer(200, (("Content-Length", "1"),), b"body"),
    "length-too-long": Answer(200, (("Content-Length", "99"),), b"body"),
    "no-length": Answer(200, (), b"body", add_length=False),
    "chunked": Answer(200, (("Transfer-Encoding", "chunked"),), b"2\r\nok\r\n0\r\n\r\n"),
    "broken-chunks": Answer(200, (("Transfer-Encoding", "chunked"),), b"zz\r\nok"),
    "large": Answer(200, (), b"x" * 3_000_000),
    "raw-folded": Raw(b"HTTP/1.1 200 OK\r\nA: 1\r\n 2\nB: 3\r\rC: 4\r\n\r\n", (("A", "1 2"),)),
    "raw-garbage": Raw(b"\0\xffhello"),
    "cut-off-head": CutOff(OK, 20),
    "cut-off-body": CutOff(OK, len(OK_SENT) - 1),
    "closed": Close(),
}


@pytest.mark.parametrize("name", LITERALS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "CHECKIN"])
def test_byte_for_byte(running: Running, name: str, method: str) -> None:
    """What leaves is what was said, to the byte, and the record says the same."""
    literal, token = LITERALS[name], f"literal-{name}-{method}"
    running.always(token, literal)
    expected = literal.departure(method)
    assert running.spoken(request(token, "Connection: close", method=method)) == expected.sent
    (exchange,) = running.ended(token)
    assert (exchange.status, exchange.response_headers) == (expected.status, expected.headers)
    assert (exchange.response_body, exchange.ending) == (expected.body[:BODY_KEPT], expected.ending)
    assert (exchange.site, exchange.method, exchange.error) == ("api", method, "")
    assert 0 < exchange.started <= exchange.ended


def test_endings() -> None:
    """Negative control of the table above: it has each ending of its own."""
    endings = {literal.departure("GET").ending for literal in LITERALS.values()}
    assert endings == {Ending.COMPLETE, Ending.CUT_OFF, Ending.CLOSED}


def test_the_record_is_there_before_the_answer(running: Running) -> None:
    """A client that has its answer finds it in the record, complete, without waiting."""
    running.always("before", OK)
    with running.connected() as client:
        for count in range(1, 51):
            client.sendall(request("before"))
            exactly(client, len(OK_SENT))
            assert [each.ending for each in running.wire.read("before")] == [Ending.COMPLETE] * count


def test_one_connection_for_many_requests(running: Running) -> None:
    """A hundred requests follow one another on one connection, each recorded in its turn."""
    running.scripts.put("many", Script((Rule(tuple(Answer(200, (), str(n).encode()) for n in range(100))),)))
    with running.connected() as client:
        for number in range(100):
            client.sendall(request("many"))
            answer = exactly(client, len(Answer(200, (), str(number).encode()).departure("GET").sent))
            assert answer.endswith(f"\r\n\r\n{number}".encode())
    assert [each.response_body for each in running.ended("many")] == [str(n).encode() for n in range(100)]


def test_pipelined_requests(running: Running) -> None:
    """Requests that arrive together are answered in their order; bodies and HEAD do not confuse it."""
    running.always("piped", OK, Answer(204), OK)
    posted = request("piped", "Content-Length: 4", method="POST", body=b"GET ")
    sent = posted + request("piped") + request("piped", method="HEAD") + request("piped", "Connection: close")
    answer = running.spoken(sent)
    assert answer == OK_SENT + Answer(204).departure("GET").sent + OK.departure("HEAD").sent + OK_SENT
    assert [each.request_body for each in running.ended("piped")] == [b"GET ", b"", b"", b""]


def test_a_client_that_does_not_read(running: Running) -> None:
    """Answers wait for a client that sends many requests and reads late; none is lost."""
    large = Answer(200, (), b"x" * 300_000)
    running.always("late", large)
    with running.connected() as client:
        client.sendall(request("late") * 40)
        expected = large.departure("GET").sent * 40
        assert exactly(client, len(expected)) == expected


CLOSING: dict[str, tuple[Literal, bytes]] = {
    "client-says-close": (OK, request("closing", "Connection: keep-alive, Close")),
    "http-1.0": (OK, b"GET /?corsproof=closing HTTP/1.0\r\n\r\n"),
    "answer-says-close": (Answer(200, (("Connection", "close"),)), request("closing")),
    "undelimited": (Answer(200, (), b"x", add_length=False), request("closing")),
    "wrong-length": (Answer(200, (("Content-Length", "9"),), b"x"), request("closing")),
    "raw": (Raw(OK_SENT), request("closing")),
    "cut-off": (CutOff(OK, 9), request("closing")),
    "closed": (Close(), request("closing")),
}


@pytest.mark.parametrize(("literal", "sent"), CLOSING.values(), ids=CLOSING)
def test_closing(running: Running, literal: Literal, sent: bytes) -> None:
    """Where an answer's end cannot be told, or either side says so, the connection closes; what follows is not read."""
    running.always("closing", literal)
    running.wire.forget("closing")
    assert running.spoken(sent + request("closing")) == literal.departure("GET").sent
    assert len(running.ended("closing")) == 1


BODIES: dict[str, tuple[tuple[str, ...], bytes, bytes]] = {
    "none": ((), b"", b""),
    "empty": (("Content-Length: 0",), b"", b""),
    "length": (("content-length: 4",), b"body", b"body"),
    "length-twice": (("Content-Length: 4", "Content-Length: 4"), b"body", b"body"),
    "leading-zeros": (("Content-Length: 0004",), b"body", b"body"),
    "long": (("Content-Length: 10000",), b"x" * 10000, b"x" * BODY_KEPT),
    "chunked": (("Transfer-Encoding: Chunked",), b"2;ext=1\r\nbo\r\n02\r\ndy\r\n0\r\n\r\n", b"body"),
    "trailers": (("Transfer-Encoding: chunked",), b"4\r\nbody\r\n0\r\nA: 1\r\nB: 2\r\n\r\n", b"body"),
    "chunked-long": (
        ("Transfer-Encoding: chunked",),
        b"FA0\r\n" + b"x" * 4000 + b"\r\n" + b"1f4\r\n" + b"y" * 500 + b"\r\n0\r\n\r\n",
        b"x" * 4000 + b"y" * 96,
    ),
}


@pytest.mark.parametrize(("lines", "sent", "kept"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("pieces", [1, 7, 100000], ids=["bytewise", "in-pieces", "at-once"])
def test_request_bodies(running: Running, lines: tuple[str, ...], sent: bytes, kept: bytes, pieces: int) -> None:
    """A body is read to its end however it arrives, and its beginning is in the record."""
    running.always("bodies", OK)
    running.wire.forget("bodies")
    whole = request("bodies", *lines, method="POST", body=sent) + request("bodies", "Connection: close")
    step = max(pieces, len(whole) // 400)
    with running.connected() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(whole), step):
            client.sendall(whole[at : at + step])
        assert rest(client) == OK_SENT * 2
    assert [each.request_body for each in running.ended("bodies")] == [kept, b""]


def test_request_headers_are_recorded_raw(running: Running) -> None:
    """Request pairs are in the record in their order, doubled, in their case; blanks around values are no part."""
    running.always("raw-pairs", OK)
    lines = ("X-B: 1", "x-a:2 ", "X-B:\t", "X-b: \xe9\x01, y", "Connection: close")
    running.spoken(request("raw-pairs", *lines))
    (exchange,) = running.ended("raw-pairs")
    pairs = (("Host", "localhost"), ("X-B", "1"), ("x-a", "2"), ("X-B", ""), ("X-b", "\xe9\x01, y"))
    assert exchange.request_headers == (*pairs, ("Connection", "close"))
    assert exchange.target == "/path?a=b&corsproof=raw-pairs"


def test_kind_path_and_role(running: Running) -> None:
    """A script tells preflights from actual requests, paths and servers apart."""
    rules = (
        Rule((Answer(200, (), b"preflight"),), kind=Kind.PREFLIGHT),
        Rule((Answer(200, (), b"b"),), path="/b"),
        Rule((Answer(200, (), b"api2"),), role=Role.API2),
        Rule((Answer(200, (), b"rest"),), role=Role.API),
    )
    running.scripts.put("apart", Script(rules))
    query = {"corsproof": "apart"}
    asks = {"Access-Control-Request-Method": "PUT"}
    with httpx.Client(params=query, trust_env=False, timeout=DEADLINE) as client:
        api, api2 = f"http://127.0.0.1:{running.port}", f"http://127.0.0.1:{running.port2}"
        answers = [
            client.options(f"{api}/a", headers=asks).text,
            client.options(f"{api}/a").text,
            client.get(f"{api}/b", headers=asks).text,
            client.put(f"{api2}/a", content=b"x").text,
            client.put(f"{api2}/b", content=iter([b"x", b"y"])).text,
        ]
    assert answers == ["preflight", "rest", "b", "api2", "b"]
    kinds = [(each.site, each.kind, each.request_body) for each in running.ended("apart")]
    actual = Kind.ACTUAL
    assert kinds[:3] == [("api", Kind.PREFLIGHT, b""), ("api", actual, b""), ("api", actual, b"")]
    assert kinds[3:] == [("api2", actual, b"x"), ("api2", actual, b"xy")]


def test_absolute_targets(running: Running) -> None:
    """A target in absolute form, as a proxy gets it, has a path like any other."""
    running.scripts.put("absolute", Script((Rule((OK,), path="/b"),)))
    sent = b"GET http://name.example.com/b?corsproof=absolute HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert running.spoken(sent) == OK_SENT


def test_unanswered_requests_show(running: Running) -> None:
    """A request that no rule fits gets 501 without CORS headers, and the record has it."""
    running.scripts.put("partly", Script((Rule((OK,), kind=Kind.PREFLIGHT),)))
    for token in ("partly", "unknown"):
        answer = running.spoken(request(token, "Origin: http://localhost", "Connection: close"))
        assert answer.startswith(b"HTTP/1.1 501 Not Implemented\r\n")
        assert answer.endswith(b"no rule of the script answers this request")
        assert b"access-control" not in answer.lower()
        assert [(each.status, each.ending) for each in running.ended(token)] == [(501, Ending.COMPLETE)]


def test_requests_without_a_token(running: Running) -> None:
    """A request that names no scenario gets 501 and is in no record; the connection stays."""
    before = dict(running.wire._exchanges)
    running.always("after", OK)
    answer = running.spoken(b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n" + request("after", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert answer.endswith(OK_SENT)
    assert running.wire._exchanges.keys() - before.keys() <= {"after"}


REFUSED: dict[str, tuple[bytes, int]] = {
    "one-word": (b"hello\r\n\r\n", 400),
    "nothing": (b"\r\n\r\n", 400),
    "bytes": (b"\x00\xff\xfe \x01 \x02\r\n\r\n", 400),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "http-2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "http-0.9": (b"GET /\r\n\r\n", 400),
    "no-colon": (b"GET / HTTP/1.1\r\nHost\r\n\r\n", 400),
    "space-before-colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "folded": (b"GET / HTTP/1.1\r\nA: 1\r\n 2\r\n\r\n", 400),
    "nul": (b"GET / HTTP/1.1\r\nA: \0\r\n\r\n", 400),
    "bare-lf": (b"GET / HTTP/1.1\r\nA: 1\nB: 2\r\n\r\n", 400),
    "bare-cr": (b"GET / HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n", 400),
    "length-word": (request("refused", "Content-Length: x"), 400),
    "length-negative": (request("refused", "Content-Length: -1"), 400),
    "length-superscript": (request("refused", "Content-Length: \xb2"), 400),
    "lengths-differ": (request("refused", "Content-Length: 1", "Content-Length: 2"), 400),
    "length-and-chunked": (request("refused", "Content-Length: 1", "Transfer-Encoding: chunked"), 400),
    "other-coding": (request("refused", "Transfer-Encoding: gzip, chunked"), 400),
    "huge-body": (request("refused", f"Content-Length: {module.BODY_LIMIT + 1}"), 413),
    "absurd-body": (request("refused", f"Content-Length: {'9' * 5000}"), 413),
    "huge-head": (b"GET / HTTP/1.1\r\nA: " + b"x" * 1_000_000, 431),
    "huge-finished-head": (b"GET / HTTP/1.1\r\nA: " + b"x" * module.HEAD_LIMIT + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_refused_requests(running: Running, caplog: pytest.LogCaptureFixture, sent: bytes, status: int) -> None:
    """What is no request, or too much of one, gets its status in a proper answer; then the connection closes."""
    answer = running.spoken(sent)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nConnection: close\r\n" in answer
    assert running.wire.read("refused") == ()
    assert caplog.records == []


CHUNKED = "Transfer-Encoding: chunked"
BROKEN_BODIES = {
    "no-size": (b"xyz\r\n", 400),
    "no-end-of-chunk": (b"2\r\nokay\r\n", 400),
    "endless-size-line": (b"1;" + b"x" * 70000, 400),
    "size-too-large": (b"ffffffff\r\n", 413),
    "endless-trailers": (b"0\r\n" + (b"A: " + b"x" * 900 + b"\r\n") * 80, 431),
}


@pytest.mark.parametrize(("body", "status"), BROKEN_BODIES.values(), ids=BROKEN_BODIES)
def test_broken_bodies(running: Running, body: bytes, status: int) -> None:
    """A body that breaks off in nonsense is refused; the head had arrived, so the record says what became of it."""
    running.wire.forget("broken")
    running.always("broken", OK)
    with running.connected() as client:
        client.sendall(request("broken", CHUNKED, method="POST"))
        assert running.wire.wait_for("broken", DEADLINE), "the record begins with the head"
        client.sendall(body)
        assert rest(client).startswith(f"HTTP/1.1 {status} ".encode())
    (exchange,) = running.ended("broken")
    assert (exchange.status, exchange.ending) == (status, Ending.COMPLETE)
    assert exchange.error == "the request did not arrive whole"


def test_a_body_on_its_way(running: Running) -> None:
    """A request is in the record from its head on, open, and completed in its place when the body has come."""
    running.always("coming", OK)
    with running.connected() as client:
        client.sendall(request("coming", "Content-Length: 4", method="POST", body=b"bo"))
        assert running.wire.wait_for("coming", DEADLINE)
        (arrived,) = running.wire.read("coming")
        assert (arrived.ending, arrived.status, arrived.method) == (Ending.OPEN, None, "POST")
        client.sendall(b"dy")
        assert exactly(client, len(OK_SENT)) == OK_SENT
    (exchange,) = running.ended("coming")
    assert (exchange.ending, exchange.status, exchange.request_body) == (Ending.COMPLETE, 200, b"body")
    assert arrived.started == exchange.started < exchange.ended


def test_a_client_that_leaves(running: Running) -> None:
    """A client that leaves in the middle of its request leaves a record that is closed and says why."""
    with running.connected() as client:
        client.sendall(request("leaving", "Content-Length: 4", method="POST", body=b"bo"))
        assert running.wire.wait_for("leaving", DEADLINE)
    (exchange,) = running.ended("leaving")
    assert (exchange.ending, exchange.request_body) == (Ending.CLOSED, b"bo")
    assert "client went away" in exchange.error


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", request("slow", CHUNKED)], ids=len)
def test_slow_clients(sent: bytes) -> None:
    """A client that begins a request and does not end it in time gets 408, and a record where the head had come."""
    running = Running(deadline=0.05)
    try:
        assert running.spoken(sent).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        expected = [408] if b"slow" in sent else []
        assert [each.status for each in running.ended("slow")] == expected
    finally:
        running.close()


def test_a_client_that_never_reads() -> None:
    """A client that asks and asks and never takes an answer is let go after the deadline."""
    running = Running(deadline=0.05)
    try:
        running.always("never", Answer(200, (), b"x" * 3_000_000))
        with running.connected() as client:
            client.sendall(request("never") * 20)
            assert running.wire.wait_for("never", DEADLINE)
            wait_until(lambda: not ours(running, client))
        assert len(running.ended("never")) < 20
    finally:
        running.close()


def test_a_silent_tls_client() -> None:
    """A client that never begins its handshake is let go after the deadline."""
    running = Running(deadline=0.05)
    try:
        with socket.create_connection(("127.0.0.1", running.tls_port), timeout=DEADLINE) as client:
            assert rest(client) == b""
    finally:
        running.close()


def test_a_connection_that_comes_while_stopping() -> None:
    """A connection that was accepted as the responder stopped is closed, not served."""
    running = Running()
    try:
        running.responder.stopped = True
        with running.connected() as client:
            assert rest(client) == b""
    finally:
        running.close()


def test_stopping_while_others_come_and_go() -> None:
    """Whatever was accepted in the very turn of the loop in which the responder stops is closed, and warns nobody."""
    for _ in range(30):
        running = Running()
        running.connected().close()
        running.close()
        gc.collect()


def test_patience_between_requests() -> None:
    """The deadline counts from a request's first byte: a connection without one stays, before and between requests."""
    running = Running(deadline=0.05)
    try:
        running.always("patient", OK)
        with running.connected() as client, running.connected() as slow:
            for _ in range(2):
                slow_before = running.spoken(b"G")  # takes the deadline
                assert slow_before.startswith(b"HTTP/1.1 408 ")
                client.sendall(request("patient"))
                assert exactly(client, len(OK_SENT)) == OK_SENT
            slow.sendall(request("patient", "Connection: close"))
            assert rest(slow) == OK_SENT
    finally:
        running.close()


def test_a_half_closed_client(running: Running) -> None:
    """A client that says that it is done sending still gets its answer."""
    running.always("half", LITERALS["large"])
    with running.connected() as client:
        client.sendall(request("half"))
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == LITERALS["large"].departure("GET").sent


def test_a_client_that_takes_no_end(monkeypatch: pytest.MonkeyPatch, running: Running) -> None:
    """A connection that is to end goes away though the client keeps its side open."""
    monkeypatch.setattr(module, "LINGER", 0.05)
    running.always("stuck", Raw(b"x"))
    with running.connected() as client:
        client.sendall(request("stuck"))
        assert rest(client) == b"x"
        wait_until(lambda: not ours(running, client))


def test_an_answer_that_is_read_late(monkeypatch: pytest.MonkeyPatch, running: Running) -> None:
    """The last answer of a connection reaches a client that begins to read after the others have been served."""
    monkeypatch.setattr(module, "LINGER", 0.01)
    literal = Raw(b"x" * 20_000_000)
    running.always("read-late", literal)
    running.always("meanwhile", Raw(b"x"))
    with running.connected() as late:
        late.sendall(request("read-late"))
        with running.connected() as client:
            client.sendall(request("meanwhile"))
            assert rest(client) == b"x"
            wait_until(lambda: not ours(running, client))
        assert rest(late) == literal.sent


def ours(running: Running, client: socket.socket) -> bool:
    """Tell whether the responder still has the connection of a client."""
    peers = {each._transport.get_extra_info("peername") for each in tuple(running.responder.connections)}
    return client.getsockname() in peers


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    waiting, ticking = threading.Event(), 0
    while not holds():
        ticking += 1
        assert ticking < DEADLINE / 0.005, "the condition never held"
        waiting.wait(0.005)


def test_every_exchange_under_its_own_token(running: Running) -> None:
    """Many connections at once: each exchange is answered and recorded under its own token."""
    tokens = [f"crowd-{number}" for number in range(60)]
    for token in tokens:
        running.always(token, Answer(200, (("Access-Control-Allow-Origin", token),), token.encode()))

    async def asked(client: httpx.AsyncClient, token: str) -> bool:
        texts = set()
        for _ in range(5):
            url = f"http://127.0.0.1:{running.port}/?corsproof={token}"
            texts.add((await client.post(url, content=token)).text)
        return texts == {token}

    async def crowd() -> list[bool]:
        async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE * 4) as client:
            return await asyncio.gather(*(asked(client, token) for token in tokens))

    assert asyncio.run(crowd()) == [True] * len(tokens)
    for token in tokens:
        assert [each.request_body for each in running.ended(token)] == [token.encode()] * 5


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")
def test_the_same_port_of_ipv6(running: Running) -> None:
    """Browsers may try ::1 for localhost: the same script answers there."""
    running.always("six", OK)
    with running.connected("::1") as client:
        client.sendall(request("six", "Connection: close"))
        assert rest(client) == OK_SENT


def test_no_delay() -> None:
    """What a listening socket accepts sends at once: an answer in two writes would else wait for the client's ACK."""
    sockets = listen()
    try:
        with socket.create_connection(sockets[0].getsockname(), timeout=DEADLINE):
            accepted, _ = sockets[0].accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        for each in sockets:
            each.close()


def trusting(running: Running) -> ssl.SSLContext:
    """Return a client's context that trusts the responder's certificate."""
    context = ssl.create_default_context()
    running.authority.configure_trust(context)
    return context


@pytest.mark.parametrize("name", [name for name in LITERALS if name != "closed"])
def test_https(running: Running, name: str) -> None:
    """Over TLS the same bytes leave, and the record knows the site and the scheme."""
    literal, token = LITERALS[name], f"tls-{name}"
    running.always(token, OK, literal)
    address = ("127.0.0.1", running.tls_port)
    plain = socket.create_connection(address, timeout=DEADLINE)
    with trusting(running).wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(request(token))
        assert exactly(client, len(OK_SENT)) == OK_SENT
        client.sendall(request(token, "Connection: close"))
        assert rest(client) == literal.departure("GET").sent
    assert [(each.site, each.scheme) for each in running.ended(token)] == [("secure", "https")] * 2


def test_https_closed(running: Running) -> None:
    """Over TLS too a connection can close without an answer."""
    running.always("tls-closed", Close())
    client = httpx.Client(verify=trusting(running), trust_env=False, timeout=DEADLINE)
    with client, pytest.raises(httpx.HTTPError):
        client.get(f"https://localhost:{running.tls_port}/?corsproof=tls-closed")
    assert [each.ending for each in running.ended("tls-closed")] == [Ending.CLOSED]


def test_http_to_https(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """A client that does not speak TLS is let go, and nothing is logged as ours."""
    with socket.create_connection(("127.0.0.1", running.tls_port), timeout=DEADLINE) as client:
        client.sendall(request("plain"))
        rest(client)
        wait_until(lambda: not ours(running, client))
    assert running.wire.read("plain") == ()
    assert caplog.records == []


def test_stop_closes_everything() -> None:
    """Stopped, no port accepts, every connection is closed, whatever it was at, and no task is left."""
    running = Running()
    running.always("stop", LITERALS["large"])
    ports = (running.port, running.port2, running.tls_port)
    clients = [running.connected() for _ in range(4)]
    clients.append(socket.create_connection(("127.0.0.1", running.tls_port), timeout=DEADLINE))  # no handshake
    clients[1].sendall(b"GET / HT")
    clients[2].sendall(request("stop-open", CHUNKED))
    clients[3].sendall(request("stop") * 3)
    assert running.wire.wait_for("stop-open", DEADLINE)
    assert running.wire.wait_for("stop", DEADLINE)
    wait_until(lambda: len(running.responder.connections) == len(clients))

    async def others() -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    running.call(running.responder.stop())
    running.call(running.responder.stop())
    assert running.responder.connections == set()
    assert running.call(others()) == []
    for client in clients:
        with client, contextlib.suppress(ConnectionResetError):
            rest(client)
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
    assert [each.ending for each in running.ended("stop-open")] == [Ending.CLOSED]
    running.thread.stop()


# ---- the page's own server -------------------------------------------------------------------------


async def page(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer as the page's own application."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"page"})


def test_literal_or() -> None:
    """The page's server answers by a script where a rule for it fits, and else as ever; the wire records both."""
    wire, scripts = Wire(), Scripts()
    moved = Answer(302, (("Location", "/b?corsproof=hop"), ("X-Twice", "a"), ("X-Twice", "b")), b"gone")
    asked = Answer(204, (("Access-Control-Allow-Origin", "*"),))
    rules = (
        Rule((asked,), kind=Kind.PREFLIGHT, role=Role.PAGE),
        Rule((moved, OK), path="/a", role=Role.PAGE),
        Rule((Answer(500),)),  # for the other servers
    )
    scripts.put("hop", Script(rules))
    with Sites(wire) as sites, httpx.Client(trust_env=False, timeout=DEADLINE) as client:
        base = sites.serve(literal_or(page, scripts), "pages").origin("127.0.0.1")
        first = client.post(f"{base}/a?corsproof=hop", content=b"x" * 100_000)
        answers = [
            client.get(f"{base}/a?corsproof=hop"),
            client.head(f"{base}/a?corsproof=hop"),
            client.options(f"{base}/a?corsproof=hop", headers={"Access-Control-Request-Method": "PUT"}),
            client.get(f"{base}/b?corsproof=hop"),
            client.get(f"{base}/a?corsproof=other"),
            client.get(f"{base}/a"),
        ]
    assert (first.status_code, first.text, first.headers.get_list("x-twice")) == (302, "gone", ["a", "b"])
    assert [each.status_code for each in answers] == [200, 200, 204, 200, 200, 200]
    assert [each.text for each in answers] == ["ok", "", "", "page", "page", "page"]
    assert answers[1].headers["content-length"] == "2"
    assert [each.status for each in wire.read("hop")] == [302, 200, 200, 204, 200]
    assert wire.read("hop")[0].request_body == b"x" * BODY_KEPT
