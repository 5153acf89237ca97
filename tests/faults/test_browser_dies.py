"""A browser that dies, freezes or was never there: said with its cause, replaced, and nothing else is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import marked, send, wait_until_none

import harness.live
import server_site
from harness import catalog, plan, runner
from harness.engines import EngineChoice, EngineName, chromium, firefox, webkit
from harness.events import CaseFinished, EngineLost, EngineUnavailable, Event, Progress
from harness.ground import Ground
from harness.runner import Order
from harness.tally import Exit, Tally
from harness.verdict import Status

pytestmark = pytest.mark.browser

PROCESSES = {"chromium": ("chromium",), "firefox": ("firefox",), "webkit": ("MiniBrowser", "WebKit")}
SLOW = "slow-answer"
DEAD_PAGES = {
    "chromium": "the page was closed",
    "firefox": "the page's process crashed",
    "webkit": "the page's process crashed",
}


@pytest.fixture
def ground() -> Iterator[Ground]:
    """Serve the published hooks."""
    with Ground({"published": server_site.create_app}) as ground:
        yield ground


def order(engine: str, keep: str = SLOW, repeat: int = 30, path: str | None = None) -> Order:
    """Order one scenario many times, so that some are on their way whenever something happens."""
    scenarios = [scenario for scenario in catalog.load("hooks") if scenario.id == keep]
    cases = tuple(plan.cases(scenarios, ["published"], repeat=repeat))
    return Order(cases, (EngineChoice(EngineName(engine), path),))


def run_and(order: Order, ground: Ground, act: object) -> tuple[list[Event], Tally]:
    """Run, and call ``act`` once, when the first results have come in and others are on their way."""
    events, tally, acted = [], Tally(), False
    for event in runner.run(order, ground):
        events.append(event)
        tally(event)
        if isinstance(event, Progress) and not acted:
            acted = True
            act()  # type: ignore[operator]
    return events, tally


@pytest.mark.parametrize("engine", EngineName)
def test_a_killed_browser_is_replaced_and_only_what_was_on_its_way_is_lost(
    engine: EngineName, ground: Ground, mark: str
) -> None:
    """Kill the browser in the middle: crashes with a cause, a new browser, every other case passed, exit 4."""
    wanted = order(engine.value)
    events, tally = run_and(wanted, ground, lambda: send(mark, PROCESSES[engine], signal.SIGKILL))
    finished = [event for event in events if isinstance(event, CaseFinished)]
    assert len(finished) == len(wanted.cases)
    statuses = {event.verdict.status for event in finished}
    # A page may see its network process die first: that is inconclusive, and no block.
    assert statuses - {Status.INCONCLUSIVE} == {Status.PASS, Status.CRASH}
    assert tally.statuses[Status.CRASH] <= plan.POOL + 64  # in flight, or not yet posted
    assert all(event.verdict.cause for event in finished if event.verdict.status is Status.CRASH)
    assert [event.relaunch for event in events if isinstance(event, EngineLost)] == [True]
    assert tally.exit is Exit.NOT_TESTED
    assert wait_until_none(mark) == {}


@pytest.mark.parametrize("engine", EngineName)
def test_a_frozen_browser_is_a_missed_deadline(
    engine: EngineName, ground: Ground, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop every process of the browser: the page misses its deadline, a new browser goes on, nothing is left."""
    monkeypatch.setattr(harness.live, "PATIENCE", 2.0)
    for module, name in ((chromium, "CLOSE_DEADLINE"), (firefox, "CLOSE_DEADLINE"), (webkit, "TELL_DEADLINE")):
        monkeypatch.setattr(module, name, 0.5)  # what is frozen does not say goodbye either
    wanted = order(engine.value)
    monkeypatch.setattr(plan, "allowance", lambda planned: 1.0)
    events, tally = run_and(wanted, ground, lambda: send(mark, PROCESSES[engine], signal.SIGSTOP))
    lost = [event.cause for event in events if isinstance(event, EngineLost)]
    assert lost == ["the page did not report for 3 s"]
    assert tally.totals["results"] == len(wanted.cases)
    assert tally.exit is Exit.NOT_TESTED
    assert wait_until_none(mark) == {}


@pytest.mark.parametrize(
    ("engine", "process"), [("chromium", "chromium"), ("firefox", "Isolated Web"), ("webkit", "WebKitWebProces")]
)
def test_a_dead_page_process_is_told_from_a_dead_browser(engine: str, process: str, ground: Ground, mark: str) -> None:
    """Kill only the process of the page: the run hears of it, and recovers as from a dead browser."""
    wanted = order(engine)

    def kill() -> None:
        for pid, name in marked(mark).items():
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if name.startswith(process) and (engine != "chromium" or b"--type=renderer" in command):
                os.kill(pid, signal.SIGKILL)

    events, tally = run_and(wanted, ground, kill)
    lost = [event for event in events if isinstance(event, EngineLost)]
    assert [event.relaunch for event in lost] == [True]
    assert [event.cause for event in lost] == [DEAD_PAGES[engine]]
    assert tally.statuses[Status.PASS] > 0
    assert tally.totals["results"] == len(wanted.cases)
    assert wait_until_none(mark) == {}


def test_a_network_process_that_dies_is_no_block(ground: Ground, mark: str) -> None:
    """Script sees network errors over complete exchanges, which the standard allows: inconclusive, never a verdict."""

    def kill() -> None:
        send(mark, ("WebKitNetworkPr",), signal.SIGKILL)

    wanted = order("webkit", repeat=60)
    _, tally = run_and(wanted, ground, kill)
    assert tally.totals["results"] == len(wanted.cases)
    assert tally.statuses[Status.FAIL] == 0
    assert tally.statuses[Status.PASS] > 0
    assert wait_until_none(mark) == {}


def test_an_engine_that_is_not_there_is_said_and_is_no_verdict(ground: Ground) -> None:
    """Name an executable that does not exist: no case has a verdict, exit 3."""
    events, tally = run_and(order("chromium", path="/nonexistent/chromium"), ground, lambda: None)
    unavailable = [event for event in events if isinstance(event, EngineUnavailable)]
    assert len(unavailable) == 1
    assert "/nonexistent/chromium" in unavailable[0].cause
    assert not any(isinstance(event, CaseFinished) for event in events)
    assert tally.exit is Exit.NO_BROWSER


def test_a_browser_that_keeps_dying_is_given_up(ground: Ground, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill Chromium at every progress: after some relaunches the rest is inconclusive, and said why."""
    monkeypatch.setattr(runner, "RELAUNCHES", 2)
    wanted = order("chromium", repeat=200)
    events, tally = [], Tally()
    for event in runner.run(wanted, ground):
        events.append(event)
        tally(event)
        if isinstance(event, Progress):
            send(mark, PROCESSES["chromium"], signal.SIGKILL)
    assert tally.totals["results"] == len(wanted.cases)
    assert tally.statuses[Status.INCONCLUSIVE] > 0
    lost = [event for event in events if isinstance(event, EngineLost)]
    assert [event.relaunch for event in lost] == [True] * runner.RELAUNCHES + [False]
    assert "given up" in lost[-1].cause
    assert tally.exit is Exit.NOT_TESTED
    assert wait_until_none(mark) == {}
