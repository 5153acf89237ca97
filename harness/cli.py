"""The command `corsproof`: a thin door to the pipeline, which puts its rooms together and prints what they say.

Options come from the command line, else from CORSPROOF_… in the environment, else from ``[tool.corsproof]`` in
pyproject.toml or from corsproof.toml, else from the defaults. What a command needs is imported when it runs.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness import __version__
from harness.errors import CorsproofError, UsageError

if TYPE_CHECKING:
    from harness.doctor import Diagnosis
    from harness.events import Event
    from harness.ground import Ground
    from harness.policy import Policy
    from harness.runner import Interruption, Order
    from harness.scenario import Scenario
    from harness.vectors import Vector

ALL_HOOKS = ("published", "decorator", "proxy", "none", "hardened")
NAMES = ("app.example.com",)  # hosts that pages of the catalogue have beyond loopback
# The pages of the catalogue that a hook set with a policy lets in, among them all below localhost.
TRUSTED = ("http://localhost", "http://*.localhost", "https://app.example.com")
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


_browsers = click.option(
    "-b",
    "--browser",
    "browsers",
    multiple=True,
    metavar="NAME[=PATH]",
    envvar="CORSPROOF_BROWSER",
    help="chromium, firefox, webkit, all, or auto: every engine that can be used (default).",
)
_headed = click.option("--headed", is_flag=True, envvar="CORSPROOF_HEADED", help="Show the browsers' windows.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the JSON document on stdout and nothing else.")


@cli.command()
@_suites
@_browsers
@_headed
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
@click.option(
    "--vectors",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar="CORSPROOF_VECTORS",
    help="Run the cases of a vector file, through oracle and engines, instead of suites.",
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
@_json
def run(
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
    as_json: bool,
) -> int:
    """Run the suites (default: all) in the browsers and judge every scenario."""
    from harness import catalog, plan, runner
    from harness.engines import Selection
    from harness.scenario import LITERAL

    formats = _formats(reports)
    if vectors is not None and suites:
        raise UsageError("a vector file is run instead of suites", hint="leave out the one or the other")
    names = () if vectors is not None else _suite_names(suites)
    told = _vectors(vectors)
    scenarios = [vector.scenario for vector in told]
    scenarios += [scenario for name in names for scenario in catalog.load(name)]
    hook_sets = _hook_sets(hooks)
    cases = plan.shard(plan.cases(scenarios, (*hook_sets, LITERAL), keep=keep, repeat=repeat), *_shard(shard))
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
    return _carry_out(order, hook_sets, told, as_json=as_json, formats=formats, report_dir=report_dir)


def add_apis(ground: Ground, hook_sets: Iterable[str]) -> None:
    """Put the API behind each of the hook sets on the ground; what they trust are pages of that ground."""
    import server_site

    def make(name: str) -> Any:
        # The origins have ports, and are made only when they are looked at: a page's site may need an API before.
        return server_site.create_app(name, origins=(ground.page_url(page) for page in TRUSTED))

    for name in hook_sets:
        ground.add_api(name, functools.partial(make, name))


def _vectors(path: Path | None) -> tuple[Vector, ...]:
    if path is None:
        return ()
    from harness import vectors

    return vectors.load(path)


def _carry_out(
    order: Order,
    hook_sets: tuple[str, ...],
    told: tuple[Vector, ...],
    *,
    as_json: bool,
    formats: Sequence[str],
    report_dir: Path,
) -> int:
    from harness import runner
    from harness.ground import Ground
    from harness.reports.console import LiveProgress, Summary, console
    from harness.reports.document import RunDocument
    from harness.tally import Tally

    if formats:
        _make_folder(report_dir)  # now: nothing measured must be lost for want of a place
    tally, document = Tally(), RunDocument()
    eaters = [tally, document, LiveProgress(console(stderr=True))]
    if not as_json:
        eaters.append(Summary(console()))
    with (
        _interruptible() as interruption,
        Ground({}, names=NAMES, proxied="proxy" if "proxy" in hook_sets else None) as ground,
    ):
        add_apis(ground, hook_sets)
        events = runner.run(order, ground, interruption)
        for event in _with_oracle(events, order, told, ground) if told else events:
            _feed(event, eaters)
    if "json" in formats:
        (report_dir / REPORTS["json"]).write_text(document.text() + "\n", encoding="utf-8")
    if as_json:
        click.echo(document.text())
    return int(tally.exit)


@contextlib.contextmanager
def _interruptible() -> Iterator[Interruption]:
    """Have what interrupts the program interrupt the run instead, which then tells what was measured."""
    from harness.runner import Interruption

    interruption = Interruption()
    previous = {number: signal.signal(number, interruption) for number in INTERRUPTING}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


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


@cli.command()
@click.argument("target")
@click.option("--origin", "trusted", multiple=True, metavar="ORIGIN", help="An origin that should be let in.")
@click.option(
    "--path", "paths", multiple=True, metavar="PATH", help="Audit this path; default: those that can be found."
)
@click.option("--policy", type=click.Path(path_type=Path), metavar="FILE", help="Hold the target to this policy, too.")
@click.option("--login", metavar="PATH", help="A path that signs a user in when a browser visits it.")
@click.option("--cookie", "cookies", multiple=True, metavar="NAME=VALUE", help="A cookie of a signed-in user.")
@click.option("--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header of a signed-in user.")
@click.option(
    "--active/--passive",
    "active",
    default=None,
    help="Whether to send POST, PUT, PATCH and DELETE. Default: to applications in process, not to URLs.",
)
@click.option("--factory", is_flag=True, help="TARGET makes the application.")
@click.option("--app-dir", type=click.Path(file_okay=False, path_type=Path), help="Where TARGET is imported from.")
@click.option("--insecure", is_flag=True, help="Take any certificate of a server over https.")
@_browsers
@_headed
@_json
def audit(
    target: str,
    trusted: tuple[str, ...],
    paths: tuple[str, ...],
    policy: Path | None,
    login: str | None,
    cookies: tuple[str, ...],
    headers: tuple[str, ...],
    active: bool | None,
    factory: bool,
    app_dir: Path | None,
    insecure: bool,
    browsers: tuple[str, ...],
    headed: bool,
    as_json: bool,
) -> int:
    """Audit an application's CORS: who can read what, shown by pages in every browser, with cause and fix.

    TARGET is a URL, module:app, module:factory(), or a .py file. A URL is asked a bounded number of requests, which the
    report lists.
    """
    from harness.audit import auditing, control
    from harness.audit import target as targets
    from harness.audit.audited import AuditOrder
    from harness.engines import Selection
    from harness.reports.audit import AuditDocument, lines
    from harness.reports.console import LiveProgress, console

    selection = Selection.parse(browsers)
    declared = _policy(policy)
    document, progress = AuditDocument(), LiveProgress(console(stderr=True))
    # Whatever the application prints when it is imported or asked is no result.
    with contextlib.redirect_stdout(sys.stderr), _interruptible() as interruption:
        loaded = targets.load(target, factory=factory, app_dir=app_dir)
        targets.check_reachable(loaded, verify=not insecure)
        order = AuditOrder(
            loaded,
            selection.choices,
            trusted or (tuple(origin for origin in declared.origins if "*" not in origin) if declared else ()),
            paths,
            active=loaded.is_in_process if active is None else active,
            login=login,
            cookies=tuple(map(control.cookie, cookies)),
            headers=tuple(map(_header, headers)),
            policy=declared,
            verify=not insecure,
            headed=headed,
            required=selection.required,
        )
        done = auditing.audit(order, feed=lambda event: _feed(event, (document, progress)), interruption=interruption)
    click.echo(document.text(done) if as_json else "\n".join(lines(done)))
    return int(done.exit)


def _policy(path: Path | None) -> Policy | None:
    from harness import policy

    return policy.load(path) if path is not None else None


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError("a header has no name", hint="write 'NAME: VALUE'")  # what is there may be the secret
    return name.strip(), value.strip()


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
@click.argument("name", metavar="REASON|RULE|SCENARIO")
def explain(name: str) -> None:
    """Explain a reason of the oracle (its clause, each engine's words), a rule of an audit, or a scenario."""
    from difflib import get_close_matches

    from harness import catalog
    from harness import explain as explanations
    from harness.audit import policed
    from harness.audit.rules import RULES
    from harness.oracle import Reason

    rules = {key: rule for rule in (*RULES, *policed.RULES) for key in (rule.id, rule.name)}
    if name in rules:
        click.echo("\n".join(explanations.rule_lines(rules[name])))
        return
    reasons = {reason.value: reason for reason in Reason}
    if name in reasons:
        click.echo("\n".join(explanations.reason_lines(reasons[name])))
        return
    scenarios = {scenario.id: scenario for suite in catalog.SUITES for scenario in catalog.load(suite)}
    if name not in scenarios:
        close = get_close_matches(name, [*reasons, *rules, *scenarios], 3)
        hint = f"perhaps {' or '.join(close)}" if close else "`corsproof list` names scenarios"
        raise UsageError(
            f"there is no reason, no rule and no scenario {name!r}", hint=f"{hint}; reasons: {', '.join(reasons)}"
        )
    click.echo("\n".join(explanations.scenario_lines(scenarios[name])))


@cli.command()
@click.option(
    "-n", "--cases", "count", type=click.IntRange(1), default=1000, show_default=True, help="Make so many cases."
)
@click.option(
    "--seed", type=click.IntRange(0), metavar="S", help="Make the cases of this seed; default: another each time."
)
@_browsers
@_headed
@click.option(
    "--shrink",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Make so many disagreements an engine smaller.",
)
@_json
def fuzz(count: int, seed: int | None, browsers: tuple[str, ...], headed: bool, shrink: int, as_json: bool) -> int:
    """Make cases by chance, hold the browsers against the oracle, and make each disagreement as small as can be."""
    import secrets

    from harness import plan, runner
    from harness.engines import Selection
    from harness.fuzzing import findings, generating, hunting
    from harness.ground import Ground
    from harness.reports.console import LiveProgress, console
    from harness.reports.fuzzing import FuzzDocument, summary_lines
    from harness.scenario import LITERAL
    from harness.tally import Exit, Tally

    selection = Selection.parse(browsers)
    seed = secrets.randbelow(2**32) if seed is None else seed
    say = functools.partial(click.echo, err=True)
    say(f"corsproof fuzz -n {count} --seed {seed}")
    cases = tuple(plan.cases(generating.scenarios(seed, count), [LITERAL]))
    order = runner.Order(cases, selection.choices, headed, selection.required)
    tally, found, document = Tally(), findings.Findings(), FuzzDocument(seed)
    eaters = (tally, found, document, LiveProgress(console(stderr=True)))
    with _interruptible() as interruption, Ground({}, names=NAMES) as ground:
        for event in runner.run(order, ground, interruption):
            _feed(event, eaters)
        most = 0 if tally.exit in (Exit.INTERRUPTED, Exit.NO_BROWSER) else shrink
        hunted = hunting.hunt(found.disagreements.values(), order, ground, most, interruption=interruption, say=say)
        disagreements = hunting.merged(hunted)
    if as_json:
        click.echo(document.text(found, disagreements, tally.exit))
    else:
        click.echo("\n".join(summary_lines(found, disagreements, seed, tally.exit)))
    return int(tally.exit)


@cli.command()
@click.argument("name", metavar="CASE|SCENARIO")
@_browsers
@_headed
@click.option("--as-row", is_flag=True, help="Print it as Python source, with what must follow, and run nothing.")
@_json
def replay(name: str, browsers: tuple[str, ...], headed: bool, as_row: bool, as_json: bool) -> int:
    """Run one case that `fuzz` printed, or one scenario, and tell everything about it."""
    from harness import casefile, catalog, plan, runner
    from harness.engines import Selection
    from harness.events import CaseFinished
    from harness.ground import Ground
    from harness.reports.cases import case_lines, verdict_lines
    from harness.reports.console import LiveProgress, console
    from harness.reports.document import RunDocument
    from harness.statement import stated
    from harness.tally import Tally

    scenario = casefile.from_word(name) if name.startswith(casefile.PREFIX) else _scenario(name)
    if as_row:
        click.echo(casefile.to_source(stated(scenario)))
        return 0
    selection = Selection.parse(browsers)
    known = tuple(one for suite in catalog.SUITES for one in catalog.deviations(suite))
    hook_sets = tuple(hooks for hooks in scenario.expect if not scenario.turns)
    cases = tuple(plan.cases([scenario], scenario.expect))
    order = runner.Order(cases, selection.choices, headed, selection.required, known)
    tally, document, results = Tally(), RunDocument(), list[CaseFinished]()
    eaters = (tally, document, LiveProgress(console(stderr=True)))
    with (
        _interruptible() as interruption,
        Ground({}, names=NAMES, proxied="proxy" if "proxy" in hook_sets else None) as ground,
    ):
        add_apis(ground, hook_sets)
        for event in runner.run(order, ground, interruption):
            _feed(event, eaters)
            if isinstance(event, CaseFinished):
                results.append(event)
    told = (line for result in results for line in (*case_lines(result), *verdict_lines(result), ""))
    click.echo(document.text() if as_json else "\n".join(told))
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
            settings = _settings(section, name)
            shared = {key: value for key, value in settings.items() if key in ("browsers", "headed")}
            return {"run": settings, "fuzz": shared, "replay": shared}
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
