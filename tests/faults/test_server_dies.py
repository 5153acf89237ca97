"""A server that is not there is never a verdict about CORS, least of all a green one."""

from __future__ import annotations

import pytest

import server_site
from harness import catalog, plan, runner
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, Progress
from harness.ground import Ground
from harness.runner import Order
from harness.tally import Exit, Tally
from harness.verdict import Blame, Status

pytestmark = pytest.mark.browser


def order(engine: EngineName, ids: set[str], hooks: list[str], repeat: int = 1) -> Order:
    """Order some scenarios on one engine."""
    scenarios = [scenario for scenario in catalog.load("hooks") if scenario.id in ids]
    return Order(tuple(plan.cases(scenarios, hooks, repeat=repeat)), (EngineChoice(engine),))


@pytest.mark.parametrize("engine", EngineName)
def test_a_dead_server_is_inconclusive_also_where_a_block_was_expected(engine: EngineName) -> None:
    """Without hooks every request is expected to be blocked; a refused port must not look like that."""
    wanted = order(engine, {"get", "put-json", "unknown-url-put"}, ["none"])
    with Ground({"none": lambda: server_site.create_app("none")}) as ground:
        ground.stop(ground.api_site("none"))
        finished = [event for event in runner.run(wanted, ground) if isinstance(event, CaseFinished)]
    assert len(finished) == len(wanted.cases) == 6
    assert {event.verdict.status for event in finished} == {Status.INCONCLUSIVE}
    assert {event.verdict.blame for event in finished} == {Blame.HARNESS}
    assert all("site 'none'" in event.verdict.cause for event in finished)


@pytest.mark.parametrize("engine", EngineName)
def test_a_server_that_dies_in_the_middle_spoils_only_its_own_cases(engine: EngineName) -> None:
    """Stop one API in the middle: what was measured stays, the rest is inconclusive, the other API is not touched."""
    wanted = order(engine, {"slow-answer"}, ["published", "none"], repeat=20)
    apis = {name: (lambda name=name: server_site.create_app(name)) for name in ("published", "none")}
    tally, finished, stopped = Tally(), [], False
    with Ground(apis) as ground:
        for event in runner.run(wanted, ground):
            tally(event)
            if isinstance(event, CaseFinished):
                finished.append(event)
            if isinstance(event, Progress) and not stopped:
                stopped = True
                ground.stop(ground.api_site("published"))
    by_hooks = {
        hooks: {event.verdict.status for event in finished if event.case.hooks == hooks}
        for hooks in ("published", "none")
    }
    assert by_hooks["published"] == {Status.PASS, Status.INCONCLUSIVE}
    assert Status.FAIL not in by_hooks["none"]
    assert Status.PASS in by_hooks["none"]
    assert len(finished) == len(wanted.cases)
    assert tally.exit is Exit.NOT_TESTED
