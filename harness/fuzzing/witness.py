"""The witness: one browser that stays, to ask about one case after another; by way of the runner, judged like any.

For shrinking, where a launch for each round would take longer than all that is asked. Knows no report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from harness import engines, plan, runner
from harness.engines import Browser, EngineChoice, EngineInfo, EngineName, Page
from harness.events import CanariesSung, CaseFinished, EngineUnavailable, Event, HarnessFault, RunFinished
from harness.ground import Ground
from harness.runner import Interruption, Launcher, Order
from harness.scenario import LITERAL, Scenario


@dataclass
class Witness:
    """Make one with `witness`. ``stopped`` says why it will say no more, where that is so."""

    choice: EngineChoice
    ground: Ground
    launcher: Launcher
    headed: bool
    interruption: Interruption | None
    stopped: str = ""
    _browser: Browser | None = field(default=None, init=False)

    def ask(self, scenarios: Sequence[Scenario]) -> list[CaseFinished | None]:
        """Return what each scenario comes to; None where it cannot be asked, or nobody answers any more."""
        possible = {index: one for index, one in enumerate(scenarios) if self._can_be_planned(one)}
        if self.stopped or not possible:
            return [None] * len(scenarios)
        cases = [plan.Case(one, LITERAL, one.apis[0], LITERAL, index) for index, one in possible.items()]
        order = Order(tuple(cases), (self.choice,), self.headed, launcher=self._launcher())
        found: dict[int, CaseFinished] = {}
        for event in runner.run(order, self.ground, self.interruption):
            if isinstance(event, CaseFinished):
                found[event.case.repeat] = event
            self.stopped = self.stopped or _ending(event)
        return [found.get(index) for index in range(len(scenarios))]

    def _can_be_planned(self, scenario: Scenario) -> bool:
        """Tell whether a page could ask it, and the oracle answer."""
        try:
            plan.plan(plan.Case(scenario, LITERAL, scenario.apis[0], LITERAL), self.ground)
        except ValueError:
            return False
        return True

    def _launcher(self) -> Launcher:
        """Return what hands out the browser that is kept, and another one each time that a run asks again."""
        kept = [self._browser] if self._browser else []

        def launch(name: EngineName, how: engines.Launch) -> Browser:
            if kept:
                return _Kept(kept.pop())
            self.close()
            self._browser = self.launcher(name, how)
            return _Kept(self._browser)

        return launch

    def close(self) -> None:
        """End the browser."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None


def _ending(event: Event) -> str:
    match event:
        case RunFinished() if event.interrupted:
            return "interrupted"
        case EngineUnavailable() | HarnessFault():
            return event.cause
        case CanariesSung() if event.failures:
            return "; ".join(event.failures)
    return ""


@dataclass(frozen=True)
class _Kept:
    """A browser that outlives the run that closes it."""

    browser: Browser

    @property
    def info(self) -> EngineInfo:
        return self.browser.info

    def open(self, url: str, on_death: Callable[[str], None]) -> Page:
        return self.browser.open(url, on_death)

    def close(self) -> None:
        pass


@contextlib.contextmanager
def witness(
    choice: EngineChoice,
    ground: Ground,
    *,
    launcher: Launcher = engines.launch,
    headed: bool = False,
    interruption: Interruption | None = None,
) -> Iterator[Witness]:
    """Have a browser to ask, started with the first question and ended at the end."""
    asked = Witness(choice, ground, launcher, headed, interruption)
    try:
        yield asked
    finally:
        asked.close()
