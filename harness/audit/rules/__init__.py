"""The rules of an audit, one module per family; `RULES` has them all, by id."""

from __future__ import annotations

from harness.audit.findings import Rule
from harness.audit.rules import answers, caching, origins

RULES: tuple[Rule, ...] = tuple(sorted((*origins.RULES, *answers.RULES, *caching.RULES), key=lambda rule: rule.id))
