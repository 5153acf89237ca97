"""Chromium: Playwright's own build where it is there, else the system's Chromium or Chrome, over its DevTools protocol.

The reason of a refusal is Chromium's console sentence, which names the URL, and which also reaches the page for frames
in other processes (FACTS 1). Loopback never goes through the proxy: that is Chromium's default. Everything that the
engine is asked to be is set by switches and by a profile of its own, written before the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines import EngineInfo, EngineName, Launch, is_remote
from harness.engines.cdp import ENDED, Cdp
from harness.engines.display import end, start_bound
from harness.engines.folders import fresh_folder
from harness.engines.mailbox import Mailbox, MailboxPage
from harness.engines.own import own_build
from harness.engines.targets import TargetPage, Targets
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.loop import LoopThread

if TYPE_CHECKING:
    from harness.engines.driven import DrivenBrowser

SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CALL_DEADLINE = 20.0  # seconds for opening a page, or for ending all
CLOSE_DEADLINE = 3.0  # seconds for a page to close by itself
GRACE = 5.0  # seconds beyond the launch's deadline, within which it is said what the browser said
LONGEST = 60  # characters of the folder in which Chromium makes a socket, whose path has room for 108
POLL = 0.005  # seconds between two looks whether the browser listens
# Switches had no effect, and neither had CDP (FACTS 6).
ACROSS_SITES = {"cookie_controls_mode": 0, "block_third_party_cookies": False}
# What a browser does at its start without being asked, and what it would ask a person.
QUIET = (
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # which is small in containers, and full is a crash
    "--disable-extensions",
    "--disable-field-trial-config",  # in builds that are not Google's it switches experiments on
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-sandbox",  # root has none, and neither has who lacks user namespaces; every page is one of ours
    "--password-store=basic",
    "--use-mock-keychain",
)
WITHOUT = (
    "HttpsUpgrades",  # a page on a name stays at http
    # With it Chromium 156 never ends some requests whose preflight after a redirect is refused (measured; Playwright
    # goes without it, too). They are blocked all the same.
    "AvoidCorsURLLoaderRestartOnRedirect",
    # The address bar's list is a page as well, which nobody sees: half a second of a processor (measured).
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
)
# Every page is as one in front, however many there are.
STEADY = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    f"--disable-features={','.join(WITHOUT)}",
    "--disable-renderer-backgrounding",
)


def system_executable() -> str | None:
    """Return the path of the system's Chromium or Chrome, or None."""
    return next((path for name in SYSTEM if (path := shutil.which(name))), None)


def launch(how: Launch, *switches: str) -> DrivenBrowser | LocalChromium:
    """Start Chromium; raise `BrowserUnavailable` with the cause when it cannot be used."""
    if is_remote(how.path):
        from harness.engines.driven import DrivenBrowser, Recipe  # only here: it takes its time to import

        return DrivenBrowser(Recipe(EngineName.CHROMIUM, "cdp"), how)
    path = how.path or own_build(EngineName.CHROMIUM) or system_executable()
    if path is None:
        raise BrowserUnavailable("Playwright has no Chromium of its own here, and the system has none")
    return LocalChromium(path, how, switches)


class LocalChromium:
    """A running Chromium with a profile of its own."""

    def __init__(self, path: str, how: Launch, switches: tuple[str, ...] = ()) -> None:
        if not Path(path).exists():
            raise BrowserUnavailable(f"Executable doesn't exist at {path}")
        if not os.access(path, os.X_OK) or Path(path).is_dir():
            raise BrowserUnavailable(f"spawn {path} EACCES")
        self._thread = LoopThread("corsproof-chromium")
        self._closing = contextlib.ExitStack()
        self._mailboxes: set[Mailbox] = set()
        self._cdp: Cdp
        self._targets: Targets
        self.info: EngineInfo
        try:
            self._thread.call(self._start(path, how, switches), how.deadline + GRACE)
        except BrowserUnavailable:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise BrowserUnavailable(f"chromium did not start: {error}") from error
        except BaseException:
            self.close()
            raise

    async def _start(self, path: str, how: Launch, more: tuple[str, ...]) -> None:
        # On the loop's thread, so that the kernel ends the processes when this thread is gone.
        home = fresh_folder(LONGEST)
        self._closing.callback(shutil.rmtree, home, ignore_errors=True)
        settings = ACROSS_SITES if how.third_party_cookies else {}
        if settings:
            (home / "Default").mkdir()
            (home / "Default" / "Preferences").write_text(json.dumps({"profile": settings}), encoding="utf-8")
        flags = (*_flags(how), *more)
        switches = (*QUIET, *STEADY, *flags, f"--user-data-dir={home}", "--remote-debugging-port=0")
        # With a window from the start: without, third-party cookies were sometimes not sent that the profile allows.
        command = [path, *switches, "about:blank"]
        words = home / "stderr"
        with words.open("wb") as stderr:
            # What it leaves where temporary files go is then gone with its profile.
            env = {**os.environ, "TMPDIR": str(home)}
            process = start_bound(command, env=env, stderr=stderr.fileno())
        self._closing.callback(end, process, 0)  # nothing of its profile is wanted
        try:
            url = await _listening(home, process.poll, how.deadline)
            self._cdp = await Cdp.connect(url, self._all_dead)
        except BrowserUnavailable as error:
            raise BrowserUnavailable(f"{error}: {words.read_text(errors='replace').strip()}") from None
        self._targets = Targets(self._cdp)
        version = (await self._cdp.send("Browser.getVersion"))["product"].partition("/")[2]
        told = (*STEADY, *flags, *(f"profile.{name}={value}" for name, value in settings.items()))
        self.info = EngineInfo(EngineName.CHROMIUM, version, "cdp", path, told)

    def _all_dead(self) -> None:
        for mailbox in tuple(self._mailboxes):
            mailbox.die(ENDED)

    def open(self, url: str, on_death: Callable[[str], None]) -> ChromiumPage:
        """Open a new page at ``url``; see `harness.engines.Browser.open`."""
        mailbox = Mailbox(on_death)
        self._mailboxes.add(mailbox)
        try:
            page = self._thread.call(self._targets.open(url, mailbox), CALL_DEADLINE)
        except (TimeoutError, BrowserCrashed) as error:
            mailbox.silence()
            raise BrowserCrashed(f"the page {url} did not open: {error}") from error
        return ChromiumPage(self, page, mailbox)

    def tell_errors(self, page: TargetPage) -> None:
        """Have the errors of a page's script told; a page that does not answer has told all that it will."""
        with contextlib.suppress(TimeoutError, RuntimeError, BrowserCrashed):
            self._thread.call(page.tell_errors(), CLOSE_DEADLINE)

    def leave(self, page: TargetPage, mailbox: Mailbox) -> None:
        """Close a page; one that does not listen is left alone."""
        self._mailboxes.discard(mailbox)
        with contextlib.suppress(TimeoutError, RuntimeError, BrowserCrashed):
            self._thread.call(page.close(), CLOSE_DEADLINE)

    def close(self) -> None:
        """End the browser and remove its folders; see `harness.engines.Browser.close`."""
        for mailbox in tuple(self._mailboxes):
            mailbox.silence()
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._thread.call(self._stop(), CALL_DEADLINE)
        self._thread.stop()

    async def _stop(self) -> None:
        if hasattr(self, "_targets"):
            self._targets.end()
        # The process first: closing the connection waits for its answer.
        self._closing.close()
        if hasattr(self, "_cdp"):
            await self._cdp.close()


class ChromiumPage(MailboxPage):
    """A tab."""

    def __init__(self, browser: LocalChromium, page: TargetPage, mailbox: Mailbox) -> None:
        super().__init__(mailbox, lambda: browser.leave(page, mailbox))
        self.tell_errors = partial(browser.tell_errors, page)  # see `harness.engines.KeepsErrors`


def _flags(how: Launch) -> tuple[str, ...]:
    window = () if how.headed else ("--headless",)
    proxy = (f"--proxy-server={how.proxy}",) if how.proxy else ()
    known = (f"--ignore-certificate-errors-spki-list={how.known_key}",) if how.known_key else ()
    return (*window, *proxy, *known)


async def _listening(home: Path, poll: Callable[[], int | None], deadline: float) -> str:
    """Return the URL of the browser's DevTools as soon as it has one; ``deadline`` is in seconds."""
    told, end = home / "DevToolsActivePort", time.monotonic() + deadline
    while time.monotonic() < end:
        if (code := poll()) is not None:
            raise BrowserUnavailable(f"Chromium ended with exit code {code} before it opened its DevTools")
        with contextlib.suppress(OSError, ValueError):  # not there yet, or not whole
            port, path = told.read_text(encoding="ascii").split()
            return f"ws://127.0.0.1:{port}{path}"
        await asyncio.sleep(POLL)
    raise BrowserUnavailable(f"Chromium did not answer within {deadline:g} s")
