"""The report of a run: one HTML file that needs nothing else, and its figures as files.

All text goes through jinja2's escaping; the figures are SVG as vl-convert writes it, which escapes what it is given.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim.measures.numbers import format_accounts, format_date
from gatesim.measures.verdict import RATIOS
from gatesim.scenario import Loaded, shipped
from gatesim.scenario.operator import OPERATOR
from gatesim.show.caps import caps_table
from gatesim.show.charts import nothing, save
from gatesim.show.charts.grammar import FONTS, short_title, small_print
from gatesim.show.check import inputs_table, paragraphs
from gatesim.show.extras import no_charts
from gatesim.show.figures import CHARTS, LABELS, NO_LIFE, OF_ORDER, Drawn, frontiers_of_orders
from gatesim.show.lines import BEFORE_UNIT
from gatesim.show.own import own_tables
from gatesim.show.people import UNCOUNTED, people_table
from gatesim.show.run import (
    course_table,
    heading,
    policies_table,
    remains_table,
    titles_table,
    transition_words,
    verdict_table,
    whom_table,
)
from gatesim.show.tables import LEFT, Column, Table
from gatesim.study.check import Check
from gatesim.study.folder import whole_folder
from gatesim.study.result import Result
from gatesim.study.stored import MANIFEST, RESULTS, InputError, read_manifest, read_run
from gatesim.study.within_orders import together_words
from gatesim.world.draws import DRAWS_VERSION

if TYPE_CHECKING:
    from altair import HConcatChart
    from markupsafe import Markup

FORMATS = ("svg", "png")

ROOM = 361
"""Points that a picture of the report has on a phone of 390."""

LARGEST = 3_000_000
"""Bytes that a report stays below, if it can."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report: its label, what it found, what it says to those who do not see it, its picture.

    And a picture for a phone, where it has one.
    """

    label: str
    finding: str
    says: str
    svg: Markup
    narrow: Markup | None


def report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    figures: str | Path | None = None,
    format: str = "svg",
    progress: Callable[[float, str], None] | None = None,
) -> Path:
    """Write the report of a run as one HTML file.

    Parameters
    ----------
    folder
        As ``gatesim run --out`` made it; its numbers are taken as they are.
    out
        The file; by default ``report.html`` in the folder. One that is there is replaced, once the new one is whole;
        what a run has left in its folder is not.
    figures
        A folder to write the figures into, as files; it must not exist.
    format
        Of these files: ``svg`` or ``png``.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ImportError
        If the extra ``charts`` is not installed; the message says how to.
    InputError
        If the folder is not there, incomplete, damaged or of another version, or if the report or its figures cannot be
        written where they are wanted; nothing is drawn then.
    ValueError
        If there is no such format.
    FileExistsError
        If the folder for figures exists.
    OSError
        If something could not be written after all.
    """
    if format not in FORMATS:
        raise ValueError(f"format = {format!r}: there are {', '.join(FORMATS)}")
    say = progress or (lambda done, doing: None)
    say(0.0, "reading the run")
    source = Path(folder)
    result, manifest = read_run(source), read_manifest(source)
    target = source / "report.html" if out is None else out
    place = _place(target, figures)
    charts = _charts(result, manifest, say)
    text = report_html(result, manifest, charts)
    with nullcontext() if figures is None else whole_folder(Path(figures)) as draft:
        if draft is not None:
            say(0.95, "figures")
            for name, chart in charts.items():
                save(_drawn(chart).wide, draft / f"{name}.{format}")
        _write_whole(place, text)
    return Path(target)


def report_html(result: Result, manifest: Mapping[str, Any], charts: Mapping[str, Any] | None = None) -> str:
    """The report as text.

    Parameters
    ----------
    result, manifest
        The run, and what its folder says of itself.
    charts
        Its charts by the names of `CHARTS`, where they are drawn already.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import escape
    except ImportError as missing:
        raise ImportError(no_charts()) from missing
    drawn = charts or _charts(result, manifest)
    scenario = result.loaded.scenario
    title = " ".join(scenario.title.split())
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_unbroken,
    )
    pictures = {name: _figure(name, _drawn(chart)) for name, chart in drawn.items()}
    page = partial(
        environment.get_template("report.html").render,
        title=title,
        fonts=FONTS,
        short=short_title(result.loaded),
        heading=heading(result),
        manifest=manifest,
        written=format_date(datetime.fromisoformat(manifest["written"])),
        orders=_orders(result),
        expected=paragraphs(scenario.expected or ""),
        sentence=result.sentence,
        outcome=result.shutting_down,
        transition=transition_words(result),
        remains=remains_table(result),
        policies=policies_table(result),
        people=people_table(result),
        titles=titles_table(result),
        simulated=_simulated(result),
        whom=whom_table(result),
        verdicts=[
            *([verdict_table(result, ratio) for ratio in RATIOS] if result.verdict.rows else []),
            *own_tables(result),
        ],
        course=course_table(result),
        caps=caps_table(result),
        of_orders=[name for name in drawn if name.startswith(OF_ORDER)],
        inputs=result.uncertain,
        guesses=result.guesses,
        warnings=(*together_words(scenario, "report"), *result.loaded.warnings),
        rests=inputs_table(Check(result.loaded, result.inputs)),
        limits=_limits(result),
        command=escape(reproduce(result)),  # as it is, blanks before units and all
        files=_files(result),
        versions=_versions(manifest),
        other_draws=_other_draws(result, manifest),
    )
    return _fitted(page, pictures)


def _fitted(page: Callable[..., str], figures: dict[str, Figure]) -> str:
    """A page with its figures; where it gets too large, without the largest of those that are for a phone."""
    while len((text := page(figures=figures, large="")).encode()) >= LARGEST:
        narrow = {name: len(figure.narrow) for name, figure in figures.items() if figure.narrow is not None}
        if not narrow:
            sizes = {figure.label: len(figure.svg) for figure in figures.values()}
            first = max(sizes, key=sizes.__getitem__)
            return page(
                figures=figures,
                large=f"This page has {len(text.encode()) / 1e6:.1f} MB, more than is good for a report "
                f"({LARGEST / 1e6:.0f} MB); the largest of its figures is “{first}” with {sizes[first] / 1e6:.1f} MB. "
                "A run of fewer policies or a shorter window has a smaller one.",
            )
        largest = max(narrow, key=narrow.__getitem__)
        figures = {**figures, largest: replace(figures[largest], narrow=None)}
    return text


def _charts(
    result: Result, manifest: Mapping[str, Any], progress: Callable[[float, str], None] | None = None
) -> dict[str, HConcatChart | Drawn]:
    """The charts of a run by name; whom this version would draw is nobody of a run of other draws."""
    say = progress or (lambda done, doing: None)
    other, charts = _other_draws(result, manifest), dict[str, Any]()
    for number, (name, draw) in enumerate(CHARTS.items()):
        say(0.1 + 0.8 * number / len(CHARTS), LABELS[name].removeprefix("Chart: "))
        is_of_nobody = other and name == "life"
        charts[name] = nothing(NO_LIFE, small_print(result), other) if is_of_nobody else draw(result)
    return charts | frontiers_of_orders(result, say)


def _drawn(chart: HConcatChart | Drawn) -> Drawn:
    return chart if isinstance(chart, Drawn) else Drawn(chart)


def _figure(name: str, drawn: Drawn) -> Figure:
    """A chart, once or twice, with its text for readers aloud."""
    from markupsafe import Markup

    chart, narrow = drawn
    # That a chart's grammar is right is for the tests of charts to see: Altair's own look at it takes long.
    spec = chart.to_dict(validate=False)
    description = chart.description
    label = LABELS.get(name) or f"{LABELS['frontier']}, order {name.removeprefix(OF_ORDER)} by itself"
    small = None if narrow is None else _svg(f"{name}-narrow", narrow.to_dict(validate=False))
    if small is not None and float(re.findall(r'\bwidth="([\d.]+)"', small)[0]) > ROOM:
        small = None  # names take too much of it
    return Figure(
        label,
        " ".join(spec["title"]["text"]),
        description if isinstance(description, str) else label,
        Markup(_svg(name, spec)),
        None if small is None else Markup(small),
    )


def _svg(name: str, spec: dict[str, Any]) -> str:
    """A chart as SVG that can stand beside others on a page: its ids are its own, and it is silent."""
    from altair.utils.mimebundle import spec_to_mimebundle

    svg = spec_to_mimebundle(spec, format="svg", mode="vega-lite")["image/svg+xml"]
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'href="#([^"]*)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)
    svg = re.sub(r"<path(?![^>]*\sd=)[^>]*/>", "", svg)  # an area of nothing, which is no HTML
    svg = re.sub(r"<[^>]*>", _rounded, svg)
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def _unbroken(words: object) -> object:
    """Text of which no line ends between a number and its unit."""
    return BEFORE_UNIT.sub("\u00a0", words) if type(words) is str else words


def _rounded(tag: re.Match[str]) -> str:
    """A tag of a picture, its numbers cut to hundredths of a point, which nobody sees: it gets much shorter."""
    return re.sub(r"(\.\d{2})\d+", r"\1", tag[0])


def _orders(result: Result) -> list[str]:
    """The orders, a sentence each."""
    scenario, lines = result.loaded.scenario, []
    for order in scenario.orders:
        begins = order.issued + timedelta(microseconds=order.grace)
        models = ", ".join(order.models) or "every model"
        titled = f"“{order.title}”: an o" if order.title else "An o"
        reading = scenario.readings[order.reading]
        how = (
            "by its own words on whom it restricts"
            if order.restricts
            else f'as "{order.reading}": {reading.title}'
        )
        lines.append(
            f"{titled}rder issued on {format_date(order.issued)}, in force from {format_date(begins)}, about {models}; "
            f"read here {how}."
        )
    lines.append(
        f"Judged on {format_date(result.verdict.date)}." if result.verdict.date else "No date is judged."
    )
    return lines


def _simulated(result: Result) -> str:
    """Why simulated and expected numbers of this page differ; empty where none is simulated."""
    if result.engine == "exact":
        return ""
    number = result.loaded.scenario.people * result.reps
    return (
        "The bounds and the frontier, with the policies that are points in it, are expected values of the exact "
        "engine: without noise, and without the desk's queue and what refused people do. The tables and the other "
        f"charts are counts of {format_accounts(number, 'simulated account')}. So a policy may "
        "have other numbers here than there: those of the simulation differ by chance, within their intervals, and "
        "by what the exact engine leaves out."
    )


def _limits(result: Result) -> list[str]:
    """What the numbers do not cover."""
    lines = [
        "What is uncertain about the inputs is in none of these numbers: "
        f"{result.guesses} of {result.uncertain} inputs are guesses, and other plausible values may change the verdict "
        "(gatesim shutdown-point, gatesim sensitivity).",
        "A list of policies proves little. The frontier says what no gate at all can beat; the exact engine works it "
        "out when the report is made, and it is no part of the run.",
        "Each policy is taken by itself, as if it had been there from the first instant; when it would be ready is in "
        "the table.",
        "No signal reads nationality, and no person of the model is a real one.",
    ]
    if result.engine == "exact":
        lines.append("The exact engine gives expected values: there is no chance in them, and no interval.")
    else:
        lines.append(
            "Intervals cover the noise of the simulation (95 %), and nothing else; where a desk couples people, it "
            "takes several replications to have any."
        )
    for words in dict.fromkeys(result.desk.values()):
        names = ", ".join(name for name, said in result.desk.items() if said == words)
        lines.append(f"Desk ({names}): {words}.")
    return [*lines, *result.notes, *[UNCOUNTED] * (result.engine == "exact")]


def reproduce(result: Result) -> str:
    """The command that makes the same run anew, in a folder called ``again``."""
    loaded = result.loaded
    parts = ["gatesim", "run", _source(loaded)]
    known = [*loaded.scenario.policies, *[OPERATOR] * (loaded.scenario.operator is not None)]
    if list(result.policies) != known:
        parts += [word for name in result.policies for word in ("--policy", name)]
    if result.reps > 1:
        parts += ["--reps", str(result.reps)]
    parts += [word for one in loaded.sets for word in ("--set", one)]
    parts += ["--engine", result.engine, "--out", "again"]
    return shlex.join(parts)


def _source(loaded: Loaded) -> str:
    """A scenario as the command line takes it."""
    name = loaded.files[-1][0]
    stem = Path(name).stem
    return stem if name == f"scenarios/{stem}.toml" and stem in shipped() else name


def _files(result: Result) -> Table:
    rows = tuple((name, digest) for name, digest in result.loaded.files)
    return Table("Files of the scenario, base first", (Column("file", LEFT), Column("SHA-256", LEFT)), rows)


def _versions(manifest: Mapping[str, Any]) -> Table:
    """What the run was made with."""
    plain = (
        "gatesim",
        "result_schema",
        "scenario_schema",
        "draws",
        "engine",
        "seed",
        "replications",
        "written",
    )
    rows = [(key.replace("_", " "), str(manifest.get(key, ""))) for key in plain]
    rows += [(key, str(value)) for key, value in dict(manifest.get("libraries", {})).items()]
    return Table("Manifest", (Column("what", LEFT), Column("which", LEFT)), tuple(rows))


def _other_draws(result: Result, manifest: Mapping[str, Any]) -> str:
    """That the version that writes the report would draw other numbers than the run has, where it would."""
    draws = manifest.get("draws", DRAWS_VERSION)
    if result.engine == "exact" or draws == DRAWS_VERSION:
        return ""
    return (
        f"The run was drawn by version {draws} of the draws, and the gatesim that wrote this report has version "
        f"{DRAWS_VERSION}: it would simulate other people, and its numbers would differ by chance."
    )


def _place(target: str | Path, figures: str | Path | None) -> Path:
    """Where a report goes, links followed.

    Raises
    ------
    InputError
        If it would replace what a run has left or what is no file, or cannot be written, or its figures cannot.
    FileExistsError
        If the folder for figures exists.
    """
    shown, place = str(target) or '""', Path(os.path.realpath(target))
    if os.path.isdir(place) or not str(target):
        raise InputError(f"{shown}: is a directory; name a file for the report, such as report.html")
    if os.path.exists(place) and not os.path.isfile(place):
        raise InputError(f"{shown}: is no ordinary file; name another for the report, such as report.html")
    of_a_run = place.name in (MANIFEST, *RESULTS) or place.suffix == ".parquet"
    if of_a_run and (place.parent / MANIFEST).exists():
        raise InputError(
            f"{shown}: is a file of a run, which a report may not replace; name another, such as report.html"
        )
    _try(place, shown)
    if figures is not None:
        folder = Path(os.path.realpath(figures))
        if os.path.exists(folder):
            raise FileExistsError(17, "exists already; name a folder that does not", str(figures))
        if folder in (place, *place.parents) or place in folder.parents:
            raise InputError(
                f"{shown}: is the folder of the figures ({figures}), or one lies in the other; "
                "name a file beside it"
            )
        _try(folder, str(figures))
    return place


def _try(place: Path, shown: str) -> None:
    """See whether something can be written at a place, whose folders may be missing yet; nothing stays there."""
    there = next(parent for parent in place.parents if os.path.exists(parent))
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{place.name}-", dir=there):
            pass
    except OSError as error:
        raise InputError(f"{shown}: cannot be written: {error.strerror}; name another place") from None


def _write_whole(target: Path, text: str) -> None:
    """Write a file beside its place, then put it there."""
    parent = target.parent
    parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(draft, 0o644)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
