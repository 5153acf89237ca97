"""The agent in real browsers: it says exactly what script saw, in time, in order, no more at once than told.

Batches are given raw, so that what is under test is the script and not the plan. One browser per engine and module.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import threading
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from client_site import BatchDone, PageDied, Results, Session
from harness import engines, plan
from harness.engines import Browser, EngineName
from harness.ground import Ground
from harness.literal import Answer, Rule, Script
from harness.live import LivePage, live_page
from harness.observation import PageOutcome, PageResult
from harness.scenario import LITERAL, Api, Expectation, Outcome, Scenario, Seen
from harness.scenario import Step as Asked
from harness.wire import Receive, Send

pytestmark = pytest.mark.browser
DEADLINE = 30.0
TEXT = "Grüße, 世界 🌍"


class Slow:
    """An open API that counts who is in it, answers late, never or in part, and says what it got."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = 0
        self.order: list[str] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer by path: ``/echo``, ``/slow?ms=``, ``/never``, ``/cut-off``, ``/headers``; ``/closed`` is not open."""
        if scope["type"] != "http":
            raise RuntimeError("HTTP only")
        asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        body = (await receive())["body"]
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(f"{scope['method']} {asked.get('n', '')}".strip())
        try:
            await self._answer(scope, asked, body, receive, send)
        finally:
            with self._lock:
                self.now -= 1

    async def _answer(
        self, scope: MutableMapping[str, Any], asked: dict[str, str], body: bytes, receive: Receive, send: Send
    ) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-hidden", b"1")]
        if scope["path"] != "/closed":
            headers += [(b"access-control-allow-origin", b"*"), (b"access-control-allow-headers", b"*")]
            headers += [(b"access-control-allow-methods", b"*"), (b"access-control-max-age", b"60")]
        if scope["path"] == "/slow":
            await asyncio.sleep(int(asked["ms"]) / 1000)
        if scope["path"] == "/never":
            while (await receive())["type"] != "http.disconnect":
                pass
        if scope["path"] == "/headers":
            headers += [
                (b"access-control-expose-headers", b"X-Shown"),
                (b"x-shown", b"2"),
                (b"cache-control", b"no-store"),
            ]
        answer = body or b"ok"
        headers.append((b"content-length", b"%d" % (len(answer) + (100 if scope["path"] == "/cut-off" else 0))))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@pytest.fixture(scope="module")
def slow() -> Slow:
    """Have one API for all pages."""
    return Slow()


@pytest.fixture(scope="module")
def ground(slow: Slow) -> Iterator[Ground]:
    """Stand on it."""
    with Ground({"slow": lambda: slow}) as standing:
        yield standing


@pytest.fixture(scope="module", params=list(EngineName), ids=str)
def browser(request: pytest.FixtureRequest, ground: Ground) -> Iterator[Browser]:
    """Launch each engine once."""
    running = engines.launch(request.param, engines.Launch(proxy=ground.proxy))
    try:
        yield running
    finally:
        running.close()


class Told:
    """A page that was told a batch: what it reported, in the order of its reports."""

    def __init__(self, session: Session, batch: dict[str, Any]) -> None:
        self.reports: list[dict[str, Any]] = []
        session.give(batch)
        while not isinstance(news := session.wait(DEADLINE), BatchDone):
            assert not isinstance(news, PageDied), news
            assert isinstance(news, Results), f"no news within {DEADLINE} s; so far: {self.reports}"
            for report in news.steps:
                self.reports.append({**report, "unit": report["unit"].partition("-")[0], "token": report["unit"]})
        assert news.number == batch["number"]

    @property
    def results(self) -> list[PageResult]:
        """The reports as the harness reads them."""
        return [PageResult.read(report) for report in self.reports]


Tell = Callable[..., Told]


def telling(browser: Browser, ground: Ground, query: str = "") -> Iterator[Tell]:
    """Open a page and tell it batches of units, each a list of steps."""
    session = ground.board.open()
    deaths: list[str] = []
    page = browser.open(f"{ground.page_url('http://localhost')}/agent/{session.id}{query}", deaths.append)
    numbers = iter(range(1, 1000))

    def tell(*units: list[dict[str, Any]], pool: int = 6) -> Told:
        number = next(numbers)
        names = (f"u{index}-{session.id}-{number}" for index in range(len(units)))
        listed: list[dict[str, Any]] = [{"id": name, "steps": steps} for name, steps in zip(names, units, strict=True)]
        for unit in listed:
            for step in unit["steps"]:
                step["url"] += f"&corsproof={unit['id']}"
        return Told(session, {"number": number, "pool": pool, "units": listed})

    try:
        yield tell
    finally:
        page.close()
        ground.board.close(session)
    assert deaths == []


@pytest.fixture
def tell(browser: Browser, ground: Ground) -> Iterator[Tell]:
    """Talk to a page on localhost."""
    yield from telling(browser, ground)


@pytest.fixture
def tell_sandboxed(browser: Browser, ground: Ground) -> Iterator[Tell]:
    """Talk to a page that fires from inside a sandbox."""
    yield from telling(browser, ground, "?sandboxed")


@pytest.fixture
def step(ground: Ground) -> Callable[..., dict[str, Any]]:
    """Make a step as the agent reads it; each URL is asked once only."""
    origin = ground.api_origin("slow", "http://localhost")
    numbers = iter(range(100_000))

    def make(api: str, path: str = "/echo", method: str = "GET", **more: Any) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "headers": [],
            "body": None,
            "body_kind": "text",
            "credentials": "same-origin",
            "mode": "cors",
            "redirect": "follow",
            "cache": "default",
            "referrer_policy": "",
            "upload_listener": False,
            "after_ms": 0,
            "abort_ms": None,
            "deadline_ms": 20_000,
        }
        separator = "&" if "?" in path else "?"
        url = f"{origin}{path}{separator}once={id(numbers)}-{next(numbers)}"
        return {"api": api, "method": method, "url": url, **plain, **more}

    return make


Step = Callable[..., dict[str, Any]]
APIS = pytest.mark.parametrize("api", ["fetch", "xhr"])


@APIS
def test_response(tell: Tell, step: Step, api: str) -> None:
    """A response comes with status, URL, body and what script could read of its headers: text of any language too."""
    asked = step(api, "/headers", "POST", body=TEXT, headers=[["X-A", "1"]])
    (result,) = tell([asked]).results
    assert (result.outcome, result.status, result.body) == (PageOutcome.RESPONSE, 200, TEXT)
    assert result.url == asked["url"]
    assert {name for name, _ in result.headers} == {"content-type", "content-length", "cache-control", "x-shown"}
    assert dict(result.headers)["x-shown"] == "2"
    assert re.fullmatch(r"http://localhost:\d+", result.origin)
    assert result.type == ("cors" if api == "fetch" else "")


@APIS
def test_refusal(tell: Tell, step: Step, api: str) -> None:
    """A response that may not be read is a network error without status, headers or body."""
    (result,) = tell([step(api, "/closed")]).results
    assert (result.outcome, result.headers, result.body) == (PageOutcome.NETWORK_ERROR, (), None)
    assert not result.status


SENT = ["readystatechange:1", "loadstart"]
DONE = "readystatechange:4"
EVENTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "load": (
        "/echo",
        {},
        [*SENT, "readystatechange:2", "readystatechange:3", "progress", DONE, "load", "loadend"],
    ),
    "error": ("/closed", {}, [*SENT, DONE, "error", "loadend"]),
    "abort": ("/never", {"abort_ms": 100}, [*SENT, DONE, "abort", "loadend"]),
}


@pytest.mark.parametrize(("path", "more", "events"), EVENTS.values(), ids=EVENTS)
def test_order_of_events(tell: Tell, step: Step, path: str, more: dict[str, Any], events: list[str]) -> None:
    """The events of an XMLHttpRequest come in the order of the standard, in each engine."""
    (result,) = tell([step("xhr", path, **more)]).results
    assert [event for event in result.events if event != "progress"] == [e for e in events if e != "progress"]
    assert ("progress" in result.events) is ("progress" in events)


def test_upload_events(tell: Tell, step: Step) -> None:
    """With a listener the events of the upload are among the others; without it there are none."""
    heard, unheard = tell(
        [step("xhr", "/echo", "POST", body="a" * 1000, upload_listener=True), step("xhr", "/echo", "POST", body="a")]
    ).results
    upload = [event for event in heard.events if event.startswith("upload.")]
    assert [upload[0], *upload[-2:]] == ["upload.loadstart", "upload.load", "upload.loadend"]
    assert heard.events.index("upload.loadend") < heard.events.index("readystatechange:2")
    assert [event for event in unheard.events if event.startswith("upload.")] == []


REFUSED_CALLS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "fetch-forbidden-method": ("fetch", "TRACE", {}, "TypeError"),
    "fetch-no-cors-put": ("fetch", "PUT", {"mode": "no-cors"}, "TypeError"),
    "fetch-get-with-body": ("fetch", "GET", {"body": "a"}, "TypeError"),
    "fetch-bad-header-name": ("fetch", "GET", {"headers": [["a b", "c"]]}, "TypeError"),
    "xhr-forbidden-method": ("xhr", "TRACE", {}, "SecurityError"),
    "xhr-bad-header-name": ("xhr", "GET", {"headers": [["a b", "c"]]}, "SyntaxError"),
}


@pytest.mark.parametrize(("api", "method", "more", "error"), REFUSED_CALLS.values(), ids=REFUSED_CALLS)
def test_exceptions(
    tell: Tell, step: Step, slow: Slow, api: str, method: str, more: dict[str, Any], error: str
) -> None:
    """A call that the interface refuses is an exception, named, and sends nothing; the page goes on."""
    slow.order.clear()
    refused, after = tell([step(api, "/echo?n=refused", method, **more), step(api)]).results
    assert (refused.outcome, refused.error.partition(":")[0]) == (PageOutcome.EXCEPTION, error)
    assert after.outcome is PageOutcome.RESPONSE
    assert [arrived for arrived in slow.order if "refused" in arrived] == []


@APIS
def test_a_body_that_is_cut_off(tell: Tell, step: Step, api: str) -> None:
    """Where headers came and the body did not, fetch says so; XMLHttpRequest knows a network error only."""
    (result,) = tell([step(api, "/cut-off")]).results
    if api == "fetch":
        assert (result.outcome, result.status, result.body) == (PageOutcome.BODY_ERROR, 200, None)
        assert result.error
    else:
        assert result.outcome is PageOutcome.NETWORK_ERROR


@APIS
def test_deadline(tell: Tell, step: Step, api: str) -> None:
    """A request that has no answer by its deadline is given up by the harness, not a network error."""
    (result,) = tell([step(api, "/never", deadline_ms=200)]).results
    assert result.outcome is PageOutcome.DEADLINE
    assert 150 < result.duration_ms < 5000


@APIS
def test_abort(tell: Tell, step: Step, api: str) -> None:
    """A page that gives up by itself says so; a deadline that comes first is the deadline."""
    aborted, late = tell(
        [step(api, "/never", abort_ms=100), step(api, "/never", abort_ms=5000, deadline_ms=100)]
    ).results
    assert (aborted.outcome, late.outcome) == (PageOutcome.ABORTED, PageOutcome.DEADLINE)
    assert 50 < aborted.duration_ms < 5000


@APIS
@pytest.mark.parametrize("pool", [1, 3])
def test_the_pool_is_bounded(tell: Tell, step: Step, slow: Slow, api: str, pool: int) -> None:
    """Never more requests than told are at the server at once, and all of those that may be are."""
    slow.most = 0
    told = tell(*([step(api, "/slow?ms=60")] for _ in range(9)), pool=pool)
    assert len(told.results) == 9
    assert slow.most == pool


def test_steps_of_a_unit_are_in_order(tell: Tell, step: Step, slow: Slow) -> None:
    """Steps of one unit run one after the other, though they are not equally fast, while other units go on."""
    slow.order.clear()
    steps = [step("fetch", f"/slow?ms={ms}&n={n}") for n, ms in enumerate((150, 0, 50, 0))]
    told = tell(steps, [step("xhr", "/echo?n=other")])
    mine = [report for report in told.reports if report["unit"] == "u0"]
    assert [report["step"] for report in mine] == [0, 1, 2, 3]
    assert [arrived for arrived in slow.order if "other" not in arrived] == [f"GET {n}" for n in range(4)]
    assert all(one["ended_ms"] <= two["started_ms"] for one, two in itertools.pairwise(mine))
    assert slow.order.index("GET other") < slow.order.index("GET 1")


def test_after_ms(tell: Tell, step: Step) -> None:
    """A step starts no earlier than told, counted from its unit's start, and leaves the pool to others until then."""
    before = tell([step("fetch")]).reports[0]["ended_ms"]
    told = tell([step("fetch"), step("fetch", after_ms=400)], [step("xhr")], pool=1)
    mine = [report for report in told.reports if report["unit"] == "u0"]
    assert mine[1]["started_ms"] - before >= 400
    assert told.reports[-1] is mine[1], "the other unit must not have waited"


BODIES: dict[str, tuple[str, str, bytes, str | None]] = {
    "text": ("text", TEXT, TEXT.encode(), "text/plain;charset=UTF-8"),
    "urlencoded": ("urlencoded", "a=b&c=ü d", b"a=b&c=%C3%BC+d", "application/x-www-form-urlencoded;charset=UTF-8"),
    "bytes": ("bytes", "\0\x7f\x80\xff", b"\0\x7f\x80\xff", None),
    "no-bytes": ("bytes", "", b"", None),
}


@APIS
@pytest.mark.parametrize(("kind", "body", "sent", "type_"), BODIES.values(), ids=BODIES)
def test_kinds_of_body(
    tell: Tell, step: Step, ground: Ground, api: str, kind: str, body: str, sent: bytes, type_: str | None
) -> None:
    """What script hands over as a body goes out as that, with the type that comes with it."""
    told = tell([step(api, "/echo", "POST", body=body, body_kind=kind)])
    assert [result.outcome for result in told.results] == [PageOutcome.RESPONSE]
    exchange = ground.wire.settle(told.reports[0]["token"], DEADLINE)[-1]
    assert exchange.request_body == sent
    given = dict(exchange.request_headers).get("content-type")
    assert (given or "").lower() == (type_ or "").lower()


def test_a_stream_is_handed_over_as_one(tell: Tell, step: Step, ground: Ground, browser: Browser) -> None:
    """Over HTTP/1 none of them streams: it is a network error, or the text of an object."""
    told = tell([step("fetch", "/echo", "POST", body="a\xff", body_kind="stream")])
    (result,) = told.results
    exchanges = ground.wire.settle(told.reports[0]["token"], DEADLINE)
    ends: dict[EngineName, tuple[PageOutcome, str | None]] = {
        EngineName.CHROMIUM: (PageOutcome.NETWORK_ERROR, None),
        EngineName.FIREFOX: (PageOutcome.RESPONSE, "[object ReadableStream]"),
        EngineName.WEBKIT: (PageOutcome.NETWORK_ERROR, None),
    }
    assert (result.outcome, result.body) == ends[EngineName(browser.info.name)]
    assert b"a\xff" not in [exchange.request_body for exchange in exchanges]


POLICIES: dict[str, tuple[str, bool]] = {
    "the-pages-own": ("", True),
    "no-referrer": ("no-referrer", False),
    "same-origin": ("same-origin", False),
    "origin": ("origin", True),
    "unsafe-url": ("unsafe-url", True),
}


@pytest.mark.parametrize(("policy", "told_origin"), POLICIES.values(), ids=POLICIES)
def test_the_referrer_policy(
    tell: Tell, step: Step, ground: Ground, browser: Browser, policy: str, told_origin: bool
) -> None:
    """It is the step's own where it has one: in mode no-cors it hides the page's address and, by Fetch, its origin."""
    told = tell([step("fetch", "/echo", "POST", mode="no-cors", referrer_policy=policy)])
    assert [result.outcome for result in told.results] == [PageOutcome.RESPONSE]
    headers = dict(ground.wire.settle(told.reports[0]["token"], DEADLINE)[-1].request_headers)
    shown = told_origin or browser.info.name is EngineName.CHROMIUM  # chromium-no-cors-origin-shown
    assert headers["origin"] == (ground.page_origin("http://localhost") if shown else "null")
    assert ("referer" in headers) is told_origin
    assert (policy == "unsafe-url") is ("/agent/" in headers.get("referer", ""))


def announced(tell: Tell, step: Step, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[int, int]]]:
    """Tell units of three steps, of one and of two; return which steps were announced, and what had arrived by then."""
    begun: dict[str, list[tuple[int, int]]] = {}

    def turn(unit: str, index: int) -> None:
        begun.setdefault(unit, []).append((index, len(ground.wire.read(unit))))

    monkeypatch.setattr(ground.board, "turn", turn)
    told = tell([step("fetch"), step("xhr"), step("fetch")], [step("fetch")], [step("xhr"), step("fetch")])
    assert {result.outcome for result in told.results} == {PageOutcome.RESPONSE}
    return sorted(begun.values(), key=len)


ANNOUNCED = [[(0, 0), (1, 1)], [(0, 0), (1, 1), (2, 2)]]


def test_each_step_is_announced(tell: Tell, step: Step, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's site knows which step begins before its request goes out; of a single step it need not."""
    assert announced(tell, step, ground, monkeypatch) == ANNOUNCED


def test_each_step_is_announced_from_the_sandbox(
    tell_sandboxed: Tell, step: Step, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame, which cannot reach the site itself, has its parent announce them."""
    assert announced(tell_sandboxed, step, ground, monkeypatch) == ANNOUNCED


def test_each_step_has_the_answers_of_its_turn(
    tell: Tell, step: Step, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Literal answers change from step to step, for whichever unit asks, though all of them ask at once."""
    api, allow = ground.api_origin(LITERAL, "http://localhost"), ("Access-Control-Allow-Origin", "*")
    scripts = [Script((Rule((Answer(200 + number, (allow,)),)),)) for number in range(3)]
    calling = ground.board.turn

    def staging(unit: str, index: int) -> None:
        if index == 0:
            ground.scripts.put(unit, *scripts)
        calling(unit, index)

    monkeypatch.setattr(ground.board, "turn", staging)
    told = tell(*([{**step("fetch"), "url": f"{api}/a?b=c"} for _ in scripts] for _ in range(8)))
    statuses = [(report["step"], report["status"]) for report in told.reports]
    assert sorted(statuses) == sorted((number, 200 + number) for number in range(3) for _ in range(8))
    for token in {report["token"] for report in told.reports}:
        recorded = [(exchange.step, exchange.status) for exchange in ground.wire.settle(token, DEADLINE)]
        assert recorded == [(number, 200 + number) for number in range(3)]


@APIS
def test_the_sandboxed_page_has_no_origin(tell_sandboxed: Tell, step: Step, ground: Ground, api: str) -> None:
    """Inside the sandbox the origin is null, for script and on the wire, and the page works as any other."""
    told = tell_sandboxed([step(api, "/echo", "POST", body=TEXT), step(api, "/closed")])
    results = told.results
    assert [result.origin for result in results] == ["null", "null"]
    assert [result.outcome for result in results] == [PageOutcome.RESPONSE, PageOutcome.NETWORK_ERROR]
    assert results[0].body == TEXT
    exchange = ground.wire.settle(told.reports[0]["token"], DEADLINE)[0]
    assert ("origin", "null") in exchange.request_headers
    assert exchange.request_body.decode() == TEXT


def test_many_batches(tell: Tell, step: Step) -> None:
    """A page takes batch after batch, empty ones too, and loses nothing of a large one."""
    assert tell().reports == []
    told = tell(*([step("fetch"), step("xhr")] for _ in range(60)))
    assert sorted((report["unit"], report["step"]) for report in told.reports) == sorted(
        (f"u{unit}", index) for unit in range(60) for index in range(2)
    )
    assert {report["outcome"] for report in told.reports} == {"response"}


# ---- batches whose browser keeps its words to itself -----------------------------------------------


@pytest.mark.parametrize("hushed", [True, False], ids=["hushed", "heard"])
@pytest.mark.parametrize("sandboxed", [False, True], ids=["page", "sandbox"])
def test_a_failure_in_a_hushed_batch_waits_until_somebody_listens(
    browser: Browser, ground: Ground, step: Step, slow: Slow, sandboxed: bool, hushed: bool
) -> None:
    """It is told, by its unit, keeps its place in the pool until then, and is reported afterwards; no other is."""
    session = ground.board.open()
    told: list[tuple[str, int, bool]] = []
    session.on_failure = lambda unit: told.append((unit, len(slow.order), session.wait(0) is None))
    url = f"{ground.page_url('http://localhost')}/agent/{session.id}{'?sandboxed' if sandboxed else ''}"
    page = browser.open(url, lambda cause: None)
    try:
        slow.order.clear()
        units = [{"id": f"{session.id}-{path[1:]}", "steps": [step("fetch", path)]} for path in ("/closed", "/echo")]
        session.give({"number": 1, "pool": 1, "alone": False, "hushed": hushed, "units": units})
        reports: list[Any] = []
        while not isinstance(news := session.wait(DEADLINE), BatchDone):
            assert isinstance(news, Results), news
            reports += news.steps
        assert [report["outcome"] for report in reports] == ["network-error", "response"]
        assert told == ([(f"{session.id}-closed", 1, True)] if hushed else [])
    finally:
        page.close()
        ground.board.close(session)


def unexpected(ground: Ground, count: int) -> list[plan.Planned]:
    """Plan cases that are expected to be let through, and are refused."""
    let_through = Expectation((Seen(Outcome.ALLOWED, 200),), ())
    refusing = Script((Rule((Answer(200),)),))
    steps, expected = (Asked("GET", "{api}/a"),), {LITERAL: let_through}
    one = Scenario("a", "f", "s", steps, expected, apis=(Api.FETCH,), turns=(refusing,))
    return [plan.plan(plan.Case(one, LITERAL, Api.FETCH, LITERAL), ground) for _ in range(count)]


def heard(browser: Browser, ground: Ground, count: int) -> list[tuple[str, ...]]:
    """Return what the browser said of each of so many cases that were refused against all expectation."""
    with live_page("http://localhost", browser, ground) as live:
        answers = live.ask(unexpected(ground, count))
        return [observation.words for _, observation in live.observe(answers)]


def test_no_word_of_an_unexpected_error_is_lost(browser: Browser, ground: Ground) -> None:
    """However many there are, the browser's own words come with each, once, though nobody listened to the first."""
    words = heard(browser, ground, 300)
    assert len(words) == 300
    assert {len(said) for said in words} == {2 if browser.info.name == EngineName.CHROMIUM else 1}


def test_words_would_be_lost_if_nobody_listened(
    browser: Browser, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebKit keeps the last ones only; the others tell them at no price, and nobody need listen."""
    monkeypatch.setattr(LivePage, "_failed", lambda live, token: None)
    silent = sum(not said for said in heard(browser, ground, 300))
    assert (silent > 200) == (browser.info.name == EngineName.WEBKIT)


@pytest.mark.parametrize("sandboxed", [False, True], ids=["page", "sandbox"])
@pytest.mark.parametrize(("alone", "ends"), [(False, [2, 1]), (True, [1, 2])], ids=["beside", "alone"])
def test_the_next_batch_fills_the_room(
    browser: Browser, ground: Ground, step: Step, sandboxed: bool, alone: bool, ends: list[int]
) -> None:
    """It begins while the last request of the one before is on its way; not where that one is to be alone."""
    session = ground.board.open()
    url = f"{ground.page_url('http://localhost')}/agent/{session.id}{'?sandboxed' if sandboxed else ''}"
    page = browser.open(url, lambda cause: None)
    try:
        for number, path in enumerate(["/slow?ms=400", "/echo"], 1):
            units = [{"id": f"{session.id}-{number}", "steps": [step("fetch", path)]}]
            session.give({"number": number, "pool": 6, "alone": alone, "units": units})
        told: list[int] = []
        while len(told) < 2:
            news = session.wait(DEADLINE)
            assert isinstance(news, Results | BatchDone), news
            if isinstance(news, BatchDone):
                told.append(news.number)
        assert told == ends
    finally:
        page.close()
        ground.board.close(session)
