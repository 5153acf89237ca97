"""The command `explain`: a reason, a rule or a scenario, told to people."""

from __future__ import annotations

import click

from harness.errors import UsageError


@click.command("explain")
@click.argument("name", metavar="REASON|RULE|SCENARIO")
def command(name: str) -> None:
    """Explain a reason of the oracle (its clause, each engine's words), a rule of an audit, or a scenario."""
    from difflib import get_close_matches

    from harness import catalog
    from harness import explain as explanations
    from harness.audit import policed
    from harness.audit.rules import RULES
    from harness.oracle import Reason

    rules = {key: rule for rule in (*RULES, *policed.RULES) for key in (rule.id, rule.name)}
    if name in rules:
        click.echo("\n".join(explanations.rule_lines(rules[name])))
        return
    reasons = {reason.value: reason for reason in Reason}
    if name in reasons:
        click.echo("\n".join(explanations.reason_lines(reasons[name])))
        return
    scenarios = {scenario.id: scenario for suite in catalog.SUITES for scenario in catalog.load(suite)}
    if name not in scenarios:
        close = get_close_matches(name, [*reasons, *rules, *scenarios], 3)
        hint = f"perhaps {' or '.join(close)}" if close else "`corsproof list` names scenarios"
        raise UsageError(
            f"there is no reason, no rule and no scenario {name!r}", hint=f"{hint}; reasons: {', '.join(reasons)}"
        )
    click.echo("\n".join(explanations.scenario_lines(scenarios[name])))
