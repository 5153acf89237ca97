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

CASES = every_case()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.scenario.id}-{case.api}")
def test_the_oracle_meets_the_row(case: Case) -> None:
    """What script sees and why, and each request that arrives, is what the standard says."""
    planned = plan.plan(case, ORIGINS)
    foreseen = foresee(planned.unit, planned.turns, planned.places)
    assert _said(foreseen) == _said(planned.expectation)


def _said(expectation: Expectation) -> tuple[list[Seen], list[tuple[str, str, object]]]:
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
