"""Recorded deviations: found for exactly their case."""

from __future__ import annotations

import pytest

from harness.deviations import Deviation, find
from harness.scenario import Api, Expectation

INSTEAD = Expectation((), ())
BOTH = Deviation("firefox", "put", "published", "why", "link", INSTEAD)
ONE = Deviation("firefox", "get", "published", "why", "link", INSTEAD, api=Api.XHR)

CASES = {
    "through-any-interface": (("firefox", "put", "published", Api.FETCH), BOTH),
    "through-the-other-too": (("firefox", "put", "published", Api.XHR), BOTH),
    "through-its-interface": (("firefox", "get", "published", Api.XHR), ONE),
    "not-through-the-other": (("firefox", "get", "published", Api.FETCH), None),
    "another-engine": (("webkit", "put", "published", Api.FETCH), None),
    "another-scenario": (("firefox", "put-json", "published", Api.FETCH), None),
    "another-hook-set": (("firefox", "put", "decorator", Api.FETCH), None),
    "a-faulty-variant": (("firefox", "put", "broken:origin-list", Api.FETCH), None),
}


@pytest.mark.parametrize(("case", "expected"), CASES.values(), ids=CASES)
def test_find(case: tuple[str, str, str, Api], expected: Deviation | None) -> None:
    """A record covers its engine, scenario, hook set and interface, and nothing beside."""
    assert find((ONE, BOTH), *case) is expected


def test_nothing_recorded() -> None:
    """Without records nothing is known."""
    assert find((), "firefox", "put", "published", Api.FETCH) is None


def test_the_first_record_counts() -> None:
    """Where two records cover a case, the first is the one."""
    twin = Deviation("firefox", "put", "published", "twin", "link", INSTEAD, api=Api.FETCH)
    assert find((twin, BOTH), "firefox", "put", "published", Api.FETCH) is twin
