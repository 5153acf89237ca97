"""The command `corsproof`: a thin door to the pipeline; `harness.commands` has a module for each of its commands.

Options come from the command line, else from CORSPROOF_… in the environment, else from ``[tool.corsproof]`` in
pyproject.toml or from corsproof.toml, else from the defaults. What a command needs is imported when it runs.
"""

from __future__ import annotations

import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

import harness
from harness.commands.staging import INTERRUPTING
from harness.errors import CorsproofError
from harness.settings import configuration

COMMANDS = ("audit", "diff", "doctor", "explain", "fuzz", "init", "install", "list", "replay", "report", "run", "serve")


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


class Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Name them all."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of that name, if there is one."""
        if name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"harness.commands.{name}").command
        return found


def _tell_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"corsproof, version {harness.__version__}")
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Prove with real browsers what a CORS policy lets through: allowed, blocked, and why.

    Exit codes: 0 as expected, 1 findings or failures, 2 usage or configuration, 3 no usable browser or a canary
    failed, 4 something could not be tested, 130 interrupted.
    """
    context.default_map = configuration(Path())
