"""The command `run`: suites in browsers, each case with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.commands import options, staging
from harness.commands.reporting import Reporting
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.events import Event
    from harness.ground import Ground
    from harness.reports.document import RunDocument
    from harness.runner import Order
    from harness.vectors import Vector

SHARD = "I/N"


@click.command("run")
@options.suites_argument
@options.browsers_option
@options.headed_option
@options.hooks_option
@options.keep_option
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    envvar="CORSPROOF_REPEAT",
    help="Run every scenario so many times; results are shown, none is chosen.",
)
@click.option(
    "--vectors",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar="CORSPROOF_VECTORS",
    help="Run the cases of a vector file, through oracle and engines, instead of suites.",
)
@click.option("--shard", metavar=SHARD, envvar="CORSPROOF_SHARD", help="Run the I-th of N parts of the scenarios.")
@options.report_option
@options.report_dir_option
@options.baseline_option
@options.json_option
@options.color_option
def command(
    suites: tuple[str, ...],
    browsers: tuple[str, ...],
    headed: bool,
    hooks: tuple[str, ...],
    keep: str | None,
    repeat: int,
    vectors: Path | None,
    shard: str | None,
    reports: str | None,
    report_dir: Path,
    baseline: Path | None,
    as_json: bool,
    color: bool | None,
) -> int:
    """Run the suites (default: all) in the browsers and judge every scenario."""
    from harness import catalog, plan, runner
    from harness.engines import Selection
    from harness.reports.document import RunDocument
    from harness.scenario import LITERAL

    reporting = Reporting.of(reports, report_dir, as_json=as_json, baseline=baseline)
    if vectors is not None and suites:
        raise UsageError("a vector file is run instead of suites", hint="leave out the one or the other")
    names = () if vectors is not None else options.suite_names(suites)
    told = _vectors(vectors)
    scenarios = [vector.scenario for vector in told]
    scenarios += [scenario for name in names for scenario in catalog.load(name)]
    hook_sets = options.hook_sets(hooks)
    part = _shard(shard)
    cases = plan.cases(scenarios, (*hook_sets, LITERAL), keep=keep, repeat=repeat).shard(*part)
    if not cases and shard is not None:
        raise UsageError(f"shard {shard} has no case", hint="choose fewer shards, or more scenarios")
    if not cases:
        ids = ", ".join(scenario.id for scenario in scenarios)
        raise UsageError(f"no scenario matches {keep!r} under {', '.join(hook_sets)}", hint=f"there are: {ids}")
    selection = Selection.parse(browsers)
    order = runner.Order(
        cases,
        selection.choices,
        headed,
        selection.required,
        tuple(d for name in names for d in catalog.deviations(name)),
    )
    document = RunDocument(
        shard=part, sources=_sources(names, vectors, list(dict.fromkeys(case.scenario.id for case in cases)))
    )
    return _carry_out(order, hook_sets, told, document, reporting, color=color)


def _sources(suites: tuple[str, ...], vectors: Path | None, scenarios: list[str]) -> dict[str, Any]:
    """Say where in the user's repository scenarios are written, of those that are."""
    from harness import catalog
    from harness.reports.repository import lines_of, place

    files = {name: file for suite in suites for name, file in catalog.sources(suite).items()}
    files |= dict.fromkeys(scenarios, str(vectors)) if vectors is not None else {}
    found: dict[str, Any] = {}
    for file in {files[name] for name in scenarios}:
        if place(file) is not None:
            mine = [name for name in scenarios if files[name] == file]
            lines = lines_of(mine, Path(file).read_text(encoding="utf-8"))
            found |= {name: place(file, lines.get(name)) for name in mine}
    return found


def _vectors(path: Path | None) -> tuple[Vector, ...]:
    if path is None:
        return ()
    from harness import vectors

    return vectors.load(path)


def _carry_out(
    order: Order,
    hook_sets: tuple[str, ...],
    told: tuple[Vector, ...],
    document: RunDocument,
    reporting: Reporting,
    *,
    color: bool | None,
) -> int:
    from harness import runner
    from harness.ground import Ground
    from harness.reports.console import LiveProgress, Summary, console
    from harness.reports.digest import baseline_of, ending
    from harness.tally import Tally

    tally = Tally()
    eaters = [tally, LiveProgress(console(color, stderr=True))]
    if reporting.wants_document:
        eaters.append(document)
    if not reporting.as_json:
        eaters.append(Summary(console(color), catalogued=not told))
    with (
        staging.interruptible() as interruption,
        Ground({}, names=staging.NAMES, proxied="proxy" if "proxy" in hook_sets else None) as ground,
    ):
        staging.add_apis(ground, hook_sets)
        events = runner.run(order, ground, interruption)
        for event in _with_oracle(events, order, told, ground) if told else events:
            staging.feed(event, eaters)
    if not reporting.wants_document:
        return int(tally.exit)
    made = reporting.held(document.value())
    held = baseline_of(made)
    return reporting.deliver(made, lambda: click.echo(f"{held}; {ending(made)}") if held else None)


def _with_oracle(events: Iterator[Event], order: Order, told: tuple[Vector, ...], ground: Ground) -> Iterator[Event]:
    """Tell the results of the oracle first, as if it were an engine."""
    from dataclasses import replace

    from harness import plan, vectors
    from harness.events import CaseFinished, Progress, RunStarted

    by_id = {vector.scenario.id: vector for vector in told}
    for event in events:
        if not isinstance(event, RunStarted):
            yield event
            continue
        yield replace(event, engines=(vectors.ENGINE, *event.engines))
        for case in order.cases:
            planned = plan.plan(case, ground)
            verdict, told_by_oracle = vectors.by_the_oracle(by_id[case.scenario.id], planned)
            yield CaseFinished(vectors.ENGINE, case, verdict, planned, predicted=told_by_oracle)
        yield Progress(vectors.ENGINE, len(order.cases))


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"{text!r} is no shard", hint=f"write {SHARD}, for example 1/4 for the first of four")
    return int(number), int(count)
