"""The rules of audits as a whole: each of the catalogue is there or is said not to be, and the page tells them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.audit.findings import Rule
from harness.audit.fixes import FRAMEWORKS
from harness.audit.policed import RULES as OF_POLICIES
from harness.audit.rules import NOT_COVERED, RULES
from harness.explain import rules_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
CATALOGUE = {*(f"S{number:02}" for number in range(1, 30)), *(f"F{number:02}" for number in range(1, 32))}
EVERY = {rule.id: rule for rule in (*RULES, *OF_POLICIES)}


def test_each_rule_of_the_catalogue_is_covered_or_said_not_to_be() -> None:
    """Nothing is left out in silence, and nothing is in both."""
    assert {rule.id for rule in RULES} | NOT_COVERED.keys() == CATALOGUE
    assert not {rule.id for rule in RULES} & NOT_COVERED.keys()


@pytest.mark.parametrize("rule", EVERY.values(), ids=EVERY)
def test_a_rule_says_all_that_a_finding_needs(rule: Rule) -> None:
    """A name, a reason, a clause that can be opened, and a fix for each framework."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert re.fullmatch(r"[A-Z`].*\.", rule.why)
    assert rule.clause.startswith("https://")
    assert tuple(rule.fix) == FRAMEWORKS
    assert all(rule.fix.values())


def test_names_and_ids_are_unique() -> None:
    """What `explain` is asked by means one rule."""
    names = [key for rule in (*RULES, *OF_POLICIES) for key in (rule.id, rule.name)]
    assert len(names) == len(set(names))


def test_the_page_tells_the_rules_as_they_are() -> None:
    """`nox -s docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == rules_page(RULES, NOT_COVERED)
