"""What several commands are asked: their options, and what the names given there mean."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import UsageError

ALL_HOOKS = ("published", "decorator", "proxy", "none", "hardened")

suites_argument = click.argument("suites", nargs=-1, metavar="[SUITE]...")
keep_option = click.option(
    "-k", "--keep", metavar="PATTERN", envvar="CORSPROOF_KEEP", help="Only scenarios whose id contains or matches this."
)
browsers_option = click.option(
    "-b",
    "--browser",
    "browsers",
    multiple=True,
    metavar="NAME[=PATH]",
    envvar="CORSPROOF_BROWSER",
    help="chromium, firefox, webkit, all, or auto: every engine that can be used (default).",
)
hooks_option = click.option(
    "--hooks",
    multiple=True,
    metavar="NAME",
    envvar="CORSPROOF_HOOKS",
    help="A hook set, or broken:NAME; all sound ones are the default. `corsproof list --hooks` names them.",
)
headed_option = click.option("--headed", is_flag=True, envvar="CORSPROOF_HEADED", help="Show the browsers' windows.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the JSON document on stdout and nothing else."
)
FORMATS_HELP = "json, html, ndjson, junit, sarif, md, text."
report_option = click.option(
    "--report",
    "reports",
    metavar="FORMAT[,FORMAT]",
    envvar="CORSPROOF_REPORT",
    help=f"Write reports; the JSON document is always among them: {FORMATS_HELP}",
)
report_dir_option = click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("corsproof-report"),
    show_default=True,
    envvar="CORSPROOF_REPORT_DIR",
    help="Where reports are written.",
)
baseline_option = click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="CORSPROOF_BASELINE",
    help="A JSON document of before: what it has already does not fail, only what is new.",
)


def _color(context: click.Context, parameter: click.Parameter, value: str) -> bool | None:
    return {"always": True, "never": False}.get(value)


color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    envvar="CORSPROOF_COLOR",
    callback=_color,
    help="When to use colour; auto: in a terminal, unless NO_COLOR is set, or where FORCE_COLOR is.",
)


def suite_names(suites: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suites that were named, or all; raise `UsageError` for one that is none."""
    from harness import catalog

    unknown = [name for name in suites if name not in catalog.SUITES]
    if unknown:
        valid = ", ".join(catalog.SUITES)
        raise UsageError(f"unknown suite {', '.join(map(repr, unknown))}", hint=f"valid suites: {valid}")
    return suites or tuple(catalog.SUITES)


def valid_hooks() -> tuple[str, ...]:
    """Return the names of all hook sets and broken variants."""
    import server_site

    return (*server_site.HOOK_SETS, *(f"broken:{name}" for name in server_site.BROKEN))


def hook_sets(asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the hook sets that were named, or all sound ones; raise `UsageError` for one that is none."""
    names = tuple(dict.fromkeys(name for given in asked for name in given.split(",")))
    names = ALL_HOOKS if not names or names == ("all",) else names
    unknown = [name for name in names if name not in valid_hooks()]
    if unknown:
        valid = ", ".join(valid_hooks())
        raise UsageError(f"unknown hook set {', '.join(map(repr, unknown))}", hint=f"valid hook sets: {valid}")
    return names
