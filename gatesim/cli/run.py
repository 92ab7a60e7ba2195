"""``gatesim run``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gatesim.cli.options import json_option, progress, scenario_argument, set_option, tell_of_compiling


@click.command("run")
@scenario_argument
@click.option(
    "--policy", "-p", "policies", metavar="P", multiple=True, help="Run this policy only (again for more)."
)
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
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the results into a new folder DIR."
)
@click.option("--ledger", is_flag=True, help="Write the record of every need as well (needs --out).")
@json_option
def command(
    scenario: str,
    policies: tuple[str, ...],
    people: int | None,
    reps: int,
    seed: int | None,
    sets: tuple[str, ...],
    engine: str,
    out: Path | None,
    ledger: bool,
    as_json: bool,
) -> None:
    """Run the policies of SCENARIO (a file, or a shipped name) and say what can be concluded.

    Each policy is run by itself, as if it had been in place from the instant the order is in force. Where
    SCENARIO has an operator, its strategy is run as well, under the name operator, with the interim in it.
    """
    if ledger and out is None:
        raise click.UsageError("--ledger writes into a results folder: give one with --out DIR")
    if ledger and engine == "exact":
        raise click.UsageError("--ledger needs a simulation: the exact engine has no single needs")
    if out is not None and out.exists():
        what = "is a folder that exists" if out.is_dir() else "is a file"
        raise click.UsageError(f"--out {out} {what}: name a folder that does not exist yet")
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.run import run

    given = {"people": people, "seed": seed}
    loaded = load(scenario, [*sets, *(f"{key}={value}" for key, value in given.items() if value is not None)])
    warn(loaded.warnings)
    if engine == "fast":
        tell_of_compiling("tally")
    with progress() as shown:
        result = run(
            loaded,
            policies=policies or None,
            reps=reps,
            engine=engine,
            out=out,
            ledger=ledger,
            progress=shown,
            workers=os.cpu_count(),
        )
    if as_json:
        click.echo(result.to_json())
    else:
        from gatesim.show.run import print_run

        print_run(result)
        if out is not None:
            click.echo(f"\nWritten to {out}")
