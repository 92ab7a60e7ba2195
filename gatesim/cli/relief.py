"""``gatesim relief``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, progress, question_options, scenario_argument, set_option


@click.command("relief")
@scenario_argument
@question_options
@click.option(
    "--memory/--no-memory",
    default=True,
    show_default=True,
    help="Evaluate listed policies that remember as well; they take longest.",
)
@click.option(
    "--policy",
    "-p",
    "policies",
    metavar="P",
    multiple=True,
    help="Look at this policy only (again for more).",
)
@set_option
@json_option
def command(
    scenario: str,
    reading: str | None,
    ratio: str | None,
    limit: float | None,
    floor: float | None,
    memory: bool,
    policies: tuple[str, ...],
    sets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say which narrowing of the order leaves a gate, and what it would let through.

    Each narrowing takes out one thing: a status, a country group, a place, a channel, a model, an organisation.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.relief import relief

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    with progress() as shown:
        found = relief(
            loaded,
            reading=reading,
            ratio=ratio,
            limit=limit,
            floor=floor,
            policies=policies or None,
            memory=memory,
            progress=shown,
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.relief import print_relief

        print_relief(found)
