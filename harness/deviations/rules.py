"""All rules of all engines, and the models made of them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.deviations import chromium, firefox, web_platform_tests, webkit
from harness.deviations.rule import Rule
from harness.oracle import STANDARD, Rules

RULES: tuple[Rule, ...] = (*chromium.RULES, *firefox.RULES, *webkit.RULES, *web_platform_tests.RULES)


def rules_for(engine: str, version: str) -> tuple[Rule, ...]:
    """Return the rules that hold in that version of that engine; none for an engine that nobody has looked at."""
    return tuple(rule for rule in RULES if rule.holds_in(engine, version))


def model(rules: Iterable[Rule]) -> Rules:
    """Return the standard with all of these rules in place, each applied on top of those before it."""
    made = STANDARD
    for rule in rules:
        made = rule.apply(made)
    return made
