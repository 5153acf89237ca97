"""The little of WebKit's inspector protocol that corsproof needs, over its WebSocket: navigate, and listen.

WebKitGTK's WebDriver gives no reasons and hangs in places (FACTS 1 and 7), so this is spoken instead. Commands travel
inside `Target.sendMessageToTarget`; a load of another site swaps the process and with it the target. Knows no CORS.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from harness.engines import Message
from harness.engines.calls import Calls, Json
from harness.engines.mailbox import Mailbox, in_words
from harness.errors import BrowserCrashed

DOMAINS = (
    "Page",
    "Console",
)  # and not "Network": to be told of every request costs as much as half of them
# How the console says why a request has failed, and not that its answer has a status of 400 or more.
FAILED = re.compile(r"Failed to load resource: (?!the server responded with a status of )(.*)", re.DOTALL)


class Inspector:
    """One inspected page. Every method runs on the event loop that made it."""

    def __init__(self, socket: ClientConnection, mailbox: Mailbox) -> None:
        self._socket = socket
        self._target = ""
        self._calls = Calls()
        self._navigated = asyncio.Event()
        self._has_target = asyncio.Event()
        self._switching: asyncio.Task[None] | None = None
        self.mailbox = mailbox
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def attach(cls, url: str, mailbox: Mailbox) -> Inspector:
        """Connect to a page's inspector socket and switch on what it can tell, and has told before.

        Raises `BrowserCrashed` where nobody is there.
        """
        try:
            socket = await connect(url, max_size=None, ping_interval=None, proxy=None, compression=None)
        except (OSError, WebSocketException) as error:
            raise BrowserCrashed(f"the browser's inspector does not answer: {error}") from error
        inspector = cls(socket, mailbox)
        await inspector._has_target.wait()
        await inspector._enable()
        return inspector

    async def navigate(self, url: str, mailbox: Mailbox) -> None:
        """Load ``url`` and return when its document is committed; from then on, messages go to ``mailbox``."""
        self.mailbox = mailbox
        self._navigated.clear()
        # The page target has no Page.navigate in WebKitGTK.
        await self._send("Runtime.evaluate", {"expression": f"location.href={json.dumps(url)};0"})
        await self._navigated.wait()
        if self._switching is not None:
            await self._switching

    async def close(self) -> None:
        """Close the socket."""
        self._reader.cancel()
        await self._socket.close()

    async def _enable(self) -> None:
        # At once: each answer takes 40 ms, for WebKit's socket and the kernel wait for each other (measured).
        await asyncio.gather(*(self._send(f"{domain}.enable") for domain in DOMAINS))

    async def _send(self, method: str, params: Json | None = None) -> Json:

        def give(number: int) -> Any:
            inner = json.dumps({"id": number, "method": method, "params": params or {}})
            envelope = {"targetId": self._target, "message": inner}
            outer = {"id": -number, "method": "Target.sendMessageToTarget", "params": envelope}
            return self._socket.send(json.dumps(outer))

        try:
            return await self._calls.call(give)
        except ConnectionClosed as error:
            raise BrowserCrashed("the browser closed its inspector socket") from error

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._dispatch(json.loads(frame))
        except ConnectionClosed:
            pass
        self._lost("the browser's process ended")

    def _lost(self, cause: str) -> None:
        self._calls.lose(BrowserCrashed(cause))
        self.mailbox.die(cause)

    def _dispatch(self, event: Json) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Target.targetCreated":
                info = params["targetInfo"]
                if info["type"] == "page" and not info.get("isProvisional"):
                    self._target = info["targetId"]
                    self._has_target.set()
            case "Target.didCommitProvisionalTarget":
                self._switch(params["newTargetId"])
            case "Target.dispatchMessageFromTarget":
                self._from_target(json.loads(params["message"]))

    def _switch(self, target: str) -> None:
        """Follow the page into its new process; what was asked of the old one is never answered."""
        self._target = target
        self._calls.release()
        self._switching = asyncio.get_running_loop().create_task(self._enable())
        self._navigated.set()

    def _from_target(self, event: Json) -> None:
        if "id" in event:
            self._answer(event)
            return
        params = event.get("params", {})
        match event["method"]:
            case "Page.frameNavigated":
                if not params["frame"].get("parentId"):
                    self._navigated.set()
            case "Console.messageAdded":
                self._hear(params["message"])

    def _hear(self, said: Json) -> None:
        if said["source"] == "network" and (failed := FAILED.fullmatch(said["text"])):
            self.mailbox.put(Message(failed[1], said["url"]))
        elif said["source"] == "security" and (message := in_words(said["text"])).tokens:
            self.mailbox.put(message)  # what was never asked for has not failed, either

    def _answer(self, event: Json) -> None:
        error = event.get("error")
        if error is not None and "already enabled" not in error.get("message", ""):
            self._calls.refuse(event["id"], BrowserCrashed(f"the inspector refused: {error.get('message')}"))
        else:
            self._calls.answer(event["id"], event.get("result", {}))
