"""What a browser says on its stderr, line by line: that a process of its own is gone, of which no protocol tells.

Also what it said last, for whoever must say why it did not start. Knows no browser.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

LINE = 1024 * 1024  # bytes of a line, at most
KEPT = 50  # lines
LAST_WORDS = 1.0  # seconds for them: a child that has outlived a browser may hold its stderr open


class Stderr:
    """The reading end of a browser's stderr; ``write`` is the other one, for the browser, and closed by `follow`.

    ``hear`` is called with each line, and ``ended`` when every process that has the stderr is gone: a browser's
    children end when it does. Runs on the event loop.
    """

    def __init__(self, hear: Callable[[str], None], ended: Callable[[], None]) -> None:
        self._read, self.write = os.pipe()
        self._hear = hear
        self._ended = ended
        self._last: deque[str] = deque(maxlen=KEPT)
        self._following: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """Read from now on: the browser has been started, or has not."""
        os.close(self.write)
        self._following = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        said = asyncio.StreamReader(limit=LINE)
        pipe = os.fdopen(self._read, "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), pipe)
        try:
            async for line in said:
                self._last.append(line.decode(errors="replace"))
                self._hear(self._last[-1])
            self._ended()
        finally:
            transport.close()

    async def last(self) -> str:
        """Return the last lines of a browser that has ended."""
        assert self._following is not None
        await asyncio.wait([self._following], timeout=LAST_WORDS)
        return "".join(self._last).strip()
