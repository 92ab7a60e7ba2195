"""``gatesim explain``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, progress, scenario_argument, set_option


@click.command("explain")
@scenario_argument
@click.option(
    "--policy",
    "-p",
    metavar="P",
    help="The policy, or `operator` for the strategy; needed where the scenario has several.",
)
@click.option(
    "--person",
    metavar="N",
    required=True,
    help="Tell the story of the owner of account N (from 0), or N.S: of the co-user in its slot S.",
)
@click.option("--reading", metavar="R", help="How the orders are read.  [default: as the first order says]")
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="Accounts of the run.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="S", help="Seed of the draws.")
@click.option(
    "--rep", type=click.IntRange(0, 9_999), default=0, show_default=True, metavar="R", help="Replication."
)
@set_option
@click.option("--all", "everything", is_flag=True, help="Show each need, also those that end alike.")
@json_option
def command(
    scenario: str,
    policy: str | None,
    person: str,
    reading: str | None,
    people: int | None,
    seed: int | None,
    rep: int,
    sets: tuple[str, ...],
    everything: bool,
    as_json: bool,
) -> None:
    """Tell what a policy of SCENARIO does to one person, from inside the full run.

    With times, what each signal read beside what was true, decisions, and the desk with everybody in it. With the
    same options it is the person of `gatesim run`.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.explain import explain

    given = {"people": people, "seed": seed}
    loaded = load(scenario, [*sets, *(f"{key}={value}" for key, value in given.items() if value is not None)])
    warn(loaded.warnings)
    from gatesim.engine.fast import is_compiled

    if not is_compiled("ledger"):
        click.echo("Compiling the fast engine: once on this machine, about a minute.", err=True)
    with progress() as shown:
        story = explain(
            loaded, person=person, policy=policy, reading=reading, replication=rep, progress=shown
        )
    if as_json:
        click.echo(story.to_json())
    else:
        from gatesim.show.explain import print_story

        print_story(story, everything)
