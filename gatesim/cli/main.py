"""The command ``gatesim``: finds a command when it is asked for, and turns errors into messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from gatesim._version import __version__

COMMANDS = {
    "run": "Run a scenario's policies and say what can be concluded.",
    "check": "Check a scenario file and list what it rests on.",
    "who": "Say whom an order restricts: segments by readings.",
    "options": "Say which policies are ready on a date, what they serve and leak, and the outcome.",
    "compare": "Hold policies against each other: differences, with their intervals.",
    "explain": "Explain a policy: its decision table, one cell, or the story of one person.",
    "report": "Write a run's report: one HTML file, and its figures.",
    "frontier": "Say how much any gate could serve within each limit on leaks, and who pays.",
    "relief": "Say which narrowing of the order leaves a gate, and what it would let through.",
    "sensitivity": "Say what a point of each signal, each document, one more reviewer is worth.",
    "shutdown-point": "Find every value of a number at which the outcome changes.",
    "new": "Write a commented scenario file to start from.",
    "app": "Open a page on this machine on which a scenario's numbers can be moved.",
    "schema": "Print the JSON Schema of scenario files.",
}

_MODULES = {"options": "at"}
"""Where a command is not in the module of its name: `gatesim.cli.options` holds the options they share."""

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class _Commands(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        command = import_module(f"gatesim.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else f" Commands: {', '.join(COMMANDS)}."
            raise click.UsageError(f'There is no command "{args[0]}".{hint}', ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="gatesim")
def cli() -> None:
    """Which gates comply with an order, whom they refuse wrongly, and who slips through.

    Start with:  gatesim run june-2026
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 the input is wrong, 1 anything else, 130 interrupted."""
    sys.exit(call(args))


def call(args: list[str] | None = None) -> int:
    """Run the command line; give back the exit code."""
    try:
        result = cli(args, prog_name="gatesim", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_INPUT if isinstance(error, click.UsageError) else error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; nothing was written half.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): that is no error, and nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        code = _explain(error)
        if code is None:
            raise
        return code
    return result if isinstance(result, int) else DONE


def _explain(error: Exception) -> int | None:
    """Say what went wrong in the user's terms; None where it is a defect of ours."""
    from gatesim.scenario.errors import ScenarioError

    if isinstance(error, ScenarioError):
        click.echo(str(error), err=True)
        return WRONG_INPUT
    if type(error).__name__ in {"CannotDo", "InputError", "TooLarge"}:
        click.echo(str(error), err=True)
        return WRONG_INPUT
    if isinstance(error, OSError):
        where = f" {error.filename}:" if error.filename else ""
        click.echo(f"gatesim:{where} {error.strerror or error}", err=True)
        return FAILED
    if isinstance(error, MemoryError):
        click.echo("gatesim: out of memory; run fewer people (--people)", err=True)
        return FAILED
    return None
