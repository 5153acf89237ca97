"""The plan: cases made concrete. Scenario + sites -> URLs with a token, units for the agent, expectations in full.

A case is one scenario under one hook set through one interface. Pure but for the tokens, which begin at random so that
no two runs share a URL. Knows no browser.
"""

from __future__ import annotations

import fnmatch
import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Protocol

from harness.foresight import expectation_of, foretell
from harness.literal import Script, filled, templates
from harness.oracle import Prediction
from harness.places import fill
from harness.scenario import Api, Crossing, Expectation, Scenario, Step
from harness.wire import TOKEN_PARAMETER, Pairs

BATCH = 1000  # cases between two rounds of canaries; with 400 a fast page does a twentieth less (measured)
# Cases of several steps have a batch of their own: they ask about the preflight cache, and Firefox keeps only 100
# preflights for all sites together, so that a crowd of others would push theirs out (measured: 4 of 4 were).
SEQUENCES = 30
PREFLIGHTS = 800  # in one browser, before another one is asked a sequence: of 1,024 Chromium forgets ten by chance
LIFETIME = 20_000  # cases of one browser: with 100,000 WebKitGTK took 1.8 GB, 13 KB more with each (measured)
POOL = 24  # requests in flight in one page; about 1,000 make Chromium fail by itself (FACTS 10)
NOBODY = "0" * 18  # the token of a question: as long as those that cases have


Places = tuple[tuple[str, str], ...]  # what each placeholder of a scenario stands for


class Origins(Protocol):
    """Where the sites of a run are; `harness.ground.Ground` is it."""

    def places(self, api: str, page: str) -> Places:
        """Return the origins that a case with this API on this page may name, but for ``h2``."""
        ...

    def http_2_origin(self) -> str:
        """Return the origin at which literal answers are given over HTTP/2, which is ``h2``."""
        ...


@dataclass(frozen=True, slots=True)  # there may be a hundred thousand
class Case:
    """One scenario under one hook set through one interface; ``repeat`` counts from 0.

    ``expect`` names the hook set whose expectation holds: a faulty variant is held to what it is a variant of.
    """

    scenario: Scenario
    hooks: str
    api: Api
    expect: str
    repeat: int = 0

    @property
    def is_sequence(self) -> bool:
        """Whether it has several steps."""
        return len(self.scenario.steps) > 1


@dataclass(frozen=True, eq=False)
class Question:
    """What a case asks, whoever asks it: the agent's unit under the token `NOBODY`, and the expectation in full.

    All cases of one scenario in one place have the same one, be they of several engines or repeats. ``turns`` are the
    literal answers, where there are any, and ``foretold`` what the standard makes of each step by them, where that is
    the expectation.
    """

    scenario: Scenario
    api: Api
    expect: str
    origin: str
    unit: dict[str, Any]
    expectation: Expectation
    places: Places
    turns: tuple[Script, ...] = ()
    foretold: tuple[Prediction, ...] = field(default=(), repr=False)

    def fill(self, expectation: Expectation) -> Expectation:
        """Put this question's origins into an expectation."""
        return _filled(expectation, dict(self.places))

    def asked(self, case: Case, token: str) -> Planned:
        """Return a case that asks it, with a token of its own."""
        steps = [{**step, "url": step["url"].replace(NOBODY, token)} for step in self.unit["steps"]]
        turns = self.turns
        if self._answers_name_it:
            turns = tuple(filled(script, lambda text: text.replace(NOBODY, token)) for script in turns)
        unit = {"id": token, "steps": steps}
        return Planned(self.origin, unit, self.expectation, self.places, turns, case, token, self)

    @cached_property
    def _answers_name_it(self) -> bool:
        return any(NOBODY in text for script in self.turns for text in templates(script))


@dataclass(frozen=True)
class Planned:
    """A case with all that a run needs: its question, under a token of its own."""

    origin: str
    unit: dict[str, Any]
    expectation: Expectation
    places: Places
    turns: tuple[Script, ...]
    case: Case
    token: str
    question: Question = field(repr=False)


@dataclass(frozen=True)
class Cases:
    """Cases in a fixed order, each with its repeats behind it.

    They are made when they are asked for: a hundred thousand repeats take no room.
    """

    runs: tuple[tuple[Case, range], ...] = ()

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Cases:
        """Return these cases in their order."""
        if isinstance(cases, Cases):
            return cases
        return cls(tuple((case, range(case.repeat, case.repeat + 1)) for case in cases))

    def __len__(self) -> int:
        return sum(len(numbers) for _, numbers in self.runs)

    def __iter__(self) -> Iterator[Case]:
        for case, numbers in self.runs:
            for number in numbers:
                yield Case(case.scenario, case.hooks, case.api, case.expect, number)

    def only(self, wanted: Callable[[Case], bool]) -> Cases:
        """Return those that are wanted, which is asked once for all repeats of one."""
        return Cases(tuple(run for run in self.runs if wanted(run[0])))

    def shard(self, number: int, count: int) -> Cases:
        """Return the ``number``-th of ``count`` parts (from 1) that together hold every case once."""
        part, before = [], 0
        for case, numbers in self.runs:
            part.append((case, numbers[(number - 1 - before) % count :: count]))
            before += len(numbers)
        return Cases(tuple(run for run in part if run[1]))


def cases(
    scenarios: Iterable[Scenario], hook_sets: Iterable[str], *, keep: str | None = None, repeat: int = 1
) -> Cases:
    """Return every case of the scenarios under the hook sets, in a fixed order.

    ``keep`` is a shell pattern, or a part, of the ids wanted. A ``broken:…`` set is held to what ``published`` does,
    and a ``broken:hardened-…`` to what ``hardened`` does.
    """
    wanted = [scenario for scenario in scenarios if keep is None or matches(scenario.id, keep)]
    return Cases(
        tuple(
            (Case(scenario, hooks, api, expect), range(repeat))
            for hooks, scenario in itertools.product(hook_sets, wanted)
            if (expect := _sound(hooks)) in scenario.expect
            for api in scenario.apis
        )
    )


def _sound(hooks: str) -> str:
    if hooks.startswith("broken:hardened-"):
        return "hardened"
    return "published" if hooks.startswith("broken:") else hooks


def matches(scenario_id: str, pattern: str) -> bool:
    """Tell whether an id contains the pattern or matches it as a shell pattern."""
    return pattern in scenario_id or fnmatch.fnmatchcase(scenario_id, pattern)


def plan(case: Case, origins: Origins) -> Planned:
    """Make a case concrete."""
    places = origins.places(case.hooks, case.scenario.page)
    if case.scenario.needs_http_2:
        places = (*places, ("h2", origins.http_2_origin()))
    return _question(_Same(case.scenario), case.api, case.expect, places).asked(case, _token())


class _Same:
    """A scenario, which is no other than itself: comparing two takes longer than planning one."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.scenario is other.scenario

    def __hash__(self) -> int:
        return id(self.scenario)


@lru_cache(maxsize=1024)  # for repeats, and for engines that are asked side by side
def _question(same: _Same, api: Api, expect: str, places: Places) -> Question:
    scenario, filler = same.scenario, {**dict(places), "token": f"{TOKEN_PARAMETER}={NOBODY}"}
    steps = [_agent_step(step, api, filler) for step in scenario.steps]
    turns = tuple(_filled_script(script, filler) for script in scenario.turns)
    unit = {"id": NOBODY, "steps": steps}
    expected = scenario.expect[expect]
    foretold = foretell(unit, turns, places) if expected is None else ()
    expectation = expectation_of(foretold) if expected is None else _filled(expected, filler)
    return Question(scenario, api, expect, filler["page"], unit, expectation, places, turns, foretold)


_RUN, _NUMBERS = secrets.token_hex(6), itertools.count()


def _token() -> str:
    """Return what no other case has, of this process or of another."""
    return f"{_RUN}{next(_NUMBERS):06x}"


def batch(number: int, planned: Iterable[Planned], *, alone: bool = False, hushed: bool = False) -> dict[str, Any]:
    """Return a batch as the agent reads it.

    ``alone``: no other begins before it is done; ``hushed``: nobody listens to the browser, until a case fails.
    """
    units = [one.unit for one in planned]
    return {"number": number, "pool": POOL, "alone": alone, "hushed": hushed, "units": units}


class Todo:
    """What is to be done on one page: first what has several steps, a few at a time, then everything else."""

    def __init__(self, cases: Iterable[Case] = ()) -> None:
        every = Cases.of(cases)
        self._sequences = _Queue(every.only(lambda case: case.is_sequence))
        self._single = _Queue(every.only(lambda case: not case.is_sequence))

    def __bool__(self) -> bool:
        return bool(self._sequences or self._single)

    @property
    def has_sequences(self) -> bool:
        """Whether sequences are left, which then are next."""
        return bool(self._sequences)

    def next_batch(self) -> list[Case]:
        """Take what is to be asked next; nothing where nothing is left."""
        return self._sequences.take(SEQUENCES) if self._sequences else self._single.take(BATCH)

    def put_back(self, cases: Sequence[Case]) -> None:
        """Have cases that were taken and not asked be the next of their kind again, in their order."""
        for queue, is_sequence in ((self._sequences, True), (self._single, False)):
            queue.put_back([case for case in cases if case.is_sequence is is_sequence])

    def take_sequences(self) -> Iterator[Case]:
        """Take sequence after sequence, until none is left."""
        return iter(self._sequences)

    def take_all(self) -> Iterator[Case]:
        """Take case after case, until none is left."""
        return itertools.chain(self._sequences, self._single)


class _Queue:
    """Cases in their order, each made when it is taken."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._back: deque[Case] = deque()  # what was taken, and is next again
        self._rest = iter(cases)

    def __bool__(self) -> bool:
        if not self._back:
            self._back.extend(itertools.islice(self._rest, 1))
        return bool(self._back)

    def __iter__(self) -> Iterator[Case]:
        while self:
            yield self._back.popleft()

    def take(self, room: int) -> list[Case]:
        return list(itertools.islice(self, room))

    def put_back(self, cases: Sequence[Case]) -> None:
        self._back.extendleft(reversed(cases))


def allowance(planned: Iterable[Planned]) -> float:
    """Return the longest time in seconds that may pass without news from a page that works."""
    return (
        max((step["after_ms"] + step["deadline_ms"] for one in planned for step in one.unit["steps"]), default=0) / 1000
    )


def _agent_step(step: Step, api: Api, places: dict[str, str]) -> dict[str, Any]:
    url = fill(step.url, places)
    separator = "&" if "?" in url else "?"
    return {
        "api": api.value,
        "method": step.method,
        "url": f"{url}{separator}{places['token']}",
        "headers": [list(pair) for pair in step.headers],
        "body": step.body,
        "body_kind": step.body_kind,
        "credentials": step.credentials,
        "mode": step.mode,
        "redirect": step.redirect,
        "cache": step.cache,
        "referrer_policy": step.referrer_policy,
        "upload_listener": step.upload_listener,
        "after_ms": step.after_ms,
        "abort_ms": step.abort_ms,
        "deadline_ms": step.deadline_ms,
    }


def _filled_script(script: Script, places: dict[str, str]) -> Script:
    if not any("{" in template for template in templates(script)):
        return script  # and what it has worked out already
    return filled(script, lambda template: fill(template, places))


def _filled(expectation: Expectation, places: dict[str, str]) -> Expectation:
    return replace(expectation, wire=tuple(_filled_crossing(crossing, places) for crossing in expectation.wire))


def _filled_crossing(crossing: Crossing, places: dict[str, str]) -> Crossing:
    def pairs(headers: Pairs) -> Pairs:
        return tuple(sorted((name, fill(value, places)) for name, value in headers))

    path = fill(crossing.path, places)
    return replace(crossing, path=path, asks=pairs(crossing.asks), answers=pairs(crossing.answers))
