"""The relay between real sockets: what passes unchanged, what has to change, and what a silent target leaves behind."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from harness.audit.relay import Fault, Relay
from harness.audit.target import Trouble
from harness.sites import Site, Sites
from harness.wire import Ending, Receive, Send, Wire

DEADLINE = 5.0
Scope = MutableMapping[str, Any]
Client = socket.socket


def head_of(client: Client) -> bytes:
    """Read the head of a request, and what came with it."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = client.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


class Target:
    """A raw server on a port of its own: hands each connection to ``serve``, and keeps what it read of it."""

    def __init__(self, serve: Callable[[Target, Client], None]) -> None:
        self.received: list[bytes] = []
        self.left = threading.Event()
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                client.settimeout(DEADLINE)
                with client, contextlib.suppress(OSError):
                    self._serve(self, client)

    def close(self) -> None:
        """Stop listening."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(DEADLINE)


def answering(answer: bytes) -> Callable[[Target, Client], None]:
    """Answer every request with these bytes, once its head and its announced body are there, and close."""

    def serve(target: Target, client: Client) -> None:
        received = head_of(client)
        head = received.lower().partition(b"\r\n\r\n")[0]
        end = b"0\r\n\r\n" if b"chunked" in head else b"body" if b"length: 4" in head else b""
        while not received.endswith(end):
            received += client.recv(65536)
        target.received.append(received)
        client.sendall(answer)

    return serve


@contextlib.contextmanager
def relayed(
    serve: Callable[[Target, Client], None], deadline: float = DEADLINE
) -> Iterator[tuple[Site, Target, Relay]]:
    """Serve a relay to a raw server."""
    target = Target(serve)
    between = Relay(target.url + "/v1", deadline=deadline)
    try:
        with Sites(Wire()) as sites:
            yield sites.serve(between, "relay"), target, between
    finally:
        target.close()


def exchange(site: Site, request: bytes) -> bytes:
    """Send bytes to a site and read until it closes."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=DEADLINE) as client:
        client.sendall(request)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    return answer


def lines(head: bytes) -> list[str]:
    """Return the lines of a head in their order."""
    return head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_request_as_it_was() -> None:
    """Method, target, doubled lines, Origin, Referer and our parameter arrive as sent; only Host names the target."""
    with relayed(answering(OK)) as (site, target, _):
        exchange(
            site,
            b"patch /a%2Fb/../c//d;x?q=%41&corsproof=t-1 HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\n"
            b"Referer: http://localhost:1/p\r\nX-Twice: b\r\nX-Twice: a\r\nAccept-Encoding: br\r\nX-Hop: 1\r\n"
            b"Keep-Alive: timeout=5\r\nTE: trailers\r\nConnection: close, X-Hop\r\n\r\n",
        )
    assert lines(target.received[0]) == [
        "patch /a%2Fb/../c//d;x?q=%41&corsproof=t-1 HTTP/1.1",
        f"host: {target.url.removeprefix('http://')}",
        "origin: http://localhost:1",
        "referer: http://localhost:1/p",
        "x-twice: b",
        "x-twice: a",
        "accept-encoding: br",
    ]


BODIES = {
    "of-a-length": (b"Content-Length: 4\r\n", b"body", "content-length: 4"),
    "in-chunks": (b"Transfer-Encoding: chunked\r\n", b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", "transfer-encoding: chunked"),
    "empty": (b"Content-Length: 0\r\n", b"", "content-length: 0"),
    "none": (b"", b"", None),
}


@pytest.mark.parametrize(("framing", "body", "line"), BODIES.values(), ids=BODIES)
def test_request_body(framing: bytes, body: bytes, line: str | None) -> None:
    """A body arrives with the framing that it had: a length stays a length, and chunks stay chunks."""
    with relayed(answering(OK)) as (site, target, _):
        exchange(site, b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + framing + b"\r\n" + body)
    head, _, received = target.received[0].partition(b"\r\n\r\n")
    assert lines(head)[2:] == ([line] if line else [])
    assert re.sub(rb"\d\r\n|\r\n", b"", received) == (b"body" if body else b"")


def answer_to(answer: bytes, method: bytes = b"GET", host: bytes = b"localhost:1") -> tuple[list[str], bytes]:
    """Return the head and the body that a client gets of a raw answer of the target."""
    with relayed(answering(answer)) as (site, _, between):
        request = method + b" / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        head, _, body = exchange(site, request).partition(b"\r\n\r\n")
        assert between.faults == ()
    return [line for line in lines(head) if line.lower() != "connection: close"], body


ANSWERS = {
    "doubled-lines-in-their-order": (
        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: B\r\nACCESS-CONTROL-ALLOW-ORIGIN: *\r\nvary: A\r\n"
        b"Content-Length: 1\r\n\r\nx",
        ["Access-Control-Allow-Origin: *", "Vary: B", "ACCESS-CONTROL-ALLOW-ORIGIN: *", "vary: A", "Content-Length: 1"],
        b"x",
    ),
    "what-is-encoded-stays-encoded": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nno!",
        ["Content-Encoding: gzip", "Content-Length: 3"],
        b"no!",
    ),
    "what-belongs-to-the-connection": (
        b"HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-Stays: 1\r\n"
        b"Content-Length: 0\r\n\r\n",
        ["X-Stays: 1", "Content-Length: 0"],
        b"",
    ),
    "informational-answers": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK,
        ["Content-Length: 2"],
        b"ok",
    ),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ["Transfer-Encoding: chunked"],
        b"2\r\nok\r\n0\r\n\r\n",
    ),
    "a-body-that-ends-with-the-connection": (
        b"HTTP/1.1 200 OK\r\n\r\nok",
        ["Transfer-Encoding: chunked"],
        b"2\r\nok\r\n0\r\n\r\n",
    ),
}


@pytest.mark.parametrize(("answer", "head", "body"), ANSWERS.values(), ids=ANSWERS)
def test_answer_as_it_was(answer: bytes, head: list[str], body: bytes) -> None:
    """Header pairs come back raw, ordered and doubled, bodies undecoded."""
    assert answer_to(answer) == (["HTTP/1.1 200 OK", *head], body)


BODILESS = {
    "head": (b"HEAD", b"200 OK", b"Content-Length: 7\r\n", ["Content-Length: 7"]),
    "204": (b"GET", b"204 No Content", b"X-A: 1\r\n", ["X-A: 1"]),
    "304": (b"GET", b"304 Not Modified", b"ETag: a\r\nContent-Length: 7\r\n", ["ETag: a", "Content-Length: 7"]),
}


@pytest.mark.parametrize(("method", "status", "header", "kept"), BODILESS.values(), ids=BODILESS)
def test_answers_without_body(method: bytes, status: bytes, header: bytes, kept: list[str]) -> None:
    """HEAD, 204 and 304 have no body, and a length that they tell is told."""
    head, body = answer_to(b"HTTP/1.1 " + status + b"\r\n" + header + b"\r\n", method)
    assert head == [f"HTTP/1.1 {status.decode()}", *kept]
    assert body == b""


def test_big_bodies() -> None:
    """Bodies beyond every buffer pass whole in both directions."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            await send({"type": "http.response.body", "body": message["body"], "more_body": more})

    sent = bytes(range(256)) * 8192
    with Sites(Wire()) as sites:
        site = sites.serve(Relay(sites.serve(echo, "target").origin("127.0.0.1")), "relay")
        assert httpx.post(site.origin("127.0.0.1"), content=sent, trust_env=False).content == sent


def test_stream() -> None:
    """An answer is passed on as it comes: its first part is there while the second is not."""
    heard = threading.Event()

    def serve(target: Target, client: Client) -> None:
        head_of(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        target.received.append(b"heard" if heard.wait(DEADLINE) else b"not heard")
        client.sendall(b"data: 2\n\n")

    # The deadline is for the beginning only: the second part comes after it.
    with (
        relayed(serve, deadline=0.5) as (site, target, _),
        httpx.stream("GET", site.origin("127.0.0.1"), timeout=DEADLINE, trust_env=False) as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"data: 1\n\n"
        assert target.left.wait(0.6) is False
        heard.set()
        assert next(parts) == b"data: 2\n\n"
        assert list(parts) == []
    assert target.received == [b"heard"]


def test_client_that_leaves() -> None:
    """Who leaves an endless answer ends it at the target too, and that is no fault."""

    def serve(target: Target, client: Client) -> None:
        head_of(client)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\nfirst")
        if client.recv(1) == b"":
            target.left.set()

    with relayed(serve) as (site, target, between):
        with httpx.stream("GET", site.origin("127.0.0.1"), trust_env=False) as answer:
            assert next(answer.iter_raw()) == b"first"
        assert target.left.wait(DEADLINE)
        assert between.faults == ()


# ---- what has to change -----------------------------------------------------------------------------

LOCATIONS = {
    "absolute": ("http://{target}/a?b#c", "http://localhost:1/a?b#c"),
    "without-scheme": ("//{target}/a", "//localhost:1/a"),
    "upper-case-scheme": ("HTTP://{target}", "http://localhost:1"),
    "user": ("http://me@{target}/a", "http://me@localhost:1/a"),
    "relative": ("/a", "/a"),
    "another-port": ("http://127.0.0.1:1/a", "http://127.0.0.1:1/a"),
    "another-host": ("http://localhost/a", "http://localhost/a"),
    "another-scheme": ("https://{target}/a", "https://{target}/a"),
    "in-a-query": ("/a?next=http://{target}/", "/a?next=http://{target}/"),
    "no-url": ("http://[::1", "http://[::1"),
}


@pytest.mark.parametrize(("location", "seen"), LOCATIONS.values(), ids=LOCATIONS)
def test_location(location: str, seen: str) -> None:
    """A redirect to the target's own origin leads to the relay's as the client knows it; any other stays."""

    def serve(target: Target, client: Client) -> None:
        head_of(client)
        where = location.format(target=target.url.removeprefix("http://"))
        client.sendall(f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())

    with relayed(serve) as (site, target, _):
        answer = exchange(site, b"GET / HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n")
        expected = seen.format(target=target.url.removeprefix("http://"))
    assert f"Location: {expected}" in lines(answer)


COOKIES = {
    "of-the-host": ("a=1; Domain=127.0.0.1; Path=/v1; HttpOnly", "a=1; Path=/v1; HttpOnly"),
    "of-the-host-with-a-dot": ("a=1; domain = .127.0.0.1", "a=1"),
    "of-another-host": ("a=1; Domain=example.com", "a=1; Domain=example.com"),
    "of-a-part-of-the-name": ("a=1; Domain=7.0.0.1", "a=1; Domain=7.0.0.1"),
    "of-a-label": ("a=1; Domain=1", "a=1; Domain=1"),
    "without": ('a="Domain=127.0.0.1"; Secure', 'a="Domain=127.0.0.1"; Secure'),
    "of-the-site": ("a=1; Domain=0.0.1", "a=1"),
}


def test_cookies() -> None:
    """A Domain that covers the target's host is left out, each other word of each cookie stays."""
    head = b"".join(b"Set-Cookie: " + cookie.encode() + b"\r\n" for cookie, _ in COOKIES.values())
    seen, _ = answer_to(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n")
    cookies = [line.removeprefix("Set-Cookie: ") for line in seen if line.startswith("Set-Cookie: ")]
    assert cookies == [kept for _, kept in COOKIES.values()]


# ---- faults -----------------------------------------------------------------------------------------


def silent(target: Target, client: Client) -> None:
    """Read the request and say nothing until the relay has had enough."""
    head_of(client)
    client.recv(1)


FAULTS = {
    "never-answers": (silent, 504, Trouble.TIMEOUT, "connected, but no answer within 0.3 s"),
    "closes-at-once": (
        lambda target, client: None,
        502,
        Trouble.BROKEN,
        "the answer broke off or is no HTTP: ",
    ),
    "half-a-head": (
        answering(b"HTTP/1.1 200 OK\r\nX-A: "),
        502,
        Trouble.BROKEN,
        "the answer broke off or is no HTTP: Server disconnected without sending a response",
    ),
    "no-http": (
        answering(b"220 smtp\r\n\r\n"),
        502,
        Trouble.BROKEN,
        "the answer broke off or is no HTTP: illegal status line",
    ),
}


@pytest.mark.parametrize(("serve", "status", "trouble", "sentence"), FAULTS.values(), ids=FAULTS)
def test_no_answer(serve: Callable[[Target, Client], None], status: int, trouble: Trouble, sentence: str) -> None:
    """A target that does not answer is told to the client, without a CORS header, and remembered with its case."""
    with relayed(serve, deadline=0.3) as (site, _, between):
        answer = httpx.get(f"{site.origin('127.0.0.1')}/a?corsproof=t-1", timeout=DEADLINE, trust_env=False)
        (fault,) = between.faults
    assert answer.status_code == status
    assert dict(answer.headers).keys() == {"content-type", "content-length"}
    assert answer.text == f"corsproof: the target did not answer GET /a: {fault.sentence}\n"
    assert fault.sentence.startswith(sentence)
    assert (fault.token, fault.method, fault.path, fault.trouble) == ("t-1", "GET", "/a", trouble)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_closed_port(host: str) -> None:
    """A target whose server has gone is a refused connection, also in the middle of an audit."""
    with Sites(Wire()) as sites:
        target = sites.serve(Relay("http://127.0.0.1:1"), "target")
        between = Relay(target.origin(host))
        site = sites.serve(between, "relay")
        sites.stop(target)
        answer = httpx.options(f"{site.origin('127.0.0.1')}/a", trust_env=False)
    sentence = "the connection is refused: nothing listens there"
    assert (answer.status_code, answer.text) == (
        502,
        f"corsproof: the target did not answer OPTIONS /a: {sentence}\n",
    )
    assert between.faults == (Fault("", "OPTIONS", "/a", Trouble.REFUSED, sentence),)


def test_answer_that_breaks_off() -> None:
    """An answer that stops in the middle breaks off at the client too: a fault, and `CUT_OFF` on the wire."""
    target = Target(answering(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 100\r\n\r\nhalf"))
    wire, between = Wire(), Relay(target.url)
    with Sites(wire) as sites:
        site = sites.serve(between, "relay")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{site.origin('127.0.0.1')}/?corsproof=t-1", trust_env=False)
        (exchange,) = wire.settle("t-1", DEADLINE)
    target.close()
    assert (exchange.status, exchange.ending, exchange.response_body) == (200, Ending.CUT_OFF, b"half")
    (fault,) = between.faults
    assert fault.trouble is Trouble.BROKEN
    assert exchange.error == f"ConnectionError: the target: {fault.sentence}"
    assert "without sending complete message body" in fault.sentence


def test_tls() -> None:
    """The certificate of a target is verified, unless nobody wants that."""
    with Sites(Wire()) as sites:
        secure = sites.serve(Relay("http://127.0.0.1:1"), "target", tls=True)
        strict, lax = Relay(secure.origin()), Relay(secure.origin(), verify=False)
        for between in (strict, lax):
            url = sites.serve(between, "relay").origin("127.0.0.1")
            httpx.get(url, trust_env=False)
    assert [fault.trouble for fault in strict.faults] == [Trouble.TLS]
    assert lax.faults == ()


async def _talk(socket: WebSocket) -> None:
    """Say who asks, then repeat what is said; close when told to."""
    if socket.headers.get("origin") != "https://app.example.com":
        await socket.close()
        return
    await socket.accept(subprotocol="talk")
    await socket.send_json({name: socket.headers.get(name) for name in ("origin", "cookie", "host")})
    while (said := await socket.receive_text()) != "enough":
        await socket.send_bytes(said.encode())
    await socket.close(4001)


@contextlib.contextmanager
def talking() -> Iterator[tuple[Site, Site]]:
    """Serve an application with a WebSocket, and a relay to it."""
    with Sites(Wire()) as sites:
        target = sites.serve(Starlette(routes=[WebSocketRoute("/talk", _talk)]), "target", tls=True)
        yield sites.serve(Relay(target.origin(), verify=False), "relay"), target


def test_socket_as_it_was() -> None:
    """Origin, cookies and subprotocol of the handshake pass, only Host is the target's; then messages and the close."""
    with (
        talking() as (relay, target),
        connect(
            f"ws://localhost:{relay.port}/talk?x=1",
            origin=Origin("https://app.example.com"),
            additional_headers={"Cookie": "sid=1"},
            subprotocols=[Subprotocol("talk")],
            proxy=None,
        ) as client,
    ):
        assert client.subprotocol == "talk"
        told = json.loads(client.recv(DEADLINE))
        assert told == {"origin": "https://app.example.com", "cookie": "sid=1", "host": f"localhost:{target.port}"}
        client.send("hello")
        assert client.recv(DEADLINE) == b"hello"
        client.send("enough")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(DEADLINE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_socket_that_the_target_refuses() -> None:
    """The client is refused, too."""
    with (
        talking() as (relay, _),
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://localhost:{relay.port}/talk", origin=Origin("https://evil.example"), proxy=None),
    ):
        pass
