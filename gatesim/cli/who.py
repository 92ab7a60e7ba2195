"""``gatesim who``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, scenario_argument, set_option


@click.command("who")
@scenario_argument
@set_option
@json_option
def command(scenario: str, sets: tuple[str, ...], as_json: bool) -> None:
    """Say whom the orders of SCENARIO restrict: segments by readings, people and needs."""
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.who import who

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    restricted = who(loaded)
    if as_json:
        click.echo(restricted.to_json())
    else:
        from gatesim.show.who import print_who

        print_who(restricted)
