"""An asyncio loop in a thread of its own, for libraries that speak asyncio, used from threads that do not.

Every call has a deadline, so that something that never answers is a missed deadline and not a hung run. Playwright
wants a thread of its own too: its sync API spoils asyncio for the thread it runs in. Imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
ENDING = 5.0  # seconds that cancelled tasks have to end


class LoopThread:
    """A running event loop; `call` runs a coroutine on it from any other thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        pending = asyncio.all_tasks(self.loop)
        for task in pending:
            task.cancel()
        if pending:
            # With a deadline: a task may swallow its cancellation.
            self.loop.run_until_complete(asyncio.wait(pending, timeout=ENDING))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def call(self, work: Coroutine[Any, Any, T], deadline: float) -> T:
        """Run ``work`` to its end and return its value; raise `TimeoutError` after ``deadline`` seconds.

        Raises `RuntimeError` when the loop has been stopped.
        """
        if not self._thread.is_alive():
            work.close()
            raise RuntimeError(f"{self.name} has been stopped")
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(deadline)
        except TimeoutError:
            future.cancel()
            raise TimeoutError(f"{self.name} did not answer within {deadline:g} s") from None

    def stop(self) -> None:
        """Cancel what still runs, end the loop and join its thread; may be called twice."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(10)
