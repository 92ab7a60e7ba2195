"""``gatesim check``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, set_option


@click.command("check")
@click.argument("scenario", metavar="[SCENARIO]", required=False)
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
def command(scenario: str | None, sets: tuple[str, ...], keys: str | None, as_json: bool) -> None:
    """Check SCENARIO and list what it rests on: each input with value, plausible range, grade and source.

    Without SCENARIO: list the scenarios that are shipped, each with its title.
    """
    if scenario is None:
        if sets or keys is not None:
            raise click.UsageError("--set and --keys are about a scenario: name one")
        _shipped(as_json)
        return
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


def _shipped(as_json: bool) -> None:
    """List the scenarios that are shipped."""
    from gatesim.scenario.files import shipped_titles

    titles = shipped_titles()
    if as_json:
        import json

        shown = [{"name": name, "title": title} for name, title in titles.items()]
        click.echo(json.dumps({"schema": 1, "scenarios": shown}, indent=2))
        return
    from gatesim.show.page import page
    from gatesim.show.tables import LEFT, Column, Table, print_table

    columns = (Column("name", LEFT), Column("what it is", LEFT))
    print_table(page(), Table("The scenarios that are shipped", columns, tuple(titles.items())))
