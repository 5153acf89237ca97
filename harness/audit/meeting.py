"""Meetings: what no case of a run can show: it takes two pages, or no CORS check is made.

- Sister pages, one after the other, ask for one URL: the second gets what the cache of the browser kept for the first.
- A page opens a WebSocket.

The page's word is what counts, beside the wire and a read of the open door by the same page. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness import plan
from harness.audit.sights import Ask, Sight, case
from harness.engines import Browser
from harness.errors import BrowserCrashed
from harness.ground import Ground
from harness.live import SETTLE, LivePage, live_page
from harness.observation import PageOutcome, PageResult
from harness.plan import Planned
from harness.scenario import Outcome


def meet(asks: Iterable[tuple[Ask, Ask]], browser: Browser, ground: Ground) -> Iterator[Sight]:
    """Yield a sight for each ask, given with that of the open door; raise `BrowserCrashed` where the browser dies."""
    for ask, door in asks:
        planned = plan.plan(case(ask), ground)
        if ask.after:
            with live_page(ask.after, browser, ground) as live:
                _answers(live, _of_the_sister(planned))
        with live_page(ask.page, browser, ground) as live:
            _, failures = live.ask_canaries()
            entered = plan.plan(case(door), ground)
            (beside,) = _answers(live, entered)
            page = _answers(live, planned)
        exchanges = ground.wire.settle(planned.token, SETTLE)
        ground.forget(entered.token)
        ground.forget(planned.token)
        trouble = "; ".join(failures)
        sight = Sight(str(browser.info.name), ask, _outcomes(page), page, exchanges, trouble=trouble)
        yield sight.beside(replace(sight, ask=door, outcomes=_outcomes((beside,)), page=(beside,)))


def _of_the_sister(planned: Planned) -> Planned:
    """Return the first step alone, at the same URL to the letter, which is the cache's key."""
    return replace(planned, unit={**planned.unit, "steps": planned.unit["steps"][:1]})


def _answers(live: LivePage, planned: Planned) -> tuple[PageResult, ...]:
    answers = live.ask([planned])
    if answers.cause:
        raise BrowserCrashed(answers.cause)
    return answers.of(planned)


def _outcomes(page: Iterable[PageResult]) -> tuple[Outcome, ...]:
    """Return what script saw. No oracle explains these network errors, so none is a block."""
    return tuple(Outcome.ALLOWED if result.outcome is PageOutcome.RESPONSE else Outcome.UNEXPLAINED for result in page)
