"""The command `diff`: two documents compared, also across an upgrade of browsers."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(old: Path, new: Path, as_json: bool) -> int:
    """Compare two JSON documents: what newly fails, is fixed, or changed; 1 if something fails that did not before."""
    from harness.reports.comparing import compare
    from harness.reports.reading import read

    found = compare(read(old), read(new))
    click.echo(json.dumps(found.value(), indent=1, ensure_ascii=False) if as_json else "\n".join(found.lines()))
    return int(found.exit)
