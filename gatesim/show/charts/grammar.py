"""The grammar that all charts share: colours, titles, small print, an empty chart, files.

Charts need the extra ``charts`` (``pip install "gatesim[charts]"``); nothing of it is imported before one is drawn.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gatesim.measures.numbers import format_accounts
from gatesim.measures.wording import orders_read
from gatesim.scenario import Loaded
from gatesim.show.charts.letters import width_of
from gatesim.show.extras import no_charts
from gatesim.show.pictures import SHARP, compressed
from gatesim.study.result import Result

if TYPE_CHECKING:
    from altair import HConcatChart, TopLevelMixin

# Okabe and Ito's colours: told apart by colour-blind readers. Where two stand in one panel they differ in lightness
# as well, or in dash or shape, so that a copy in grey can be read.
BLOCKED, LEAKED, LIMIT, INK = "#0072B2", "#D55E00", "#666666", "#222222"

WAITING = "#A6D4F2"
"""Beside `BLOCKED`: entitled needs that were not served though no gate refused them."""


class LineStyle(NamedTuple):
    """How a line is told from others: by colour, by dash, by the shape of its points."""

    colour: str
    dash: tuple[int, ...]
    shape: str


LINES = (
    LineStyle("#000000", (1, 0), "circle"),
    LineStyle("#0072B2", (7, 3), "square"),
    LineStyle("#E69F00", (3, 2), "triangle-up"),
    LineStyle("#CC79A7", (9, 3, 2, 3), "diamond"),
    LineStyle("#56B4E9", (2, 4), "cross"),
)
"""Styles of lines, in turn."""

SHADES = {
    "gate_available": "#C6E6F8",
    "only_not_ready": "#56B4E9",
    "only_below_floor": "#D55E00",
    "no_gate_meets_limit": "#4A1C00",
    "cannot_tell": "#FFFFFF",
}
"""Outcomes: blue where a gate would do, brown where none does; the darker, the worse."""

DARK = ("only_below_floor", "no_gate_meets_limit")
"""Outcomes on whose shade letters are white."""

FONTS = "Liberation Sans, Arimo, Arial, Helvetica, DejaVu Sans Condensed, sans-serif"
"""Fonts about as wide as the one that charts are measured with, for SVG: with a wider one words would be cut."""

PHONE = 354
"""Width of a chart that is drawn a second time, narrow, for a phone of 390 points."""

TITLE_SIZE, SMALL_SIZE, LABEL_SIZE = 15, 11, 11
_TOGETHER, _KEPT = re.compile(r" (?=%)|(?<=\d:) "), "\x1f"
_LETTER = 0.55
"""Mean width of a letter, in sizes of its font; a little more than it is."""

_FEWEST = 12
"""Letters that a line has at least."""

_LONG_WORD = 40
"""Letters of a line without a blank that is a part of a broken word."""


def altair() -> Any:
    """Altair.

    Raises
    ------
    ImportError
        If it is not installed; the message says how to.
    """
    try:
        import altair as alt
        import vl_convert  # noqa: F401 - draws what Altair describes
    except ImportError as missing:
        raise ImportError(no_charts()) from missing
    return alt


@contextmanager
def unchecked() -> Iterator[None]:
    """Charts that are made meanwhile are not held against Altair's schema part by part, which takes most of the time.

    A whole chart is held against it when it becomes a picture or plain data, unless somebody asks for that without:
    the tests of charts never do.
    """
    altair()
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        yield


def inline(rows: Iterable[dict[str, Any]]) -> Any:
    """Rows of data inside a chart, however many.

    Altair copies lists over and over while panels are put together, and refuses tables of more than 5,000 rows; a
    tuple it takes as it is.
    """
    return altair().Data(values=tuple(rows))


def named_data(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart whose layers have their rows by name.

    Where nothing but rows changed, Streamlit gives the chart that stands there the new ones, and does not take it away
    to draw another.
    """
    rows = {}
    for number, layer in enumerate(spec.get("layer", ())):
        values = layer.get("data", {}).get("values")
        if values:
            rows[f"layer {number}"] = values
            layer["data"] = {"name": f"layer {number}"}
    return spec | {"datasets": spec.get("datasets", {}) | rows} if rows else spec


def broken(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Text on as many lines as it needs.

    Parameters
    ----------
    text
        In one line; a word that is longer than a line is broken.
    width, size, bold
        Of a line, and of its letters, in points; whether these are bold.
    """
    # A percent sign stays with its number, and a number with the name that it stands for.
    joined = _TOGETHER.sub(_KEPT, text)
    # Few texts are wider than mean letters: those with many capitals.
    lines: list[str] = []
    for letters in range(max(_FEWEST, int(width / (_LETTER * size))), _FEWEST - 1, -1):
        wrapped = textwrap.wrap(joined, letters) or [""]
        lines = [line.replace(_KEPT, " ") for line in wrapped]
        if all(width_of(line, size, bold) <= width * _part(line) for line in lines):
            break
    return lines


def _part(line: str) -> float:
    """Of a width what a line may take: most lines end before it, but a part of a broken word takes all there is, and
    is cut where letters are a little wider."""
    return 0.8 if len(line) > _LONG_WORD and " " not in line else 1.0


def short_title(loaded: Loaded) -> str:
    """A scenario's title, on one line."""
    return " ".join(loaded.scenario.title.split())


def small_print(result: Result, *more: str, noise: str = "lines", read: str = "") -> str:
    """What stands under the title of a chart of a run: scenario, reading, engine, seed, and what else is given.

    ``noise``: what the chart shows the noise of a simulation by, if it does. ``read``: how the orders are read, where a
    chart shows more than the result's own reading.
    """
    scenario = result.loaded.scenario
    size = (
        "exact engine, no chance in it"
        if result.engine == "exact"
        else f"{format_accounts(scenario.people)} simulated, seed {scenario.seed}"
        + (f"; {noise}: 95 % of simulation noise" if noise else "")
    )
    return "; ".join((short_title(result.loaded), read or orders_read(scenario, result.reading), size, *more))


def heading(title: str, small: str, width: float) -> Any:
    """Title and small print, on as many lines as a chart of some width needs."""
    return altair().TitleParams(
        broken(title, width, TITLE_SIZE, bold=True),
        subtitle=broken(small, width, SMALL_SIZE),
        anchor="start",
        fontSize=TITLE_SIZE,
        subtitleFontSize=SMALL_SIZE,
        subtitleColor="#444444",
        offset=14,
    )


def finished(chart: Any, title: str, small: str, width: float, says: str = "") -> HConcatChart:
    """A chart with its title and its alternative text, in the style of all charts.

    Parameters
    ----------
    chart
        What is drawn; made for this, for it is given what follows: Altair would copy all of it for each.
    title, small
        What it says, and the small print below.
    width
        For which the lines of both are broken, in points.
    says
        What can be read off the picture, for those who do not see it; follows the title.
    """
    chart.title = heading(title, small, width)
    return in_style(chart, f"{title}. {says}")


def locale() -> Any:
    """How numbers are written on axes: with a blank before the percent sign, as in tables and sentences."""
    alt = altair()
    number = alt.NumberLocale(decimal=".", thousands=",", grouping=[3], currency=["$", ""], percent=" %")
    return alt.Locale(number=number)


def in_style(chart: Any, says: str) -> HConcatChart:
    """A chart, made for this, in the style of all charts, with its alternative text."""
    alt = altair()
    drawn: HConcatChart = chart
    drawn.description = " ".join(says.split())
    drawn.config = alt.Config(
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            gridColor="#e6e6e6",
            domainColor="#999999",
            labelFontSize=LABEL_SIZE,
            titleFontSize=11,
            labelLimit=0,
            titleLimit=0,
        ),
        legend=alt.LegendConfig(labelLimit=0, titleLimit=0, labelFontSize=LABEL_SIZE),
        header=alt.HeaderConfig(labelLimit=0),
        locale=locale(),
    )
    return drawn


def nothing(title: str, small: str, why: str) -> HConcatChart:
    """A chart that has nothing to show, and says why."""
    alt = altair()
    lines = broken(why, 460, 12)
    text = alt.Chart(inline([{}]), width=500, height=40 + 16 * len(lines)).mark_text(
        text=lines, fontSize=12, color=LIMIT, align="left", baseline="middle", x=12, lineHeight=16
    )
    return finished(alt.hconcat(text, background="#FFFFFF"), title, small, 500, why)


def line_scales(names: list[str]) -> tuple[Any, Any, Any]:
    """Scales of colour, dash and shape for named lines.

    Raises
    ------
    ValueError
        If there are more lines than styles.
    """
    alt = altair()
    if len(names) > len(LINES):
        raise ValueError(f"{len(names)} lines: there are colours for {len(LINES)}")
    styles = LINES[: len(names)]
    return (
        alt.Scale(domain=names, range=[style.colour for style in styles]),
        alt.Scale(domain=names, range=[list(style.dash) for style in styles]),
        alt.Scale(domain=names, range=[style.shape for style in styles]),
    )


def save(chart: TopLevelMixin, path: str | Path) -> None:
    """Write a chart to a PNG or SVG file, by its ending; without a browser or network.

    Raises
    ------
    ValueError
        If the ending is neither.
    """
    target = Path(path)
    if target.suffix not in {".png", ".svg"}:
        raise ValueError(f"{target.name}: name a file that ends in .png or .svg")
    if target.suffix == ".svg":
        words = StringIO()
        chart.save(words, format="svg")
        svg = words.getvalue().replace('font-family="sans-serif"', f'font-family="{FONTS}"')
        target.write_text(svg, encoding="utf-8")
        return
    drawn = BytesIO()
    chart.save(drawn, format="png", scale_factor=SHARP)
    target.write_bytes(compressed(drawn.getvalue()))
