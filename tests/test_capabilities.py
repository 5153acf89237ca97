"""Gaps of engines: what cannot be run is skipped with a reason, and nothing else is."""

from __future__ import annotations

import pytest

from harness.capabilities import GAPS, Gap, missing
from harness.scenario import Crossing, Expectation, Outcome, Scenario, Seen, Step

EXPECT = {"none": Expectation((Seen(Outcome.ALLOWED, 200),), (Crossing("GET", "/", 200),))}
PLAIN = Scenario("plain", "f", "s", (Step("GET", "{api}/"),), EXPECT)
NULL = Scenario("null", "f", "s", (Step("GET", "{api}/"),), EXPECT, page="null")
MADE_UP = (
    Gap("old", lambda scenario: scenario.page == "null", "has no sandbox"),
    Gap("old", lambda scenario: True, "can do nothing"),
)

CASES = {
    "needs-what-is-missing": ("old", NULL, "has no sandbox"),
    "next-gap": ("old", PLAIN, "can do nothing"),
    "another-protocol": ("new", NULL, ""),
}


@pytest.mark.parametrize(("protocol", "scenario", "reason"), CASES.values(), ids=CASES)
def test_missing(protocol: str, scenario: Scenario, reason: str) -> None:
    """The first gap of that protocol that a scenario needs is the reason; no gap is no reason."""
    assert missing(protocol, scenario, MADE_UP) == reason


def test_every_recorded_gap_has_a_reason() -> None:
    """A skip without a reason would be silent."""
    assert all(gap.reason for gap in GAPS)
