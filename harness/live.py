"""A live page: open in a browser on some origin, it takes batches of planned cases and gives observations.

Joins the three sources of an observation: what the page posts home, what the wire recorded, what the browser said.
Knows what a run or a test does with them as little as it knows what is right.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from client_site import BatchDone, PageDied, Results, Session
from harness import canaries, capabilities, plan
from harness.engines import Browser, KeepsErrors, Message, Page, TellsCodes, TellsWords
from harness.errors import BrowserCrashed
from harness.ground import PAGES, Ground
from harness.literal import Answer, Rule, Script
from harness.observation import Observation, PageOutcome, PageResult
from harness.plan import Planned
from harness.prediction import predict
from harness.scenario import LITERAL, Api, Outcome, Scenario, Step
from harness.verdict import Status, View, judge
from harness.wording import CODED

PATIENCE = 15.0  # seconds without news, beyond what the steps themselves may take, before a page counts as hung
SETTLE = 2.0  # seconds for the wire to finish what a page has already reported
WORDS = 0.5  # seconds to wait for the browser's own sentences (FACTS 1: all came within 8 ms)


_LET_THROUGH = (Outcome.ALLOWED, Outcome.OPAQUE)  # the browser says nothing of it
_PREFLIGHTS = tuple(Step("PUT", f"{place}/") for place in ("{api}", "{api2}", "{cross}") for _ in range(8))
_SCRIPT = Script(
    (Rule((Answer(200, (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"))),)),)
)
WARM_UP = Scenario("warm-up", "", "", _PREFLIGHTS, {LITERAL: None}, apis=(Api.FETCH,), turns=(_SCRIPT,))


class Stopped(Exception):
    """Whoever asked does not want to know any more."""


@dataclass
class Answers:
    """What a page has said about a batch so far; ``cause`` says why it will say no more, where it did not finish.

    ``controls`` are canaries that were asked before the cases.
    """

    planned: Sequence[Planned]
    controls: Sequence[Planned] = ()
    number: int = 0
    cause: str = ""
    results: dict[str, dict[int, PageResult]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def all(self) -> tuple[Planned, ...]:
        """Controls and cases, in the order in which they are asked."""
        return (*self.controls, *self.planned)

    def take(self, report: Results) -> int:
        """Keep results; return how many cases they complete."""
        complete = 0
        for step in report.steps:
            if (token := str(step["unit"])) in self._asked:
                result = PageResult.read(step)
                self.results[token][result.step] = result
                complete += token in self.cases and self.is_complete(self._asked[token])
        return complete

    @cached_property
    def _asked(self) -> dict[str, Planned]:
        return {one.token: one for one in self.all}

    @cached_property
    def cases(self) -> frozenset[str]:
        """The tokens of the cases, without the controls."""
        return frozenset(one.token for one in self.planned)

    @cached_property
    def is_quiet(self) -> bool:
        """Whether there are cases, and each is expected to be let through."""
        seen = (seen.outcome for one in self.planned for seen in one.expectation.seen)
        return bool(self.planned) and all(outcome in _LET_THROUGH for outcome in seen)

    def lose(self, cause: str) -> None:
        """Forget what was answered: nobody knows whether it can be believed."""
        self.cause = cause
        self.results.clear()

    def of(self, one: Planned) -> tuple[PageResult, ...]:
        """Return the results of a case in the order of its steps."""
        return tuple(result for _, result in sorted(self.results[one.token].items()))

    def is_complete(self, one: Planned) -> bool:
        """Tell whether every step of a case was reported."""
        return len(self.results[one.token]) == len(one.unit["steps"])


class LivePage:
    """A page that is open. Make one with `live_page`.

    It does batch after batch, and begins the next while the last requests of one are on their way: `begin` gives one,
    and `finish` waits for it.
    """

    def __init__(self, page: str, ground: Ground, session: Session, browser_page: Page, *, is_warm: bool) -> None:
        self.page = page
        self._ground = ground
        self._session = session
        self._browser_page = browser_page
        self._batches = 0
        self._warming: Planned | None = None
        self._is_warm = is_warm
        self._stopped = threading.Event()
        self._end = ""  # why the page says no more
        self._begun: list[Answers] = []  # and not finished
        self._done: set[int] = set()  # numbers of batches that are, and were not finished here
        self._words: dict[str, list[Message]] = {}  # of the cases that were given and not observed
        self._small_talk: deque[str] = deque(maxlen=20)  # of no case: an error of the page's own script, perhaps
        self._listening = threading.Lock()  # over whether the browser is to tell its sentences
        self._surprised = False  # a case has failed that was expected to be let through
        session.on_failure = self._failed

    def stop(self) -> None:
        """Make whoever waits for this page raise `Stopped`; from any thread."""
        self._stopped.set()
        self._session.die("the run was stopped")

    def ask(self, planned: Sequence[Planned], on_progress: Callable[[int], None] = lambda cases: None) -> Answers:
        """Give the page a batch and wait for its end, for the page's, or for `stop`."""
        answers = self.begin(planned)
        self.finish(answers, on_progress)
        return answers

    def begin(self, planned: Sequence[Planned], *, with_canaries: bool = False) -> Answers:
        """Give the page a batch, with canaries before it if they are wanted."""
        answers = Answers(planned, self._plan_canaries() if with_canaries else ())
        self._begun.append(answers)
        try:
            self._listen()
        except BrowserCrashed as error:
            self._end = self._end or str(error)
        if not self._end:
            if not self._is_warm and any(one.turns for one in planned):
                self._warm_up()
            hushed = answers.is_quiet and isinstance(self._browser_page, TellsWords)
            answers.number = self._give(answers.all, hushed=hushed)
        return answers

    def finish(self, answers: Answers, on_progress: Callable[[int], None] = lambda cases: None) -> None:
        """Wait for the end of a batch, for the page's, or for `stop`.

        ``on_progress`` is told of the cases of every batch as they are answered.
        """
        patience = PATIENCE + plan.allowance(answers.all)
        while not self._end and answers.number not in self._done:
            stopped = self._stopped.is_set()
            match self._session.wait(0 if stopped else patience):
                case Results() as results:
                    if complete := sum(each.take(results) for each in self._begun):
                        on_progress(complete)
                case BatchDone(number):
                    self._done.add(number)
                case PageDied(cause) if not stopped:
                    self._end = cause
                case None:
                    self._end = "the run was stopped" if stopped else self._silence(patience)
        answers.cause = self._unanswered(answers) if answers.number in self._done else self._end
        self._end = self._end or answers.cause
        self._done.discard(answers.number)
        self._begun.remove(answers)
        self._forget_warm_up()

    def _give(self, planned: Sequence[Planned], *, alone: bool = False, hushed: bool = False) -> int:
        self._batches += 1
        for one in planned:
            self._words[one.token] = []
            self._ground.stage(one)
        self._session.give(plan.batch(self._batches, planned, alone=alone, hushed=hushed))
        return self._batches

    def _listen(self) -> None:
        """Have the browser tell sentences where errors are to come, and codes where those say more, and no more."""
        if isinstance(self._browser_page, TellsCodes):
            asked = [one for answers in self._begun for one in answers.planned]
            reasons = {seen.reason for one in asked for seen in one.expectation.seen}
            self._browser_page.tell_codes(bool(reasons & CODED))
        if isinstance(self._browser_page, TellsWords):
            with self._listening:
                are_quiet = all(answers.is_quiet for answers in self._begun)
                self._browser_page.tell_words(self._surprised or not are_quiet)

    def _failed(self, token: str) -> None:
        """Listen from now on, where a case has failed that was expected to be let through; the page waits for it."""
        if not any(token in answers.cases for answers in tuple(self._begun)):
            return  # of a canary nobody asks what the browser says
        assert isinstance(self._browser_page, TellsWords)
        try:
            with self._listening:
                self._surprised = True
                self._browser_page.tell_words(True)
        except BrowserCrashed as error:
            self._session.die(str(error))

    def _silence(self, seconds: float) -> str:
        """Say that nothing came for so long, and what the browser said last that is about no case."""
        if isinstance(self._browser_page, KeepsErrors):
            self._browser_page.tell_errors()
        self._hear()
        last = list(dict.fromkeys(self._small_talk))[-2:]
        said = f"; the browser last said: {' / '.join(last)}" if last else ""
        return f"the page did not report for {seconds:g} s{said}"

    def _warm_up(self) -> None:
        """Ask each host of the literal answers, so that no case has one of the first preflights to it."""
        self._is_warm = True
        case = plan.Case(replace(WARM_UP, page=self.page), LITERAL, Api.FETCH, LITERAL)
        self._warming = plan.plan(case, self._ground)
        self._give([self._warming], alone=True)

    def _forget_warm_up(self) -> None:
        if self._warming is not None:
            self._ground.forget(self._warming.token)
            del self._words[self._warming.token]
            self._warming = None

    @staticmethod
    def _unanswered(answers: Answers) -> str:
        """Say what is wrong with a page that calls a batch done without having answered all of it."""
        done = all(map(answers.is_complete, answers.all))
        return "" if done else "the page did not answer all that it was asked"

    def observe(self, answers: Answers) -> Iterator[tuple[Planned, Observation]]:
        """Yield each case that was answered in full, once the wire has settled and the browser has had its say."""
        yield from self._observe(answers, answers.planned)

    def _observe(self, answers: Answers, asked: Sequence[Planned]) -> Iterator[tuple[Planned, Observation]]:
        complete = [(one, answers.of(one)) for one in asked if answers.is_complete(one)]
        errors = {one.token for one, page in complete if any(it.outcome is PageOutcome.NETWORK_ERROR for it in page)}
        faults = self._ground.faults() if errors else {}
        self._hear(errors & answers.cases)
        for one, page in complete:
            gave_up = any(result.outcome is PageOutcome.ABORTED for result in page)
            exchanges = self._ground.wire.settle(one.token, 0 if gave_up else SETTLE)
            own = tuple(faults[site] for site in (one.case.hooks, PAGES) if site in faults)
            said = sorted(self._words.pop(one.token, ()), key=lambda message: message.is_code)
            yield one, Observation(page, exchanges, tuple(message.text for message in said), own)

    def _hear(self, errors: Set[str] = frozenset()) -> None:
        """Take what the browser has said; wait until it has worded the errors of these cases."""
        self._take_messages()
        unworded = (token for token in errors if all(message.is_code for message in self._words.get(token, ())))
        if missing := frozenset(unworded):
            self._browser_page.wait_for_messages(missing, WORDS)
            self._take_messages()

    def _take_messages(self) -> None:
        for message in self._browser_page.take_messages():
            for token in message.tokens & self._words.keys():
                self._words[token].append(message)
            if not message.tokens and not message.is_code:
                self._small_talk.append(message.text)

    def _plan_canaries(self) -> list[Planned]:
        return [plan.plan(case, self._ground) for case in _canaries_on(self.page)]

    def sung(self, answers: Answers) -> tuple[str, ...]:
        """Return which canaries of a batch were answered wrong; raise `BrowserCrashed` where not all were answered."""
        if not all(map(answers.is_complete, answers.controls)):
            raise BrowserCrashed(f"{answers.cause} while it was asked canaries")
        failures = []
        for one, observation in self._observe(answers, answers.controls):
            view = View(one.expectation, predict(one, observation.page, observation.exchanges))
            verdict = judge(view, observation, origin=one.origin)
            if verdict.status is not Status.PASS:
                why = "; ".join(map(str, verdict.differences)) or verdict.cause
                failures.append(f"{one.case.scenario.id}: {why}")
            self._ground.judged(one.token)
        return tuple(failures)

    def ask_canaries(self) -> tuple[int, tuple[str, ...]]:
        """Ask what is known; return how much was asked and what was answered wrong. Raise `BrowserCrashed`."""
        answers = self.begin((), with_canaries=True)
        self.finish(answers)
        if self._stopped.is_set():
            raise Stopped
        return len(answers.controls), self.sung(answers)


@lru_cache  # the same scenarios each time, whose questions are worked out once
def _canaries_on(page: str) -> tuple[plan.Case, ...]:
    return tuple(plan.cases([replace(one, page=page) for one in canaries.CANARIES], [canaries.HOOKS]))


@contextlib.contextmanager
def live_page(page: str, browser: Browser, ground: Ground) -> Iterator[LivePage]:
    """Open a page on an origin (`harness.scenario.Scenario.page`) and close it again; raise `BrowserCrashed`."""
    session = ground.board.open()
    sandboxed = "?sandboxed" if page == "null" else ""
    try:
        opened = browser.open(f"{ground.page_url(page)}/agent/{session.id}{sandboxed}", session.die)
        try:
            yield LivePage(page, ground, session, opened, is_warm=not capabilities.preflights_twice(browser.info.name))
        finally:
            opened.close()
    finally:
        ground.board.close(session)
