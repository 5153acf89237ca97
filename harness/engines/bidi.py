"""The little of WebDriver BiDi that corsproof needs, over its WebSocket: commands with their answers, and events.

Spoken directly because a driver subscribes to every request of every page, and Firefox then spends most of its time on
telling of them (measured: three quarters). Knows no browser and no CORS. https://www.w3.org/TR/webdriver-bidi/
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from harness.engines.calls import Calls, Json
from harness.errors import BrowserCrashed


class Refused(Exception):
    """The browser refused a command, and why."""


class Bidi:
    """A connection with a session of its own. Every method runs on the event loop that made it."""

    def __init__(
        self, socket: ClientConnection, on_event: Callable[[str, Json], None], on_end: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._on_event = on_event
        self._on_end = on_end
        self._calls = Calls()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def connect(cls, url: str, on_event: Callable[[str, Json], None], on_end: Callable[[], None]) -> Bidi:
        """Connect to a browser; ``on_end`` is called when it is gone. Raises `OSError` where nobody listens."""
        return cls(
            await connect(url, max_size=None, ping_interval=None, proxy=None, compression=None), on_event, on_end
        )

    async def send(self, method: str, **params: Any) -> Json:
        """Give a command and return its result; raise `Refused`, or `BrowserCrashed` where nobody is left to answer."""

        def give(number: int) -> Any:
            return self._socket.send(json.dumps({"id": number, "method": method, "params": params}))

        try:
            return await self._calls.call(give)
        except ConnectionClosed as error:
            raise BrowserCrashed("the browser's process ended") from error

    async def close(self) -> None:
        """Close the connection."""
        self._reader.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._take(json.loads(frame))
        except ConnectionClosed:
            pass
        self._calls.lose(BrowserCrashed("the browser's process ended"))
        self._on_end()

    def _take(self, message: Json) -> None:
        if message["type"] == "event":
            self._on_event(message["method"], message["params"])
        elif message["type"] == "success":
            self._calls.answer(message["id"], message["result"])
        else:
            self._calls.refuse(message["id"], Refused(f"{message['error']}: {message['message']}"))
