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
    "--conditions",
    type=click.IntRange(min=1),
    metavar="N",
    help="Take out up to N things together.  [default: 1, and 2 where nothing less leaves a gate]",
)
@click.option(
    "--at-once",
    is_flag=True,
    help="Look at what is in two things at once as well, such as a status within a channel.",
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
    order: str | None,
    memory: bool,
    conditions: int | None,
    at_once: bool,
    policies: tuple[str, ...],
    sets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say which narrowing of the order leaves a gate, and what it would let through.

    Each narrowing takes out one thing: a status, a country group, a place, a channel, a model, an organisation. Where
    none of these leaves a gate, two are taken out together.
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
            order=order,
            policies=policies or None,
            memory=memory,
            conditions=conditions,
            at_once=at_once,
            progress=shown,
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.relief import print_relief

        print_relief(found)
