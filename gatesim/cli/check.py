"""``gatesim check``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, scenario_argument, set_option


@click.command("check")
@scenario_argument
@set_option
@json_option
def command(scenario: str, sets: tuple[str, ...], as_json: bool) -> None:
    """Check SCENARIO and list what it rests on: each input with value, plausible range, grade and source."""
    from gatesim.show.page import warn
    from gatesim.study.check import check

    checked = check(scenario, sets=sets)
    warn(checked.loaded.warnings)
    if as_json:
        click.echo(checked.to_json())
    else:
        from gatesim.show.check import print_check

        print_check(checked)
