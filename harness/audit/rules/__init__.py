"""The rules of an audit, one module per family; `RULES` has them all, by id."""

from __future__ import annotations

from harness.audit.findings import Rule
from harness.audit.rules import origins

RULES: tuple[Rule, ...] = tuple(sorted((*origins.RULES,), key=lambda rule: rule.id))
