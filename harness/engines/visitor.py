"""A browser that a person has opened, as an engine: nobody drives it, so it goes where its pages lead it.

It has no words, for a page cannot hear its own browser; it cannot be started again; and it reaches what any browser of
its user reaches: no proxy of ours, no certificate of ours. What it can't be asked for that: `Visitor.lacks`. Deviations
are recorded for the engines that were measured, so none is known of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from client_site import Tour
from harness.engines import EngineInfo, EngineName, Message
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.scenario import Api, Scenario

PROTOCOL = "visitor"
ARRIVAL = 45.0  # seconds for the browser to open the next page of its tour


@dataclass(frozen=True)
class Visitor:
    """A visiting browser as a choice of a run.

    ``label`` is what reports call it, ``family`` the engine that it is made with, where its ``user_agent`` tells.
    ``lacks`` says why it cannot be asked a scenario, or nothing.
    """

    label: str
    version: str
    user_agent: str
    family: EngineName | None
    tour: Tour = field(compare=False, repr=False)
    lacks: Callable[[Scenario, Api, str], str] = field(compare=False, repr=False)

    def connect(self) -> VisitingBrowser:
        """Return the browser, which runs already; raise `BrowserUnavailable` where its tour is over."""
        if self.tour.left:
            raise BrowserUnavailable("nobody but a person can open it again: open the hands-on page and run it again")
        return VisitingBrowser(self)


class VisitingBrowser:
    """The browser of a `Visitor` (`harness.engines.Browser`)."""

    def __init__(self, visitor: Visitor) -> None:
        self.info = EngineInfo(visitor.label, visitor.version, PROTOCOL, "", (), visitor.user_agent)
        self._tour = visitor.tour

    def open(self, url: str, on_death: Callable[[str], None]) -> SilentPage:
        """Lead the browser to ``url``; raise `BrowserCrashed` where it does not come."""
        if not self._tour.wait_for(self._tour.lead(url), ARRIVAL):
            raise BrowserCrashed(f"it did not open the next page within {ARRIVAL:g} s; was its tab closed?")
        return SilentPage()

    def close(self) -> None:
        """Let the browser go: it is sent home."""
        self._tour.end()


class SilentPage:
    """A page whose browser tells nobody what it says (`harness.engines.Page`)."""

    def take_messages(self) -> tuple[Message, ...]:
        """Return nothing."""
        return ()

    def wait_for_messages(self, tokens: frozenset[str], deadline: float) -> None:
        """Wait for nothing."""

    def close(self) -> None:
        """Close nothing: the browser moves on."""
