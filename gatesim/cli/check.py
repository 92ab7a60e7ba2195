"""``gatesim check``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, scenario_argument, set_option


@click.command("check")
@scenario_argument
@set_option
@click.option(
    "--keys",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Instead list the keys that --set can move: all, or those that begin with NAME, such as signals.ip; where "
    "none does, those that contain it, such as coverage.",
)
@json_option
def command(scenario: str, sets: tuple[str, ...], keys: str | None, as_json: bool) -> None:
    """Check SCENARIO and list what it rests on: each input with value, plausible range, grade and source."""
    from gatesim.show.page import warn
    from gatesim.study.check import check

    checked = check(scenario, sets=sets)
    warn(checked.loaded.warnings)
    if as_json:
        click.echo(checked.to_json(keys))
    elif keys is not None:
        from gatesim.show.check import print_keys

        print_keys(checked, keys)
    else:
        from gatesim.show.check import print_check

        print_check(checked)
