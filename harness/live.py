"""A live page: open in a browser on some origin, it takes batches of planned cases and gives observations.

Joins the three sources of an observation: what the page posts home, what the wire recorded, what the browser said.
Knows what a run or a test does with them as little as it knows what is right.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from client_site import BatchDone, PageDied, Results, Session
from harness import canaries, plan
from harness.engines import Browser, Page, TellsCodes
from harness.errors import BrowserCrashed
from harness.ground import PAGES, Ground
from harness.literal import Answer, Rule, Script
from harness.observation import Observation, PageOutcome, PageResult
from harness.plan import Planned
from harness.prediction import predict
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.verdict import Status, View, judge
from harness.wording import CODED

PATIENCE = 15.0  # seconds without news, beyond what the steps themselves may take, before a page counts as hung
SETTLE = 2.0  # seconds for the wire to finish what a page has already reported
WORDS = 0.5  # seconds to wait for the browser's own sentences (FACTS 1: all came within 8 ms)


_STEPS = tuple(Step("PUT", f"{place}/") for place in ("{api}", "{api2}", "{cross}") for _ in range(8))
_SCRIPT = Script(
    (Rule((Answer(200, (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"))),)),)
)
WARM_UP = Scenario("warm-up", "", "", _STEPS, {LITERAL: None}, apis=(Api.FETCH,), turns=(_SCRIPT,))


class Stopped(Exception):
    """Whoever asked does not want to know any more."""


@dataclass
class Answers:
    """What a page has said about a batch so far; ``cause`` says why it will say no more, where it did not finish.

    ``heard`` is how many messages the browser had said before.
    """

    planned: Sequence[Planned]
    cause: str = ""
    number: int = 0
    heard: int = 0
    results: dict[str, dict[int, PageResult]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, report: Results) -> int:
        """Keep results; return how many cases they complete."""
        complete = 0
        for step in report.steps:
            token, result = str(step["unit"]), PageResult.read(step)
            if token in self._lengths:
                self.results[token][result.step] = result
                complete += len(self.results[token]) == self._lengths[token]
        return complete

    @cached_property
    def _lengths(self) -> dict[str, int]:
        return {one.token: len(one.unit["steps"]) for one in self.planned}

    def of(self, one: Planned) -> tuple[PageResult, ...]:
        """Return the results of a case in the order of its steps."""
        return tuple(result for _, result in sorted(self.results[one.token].items()))

    def is_complete(self, one: Planned) -> bool:
        """Tell whether every step of a case was reported."""
        return len(self.results[one.token]) == len(one.unit["steps"])


class LivePage:
    """A page that is open. Make one with `live_page`."""

    def __init__(self, page: str, ground: Ground, session: Session, browser_page: Page) -> None:
        self.page = page
        self._ground = ground
        self._session = session
        self._browser_page = browser_page
        self._batches = 0
        self._is_warm = False
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make whoever waits for this page raise `Stopped`; from any thread."""
        self._stopped.set()
        self._session.die("the run was stopped")

    def ask(self, planned: Sequence[Planned], on_progress: Callable[[int], None] = lambda cases: None) -> Answers:
        """Give the page a batch and wait for its end, for the page's, or for `stop`."""
        answers = Answers(planned)
        if not self._is_warm and any(one.turns for one in planned) and (cause := self._warm_up()):
            answers.cause = cause
            return answers
        try:
            self._listen(planned)
        except BrowserCrashed as error:
            answers.cause = str(error)
            return answers
        self._batches += 1
        answers.number = self._batches
        answers.heard = len(self._browser_page.messages())
        for one in planned:
            self._ground.stage(one)
        self._session.give(plan.batch(answers.number, planned))
        patience = PATIENCE + plan.allowance(planned)
        while not answers.cause:
            news = None if self._stopped.is_set() else self._session.wait(patience)
            if self._stopped.is_set():
                answers.cause = "the run was stopped"
                break
            match news:
                case Results():
                    if complete := answers.take(news):
                        on_progress(complete)
                case BatchDone(number) if number == answers.number:
                    return self._ended(answers)
                case PageDied():
                    answers.cause = news.cause
                case None:
                    answers.cause = f"the page did not report for {patience:g} s{self._last_words()}"
        return answers

    def _listen(self, planned: Sequence[Planned]) -> None:
        """Have the browser tell codes where they say more than its sentences, and not where they only cost."""
        if isinstance(self._browser_page, TellsCodes):
            reasons = {seen.reason for one in planned for seen in one.expectation.seen}
            self._browser_page.tell_codes(bool(reasons & CODED))

    def _last_words(self) -> str:
        """Say what the browser said last that is about no case: an error of the page's own script, perhaps."""
        said = [message.text for message in self._browser_page.messages() if not message.tokens and not message.is_code]
        last = list(dict.fromkeys(said[-20:]))[-2:]
        return f"; the browser last said: {' / '.join(last)}" if last else ""

    def _warm_up(self) -> str:
        """Ask each host of the literal answers: Firefox makes the first few preflights to a host twice (FACTS 11)."""
        self._is_warm = True
        one = plan.plan(plan.Case(replace(WARM_UP, page=self.page), LITERAL, Api.FETCH, LITERAL), self._ground)
        cause = self.ask([one]).cause
        self._ground.forget(one.token)
        return cause

    @staticmethod
    def _ended(answers: Answers) -> Answers:
        """Say what is wrong with a page that calls a batch done without having answered all of it."""
        if not all(map(answers.is_complete, answers.planned)):
            answers.cause = "the page did not answer all that it was asked"
        return answers

    def observe(self, answers: Answers) -> Iterator[tuple[Planned, Observation]]:
        """Yield each case that was answered in full, once the wire has settled and the browser has had its say."""
        complete = [one for one in answers.planned if answers.is_complete(one)]
        errors = {
            one.token
            for one in complete
            if any(result.outcome is PageOutcome.NETWORK_ERROR for result in answers.of(one))
        }
        faults = self._ground.faults() if errors else {}
        self._browser_page.wait_for_messages(frozenset(errors), WORDS)
        words: dict[str, list[str]] = defaultdict(list)
        for message in sorted(self._browser_page.messages()[answers.heard :], key=lambda message: message.is_code):
            for token in message.tokens:
                words[token].append(message.text)
        for one in complete:
            page = answers.of(one)
            gave_up = any(result.outcome is PageOutcome.ABORTED for result in page)
            exchanges = self._ground.wire.settle(one.token, 0 if gave_up else SETTLE)
            own = tuple(faults[site] for site in (one.case.hooks, PAGES) if site in faults)
            yield one, Observation(page, exchanges, tuple(words[one.token]), own)

    def ask_canaries(self) -> tuple[int, tuple[str, ...]]:
        """Ask what is known; return how much was asked and what was answered wrong. Raise `BrowserCrashed`."""
        scenarios = [replace(canary, page=self.page) for canary in canaries.CANARIES]
        asked = [plan.plan(case, self._ground) for case in plan.cases(scenarios, [canaries.HOOKS])]
        answers = self.ask(asked)
        if self._stopped.is_set():
            raise Stopped
        if answers.cause:
            raise BrowserCrashed(f"{answers.cause} while it was asked canaries")
        failures = []
        for one, observation in self.observe(answers):
            view = View(one.expectation, predict(one, observation.page, observation.exchanges))
            verdict = judge(view, observation, origin=one.origin)
            if verdict.status is not Status.PASS:
                why = "; ".join(map(str, verdict.differences)) or verdict.cause
                failures.append(f"{one.case.scenario.id}: {why}")
            self._ground.judged(one.token)
        return len(asked), tuple(failures)


@contextlib.contextmanager
def live_page(page: str, browser: Browser, ground: Ground) -> Iterator[LivePage]:
    """Open a page on an origin (`harness.scenario.Scenario.page`) and close it again; raise `BrowserCrashed`."""
    session = ground.board.open()
    sandboxed = "?sandboxed" if page == "null" else ""
    try:
        opened = browser.open(f"{ground.page_url(page)}/agent/{session.id}{sandboxed}", session.die)
        try:
            yield LivePage(page, ground, session, opened)
        finally:
            opened.close()
    finally:
        ground.board.close(session)
