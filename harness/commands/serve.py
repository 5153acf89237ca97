"""The command `serve`: the hands-on page, and the catalogue in whatever browser opens it."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import secrets
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.commands import options, staging
from harness.errors import SiteFault, UsageError

if TYPE_CHECKING:
    from harness.audit.target import Target
    from harness.ground import Ground
    from harness.sites import Site

HANDS_ON = "hands-on"  # the name of the page's site
OF_RUNS = "corsproof.json"  # what `corsproof run --report json` writes


@click.command("serve")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve the page on this port; default: a free one.")
@click.option(
    "--host",
    metavar="NAME",
    help="Serve other machines too (a phone), under this name or address of this machine. Default: loopback only.",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the document of each browser there; its corsproof.json, if any, is shown beside them.",
)
@click.option("--app-dir", type=click.Path(file_okay=False, path_type=Path), help="Where TARGETs are imported from.")
@click.option("--insecure", is_flag=True, help="Take any certificate of a server over https.")
def command(
    targets: tuple[str, ...],
    port: int | None,
    host: str | None,
    report_dir: Path | None,
    app_dir: Path | None,
    insecure: bool,
) -> int:
    """Serve the hands-on page: fire requests, see both exchanges and why, and run the catalogue in this browser.

    Each TARGET is an API that can be chosen beside the hook sets: a URL, module:app, module:factory() or a .py file.
    Whoever has the printed URL can have requests sent to them. Ctrl-C ends it.
    """
    from harness.audit import target as audited

    _check_host(host)
    with contextlib.redirect_stdout(sys.stderr):  # whatever applications print when they are imported
        loaded = [audited.load(text, app_dir=app_dir) for text in targets]
        for target in loaded:
            audited.check_reachable(target, verify=not insecure)
    with (
        contextlib.suppress(KeyboardInterrupt),
        serving(loaded, port or 0, host, report_dir, verify=not insecure) as said,
    ):
        click.echo("\n".join(said))
        threading.Event().wait()
    return 0


@contextlib.contextmanager
def serving(
    targets: Iterable[Target], port: int, host: str | None, report_dir: Path | None, *, verify: bool
) -> Iterator[list[str]]:
    """Serve everything; yield the lines that say where."""
    from client_site import create_hands_on
    from harness.ground import Ground
    from harness.reports.document import RunDocument
    from harness.serving.bench import Bench
    from harness.serving.control import HOST_PAGES, LOOPBACK_PAGES, Desk
    from harness.serving.visits import Visits

    pages = LOOPBACK_PAGES if host is None else HOST_PAGES
    documents = _known(report_dir)

    def done(label: str, document: Any) -> None:
        documents[label] = document
        click.echo(f"{label}: {_totals(document)}{_written(report_dir, label, document)}")

    with Ground({}, names=staging.NAMES, proxied="proxy", host=host) as ground:
        staging.add_apis(ground, options.valid_hooks())
        apis = _apis(ground, targets, host, verify=verify)
        bench, token, seat = Bench(ground, tuple(apis)), secrets.token_urlsafe(24), _Seat()
        home = _seated(ground, seat, port).origin(host or "localhost")
        visits = Visits(ground, options.ALL_HOOKS, home=f"{home}/", document=RunDocument, done=done, host=host)
        desk = Desk(ground, apis, bench, visits, pages, documents)
        framed = dict.fromkeys(ground.page_url(page) for page in pages)
        seat.app = create_hands_on(desk, token=token, origin=home, framed=framed)
        try:
            yield [
                f"hands-on page  {home}/#{token}",
                f"run at once    {home}/#{token}/run  (or /run/PATTERN)",
                f"client site    {ground.page_url('http://localhost')}",
                *(f"server site    {ground.api_origin(name, 'http://localhost')}  {name}" for name in _shown(apis)),
                "Whoever has the first URL can have this machine send requests to these sites. Ctrl-C ends it.",
            ]
        finally:
            visits.stop()
            bench.close()


class _Seat:
    """Where the page's application sits down once its own port is known."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


def _seated(ground: Ground, seat: _Seat, port: int) -> Site:
    try:
        return ground.serve_beside(seat, HANDS_ON, port)
    except SiteFault as error:
        raise UsageError(f"port {port} cannot be had", hint="choose another --port, or none for a free one") from error


def _apis(ground: Ground, targets: Iterable[Target], host: str | None, *, verify: bool) -> dict[str, str]:
    """Put the targets on the ground; return all APIs that can be chosen, and what each of them is.

    Beyond this machine the hook sets with a policy are not among them: it refuses to start without https.
    """
    from harness.audit.relay import Relay
    from server_site.hooks import hook_set

    apis = {}
    for target in targets:
        app = Relay(target.url, verify=verify) if target.url else target.app
        ground.add_api(target.name, functools.partial(_same, app))
        apis[target.name] = "your TARGET"
    hooks = [name for name in options.valid_hooks() if host is None or "hardened" not in name]
    return {**apis, **{name: hook_set(name).summary for name in hooks}}


def _same(app: Any) -> Any:
    return app


def _shown(apis: Iterable[str]) -> list[str]:
    return [name for name in apis if not name.startswith("broken:")]


def _check_host(host: str | None) -> None:
    """Raise `UsageError` for what other machines cannot reach this one by."""
    if host is None:
        return
    import socket

    hint = "write the name or the IPv4 address under which the other device reaches this machine, like 192.168.1.5"
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", host) or host.startswith("0."):
        raise UsageError(f"--host {host!r} is no such thing", hint=hint)
    try:
        with socket.create_server((host, 0)):
            pass
    except OSError as error:
        raise UsageError(f"--host {host!r} is not of this machine: {error.strerror}", hint=hint) from error


def _known(report_dir: Path | None) -> dict[str, Any]:
    """Make the folder of reports; return the document of a run that is there, under its file's name."""
    if report_dir is None:
        return {}
    try:
        report_dir.mkdir(parents=True, exist_ok=True)
        path = report_dir / OF_RUNS
        return {OF_RUNS: json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}
    except (OSError, ValueError) as error:
        raise UsageError(f"--report-dir {report_dir}: {error}", hint="choose another folder") from error


def _written(report_dir: Path | None, label: str, document: Any) -> str:
    """Write a document under its browser's name; say where."""
    if report_dir is None:
        return ""
    path = report_dir / f"corsproof-{re.sub('[^a-z0-9.]+', '-', label.lower()).strip('-')}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return f" ({path})"


def _totals(document: Any) -> str:
    totals = {name: count for name, count in document["totals"].items() if count and name != "results"}
    return ", ".join(f"{count} {name}" for name, count in totals.items()) or "no results"
