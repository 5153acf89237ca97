"""The command `doctor`: what each browser is, or what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.commands import options

if TYPE_CHECKING:
    from harness.doctor import Diagnosis


@click.command("doctor")
@click.argument("engines", nargs=-1, metavar="[ENGINE[=PATH]]...")
@click.option("--headed", is_flag=True, help="Show the browsers' windows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@options.color_option
def command(engines: tuple[str, ...], headed: bool, as_json: bool, color: bool | None) -> int:
    """Launch each engine (default: all), ask it the canaries, and say what it is or what mends it."""
    from harness import doctor as doctors
    from harness.engines import Selection
    from harness.ground import Ground
    from harness.reports.console import console, tell

    found = []
    for choice in Selection.parse(engines or ("all",)).choices:
        with Ground({}) as ground:
            diagnosis = doctors.examine(choice, ground, headed=headed)
        found.append(diagnosis)
        if not as_json:
            tell(console(color), _diagnosis_lines(diagnosis))
    if as_json:
        import dataclasses
        import json

        engines_found = [dataclasses.asdict(diagnosis) for diagnosis in found]
        click.echo(json.dumps({"schema_version": 1, "engines": engines_found}, indent=1, ensure_ascii=False))
    return 0 if all(diagnosis.usable for diagnosis in found) else 3


def _diagnosis_lines(diagnosis: Diagnosis) -> list[str]:
    if diagnosis.info is None or not diagnosis.usable:
        wrong = [f"  canary {failure}" for failure in diagnosis.failures]
        return [f"{diagnosis.engine}: not usable: {diagnosis.cause}", *wrong, f"  mend: {diagnosis.mend}"]
    info = diagnosis.info
    lines = [f"{diagnosis.engine}: usable: {info.version} ({info.protocol}), {info.path}"]
    return [*lines, f"  {diagnosis.asked} of {diagnosis.asked} canaries answered right"]
