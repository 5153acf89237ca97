"""The rules of an audit, one module per family; `RULES` has them all, by id.

`NOT_COVERED` are those of the catalogue that a page and a wire record cannot show, each with the reason.
"""

from __future__ import annotations

from harness.audit.findings import Rule
from harness.audit.rules import answers, caching, causes, execution, origins, preflights

_FAMILIES = (origins, answers, caching, preflights, causes, execution)
RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in _FAMILIES for rule in family.RULES), key=lambda rule: (rule.id[0] != "S", rule.id))
)
NOT_COVERED = {
    "S17": "response splitting is a matter of the client: no browser sends a line break in Origin",
    "S22": "needs other Host and forwarding headers than a browser sends",
    "S25": "needs the target's logs",
    "S27": "needs a policy that changes while the audit runs",
    "S29": "would be an attack on the target's availability",
    "F22": "needs a policy that changes while a browser remembers it; F11 tells for how long it would",
    "F28": "needs a proxy that fails on demand",
    "F29": "shows only in old clients",
}
