"""Asking: what pages of an audit do, run in every engine; beside each page's asks stands its read of the open door.

Two passes by way of the runner: browsers as they are by default, then browsers that allow third-party cookies. Before
any page, each browser visits what signs the user in. Imports the runner and the records; knows no rule.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from harness import engines, plan, runner
from harness.audit.relay import EXCUSE
from harness.audit.sights import TARGET, Ask, Sight
from harness.engines import Browser, EngineChoice, EngineName
from harness.engines.visiting import visit
from harness.events import CaseFinished, Event
from harness.ground import Ground
from harness.runner import Interruption, Launcher
from harness.scenario import Expectation, Outcome, Scenario, Seen, Step
from harness.verdict import UNTESTED, Status

Sights = Mapping[str, Mapping[Ask, Sight]]  # by engine


@dataclass(frozen=True)
class Asking:
    """Who asks, and what of: the engines, the open door's path, and the URLs that browsers visit first."""

    choices: tuple[EngineChoice, ...]
    door: str
    visits: tuple[str, ...] = ()
    headed: bool = False
    required: bool = True
    launcher: Launcher = engines.launch


def see(
    asks: Iterable[Ask],
    asking: Asking,
    ground: Ground,
    *,
    feed: Callable[[Event], None] = lambda event: None,
    interruption: Interruption | None = None,
) -> Sights:
    """Return what came of every ask, by engine; an ask that came to nothing has a sight that says why."""
    wanted = tuple(dict.fromkeys(asks))
    found: dict[str, dict[Ask, Sight]] = defaultdict(dict)
    for third_party in (False, True):
        some = [ask for ask in wanted if ask.third_party_cookies is third_party]
        numbered = dict(enumerate(dict.fromkeys((*(_door(ask, asking.door) for ask in some), *some))))
        if some:
            for event in runner.run(_order(numbered, asking, third_party), ground, interruption):
                feed(event)
                if isinstance(event, CaseFinished):
                    ask = numbered[event.case.repeat]
                    found[event.engine][ask] = _sight(event, ask)
    return {
        engine: {ask: _beside(sights, ask, engine, asking.door) for ask in wanted} for engine, sights in found.items()
    }


def _door(ask: Ask, path: str) -> Ask:
    return Ask(ask.page, (Step("GET", f"{{api}}{path}", credentials="include"),), ask.geometry)


def _order(numbered: Mapping[int, Ask], asking: Asking, third_party: bool) -> runner.Order:
    cases = tuple(plan.Case(_scenario(ask), TARGET, ask.api, TARGET, number) for number, ask in numbered.items())

    return runner.Order(cases, asking.choices, asking.headed, asking.required, launcher=launching(asking, third_party))


def launching(asking: Asking, third_party_cookies: bool = False) -> Launcher:
    """Return what launches a browser and lets it visit what signs the user in."""

    def launch(name: EngineName, how: engines.Launch) -> Browser:
        browser = asking.launcher(name, replace(how, third_party_cookies=third_party_cookies))
        try:
            for url in asking.visits:
                visit(browser, url)
        except BaseException:
            browser.close()
            raise
        return browser

    return launch


def _scenario(ask: Ask) -> Scenario:
    """Return an ask as a scenario of which nothing is expected: what comes of it is the rules' business."""
    whatever = Expectation((Seen(Outcome.ALLOWED),) * len(ask.steps), ())
    return Scenario("ask", str(ask.geometry), "", ask.steps, {TARGET: whatever}, ask.page, (ask.api,))


def _sight(event: CaseFinished, ask: Ask) -> Sight:
    verdict, seen = event.verdict, event.observation
    untested = verdict.status in UNTESTED or verdict.status is Status.SKIPPED
    trouble = (verdict.cause or str(verdict.status)) if untested else ""
    excuses = (one.response_body for one in seen.exchanges if one.response_body.startswith(EXCUSE.encode()))
    trouble = next((excuse.decode(errors="replace").strip() for excuse in excuses), trouble)
    return Sight(
        event.engine,
        ask,
        verdict.outcomes,
        seen.page,
        seen.exchanges,
        event.predicted,
        seen.words,
        trouble=trouble,
    )


def _beside(sights: Mapping[Ask, Sight], ask: Ask, engine: str, path: str) -> Sight:
    """Return the sight of an ask with what the same page read at the open door."""
    sight = sights.get(ask) or Sight(engine, ask, trouble="the run ended before it was asked")
    door = sights.get(_door(ask, path))
    if door is None or not door.is_read:
        return sight
    return replace(sight, door=frozenset(json.loads(door.body)["cookies"]))
