"""``gatesim compare``."""

from __future__ import annotations

import click

from gatesim.cli.options import json_option, progress, scenario_argument, set_option, tell_of_compiling


@click.command("compare")
@scenario_argument
@click.option(
    "--policy",
    "-p",
    "policies",
    metavar="P",
    multiple=True,
    help="A policy: two, or more; the first is what the others are held against.",
)
@click.option(
    "--measure",
    "-m",
    "measures",
    metavar="M",
    multiple=True,
    help="A measure, such as leaks (again for more).  "
    "[default: false_block_rate, served_entitled, leak_rate, leak_share]",
)
@click.option("--reading", metavar="R", help="How the orders are read.  [default: as the first order says]")
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="Simulate N accounts.")
@click.option(
    "--reps", type=click.IntRange(1, 10_000), default=1, show_default=True, metavar="R", help="Replications."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="S", help="Seed of the draws.")
@set_option
@click.option(
    "--engine",
    type=click.Choice(["fast", "reference", "exact"]),
    default="fast",
    show_default=True,
    help="Simulate need by need (fast, or slowly in plain Python), or compute without chance.",
)
@json_option
def command(
    scenario: str,
    policies: tuple[str, ...],
    measures: tuple[str, ...],
    reading: str | None,
    people: int | None,
    reps: int,
    seed: int | None,
    sets: tuple[str, ...],
    engine: str,
    as_json: bool,
) -> None:
    """Hold policies of SCENARIO against each other: each measure under both, the difference, and its interval.

    Every policy meets the same people with the same needs. So the interval of a difference (95 %) is that of a paired
    one, and narrower than two intervals side by side suggest.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.compare import DEFAULT, compare

    given = {"people": people, "seed": seed}
    loaded = load(scenario, [*sets, *(f"{key}={value}" for key, value in given.items() if value is not None)])
    warn(loaded.warnings)
    if engine == "fast" and len(policies) > 1:
        tell_of_compiling("ledger")
    with progress() as shown:
        found = compare(
            loaded,
            policies,
            measures=measures or DEFAULT,
            reading=reading,
            reps=reps,
            engine=engine,
            progress=shown,
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.compare import print_comparison

        print_comparison(found)
