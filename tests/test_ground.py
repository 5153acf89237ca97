"""The ground of a run: origins for pages, one site per API and scheme, whoever asks and how often."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from harness import canaries
from harness.errors import SiteFault, UsageError
from harness.ground import PAGES as PAGES_SITE
from harness.ground import Ground
from harness.literal import NO_RULE, Answer, Role, Rule, Script
from harness.plan import Case, Planned, plan
from harness.scenario import LITERAL, Api, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Receive, Send
from server_site import BROKEN, HOOK_SETS

DEADLINE = 5.0
NAMES = ("app.example.com", "evil.example.net")


class Naming:
    """An API that answers its own name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            raise RuntimeError("HTTP only")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.name.encode()})


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Stand on two APIs."""
    apis = {"one": lambda: Naming("one"), "broken:two": lambda: Naming("two")}
    with Ground(apis, names=NAMES, proxied="one") as standing:
        yield standing


def client_of(ground: Ground) -> httpx.Client:
    """Ask through the proxy where a name is not loopback, as a browser of this run does."""
    through = httpx.HTTPTransport(proxy=ground.proxy, verify=False)
    return httpx.Client(mounts={"all://*.example.com": through, "all://*.example.net": through}, verify=False)


@pytest.fixture
def client(ground: Ground) -> Iterator[httpx.Client]:
    """Ask the ground of this module."""
    with client_of(ground) as asking:
        yield asking


PAGES = {
    "localhost": ("http://localhost", r"http://localhost:\d+", r"http://localhost:\d+"),
    "address": ("http://127.0.0.1", r"http://127\.0\.0\.1:\d+", r"http://localhost:\d+"),
    "localhost-name": ("http://app.localhost", r"http://app\.localhost:\d+", r"http://localhost:\d+"),
    "https-localhost": ("https://localhost", r"https://localhost:\d+", r"https://localhost:\d+"),
    "http-name": ("http://app.example.com", r"http://app\.example\.com", r"http://api-one\.example\.com"),
    "https-name": ("https://app.example.com", r"https://app\.example\.com", r"https://api-one\.example\.com"),
    "port-of-a-name": (
        "https://app.example.com:8443",
        r"https://app\.example\.com:8443",
        r"https://api-one\.example\.com",
    ),
    "underscore": ("https://app_x.example.com", r"https://app_x\.example\.com", r"https://api-one\.example\.com"),
    "default-port": ("http://app.example.com:80", r"http://app\.example\.com", r"http://api-one\.example\.com"),
    "default-port-of-localhost": ("http://localhost:80", r"http://localhost:\d{3,}", r"http://localhost:\d+"),
    "null": ("null", r"null", r"http://localhost:\d+"),
}


@pytest.mark.parametrize(("page", "page_origin", "api_origin"), PAGES.values(), ids=PAGES)
def test_origins(ground: Ground, page: str, page_origin: str, api_origin: str) -> None:
    """Each page has the origin that it is named for, and an API of the same scheme on another origin."""
    import re

    assert re.fullmatch(page_origin, ground.page_origin(page))
    api = ground.api_origin("one", page)
    assert re.fullmatch(api_origin, api)
    places = dict(ground.places("one", page))
    assert (places["page"], places["api"]) == (ground.page_origin(page), api)
    other, cross = places["api2"], places["cross"]
    assert len({ground.page_origin(page), api, other}) == 3, "all three must be different origins"
    assert urlsplit(other).scheme == urlsplit(cross).scheme == urlsplit(api).scheme
    assert urlsplit(cross).hostname == "127.0.0.1"


@pytest.mark.parametrize("page", [page for page, _, _ in PAGES.values()], ids=PAGES)
def test_literal_origins(ground: Ground, page: str) -> None:
    """Literal answers are given on localhost, under another port of it, and on another site; over the page's scheme."""
    api, other, cross = (urlsplit(dict(ground.places(LITERAL, page))[name]) for name in ("api", "api2", "cross"))
    assert api.geturl() == ground.api_origin(LITERAL, page)
    assert {api.scheme, other.scheme, cross.scheme} == {urlsplit(ground.page_url(page)).scheme}
    assert (api.hostname, other.hostname, cross.hostname) == ("localhost", "localhost", "127.0.0.1")
    assert api.port == cross.port != other.port
    assert ground.page_url(page) not in {each.geturl() for each in (api, other, cross)}


def test_the_document_of_the_null_page_is_on_localhost(ground: Ground) -> None:
    """The page `null` lives in a frame of a page on localhost."""
    assert ground.page_url("null") == ground.page_url("http://localhost") == ground.page_origin("http://localhost")
    assert ground.page_origin("null") == "null"


def asked(client: httpx.Client, url: str) -> str:
    """Return what a site answers; names of loopback resolve to it, in browsers as here."""
    parts = urlsplit(url)
    if (parts.hostname or "").endswith(".localhost"):
        url = url.replace(parts.hostname or "", "localhost")
    return client.get(url, timeout=DEADLINE).text


@pytest.mark.parametrize("page", [page for page, _, _ in PAGES.values()], ids=PAGES)
def test_origins_are_served(ground: Ground, client: httpx.Client, page: str) -> None:
    """At each of these origins the right site answers."""
    assert asked(client, ground.api_origin("one", page)) == "one"
    assert asked(client, dict(ground.places("one", page))["api2"]) == "one"
    assert asked(client, ground.api_origin("broken:two", page)) == "two"
    session = ground.board.open()
    assert session.id in asked(client, f"{ground.page_url(page)}/agent/{session.id}")
    ground.board.close(session)


@pytest.fixture
def port() -> int:
    """Have a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "app.localhost"])
def test_a_port_of_loopback(port: int, host: str) -> None:
    """A page on loopback is served on the port that its origin has, and beside it pages without one as ever."""
    page = f"http://{host}:{port}"
    with Ground({}) as ground, client_of(ground) as client:
        assert ground.page_url(page) == ground.page_origin(page) == page
        assert ground.page_url(f"http://{host}") not in (page, f"http://{host}")
        session = ground.board.open()
        for origin in (page, f"http://{host}"):
            assert session.id in asked(client, f"{ground.page_url(origin)}/agent/{session.id}")


def test_a_port_of_loopback_that_is_taken(port: int) -> None:
    """A stranger's server cannot be the page: the fault names the port and what to do, and the ground goes on."""
    with Ground({}) as ground:
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(SiteFault, match=rf"port {port} .* cannot be had: Address already in use; end what listens"),
        ):
            ground.page_url(f"http://localhost:{port}")
        assert ground.page_url(f"http://localhost:{port}") == f"http://localhost:{port}"


@pytest.mark.parametrize("page", ["", "NULL", "app.example.com", "ftp://app.example.com", "http://app.example.com:x"])
def test_no_page(ground: Ground, page: str) -> None:
    """What is no origin is the caller's mistake."""
    with pytest.raises(UsageError, match="is neither an http"):
        ground.page_url(page)


@pytest.mark.parametrize("page", ["http://app.example.com", "https://app.example.com:8443", "https://localhost"])
def test_at_loopback(page: str) -> None:
    """Where that is asked for, pages on names find an API at localhost too, over their scheme; `cross` is the same."""
    scheme = urlsplit(page).scheme
    with Ground({"one": lambda: Naming("one")}, at_loopback=True) as ground, client_of(ground) as client:
        site = ground.api_site("one", scheme)
        assert ground.api_origin("one", page) == f"{scheme}://localhost:{site.port}"
        assert dict(ground.places("one", page))["cross"] == f"{scheme}://127.0.0.1:{site.port}"
        assert asked(client, ground.api_origin("one", page)) == "one"


def test_null_at_loopback() -> None:
    """There the document of the page `null` is on https, and so is what it asks."""
    with Ground({"one": lambda: Naming("one")}, at_loopback=True) as ground, client_of(ground) as client:
        assert ground.page_url("null") == ground.page_url("https://localhost")
        assert ground.page_origin("null") == "null"
        places = [dict(ground.places(api, "null")) for api in ("one", LITERAL)]
        assert {urlsplit(each[name]).scheme for each in places for name in ("api", "api2", "cross")} == {"https"}
        assert asked(client, ground.api_origin("one", "null")) == "one"


def test_a_name_that_is_no_page_is_not_reached() -> None:
    """The proxy knows the names of pages that were asked for, with their ports, and no others."""
    with Ground({}) as ground, client_of(ground) as client:
        ground.add_page("http://app.example.com:1234")
        ports = {port: client.get(f"http://app.example.com:{port}/favicon.ico").status_code for port in (1234, 80)}
    assert ports == {1234: 204, 80: 502}


def test_every_name_has_a_page(ground: Ground, client: httpx.Client) -> None:
    """Each name that pages have reaches the pages' site."""
    ground.page_url("http://app.example.com")
    assert [client.get(f"http://{name}/favicon.ico").status_code for name in NAMES] == [204, 204]


def test_the_canary_api_is_always_there(ground: Ground, client: httpx.Client) -> None:
    """What proves the harness needs no API of the caller's."""
    origin = ground.api_origin(canaries.HOOKS, "http://localhost")
    open_, closed = client.get(f"{origin}/open"), client.get(f"{origin}/closed")
    assert (open_.content, closed.content) == (canaries.BODY, canaries.BODY)
    assert "access-control-allow-origin" in open_.headers
    assert "access-control-allow-origin" not in closed.headers


def test_pages_can_reach_the_proxied_api(ground: Ground, client: httpx.Client) -> None:
    """The page's own site forwards to the API that was chosen for it."""
    assert client.get(f"{ground.page_url('http://localhost')}/proxy/anything").text == "one"


def test_one_name_per_api() -> None:
    """No two of the APIs that a run may have share a name, else one would answer for the other."""
    apis = (*HOOK_SETS, *(f"broken:{name}" for name in BROKEN), canaries.HOOKS)
    page = "http://app.example.com"
    with Ground({api: lambda: Naming("any") for api in apis}) as ground:
        assert len({ground.api_origin(api, page) for api in apis}) == len(apis)


def test_many_threads_get_one_site() -> None:
    """Engines ask side by side: an API is made once and served once per scheme."""
    made: list[str] = []
    gate = threading.Barrier(8, timeout=DEADLINE)

    def make() -> Naming:
        made.append("made")
        return Naming("one")

    with Ground({"one": make}) as ground, ThreadPoolExecutor(8) as pool:

        def ask(_: int) -> tuple[str, str, str]:
            gate.wait()
            page = "https://localhost"
            return ground.api_origin("one", "http://localhost"), ground.api_origin("one", page), ground.page_url(page)

        answers = {*pool.map(ask, range(8))}
    assert len(answers) == 1
    assert made == ["made"]


def test_an_api_that_is_another_one_is_elsewhere(client: httpx.Client) -> None:
    """One that was taken away and comes again under its name has a place of its own; the others stay where they are."""
    page = "http://localhost"
    with Ground({"one": lambda: Naming("one"), "two": lambda: Naming("two")}) as ground:
        before, beside = dict(ground.places("one", page)), ground.places("two", page)
        ground.remove_api("one")
        ground.add_api("one", lambda: Naming("another"))
        assert asked(client, dict(ground.places("one", page))["api"]) == "another"
        assert before["api"] != dict(ground.places("one", page))["api"]
        assert ground.places("two", page) == beside


def test_an_unknown_api_is_a_key_error() -> None:
    """Which APIs there are is the caller's business: another name is the caller's mistake."""
    with Ground({}) as ground, pytest.raises(KeyError):
        ground.api_site("nobody")


def test_faults() -> None:
    """A site that was stopped is named among the faults; the others are not."""
    with Ground({"one": lambda: Naming("one"), "two": lambda: Naming("two")}) as ground:
        gone = ground.api_site("one")
        ground.api_site("two")
        assert ground.faults() == {}
        ground.stop(gone)
        assert ground.faults() == {"one": "site 'one': its server has stopped"}


# ---- literal answers -------------------------------------------------------------------------------


def saying(text: str, role: Role | None = None) -> Rule:
    """Answer by this body."""
    return Rule((Answer(200, body=text.encode()),), role=role)


def planned(ground: Ground, *turns: Script, page: str = "http://localhost") -> Planned:
    """Plan a case with these answers, or one without any."""
    step, hooks = Step("GET", "{api}/a"), LITERAL if turns else "one"
    expect = {hooks: None if turns else Expectation((Seen(Outcome.ALLOWED),), ())}
    one = Scenario("a", "f", "s", (step,) * (len(turns) or 1), expect, page, (Api.FETCH,), turns)
    return plan(Case(one, hooks, Api.FETCH, hooks), ground)


def told(client: httpx.Client, one: Planned, place: str) -> str:
    """Ask for a case at one of its places."""
    return client.get(f"{dict(one.places)[place]}/a?corsproof={one.token}").text


@pytest.mark.parametrize("page", ["http://localhost", "https://app.example.com", "null"])
def test_a_staged_case_is_answered_in_every_role(ground: Ground, client: httpx.Client, page: str) -> None:
    """The API's answers under two names, its other origin's, and those of the page's own site."""
    script = Script((saying("api", Role.API), saying("api2", Role.API2), saying("page", Role.PAGE)))
    one = planned(ground, script, page=page)
    ground.stage(one)
    places = ("api", "cross", "api2", "home")
    assert [told(client, one, place) for place in places] == ["api", "api", "api2", "page"]
    sites = [exchange.site for exchange in ground.wire.settle(one.token, DEADLINE)]
    assert sites == [LITERAL, LITERAL, LITERAL, PAGES_SITE]
    ground.judged(one.token)


@pytest.mark.parametrize("page", ["http://localhost", "https://app.example.com", "null"])
def test_over_http_2(ground: Ground, page: str) -> None:
    """Whatever the page, one origin gives literal answers over HTTP/2, with HTTPS, on a port of its own."""
    one = planned(ground, Script((saying("two", Role.H2),)), page=page)
    ground.stage(one)
    places = dict(one.places)
    assert urlsplit(places["h2"])[:2] not in {urlsplit(url)[:2] for name, url in one.places if name != "h2"}
    with httpx.Client(http2=True, verify=False, trust_env=False, timeout=DEADLINE) as client:
        answer = client.get(f"{places['h2']}/a?corsproof={one.token}")
    assert (answer.http_version, answer.text) == ("HTTP/2", "two")
    (exchange,) = ground.wire.settle(one.token, DEADLINE)
    assert (exchange.site, exchange.scheme) == (LITERAL, "https")
    ground.judged(one.token)


def test_http_2_is_served_when_asked_for() -> None:
    """A case that does not need it starts no server for it."""
    with Ground({}) as ground:
        planned(ground, Script((saying("one"),)))
        before = set(ground._served)
        planned(ground, Script((saying("two", Role.H2),)))
        planned(ground, Script((saying("two", Role.H2),)))
        assert set(ground._served) - before == {(f"{LITERAL}-{Role.H2}", "https", 0)}
        assert ground.faults() == {}


def test_before_and_after_nobody_answers(ground: Ground, client: httpx.Client) -> None:
    """A case has no answers until it is staged, and none once it is judged; what arrives then is late."""
    one = planned(ground, Script((saying("api"),)))
    nothing = NO_RULE.body.decode()
    assert told(client, one, "api") == nothing
    ground.stage(one)
    assert told(client, one, "api") == "api"
    ground.judged(one.token)
    assert ground.wire.read(one.token) == ()
    assert told(client, one, "api") == nothing
    assert [exchange.token for exchange in ground.wire.take_late()] == [one.token]


def test_turns_are_called_at_the_board(ground: Ground, client: httpx.Client) -> None:
    """What a page says to its site before a step changes the answers; the first are there from the beginning."""
    one = planned(ground, Script((saying("first"),)), Script((saying("second"),)))
    ground.stage(one)
    assert told(client, one, "api") == "first"
    ground.board.turn(one.token, 1)
    assert told(client, one, "api") == "second"
    ground.judged(one.token)


def test_a_case_with_a_hook_set_has_nothing_to_stage(ground: Ground, client: httpx.Client) -> None:
    """Its answers are the application's."""
    one = planned(ground)
    ground.stage(one)
    assert told(client, one, "api") == "one"
    ground.judged(one.token)


def test_a_literal_site_that_is_gone_is_a_fault() -> None:
    """It is told under the name by which its exchanges are known."""
    with Ground({}) as ground:
        ground.places(LITERAL, "http://localhost")
        assert ground.faults() == {}
        site = next(site for (name, *_), site in ground._served.items() if name.startswith(LITERAL))
        ground.stop(site)
        assert ground.faults() == {LITERAL: f"site {LITERAL!r}: its server has stopped"}


def test_the_wire_is_shared(ground: Ground, client: httpx.Client) -> None:
    """Requests to every site of a ground are on one wire, each with the site's name."""
    client.get(f"{ground.api_origin('one', 'http://localhost')}/a?corsproof=shared")
    client.get(f"{ground.page_url('http://localhost')}/proxy/a?corsproof=shared")
    assert [exchange.site for exchange in ground.wire.settle("shared", DEADLINE)] == ["one", "pages", "one"]


def test_with_a_host_everything_is_there() -> None:
    """Pages, their API and literal answers are under that host, and so is what would be another site."""
    with Ground({"open": lambda: canaries.app}, host="127.0.0.1") as ground:
        places = [*ground.places("open", "http://localhost"), *ground.places(LITERAL, "http://localhost")]
        origins = {ground.page_url("null"), *(origin for _, origin in places)}
        assert {origin.rpartition(":")[0] for origin in origins} == {"http://127.0.0.1"}
        assert len(origins) == 4
        assert ground.page_origin("null") == "null"
        assert {httpx.get(f"{origin}/", trust_env=False).status_code for origin in origins} == {200, 404, 501}
