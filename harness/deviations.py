"""Recorded deviations: places where an engine is known to do otherwise than the standard, and what it does instead.

A deviation that shows makes a result `known`; one that no longer shows is a failure, so that the record stays true.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.scenario import Expectation


@dataclass(frozen=True)
class Deviation:
    """What one engine does instead in one scenario under one hook set, why, and where that is discussed."""

    engine: str
    scenario: str
    hooks: str
    why: str
    link: str
    instead: Expectation


def find(deviations: tuple[Deviation, ...], engine: str, scenario: str, hooks: str) -> Deviation | None:
    """Return the deviation that is recorded for this case, or None."""
    wanted = (engine, scenario, hooks)
    return next((d for d in deviations if (d.engine, d.scenario, d.hooks) == wanted), None)
