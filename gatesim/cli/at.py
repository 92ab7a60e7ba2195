"""``gatesim options``. (`gatesim.cli.options` holds the options that commands share.)"""

from __future__ import annotations

import os

import click

from gatesim.cli.options import json_option, progress, scenario_argument, set_option, tell_of_compiling


@click.command("options")
@scenario_argument
@click.option(
    "--at",
    required=True,
    metavar="DATE",
    help="The date: 2026-06-26 is 00:00 in the zone of the scenario's start; 2026-06-26T12:00-04:00.",
)
@click.option(
    "--policy",
    "-p",
    "policies",
    metavar="P",
    multiple=True,
    help="Look at this policy only (again for more).",
)
@click.option("--reading", metavar="R", help="How the orders are read.  [default: as the first order says]")
@set_option
@click.option(
    "--engine",
    type=click.Choice(["exact", "fast", "reference"]),
    default="exact",
    show_default=True,
    help="Compute what is served and leaked without chance, or simulate it.",
)
@json_option
def command(
    scenario: str,
    at: str,
    policies: tuple[str, ...],
    reading: str | None,
    sets: tuple[str, ...],
    engine: str,
    as_json: bool,
) -> None:
    """Say which policies of SCENARIO are ready on a date, what they serve and leak, and the outcome.

    Ready is the issue of the order plus the policy's lead time.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.options import options

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    if engine == "fast":
        tell_of_compiling("tally")
    with progress() as shown:
        found = options(
            loaded,
            at=at,
            policies=policies or None,
            reading=reading,
            engine=engine,
            progress=shown,
            workers=os.cpu_count(),
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.options import print_options

        print_options(found)
