"""The runner: cases through browsers, engines side by side, one stream of events out.

One thread per engine works through its cases page by page, in batches that a live page fetches for itself. What dies is
replaced and said; what was never asked is asked of the new browser; what was on its way has no verdict but a cause.
Knows no report; verdicts are `harness.verdict`'s.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from client_site import BatchDone, PageDied, Results, Session
from harness import canaries, capabilities, deviations, engines, plan
from harness.engines import Browser, EngineChoice, Page
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.events import (
    CanariesSung,
    CaseFinished,
    EngineLost,
    EngineReady,
    EngineUnavailable,
    Event,
    HarnessFault,
    Progress,
    RunFinished,
    RunStarted,
)
from harness.ground import Ground
from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.plan import Case, Planned
from harness.verdict import Status, Verdict, judge

BATCH = 200  # cases between two rounds of canaries
PATIENCE = 15.0  # seconds without news, beyond what the steps themselves may take, before a page counts as hung
SETTLE = 2.0  # seconds for the wire to finish what a page has already reported
WORDS = 0.5  # seconds to wait for the browser's own sentences (FACTS 1: all came within 8 ms)
RELAUNCHES = 5  # of one engine in one run
JOIN = 30.0  # seconds for an engine's thread to close its browser

Launcher = Callable[[engines.EngineName, engines.Launch], Browser]


@dataclass(frozen=True)
class Order:
    """What is to be run: the cases, the engines, and the deviations that are known.

    ``required`` is false where engines were not asked for by name: one that cannot be used is then left out, and said.
    """

    cases: tuple[Case, ...]
    engines: tuple[EngineChoice, ...]
    headed: bool = False
    required: bool = True
    deviations: tuple[deviations.Deviation, ...] = ()
    launcher: Launcher = engines.launch


def run(order: Order, ground: Ground) -> Iterator[Event]:
    """Run the order and yield events; the last one is `RunFinished`. Closing the generator stops everything."""
    begun = time.monotonic()
    events: queue.Queue[Event | None] = queue.Queue()
    stop = threading.Event()
    workers = [_EngineRun(choice, order, ground, events.put, stop) for choice in order.engines]
    threads = [threading.Thread(target=_work, args=(worker, events, stop), daemon=True) for worker in workers]
    yield RunStarted(tuple(choice.name.value for choice in order.engines), len(order.cases))
    interrupted = False
    try:
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            try:
                event = events.get()
            except KeyboardInterrupt:
                interrupted = True
                _halt(workers, stop)
                continue
            if event is None:
                running -= 1
            else:
                yield event
    finally:
        _halt(workers, stop)
        for thread in threads:
            thread.join(JOIN)
    yield RunFinished(interrupted, time.monotonic() - begun)


def _halt(workers: Sequence[_EngineRun], stop: threading.Event) -> None:
    stop.set()
    for worker in workers:
        worker.halt()


def _work(worker: _EngineRun, events: queue.Queue[Event | None], stop: threading.Event) -> None:
    try:
        worker.run()
    except Exception as error:
        # Nothing may end in silence: a fault of ours is told, and the run is not green.
        events.put(HarnessFault(worker.engine, f"{type(error).__name__}: {error}", traceback.format_exc()))
    finally:
        events.put(None)


class _Stopped(Exception):
    """The run was told to end; what has been measured is already out."""


@dataclass
class _Batch:
    """A batch on its way: what is asked, and the results so far by token."""

    planned: Sequence[Planned]
    results: dict[str, dict[int, PageResult]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, report: Results) -> int:
        """Keep results; return how many cases they complete."""
        complete = 0
        lengths = {one.token: len(one.unit["steps"]) for one in self.planned}
        for step in report.steps:
            token, result = str(step["unit"]), PageResult.read(step)
            if token in lengths:
                self.results[token][result.step] = result
                complete += len(self.results[token]) == lengths[token]
        return complete

    def page_results(self, one: Planned) -> tuple[PageResult, ...]:
        """Return the results of a case in the order of its steps."""
        return tuple(result for _, result in sorted(self.results[one.token].items()))

    def is_complete(self, one: Planned) -> bool:
        """Tell whether every step of a case was reported."""
        return len(self.results[one.token]) == len(one.unit["steps"])


class _EngineRun:
    """All cases on one engine."""

    def __init__(
        self, choice: EngineChoice, order: Order, ground: Ground, emit: Callable[[Event], None], stop: threading.Event
    ) -> None:
        self.engine = choice.name.value
        self._choice = choice
        self._order = order
        self._ground = ground
        self._emit = emit
        self._stop = stop
        self._session: Session | None = None
        self._browser: Browser | None = None
        self._batches = 0
        self._launches = 0

    def halt(self) -> None:
        """Wake this run where it waits for a page; it finds that it was told to stop."""
        session = self._session
        if session is not None:
            session.die("the run was stopped")

    def run(self) -> None:
        """Run every case; what goes wrong with a browser is told as an event."""
        try:
            self._launch()
        except BrowserUnavailable as error:
            self._emit(EngineUnavailable(self.engine, str(error), error.hint, self._order.required))
            if self._order.required:
                self._stop.set()
            return
        try:
            for page, todo in self._by_page().items():
                self._run_page(page, todo)
        except _Stopped:
            return
        finally:
            if self._browser is not None:
                self._browser.close()

    def _launch(self) -> None:
        how = engines.Launch(self._choice.path, self._ground.proxy, self._order.headed)
        self._browser = self._order.launcher(self._choice.name, how)
        self._launches += 1
        self._emit(EngineReady(self.engine, self._browser.info, relaunch=self._launches > 1))

    def _by_page(self) -> dict[str, list[Planned]]:
        assert self._browser is not None
        grouped: dict[str, list[Planned]] = defaultdict(list)
        for case in self._order.cases:
            reason = capabilities.missing(self._browser.info.protocol, case.scenario)
            if reason:
                self._emit(CaseFinished(self.engine, case, Verdict(Status.SKIPPED, cause=reason)))
            else:
                grouped[case.scenario.page].append(plan.plan(case, self._ground))
        # The slow ones first: they wait while the others are asked.
        return {page: sorted(todo, key=lambda one: -plan.allowance([one])) for page, todo in grouped.items()}

    def _run_page(self, page: str, todo: list[Planned]) -> None:
        """Run what is to be done on one origin, on as many browsers as it takes."""
        while todo:
            try:
                with self._live_page(page) as (live, session):
                    while todo:
                        self._ask_canaries(page, live, session)
                        asked, todo = todo[:BATCH], todo[BATCH:]
                        untouched, cause = self._run_batch(asked, live, session)
                        if cause:
                            todo = untouched + todo
                            raise BrowserCrashed(cause)
            except BrowserCrashed as error:
                todo = self._replace_browser(str(error), todo)

    @contextlib.contextmanager
    def _live_page(self, page: str) -> Iterator[tuple[Page, Session]]:
        self._stop_if_told()
        assert self._browser is not None
        session = self._session = self._ground.board.open()
        sandboxed = "?sandboxed" if page == "null" else ""
        try:
            url = f"{self._ground.page_url(page)}/agent/{session.id}{sandboxed}"
            live = self._browser.open(url, session.die)
            try:
                yield live, session
            finally:
                live.close()
        finally:
            self._session = None
            self._ground.board.close(session)

    def _replace_browser(self, cause: str, todo: list[Planned]) -> list[Planned]:
        """Start another browser and return what is left to do; give up after `RELAUNCHES`."""
        self._stop_if_told()
        assert self._browser is not None
        self._browser.close()
        if self._launches > RELAUNCHES:
            cause = f"{cause}; given up after {RELAUNCHES} relaunches"
        else:
            self._emit(EngineLost(self.engine, cause, relaunch=True))
            try:
                self._launch()
            except BrowserUnavailable as error:
                cause = f"{cause}; and then {error}"
            else:
                return todo
        self._emit(EngineLost(self.engine, cause, relaunch=False))
        for one in todo:
            self._untested(one, Trouble.INCONCLUSIVE, f"never asked: {cause}")
        return []

    def _stop_if_told(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _ask_canaries(self, page: str, live: Page, session: Session) -> None:
        scenarios = [replace(canary, page=page) for canary in canaries.CANARIES]
        asked = [plan.plan(case, self._ground) for case in plan.cases(scenarios, [canaries.HOOKS])]
        batch, cause = self._collect(asked, session, report_progress=False)
        if cause:
            raise BrowserCrashed(f"{cause} while it was asked canaries")
        failures = []
        for one, observation in self._observations(asked, batch, live):
            verdict = judge(one.expectation, observation, origin=one.origin)
            if verdict.status is not Status.PASS:
                why = "; ".join(map(str, verdict.differences)) or verdict.cause
                failures.append(f"{one.case.scenario.id}: {why}")
            self._ground.wire.forget(one.token)
        self._emit(CanariesSung(self.engine, page, len(asked), tuple(failures)))
        if failures:
            self._stop.set()
            raise _Stopped

    def _run_batch(self, asked: Sequence[Planned], live: Page, session: Session) -> tuple[list[Planned], str]:
        """Run a batch and judge what came back; return what was never begun and, if the page died, the cause."""
        batch, cause = self._collect(asked, session, report_progress=True)
        complete = [one for one in asked if batch.is_complete(one)]
        for one, observation in self._observations(complete, batch, live):
            self._judge(one, observation)
        untouched = []
        for one in asked:
            if batch.is_complete(one):
                continue
            if self._ground.wire.read(one.token) or batch.results[one.token]:
                self._untested(one, Trouble.CRASH, cause, batch.page_results(one))
            else:
                untouched.append(one)
        return untouched, cause

    def _collect(self, asked: Sequence[Planned], session: Session, *, report_progress: bool) -> tuple[_Batch, str]:
        """Give a page a batch and wait for its end; return what came and, if the end did not, why."""
        self._batches += 1
        batch = _Batch(asked)
        session.give(plan.batch(self._batches, asked))
        patience = PATIENCE + plan.allowance(asked)
        while True:
            news = session.wait(patience)
            if self._stop.is_set():
                raise _Stopped
            match news:
                case Results():
                    complete = batch.take(news)
                    if report_progress:
                        self._emit(Progress(self.engine, complete))
                case BatchDone():
                    return batch, ""
                case PageDied():
                    return batch, news.cause
                case None:
                    return batch, f"the page did not report for {patience:g} s"

    def _observations(
        self, planned: Sequence[Planned], batch: _Batch, live: Page
    ) -> Iterator[tuple[Planned, Observation]]:
        """Yield what was observed of each case, once the wire has settled and the browser has had its say."""
        errors = {
            one.token
            for one in planned
            if any(result.outcome is PageOutcome.NETWORK_ERROR for result in batch.page_results(one))
        }
        faults = self._ground.faults() if errors else ()
        live.wait_for_messages(frozenset(errors), WORDS)
        messages = live.messages()
        for one in planned:
            exchanges = self._ground.wire.settle(one.token, SETTLE)
            reason = next((message.text for message in messages if message.mentions(one.token)), "")
            yield one, Observation(batch.page_results(one), exchanges, reason, faults)

    def _judge(self, one: Planned, observation: Observation) -> None:
        case = one.case
        known = deviations.find(self._order.deviations, self.engine, case.scenario.id, case.hooks)
        if known is not None:
            known = replace(known, instead=one.fill(known.instead))
        self._finish(one, observation, judge(one.expectation, observation, origin=one.origin, deviation=known))

    def _untested(self, one: Planned, trouble: Trouble, cause: str, page: tuple[PageResult, ...] = ()) -> None:
        exchanges = self._ground.wire.read(one.token)
        observation = Observation(page, exchanges, trouble=trouble, cause=cause)
        self._finish(one, observation, judge(one.expectation, observation, origin=one.origin))

    def _finish(self, one: Planned, observation: Observation, verdict: Verdict) -> None:
        self._ground.wire.forget(one.token)
        self._emit(CaseFinished(self.engine, one.case, verdict, one, observation))
