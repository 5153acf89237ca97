"""The plan: cases made concrete. Scenario + sites -> URLs with a token, units for the agent, expectations in full.

A case is one scenario under one hook set through one interface. Pure but for the tokens, which are random so that no
two runs share a URL. Knows no browser.
"""

from __future__ import annotations

import fnmatch
import itertools
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.scenario import Api, Crossing, Expectation, Scenario, Step
from harness.wire import TOKEN_PARAMETER, Pairs

BATCH = 200  # cases between two rounds of canaries
# Cases of several steps have a batch of their own: they ask about the preflight cache, and Firefox keeps only 100
# preflights for all sites together, so that a crowd of others would push theirs out (measured: 4 of 4 were).
SEQUENCES = 30
POOL = 24  # requests in flight in one page; about 1,000 make Chromium fail by itself (FACTS 10)


class Origins(Protocol):
    """Where the sites of a run are; `harness.ground.Ground` is it."""

    def page_origin(self, page: str) -> str:
        """Return the origin that script on a page has."""
        ...

    def api_origin(self, api: str, page: str) -> str:
        """Return the API's origin for that page."""
        ...

    def other_api_origin(self, api: str, page: str) -> str:
        """Return another origin of the same API."""
        ...


@dataclass(frozen=True)
class Case:
    """One scenario under one hook set through one interface; ``repeat`` counts from 0.

    ``expect`` names the hook set whose expectation holds: a faulty variant is held to what it is a variant of.
    """

    scenario: Scenario
    hooks: str
    api: Api
    expect: str
    repeat: int = 0


@dataclass(frozen=True)
class Planned:
    """A case with all that a run needs: its token, the page's origin, the agent's unit, the expectation in full."""

    case: Case
    token: str
    origin: str
    unit: dict[str, Any]
    expectation: Expectation
    places: tuple[tuple[str, str], ...]

    def fill(self, expectation: Expectation) -> Expectation:
        """Put this case's origins into an expectation."""
        return _filled(expectation, dict(self.places))


def cases(
    scenarios: Iterable[Scenario], hook_sets: Iterable[str], *, keep: str | None = None, repeat: int = 1
) -> Iterator[Case]:
    """Yield every case of the scenarios under the hook sets, in a fixed order.

    ``keep`` is a shell pattern, or a part, of the ids wanted. A ``broken:…`` set is held to what ``published`` does.
    """
    wanted = [scenario for scenario in scenarios if keep is None or matches(scenario.id, keep)]
    for hooks, scenario in itertools.product(hook_sets, wanted):
        expect = "published" if hooks.startswith("broken:") else hooks
        if expect in scenario.expect:
            for api, number in itertools.product(scenario.apis, range(repeat)):
                yield Case(scenario, hooks, api, expect, number)


def shard(every: Iterable[Case], number: int, count: int) -> tuple[Case, ...]:
    """Return the ``number``-th of ``count`` parts (from 1) that together hold every case once."""
    return tuple(itertools.islice(every, number - 1, None, count))


def matches(scenario_id: str, pattern: str) -> bool:
    """Tell whether an id contains the pattern or matches it as a shell pattern."""
    return pattern in scenario_id or fnmatch.fnmatchcase(scenario_id, pattern)


def plan(case: Case, origins: Origins) -> Planned:
    """Make a case concrete."""
    page = case.scenario.page
    places = (
        ("page", origins.page_origin(page)),
        ("api", origins.api_origin(case.hooks, page)),
        ("api2", origins.other_api_origin(case.hooks, page)),
    )
    filler = dict(places)
    token = secrets.token_hex(8)
    steps = [_agent_step(step, case.api, token, filler) for step in case.scenario.steps]
    expectation = _filled(case.scenario.expect[case.expect], filler)
    return Planned(case, token, filler["page"], {"id": token, "steps": steps}, expectation, places)


def batch(number: int, planned: Iterable[Planned]) -> dict[str, Any]:
    """Return a batch as the agent reads it."""
    return {"number": number, "pool": POOL, "units": [one.unit for one in planned]}


def next_batch(todo: Sequence[Planned]) -> tuple[Sequence[Planned], Sequence[Planned]]:
    """Split what is to be done on one page into the next batch and the rest."""
    sequences = [one for one in todo if len(one.unit["steps"]) > 1][:SEQUENCES]
    chosen = sequences or todo[:BATCH]
    tokens = {one.token for one in chosen}
    return chosen, [one for one in todo if one.token not in tokens]


def allowance(planned: Iterable[Planned]) -> float:
    """Return the longest time in seconds that may pass without news from a page that works."""
    return (
        max((step["after_ms"] + step["deadline_ms"] for one in planned for step in one.unit["steps"]), default=0) / 1000
    )


def _agent_step(step: Step, api: Api, token: str, places: dict[str, str]) -> dict[str, Any]:
    url = _fill(step.url, places)
    separator = "&" if "?" in url else "?"
    return {
        "api": api.value,
        "method": step.method,
        "url": f"{url}{separator}{TOKEN_PARAMETER}={token}",
        "headers": [list(pair) for pair in step.headers],
        "body": step.body,
        "credentials": step.credentials,
        "mode": step.mode,
        "redirect": step.redirect,
        "cache": step.cache,
        "upload_listener": step.upload_listener,
        "after_ms": step.after_ms,
        "abort_ms": step.abort_ms,
        "deadline_ms": step.deadline_ms,
    }


def _filled(expectation: Expectation, places: dict[str, str]) -> Expectation:
    return replace(expectation, wire=tuple(_filled_crossing(crossing, places) for crossing in expectation.wire))


def _filled_crossing(crossing: Crossing, places: dict[str, str]) -> Crossing:
    def pairs(headers: Pairs) -> Pairs:
        return tuple(sorted((name, _fill(value, places)) for name, value in headers))

    path = _fill(crossing.path, places)
    return replace(crossing, path=path, asks=pairs(crossing.asks), answers=pairs(crossing.answers))


def _fill(template: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        template = template.replace(f"{{{name}}}", value)
    return template
