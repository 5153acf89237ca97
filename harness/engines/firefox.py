"""Firefox: Playwright's own build where it is there, else the system's stock Firefox over WebDriver BiDi.

Loopback never goes through the proxy: that is Firefox's default. A profile of its own, written before the start, is
where everything is set that the engine is asked to be.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.engines import EngineInfo, EngineName, Launch, Message, is_remote
from harness.engines.bidi import Bidi, Refused
from harness.engines.calls import Json
from harness.engines.display import end, start_bound
from harness.engines.folders import fresh_folder
from harness.engines.mailbox import Mailbox, MailboxPage, in_words
from harness.engines.own import own_build
from harness.engines.stderr import Stderr
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.loop import LoopThread

if TYPE_CHECKING:
    from harness.engines.driven import DrivenBrowser

SYSTEM = ("firefox-esr", "firefox")
CALL_DEADLINE = 20.0  # seconds for opening a page, or for ending all
CLOSE_DEADLINE = 3.0  # seconds for a page to close by itself
GONE = re.compile(r"process \d+ exited on signal \d+")  # how Firefox says it of a process of its own
POLL = 0.01  # seconds between two looks whether the browser listens
Prefs = dict[str, str | float | bool]
ACROSS_SITES: Prefs = {"network.cookie.cookieBehavior": 0}  # a site has the same cookies below every other
# What a browser does at its start without being asked. More of it ends when BiDi begins: Firefox sees to that itself.
QUIET: Prefs = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "extensions.installDistroAddons": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "privacy.trackingprotection.enabled": False,
    "toolkit.telemetry.server": "",
}
# Every page is as one in front, however many there are, and one on a name stays at http.
STEADY: Prefs = {
    "dom.min_background_timeout_value": 0,
    "dom.security.https_first": False,
    "dom.timeout.enable_budget_timer_throttling": False,
    "layout.testing.top-level-always-active": True,
}
EVENTS = (
    "log.entryAdded",
    "browsingContext.contextCreated",
    "browsingContext.contextDestroyed",
    "browsingContext.navigationCommitted",
    "browsingContext.navigationFailed",
    "browsingContext.downloadWillBegin",
)
CODES = ["network.fetchError"]  # Firefox then watches every request, which doubles its work (measured)
_ENDS = {"navigationFailed": "failed", "downloadWillBegin": "is a download"}


def system_executable() -> str | None:
    """Return the path of the system's Firefox, or None."""
    return next((path for name in SYSTEM if (path := shutil.which(name))), None)


def launch(how: Launch) -> DrivenBrowser | StockFirefox:
    """Start Firefox; raise `BrowserUnavailable` with the cause when it cannot be used."""
    prefs = _proxy_prefs(how.proxy) | (ACROSS_SITES if how.third_party_cookies else {})
    own = own_build(EngineName.FIREFOX)
    path = how.path or own or system_executable()
    if path is not None and path != own and not is_remote(path):
        return StockFirefox(path, how, prefs)
    # Playwright finds its own build itself, and says best what is wrong with it.
    from harness.engines.driven import DrivenBrowser, Recipe  # only here: it takes its time to import

    return DrivenBrowser(Recipe(EngineName.FIREFOX, "juggler", prefs=prefs), how)


class StockFirefox:
    """A running Firefox, as its makers ship it."""

    def __init__(self, path: str, how: Launch, prefs: Prefs) -> None:
        if not Path(path).exists():
            raise BrowserUnavailable(f"Executable doesn't exist at {path}")
        if not os.access(path, os.X_OK) or Path(path).is_dir():
            raise BrowserUnavailable(f"spawn {path} EACCES")
        self._thread = LoopThread("corsproof-firefox")
        self._closing = contextlib.ExitStack()
        self._bidi: Bidi
        self._mailboxes: dict[str, Mailbox] = {}
        self._parents: dict[str, str] = {}  # of frames
        self._committed: dict[str, asyncio.Future[None]] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self.info: EngineInfo
        try:
            self._thread.call(self._start(path, how, prefs), how.deadline)
        except BrowserUnavailable:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise BrowserUnavailable(f"firefox did not start: {error}") from error
        except BaseException:
            self.close()
            raise

    async def _start(self, path: str, how: Launch, prefs: Prefs) -> None:
        # On the loop's thread, so that the kernel ends the processes when this thread is gone.
        home = fresh_folder()
        self._closing.callback(shutil.rmtree, home, ignore_errors=True)
        profile = home / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(_user_js(QUIET | STEADY | prefs), encoding="utf-8")
        flags = () if how.headed else ("--headless",)
        command = [path, *flags, "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
        self._stderr = Stderr(self._hear_of_a_process, lambda: self._all_dead("the browser's process ended"))
        try:
            process = start_bound([*command, "about:blank"], env=_environment(home), stderr=self._stderr.write)
        finally:
            self._stderr.follow()
        self._closing.callback(end, process, 0)  # nothing of its profile is wanted
        try:
            url = await _listening(profile, process.poll)
            self._bidi = await Bidi.connect(url, self._hear, lambda: self._all_dead("the browser's process ended"))
        except BrowserUnavailable as error:
            raise BrowserUnavailable(f"{error}: {await self._stderr.last()}") from None
        # Certificates of the local sites come from an authority that no browser knows.
        session = await self._bidi.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        await self._bidi.send("session.subscribe", events=list(EVENTS))
        version = session["capabilities"]["browserVersion"]
        told = (*flags, *(f"{name}={value}" for name, value in (STEADY | prefs).items()))
        self.info = EngineInfo(EngineName.FIREFOX, version, "webdriver-bidi", path, told)

    def _all_dead(self, cause: str) -> None:
        for mailbox in tuple(self._mailboxes.values()):
            mailbox.die(cause)

    def _hear_of_a_process(self, line: str) -> None:
        """Find out whose process is gone: Firefox says its number on stderr, and BiDi nothing."""
        if GONE.search(line):
            for page, mailbox in self._mailboxes.items():
                task = asyncio.get_running_loop().create_task(self._look_after(page, mailbox))
                self._looking.add(task)
                task.add_done_callback(self._looking.discard)

    async def _look_after(self, page: str, mailbox: Mailbox) -> None:
        """Ask a page anything: one that has lost its process cannot answer, and Firefox says so at once."""
        try:
            await self._bidi.send("script.evaluate", expression="0", target={"context": page}, awaitPromise=False)
        except (Refused, BrowserCrashed):
            mailbox.die("the page's process crashed")

    def open(self, url: str, on_death: Callable[[str], None]) -> FirefoxPage:
        """Open a new page at ``url``; see `harness.engines.Browser.open`."""
        mailbox = Mailbox(on_death)
        try:
            page = self._thread.call(self._open(url, mailbox), CALL_DEADLINE)
        except (TimeoutError, Refused, BrowserCrashed) as error:
            raise BrowserCrashed(f"the page {url} did not open: {error}") from error
        return FirefoxPage(self, page, mailbox)

    async def _open(self, url: str, mailbox: Mailbox) -> str:
        page: str = (await self._bidi.send("browsingContext.create", type="tab"))["context"]
        self._mailboxes[page] = mailbox
        committed = self._committed[page] = asyncio.get_running_loop().create_future()
        try:
            await self._bidi.send("browsingContext.navigate", context=page, url=url, wait="none")
            await committed
        except BaseException:
            mailbox.silence()
            self._leaving = asyncio.get_running_loop().create_task(self._leave(page))
            raise
        finally:
            del self._committed[page]
        return page

    def leave(self, page: str) -> None:
        """Close a page; one that does not listen is left alone."""
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._thread.call(self._leave(page), CLOSE_DEADLINE)

    def subscribe(self, page: str) -> str:
        """Be told the codes of a page's errors from now on; return the name of what `unsubscribe` ends."""
        return str(self._call("session.subscribe", events=CODES, contexts=[page])["subscription"])

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription."""
        self._call("session.unsubscribe", subscriptions=[subscription])

    def _call(self, method: str, **params: Any) -> Json:
        try:
            return self._thread.call(self._bidi.send(method, **params), CALL_DEADLINE)
        except (TimeoutError, RuntimeError, Refused) as error:
            raise BrowserCrashed(str(error)) from error

    async def _leave(self, page: str) -> None:
        """Close a page; one that is gone, or whose browser is, is no error."""
        with contextlib.suppress(Refused, BrowserCrashed):
            await self._bidi.send("browsingContext.close", context=page)
        self._mailboxes.pop(page, None)
        self._parents = {frame: parent for frame, parent in self._parents.items() if parent != page}

    def _hear(self, event: str, params: Json) -> None:
        module, _, name = event.partition(".")
        match module, name:
            case "log", _:
                self._hear_words(params)
            case "network", _:
                for mailbox in self._mailboxes_of(params.get("context")):
                    mailbox.put(Message(params["errorText"], params["request"]["url"], is_code=True))
            case _, "contextCreated":
                if params.get("parent"):
                    self._parents[params["context"]] = self._page_of(params["parent"])
            case _, "contextDestroyed":
                if (gone := self._mailboxes.get(params["context"])) is not None:
                    gone.die("the page was closed")
            case _:
                self._navigated(name, params)

    def _hear_words(self, entry: Json) -> None:
        # What Firefox itself says of a request is an error of the page (FACTS 1); what script writes is of no interest.
        if entry["type"] != "javascript" or entry["level"] != "error":
            return
        said = entry["text"] or ""
        # The head is no part of the sentence: "Cross-Origin Request Blocked", "Security Error", an error's name.
        message = in_words(said.partition(": ")[2] or said)
        for mailbox in self._mailboxes_of(entry["source"].get("context")):
            mailbox.put(message)

    def _navigated(self, name: str, params: Json) -> None:
        committed = self._committed.get(params["context"])
        if committed is None or committed.done():
            return
        if name == "navigationCommitted":
            committed.set_result(None)
        else:
            committed.set_exception(BrowserCrashed(f"its navigation {_ENDS[name]} {params.get('message', '')}".strip()))

    def _page_of(self, context: str) -> str:
        return self._parents.get(context, context)

    def _mailboxes_of(self, context: str | None) -> tuple[Mailbox, ...]:
        """Return the mailbox of a page or of its frame; of every page where nobody knows whose it is (a worker's)."""
        known = self._mailboxes.get(self._page_of(context)) if context else None
        return (known,) if known else tuple(self._mailboxes.values())

    def close(self) -> None:
        """End the browser and remove its folders; see `harness.engines.Browser.close`."""
        for mailbox in tuple(self._mailboxes.values()):
            mailbox.silence()
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._thread.call(self._stop(), CALL_DEADLINE)
        self._thread.stop()

    async def _stop(self) -> None:
        # The process first: closing the connection waits for its answer.
        self._closing.close()
        if hasattr(self, "_bidi"):
            await self._bidi.close()


class FirefoxPage(MailboxPage):
    """A tab."""

    def __init__(self, browser: StockFirefox, page: str, mailbox: Mailbox) -> None:
        super().__init__(mailbox, lambda: browser.leave(page))
        self._browser = browser
        self._page = page
        self._codes = ""  # the subscription to them

    def tell_codes(self, wanted: bool) -> None:
        """See `harness.engines.TellsCodes`."""
        if wanted and not self._codes:
            self._codes = self._browser.subscribe(self._page)
        elif self._codes and not wanted:
            self._browser.unsubscribe(self._codes)
            self._codes = ""


async def _listening(profile: Path, poll: Callable[[], int | None]) -> str:
    """Return the URL of the browser's BiDi as soon as it has one. The caller sets the deadline."""
    told = profile / "WebDriverBiDiServer.json"
    while True:
        code = poll()
        if code is not None:
            raise BrowserUnavailable(f"Firefox ended with exit code {code} before it opened WebDriver BiDi")
        with contextlib.suppress(OSError, ValueError):  # not there yet, or not whole
            server = json.loads(told.read_text(encoding="utf-8"))
            return f"ws://{server['ws_host']}:{server['ws_port']}/session"
        await asyncio.sleep(POLL)


def _environment(home: Path) -> dict[str, str]:
    """A home of its own: an enterprise's or a user's settings are none of ours, and no crash is reported."""
    return {**os.environ, "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}


def _user_js(prefs: Prefs) -> str:
    return "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())


def _proxy_prefs(proxy: str | None) -> Prefs:
    """Name the proxy for http and https; Playwright's launch option would set it for http alone (FACTS 2)."""
    if proxy is None:
        return {}
    host, port = urlsplit(proxy).hostname or "", urlsplit(proxy).port or 0
    return {
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
    }
