"""``gatesim shutdown-point``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gatesim.cli.options import (
    chart_option,
    json_option,
    progress,
    question_options,
    scenario_argument,
    set_option,
)

if TYPE_CHECKING:
    from gatesim.scenario import Loaded


@click.command("shutdown-point")
@scenario_argument
@click.option(
    "--vary",
    metavar="KEY",
    multiple=True,
    required=True,
    help="The number that moves, such as signals.ip.accuracy; a * stands for all entries. Twice: a map.",
)
@click.option(
    "--from",
    "low",
    metavar="X",
    multiple=True,
    help="Lower end of its range.  [default: plausible range, hard limits]",
)
@click.option("--to", "high", metavar="X", multiple=True, help="Upper end of its range.")
@click.option(
    "--steps",
    type=click.IntRange(2, 500),
    default=50,
    show_default=True,
    metavar="N",
    help="Values of each key of a map.",
)
@click.option("--uncertain", is_flag=True, help="Do the same in other plausible worlds.")
@click.option(
    "--worlds",
    type=click.IntRange(2, 10_000),
    default=32,
    show_default=True,
    metavar="N",
    help="How many, for --uncertain.",
)
@click.option(
    "--remembering/--no-remembering",
    default=None,
    help="Look at policies with a memory on a map (some seconds), or in other worlds (many for each).  "
    "[default: on a map yes, in other worlds no]",
)
@click.option(
    "--policy", "-p", "policies", metavar="P", multiple=True, help="List this policy only (again for more)."
)
@question_options
@set_option
@chart_option
@json_option
def command(
    scenario: str,
    vary: tuple[str, ...],
    low: tuple[str, ...],
    high: tuple[str, ...],
    steps: int,
    uncertain: bool,
    worlds: int,
    remembering: bool | None,
    reading: str | None,
    ratio: str | None,
    limit: float | None,
    floor: float | None,
    order: str | None,
    policies: tuple[str, ...],
    sets: tuple[str, ...],
    chart: Path | None,
    as_json: bool,
) -> None:
    """Find every value of a number of SCENARIO at which the outcome changes.

    For the policies listed, for any gate without memory (bound A) and for any gate with memory (bound B).
    """
    if len(vary) > 2:
        raise click.UsageError("--vary: one key, or two for a map")
    for option, given in (("--from", low), ("--to", high)):
        if len(given) not in (0, len(vary)):
            raise click.UsageError(f"{option}: give one for each --vary, in the same order, or none")
    if uncertain and len(vary) > 1:
        raise click.UsageError("--uncertain takes one --vary")
    if remembering is not None and len(vary) == 1 and not uncertain:
        raise click.UsageError(
            "--remembering and --no-remembering are about maps (two --vary) and --uncertain"
        )
    from gatesim.scenario import load
    from gatesim.show.page import warn

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    lows, highs = low or (None,) * len(vary), high or (None,) * len(vary)
    asked: dict[str, Any] = {
        "reading": reading,
        "ratio": ratio,
        "limit": limit,
        "floor": floor,
        "order": order,
        "policies": policies or None,
    }
    if remembering is not None:
        asked["remembering"] = remembering
    if len(vary) == 2:
        _map(loaded, vary, lows, highs, steps, asked, chart, as_json)
    else:
        _point(loaded, vary[0], lows[0], highs[0], worlds if uncertain else None, asked, chart, as_json)


def _point(
    loaded: Loaded,
    vary: str,
    low: str | None,
    high: str | None,
    worlds: int | None,
    asked: dict[str, Any],
    chart: Path | None,
    as_json: bool,
) -> None:
    from gatesim.show.shutdown import print_shutdown_point
    from gatesim.study.shutdown_point import shutdown_point

    with progress() as shown:
        found = shutdown_point(
            loaded,
            vary=vary,
            low=low,
            high=high,
            uncertain=worlds is not None,
            worlds=worlds or 0,
            progress=shown,
            **asked,
        )
    if chart is not None:
        from gatesim.show.charts import save, shutdown_chart

        save(shutdown_chart(found), chart)
    if as_json:
        click.echo(found.to_json())
    else:
        print_shutdown_point(found)


def _map(
    loaded: Loaded,
    vary: Sequence[str],
    low: Sequence[str | None],
    high: Sequence[str | None],
    steps: int,
    asked: dict[str, Any],
    chart: Path | None,
    as_json: bool,
) -> None:
    from gatesim.show.shutdown import print_shutdown_map
    from gatesim.study.shutdown_map import shutdown_map

    with progress() as shown:
        found = shutdown_map(loaded, vary=vary, low=low, high=high, steps=steps, progress=shown, **asked)
    if chart is not None:
        from gatesim.show.charts import map_chart, save

        save(map_chart(found), chart)
    if as_json:
        click.echo(found.to_json())
    else:
        print_shutdown_map(found)
