"""The command `fuzz`: cases by chance, browsers held against the oracle."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from harness.commands import options, staging
from harness.commands.reporting import Reporting


@click.command("fuzz")
@click.option(
    "-n", "--cases", "count", type=click.IntRange(1), default=1000, show_default=True, help="Make so many cases."
)
@click.option(
    "--seed", type=click.IntRange(0), metavar="S", help="Make the cases of this seed; default: another each time."
)
@options.browsers_option
@options.headed_option
@click.option(
    "--shrink",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Make so many disagreements an engine smaller.",
)
@options.report_option
@options.report_dir_option
@options.json_option
@options.color_option
def command(
    count: int,
    seed: int | None,
    browsers: tuple[str, ...],
    headed: bool,
    shrink: int,
    reports: str | None,
    report_dir: Path,
    as_json: bool,
    color: bool | None,
) -> int:
    """Make cases by chance, hold the browsers against the oracle, and make each disagreement as small as can be."""
    import secrets

    from harness import plan, runner
    from harness.engines import Selection
    from harness.fuzzing import findings, generating, hunting
    from harness.ground import Ground
    from harness.reports.console import LiveProgress, console, tell
    from harness.reports.fuzzing import FuzzDocument, summary_lines
    from harness.scenario import LITERAL
    from harness.tally import Exit, Tally

    selection = Selection.parse(browsers)
    reporting = Reporting.of(reports, report_dir, as_json=as_json)
    seed = secrets.randbelow(2**32) if seed is None else seed
    say = functools.partial(click.echo, err=True)
    say(f"corsproof fuzz -n {count} --seed {seed}")
    cases = plan.cases(generating.scenarios(seed, count), [LITERAL])
    order = runner.Order(cases, selection.choices, headed, selection.required)
    tally, found, document = Tally(), findings.Findings(), FuzzDocument(seed)
    eaters = (tally, found, document, LiveProgress(console(color, stderr=True)))
    with staging.interruptible() as interruption, Ground({}, names=staging.NAMES) as ground:
        for event in runner.run(order, ground, interruption):
            staging.feed(event, eaters)
        most = 0 if tally.exit in (Exit.INTERRUPTED, Exit.NO_BROWSER) else shrink
        hunted = hunting.hunt(found.disagreements.values(), order, ground, most, interruption=interruption, say=say)
        disagreements = hunting.merged(hunted)
    made, out = document.value(found, disagreements, tally.exit), console(color)
    told = summary_lines(found, disagreements, seed, tally.exit, in_full=out.is_terminal)
    return reporting.deliver(made, lambda: tell(out, told))
