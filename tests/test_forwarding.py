"""The forward proxy as browsers use it: tunnels and plain requests to the names it knows, and to no others."""

from __future__ import annotations

import socket
from collections.abc import Iterator, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from harness import forwarding
from harness.sites import Site, Sites
from harness.wire import Receive, Send, Wire

DEADLINE = 5.0
Scope = MutableMapping[str, Any]


async def telling(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what arrived: site, method, target, headers and body, line by line."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    body = (await receive())["body"]
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    lines = [scope["scheme"].encode(), scope["method"].encode(), target, body]
    lines += [b"%s: %s" % pair for pair in scope["headers"]]
    answer = b"\n".join(lines)
    headers = [(b"content-length", str(len(answer)).encode()), (b"x-twice", b"a"), (b"x-twice", b"b")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve two names over http and one over https behind a proxy."""
    with Sites(Wire()) as running:
        one = running.serve(telling, "one", hosts=("one.example.com", "also.example.com"))
        secure = running.serve(telling, "secure", tls=True, hosts=("one.example.com",))
        running.name(one, "one.example.com", 1234)
        running.name(secure, "one_under.xn--bcher-kva.example", 8443)
        yield running


@pytest.fixture
def client(sites: Sites) -> Iterator[httpx.Client]:
    """Ask through the proxy, as a browser that trusts every certificate."""
    with httpx.Client(proxy=sites.proxy, verify=False, timeout=DEADLINE, trust_env=False) as asking:
        yield asking


def spoken(sites: Sites, sent: bytes) -> bytes:
    """Send bytes to the proxy and return all that it says until it closes."""
    parts = urlsplit(sites.proxy)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=DEADLINE) as asking:
        asking.sendall(sent)
        answer = b""
        while chunk := asking.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize("host", ["one.example.com", "also.example.com"])
def test_plain_request(client: httpx.Client, host: str) -> None:
    """A plain request reaches the site of that name, its target in origin form, its Host as the client said it."""
    answer = client.post(f"http://{host}/a/b?c=d", content=b"body", headers={"X-A": "1"})
    scheme, method, target, body, *headers = answer.text.split("\n")
    assert (scheme, method, target, body) == ("http", "POST", "/a/b?c=d", "body")
    assert f"host: {host}" in headers
    assert "x-a: 1" in headers
    assert answer.headers.get_list("x-twice") == ["a", "b"]


def test_each_plain_request_has_its_own_connection(client: httpx.Client, sites: Sites) -> None:
    """The next request may be for another name, so the site is told to close; what the client said of it is dropped."""
    answer = client.get("http://one.example.com/", headers={"Connection": "keep-alive", "Proxy-Connection": "x"})
    headers = answer.text.split("\n")[4:]
    assert [line for line in headers if line.startswith(("connection", "proxy-connection"))] == ["connection: close"]
    assert answer.headers["connection"] == "close"
    raw = b"GET http://one.example.com/ HTTP/1.1\r\nHost: one.example.com\r\n\r\n"
    assert spoken(sites, raw).startswith(b"HTTP/1.1 200"), "the connection must end without the client's doing"


def test_origin_form_of_a_bare_name(sites: Sites) -> None:
    """A URL without a path asks for the root."""
    answer = spoken(sites, b"CHECKIN http://one.example.com HTTP/1.1\r\nHost: one.example.com\r\n\r\n")
    assert answer.split(b"\r\n\r\n")[1].split(b"\n")[:3] == [b"http", b"CHECKIN", b"/"]


def test_tunnel(client: httpx.Client) -> None:
    """A tunnel reaches the https site of that name, and serves several requests."""
    for path in ("/first", "/second"):
        scheme, method, target, *_ = client.get(f"https://one.example.com{path}").text.split("\n")
        assert (scheme, method, target) == ("https", "GET", path)


PORTS = {
    "plain": ("http://one.example.com:1234", "http"),
    "plain-default": ("http://one.example.com:80", "http"),
    "tunnel": ("https://one_under.xn--bcher-kva.example:8443", "https"),
    "tunnel-default": ("https://one.example.com:443", "https"),
}


@pytest.mark.parametrize(("origin", "scheme"), PORTS.values(), ids=PORTS)
def test_ports_of_names(client: httpx.Client, origin: str, scheme: str) -> None:
    """A name is known with its port, whatever its characters; the site sees the Host that the client said."""
    spoken_scheme, _, target, _, *headers = client.get(f"{origin}/a").text.split("\n")
    assert (spoken_scheme, target) == (scheme, "/a")
    assert f"host: {httpx.URL(origin).netloc.decode()}" in headers


UNKNOWN = {
    "another-name": b"GET http://evil.example.com/ HTTP/1.1\r\nHost: one.example.com\r\n\r\n",
    "loopback": b"GET http://127.0.0.1:80/ HTTP/1.1\r\nHost: one.example.com\r\n\r\n",
    "tunnel-to-another-name": b"CONNECT evil.example.com:443 HTTP/1.1\r\nHost: evil.example.com:443\r\n\r\n",
    "tunnel-to-a-name-of-http": b"CONNECT also.example.com:443 HTTP/1.1\r\nHost: also.example.com:443\r\n\r\n",
    "another-port": b"GET http://one.example.com:1235/ HTTP/1.1\r\nHost: one.example.com\r\n\r\n",
    "tunnel-to-another-port": b"CONNECT one.example.com:8443 HTTP/1.1\r\nHost: one.example.com:8443\r\n\r\n",
    "tunnel-to-a-port-of-http": b"CONNECT one.example.com:1234 HTTP/1.1\r\nHost: one.example.com:1234\r\n\r\n",
    "no-name": b"GET /only/a/path HTTP/1.1\r\nHost: one.example.com\r\n\r\n",
}


@pytest.mark.parametrize("sent", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_name(sites: Sites, sent: bytes) -> None:
    """A name that no site was given gets a 502 that says so, and nothing is reached."""
    head, _, text = spoken(sites, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert f"Content-Length: {len(text)}".encode() in head
    assert text.startswith(b"corsproof's proxy knows no ")


def test_unknown_name_is_said_to_a_client(client: httpx.Client) -> None:
    """The refusal is a proper answer, and names the name."""
    answer = client.get("http://nobody.example.com/")
    assert (answer.status_code, answer.text) == (502, "corsproof's proxy knows no http://nobody.example.com:80")
    with pytest.raises(httpx.ProxyError, match="502"):
        client.get("https://nobody.example.com/")


GARBAGE = {
    "one-word": b"hello\r\n\r\n",
    "two-words": b"GET http://one.example.com/\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "bytes": b"\x00\xff\xfe \x01 \x02\r\n\r\n",
    "broken-url": b"GET http://[one.example.com/ HTTP/1.1\r\n\r\n",
    "broken-port": b"CONNECT one.example.com:https HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
def test_garbage(sites: Sites, caplog: pytest.LogCaptureFixture, sent: bytes) -> None:
    """A head that is none is refused as the client's fault, or as an unknown name; nothing is logged as ours."""
    assert spoken(sites, sent).split(b" ")[1] in (b"400", b"502")
    assert caplog.records == []


def test_a_head_without_end(sites: Sites, caplog: pytest.LogCaptureFixture) -> None:
    """A head longer than the limit ends the connection."""
    parts = urlsplit(sites.proxy)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=DEADLINE) as asking:
        try:
            asking.sendall(b"GET " + b"x" * (forwarding.HEAD_LIMIT * 4))
            assert asking.recv(1) == b""
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert caplog.records == []


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET http://one.exam",
        b"GET http://one.example.com/ HTTP/1.1\r\nHost: one.example.com\r\n\r\n",
        b"CONNECT one.example.com:443 HTTP/1.1\r\n\r\n",
    ],
    ids=["at-once", "in-the-head", "after-the-head", "in-a-tunnel"],
)
def test_a_client_that_goes_away(
    sites: Sites, client: httpx.Client, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """A client that leaves is nobody's trouble: the proxy goes on serving and logs nothing."""
    parts = urlsplit(sites.proxy)
    socket_ = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=DEADLINE)
    socket_.sendall(sent)
    socket_.close()
    assert client.get("http://one.example.com/").status_code == 200
    assert caplog.records == []


def test_a_slow_head_is_given_up(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that never finishes its head is closed after the deadline."""
    monkeypatch.setattr(forwarding, "HEAD_DEADLINE", 0.05)
    assert spoken(sites, b"GET http://one.exam") == b""


def test_a_known_name_whose_site_is_gone() -> None:
    """A name whose site was stopped ends the connection, without an answer in anybody's name."""
    with Sites(Wire()) as sites:
        gone: Site = sites.serve(telling, "gone", hosts=("gone.example.com",))
        sites.stop(gone)
        assert spoken(sites, b"GET http://gone.example.com/ HTTP/1.1\r\n\r\n") == b""
