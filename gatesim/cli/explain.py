"""``gatesim explain``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from gatesim.cli.options import json_option, progress, scenario_argument, set_option, tell_of_compiling

if TYPE_CHECKING:
    from gatesim.scenario import Loaded


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
    help="Tell the story of the owner of account N (from 0), or N.S: of the co-user in its slot S.",
)
@click.option(
    "--find",
    type=click.Choice(["refused", "leaked", "waiting", "asked", "late", "lost"]),
    help="Tell the story of the first person whom the gate refuses wrongly, who is restricted and served, who waits "
    "for the check, is asked for a document, is served late, or has left.",
)
@click.option(
    "--cell",
    metavar="READINGS",
    help='Explain one cell: "ip=US,payment=US,channel=consumer"; what is left out is summed over.',
)
@click.option(
    "--at",
    metavar="DATE",
    help="The date whose law the table or the cell is for.  [default: when an order is first in force]",
)
@click.option("--reading", metavar="R", help="How the orders are read.  [default: as the first order says]")
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="Accounts of the run.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="S", help="Seed of the draws.")
@click.option(
    "--rep", type=click.IntRange(0, 9_999), default=0, show_default=True, metavar="R", help="Replication."
)
@set_option
@click.option(
    "--all", "everything", is_flag=True, help="Show every cell; or each need, also those that end alike."
)
@json_option
def command(
    scenario: str,
    policy: str | None,
    person: str | None,
    find: str | None,
    cell: str | None,
    at: str | None,
    reading: str | None,
    people: int | None,
    seed: int | None,
    rep: int,
    sets: tuple[str, ...],
    everything: bool,
    as_json: bool,
) -> None:
    """Explain what a policy of SCENARIO does: its decision table, one cell of it, or one person from inside a run.

    The table says for each cell how likely a need there is restricted. A cell says who makes the needs there, and why
    it is decided so, signal by signal. A person's story has times, what each signal read beside what was true,
    decisions, and the desk with everybody in it; with the same options it is the person of `gatesim run`.
    """
    option = "--find" if person is None else "--person"
    if person is not None and find is not None:
        raise click.UsageError("--find looks for a person, and --person names one: give either")
    told = person is not None or find is not None
    if told and (cell is not None or at is not None):
        raise click.UsageError(f"{option} tells a whole story: it goes with neither --cell nor --at")
    if not told and (people is not None or seed is not None or rep):
        raise click.UsageError("--people, --seed and --rep choose a run: they go with --person or --find")
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.explain import explain

    given = {"people": people, "seed": seed}
    loaded = load(scenario, [*sets, *(f"{key}={value}" for key, value in given.items() if value is not None)])
    warn(loaded.warnings)
    if not told:
        _tables(loaded, policy, reading, cell, at, everything, as_json)
        return
    tell_of_compiling("ledger")
    with progress() as shown:
        who = {"find": find} if person is None else {"person": person}
        story = explain(loaded, **who, policy=policy, reading=reading, replication=rep, progress=shown)
    if as_json:
        click.echo(story.to_json())
    else:
        from gatesim.show.explain import print_story

        print_story(story, everything)


def _tables(
    loaded: Loaded,
    policy: str | None,
    reading: str | None,
    cell: str | None,
    at: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Explain a policy's table, or a cell of it."""
    from gatesim.show.decisions import print_cell, print_decisions
    from gatesim.study.explain import explain

    with progress() as shown:
        if cell is None:
            table = explain(loaded, policy=policy, reading=reading, at=at, progress=shown)
            said, show = table.to_json, partial(print_decisions, table, everything)
        else:
            one = explain(loaded, policy=policy, reading=reading, at=at, cell=cell, progress=shown)
            said, show = one.to_json, partial(print_cell, one)
    if as_json:
        click.echo(said())
    else:
        show()
