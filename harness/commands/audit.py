"""The command `audit`: an application's CORS, shown by pages in every browser."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands import options, staging
from harness.commands.reporting import Reporting
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.policy import Policy


@click.command("audit")
@click.argument("target", metavar="[TARGET]")
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
@options.browsers_option
@options.headed_option
@options.report_option
@options.report_dir_option
@options.baseline_option
@options.json_option
@options.color_option
@click.pass_context
def command(
    context: click.Context,
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
    reports: str | None,
    report_dir: Path,
    baseline: Path | None,
    as_json: bool,
    color: bool | None,
) -> int:
    """Audit an application's CORS: who can read what, shown by pages in every browser, with cause and fix.

    TARGET is a URL, module:app, module:factory(), or a .py file; corsproof.toml may name it. A URL is asked a bounded
    number of requests, which the report lists.
    """
    from harness.audit import auditing, control
    from harness.audit import target as targets
    from harness.audit.audited import AuditOrder
    from harness.engines import Selection
    from harness.reports.audit import AuditDocument, lines
    from harness.reports.console import LiveProgress, console, tell

    selection = Selection.parse(browsers)
    if any(choice.is_remote for choice in selection.choices):
        raise UsageError(
            "an audit needs browsers of this machine", hint="strangers' pages are on names that only they reach"
        )
    declared = _policy(policy)
    reporting = Reporting.of(reports, report_dir, as_json=as_json, baseline=baseline, kind="audit")
    document = AuditDocument(policy_file=str(policy) if policy else None)
    progress = LiveProgress(console(color, stderr=True))
    # Whatever the application prints when it is imported or asked is no result.
    with contextlib.redirect_stdout(sys.stderr), staging.interruptible() as interruption:
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
        done = auditing.audit(
            order, feed=lambda event: staging.feed(event, (document, progress)), interruption=interruption
        )
    made, out = reporting.held(document.value(done)), console(color)
    told = lines(made, again=_again(context), prefix=loaded.prefix, in_full=out.is_terminal)
    return reporting.deliver(made, lambda: tell(out, told))


_REPEATED = frozenset(
    ("trusted", "policy", "login", "cookies", "headers", "active", "factory", "app_dir", "insecure", "browsers")
)


def _again(context: click.Context) -> str:
    """Return the command of this audit without its paths; what signs somebody in is left to be filled in."""
    words = ["corsproof", "audit", context.params["target"]]
    for option in context.command.params:
        value = context.params.get(option.name or "")
        if option.name not in _REPEATED or value is None:
            continue
        if isinstance(value, bool):
            words += option.opts if value else option.secondary_opts
        else:
            for one in value if isinstance(value, tuple) else (value,):
                words += [option.opts[0], _unspoken(option.name, str(one))]
    return shlex.join(words)


def _unspoken(option: str, value: str) -> str:
    match option:
        case "cookies":
            return f"{value.partition('=')[0]}=…"
        case "headers":
            return f"{value.partition(':')[0]}: …"
        case _:
            return value


def _policy(path: Path | None) -> Policy | None:
    from harness import policy

    return policy.load(path) if path is not None else None


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError("a header has no name", hint="write 'NAME: VALUE'")  # what is there may be the secret
    return name.strip(), value.strip()
