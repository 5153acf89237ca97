"""The command `replay`: one case, and everything about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.commands import options, staging
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.scenario import Scenario


@click.command("replay")
@click.argument("name", metavar="CASE|SCENARIO")
@options.browsers_option
@options.hooks_option
@options.headed_option
@click.option("--as-row", is_flag=True, help="Print it as Python source, with what must follow, and run nothing.")
@options.json_option
@options.color_option
def command(
    name: str,
    browsers: tuple[str, ...],
    hooks: tuple[str, ...],
    headed: bool,
    as_row: bool,
    as_json: bool,
    color: bool | None,
) -> int:
    """Run one case that `fuzz` printed, or one scenario, and tell everything about it."""
    from harness import casefile, catalog, plan, runner
    from harness.engines import Selection
    from harness.events import CaseFinished
    from harness.ground import Ground
    from harness.reports.cases import case_lines, verdict_lines
    from harness.reports.console import LiveProgress, console, tell
    from harness.reports.document import RunDocument
    from harness.statement import stated
    from harness.tally import Tally

    scenario = casefile.from_word(name) if name.startswith(casefile.PREFIX) else _scenario(name)
    if as_row:
        click.echo(casefile.to_source(stated(scenario)))
        return 0
    selection = Selection.parse(browsers)
    known = tuple(one for suite in catalog.SUITES for one in catalog.deviations(suite))
    hook_sets = () if scenario.turns else options.hook_sets(hooks) if hooks else tuple(scenario.expect)
    cases = plan.cases([scenario], hook_sets or scenario.expect)
    if not cases:
        about = ", ".join(scenario.expect)
        raise UsageError(f"{name} is not about {', '.join(hook_sets)}", hint=f"it is about {about}")
    order = runner.Order(cases, selection.choices, headed, selection.required, known)
    tally, document, results = Tally(), RunDocument(), list[CaseFinished]()
    eaters = (tally, document, LiveProgress(console(color, stderr=True)))
    with (
        staging.interruptible() as interruption,
        Ground({}, names=staging.NAMES, proxied="proxy" if "proxy" in hook_sets else None) as ground,
    ):
        staging.add_apis(ground, hook_sets)
        for event in runner.run(order, ground, interruption):
            staging.feed(event, eaters)
            if isinstance(event, CaseFinished):
                results.append(event)
    if as_json:
        click.echo(document.text())
    else:
        tell(console(color), (line for one in results for line in (*case_lines(one), *verdict_lines(one), "")))
    return int(tally.exit)


def _scenario(name: str) -> Scenario:
    """Return a scenario of any suite by its id."""
    from difflib import get_close_matches

    from harness import catalog

    scenarios = {scenario.id: scenario for suite in catalog.SUITES for scenario in catalog.load(suite)}
    if name not in scenarios:
        close = get_close_matches(name, list(scenarios), 3)
        hint = f"perhaps {' or '.join(close)}" if close else "`corsproof list` names them"
        raise UsageError(f"there is no scenario {name!r}", hint=f"{hint}; a case begins with case:")
    return scenarios[name]
