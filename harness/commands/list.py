"""The command `list`: the scenarios of the suites, or the hook sets."""

from __future__ import annotations

import click

from harness.commands import options
from harness.errors import UsageError


@click.command("list")
@options.suites_argument
@options.keep_option
@click.option("--hooks", "show_hooks", is_flag=True, help="List the hook sets and the broken variants instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(suites: tuple[str, ...], keep: str | None, show_hooks: bool, as_json: bool) -> None:
    """List the scenarios of the suites (default: all)."""
    from harness import catalog, plan

    if show_hooks:
        click.echo("\n".join(options.valid_hooks()))
        return
    scenarios = [scenario for name in options.suite_names(suites) for scenario in catalog.load(name)]
    kept = [scenario for scenario in scenarios if keep is None or plan.matches(scenario.id, keep)]
    if not kept:
        raise UsageError(f"no scenario matches {keep!r}", hint="`corsproof list` shows all")
    rows = [
        {
            "scenario": scenario.id,
            "family": scenario.family,
            "page": scenario.page,
            "apis": [api.value for api in scenario.apis],
            "hooks": list(scenario.expect),
            "summary": scenario.summary,
        }
        for scenario in kept
    ]
    if as_json:
        import json

        click.echo(json.dumps({"schema_version": 1, "scenarios": rows}, indent=1, ensure_ascii=False))
        return
    wide = max(len(row["scenario"]) for row in rows)
    for row in rows:
        click.echo(f"{row['scenario']:<{wide}}  {row['family']:<12}  {row['summary']}")
    click.echo(f"{len(rows)} scenarios")
