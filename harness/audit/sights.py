"""Asks and sights: what an audit lets a page do, from which geometry, and what came of it in one engine.

Frozen records. Imports the vocabulary of scenarios and observations; knows no browser and no rule.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import Enum

from harness.observation import PageResult
from harness.plan import Case
from harness.prediction import Prediction
from harness.scenario import Api, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Exchange, Kind, values

TARGET = "target"  # the name of the audited application on the ground


class Geometry(str, Enum):
    """Where a page is, seen from the application (RULES): what it may read depends on the cookies that flow there."""

    TRUSTED = "trusted"  # a page on an origin that the application should let in
    SAME_SITE = "same-site"  # another port of the application's own host: cookies flow everywhere
    CROSS_SITE = "cross-site"  # another site, under the engine's default settings
    CROSS_SITE_COOKIES = "cross-site-cookies"  # another site, in a browser that allows third-party cookies

    __str__ = str.__str__


@dataclass(frozen=True)
class Ask:
    """What a page on an origin does: steps one after the other, each against ``{api}`` and a path.

    ``after`` is the sister page that asks for the first step's URL before it, to the letter; empty for none.
    """

    page: str
    steps: tuple[Step, ...]
    geometry: Geometry = Geometry.TRUSTED
    api: Api = Api.FETCH
    after: str = ""

    @property
    def is_meeting(self) -> bool:
        """Whether no case of a run can show it (`harness.audit.meeting`)."""
        return bool(self.after) or self.api is Api.WEBSOCKET

    @property
    def third_party_cookies(self) -> bool:
        """Whether it needs a browser that allows third-party cookies."""
        return self.geometry is Geometry.CROSS_SITE_COOKIES


@dataclass(frozen=True)
class Sight:
    """What came of an ask in one engine: an outcome for each step, what script saw, and the wire.

    ``trouble`` says why nothing can be said, where that is so: no server, a timeout, a browser that died, an engine
    that cannot do it. ``door`` is what the same page, in the same browser, read at a deliberately open endpoint: the
    names of the cookies that arrived there, or None where it could not read it.
    """

    engine: str
    ask: Ask
    outcomes: tuple[Outcome, ...] = ()
    page: tuple[PageResult, ...] = field(default=(), repr=False)
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)
    predicted: tuple[Prediction, ...] = field(default=(), repr=False)
    words: tuple[str, ...] = ()
    trouble: str = ""
    door: frozenset[str] | None = None

    def beside(self, door: Sight | None) -> Sight:
        """Return it with what the same page read at the open door."""
        if door is None or not door.is_read:
            return self
        return replace(self, door=frozenset(json.loads(door.body)["cookies"]))

    @property
    def is_read(self) -> bool:
        """Whether script read the answer to the last step."""
        return not self.trouble and bool(self.outcomes) and self.outcomes[-1] is Outcome.ALLOWED

    @property
    def is_blocked(self) -> bool:
        """Whether the last step was blocked, which wire and oracle explain."""
        return not self.trouble and bool(self.outcomes) and self.outcomes[-1] is Outcome.BLOCKED

    @property
    def is_kept_from_by_cache(self) -> bool:
        """Whether the page could not read what its sister's request had left in the cache, and could past the cache.

        The wire has one request of each page: what the page asked first never left the browser.
        """
        if self.trouble or self.outcomes != (Outcome.UNEXPLAINED, Outcome.ALLOWED):
            return False
        return [values(one.request_headers, "origin") for one in self.exchanges] == [
            (self.ask.after,),
            (self.ask.page,),
        ]

    @property
    def reason(self) -> str:
        """The oracle's name for what blocked the last step; empty where nothing did."""
        return self.predicted[-1].reason if self.is_blocked and self.predicted else ""

    @property
    def status(self) -> int | None:
        """The status that script read at the last step."""
        return self.page[-1].status if self.is_read else None

    @property
    def body(self) -> str:
        """The body that script read at the last step."""
        return (self.page[-1].body or "") if self.is_read else ""

    @property
    def readable_headers(self) -> frozenset[str]:
        """The names of the headers that script read at the last step."""
        return frozenset(name for name, _ in self.page[-1].headers) if self.is_read else frozenset()

    @property
    def preflights(self) -> tuple[Exchange, ...]:
        """The preflights that arrived."""
        return tuple(one for one in self.exchanges if one.kind is Kind.PREFLIGHT)

    @property
    def actuals(self) -> tuple[Exchange, ...]:
        """The actual requests that arrived."""
        return tuple(one for one in self.exchanges if one.kind is Kind.ACTUAL)

    @property
    def cookie_arrived(self) -> bool:
        """Whether the last actual request carried a cookie."""
        return bool(self.actuals) and bool(values(self.actuals[-1].request_headers, "cookie"))


def case(ask: Ask, number: int = 0) -> Case:
    """Return an ask as a case of which nothing is expected: what comes of it is the rules' business."""
    whatever = Expectation((Seen(Outcome.ALLOWED),) * len(ask.steps), ())
    scenario = Scenario("ask", str(ask.geometry), "", ask.steps, {TARGET: whatever}, ask.page, (ask.api,))
    return Case(scenario, TARGET, ask.api, TARGET, number)
