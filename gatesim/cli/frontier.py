"""``gatesim frontier``."""

from __future__ import annotations

from pathlib import Path

import click

from gatesim.cli.options import (
    SHARE,
    chart_option,
    json_option,
    progress,
    scenario_argument,
    set_option,
)


@click.command("frontier")
@scenario_argument
@click.option(
    "--ratio",
    type=click.Choice(["leak_rate", "leak_share"]),
    help="Which leak ratio is limited.  [default: the first order's, or that of --order]",
)
@click.option(
    "--limit",
    "limits",
    type=SHARE,
    metavar="L",
    multiple=True,
    help="Show this limit as well, such as 0.002 (again for more).",
)
@click.option(
    "--policy",
    "-p",
    "policies",
    metavar="P",
    multiple=True,
    help="Look at this policy only (again for more).",
)
@click.option(
    "--order",
    metavar="N|TITLE",
    help="Limit the leaks of this order, as it counts them, while the others keep their limits.  "
    "[default: the leaks of all orders together]",
)
@click.option("--alone", is_flag=True, help="With --order: without the limits of the other orders.")
@set_option
@chart_option
@json_option
def command(
    scenario: str,
    ratio: str | None,
    limits: tuple[float, ...],
    policies: tuple[str, ...],
    order: str | None,
    alone: bool,
    sets: tuple[str, ...],
    chart: Path | None,
    as_json: bool,
) -> None:
    """Say how much of entitled needs any gate could serve within each limit on leaks, and who pays.

    Bound A: gates that decide each need by itself. Bound B: gates that remember an account's history, with
    requests answered at once. The listed policies are points beside them. Where several orders count leaks each
    by itself, further tables say what can be served within the limits of all of them at once; --order asks
    about the leaks of one of them, with curves, points and who pays.
    """
    from gatesim.scenario import load
    from gatesim.show.page import warn
    from gatesim.study.frontier import frontier
    from gatesim.study.within_orders import together_words

    loaded = load(scenario, sets)
    warn(loaded.warnings)
    with progress() as shown:
        found = frontier(
            loaded,
            ratio=ratio,
            limits=limits,
            policies=policies or None,
            order=order,
            alone=alone,
            progress=shown,
        )
    # It is about what is shown: where nothing is, there is an error alone.
    if found.of_order is None:
        warn(together_words(loaded.scenario))
    if chart is not None:
        from gatesim.show.charts import frontier_chart, save

        save(frontier_chart(found), chart)
    if as_json:
        click.echo(found.to_json())
    else:
        from gatesim.show.frontier import print_frontier

        print_frontier(found)
