"""The runner: cases through browsers, engines side by side, one stream of events out.

One thread per engine works through its cases page by page, in batches that a live page fetches for itself. What dies is
replaced and said; what was never asked is asked of the new browser; what was on its way has no verdict but a cause.
Knows no report; verdicts are `harness.verdict`'s.
"""

from __future__ import annotations

import gc
import queue
import sys
import threading
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness import capabilities, engines, plan
from harness.deviations import Deviation
from harness.doctor import diagnose
from harness.engines import Browser, EngineChoice
from harness.engines.visitor import Visitor
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
from harness.live import Answers, LivePage, Stopped, live_page
from harness.observation import Observation, PageResult, Trouble
from harness.plan import Case, Cases, Planned
from harness.prediction import Prediction, predict
from harness.verdict import Status, Verdict, View, judge
from harness.views import Views
from harness.wire import without_token

RELAUNCHES = 5  # of one engine in one run
# Seconds that a thread which judges may keep one waiting that serves. With Python's own 5 ms a long chain of redirects
# took nearly twice its time (measured).
SWITCHING = 0.0005
AHEAD = 2  # batches that a page may have at once: one that it does, and one that it finds when that is done
JOIN = 30.0  # seconds for an engine's thread to close its browser
CROWDED = "the browser may have forgotten preflights by now, and one that a person opened cannot be started again"

Launcher = Callable[[engines.EngineName, engines.Launch], Browser]


@dataclass(frozen=True)
class Order:
    """What is to be run: the cases, the engines, and the deviations that are known.

    ``required`` is false where engines were not asked for by name: one that cannot be used is then left out, and said.
    """

    cases: Cases | tuple[Case, ...]
    choices: tuple[EngineChoice | Visitor, ...]
    headed: bool = False
    required: bool = True
    deviations: tuple[Deviation, ...] = ()
    launcher: Launcher = engines.launch


class Interruption:
    """A way to end a run early from a signal handler: what has been measured is still judged and told."""

    def __init__(self) -> None:
        self._tell: Callable[[], None] | None = None

    def __call__(self, *_: object) -> None:
        """Interrupt the run that listens; where none does, the program."""
        if self._tell is None:
            raise KeyboardInterrupt
        self._tell()

    def listen(self, tell: Callable[[], None] | None) -> None:
        """Call ``tell``, which must be safe in a signal handler, when interrupted; None ends that."""
        self._tell = tell


_INTERRUPTED = object()


def run(order: Order, ground: Ground, interruption: Interruption | None = None) -> Iterator[Event]:
    """Run the order and yield events; the last one is `RunFinished`. Closing the generator stops everything."""
    begun = time.monotonic()
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()  # whose put may be called in a signal handler
    if interruption is not None:
        interruption.listen(lambda: events.put(_INTERRUPTED))
    stop = threading.Event()
    workers: list[_EngineRun] = []
    for choice in order.choices:
        workers.append(_EngineRun(choice, order, ground, events.put, stop, lambda: _halt(workers, stop)))
    threads = [
        threading.Thread(target=_work, args=(worker, events), name=f"corsproof-run-{worker.engine}", daemon=True)
        for worker in workers
    ]
    yield RunStarted(tuple(choice.label for choice in order.choices), len(order.cases))
    interrupted = False
    switching = sys.getswitchinterval()
    try:
        sys.setswitchinterval(SWITCHING)
        gc.freeze()  # what is there already is not looked through again while a run makes and drops its records
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            try:
                event = events.get()
            except KeyboardInterrupt:
                event = _INTERRUPTED
            if event is _INTERRUPTED:
                interrupted = True
                _halt(workers, stop)
            elif event is None:
                running -= 1
            else:
                yield event
    finally:
        if interruption is not None:
            interruption.listen(None)
        _halt(workers, stop)
        for thread in threads:
            thread.join(JOIN)
        sys.setswitchinterval(switching)
        gc.unfreeze()
    for exchange in ground.wire.take_late():
        # A verdict that did not know of it may be wrong: that must not pass in silence.
        what = f"{exchange.method} {without_token(exchange.target)} to {exchange.site}"
        yield HarnessFault("wire", f"a request arrived after its case was judged: {what}", "")
    yield RunFinished(interrupted, time.monotonic() - begun)


def _halt(workers: Sequence[_EngineRun], stop: threading.Event) -> None:
    stop.set()
    for worker in workers:
        worker.halt()


def _work(worker: _EngineRun, events: queue.SimpleQueue[Any]) -> None:
    try:
        worker.run()
    except BaseException as error:
        # Nothing may end in silence: a fault of ours is told, and the run is not green.
        events.put(HarnessFault(worker.engine, f"{type(error).__name__}: {error}", traceback.format_exc()))
    finally:
        events.put(None)


class _EngineRun:
    """All cases on one engine."""

    def __init__(
        self,
        choice: EngineChoice | Visitor,
        order: Order,
        ground: Ground,
        emit: Callable[[Event], None],
        stop: threading.Event,
        halt_all: Callable[[], None],
    ) -> None:
        self.engine = choice.label
        self._choice = choice
        self._order = order
        self._ground = ground
        self._emit = emit
        self._stop = stop
        self._halt_all = halt_all
        self._live: LivePage | None = None
        self._given_up = ""
        self._browser: Browser | None = None
        self._views: Views
        self._launches = 0
        self._losses = 0
        self._preflights = 0  # that the browser has seen
        self._asked = 0  # cases that the browser was asked

    def halt(self) -> None:
        """Wake this run where it waits for a page; it finds that it was told to stop."""
        live = self._live
        if live is not None:
            live.stop()

    def run(self) -> None:
        """Run every case; what goes wrong with a browser is told as an event."""
        try:
            self._launch()
        except BrowserUnavailable as error:
            cause, mend = str(error), ""
            if isinstance(self._choice, EngineChoice):
                cause, mend = diagnose(self._choice.name, cause)
            self._emit(EngineUnavailable(self.engine, cause, mend, self._order.required))
            if self._order.required:
                self._halt_all()
            return
        try:
            for page, todo in self._by_page().items():
                self._run_page(page, plan.Todo(todo))
        except Stopped:
            return
        finally:
            if self._browser is not None:
                self._browser.close()

    def _launch(self) -> None:
        if isinstance(self._choice, Visitor):
            self._browser = self._choice.connect()
        else:
            how = engines.Launch(self._choice.path, self._ground.proxy, self._order.headed)
            self._browser = self._order.launcher(self._choice.name, how)
        self._launches += 1
        self._preflights = self._asked = 0
        self._views = Views(self.engine, self._browser.info.version, self._order.deviations)
        self._emit(EngineReady(self.engine, self._browser.info, relaunch=self._launches > 1))

    def _by_page(self) -> dict[str, Cases]:
        """Return what can be asked, by page, and skip the rest."""
        by_page: dict[str, list[tuple[Case, range]]] = defaultdict(list)
        for case, numbers in Cases.of(self._order.cases).runs:
            if reason := self._lacking(case):
                for one in Cases(((case, numbers),)):
                    self._skip(one, reason)
            else:
                by_page[case.scenario.page].append((case, numbers))
        return {page: Cases(tuple(runs)) for page, runs in by_page.items()}

    def _run_page(self, page: str, todo: plan.Todo) -> None:
        """Run what is to be done on one origin, on as many browsers as it takes."""
        if self._given_up:
            self._never_asked(todo)
        while todo:
            try:
                self._stop_if_told()
                assert self._browser is not None
                if self._is_crowded(todo) or self._is_worn:
                    self._renew_browser(todo)
                with live_page(page, self._browser, self._ground) as live:
                    self._live = live
                    cause = self._ask(live, todo)
            except BrowserCrashed as error:
                cause = str(error)
            if cause:
                self._replace_browser(cause, todo)

    def _ask(self, live: LivePage, todo: plan.Todo) -> str:
        """Ask a page canaries, and then batch after batch; return why it died, where it did.

        While the page is busy with a batch the one before it is judged; each but the first begins with canaries, too.
        Sequences are alone, for they ask about caches.
        """
        self._told_by_canaries(live, *live.ask_canaries())
        asked, cause = 0, ""
        untouched: list[Case] = []
        begun: deque[Answers] = deque()
        while True:
            alone = todo.has_sequences or any(one.case.is_sequence for answers in begun for one in answers.planned)
            ends = cause or self._stop.is_set() or self._is_crowded(todo) or self._is_worn
            room = 0 if ends else 1 if alone else AHEAD
            if todo and len(begun) < room:
                planned = [plan.plan(case, self._ground) for case in todo.next_batch()]
                begun.append(live.begin(planned, with_canaries=asked > 0))
                asked += len(planned)
                self._asked += len(planned)
            elif begun:
                answers = begun.popleft()
                live.finish(answers, lambda cases: self._emit(Progress(self.engine, cases)))
                untouched += self._judge_batch(answers, live)
                cause = cause or answers.cause  # the first: what comes behind it follows from it
            else:
                self._stop_if_told()
                todo.put_back(untouched)
                return cause

    @property
    def _is_worn(self) -> bool:
        """Whether the browser has done so much that it should make room; one that a person opened cannot."""
        return self._asked >= plan.LIFETIME and not isinstance(self._choice, Visitor)

    def _is_crowded(self, todo: plan.Todo) -> bool:
        """Tell whether sequences are next, and the browser may forget what they want it to remember."""
        return self._preflights > plan.PREFLIGHTS and todo.has_sequences

    def _lacking(self, case: Case) -> str:
        """Say why a case cannot be asked here; an empty string where it can."""
        family, choice = self._choice.family, self._choice
        missing = capabilities.missing(family, case.scenario, case.api) if family else ""
        if not missing and isinstance(choice, EngineChoice) and choice.is_remote:
            missing = capabilities.beyond_reach(case.scenario)
        return missing or (choice.lacks(case.scenario, case.api, case.hooks) if isinstance(choice, Visitor) else "")

    def _skip(self, case: Case, reason: str) -> None:
        self._emit(CaseFinished(self.engine, case, Verdict(Status.SKIPPED, cause=reason)))

    def _renew_browser(self, todo: plan.Todo) -> None:
        """Go on with a fresh browser; with one that nobody can start again, without what needs a fresh one."""
        if isinstance(self._choice, Visitor):
            for case in todo.take_sequences():
                self._skip(case, CROWDED)
            return
        assert self._browser is not None
        self._browser.close()
        try:
            self._launch()
        except BrowserUnavailable as error:
            raise BrowserCrashed(str(error)) from error

    def _replace_browser(self, cause: str, todo: plan.Todo) -> None:
        """Start another browser for what is left to do; give up after `RELAUNCHES`."""
        self._stop_if_told()
        assert self._browser is not None
        self._browser.close()
        self._losses += 1
        if self._losses > RELAUNCHES:
            cause = f"{cause}; given up after {RELAUNCHES} relaunches"
        else:
            self._emit(EngineLost(self.engine, cause, relaunch=True))
            try:
                self._launch()
                return
            except BrowserUnavailable as error:
                cause = f"{cause}; and then {error}"
        self._emit(EngineLost(self.engine, cause, relaunch=False))
        self._given_up = cause
        self._never_asked(todo)

    def _never_asked(self, todo: plan.Todo) -> None:
        for case in todo.take_all():
            one = plan.plan(case, self._ground)
            self._untested(one, Trouble.INCONCLUSIVE, f"never asked: {self._given_up}")

    def _stop_if_told(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _told_by_canaries(self, live: LivePage, asked: int, failures: tuple[str, ...]) -> None:
        self._emit(CanariesSung(self.engine, live.page, asked, failures))
        if failures:
            self._halt_all()
            raise Stopped

    def _judge_batch(self, answers: Answers, live: LivePage) -> list[Case]:
        """Judge what came back of a batch, once its canaries are; return what was never begun."""
        if answers.controls:
            try:
                failures = live.sung(answers)
            except BrowserCrashed as error:
                answers.lose(str(error))
            else:
                self._told_by_canaries(live, len(answers.controls), failures)
        for one, observation in live.observe(answers):
            self._judge(one, observation)
        untouched = []
        for one in answers.planned:
            if self._stop.is_set() or answers.is_complete(one):
                continue
            if self._ground.wire.read(one.token) or answers.of(one):
                self._untested(one, Trouble.CRASH, answers.cause, answers.of(one))
            else:
                # Planned again it has another token, so a late request of the dead browser is none of the new one's.
                self._ground.forget(one.token)
                untouched.append(one.case)
        return untouched

    def _judge(self, one: Planned, observation: Observation) -> None:
        verdict, standard = self._views.judge(one, observation)
        self._finish(one, observation, verdict, standard.predicted)

    def _untested(self, one: Planned, trouble: Trouble, cause: str, page: tuple[PageResult, ...] = ()) -> None:
        exchanges = self._ground.wire.read(one.token)
        observation = Observation(page, exchanges, trouble=trouble, cause=cause)
        view = View(one.expectation, predict(one, page, exchanges))
        self._finish(one, observation, judge(view, observation, origin=one.origin), view.predicted)

    def _finish(
        self, one: Planned, observation: Observation, verdict: Verdict, predicted: tuple[Prediction, ...]
    ) -> None:
        self._ground.judged(one.token)
        self._preflights += sum(exchange.method == "OPTIONS" for exchange in observation.exchanges)  # at most so many
        self._emit(CaseFinished(self.engine, one.case, verdict, one, observation, predicted))
