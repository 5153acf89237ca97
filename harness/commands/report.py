"""The command `report`: documents of before, shown in any format, and those of shards put together."""

from __future__ import annotations

from pathlib import Path

import click

from harness.commands import options
from harness.errors import UsageError


@click.group("report")
def command() -> None:
    """Show a JSON document in any format, or merge those of shards."""


@command.command("show")
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--format", "name", default="text", show_default=True, metavar="FORMAT", help=options.FORMATS_HELP)
def show(file: Path, name: str) -> None:
    """Print the document in FILE (- for standard input), as text or in another format."""
    from harness.reports import formats
    from harness.reports.reading import read

    if name not in formats.NAMES:
        raise UsageError(f"unknown format {name!r}", hint=f"valid formats: {', '.join(formats.NAMES)}")
    click.echo(formats.render(name, read(file)), nl=False)


@command.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path), metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Default: stdout."
)
@options.report_option
@options.report_dir_option
def merge(files: tuple[Path, ...], output: Path | None, reports: str | None, report_dir: Path) -> int:
    """Put the JSON documents of shards (run --shard I/N) together, and leave with the exit code of the whole."""
    from harness.reports import formats, merging
    from harness.reports.reading import read

    names = formats.named(reports)
    if names:
        formats.prepare(report_dir)
    whole = merging.merged([(str(file), read(file)) for file in files])
    for note in merging.notes_of(whole):
        click.echo(f"corsproof: {note}", err=True)
    text = formats.render(formats.JSON, whole)
    if output is not None:
        _write(output, text)
    elif not names:
        click.echo(text, nl=False)
    if names:
        formats.write(whole, names, report_dir)
    return int(whole["exit"])


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="choose another file with -o") from error
