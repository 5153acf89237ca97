"""Browsers that Playwright drives: its own builds of Firefox and WebKit, and browsers of its servers.

The only thing asked of Playwright is to launch, to open a page and to hand over what the browser says in its console.
No routing, no extra headers, no credentials: Playwright then answers preflights itself (FACTS 4). The one place that
imports Playwright.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import (
    BrowserContext,
    BrowserType,
    CDPSession,
    ConsoleMessage,
    Playwright,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as PlaywrightPage

from harness.engines import EngineInfo, EngineName, Launch, Message, is_remote
from harness.engines.mailbox import Mailbox, MailboxPage, in_words
from harness.engines.targets import TargetPage, Targets
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.loop import LoopThread

CALL_DEADLINE = 20.0  # seconds for opening a page, or for ending all
CLOSE_DEADLINE = 3.0  # seconds for a page or a browser to close by itself; it is ended in any case
DRIVER_DEADLINE = 5.0  # seconds for the driver to end after it was told to
GRACE = 5.0  # seconds beyond the launch's deadline, within which Playwright says itself why it missed that


@dataclass(frozen=True)
class Recipe:
    """How Playwright is asked for one engine."""

    name: EngineName
    protocol: str
    prefs: dict[str, str | float | bool] = field(default_factory=dict)


class DrivenBrowser:
    """A browser under Playwright, with one context for its pages: Playwright's, or in Chromium that of `Targets`."""

    def __init__(self, recipe: Recipe, how: Launch) -> None:
        self._thread = LoopThread(f"corsproof-{recipe.name}")
        self._driver: _Driver | None = None
        self._browser: PlaywrightBrowser | None = None
        self._context: BrowserContext
        self._targets: Targets | None = None
        self._mailboxes: set[Mailbox] = set()
        self.info: EngineInfo
        try:
            self._thread.call(self._start(recipe, how), how.deadline + GRACE)
        except BrowserUnavailable:
            self.close()
            raise
        except Exception as error:
            # Besides its own errors Playwright lets bare ones through, such as those of a driver that died.
            self.close()
            raise BrowserUnavailable(f"{recipe.name} did not start: {error}") from error
        except BaseException:
            self.close()
            raise

    async def _start(self, recipe: Recipe, how: Launch) -> None:
        end = time.monotonic() + how.deadline
        self._driver = _Driver()
        kind: BrowserType = getattr(await self._driver.started(how.deadline), recipe.name.value)
        if is_remote(how.path):
            await self._connect(kind, recipe, how)
            return
        own = kind.executable_path
        path = _executable(how.path, own)
        self._browser = await kind.launch(
            executable_path=None if path == own else path,
            headless=not how.headed,
            firefox_user_prefs=recipe.prefs or None,
            timeout=max(1, round((end - time.monotonic()) * 1000)),  # 0 would mean no deadline
        )
        self._browser.on("disconnected", lambda _: self._all_dead("the browser's process ended"))
        # Certificates of the local sites come from an authority that no browser knows.
        self._context = await self._browser.new_context(ignore_https_errors=True)
        flags = tuple(f"{name}={value}" for name, value in recipe.prefs.items())
        self.info = EngineInfo(recipe.name, self._browser.version, recipe.protocol, path, flags)

    async def _connect(self, kind: BrowserType, recipe: Recipe, how: Launch) -> None:
        """Take a browser of a Playwright server, to which the loopback of this machine is its own."""
        if how.third_party_cookies:
            raise BrowserUnavailable("third-party cookies cannot be allowed in a browser of a Playwright server")
        assert how.path is not None, "it is the server's URL"
        deadline = how.deadline * 1000
        self._browser = await kind.connect(how.path, timeout=deadline, expose_network="<loopback>")
        self._browser.on("disconnected", lambda _: self._all_dead("the Playwright server ended the browser"))
        if recipe.name is EngineName.CHROMIUM:
            session = _Session(await self._browser.new_browser_cdp_session())
            # Of a context that is not its own Playwright lets go: it asks for every request there is.
            made = await session.send("Target.createBrowserContext")
            self._targets = Targets(session, made["browserContextId"])
        else:
            self._context = await self._browser.new_context(ignore_https_errors=True)
        self.info = EngineInfo(recipe.name, self._browser.version, "playwright-server", how.path)

    def _all_dead(self, cause: str) -> None:
        for mailbox in tuple(self._mailboxes):
            mailbox.die(cause)

    def open(self, url: str, on_death: Callable[[str], None]) -> MailboxPage:
        """Open a new page at ``url``; see `harness.engines.Browser.open`."""
        mailbox = Mailbox(on_death)
        try:
            page = self._thread.call(self._open(url, mailbox), CALL_DEADLINE)
        except (TimeoutError, PlaywrightError, BrowserCrashed) as error:
            raise BrowserCrashed(f"the page {url} did not open: {str(error).splitlines()[0]}") from error

        def leave() -> None:
            with contextlib.suppress(Exception):
                self._thread.call(page.close(), CLOSE_DEADLINE)

        return MailboxPage(mailbox, leave)

    async def _open(self, url: str, mailbox: Mailbox) -> PlaywrightPage | TargetPage:
        self._mailboxes.add(mailbox)
        if self._targets is not None:
            return await self._targets.open(url, mailbox)
        page = await self._context.new_page()
        page.on("console", lambda message: _hear(mailbox, message))
        # Firefox words the refusals of CORS as page errors and keeps its console silent (FACTS 1).
        page.on("pageerror", lambda error: mailbox.put(in_words(error.message)))
        if self.info.name is EngineName.FIREFOX:
            # For some refusals it has no sentence, such as that of redirect mode "error"; but then it has a code.
            page.on("requestfailed", lambda request: mailbox.put(Message(request.failure or "", request.url, True)))
        page.on("crash", lambda _: mailbox.die("the page's process crashed"))
        page.on("close", lambda _: mailbox.die("the page was closed"))
        await page.goto(url, wait_until="commit", timeout=CALL_DEADLINE * 1000)
        return page

    def close(self) -> None:
        """End browser and driver; see `harness.engines.Browser.close`."""
        for mailbox in self._mailboxes:
            mailbox.silence()
        with contextlib.suppress(PlaywrightError, TimeoutError, RuntimeError):
            self._thread.call(self._stop(), CALL_DEADLINE)
        self._thread.stop()

    async def _stop(self) -> None:
        browser, driver = self._browser, self._driver
        self._browser = self._driver = None
        if self._targets is not None:
            self._targets.end()
        if browser is not None:
            # Where Ctrl-C has reached the driver before us, Playwright raises a bare Exception ("Connection closed").
            with contextlib.suppress(Exception):
                await asyncio.wait_for(browser.close(), CLOSE_DEADLINE)
        if driver is not None:
            # Ending the driver ends every browser it started, also one that no longer answers.
            await driver.end()


class _Driver:
    """Playwright's driver process. Its start is never cancelled: Playwright would then leave the process behind."""

    def __init__(self) -> None:
        # Playwright leaves the error of a failed start in a task that nobody awaits, too; asyncio would print it.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        self._manager = async_playwright()
        self._starting = asyncio.ensure_future(self._manager.start())

    async def started(self, deadline: float) -> Playwright:
        """Return Playwright; raise `BrowserUnavailable` when its driver does not come up."""
        try:
            playwright = await asyncio.wait_for(asyncio.shield(self._starting), deadline)
        except TimeoutError:
            raise BrowserUnavailable(f"Playwright's driver did not start within {deadline:g} s") from None
        except Exception as error:
            raise BrowserUnavailable(f"Playwright's driver did not start: {error}") from error
        asyncio.get_running_loop().set_exception_handler(None)
        return playwright

    async def end(self) -> None:
        """End the process: tell it to, and kill it when it does not listen."""
        await self._finish(self._starting)
        await self._finish(asyncio.ensure_future(self._manager.__aexit__()))

    async def _finish(self, work: asyncio.Future[Any]) -> None:
        """Wait for ``work`` of the process; one that takes too long is killed, which ends the work too."""
        if not (await asyncio.wait({work}, timeout=DRIVER_DEADLINE))[0]:
            # Playwright has no public word for this process.
            with contextlib.suppress(AttributeError, ProcessLookupError):
                cast(Any, self._manager)._connection._transport._proc.kill()
            await asyncio.wait({work}, timeout=DRIVER_DEADLINE)
        with contextlib.suppress(Exception):  # a driver that never came up was told so by `started`
            work.result()


class _Session:
    """The connection of Playwright to Chromium (`harness.engines.targets.Commands`)."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self.on = session.on

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give a command and return its result; raise `BrowserCrashed` where it has none."""
        try:
            return await self._session.send(method, params)
        except PlaywrightError as error:
            raise BrowserCrashed(str(error).splitlines()[0]) from error


def _executable(asked: str | None, own: str) -> str:
    """Choose a path: what was asked for, else Playwright's own build."""
    if asked is not None and not Path(asked).exists():
        raise BrowserUnavailable(f"Executable doesn't exist at {asked}")
    if asked is None and not Path(own).exists():
        raise BrowserUnavailable(f"Executable doesn't exist at {own}, and the system has none")
    return asked or own


def _hear(mailbox: Mailbox, message: ConsoleMessage) -> None:
    """Keep what the browser itself says; a page's own console lines would only be noise."""
    if message.type == "error":
        mailbox.put(in_words(message.text, _location(message)))


def _location(message: ConsoleMessage) -> str:
    location: Any = message.location
    return str(location.get("url", ""))
