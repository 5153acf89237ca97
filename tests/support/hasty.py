"""Clocks and browsers for tests of runs: a scripted browser that never waits for its own sake."""

from __future__ import annotations

import functools
from collections.abc import Callable

from harness.engines.scripted import Clock, ScriptedBrowser


class HastyClock(Clock):
    """A clock that is put forward instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Return seconds, those included that were not waited."""
        return super().now() + self._ahead

    async def until(self, moment: float) -> None:
        """Put the clock forward."""
        self._ahead += max(0.0, moment - self.now())


hasty: Callable[..., ScriptedBrowser] = functools.partial(ScriptedBrowser, clock=HastyClock)
