"""Options and manners that several commands share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import click

Command = Callable[..., Any]

PATIENCE = 2.0
"""Seconds after which work shows its progress."""


class Share(click.types.FloatParamType):
    """A share as a number from 0 to 1; whether it is within them is looked at where it is asked about."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; of a percentage it is said how to write it."""
        text = str(value).strip()
        try:
            return float(text)
        except ValueError:
            how = "write a share, such as 0.001 for 0.1 %"
        if text.endswith("%"):
            with suppress(ValueError):
                how = f"write {float(text[:-1]) / 100:.12g}"
        self.fail(f"{text[:60]!r} is no number: {how}", param, ctx)


SHARE = Share()

scenario_argument = click.argument("scenario", metavar="SCENARIO")


def set_option(command: Command) -> Command:
    """The option that sets keys of the scenario from the command line."""
    return click.option(
        "--set",
        "sets",
        metavar="KEY=VALUE",
        multiple=True,
        help="Set a key of the scenario, such as signals.ip.accuracy=0.99 (again for more).",
    )(command)


def question_options(command: Command) -> Command:
    """The options that say what is asked: reading, ratio, limit, floor, order."""
    options = (
        click.option(
            "--reading", metavar="R", help="How the orders are read.  [default: as the first order says]"
        ),
        click.option(
            "--ratio",
            type=click.Choice(["leak_rate", "leak_share"]),
            help="Which leak ratio is limited.  [default: the first order's; of several at once each one's own]",
        ),
        click.option(
            "--limit",
            type=SHARE,
            metavar="L",
            help="The limit, such as 0.001.  [default: the first order's; of several at once each one's own]",
        ),
        click.option(
            "--floor",
            type=SHARE,
            metavar="F",
            help="The least share of entitled needs to serve.  [default: the verdict's]",
        ),
    )
    command = order_option(command)
    for option in reversed(options):
        command = option(command)
    return command


def order_option(command: Command) -> Command:
    """The option that limits the leaks of one order alone."""
    return click.option(
        "--order",
        metavar="N|TITLE",
        help="Limit the leaks of this order alone, as it counts them.  [default: those of all orders at once]",
    )(command)


def json_option(command: Command) -> Command:
    """The option for machines."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")(
        command
    )


def _picture_file(_context: click.Context, _option: click.Parameter, file: Path | None) -> Path | None:
    if file is not None and file.suffix not in {".png", ".svg"}:
        raise click.UsageError(f"--chart {file.name}: name a file that ends in .png or .svg")
    if file is not None and not all(map(find_spec, ("altair", "vl_convert"))):
        from gatesim.show.extras import no_charts

        raise click.UsageError(no_charts())
    return file


def chart_option(command: Command) -> Command:
    """The option that draws what was found into a file."""
    return click.option(
        "--chart",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_picture_file,
        help="Draw it into a PNG or SVG file (needs the extra charts).",
    )(command)


def tell_of_compiling(what: str) -> None:
    """Say that the fast engine is compiled first, where its code for a ``tally`` or a ``ledger`` is not there yet."""
    from gatesim.engine.fast import is_compiled

    if not is_compiled(what):
        click.echo("Compiling the fast engine: once on this machine, about a minute.", err=True)


class Progress:
    """A line on standard error that says how far the work is, once it has taken a while.

    It also comes where the work says nothing for long: a thread shows what was said last.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = 0.0
        self._on_terminal = sys.stderr.isatty()
        self._last = (0.0, "starting")
        self._alone = Lock()
        self._over = Event()
        self._watch = Thread(target=self._wait, daemon=True)
        self._watch.start()

    def __call__(self, done: float, doing: str) -> None:
        """Say that a share ``done`` (from 0 to 1) is finished, and what is being done."""
        with self._alone:
            self._last = (done, doing)
            now = time.monotonic()
            every = 0.2 if self._on_terminal else 10.0
            if now - self._began >= PATIENCE and not (self._shown and now - self._shown < every):
                self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        done, doing = self._last
        text = f"{100 * done:3.0f} %  {doing}"
        if self._on_terminal:
            click.echo(f"\r{text:<79.79}", err=True, nl=False)
        else:
            click.echo(text, err=True)

    def _wait(self) -> None:
        """Show the line when its time has come, if the work has not."""
        if not self._over.wait(PATIENCE):
            with self._alone:
                if not self._shown:
                    self._show()

    def clear(self) -> None:
        """Take the line away."""
        self._over.set()
        self._watch.join()
        if self._shown and self._on_terminal:
            click.echo("\r" + " " * 79 + "\r", err=True, nl=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while something works."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.clear()
