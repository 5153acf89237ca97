"""Local sites as clients meet them: ready at once, raw on the wire, gone when closed."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any

import httpx
import pytest

from harness import listening
from harness import sites as sites_module
from harness.errors import SiteFault
from harness.literal import Answer, Raw, Role, Rule, Script, Scripts
from harness.sites import Site, Sites
from harness.wire import Receive, Send, Wire

DEADLINE = 5.0
Scope = MutableMapping[str, Any]

HAS_IPV6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    HAS_IPV6 = False
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")


def wsgi(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer the method and the scheme, with a header twice."""
    body = f"{environ['REQUEST_METHOD']} {environ['wsgi.url_scheme']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("X-Twice", "a"), ("X-Twice", "b")])
    return [body]


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as `wsgi` does; takes no part in the lifespan."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    body = f"{scope['method']} {scope['scheme']}".encode()
    headers = [(b"content-length", str(len(body)).encode()), (b"x-twice", b"a"), (b"x-twice", b"b")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class AsgiObject:
    """An application that is an object with a coroutine to call."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as `asgi` does."""
        await asgi(scope, receive, send)


APPS = {"wsgi": wsgi, "asgi": asgi, "asgi-object": AsgiObject()}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve the sites of this module that nobody stops."""
    with Sites(Wire()) as running:
        yield running


@pytest.fixture(scope="module", params=[(app, tls) for app in APPS for tls in (False, True)], ids=str)
def site(sites: Sites, request: pytest.FixtureRequest) -> Site:
    """Serve each application over each scheme."""
    app, tls = request.param
    return sites.serve(APPS[app], f"{app}-{tls}", tls=tls)


def connected(site: Site, address: str = "127.0.0.1") -> socket.socket:
    """Connect to a site, through TLS where it speaks that."""
    client = socket.create_connection((address, site.port), timeout=DEADLINE)
    if site.scheme == "http":
        return client
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(client, server_hostname="localhost")


def one_answer(client: socket.socket, method: str = "GET") -> bytes:
    """Ask once on an open connection and read one answer, whose body is as long as the head says."""
    client.sendall(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-len"))
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def test_ready_before_return(sites: Sites) -> None:
    """A site accepts connections as soon as `serve` has returned."""
    assert [sites.serve(asgi, f"ready-{index}").fault() for index in range(5)] == [""] * 5


def test_sites_have_ports_of_their_own(sites: Sites) -> None:
    """Every site has its own port, and so its own origin."""
    served = [sites.serve(asgi, f"own-{index}") for index in range(3)]
    assert len({one.port for one in served}) == 3
    assert served[0].origin() == f"http://localhost:{served[0].port}"
    assert served[0].origin("127.0.0.1") == f"http://127.0.0.1:{served[0].port}"


def test_raw_answer(site: Site) -> None:
    """What the application answers arrives so: two lines for a doubled header, and none of the server's own."""
    with connected(site) as client:
        head, _, body = one_answer(client).partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    assert status == b"HTTP/1.1 200 OK"
    length = b"content-length: %d" % len(body)
    assert sorted(line.lower() for line in lines) == [length, b"x-twice: a", b"x-twice: b"]
    assert body == f"GET {site.scheme}".encode()


@pytest.mark.parametrize("method", ["CHECKIN", "patch", "PURGE", "M-SEARCH", "DELETE", "OPTIONS"])
def test_methods_arrive_raw(site: Site, method: str) -> None:
    """A method reaches the application as it was sent, one of one's own and in lower case too."""
    with connected(site) as client:
        assert one_answer(client, method).split(b"\r\n\r\n")[1] == f"{method} {site.scheme}".encode()


def test_keep_alive(site: Site) -> None:
    """One connection serves several requests."""
    with connected(site) as client:
        assert one_answer(client) == one_answer(client) == one_answer(client)


@pytest.mark.parametrize("app", [wsgi, asgi], ids=["wsgi", "asgi"])
def test_interface_can_be_named(sites: Sites, app: Any) -> None:
    """Where the application does not show what it is, the caller says so."""
    site = sites.serve(lambda *args: app(*args), "named", interface="wsgi" if app is wsgi else "asgi")
    with connected(site) as client:
        assert one_answer(client).endswith(b"GET http")


@needs_ipv6
def test_the_same_port_of_ipv6(site: Site) -> None:
    """Browsers may try ::1 for localhost: the same site answers there."""
    with connected(site, "::1") as client:
        assert one_answer(client).endswith(f"GET {site.scheme}".encode())


@needs_ipv6
def test_a_port_taken_on_ipv6_is_not_used() -> None:
    """A port that a stranger holds on ::1 is given up for another one, and said when there is none."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as stranger:
        taken = stranger.getsockname()[1]
        sockets = listening.listen()
        ports = {one.getsockname()[1] for one in sockets}
        for one in sockets:
            one.close()
    assert len(sockets) == 2
    assert len(ports) == 1
    assert taken not in ports


@needs_ipv6
def test_no_port_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every port is taken on one of the two, the fault says so instead of sharing with a stranger."""
    create = socket.create_server
    with create(("::1", 0), family=socket.AF_INET6) as stranger:
        taken = stranger.getsockname()[1]

        def always_taken(address: tuple[str, int], **kwargs: Any) -> socket.socket:
            return create((address[0], taken), **kwargs)

        monkeypatch.setattr(socket, "create_server", always_taken)
        with pytest.raises(SiteFault, match=r"no port is free .* after 3 attempts"):
            listening.listen(attempts=3)


def test_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without ::1 is served on 127.0.0.1 alone."""
    create = socket.create_server

    def only_four(address: tuple[str, int], **kwargs: Any) -> socket.socket:
        if kwargs.get("family") == socket.AF_INET6:
            raise OSError(99, "Cannot assign requested address")
        return create(address, **kwargs)

    monkeypatch.setattr(socket, "create_server", only_four)
    sockets = listening.listen()
    for one in sockets:
        one.close()
    assert [one.family for one in sockets] == [socket.AF_INET]


@pytest.mark.parametrize("family", [socket.AF_INET, pytest.param(socket.AF_INET6, marks=needs_ipv6)])
def test_a_port_of_ones_own(family: socket.AddressFamily) -> None:
    """A site is served on the port that was asked for, and again once it is gone; taken by a stranger, that is said."""
    with socket.create_server(("::1" if family is socket.AF_INET6 else "127.0.0.1", 0), family=family) as stranger:
        port = stranger.getsockname()[1]
        with Sites(Wire()) as sites, pytest.raises(SiteFault, match=rf"^port {port} of .* cannot be had: .*; end what"):
            sites.serve(asgi, "own", port=port)
        assert family is socket.AF_INET or refuses(port), "the other address must have been given back"
    for _ in range(2):
        with Sites(Wire()) as sites:
            site = sites.serve(asgi, "own", port=port)
            assert site.origin() == f"http://localhost:{port}"
            with connected(site) as client:
                assert one_answer(client).endswith(b"GET http")


def test_tls_certificate() -> None:
    """The certificate of an https site is good for loopback."""
    names = ("localhost", "127.0.0.1")
    with Sites(Wire()) as sites:
        site = sites.serve(asgi, "tls", tls=True, hosts=("app.example.com",))
        context = ssl.create_default_context()
        sites._authority.configure_trust(context)
        for name in names:
            client = socket.create_connection(("127.0.0.1", site.port), timeout=DEADLINE)
            with context.wrap_socket(client, server_hostname=name) as secure:
                assert one_answer(secure).endswith(b"GET https")
        client = socket.create_connection(("127.0.0.1", site.port), timeout=DEADLINE)
        with client, pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(client, server_hostname="app.example.com")


async def failing_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse to start."""
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


def test_a_failing_lifespan_is_a_site_fault() -> None:
    """An application that refuses to start is named, with the cause; its port is free and other sites go on."""
    with Sites(Wire()) as sites:
        with pytest.raises(SiteFault, match=r"'sick'.*start-up \(ASGI lifespan\) failed"):
            sites.serve(failing_lifespan, "sick")
        assert sites.serve(asgi, "well").fault() == ""


def test_a_start_that_never_ends_is_a_site_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application that does not finish its start-up is given up after the deadline."""
    monkeypatch.setattr(sites_module, "START_DEADLINE", 0.1)
    monkeypatch.setattr(sites_module, "STOP_DEADLINE", 0.1)

    async def dawdling(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    with Sites(Wire()) as sites, pytest.raises(SiteFault, match=r"'dawdler' did not start within 0\.1 s"):
        sites.serve(dawdling, "dawdler")


def test_lifespan_runs() -> None:
    """An ASGI application's start-up runs before its first request and its shutdown runs on close."""
    seen: list[str] = []

    async def living(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append("http")
            await asgi(scope, receive, send)
            return
        for kind in ("startup", "shutdown"):
            message = await receive()
            seen.append(message["type"])
            await send({"type": f"lifespan.{kind}.complete"})

    with Sites(Wire()) as sites:
        site = sites.serve(living, "living")
        with connected(site) as client:
            one_answer(client)
    assert seen == ["lifespan.startup", "http", "lifespan.shutdown"]


def refuses(port: int) -> bool:
    """Tell whether nobody listens on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_stop() -> None:
    """A stopped site refuses connections and says why it cannot be reached; the others go on."""
    with Sites(Wire()) as sites:
        stopped, other = sites.serve(asgi, "stopped"), sites.serve(wsgi, "other")
        sites.stop(stopped)
        assert refuses(stopped.port)
        assert stopped.fault() == "site 'stopped': its server has stopped"
        assert other.fault() == ""


def test_a_port_that_is_not_served_is_a_fault() -> None:
    """A site whose port answers nobody says so, though nobody told it that it had stopped."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    fault = Site("lost", "http", port).fault()
    assert fault.startswith(f"site 'lost': port {port} of 127.0.0.1 does not accept connections")


def test_the_first_cause_counts() -> None:
    """What stopped a site first is what its fault says."""
    site = Site("s", "http", 1)
    site.stopped("the first")
    site.stopped("the second")
    assert site.fault() == "site 's': the first"


def test_close_leaves_nothing() -> None:
    """After `close` no thread and no port is left, neither of a site nor of the proxy; closing again does nothing."""
    before = set(threading.enumerate())
    sites = Sites(Wire())
    served = [sites.serve(wsgi, "wsgi"), sites.serve(asgi, "asgi"), sites.serve(wsgi, "tls", tls=True)]
    served += [sites.serve_literally(Scripts(), Role.API, "literal", tls=tls) for tls in (False, True)]
    for site in served:
        with connected(site) as client:
            one_answer(client)
    proxy = httpx.URL(sites.proxy).port
    assert proxy is not None
    sites.close()
    sites.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(1)
    assert set(threading.enumerate()) <= before
    assert all(refuses(site.port) for site in served)
    assert refuses(proxy)


def test_close_with_an_open_connection() -> None:
    """A client that keeps its connection open does not keep the sites."""
    with Sites(Wire()) as sites:
        site = sites.serve(asgi, "kept-alive")
        client = connected(site)
        one_answer(client)
    with client:
        assert client.recv(1) == b""


def test_an_application_that_computes_does_not_hang_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that never returns is left to itself: close ends in its time all the same."""
    entered, release = threading.Event(), threading.Event()

    def computing(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        entered.set()
        release.wait(DEADLINE * 4)
        raise SystemExit  # nobody listens any more

    monkeypatch.setattr(sites_module, "STOP_DEADLINE", 0.5)
    sites = Sites(Wire())
    site = sites.serve(computing, "computing")
    with connected(site) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert entered.wait(DEADLINE)
        closing = threading.Thread(target=sites.close)
        closing.start()
        closing.join(DEADLINE)
        assert not closing.is_alive()
    assert not release.is_set()
    release.set()


def test_a_view_that_answers_after_its_site_is_gone_warns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer goes nowhere: no coroutine is left unawaited, which pytest would report in somebody else's test."""
    entered, release, ended = threading.Event(), threading.Event(), threading.Event()

    def late(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        entered.set()
        release.wait(DEADLINE)
        try:
            start_response("200 OK", [])
        finally:
            ended.set()
        return [b"late"]

    monkeypatch.setattr(sites_module, "STOP_DEADLINE", 0.5)
    sites = Sites(Wire())
    with connected(sites.serve(late, "late")) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert entered.wait(DEADLINE)
        sites.close()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        release.set()
        assert ended.wait(DEADLINE)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


# ---- literal answers -------------------------------------------------------------------------------

TWICE = Answer(299, (("X-Twice", "a"), ("X-Twice", "b")), b"twice")


def asked_by_token(site: Site, path: str = "/a", method: str = "GET") -> bytes:
    """Ask once for a case with the token ``t``; return all that comes until the connection closes."""
    with connected(site) as client:
        head = f"{method} {path}?corsproof=t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        client.sendall(head.encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_literally(tls: bool) -> None:
    """A site answers by the scripts, byte for byte and in its role; the wire knows it by its name."""
    wire, scripts = Wire(), Scripts()
    with Sites(wire) as sites:
        one, two = (sites.serve_literally(scripts, role, "literal", tls=tls) for role in (Role.API, Role.API2))
        scripts.put("t", Script((Rule((TWICE,), role=Role.API), Rule((Raw(b"nonsense"),), role=Role.API2))))
        assert one.origin().startswith("https://" if tls else "http://")
        assert one.port != two.port
        assert asked_by_token(one) == TWICE.departure("GET").sent
        assert asked_by_token(two) == b"nonsense"
        assert b"names no scenario" in asked_by_token(one, "/a?corsproof=")
        exchanges = wire.settle("t", DEADLINE)
    assert [(each.site, each.scheme, each.status) for each in exchanges] == [
        ("literal", one.scheme, 299),
        ("literal", one.scheme, None),
    ]


def test_a_literal_site_can_be_stopped() -> None:
    """It refuses connections then and says why; others of the same name, and of the same scripts, go on."""
    scripts = Scripts()
    with Sites(Wire()) as sites:
        stopped, other = (sites.serve_literally(scripts, role, "literal") for role in (Role.API, Role.API2))
        assert stopped.fault() == ""
        sites.stop(stopped)
        assert refuses(stopped.port)
        assert stopped.fault() == "site 'literal': its server has stopped"
        assert other.fault() == ""


def test_the_pages_own_server_answers_by_script_where_one_fits() -> None:
    """Rules for the page's role are answered in the place of the application, all else by the application."""
    wire, scripts = Wire(), Scripts()
    rules = (Rule((TWICE,), path="/a", role=Role.PAGE), Rule((Raw(b"nonsense"),)))
    with Sites(wire) as sites:
        site, plain = sites.serve(asgi, "pages", scripts=scripts), sites.serve(asgi, "plain")
        assert asked_by_token(site).endswith(b"GET http")
        scripts.put("t", Script(rules))
        head, _, body = asked_by_token(site).partition(b"\r\n\r\n")
        assert (head.split(b"\r\n")[0].split()[1], body) == (b"299", b"twice")
        assert head.lower().count(b"x-twice") == 2
        assert asked_by_token(site, "/b").endswith(b"GET http")
        assert asked_by_token(plain).endswith(b"GET http")
        assert [(each.site, each.status) for each in wire.settle("t", DEADLINE)] == [
            ("pages", 200),
            ("pages", 299),
            ("pages", 200),
            ("plain", 200),
        ]


def test_one_application_on_two_sites(sites: Sites) -> None:
    """One application may be served over both schemes at once."""
    plain, secure = sites.serve(wsgi, "both"), sites.serve(wsgi, "both", tls=True)
    with connected(plain) as first, connected(secure) as second:
        assert one_answer(first).endswith(b"GET http")
        assert one_answer(second).endswith(b"GET https")
