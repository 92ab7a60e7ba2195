"""``gatesim sensitivity``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, progress, question_options, scenario_argument, set_option


@click.command("sensitivity")
@scenario_argument
@question_options
@set_option
@json_option
def command(
    scenario: str,
    reading: str | None,
    ratio: str | None,
    limit: float | None,
    floor: float | None,
    order: str | None,
    sets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what a point of each signal, each document and one more reviewer is worth to the best gate.

    In entitled needs served within the limit, and in the least leak at the floor; and why, where it is nothing.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.sensitivity import sensitivity

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    with progress() as shown:
        found = sensitivity(
            loaded, reading=reading, ratio=ratio, limit=limit, floor=floor, order=order, progress=shown
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.sensitivity import print_sensitivity

        print_sensitivity(found)
