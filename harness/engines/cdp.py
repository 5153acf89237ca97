"""The little of the Chrome DevTools Protocol that corsproof needs, over its WebSocket: commands, answers and events.

Spoken directly because a driver takes longer to start than the browser (measured: 0.5 s of 0.8). Knows no CORS.
https://chromedevtools.github.io/devtools-protocol/
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

ENDED = "the browser's process ended"


class Cdp:
    """A connection to a browser as a whole. Every method runs on the event loop that made it."""

    def __init__(self, socket: ClientConnection, on_end: Callable[[], None]) -> None:
        self._socket = socket
        self._on_end = on_end
        self._calls = Calls()
        self._hear: dict[str, Callable[[Json], None]] = {}
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def connect(cls, url: str, on_end: Callable[[], None]) -> Cdp:
        """Connect to a browser; ``on_end`` is called when it is gone. Raises `OSError` where nobody listens."""
        return cls(await connect(url, max_size=None, ping_interval=None, proxy=None, compression=None), on_end)

    async def send(self, method: str, params: dict[str, Any] | None = None) -> Json:
        """Give a command and return its result; raise `BrowserCrashed` where it has none."""

        def give(number: int) -> Any:
            return self._socket.send(json.dumps({"id": number, "method": method, "params": params or {}}))

        try:
            return await self._calls.call(give)
        except ConnectionClosed as error:
            raise BrowserCrashed(ENDED) from error

    def on(self, event: str, hear: Callable[[Json], None]) -> None:
        """Have ``hear`` called with the parameters of each such event."""
        self._hear[event] = hear

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
        self._calls.lose(BrowserCrashed(ENDED))
        self._on_end()

    def _take(self, message: Json) -> None:
        if "id" not in message:
            if (hear := self._hear.get(message["method"])) is not None:
                hear(message["params"])
        elif "error" in message:
            self._calls.refuse(message["id"], BrowserCrashed(f"the browser refused: {message['error']['message']}"))
        else:
            self._calls.answer(message["id"], message["result"])
