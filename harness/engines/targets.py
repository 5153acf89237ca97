"""Pages of Chromium: what is attached to, and asked for no more than the browser's words and the end of it.

Frames in other processes are attached to as well, so that their words are heard. To be told of every request would take
the browser as long as the requests themselves (measured). Knows no CORS.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from harness.engines import Message
from harness.engines.calls import Calls, Json
from harness.engines.mailbox import Mailbox, in_words
from harness.errors import BrowserCrashed


class Commands(Protocol):
    """A connection to a browser as a whole."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> Json:
        """Give a command and return its result; raise `BrowserCrashed` where it has none."""
        ...

    def on(self, event: Any, hear: Callable[[Json], None]) -> None:
        """Have ``hear`` called with the parameters of each such event."""
        ...


class Targets:
    """The pages of one browser; in a browser context of their own where it is named. Runs on the event loop."""

    def __init__(self, browser: Commands, context: str | None = None) -> None:
        self._browser = browser
        self._where = {"browserContextId": context} if context else {}
        self._pages: dict[str, TargetPage] = {}
        browser.on("Target.receivedMessageFromTarget", self._receive)
        browser.on("Target.detachedFromTarget", self._detached)

    async def open(self, url: str, mailbox: Mailbox) -> TargetPage:
        """Open a page and return when its document is committed; raise `BrowserCrashed` where there is none."""
        made = await self._browser.send("Target.createTarget", {"url": "about:blank", **self._where})
        target = {"targetId": made["targetId"]}
        session = (await self._browser.send("Target.attachToTarget", target))["sessionId"]

        async def carry(text: str) -> None:
            await self._browser.send("Target.sendMessageToTarget", {"sessionId": session, "message": text})

        async def close() -> None:
            self._pages.pop(session, None)
            page.end()
            await self._browser.send("Target.closeTarget", target)

        page = self._pages[session] = TargetPage(carry, mailbox, close)
        try:
            await page.listen()
            await page.navigate(url)
        except BaseException:
            self._closing = asyncio.ensure_future(page.close())
            raise
        return page

    def end(self) -> None:
        """Wait for no page any more: the browser is about to be closed."""
        for page in self._pages.values():
            page.end()

    def _receive(self, event: Json) -> None:
        if (page := self._pages.get(event["sessionId"])) is not None:
            page.receive(json.loads(event["message"]))

    def _detached(self, event: Json) -> None:
        if (page := self._pages.pop(event["sessionId"], None)) is not None:
            page.gone()


class _Target:
    """What is attached to: a page, or a frame below it that has a process of its own."""

    def __init__(self, carry: Callable[[str], Awaitable[None]], mailbox: Mailbox) -> None:
        self._carry = carry
        self._mailbox = mailbox
        self._calls = Calls()
        self._frames: dict[str, _Target] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Ask for the browser's words, here and in frames that come."""
        await self.send("Inspector.enable")
        await self.send("Log.enable")  # and not "Runtime", which costs a tenth of every request (measured)
        # Certificates of the local sites come from an authority that no browser knows.
        await self.send("Security.setIgnoreCertificateErrors", ignore=True)
        # A frame waits until it is listened to: else its first words would be lost.
        frames = [{"type": "iframe"}]
        attach = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": False, "filter": frames}
        await self.send("Target.setAutoAttach", **attach)

    async def send(self, method: str, **params: Any) -> Json:
        """Give a command and return its result; raise `BrowserCrashed` where it has none."""
        return await self._calls.call(
            lambda number: self._carry(json.dumps({"id": number, "method": method, "params": params}))
        )

    def receive(self, message: Json) -> None:
        """Take a message of the target's."""
        if "id" in message:
            self._answered(message)
            return
        params = message.get("params", {})
        match message["method"]:
            case "Log.entryAdded":
                entry = params["entry"]
                if entry["level"] == "error":
                    self._mailbox.put(in_words(entry["text"], entry.get("url", "")))
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                # The first line of a stack, whose head is the name of the exception.
                said = (details.get("exception", {}).get("description") or details["text"]).partition("\n")[0]
                self._mailbox.put(Message(said.partition(": ")[2] or said))
            case "Inspector.targetCrashed":
                self.crashed()
            case "Target.attachedToTarget":
                self._attach(params["sessionId"])
            case "Target.receivedMessageFromTarget":
                if (frame := self._frames.get(params["sessionId"])) is not None:
                    frame.receive(json.loads(params["message"]))
            case "Target.detachedFromTarget":
                if (frame := self._frames.pop(params["sessionId"], None)) is not None:
                    frame.gone()

    def crashed(self) -> None:
        """A frame's process is gone: what it was asked stays unanswered, which the page's deadline tells."""
        self.gone()

    def gone(self) -> None:
        """Nothing more comes from this target."""
        self.end()

    def end(self) -> None:
        """Wait for nothing any more, here and in frames: no task may be left pending when the loop ends."""
        for frame in self._frames.values():
            frame.end()
        for task in self._tasks:
            task.cancel()
        self._calls.lose(BrowserCrashed("the page was closed"))

    def _answered(self, message: Json) -> None:
        if "error" in message:
            self._calls.refuse(message["id"], BrowserCrashed(f"the browser refused: {message['error'].get('message')}"))
        else:
            self._calls.answer(message["id"], message["result"])

    def _attach(self, session: str) -> None:
        async def carry(text: str) -> None:
            await self.send("Target.sendMessageToTarget", sessionId=session, message=text)

        frame = self._frames[session] = _Target(carry, self._mailbox)
        task = asyncio.get_running_loop().create_task(_listen(frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _listen(frame: _Target) -> None:
    # A frame that goes while it is attached to has no words.
    with contextlib.suppress(BrowserCrashed):
        await frame.listen()
    with contextlib.suppress(BrowserCrashed):
        await frame.send("Runtime.runIfWaitingForDebugger")


class TargetPage(_Target):
    """A page."""

    def __init__(
        self,
        carry: Callable[[str], Awaitable[None]],
        mailbox: Mailbox,
        close: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__(carry, mailbox)
        self.close = close

    async def navigate(self, url: str) -> None:
        """Load a URL; the browser answers when the document is committed, or that there will be none."""
        loaded = await self.send("Page.navigate", url=url)
        if loaded.get("errorText"):
            raise BrowserCrashed(loaded["errorText"])

    async def tell_errors(self) -> None:
        """Have the browser tell the errors of the page's script; it tells those of before, too."""
        await self.send("Runtime.enable")

    def crashed(self) -> None:
        """The page's own process is gone."""
        super().crashed()
        self._mailbox.die("the page's process crashed")

    def gone(self) -> None:
        """The page is closed, or its browser."""
        super().gone()
        self._mailbox.die("the page was closed")
