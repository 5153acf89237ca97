"""Commands that a browser was given and has not answered: what every protocol of browsers here has in common.

Knows no protocol and no socket. Everything runs on one event loop.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

Json = dict[str, Any]


class Calls:
    """Commands by their numbers, which begin with 1."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}

    async def call(self, give: Callable[[int], Awaitable[object]]) -> Json:
        """Give a command under a number, and return its result; raise what `refuse` or `lose` was told."""
        number = next(self._numbers)
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await give(number)
            return await future
        finally:
            self._waiting.pop(number, None)

    def answer(self, number: int, result: Json) -> None:
        """Take the result of a command; of one for which nobody waits it is of no interest."""
        if (future := self._waiting.get(number)) is not None and not future.done():
            future.set_result(result)

    def refuse(self, number: int, error: Exception) -> None:
        """Take the news that a command was refused."""
        if (future := self._waiting.get(number)) is not None and not future.done():
            future.set_exception(error)

    def lose(self, error: Exception) -> None:
        """Wait no more for any command."""
        for number in tuple(self._waiting):
            self.refuse(number, error)

    def release(self) -> None:
        """Call every command answered, with nothing: whoever was asked is gone, and it does not matter."""
        for number in tuple(self._waiting):
            self.answer(number, {})
