"""WebKit: Playwright's own build where it is there, else WebKitGTK's MiniBrowser through its inspector socket.

MiniBrowser needs an X display (Xvfb, unless one is shown to the user with ``headed``) and folders of its own, for one
process is one store of cookies and caches (FACTS 5).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
from collections.abc import Callable
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from harness.engines import EngineInfo, EngineName, Launch
from harness.engines.display import Display, end, start_bound
from harness.engines.folders import fresh_folder
from harness.engines.inspector import Inspector
from harness.engines.mailbox import Mailbox, MailboxPage
from harness.engines.own import own_build
from harness.engines.stderr import Stderr
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.loop import LoopThread

if TYPE_CHECKING:
    from harness.engines.driven import DrivenBrowser

CALL_DEADLINE = 20.0  # seconds for opening a page
TELL_DEADLINE = 2.0  # seconds for what a page that says nothing may have left to say
CRASHED = "WebProcess CRASHED"  # how MiniBrowser says on its stderr that a page's process is gone
GLOBS = (
    "/usr/lib/*/webkit2gtk-4.*/MiniBrowser",
    "/usr/lib/webkit2gtk-4.*/MiniBrowser",
    "/usr/lib*/webkitgtk-6.*/MiniBrowser",
)
LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "::1")


def system_executable() -> str | None:
    """Return the path of WebKitGTK's MiniBrowser, the newest interface first, or None."""
    found = [path for pattern in GLOBS for path in sorted(glob(pattern), reverse=True)]
    return shutil.which("MiniBrowser") or next(iter(found), None)


def launch(how: Launch) -> DrivenBrowser | GtkBrowser:
    """Start WebKit; raise `BrowserUnavailable` with the cause when it cannot be used."""
    path = how.path or own_build(EngineName.WEBKIT) or system_executable()
    if path is not None and path.endswith("MiniBrowser"):
        return GtkBrowser(path, how)
    # Playwright finds its own build itself, and says best what is wrong with it.
    from harness.engines.driven import DrivenBrowser, Recipe  # only here: it takes its time to import

    return DrivenBrowser(Recipe(EngineName.WEBKIT, "playwright-webkit"), how)


class GtkBrowser:
    """A running MiniBrowser. Its one window shows one page at a time."""

    def __init__(self, path: str, how: Launch) -> None:
        if not Path(path).exists():
            raise BrowserUnavailable(f"Executable doesn't exist at {path}")
        if not os.access(path, os.X_OK):
            raise BrowserUnavailable(f"spawn {path} EACCES")
        self._thread = LoopThread("corsproof-webkit")
        self._closing = contextlib.ExitStack()
        self._inspected = ""  # the address of the page's inspector
        self._inspector: Inspector | None = None  # while it is attached, for the browser's processes pay for that
        self._attaching = asyncio.Lock()
        self._mailbox = Mailbox(lambda cause: None)  # of the page that the window shows
        self.info: EngineInfo
        try:
            self._thread.call(self._start(path, how), how.deadline)
        except BrowserUnavailable:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise BrowserUnavailable(f"webkit did not start: {error}") from error
        except BaseException:
            self.close()
            raise

    async def _start(self, path: str, how: Launch) -> None:
        # On the loop's thread, so that the kernel ends the processes when this thread is gone.
        # Half of the deadline, so that a display that never comes is said to be the cause.
        display = os.environ.get("DISPLAY", "") if how.headed else self._own_display(how.deadline / 2)
        home = fresh_folder()
        self._closing.callback(shutil.rmtree, home, ignore_errors=True)
        address = _own_address()
        flags = _flags(how)
        self._stderr = Stderr(self._hear, lambda: self._mailbox.die("the browser's process ended"))
        command, env = [path, *flags, "about:blank"], _environment(display, home, address)
        try:
            process = start_bound(command, env=env, stderr=self._stderr.write)
        finally:
            self._stderr.follow()
        self._closing.callback(end, process, 0)  # nothing of its profile is wanted
        try:
            self._inspected = await _inspectable(address, process.poll)
        except BrowserUnavailable as error:
            raise BrowserUnavailable(f"{error}: {await self._stderr.last()}") from None
        await self._listen(True)
        self.info = EngineInfo(EngineName.WEBKIT, await _version(path, display), "webkit-inspector", path, flags)

    def _hear(self, line: str) -> None:
        """Take what MiniBrowser says on its stderr; the inspector does not say it, and may not be attached."""
        if CRASHED in line:
            self._mailbox.die("the page's process crashed")

    def _own_display(self, deadline: float) -> str:
        display = Display(deadline)
        self._closing.callback(display.close)
        return display.name

    def open(self, url: str, on_death: Callable[[str], None]) -> MailboxPage:
        """Load ``url`` in the window; see `harness.engines.Browser.open`."""
        mailbox = self._mailbox = Mailbox(on_death)
        try:
            self._thread.call(self._open(url, mailbox), CALL_DEADLINE)
        except TimeoutError as error:
            raise BrowserCrashed(f"the page {url} did not open: {error}") from error
        return GtkPage(self, mailbox)  # the window shows it until the next one

    async def _open(self, url: str, mailbox: Mailbox) -> None:
        await self._listen(True)
        assert self._inspector is not None
        await self._inspector.navigate(url, mailbox)

    def listen(self, wanted: bool, deadline: float = CALL_DEADLINE) -> None:
        """Have the window's sentences told, or no more; see `harness.engines.TellsWords`."""
        try:
            self._thread.call(self._listen(wanted), deadline)
        except (TimeoutError, RuntimeError) as error:
            raise BrowserCrashed(str(error)) from error

    async def _listen(self, wanted: bool) -> None:
        async with self._attaching:
            if self._inspector is None and wanted:
                self._inspector = await Inspector.attach(self._inspected, self._mailbox)
            elif self._inspector is not None and not wanted:
                inspector, self._inspector = self._inspector, None
                await inspector.close()

    def close(self) -> None:
        """End browser and display, remove the folders; see `harness.engines.Browser.close`."""
        self._mailbox.silence()
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._thread.call(self._stop(), CALL_DEADLINE)
        self._thread.stop()

    async def _stop(self) -> None:
        # The process first: closing the connection waits for its answer.
        self._closing.close()
        if self._inspector is not None:
            await self._inspector.close()


class GtkPage(MailboxPage):
    """What the window shows."""

    def __init__(self, browser: GtkBrowser, mailbox: Mailbox) -> None:
        super().__init__(mailbox)
        self._browser = browser

    def tell_words(self, wanted: bool) -> None:
        """Attach the inspector, or detach it; see `harness.engines.TellsWords`.

        An inspector costs a request 6 % of its time in WebKit's processes, whatever it asks for; without one WebKit
        keeps the last 90 lines of its console, three of each error (measured).
        """
        self._browser.listen(wanted)

    def tell_errors(self) -> None:
        """Have told what the page has said last; see `harness.engines.KeepsErrors`."""
        with contextlib.suppress(BrowserCrashed):
            self._browser.listen(True, TELL_DEADLINE)


def _flags(how: Launch) -> tuple[str, ...]:
    # Certificates of the local sites come from an authority that no browser knows.
    trust = ("--ignore-tls-errors",)
    cookies = ("--cookies-policy=always",) if how.third_party_cookies else ()
    names = (f"--proxy={how.proxy}", *(f"--ignore-host={host}" for host in LOOPBACK)) if how.proxy else ()
    return (*trust, *cookies, *names)


def _environment(display: str, home: Path, address: str) -> dict[str, str]:
    folders = {f"XDG_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("DATA", "CACHE", "CONFIG")}
    own = {"DISPLAY": display, "HOME": str(home), "WEBKIT_INSPECTOR_HTTP_SERVER": address, "GDK_BACKEND": "x11"}
    return {**os.environ, **folders, **own}


def _own_address() -> str:
    """Return a loopback address and port for the inspector, which cannot be told to choose a port by itself.

    The address is made from our process id, so no other process competes for its ports between here and the bind.
    """
    pid = os.getpid()
    host = f"127.{128 + (pid >> 16) % 128}.{pid >> 8 & 255}.{pid & 255}"
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"


async def _inspectable(address: str, poll: Callable[[], int | None]) -> str:
    """Return the WebSocket of the browser's page as soon as its inspector lists one. The caller sets the deadline."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            if poll() is not None:
                raise BrowserUnavailable(f"MiniBrowser ended at once with exit code {poll()}")
            with contextlib.suppress(httpx.TransportError):
                listing = (await client.get(f"http://{address}/")).text
                if found := re.search(r"/socket/\d+/\d+/WebPage", listing):
                    return f"ws://{address}{found.group(0)}"
            await asyncio.sleep(0.02)


async def _version(path: str, display: str) -> str:
    """Ask the executable; the page's user agent string is frozen and says nothing."""
    asked = await asyncio.create_subprocess_exec(
        path,
        "--version",
        env={**os.environ, "DISPLAY": display},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await asked.communicate()
    return output.decode().strip().removeprefix("WebKitGTK ") or "unknown"
