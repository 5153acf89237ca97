"""The command `corsproof`: a thin door to the pipeline, which puts its rooms together and prints what they say.

Options come from the command line, else from CORSPROOF_… in the environment, else from ``[tool.corsproof]`` in
pyproject.toml or from corsproof.toml, else from the defaults. What a command needs is imported when it runs.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness import __version__
from harness.errors import CorsproofError, UsageError

if TYPE_CHECKING:
    from harness.doctor import Diagnosis
    from harness.events import Event
    from harness.runner import Order

ALL_HOOKS = ("published", "decorator", "proxy", "none")
NAMES = ("app.example.com",)  # hosts that pages of the catalogue have beyond loopback
CONFIG_FILES = ("corsproof.toml", "pyproject.toml")
REPORTS = {"json": "corsproof.json"}
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHARD = "I/N"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and leave with its exit code."""
    # A polite end is an interruption: servers and browsers go first.
    for number in INTERRUPTING:
        signal.signal(number, signal.default_int_handler)
    try:
        code = cli.main(args=arguments, prog_name="corsproof", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except CorsproofError as error:
        click.echo(f"corsproof: {error}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("corsproof: interrupted", err=True)
        code = 130
    except SystemExit as error:
        # click and rich leave so, with 1, when the reader of our output has gone: that is no finding.
        code = 4 if error.code == 1 else error.code
    except Exception:
        # A fault of ours must not look like a finding either.
        traceback.print_exc()
        code = 4
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="corsproof")
@click.pass_context
def cli(context: click.Context) -> None:
    """Prove with real browsers what a CORS policy lets through: allowed, blocked, and why.

    Exit codes: 0 as expected, 1 findings or failures, 2 usage or configuration, 3 no usable browser or a canary
    failed, 4 something could not be tested, 130 interrupted.
    """
    context.default_map = _configuration(Path())


_suites = click.argument("suites", nargs=-1, metavar="[SUITE]...")
_keep = click.option(
    "-k", "--keep", metavar="PATTERN", envvar="CORSPROOF_KEEP", help="Only scenarios whose id contains or matches this."
)


@cli.command()
@_suites
@click.option(
    "-b",
    "--browser",
    "browsers",
    multiple=True,
    metavar="NAME[=PATH]",
    envvar="CORSPROOF_BROWSER",
    help="chromium, firefox, webkit, all, or auto: every engine that can be used (default).",
)
@click.option("--headed", is_flag=True, envvar="CORSPROOF_HEADED", help="Show the browsers' windows.")
@click.option(
    "--hooks",
    multiple=True,
    metavar="NAME",
    envvar="CORSPROOF_HOOKS",
    help="A hook set, or broken:NAME; all sound ones are the default. `corsproof list --hooks` names them.",
)
@_keep
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    envvar="CORSPROOF_REPEAT",
    help="Run every scenario so many times; results are shown, none is chosen.",
)
@click.option("--shard", metavar=SHARD, envvar="CORSPROOF_SHARD", help="Run the I-th of N parts of the scenarios.")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[,FORMAT]",
    envvar="CORSPROOF_REPORT",
    help=f"Write reports: {', '.join(REPORTS)}.",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("corsproof-report"),
    show_default=True,
    envvar="CORSPROOF_REPORT_DIR",
    help="Where reports are written.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON document on stdout and nothing else.")
def run(
    suites: tuple[str, ...],
    browsers: tuple[str, ...],
    headed: bool,
    hooks: tuple[str, ...],
    keep: str | None,
    repeat: int,
    shard: str | None,
    reports: str | None,
    report_dir: Path,
    as_json: bool,
) -> int:
    """Run the suites (default: all) in the browsers and judge every scenario."""
    import server_site
    from harness import catalog, plan, runner
    from harness.engines import Selection

    formats = _formats(reports)
    names = _suite_names(suites)
    scenarios = [scenario for name in names for scenario in catalog.load(name)]
    hook_sets = _hook_sets(hooks)
    cases = plan.shard(plan.cases(scenarios, hook_sets, keep=keep, repeat=repeat), *_shard(shard))
    if not cases and shard is not None:
        raise UsageError(f"shard {shard} has no case", hint="choose fewer shards, or more scenarios")
    if not cases:
        ids = ", ".join(scenario.id for scenario in scenarios)
        raise UsageError(f"no scenario matches {keep!r} under {', '.join(hook_sets)}", hint=f"there are: {ids}")
    selection = Selection.parse(browsers)
    order = runner.Order(
        tuple(cases),
        selection.choices,
        headed,
        selection.required,
        tuple(d for name in names for d in catalog.deviations(name)),
    )
    apis = {name: lambda name=name: server_site.create_app(name) for name in hook_sets}
    return _carry_out(order, apis, as_json=as_json, formats=formats, report_dir=report_dir)


def _carry_out(order: Order, apis: dict[str, Any], *, as_json: bool, formats: Sequence[str], report_dir: Path) -> int:
    from harness import runner
    from harness.ground import Ground
    from harness.reports.console import LiveProgress, Summary, console
    from harness.reports.document import RunDocument
    from harness.tally import Tally

    if formats:
        _make_folder(report_dir)  # now: nothing measured must be lost for want of a place
    tally, document = Tally(), RunDocument()
    interruption = runner.Interruption()
    previous = {number: signal.signal(number, interruption) for number in INTERRUPTING}
    eaters = [tally, document, LiveProgress(console(stderr=True))]
    if not as_json:
        eaters.append(Summary(console()))
    with Ground(apis, names=NAMES, proxied="proxy" if "proxy" in apis else None) as ground:
        for event in runner.run(order, ground, interruption):
            _feed(event, eaters)
    for number, handler in previous.items():
        signal.signal(number, handler)
    if "json" in formats:
        (report_dir / REPORTS["json"]).write_text(document.text() + "\n", encoding="utf-8")
    if as_json:
        click.echo(document.text())
    return int(tally.exit)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"no reports can be written to {folder}: {error.strerror}", hint="choose --report-dir"
        ) from error


def _feed(event: Event, eaters: Iterable[Any]) -> None:
    for eat in eaters:
        eat(event)


@cli.command("list")
@_suites
@_keep
@click.option("--hooks", "show_hooks", is_flag=True, help="List the hook sets and the broken variants instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_scenarios(suites: tuple[str, ...], keep: str | None, show_hooks: bool, as_json: bool) -> None:
    """List the scenarios of the suites (default: all)."""
    from harness import catalog, plan

    if show_hooks:
        click.echo("\n".join(_valid_hooks()))
        return
    scenarios = [scenario for name in _suite_names(suites) for scenario in catalog.load(name)]
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


@cli.command()
@click.argument("engines", nargs=-1, metavar="[ENGINE[=PATH]]...")
@click.option("--headed", is_flag=True, help="Show the browsers' windows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(engines: tuple[str, ...], headed: bool, as_json: bool) -> int:
    """Launch each engine (default: all), ask it the canaries, and say what it is or what mends it."""
    from harness import doctor as doctors
    from harness.engines import Selection
    from harness.ground import Ground

    found = []
    for choice in Selection.parse(engines or ("all",)).choices:
        with Ground({}) as ground:
            diagnosis = doctors.examine(choice, ground, headed=headed)
        found.append(diagnosis)
        if not as_json:
            click.echo("\n".join(_diagnosis_lines(diagnosis)))
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


@cli.command()
@click.argument("engines", nargs=-1, metavar="[ENGINE]...")
def install(engines: tuple[str, ...]) -> int:
    """Provide the engines that are missing (default: all); what works is kept."""
    from harness import install as installing
    from harness.engines import Selection

    choices = Selection.parse(engines or ("all",)).choices
    if paths := [choice.path for choice in choices if choice.path]:
        raise UsageError(f"nothing to install at {', '.join(paths)}", hint="name the engine alone")
    provisions = installing.install([choice.name for choice in choices], say=click.echo)
    failed = [provision for provision in provisions if provision.how is installing.How.FAILED]
    return 3 if failed else 0


def _suite_names(suites: tuple[str, ...]) -> tuple[str, ...]:
    from harness import catalog

    unknown = [name for name in suites if name not in catalog.SUITES]
    if unknown:
        valid = ", ".join(catalog.SUITES)
        raise UsageError(f"unknown suite {', '.join(map(repr, unknown))}", hint=f"valid suites: {valid}")
    return suites or tuple(catalog.SUITES)


def _valid_hooks() -> tuple[str, ...]:
    import server_site

    return (*server_site.HOOK_SETS, *(f"broken:{name}" for name in server_site.BROKEN))


def _hook_sets(asked: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for given in asked for name in given.split(",")))
    names = ALL_HOOKS if not names or names == ("all",) else names
    unknown = [name for name in names if name not in _valid_hooks()]
    if unknown:
        valid = ", ".join(_valid_hooks())
        raise UsageError(f"unknown hook set {', '.join(map(repr, unknown))}", hint=f"valid hook sets: {valid}")
    return names


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"{text!r} is no shard", hint=f"write {SHARD}, for example 1/4 for the first of four")
    return int(number), int(count)


def _formats(text: str | None) -> tuple[str, ...]:
    formats = tuple(name for name in (text or "").split(",") if name)
    unknown = [name for name in formats if name not in REPORTS]
    if unknown:
        valid = ", ".join(REPORTS)
        raise UsageError(f"unknown report {', '.join(map(repr, unknown))}", hint=f"valid reports: {valid}")
    return formats


def _configuration(folder: Path) -> dict[str, Any]:
    """Read the first configuration file of a folder, as click's default map; raise `UsageError` with every mistake."""
    import tomllib

    for name in CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UsageError(f"{name}: {error}", hint="mend the TOML") from error
        section: Any = values
        for key in () if name == "corsproof.toml" else ("tool", "corsproof"):
            section = section.get(key) if isinstance(section, dict) else None
        if section is not None and not isinstance(section, dict):
            raise UsageError(f"{name}: tool.corsproof = {section!r} is no table", hint="write [tool.corsproof]")
        if section is not None:
            return {"run": _settings(section, name)}
    return {}


def _settings(section: dict[str, Any], source: str) -> dict[str, Any]:
    kinds = {
        "browser": (str, list),
        "headed": (bool,),
        "hooks": (str, list),
        "keep": (str,),
        "repeat": (int,),
        "shard": (str,),
        "report": (str, list),
        "report-dir": (str,),
    }
    problems = [f"unknown setting {key!r}" for key in section if key not in kinds]
    for key, value in section.items():
        if key in kinds and (not isinstance(value, kinds[key]) or (isinstance(value, bool) and bool not in kinds[key])):
            problems.append(f"{key} = {value!r} should be {' or '.join(kind.__name__ for kind in kinds[key])}")
        elif isinstance(value, list) and not all(isinstance(member, str) for member in value):
            problems.append(f"{key} = {value!r} should hold nothing but str")
    if problems:
        raise UsageError(f"{source}: {'; '.join(problems)}", hint=f"valid settings: {', '.join(kinds)}")
    parameters = {"browser": "browsers", "report": "reports", "report-dir": "report_dir"}
    many = {"browser", "hooks"}
    return {
        parameters.get(key, key): ([value] if isinstance(value, str) else value)
        if key in many
        else (",".join(value) if isinstance(value, list) else value)
        for key, value in section.items()
    }
