"""``gatesim shutdown-point``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gatesim.cli.options import json_option, progress, question_options, scenario_argument, set_option

MOST = 2
"""So many keys may be varied at once."""


@click.command("shutdown-point")
@scenario_argument
@click.option(
    "--vary",
    metavar="KEY",
    multiple=True,
    required=True,
    help="The number that is varied, as --set has it; twice: a map of two.",
)
@click.option("--from", "lows", metavar="LOW", multiple=True, help="Lower end (for a map: once for each).")
@click.option("--to", "highs", metavar="HIGH", multiple=True, help="Upper end (for a map: once for each).")
@click.option(
    "--policy",
    "-p",
    "policies",
    metavar="P",
    multiple=True,
    help="Look at this policy only (again for more).",
)
@question_options
@click.option("--uncertain", is_flag=True, help="The same under other plausible assumptions.")
@click.option(
    "--worlds",
    type=click.IntRange(2, 10_000),
    default=32,
    show_default=True,
    metavar="N",
    help="How many sets of assumptions --uncertain tries.",
)
@click.option(
    "--steps",
    type=click.IntRange(2, 500),
    default=50,
    show_default=True,
    metavar="N",
    help="Values of each number on a map.",
)
@set_option
@click.option(
    "--chart",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it into a PNG or SVG file (needs the extra charts).",
)
@json_option
def command(
    scenario: str,
    vary: tuple[str, ...],
    lows: tuple[str, ...],
    highs: tuple[str, ...],
    policies: tuple[str, ...],
    reading: str | None,
    ratio: str | None,
    limit: float | None,
    floor: float | None,
    uncertain: bool,
    worlds: int,
    steps: int,
    sets: tuple[str, ...],
    chart: Path | None,
    as_json: bool,
) -> None:
    """Find every value of a number of SCENARIO at which the outcome changes.

    For the listed policies, for all gates that keep nothing (A), and for all that remember (B).
    """
    if len(vary) > MOST:
        raise click.UsageError("--vary: one number, or two for a map")
    for option, given in (("--from", lows), ("--to", highs)):
        if len(given) not in (0, len(vary)):
            raise click.UsageError(f"{option}: give it once for each --vary, or not at all")
    if uncertain and len(vary) == MOST:
        raise click.UsageError("--uncertain takes one --vary: a map has no single point")
    if chart is not None and chart.suffix not in {".png", ".svg"}:
        raise click.UsageError(f"--chart {chart.name}: name a file that ends in .png or .svg")
    from gatesim.scenario import load
    from gatesim.show import shutdown_point as show
    from gatesim.show.page import warn
    from gatesim.study.shutdown_map import ShutdownMap, shutdown_map
    from gatesim.study.shutdown_point import ShutdownPoint, shutdown_point

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    begin, end = lows or (None,) * len(vary), highs or (None,) * len(vary)
    asked: dict[str, Any] = {
        "reading": reading,
        "ratio": ratio,
        "limit": limit,
        "floor": floor,
        "policies": policies or None,
    }
    with progress() as shown:
        asked["progress"] = shown
        found: ShutdownMap | ShutdownPoint
        if len(vary) == MOST:
            found = shutdown_map(loaded, vary=vary, low=begin, high=end, steps=steps, **asked)
        else:
            found = shutdown_point(
                loaded, vary=vary[0], low=begin[0], high=end[0], uncertain=uncertain, worlds=worlds, **asked
            )
    if chart is not None:
        from gatesim.show.charts import save
        from gatesim.show.shutdown_chart import curve_chart, map_chart

        save(map_chart(found) if isinstance(found, ShutdownMap) else curve_chart(found), chart)
    if as_json:
        click.echo(found.to_json())
    elif isinstance(found, ShutdownMap):
        show.print_map(found)
    else:
        show.print_shutdown_point(found)
