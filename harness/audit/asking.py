"""Asking: what pages of an audit do, run in every engine; beside each page's asks stands its read of the open door.

Two passes by way of the runner: browsers as they are by default, then browsers that allow third-party cookies; after
each, the meetings that need a browser of its kind. Before any page, each browser visits what signs the user in. Imports
the runner and the records; knows no rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness import engines, runner
from harness.audit.meeting import meet
from harness.audit.relay import EXCUSE
from harness.audit.sights import Ask, Sight, case
from harness.engines import Browser, EngineChoice, EngineName
from harness.engines.visiting import visit
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.events import CaseFinished, Event, RunFinished
from harness.ground import Ground
from harness.runner import Interruption, Launcher
from harness.scenario import Step
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
        every = [ask for ask in wanted if ask.third_party_cookies is third_party]
        some = [ask for ask in every if not ask.is_meeting]
        numbered = dict(enumerate(dict.fromkeys((*(_door(ask, asking.door) for ask in some), *some))))
        interrupted = False
        for event in runner.run(_order(numbered, asking, third_party), ground, interruption) if some else ():
            feed(event)
            if isinstance(event, CaseFinished):
                ask = numbered[event.case.repeat]
                found[event.engine][ask] = _sight(event, ask)
            interrupted |= isinstance(event, RunFinished) and event.interrupted
        if interrupted:
            break
        meetings = [ask for ask in every if ask.is_meeting]
        if meetings and not _meetings(meetings, asking, ground, third_party, found):
            feed(RunFinished(interrupted=True, duration_s=0))
            break
    return {
        engine: {ask: _beside(sights, ask, engine, asking.door) for ask in wanted} for engine, sights in found.items()
    }


def _meetings(
    asks: Sequence[Ask], asking: Asking, ground: Ground, third_party: bool, found: Mapping[str, dict[Ask, Sight]]
) -> bool:
    """Hold the meetings in every engine that could be used before; return whether it was not interrupted."""
    launch = launching(asking, third_party)
    try:
        for choice in asking.choices:
            sights = found.get(choice.name.value)
            if sights is not None:
                sights |= {ask: Sight(choice.name.value, ask, trouble="it was not asked") for ask in asks}
                _hold(asks, choice, launch, asking, ground, sights)
    except KeyboardInterrupt:
        return False
    return True


def _hold(
    asks: Sequence[Ask],
    choice: EngineChoice,
    launch: Launcher,
    asking: Asking,
    ground: Ground,
    sights: dict[Ask, Sight],
) -> None:
    try:
        browser = launch(choice.name, engines.Launch(choice.path, ground.proxy, asking.headed, known_key=ground.key))
    except (BrowserUnavailable, BrowserCrashed) as error:
        sights |= {ask: Sight(choice.name.value, ask, trouble=str(error)) for ask in asks}
        return
    try:
        for sight in meet([(ask, _door(ask, asking.door)) for ask in asks], browser, ground):
            sights[sight.ask] = sight
    except BrowserCrashed as error:
        left = [ask for ask, sight in sights.items() if ask in asks and sight.trouble]
        sights |= {ask: Sight(choice.name.value, ask, trouble=str(error)) for ask in left}
    finally:
        browser.close()


def _door(ask: Ask, path: str) -> Ask:
    return Ask(ask.page, (Step("GET", f"{{api}}{path}", credentials="include"),), ask.geometry)


def _order(numbered: Mapping[int, Ask], asking: Asking, third_party: bool) -> runner.Order:
    cases = tuple(case(ask, number) for number, ask in numbered.items())
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
    return sight if ask.is_meeting else sight.beside(sights.get(_door(ask, path)))
