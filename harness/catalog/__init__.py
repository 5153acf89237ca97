"""The catalogue: scenarios as data, by suite. The only logic is the loader; a suite is read when it is asked for."""

from __future__ import annotations

import importlib

from harness.deviations import Deviation
from harness.errors import UsageError
from harness.scenario import Scenario

SUITES = {
    "hooks": (
        "methods",
        "headers",
        "unknown_urls",
        "errors",
        "redirects",
        "cache",
        "access",
        "origins",
        "reading",
        "proxied",
    ),
}


def load(suite: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a suite in the order of its topics; raise `UsageError` for an unknown suite."""
    if suite not in SUITES:
        raise UsageError(f"unknown suite {suite!r}", hint=f"valid suites: {', '.join(SUITES)}")
    topics = (importlib.import_module(f"harness.catalog.{suite}.{topic}") for topic in SUITES[suite])
    return tuple(scenario for topic in topics for scenario in topic.SCENARIOS)


def deviations(suite: str) -> tuple[Deviation, ...]:
    """Return the deviations that are recorded for a suite."""
    recorded: tuple[Deviation, ...] = importlib.import_module(f"harness.catalog.{suite}.deviations").DEVIATIONS
    return recorded
