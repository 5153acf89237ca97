"""Visits: the catalogue run in the browser of whoever asks, one browser at a time, by the runner as everywhere.

What becomes of the events is handed in (a document maker, somebody to tell), for who runs does not report. Knows no
Flask.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from client_site import Refusal
from harness import catalog, plan, runner
from harness.engines.visitor import Visitor
from harness.events import CanariesSung, CaseFinished, EngineLost, Event, HarnessFault, RunFinished
from harness.ground import Ground
from harness.literal import templates
from harness.origins import is_loopback, parse_origin
from harness.places import mentions
from harness.scenario import LITERAL, Api, Scenario
from harness.serving import user_agents

Json = dict[str, Any]
FIRST_STOP = 20.0  # seconds until the runner knows the first page
CLOSING = 10.0  # seconds for a run to end that was told to
ELSEWHERE = "with --host there is one host for everything, and this scenario needs another one, or another site"
NO_PROXY = "its page has a name that only corsproof's own proxy knows, and a visiting browser does not use that"
NO_CERTIFICATE = "it needs https, and the certificates of the local sites are of an authority that no browser knows"
UNREACHED = "this browser does not get to the page's host"
PLAIN_HTTP = "the policy of this hook set lets no page on plain http beyond this machine have credentials"


class Document(Protocol):
    """What makes the document of a run (`harness.reports.document.RunDocument`)."""

    def __call__(self, event: Event) -> None:
        """Take one event."""
        ...

    def value(self) -> Json:
        """Return the document."""
        ...


@dataclass
class Visit:
    """One run in one browser: how far it is, and what was wrong with it as a whole."""

    label: str
    cases: int
    done: int = 0
    state: str = "running"
    troubles: list[str] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Take one event."""
        match event:
            case CaseFinished():
                self.done += 1
            case CanariesSung() if event.failures:
                self.troubles.append(f"canaries failed: {'; '.join(event.failures)}: nothing it says can be believed")
            case EngineLost() if not event.relaunch:
                self.troubles.append(event.cause)
            case HarnessFault():
                self.troubles.append(f"a fault of corsproof itself: {event.cause}")
            case RunFinished():
                self.state = "interrupted" if event.interrupted else "finished"


class Visits:
    """The runs of all visiting browsers, one after the other.

    ``home`` is where they come from and are sent back to; ``host`` is what ``localhost`` is for them, where it is
    another. ``done`` is told of each run that has ended: its label and its document.
    """

    def __init__(
        self,
        ground: Ground,
        hook_sets: Sequence[str],
        *,
        home: str,
        document: Callable[[], Document],
        done: Callable[[str, Json], None],
        host: str | None = None,
    ) -> None:
        self._ground = ground
        self._hook_sets = tuple(hook_sets)
        self._home = home
        self._document = document
        self._done = done
        self._host = host
        self._lock = threading.Lock()
        self._visitor: Visitor | None = None
        self._interruption = runner.Interruption()
        self._thread: threading.Thread | None = None
        self.visit: Visit | None = None

    def start(self, suites: Iterable[str], keep: str, reachable: Iterable[str], user_agent: str) -> str:
        """Begin a run; return the URL of its first page. Raise `Refusal`."""
        cases = self._cases(tuple(suites), keep)
        with self._lock:
            if self.visit is not None and self.visit.state == "running":
                raise Refusal(f"a run is under way in {self.visit.label}: wait for its end, or stop it")
            agent, tour = user_agents.read(user_agent), self._ground.board.begin_tour(self._home)
            lacks = self.lacks(frozenset(reachable))
            visitor = Visitor(agent.label, agent.version, user_agent, agent.family, tour, lacks)
            self.visit = visit = Visit(agent.label, len(cases))
            self._visitor, self._interruption = visitor, runner.Interruption()
            order = runner.Order(cases, (visitor,), required=False)
            self._thread = threading.Thread(target=self._run, args=(order, visit), daemon=True, name="corsproof-visit")
            self._thread.start()
        return tour.after(-1, FIRST_STOP) or self._home

    def stop(self) -> None:
        """End the run, if there is one: what was measured is kept."""
        thread = self._thread
        if self._visitor is not None and thread is not None and thread.is_alive():
            self._visitor.tour.end()
            with contextlib.suppress(KeyboardInterrupt):  # where the run has just ended by itself
                self._interruption()
            thread.join(CLOSING)

    def _run(self, order: runner.Order, visit: Visit) -> None:
        document = self._document()
        for event in runner.run(order, self._ground, self._interruption):
            document(event)
            if isinstance(event, RunFinished):
                self._done(visit.label, document.value())
            visit.take(event)

    def _cases(self, suites: tuple[str, ...], keep: str) -> plan.Cases:
        unknown = [name for name in suites if name not in catalog.SUITES]
        if unknown or not suites:
            raise Refusal(f"unknown suite {', '.join(unknown) or 'none'}; there are: {', '.join(catalog.SUITES)}")
        scenarios = [scenario for name in suites for scenario in catalog.load(name)]
        cases = plan.cases(scenarios, (*self._hook_sets, LITERAL), keep=keep or None)
        if not cases:
            raise Refusal(f"no scenario matches {keep!r}")
        return cases

    def lacks(self, reachable: frozenset[str]) -> Callable[[Scenario, Api, str], str]:
        """Return what says why a browser that gets to these origins cannot be asked a case; empty where it can."""

        def lacks(scenario: Scenario, api: Api, hooks: str) -> str:
            url = parse_origin("http://localhost" if scenario.page == "null" else scenario.page)
            assert url is not None, "a scenario sees to it"
            if not is_loopback(url.host):
                return NO_PROXY
            if url.scheme == "https" or scenario.needs_http_2:
                return NO_CERTIFICATE
            if self._host is not None:
                return PLAIN_HTTP if hooks == "hardened" else ELSEWHERE if _goes_elsewhere(scenario, hooks) else ""
            return "" if self._ground.page_url(scenario.page) in reachable else UNREACHED

        return lacks


def _goes_elsewhere(scenario: Scenario, hooks: str) -> bool:
    """Tell whether a scenario needs more hosts than ``localhost``; of a hook set's API the second origin is another."""
    texts = [*(step.url for step in scenario.steps), *(text for script in scenario.turns for text in templates(script))]
    names = ("cross",) if hooks == LITERAL else ("cross", "api2")
    return scenario.page not in ("http://localhost", "null") or any(
        mentions(text, name) for text in texts for name in names
    )
