"""The scripted engine: the oracle over a real HTTP client, so that the logic of a run can be tested without a browser.

Plays `client_site/static/agent.js` against the page's own site and fires each step as the Fetch standard says. Proves
nothing about browsers, so it has no `EngineName` and nothing but tests starts it. `Deviant` makes one that misbehaves:
a negative control that canaries or verdicts must catch.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness import oracle
from harness.engines import EngineInfo, EngineName, Launch, Message
from harness.engines.mailbox import Mailbox, MailboxPage
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.foresight import request_of
from harness.loop import LoopThread

AGENT = "corsproof-scripted"
BODY_KEPT = 65536  # characters of a body that are reported
CLOSING = 5.0  # seconds for what runs to be cancelled

Json = dict[str, Any]
Send = Callable[[oracle.WireRequest], Awaitable[oracle.Answer]]


async def _honestly(request: oracle.WireRequest, send: Send) -> oracle.Answer:
    return await send(request)


@dataclass(frozen=True)
class Deviant:
    """How a scripted browser leaves the standard: in what it sends and is answered, or in what its page reports.

    ``exchange`` stands between the model and the socket and may change, double or spare a request, or change its
    answer. ``report`` may change the result of a step.
    """

    exchange: Callable[[oracle.WireRequest, Send], Awaitable[oracle.Answer]] = _honestly
    report: Callable[[Json], Json] = lambda result: result


class Clock:
    """The time of one unit: that of the machine. A test may have one that waits in no time."""

    def now(self) -> float:
        """Return seconds."""
        return time.monotonic()

    async def until(self, moment: float) -> None:
        """Wait for a moment."""
        await asyncio.sleep(moment - self.now())


class ScriptedBrowser:
    """A browser without a browser (`harness.engines.Browser`).

    ``clock`` makes the clock of each unit; ``rules`` are the standard's, or those of the engine that is played. After
    ``die_after`` answered steps, canaries included, the browser is dead; after ``hang_after`` its pages say nothing
    more; the last of these steps is not reported either way.
    ``refuse_to_launch`` is the cause of a launch that fails.
    """

    def __init__(
        self,
        name: EngineName,
        how: Launch,
        *,
        clock: Callable[[], Clock] = Clock,
        deviant: Deviant | None = None,
        rules: oracle.Rules = oracle.STANDARD,
        die_after: int | None = None,
        hang_after: int | None = None,
        refuse_to_launch: str = "",
    ) -> None:
        if refuse_to_launch:
            raise BrowserUnavailable(refuse_to_launch)
        self.info = EngineInfo(name, f"oracle over httpx {httpx.__version__}", "scripted", how.path or "")
        self.client = Client(how.proxy)
        self.deviant = deviant or Deviant()
        self.rules = rules
        self.clock = clock
        self._deadline = how.deadline
        self._die_after = die_after
        self._hang_after = hang_after
        self._steps = 0
        self._dead = ""
        self._pages: list[ScriptedPage] = []
        self._loop = LoopThread("corsproof-scripted")

    def open(self, url: str, on_death: Callable[[str], None]) -> ScriptedPage:
        """Load the page and let its agent begin; raise `BrowserCrashed` where that cannot be."""
        if self._dead:
            raise BrowserCrashed(self._dead)
        page = ScriptedPage(self, self._loop, url, Mailbox(on_death))
        try:
            self._loop.call(page.navigate(), self._deadline)
        except (httpx.HTTPError, TimeoutError) as error:
            raise BrowserCrashed(f"the page did not load: {error!r}") from error
        self._pages.append(page)
        return page

    def close(self) -> None:
        """End everything; may be called twice."""
        self._dead = self._dead or "the browser is closed"
        with contextlib.suppress(RuntimeError, TimeoutError):
            self._loop.call(self.client.close(), CLOSING)
        self._loop.stop()

    async def step_answered(self) -> None:
        """Count a step of any page, and come to the end of this browser where it is time."""
        self._steps += 1
        if self._die_after is not None and self._steps >= self._die_after:
            self._dead = f"the scripted browser died after {self._die_after} steps"
            for page in self._pages:
                page.die(self._dead)
        elif self._hang_after is None or self._steps < self._hang_after:
            return
        await asyncio.Event().wait()


class ScriptedPage(MailboxPage):
    """A page and its agent (`harness.engines.Page`). What is a coroutine runs on the browser's loop."""

    def __init__(self, browser: ScriptedBrowser, loop: LoopThread, url: str, mailbox: Mailbox) -> None:
        super().__init__(mailbox, self._end)
        parts = urlsplit(url)
        self._browser = browser
        self._loop = loop
        self._url = url
        self._home = parts._replace(query="").geturl()
        self._site = f"{parts.scheme}://{parts.netloc}"
        self._origin = "null" if parts.query == "sandboxed" else self._site
        self._agent: asyncio.Task[None] | None = None

    def _end(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and the agent with it
            self._loop.call(self._stop(), CLOSING)

    def die(self, cause: str) -> None:
        """End the agent as a browser's death does."""
        self._mailbox.die(cause)
        if self._agent is not None:
            self._agent.cancel()

    async def _stop(self) -> None:
        if self._agent is not None:
            self._agent.cancel()
            await asyncio.wait([self._agent])

    async def navigate(self) -> None:
        """Load the document, then start the agent."""
        document = await self._browser.client.send("GET", self._url, (("Accept", "text/html"),))
        if document.status != 200:
            raise BrowserCrashed(f"the page's site answered {document.status}")
        self._agent = asyncio.create_task(self._play())

    async def _play(self) -> None:
        try:
            await self._work()
        except Exception as error:
            self._mailbox.die(f"the scripted agent failed: {error!r}")

    async def _work(self) -> None:
        """Ask for batches and post results until there is no more to do (`home` of agent.js)."""
        while not (batch := await self._call("next", {"origin": self._origin}) or {}).get("done"):
            if "units" in batch:
                mail = _Mail(self._call)
                pool = asyncio.Semaphore(batch["pool"])
                async with asyncio.TaskGroup() as group:
                    for unit in batch["units"]:
                        group.create_task(self._run_unit(unit, pool, mail))
                await mail.post(batch["number"])

    async def _call(self, path: str, value: Json) -> Json | None:
        headers = (("Content-Type", "application/json"), ("Origin", self._site))
        answer = await self._browser.client.send("POST", f"{self._home}/{path}", headers, json.dumps(value).encode())
        if not 200 <= answer.status <= 299 or answer.body is None:
            raise httpx.HTTPError(f"the page's site answered {answer.status}")
        read: Json | None = json.loads(answer.body) if answer.body else None
        return read

    async def _run_unit(self, unit: Json, pool: asyncio.Semaphore, mail: _Mail) -> None:
        # A preflight cache for each unit: units have URLs of their own, so it comes to the same as one per browser.
        clock, cache = self._browser.clock(), oracle.PreflightCache()
        begun = clock.now()
        for index, step in enumerate(unit["steps"]):
            if step["after_ms"] > 0:
                await clock.until(begun + step["after_ms"] / 1000)
            async with pool:
                if len(unit["steps"]) > 1:
                    await self._call("turn", {"unit": unit["id"], "step": index})
                started = clock.now()
                fired = _Fired(self._browser, step, self._origin)
                seen = await self._run_step(fired, cache, started, unit["id"])
                await self._browser.step_answered()
                cache = fired.cache or cache
                result = {"unit": unit["id"], "step": index, "origin": self._origin, **_NOTHING_SEEN, **seen}
                result |= {"started_ms": started * 1000, "ended_ms": clock.now() * 1000}
                mail.add(self._browser.deviant.report(result))
                # In the pool, so that with room for one it is certain what was reported before a death.
                await mail.post()

    async def _run_step(self, fired: _Fired, cache: oracle.PreflightCache, now: float, unit: str) -> Json:
        """Fire a step and say what script saw of it, or who gave up on it (`runStep` of agent.js)."""
        fetching = asyncio.create_task(fired.fetch(cache, now))
        aborting = asyncio.create_task(self._abort(fired.step["abort_ms"], unit))
        deadline = fired.step["deadline_ms"] / 1000
        try:
            done, _ = await asyncio.wait([fetching, aborting], timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        finally:
            fetching.cancel()
            aborting.cancel()
        if fetching in done:
            seen, refusal = fetching.result()
            if refusal is not None:
                self._mailbox.put(Message(refusal.sentence, fired.url))
            return seen
        return {"outcome": "aborted" if aborting in done else "deadline"}

    async def _abort(self, after_ms: int | None, unit: str) -> None:
        """Return when the page itself gives up, which may be never."""
        if after_ms is None:
            await asyncio.Event().wait()
        else:
            await self._call("arrived", {"unit": unit})
            await asyncio.sleep(after_ms / 1000)


_NOTHING_SEEN: Json = {
    "type": None,
    "status": None,
    "status_text": None,
    "url": None,
    "redirected": None,
    "headers": [],
    "body": None,
    "error": None,
    "events": [],
}


class _Mail:
    """Posts results in their order, one post at a time; what comes meanwhile goes with the next."""

    def __init__(self, call: Callable[[str, Json], Awaitable[Json | None]]) -> None:
        self._call = call
        self._waiting: list[Json] = []
        self._posting = asyncio.Lock()

    def add(self, result: Json) -> None:
        self._waiting.append(result)

    async def post(self, done: int | None = None) -> None:
        async with self._posting:
            steps, self._waiting = self._waiting, []
            if done is not None:
                await self._call("results", {"steps": steps, "batch_done": done})
            elif steps:
                await self._call("results", {"steps": steps})


class _Unanswered(Exception):
    """The model has come to a request that was not sent yet."""

    def __init__(self, request: oracle.WireRequest) -> None:
        self.request = request


class _Unconnected(Exception):
    """The model has come to an origin that nobody has connected to yet."""

    def __init__(self, origin: str) -> None:
        self.origin = origin


class _Fired:
    """One step on its way. ``url`` is that of the last request; ``cache`` is there when the fetch has ended."""

    def __init__(self, browser: ScriptedBrowser, step: Json, origin: str) -> None:
        self.step = step
        self.url: str = step["url"]
        self.cache: oracle.PreflightCache | None = None
        self._browser = browser
        self._origin = origin
        self._last: Received | None = None

    async def fetch(self, cache: oracle.PreflightCache, now: float) -> tuple[Json, oracle.Refusal | None]:
        """Let the model walk, again from the start after each answer: it is pure, and waits for nobody."""
        request, answers = request_of(self.step, self._origin), list[oracle.Answer]()

        def server(asked: oracle.WireRequest) -> oracle.Answer:
            try:
                return next(given)
            except StopIteration:
                raise _Unanswered(asked) from None

        def connect(origin: str) -> oracle.Connection:
            if origin not in client.connections:
                raise _Unconnected(origin)
            return client.connections[origin]

        rules, client = self._browser.rules, self._browser.client
        while True:
            given = iter(answers)
            try:
                prediction = oracle.predict(request, server, cache=cache, now=now, rules=rules, connect=connect)
            except _Unconnected as unconnected:
                await client.connect(unconnected.origin)
            except _Unanswered as open_question:
                self.url = open_question.request.url
                answers.append(await self._browser.deviant.exchange(open_question.request, self._send))
            else:
                self.cache = prediction.cache
                return self._seen(prediction.outcome)

    async def _send(self, request: oracle.WireRequest) -> oracle.Answer:
        try:
            self._last = received = await self._browser.client.send(
                request.method, request.url, request.headers, request.body, credentials=request.credentials
            )
        except httpx.TransportError as error:
            return oracle.NetworkFailure(repr(error))
        return oracle.WireResponse.received(received.status, received.headers)

    def _seen(self, outcome: oracle.Readable | oracle.Refusal) -> tuple[Json, oracle.Refusal | None]:
        if isinstance(outcome, oracle.Refusal):
            return _refused(outcome), outcome
        return (self._seen_by_xhr if self.step["api"] == "xhr" else self._seen_by_fetch)(outcome), None

    def _seen_by_fetch(self, readable: oracle.Readable) -> Json:
        opaque = readable.type in (oracle.ResponseType.OPAQUE, oracle.ResponseType.OPAQUE_REDIRECT)
        head: Json = {"type": readable.type.value, "url": readable.url, "redirected": readable.redirected}
        head |= {"status": readable.status, "status_text": "" if opaque else self._reason, "headers": readable.headers}
        body = "" if opaque else self._text
        if body is None:
            return {**head, "outcome": "body-error", "error": {"name": "TypeError", "message": "the body broke off"}}
        return {**head, "outcome": "response", "body": body}

    def _seen_by_xhr(self, readable: oracle.Readable) -> Json:
        if self._text is None:
            return {"outcome": "network-error"}
        head: Json = {"status": readable.status, "status_text": self._reason, "url": readable.url}
        return {**head, "outcome": "response", "headers": readable.headers, "body": self._text}

    @property
    def _reason(self) -> str:
        return self._last.reason if self._last is not None else ""

    @property
    def _text(self) -> str | None:
        """The body of the last answer; None where it did not come whole, and empty where a deviant invented it."""
        if self._last is None:
            return ""
        return None if self._last.body is None else self._last.body.decode("utf-8", "replace")[:BODY_KEPT]


def _refused(refusal: oracle.Refusal) -> Json:
    if refusal.is_thrown:
        return {"outcome": "exception", "error": {"name": refusal.seen_as.value, "message": refusal.sentence}}
    if refusal.seen_as is oracle.SeenAs.ERROR_EVENT:
        return {"outcome": "network-error"}
    return {"outcome": "network-error", "error": {"name": "TypeError", "message": "the fetch failed"}}


@dataclass(frozen=True)
class Received:
    """An answer as it came; ``body`` is None where it did not come whole."""

    status: int
    reason: str
    headers: oracle.Headers
    body: bytes | None


class Client:
    """HTTP as a browser speaks it below Fetch: Host, User-Agent and cookies are added, and nothing else is.

    Loopback, by whatever name, is reached directly and over HTTP/2 where the server speaks it, all other names through
    the proxy and over HTTP/1. Follows no redirect. ``connections`` are what is known of origins.
    """

    def __init__(self, proxy: str | None) -> None:
        self.connections: dict[str, oracle.Connection] = {}
        # No limits: httpcore closes what is beyond them, and one that it has just given to a request may be among it.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
        self._direct = httpx.AsyncHTTPTransport(verify=False, trust_env=False, http2=True, limits=limits)
        through = httpx.Proxy(proxy) if proxy else None
        self._proxied = httpx.AsyncHTTPTransport(verify=False, trust_env=False, proxy=through, limits=limits)
        self._cookies = httpx.Cookies()

    async def send(
        self,
        method: str,
        url: str,
        headers: oracle.Headers = (),
        body: bytes | None = None,
        *,
        credentials: bool = False,
    ) -> Received:
        """Send one request, wait for its whole answer; raise `httpx.TransportError` where none begins."""
        own = () if any(name.lower() == "user-agent" for name, _ in headers) else (("User-Agent", AGENT),)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*own, *headers)]
        request = httpx.Request(method, url, headers=raw, content=body)
        if credentials:
            self._cookies.set_cookie_header(request)
        response = await self._transmit(request, method)
        if credentials:
            self._cookies.extract_cookies(response)
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        try:
            content = await response.aread()
        except httpx.RequestError:
            content = None
        finally:
            await response.aclose()
        return Received(response.status_code, response.reason_phrase, pairs, content)

    async def connect(self, origin: str) -> None:
        """Learn which HTTP the server of an origin speaks: over TLS it says so, and else it is HTTP/1."""
        parts = urlsplit(origin)
        host, spoken = parts.hostname or "", None
        if parts.scheme == "https" and (_is_loopback(host) or host == "127.0.0.1"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2", "http/1.1"])
            with contextlib.suppress(OSError):  # who does not answer does not answer a request either
                _, writer = await asyncio.open_connection("127.0.0.1", parts.port or 443, ssl=context)
                spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
                writer.transport.abort()
        self.connections[origin] = oracle.Connection.HTTP_2 if spoken == "h2" else oracle.Connection.HTTP_1

    async def _transmit(self, request: httpx.Request, method: str) -> httpx.Response:
        host = request.url.host
        by_name = _is_loopback(host)
        # Not every resolver knows the names below localhost; the Host header says which one was meant.
        address = request.url.copy_with(host="127.0.0.1") if by_name else request.url
        outgoing = httpx.Request(method, address, headers=request.headers, content=request.content)
        outgoing.method = method  # httpx makes it upper-case, and Fetch does not
        direct = by_name or host == "127.0.0.1"
        response = await (self._direct if direct else self._proxied).handle_async_request(outgoing)
        response.request = request
        return response

    async def close(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        await self._proxied.aclose()


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
