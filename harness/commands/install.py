"""The command `install`: browsers that are missing, provided."""

from __future__ import annotations

import click

from harness.errors import UsageError


@click.command("install")
@click.argument("engines", nargs=-1, metavar="[ENGINE]...")
def command(engines: tuple[str, ...]) -> int:
    """Provide the engines that are missing (default: all); what works is kept."""
    from harness import install as installing
    from harness.engines import Selection

    choices = Selection.parse(engines or ("all",)).choices
    if paths := [choice.path for choice in choices if choice.path]:
        raise UsageError(f"nothing to install at {', '.join(paths)}", hint="name the engine alone")
    provisions = installing.install([choice.name for choice in choices], say=click.echo)
    failed = [provision for provision in provisions if provision.how is installing.How.FAILED]
    return 3 if failed else 0
