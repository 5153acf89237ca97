"""The command `init`: what tests CORS with corsproof, put into a user's project; nothing is overwritten."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import CorsproofError, UsageError

if TYPE_CHECKING:
    from harness.project import Facts

USUAL = ("app.py", "wsgi.py", "asgi.py", "main.py")  # files that are searched for an application


@click.command("init")
@click.argument("target", required=False)
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The project; default: the current folder. TARGET and --app-dir are seen from there.",
)
@click.option("--app-dir", type=click.Path(path_type=Path), help="Where TARGET is imported from.")
def command(target: str | None, folder: Path, app_dir: Path | None) -> None:
    """Write corsproof.toml, a test, a nox session and a CI job into a project; what is there is left alone.

    TARGET is module:app, module:factory() or a .py file; without it app.py, wsgi.py, asgi.py and main.py are searched.
    Origins and routes are filled in as far as the application tells them.
    """
    from harness import project

    folder = folder.resolve()
    # Whatever the application prints when it is imported is none of our lines.
    with contextlib.redirect_stdout(sys.stderr):
        facts = _named(target, folder, app_dir) if target else _searched(folder)
    there = []
    for name, text in project.files(facts).items():
        if _write(folder / name, text):
            click.echo(f"wrote  {name}{_about(name, facts)}")
        else:
            there.append(name)
            click.echo(f"kept   {name}, which was there already")
    if project.NOX in there and "def cors(" not in (folder / project.NOX).read_text(encoding="utf-8", errors="replace"):
        click.echo(f"\nTo have a session, put this into {project.NOX}:\n{project.session(facts)}")
    if project.CONFIGURATION not in there and _is_configured(folder):
        click.echo("[tool.corsproof] in pyproject.toml is not read any more: corsproof.toml goes before it")
    click.echo("Next: `pytest tests/test_cors.py`, or `corsproof audit`" if facts.target else _NEXT)


_NEXT = "Next: name the application in corsproof.toml ([audit] target), then `pytest tests/test_cors.py`"


def _about(name: str, facts: Facts) -> str:
    """Say what of the configuration was filled in."""
    from harness import project

    if name != project.CONFIGURATION or not facts.target:
        return ""
    origins, routes = facts.declared.origins, facts.found.routes
    told = f"origins from {facts.declared.source}: {', '.join(origins)}" if origins else "no origin is known"
    paths = (
        f"{len(routes)} path{'s' if len(routes) != 1 else ''} from {facts.found.source}"
        if routes
        else "no path is known"
    )
    return f" ({facts.target}; {paths}; {told})"


def _named(text: str, folder: Path, app_dir: Path | None) -> Facts:
    """Return what is known with an application; raise what an audit raises for what is none."""
    from harness.audit import declared, routes
    from harness.audit import target as targets
    from harness.project import Facts

    named = str(folder / text) if ".py" in text and "://" not in text else text
    root = folder / (app_dir or ".")
    found = targets.load(named, app_dir=root)
    if not found.is_in_process:
        hint = "name the application itself; a server is audited by `corsproof audit`"
        raise UsageError(f"{text} is the URL of a server, whose tests cannot be in its process", hint=hint)
    name, root = targets.as_module(named, root)
    return Facts(
        target=name,
        app_dir=Path(os.path.relpath(root, folder)).as_posix(),
        found=routes.discover(found),
        declared=declared.declared(found.app),
        requirements=_requirements(folder),
    )


def _searched(folder: Path) -> Facts:
    """Return what is known with the first usual file that has an application in it, or without any."""
    from harness.project import Facts

    for name in USUAL:
        if (folder / name).is_file():
            try:
                return _named(name, folder, None)
            except CorsproofError as error:
                click.echo(f"{name} is not used: {error}", err=True)
    return Facts(requirements=_requirements(folder))


def _requirements(folder: Path) -> tuple[str, ...]:
    """Return what pip must be told so that the application can be imported."""
    if "project" in _pyproject(folder):
        return ("-e", ".")
    return ("-r", "requirements.txt") if (folder / "requirements.txt").is_file() else ()


def _is_configured(folder: Path) -> bool:
    tool = _pyproject(folder).get("tool")
    return isinstance(tool, dict) and "corsproof" in tool


def _pyproject(folder: Path) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write(path: Path, text: str) -> bool:
    """Write a file that is not there; tell whether it was written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {path.parent}: {error.strerror}", hint="choose --dir") from error
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="choose --dir") from error
    return True
