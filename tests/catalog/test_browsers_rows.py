"""The suite `browsers` against the oracle alone: each row states by itself what the oracle computes."""

from __future__ import annotations

from collections import Counter

import pytest
from literal_cases import ORIGINS, every_case

from harness import catalog, plan
from harness.foresight import foresee
from harness.oracle import Reason
from harness.plan import Case
from harness.scenario import LITERAL, Crossing, Expectation, Outcome, Seen

Said = tuple[list[Seen], list[tuple[str, str, object]]]
CASES = every_case()


@pytest.mark.parametrize("family", sorted({case.scenario.family for case in CASES}))
def test_the_oracle_meets_the_rows(family: str) -> None:
    """What script sees and why, and each request that arrives, is what the standard says."""
    cases = [case for case in CASES if case.scenario.family == family]
    stated = {f"{case.scenario.id} {case.api}": _stated_and_foreseen(case) for case in cases}
    assert {name: both for name, both in stated.items() if both[0] != both[1]} == {}
    assert len(stated) == len(cases) > 0


def _stated_and_foreseen(case: Case) -> tuple[Said, Said]:
    planned = plan.plan(case, ORIGINS)
    return _said(planned.expectation), _said(foresee(planned.unit, planned.turns, planned.places))


def _said(expectation: Expectation) -> Said:
    """Return what a row says of an expectation; the type of a response only where it is opaque."""
    return [_untyped(seen) for seen in expectation.seen], [_request(crossing) for crossing in expectation.wire]


def _untyped(seen: Seen) -> Seen:
    return seen if seen.outcome is Outcome.OPAQUE else Seen(seen.outcome, seen.status, seen.headers, seen.reason)


def _request(crossing: Crossing) -> tuple[str, str, object]:
    return crossing.method, crossing.path, sorted(crossing.asks)


def test_there_are_enough() -> None:
    """The suite has the promised size: 600 scenarios over 20 topics, none of them tiny."""
    families = Counter(scenario.family for scenario in catalog.load("browsers"))
    assert families.total() >= 600
    assert len([family for family, count in families.items() if count >= 5]) >= 20


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_every_reason_is_there(reason: Reason) -> None:
    """Each reason of the oracle has a row that is refused for it."""
    seen = [seen for case in CASES for seen in (case.scenario.expect[LITERAL] or Expectation((), ())).seen]
    assert any(one.reason == reason.value for one in seen)
