"""Recorded deviations: what an engine is known to do otherwise in one scenario, as its suite's catalogue lists them.

A deviation that shows makes a result `known`; one that no longer shows is a failure, so that the record stays true.
Imports the records of a scenario.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.scenario import Api, Expectation


@dataclass(frozen=True)
class Deviation:
    """What one engine does instead in one scenario under one hook set, why, and where that is discussed.

    ``api`` None means: through every interface. ``rule`` names the `harness.deviations.Rule` that this follows from.
    """

    engine: str
    scenario: str
    hooks: str
    why: str
    link: str
    instead: Expectation
    api: Api | None = None
    rule: str = ""

    def covers(self, engine: str, scenario: str, hooks: str, api: Api) -> bool:
        """Tell whether this is the record of that case."""
        same = (self.engine, self.scenario, self.hooks) == (engine, scenario, hooks)
        return same and self.api in (None, api)


def find(deviations: tuple[Deviation, ...], engine: str, scenario: str, hooks: str, api: Api) -> Deviation | None:
    """Return the deviation that is recorded for this case, or None."""
    return next((deviation for deviation in deviations if deviation.covers(engine, scenario, hooks, api)), None)
