"""What engines cannot do: scenarios that need it are skipped, with the reason, and never silently.

One row per gap; an engine without rows can do all that scenarios ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.scenario import Scenario


@dataclass(frozen=True)
class Gap:
    """Something that the browsers of one protocol cannot do, and how to tell which scenarios need it."""

    protocol: str
    needs: Callable[[Scenario], bool]
    reason: str


GAPS: tuple[Gap, ...] = ()


def missing(protocol: str, scenario: Scenario, gaps: tuple[Gap, ...] = GAPS) -> str:
    """Return why a browser of this protocol cannot run a scenario; an empty string where it can."""
    return next((gap.reason for gap in gaps if gap.protocol == protocol and gap.needs(scenario)), "")
