"""The prober: keeps browsers, pages and the application under test at hand, and asks one request at a time.

For those who ask as they go, such as tests; a run with everything known beforehand is `harness.runner`'s. Browsers are
started when first asked for; one that dies is given up and started again for the next question. Knows no pytest.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness import engines, plan
from harness.engines import Browser, EngineChoice, EngineInfo, EngineName
from harness.errors import BrowserCrashed, BrowserUnavailable, CanaryFailed, UsageError
from harness.ground import Ground
from harness.live import LivePage, live_page
from harness.observation import Observation
from harness.result import CorsResult, result_of
from harness.scenario import Api, Expectation, Outcome, Scenario, Seen, Step

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CANARIES_EVERY = 200  # questions to one page
PAGES = 4  # open at a time in one browser: each keeps a thread of the page's site and a connection busy
ONE_PAGE = frozenset({"webkit-inspector"})  # protocols of browsers with a single window
WHATEVER = Expectation((Seen(Outcome.ALLOWED),), ())  # what is expected is the asker's business

Hear = Callable[[plan.Planned, Observation], None]
Launcher = Callable[[EngineName, engines.Launch], Browser]


@dataclass(frozen=True)
class Question:
    """One request: what step, through which interface, from a page on which origin (or ``null``)."""

    step: Step
    api: Api = Api.FETCH
    page: str = "http://localhost"

    def case(self, api: str) -> plan.Case:
        """Return this question as a case against an API; raise `UsageError` where a page cannot ask it."""
        if not _TOKEN.fullmatch(self.step.method):
            raise UsageError(f"method {self.step.method!r} is no token", hint="browsers send none such")
        if "#" in self.step.url:
            raise UsageError(f"path {self.step.url!r} has a fragment", hint="browsers never send one: leave it out")
        steps, expect, apis = (self.step,), {api: WHATEVER}, (self.api,)
        try:
            scenario = Scenario("question", "question", "", steps, expect, page=self.page, apis=apis)
        except ValueError as error:
            raise UsageError(str(error).removeprefix("scenario question: ")) from error
        return plan.Case(scenario, api, self.api, expect=api)


class Prober:
    """Browsers, pages and sites of one process; safe to use from several threads, which then take turns."""

    def __init__(self, *, headed: bool = False, launcher: Launcher = engines.launch) -> None:
        self._headed = headed
        self._launcher = launcher
        self._closing = contextlib.ExitStack()
        self._ground = self._closing.enter_context(Ground({}))
        self._running: dict[EngineChoice, _Running] = {}
        self._unusable: dict[EngineChoice, BrowserUnavailable] = {}
        self._canaries: Counter[str] = Counter()
        self._app: Any = None
        self._apps = 0
        self._lock = threading.RLock()

    def start(self, choice: EngineChoice) -> EngineInfo:
        """Start a browser unless it runs; raise `BrowserUnavailable`, each time, where it cannot be used."""
        with self._lock:
            if choice in self._unusable:
                raise self._unusable[choice]
            if choice not in self._running:
                how = engines.Launch(choice.path, self._ground.proxy, self._headed)
                try:
                    browser = self._launcher(choice.name, how)
                    self._running[choice] = _Running(browser, self._ground, self._canaries)
                except BrowserUnavailable as error:
                    self._unusable[choice] = error
                    raise
            return self._running[choice].browser.info

    def canaries(self, engine: EngineName) -> int:
        """Return how many canaries an engine was asked so far."""
        return self._canaries[engine]

    def page_origin(self, page: str) -> str:
        """Return the origin, port included, that script on a page has."""
        with self._lock:
            return self._ground.page_origin(page)

    def ask(self, choice: EngineChoice, app: Any, question: Question, hear: Hear | None = None) -> CorsResult:
        """Let a page ask the application; ``hear`` is told what there was to observe, whatever it comes to.

        Raises `NoVerdict` where the answer says nothing about CORS, `BrowserCrashed` where the browser died over it,
        `CanaryFailed` where it cannot be believed.
        """
        with self._lock:
            self.start(choice)
            planned = plan.plan(question.case(self._serve(app)), self._ground)
            try:
                observation = self._running[choice].page(question.page).ask(planned)
            except BaseException:
                # Nobody knows what such a page still does: the next question goes to another browser.
                self._running.pop(choice).close()
                raise
            finally:
                self._ground.wire.forget(planned.token)
        if hear is not None:
            hear(planned, observation)
        return result_of(planned, observation, choice.name.value)

    def ask_all(
        self, choice: EngineChoice, app: Any, cases: Callable[[str], Iterable[plan.Case]]
    ) -> list[tuple[plan.Planned, Observation]]:
        """Let pages ask the application many cases, as many as can be at once; ``cases`` is told what it is called.

        Raises as `ask` does. What each case comes to is for the caller to judge.
        """
        by_page: dict[str, list[plan.Case]] = defaultdict(list)
        with self._lock:
            self.start(choice)
            for case in cases(self._serve(app)):
                by_page[case.scenario.page].append(case)
            return [pair for page, todo in by_page.items() for pair in self._ask_page(choice, page, todo)]

    def _ask_page(
        self, choice: EngineChoice, page: str, cases: Sequence[plan.Case]
    ) -> Iterator[tuple[plan.Planned, Observation]]:
        todo = plan.Todo(cases)
        while batch := todo.next_batch():
            planned = [plan.plan(case, self._ground) for case in batch]
            try:
                yield from self._running[choice].page(page).ask_all(planned)
            except BaseException:
                self._running.pop(choice).close()
                raise
            finally:
                for one in planned:
                    self._ground.wire.forget(one.token)

    def close(self) -> None:
        """End every browser and every site; may be called twice."""
        with self._lock, self._closing:
            while self._running:
                self._closing.callback(self._running.popitem()[1].close)

    def _serve(self, app: Any) -> str:
        """Serve an application while it is the one asked about; return its name on the ground."""
        name = f"app-{self._apps}"
        if self._apps == 0 or app is not self._app:
            self._ground.remove_api(name)
            self._app, self._apps = app, self._apps + 1
            name = f"app-{self._apps}"
            self._ground.add_api(name, lambda: app)
        return name


class _Running:
    """A browser that runs, and its open pages, the one used longest ago first."""

    def __init__(self, browser: Browser, ground: Ground, canaries: Counter[str]) -> None:
        self._canaries = canaries
        self.browser = browser
        self._ground = ground
        self._room = 1 if browser.info.protocol in ONE_PAGE else PAGES
        self._pages: OrderedDict[str, _OpenPage] = OrderedDict()

    def page(self, page: str) -> _OpenPage:
        """Return the open page on an origin; open one where there is none, in the place of the oldest."""
        if page not in self._pages:
            while len(self._pages) >= self._room:
                self._pages.popitem(last=False)[1].close()
            self._pages[page] = _OpenPage(page, self.browser, self._ground, self._canaries)
        self._pages.move_to_end(page)
        return self._pages[page]

    def close(self) -> None:
        """End the browser, and forget its pages."""
        with contextlib.ExitStack() as closing:
            closing.callback(self.browser.close)
            for page in self._pages.values():
                closing.callback(page.close)


class _OpenPage:
    """A page that stays open between questions, and is asked canaries first and now and then."""

    def __init__(self, page: str, browser: Browser, ground: Ground, canaries: Counter[str]) -> None:
        self._canaries = canaries
        self._engine = browser.info.name
        self._closing = contextlib.ExitStack()
        self._live: LivePage = self._closing.enter_context(live_page(page, browser, ground))
        self._asked = self._canaries_due = 0

    def ask(self, planned: plan.Planned) -> Observation:
        """Ask one case and wait for what there is to observe of it."""
        return self.ask_all([planned])[0][1]

    def ask_all(self, planned: Sequence[plan.Planned]) -> list[tuple[plan.Planned, Observation]]:
        """Ask a batch of cases and wait for what there is to observe of them."""
        if self._asked >= self._canaries_due:
            self._ask_canaries()
            self._canaries_due = self._asked + CANARIES_EVERY
        self._asked += len(planned)
        answers = self._live.ask(planned)
        observed = list(self._live.observe(answers))
        if len(observed) < len(planned):
            raise BrowserCrashed(f"{self._engine} gave no answer: {answers.cause}")
        return observed

    def _ask_canaries(self) -> None:
        asked, failures = self._live.ask_canaries()
        self._canaries[self._engine] += asked
        if failures:
            why = "; ".join(failures)
            raise CanaryFailed(
                f"{self._engine} answered {len(failures)} of {asked} canaries wrong on {self._live.page}: {why}",
                hint="nothing that this browser says can be believed",
            )

    def close(self) -> None:
        """Close the page."""
        self._closing.close()
