"""``gatesim new``."""

from __future__ import annotations

import click


@click.command("new")
@click.argument("file", metavar="[FILE]", default="scenario.toml")
@click.option(
    "--base",
    default="us-2026",
    show_default=True,
    metavar="NAME",
    help="What it builds on: the seed, or a shipped scenario such as june-2026.",
)
def command(file: str, base: str) -> None:
    """Write FILE (scenario.toml, if not given): a scenario to start from, each key explained, that runs as it is.

    A file that exists is left as it is.
    """
    from gatesim.scenario.starter import new

    written = new(file, base=base)
    click.echo(f"Written to {written}. Run it:  gatesim run {written}")
