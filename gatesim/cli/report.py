"""``gatesim report``."""

from __future__ import annotations

from pathlib import Path

import click

from gatesim.cli.options import progress


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="The HTML file.  [default: report.html in FOLDER]",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the figures as well, as files into a new folder DIR.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "png"]),
    default="svg",
    show_default=True,
    help="Of the figures' files.",
)
def command(folder: Path, out: str | None, figures: Path | None, form: str) -> None:
    """Write a report of a run that `gatesim run --out FOLDER` has left: one HTML file, for paper and phone.

    It needs the extra charts. The numbers are the run's: only bounds, map and one person's life are worked out anew.
    """
    if figures is not None and figures.exists():
        raise click.UsageError(f"--figures {figures}: exists already; name a folder that does not exist yet")
    from gatesim.show.report import report

    try:
        with progress() as shown:
            target = report(folder, out, figures=figures, format=form, progress=shown)
    except ImportError as missing:
        raise click.UsageError(str(missing)) from missing
    click.echo(f"Written to {target}" + (f", figures to {figures}" if figures is not None else ""))
