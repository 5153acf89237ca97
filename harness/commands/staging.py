"""What the commands put a run on: the ground with its APIs, and what interrupts it."""

from __future__ import annotations

import contextlib
import functools
import signal
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.events import Event
    from harness.ground import Ground
    from harness.runner import Interruption

NAMES = ("app.example.com",)  # hosts that pages of the catalogue have beyond loopback
# The pages of the catalogue that a hook set with a policy lets in, among them all below localhost.
TRUSTED = ("http://localhost", "http://*.localhost", "https://app.example.com")
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_apis(ground: Ground, hook_sets: Iterable[str]) -> None:
    """Put the API behind each of the hook sets on the ground; what they trust are pages of that ground."""
    import server_site

    def make(name: str) -> Any:
        # The origins have ports, and are made only when they are looked at: a page's site may need an API before.
        return server_site.create_app(name, origins=(ground.page_url(page) for page in TRUSTED))

    for name in hook_sets:
        ground.add_api(name, functools.partial(make, name))


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Have what interrupts the program interrupt the run instead, which then tells what was measured."""
    from harness.runner import Interruption

    interruption = Interruption()
    previous = {number: signal.signal(number, interruption) for number in INTERRUPTING}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def feed(event: Event, eaters: Iterable[Any]) -> None:
    """Give an event to all who eat them."""
    for eat in eaters:
        eat(event)
