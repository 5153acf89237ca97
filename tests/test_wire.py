"""The recorder, over tiny ASGI applications driven by hand and over real sites asked through plain sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, request

from harness.sites import Sites
from harness.wire import (
    BODY_KEPT,
    LATE,
    AsgiApp,
    Ending,
    Exchange,
    Kind,
    Receive,
    Send,
    Wire,
    recorder,
    token_of,
    values,
)

DEADLINE = 5.0
Scope = MutableMapping[str, Any]
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
END = {"type": "http.response.body", "body": b"ok"}


def asked(app: AsgiApp, query: bytes = b"corsproof=t", **scope: Any) -> tuple[Wire, list[Any], str]:
    """Ask ``app`` once through the recorder; return the wire, what was sent to the server and what was raised."""
    wire, sent = Wire(), []
    body = scope.pop("body", (b"",))
    refuse: Callable[[Any], None] = scope.pop("refuse", lambda message: None)
    chunks = iter([*body])

    async def receive() -> Any:
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        refuse(message)
        sent.append(message)

    asking = {"type": "http", "method": "GET", "raw_path": b"/a", "query_string": query, "headers": [], **scope}
    try:
        asyncio.run(_await(recorder(app, "site", wire)(asking, receive, send)))
    except Exception as error:
        return wire, sent, str(error)
    return wire, sent, ""


async def _await(work: Awaitable[None]) -> None:
    await work


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in full."""
    await send(START)
    await send(END)


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without an answer."""


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise before an answer."""
    raise LookupError("no such thing")


async def raising_late(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise within an answer."""
    await send(START)
    raise LookupError("lost")


async def raising_after(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise when all is said."""
    await answering(scope, receive, send)
    raise LookupError("too late to matter")


async def stopping_short(scope: Scope, receive: Receive, send: Send) -> None:
    """Return within an answer."""
    await send(START)
    await send({**END, "more_body": True})


async def closing(scope: Scope, receive: Receive, send: Send) -> None:
    """Close the connection, then talk on."""
    scope["extensions"]["corsproof.close"]()
    await answering(scope, receive, send)


async def closing_late(scope: Scope, receive: Receive, send: Send) -> None:
    """Begin an answer, close the connection, then finish the answer to nobody."""
    await send(START)
    scope["extensions"]["corsproof.close"]()
    await send(END)


ENDINGS = {
    "complete": (answering, Ending.COMPLETE, 200, "", ""),
    "without-an-answer": (silent, Ending.COMPLETE, 500, "the application returned without an answer", ""),
    "raises-before": (raising, Ending.COMPLETE, 500, "LookupError: no such thing", ""),
    "raises-within": (raising_late, Ending.CUT_OFF, 200, "LookupError: lost", "lost"),
    "raises-after": (raising_after, Ending.COMPLETE, 200, "LookupError: too late to matter", "too late to matter"),
    "stops-short": (stopping_short, Ending.CUT_OFF, 200, "the application returned before its answer was complete", ""),
    "closes": (closing, Ending.CLOSED, None, "", ""),
    "closes-late": (closing_late, Ending.CUT_OFF, 200, "", ""),
}


@pytest.mark.parametrize(("app", "ending", "status", "error", "raised"), ENDINGS.values(), ids=ENDINGS)
def test_ending(app: AsgiApp, ending: Ending, status: int | None, error: str, raised: str) -> None:
    """Every way in which an application answers, or does not, is recorded as what it is."""
    closed: list[bool] = []
    extensions = {"corsproof.close": lambda: closed.append(True)}
    wire, _, seen = asked(app, extensions=extensions)
    (exchange,) = wire.read("t")
    assert (exchange.ending, exchange.status, exchange.error) == (ending, status, error)
    assert seen == raised
    assert closed == ([True] if app in (closing, closing_late) else [])


@pytest.mark.parametrize("app", [raising, silent], ids=["raises", "silent"])
def test_an_application_without_an_answer_gets_a_500(app: AsgiApp) -> None:
    """Where there is no answer the client gets a plain 500, as from any server, and the record shows what left."""
    wire, sent, _ = asked(app)
    (exchange,) = wire.read("t")
    assert [message.get("status") for message in sent] == [500, None]
    assert exchange.response_body == b"Internal Server Error"
    assert exchange.response_headers == (("content-type", "text/plain"),)


def test_nothing_is_sent_after_a_close() -> None:
    """What an application says after it closed its connection goes nowhere."""
    _, sent, _ = asked(closing, extensions={"corsproof.close": lambda: None})
    assert sent == []


REFUSALS = {
    "start": ("http.response.start", Ending.CLOSED, None, ()),
    "body": ("http.response.body", Ending.CUT_OFF, 200, (("content-length", "2"),)),
}


@pytest.mark.parametrize(("refused", "ending", "status", "headers"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_server_refuses_to_send_did_not_leave(
    refused: str, ending: Ending, status: int | None, headers: tuple[tuple[str, str], ...]
) -> None:
    """A message that the server refuses is not recorded as an answer."""

    def refuse(message: Any) -> None:
        if message["type"] == refused:
            raise ValueError("illegal")

    wire, _, _ = asked(answering, refuse=refuse)
    (exchange,) = wire.read("t")
    assert (exchange.ending, exchange.status, exchange.response_headers) == (ending, status, headers)
    assert exchange.error == "ValueError: illegal"


def test_pairs_stay_raw_ordered_and_doubled() -> None:
    """Header pairs keep their case, their order, their doubles and their odd bytes, both ways."""
    given = [(b"X-B", b"2"), (b"x-a", b"1"), (b"X-B", b"\xfc"), (b"x-empty", b"")]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": given})
        await send(END)

    wire, sent, _ = asked(app, headers=given)
    (exchange,) = wire.read("t")
    expected = (("X-B", "2"), ("x-a", "1"), ("X-B", "\xfc"), ("x-empty", ""))
    assert exchange.request_headers == exchange.response_headers == expected
    assert values(expected, "x-b") == ("2", "\xfc")
    assert sent[0]["headers"] is given, "the recorder must hand on what it was given"


QUERIES = {
    "alone": (b"corsproof=abc", "abc"),
    "first": (b"corsproof=abc&x=1", "abc"),
    "last": (b"x=1&corsproof=abc", "abc"),
    "all-letters": (b"corsproof=a-B_c.9", "a-B_c.9"),
    "none": (b"x=1", None),
    "empty": (b"", None),
    "no-value": (b"corsproof=", None),
    "another-name": (b"xcorsproof=abc", None),
    "name-as-value": (b"x=corsproof=abc", None),
    "stops-at-odd-bytes": (b"corsproof=abc%20d", "abc"),
    "last-of-two": (b"corsproof=a&corsproof=b", "b"),
}


@pytest.mark.parametrize(("query", "token"), QUERIES.values(), ids=QUERIES)
def test_token(query: bytes, token: str | None) -> None:
    """The scenario id is the value of the parameter of exactly that name."""
    assert token_of(query) == token


def test_requests_without_a_token_are_served_and_not_recorded() -> None:
    """A request that names no scenario is answered and leaves no record."""
    wire, sent, _ = asked(answering, query=b"x=1")
    assert len(sent) == 2
    assert wire._exchanges == {}


def test_other_scopes_pass_by() -> None:
    """A lifespan or a websocket is none of the wire's business."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    wire, _, _ = asked(app, type="lifespan")
    assert seen == ["lifespan"]
    assert wire.read("t") == ()


def test_bodies_are_kept_bounded() -> None:
    """Of either body only the first bytes are kept, whatever the chunks, and all are passed on."""
    chunk = b"0123456789" * 100
    got: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            got.append(message["body"])
        await send(START)
        for part in got:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    wire, sent, _ = asked(app, body=[chunk] * 6)
    (exchange,) = wire.read("t")
    whole = chunk * 6
    assert b"".join(got) == whole == b"".join(message.get("body", b"") for message in sent[1:])
    assert exchange.request_body == exchange.response_body == whole[:BODY_KEPT]


KINDS = {
    "preflight": ("OPTIONS", (("Access-Control-Request-Method", "PUT"),), Kind.PREFLIGHT),
    "plain-options": ("OPTIONS", (("Origin", "http://a"),), Kind.ACTUAL),
    "get-with-the-header": ("GET", (("Access-Control-Request-Method", "PUT"),), Kind.ACTUAL),
}


@pytest.mark.parametrize(("method", "headers", "kind"), KINDS.values(), ids=KINDS)
def test_kind(method: str, headers: tuple[tuple[str, str], ...], kind: Kind) -> None:
    """A preflight is an OPTIONS that asks for a method, nothing else."""
    assert Exchange("site", "t", method, "/", headers).kind is kind


def opened(token: str = "t", method: str = "GET") -> Exchange:
    """Make an exchange whose answer is not finished."""
    return Exchange("site", token, method, f"/?corsproof={token}", ())


def test_settle_waits_for_an_open_exchange() -> None:
    """`settle` returns when the last open exchange of its token ends, and not before."""
    wire = Wire()
    place = wire.begin(opened())
    settled: list[tuple[Exchange, ...]] = []
    waiting = threading.Thread(target=lambda: settled.append(wire.settle("t", DEADLINE)))
    waiting.start()
    wire.update(place, Exchange("site", "t", "GET", "/", (), status=200))
    waiting.join(0.05)
    assert waiting.is_alive(), "an exchange that is still open must be waited for"
    wire.update(place, Exchange("site", "t", "GET", "/", (), status=200, ending=Ending.COMPLETE))
    waiting.join(DEADLINE)
    assert [exchange.ending for exchange in settled[0]] == [Ending.COMPLETE]


def test_settle_has_a_deadline() -> None:
    """An exchange that never ends is returned as open once the deadline has passed."""
    wire = Wire()
    wire.begin(opened())
    assert [exchange.ending for exchange in wire.settle("t", 0.01)] == [Ending.OPEN]


def test_settle_minds_its_own_token() -> None:
    """An open exchange of one token keeps nobody waiting for another."""
    wire = Wire()
    wire.begin(opened("other"))
    assert wire.settle("t", DEADLINE) == ()


def test_forgotten_exchanges_are_gone() -> None:
    """A token that was forgotten has no exchanges, and a late update does not bring them back."""
    wire = Wire()
    place = wire.begin(opened())
    wire.begin(opened("kept"))
    wire.forget("t")
    wire.update(place, opened())
    wire.forget("never-seen")
    assert wire.read("t") == ()
    assert len(wire.read("kept")) == 1


def test_wait_for_an_arrival() -> None:
    """Whoever waits for a request is told as soon as it has arrived, answered or not, and waits no longer than told."""
    wire = Wire()
    told: list[bool] = []
    waiting = threading.Thread(target=lambda: told.append(wire.wait_for("t", DEADLINE * 4)))
    waiting.start()
    wire.begin(opened("other"))
    wire.begin(opened())
    waiting.join(DEADLINE)
    assert told == [True]
    assert wire.wait_for("nobody", 0.01) is False


def test_a_record_keeps_secrets_out_of_its_repr() -> None:
    """What a log or a failing test prints of an exchange has no header, no body and no query."""
    secret = (("Authorization", "Bearer s3cret"),)
    exchange = Exchange("site", "t", "GET", "/?key=s3cret", secret, 200, secret, b"s3cret", b"s3cret")
    assert "s3cret" not in repr(exchange)


def test_many_threads_each_under_its_own_token() -> None:
    """Exchanges of many threads stay under their tokens, in the order of their arrival."""
    wire = Wire()
    gate = threading.Barrier(16, timeout=DEADLINE)

    def work(number: int) -> None:
        gate.wait()
        for index in range(50):
            place = wire.begin(opened(f"t{number}", f"M{index}"))
            assert place == index
            done = Exchange("site", f"t{number}", f"M{index}", "/", (), status=index, ending=Ending.COMPLETE)
            wire.update(place, done)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    for number in range(16):
        exchanges = wire.settle(f"t{number}", DEADLINE)
        assert [(e.method, e.status) for e in exchanges] == [(f"M{index}", index) for index in range(50)]


# ---- over real sites -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wire() -> Wire:
    """Share one record among the sites of this module."""
    return Wire()


@pytest.fixture(scope="module")
def sites(wire: Wire) -> Iterator[Sites]:
    """Serve all sites of this module in one loop."""
    with Sites(wire) as running:
        yield running


def answer_to(port: int, path: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Send one request through a plain socket and return all bytes of the answer."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as client:
        client.sendall(head.encode() + body)
        answer = b""
        try:
            while chunk := client.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


def flask_app() -> Flask:
    """Make an application that answers badly in the ways that WSGI allows."""
    app = Flask(__name__)

    @app.route("/short")
    def short() -> Response:
        return Response(iter([b"short"]), headers={"Content-Length": "50"})

    @app.route("/long")
    def long() -> Response:
        return Response(iter([b"too long"]), headers={"Content-Length": "3"})

    @app.route("/closed")
    def closed() -> Response:
        request.environ["asgi.scope"]["extensions"]["corsproof.close"]()
        return Response(b"never seen")

    @app.route("/echo", methods=["POST"])
    def echo() -> Response:
        return Response(request.get_data())

    return app


async def badly_headed(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a header value that no HTTP server may send."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    await send({**START, "headers": [(b"access-control-allow-origin", b"a\r\nb")]})
    await send(END)


@pytest.fixture(scope="module")
def wsgi_port(sites: Sites) -> int:
    """Serve `flask_app`."""
    return sites.serve(flask_app(), "wsgi").port


ON_A_SITE = {
    "body-shorter-than-its-length": ("/short", Ending.CUT_OFF, 200, "LocalProtocolError"),
    "body-longer-than-its-length": ("/long", Ending.CUT_OFF, 200, "LocalProtocolError"),
    "closed-by-the-view": ("/closed", Ending.CLOSED, None, ""),
}


@pytest.mark.parametrize(("path", "ending", "status", "error"), ON_A_SITE.values(), ids=ON_A_SITE)
def test_broken_answers_of_flask(
    wire: Wire, wsgi_port: int, path: str, ending: Ending, status: int | None, error: str
) -> None:
    """What Flask begins and does not finish is recorded as that, through a2wsgi and uvicorn."""
    token = path.strip("/")
    answer_to(wsgi_port, f"{path}?corsproof={token}")
    (exchange,) = wire.settle(token, DEADLINE)
    assert (exchange.ending, exchange.status) == (ending, status)
    assert error in exchange.error


def test_a_closed_connection_has_no_answer(wsgi_port: int) -> None:
    """The `corsproof.close` extension really closes the connection, before a byte of an answer."""
    assert answer_to(wsgi_port, "/closed?corsproof=unread") == b""


def test_a_request_body_of_flask_is_recorded(wire: Wire, wsgi_port: int) -> None:
    """A body that a WSGI application reads is in the record, bounded, and the application gets all of it."""
    body = b"x" * (BODY_KEPT + 5000)
    assert answer_to(wsgi_port, "/echo?corsproof=echo", "POST", body).endswith(body)
    (exchange,) = wire.settle("echo", DEADLINE)
    assert exchange.request_body == exchange.response_body == body[:BODY_KEPT]


def test_a_bad_header_value_closes_the_connection(wire: Wire, sites: Sites) -> None:
    """A header that the server refuses to send leaves nothing on the wire: recorded as closed, with the reason."""
    port = sites.serve(badly_headed, "badly-headed").port
    assert answer_to(port, "/?corsproof=bad") == b""
    (exchange,) = wire.settle("bad", DEADLINE)
    assert (exchange.ending, exchange.status, exchange.response_headers) == (Ending.CLOSED, None, ())
    assert "LocalProtocolError" in exchange.error


def test_concurrent_clients_of_a_site(wire: Wire, wsgi_port: int) -> None:
    """Requests of many clients at once are recorded each under its own token, with its own body."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: answer_to(wsgi_port, f"/echo?corsproof=c{n}", "POST", f"{n}".encode()), range(64)))
    for number in range(64):
        (exchange,) = wire.settle(f"c{number}", DEADLINE)
        assert (exchange.request_body, exchange.ending) == (f"{number}".encode(), Ending.COMPLETE)
        assert exchange.started <= exchange.ended


def test_a_request_after_the_verdict_is_kept_apart_and_told_once() -> None:
    """Whoever judged did not know of it: it is late, and joins no other record."""
    wire = Wire()
    early = Exchange("api", "t", "OPTIONS", "/a?corsproof=t", ())
    late = Exchange("api", "t", "PUT", "/a?corsproof=t", ())
    wire.begin(early)
    wire.judged("t")
    wire.begin(late)
    assert wire.read("t") == ()
    assert wire.take_late() == (late,)
    assert wire.take_late() == ()


def test_what_was_judged_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged tokens are kept for a time and not for ever; until it has passed, a request of theirs is late."""
    now = [0.0]
    monkeypatch.setattr("harness.wire.time.monotonic", lambda: now[0])
    wire = Wire()
    wire.judged("old")
    now[0] = LATE
    wire.judged("young")
    late = [Exchange("api", token, "PUT", f"/a?corsproof={token}", ()) for token in ("old", "young")]
    for exchange in late:
        wire.begin(exchange)
    assert wire.take_late() == tuple(late)
    now[0] = LATE + 1
    wire.judged("next")
    wire.begin(late[0])
    wire.begin(late[1])
    assert wire.take_late() == (late[1],)
