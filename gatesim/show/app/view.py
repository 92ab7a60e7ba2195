"""The page itself: what Streamlit draws. What is set and what follows from it is worked out elsewhere."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import streamlit as st

from gatesim.exact.varied import Served
from gatesim.scenario import Loaded, ScenarioError, load, shipped
from gatesim.show.app import parts
from gatesim.show.app.levers import ASKED, GROUPS, ORDER, RATIO, READING, Lever
from gatesim.show.app.orders import frontier_seen, frontier_title, order_box
from gatesim.show.app.outcomes import Map, draw_map, map_asked_for
from gatesim.show.app.placing import chart, drawn_at, progress
from gatesim.show.app.settings import SCENARIO, Panel, Settings, known_words, notices
from gatesim.show.app.sliders import FEW, Slider, meant, slider
from gatesim.show.called import lever_words
from gatesim.study.frontier import Frontier
from gatesim.study.glance import Glance, Kept, glances
from gatesim.study.result import Result
from gatesim.study.standing import Question
from gatesim.study.within_orders import together_words

if TYPE_CHECKING:
    from gatesim.show.charts.frontier import Drawn

DEFAULT = "june-2026"
LEAST_PEOPLE, MOST_PEOPLE = 100, 1_000_000
MOST_RESULTS = 4
"""So many simulated results are kept, for when their settings are on screen again."""
LATE = 1.5
"""Seconds within which a browser knows the address that the page gave itself."""


def show(file: str | None = None) -> None:
    """Draw the page.

    Parameters
    ----------
    file
        A scenario file to begin with, besides the shipped ones.
    """
    st.set_page_config(page_title="gatesim", layout="wide", initial_sidebar_state="auto")
    st.html(parts.STYLE)
    names = _names(file)
    panel, wrong = _from_address(names, file)
    panel = _chosen(panel, file)
    # What widgets say is known before they are drawn. What follows from it is drawn first: it is waited for.
    stood = st.session_state.settings
    settings, refused = _allowed(panel, stood, _moved(panel, stood))
    st.session_state.settings = settings
    if settings != stood:
        st.session_state.pop("notice", None)
    begins = "written" not in st.session_state
    if begins:
        _panel_of_levers(names, panel, stood, settings)
    _to_address(panel, settings)
    if wrong:
        st.session_state.notice = notices(wrong)
    if refused:
        _refuse(panel, settings, refused)
    loaded = panel.scenario(settings)
    places, cannot, map_ = _follow(panel, settings, loaded)
    settings = replace(settings, order=None)  # at whose frontier somebody looks is nothing to what follows
    if not begins:
        _panel_of_levers(names, panel, stood, settings)
    with places.save:
        _save(panel, settings, cannot)
    if map_ is not None:
        draw_map(map_)
    with places.simulate:
        _simulate(panel, settings, loaded)
    _set_apart_what_stays()


@cache
def _set_apart_what_stays() -> None:
    """Keep what is loaded by now from being looked through for garbage; what the first page needed stays as well.

    Streamlit looks after each move, before it sends what was drawn last: through all that is loaded that takes 0.15 s.
    """
    gc.collect()
    gc.freeze()


# --- The base, and the address ---


def _names(file: str | None) -> list[str]:
    """What the page can begin with: the user's file first."""
    own = [_file_name(file)] if file is not None else []
    return [*own, *shipped()]


def _file_name(file: str) -> str:
    return Path(file).name if file not in shipped() else file


@st.cache_resource(max_entries=40, show_spinner=False)
def _panel(name: str, file: str | None) -> Panel:
    """The panel of a base, read once: a file that changes later is not read anew."""
    if file is not None and name == _file_name(file) and file not in shipped():
        return Panel(name, load(Path(file)), str(Path(file).resolve()))
    return Panel(name, load(name), name)


def _asked() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _from_address(names: Sequence[str], file: str | None) -> tuple[Panel, list[str]]:
    """The base, and what is wrong in the address. Where somebody wrote a new address, it is read."""
    state, given = st.session_state, _asked()
    if "settings" in state and (given == state.written or _is_late(given)):
        return _panel(state.base, file), []
    wrong: list[str] = []
    default = names[0] if file is not None else DEFAULT
    name = given.get(SCENARIO, [default])[-1]
    if name not in names:
        shown_name = "".join(c if c.isprintable() else "?" for c in name[:40])
        wrong.append(f'there is no scenario "{shown_name}" here; {default} is shown, with nothing changed')
        panel, settings = _panel(default, file), Settings()
    else:
        panel = _panel(name, file)
        settings, wrong = panel.read(given)
        try:
            panel.scenario(settings)
        except ScenarioError as error:
            wrong.append(f"the settings do not go together ({error.problems[0].message}); nothing is changed")
            settings = Settings()
    _start(panel, settings)
    return panel, wrong


def _is_late(given: Mapping[str, Sequence[str]]) -> bool:
    """Whether an address is only late: sent along with a move before the browser knew what the move before it gave.

    An address that somebody wrote, or went back to, comes without a move.
    """
    state = st.session_state
    moved = any(key in state and state[key] != value for key, value in state.get("stood", {}).items())
    return moved or (given == state.get("before") and monotonic() - state.written_at < LATE)


def _start(panel: Panel, settings: Settings) -> None:
    """Put all widgets where the settings say."""
    state = st.session_state
    if state.get("base") != panel.name:
        state.pop("simulated", None)
        state.pop("stopped", None)
    state.base, state.settings = panel.name, settings
    state.round = state.get("round", 0) + 1  # new widgets, which begin anew
    state.pop("notice", None)


def _to_address(panel: Panel, settings: Settings) -> None:
    query = panel.query(settings)
    written = {name: [value] for name, value in query.items()}
    if _asked() != written:
        st.query_params.from_dict(query)
    state = st.session_state
    if state.get("written") != written:
        state.before, state.written, state.written_at = state.get("written"), written, monotonic()
    _note_where_widgets_stand()


def _note_where_widgets_stand() -> None:
    state = st.session_state
    state.stood = {key: state[key] for key in state if " " in str(key)}


def _chosen(panel: Panel, file: str | None) -> Panel:
    """The base, or another one that was chosen just now."""
    state = st.session_state
    chosen = state.get(_key("base"), panel.name)
    if chosen != panel.name:
        panel = _panel(chosen, file)
        _start(panel, Settings())
    return panel


def _key(words: str) -> str:
    """The key of a widget, which begins anew with another base or address."""
    return f"{words} {st.session_state.round}"


# --- What can be moved ---


def _moved(panel: Panel, settings: Settings) -> Settings:
    """What the widgets say, of which some may have been moved since ``settings`` was so."""
    state = st.session_state
    reading = state.get(_key("reading"), settings.reading or panel.reading)
    ratio = state.get(_key("ratio"), settings.ratio or panel.ratio)
    order = state.get(_key(ORDER), settings.order) or None
    now = replace(panel.chosen(settings, reading, ratio), order=order)
    for lever in panel.levers:
        number = state.get(_lever_key(lever))
        # What an address says exactly stays while it is not moved.
        if number is not None and number != _slider(panel, settings, lever).at:
            now = panel.moved(now, lever.name, meant(lever, number))
    return now


def _allowed(panel: Panel, stood: Settings, moved: Settings) -> tuple[Settings, str]:
    """What was moved, if the model takes it; else what was before, and why not."""
    try:
        panel.scenario(moved)
    except ScenarioError as error:
        return stood, error.problems[0].message
    return moved, ""


def _refuse(panel: Panel, settings: Settings, why: str) -> None:
    """Say that a move was refused, and offer the way back."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.error(
        parts.plain(
            f"This move is not followed: the model refuses it ({why}). All on the page is from before it."
        )
    )
    right.button("Take it back", on_click=_start, args=(panel, settings))


def _lever_key(lever: Lever) -> str:
    # Its ends are part of its name: a slider that goes farther is another one, and begins where this one stands.
    return f"{_key(lever.name)} {st.session_state.get('wide', False)}"


def _slider(panel: Panel, settings: Settings, lever: Lever) -> Slider:
    return slider(lever, panel.value(settings, lever.name), st.session_state.get("wide", False))


def _panel_of_levers(names: Sequence[str], panel: Panel, stood: Settings, settings: Settings) -> None:
    """The widgets, as they stood before what was moved just now: they know that by themselves."""
    with st.sidebar:
        st.markdown("### gatesim")
        st.selectbox(
            "Scenario to begin with",
            names,
            index=list(names).index(panel.name),
            key=_key("base"),
            help="Shipped scenarios, and the file that the page was started with. Choosing one takes all changes back.",
        )
        st.caption(parts.plain(panel.loaded.scenario.title))
        _levers(panel, stood)
        _note_where_widgets_stand()  # with those that are new
        st.button(
            "Back to the base",
            disabled=not settings,
            help="Take all changes back",
            on_click=_start,
            args=(panel, Settings()),
        )


def _levers(panel: Panel, settings: Settings) -> None:
    """The widgets of what can be moved."""
    st.toggle(
        "Go beyond the plausible ranges",
        key="wide",
        help="Sliders then go to the hard limits, such as a perfect signal; of counts and times ten times as far.",
    )
    for group, title in GROUPS.items():
        levers = [lever for lever in panel.levers if lever.group == group]
        if not levers:
            continue
        # What is closed is not drawn: every slider takes time at every move, here and in the browser.
        box = st.expander(title, expanded=group == ASKED, key=f"open {group}", on_change="rerun")
        if not box.open:
            continue
        with box:
            if group == ASKED:
                _choices(panel, settings)
            few = [lever for n, lever in enumerate(levers) if n < FEW or lever.name in settings.values]
            if len(few) < len(levers) and st.checkbox(
                f"All {len(levers)}", key=f"all {group} {panel.name}", help=f"Show all of: {title}"
            ):
                few = levers
            for lever in few:
                _lever(panel, settings, lever)


def _choices(panel: Panel, settings: Settings) -> None:
    words = panel.choices[READING]
    readings = list(words)
    st.radio(
        "Reading of the order",
        readings,
        index=readings.index(settings.reading or panel.reading),
        captions=[parts.plain(words[name]) for name in readings],
        key=_key("reading"),
    )
    ratios = panel.choices[RATIO]
    st.radio(
        "The limit is a share",
        list(ratios),
        index=list(ratios).index(settings.ratio or panel.ratio),
        format_func=ratios.__getitem__,
        key=_key("ratio"),
    )
    if panel.only_asks:
        st.caption(
            parts.plain(
                f"Of this scenario's order {panel.only_asks}. The page asks about one leak ratio beside it; a saved "
                "file keeps the order's own standard."
            )
        )


def _lever(panel: Panel, settings: Settings, lever: Lever) -> None:
    """One slider, with what is known beside it."""
    look, key = _slider(panel, settings, lever), _lever_key(lever)
    label = lever_words(lever)
    unit = " %" if lever.is_share else f" {lever.parameter.unit}".rstrip()
    doubled = unit.replace("%", "%%")
    common: dict[str, Any] = {"key": key, "help": parts.plain(lever.note) or None}
    if look.options:
        state = st.session_state
        if key in state and state[key] not in look.options:
            look = replace(look, options=tuple(sorted({*look.options, state[key]})))
        st.select_slider(
            parts.plain(label),
            look.options,
            value=look.at,
            format_func=lambda x: f"{x:,.6f}".rstrip("0").rstrip(".") + unit,
            **common,
        )
    elif lever.parameter.whole:
        ends = int(look.low), int(look.high), int(look.at), int(look.step)
        st.slider(parts.plain(label), *ends, format=f"%d{doubled}", **common)
    else:
        st.slider(
            parts.plain(label),
            look.low,
            look.high,
            look.at,
            look.step,
            format=f"%.{look.digits}f{doubled}",
            **common,
        )
    st.caption(parts.plain(known_words(lever)))


# --- What follows ---


def _follow(panel: Panel, settings: Settings, loaded: Loaded) -> tuple[_Places, Collection[str], Map | None]:
    """Draw what follows; give where the rest stands, and the policies that the exact engine cannot do.

    A map that is still to be drawn comes last, unless it takes no time or nothing else does.
    """
    state = st.session_state
    if state.get("notice"):
        st.warning(parts.plain(state.notice))
    looked, settings = settings, replace(settings, order=None)
    number = panel.order(looked)
    places, map_ = None, None
    cannot: Collection[str] = ()
    try:
        # What takes longest follows: the second takes the place of the first.
        for found in _glances(panel, settings, loaded):
            cannot = found.cannot
            if places is not None:
                places.fill(panel, settings, found, number is None)
                continue
            # The first takes the while in which all stands as before.
            places = _Places(panel, looked)
            places.fill(panel, settings, found, number is None)
            with places.map:
                history = _history(panel.written, panel.query(panel.for_bound_b(settings)))
                map_ = map_asked_for(panel, settings, loaded, history.history)
            if map_ is not None and (map_.is_quick or not found.waiting):
                draw_map(map_)
                map_ = None
        if number is not None and places is not None:
            places.fill_order(panel, settings, loaded, number)
    except (ScenarioError, ValueError) as error:
        st.error(parts.plain(f"This cannot be worked out: {error}"))
        map_ = None
    return places or _Places(panel, looked), cannot, map_


class _Places:
    """Where on the page stands what is found at a glance.

    Each part has a place of its own, in which what is found later follows what stood there, also from before a move.
    What is found later and is the same is not sent again. No place is ever sent empty: what stood there would be gone
    until it is filled, which on a busy machine is seen. So a place is a container, which keeps what stood in it.
    """

    def __init__(self, panel: Panel, settings: Settings) -> None:
        self._places: dict[str, Any] = {"question": st.container(), "verdict": st.container()}
        left, right = st.columns([3, 2], gap="medium")
        with left:
            st.html(parts.heading(frontier_title(panel, settings)))
            order_box(panel, settings, _key(ORDER))
            self._places |= {
                "told": st.container(key="told"),
                # A browser shows one of the two, by its width, which nobody here knows.
                "frontier": st.container(key="frontier"),
                "narrow": st.container(key="narrow"),
                "key": st.container(),
            }
        self._places |= {
            "differing": right,
            "policies": st.container(),
            "warnings": st.container(key="warnings"),
        }
        self.save, self.map, self.simulate = st.container(), st.container(), st.container()
        self._stands: dict[str, object] = {}

    def fill(self, panel: Panel, settings: Settings, found: Glance, with_frontier: bool) -> None:
        """Words and numbers first, for the chart takes longest."""
        self._text("question", parts.question(found, found.loaded.scenario.title))
        self._text("verdict", parts.verdict(found))
        self._text("differing", parts.differing(panel.differing(settings), panel.name))
        self._text("policies", parts.policies(found))
        warnings = (*together_words(found.loaded.scenario, "page"), *found.loaded.warnings)
        if warnings:
            lines = [f"Warning: {line}" for line in warnings[:8]]
            self._text("warnings", parts.paragraphs(lines))
        if with_frontier:
            self._frontier(found.frontier, found.together)

    def fill_order(self, panel: Panel, settings: Settings, loaded: Loaded, number: int) -> None:
        """The frontier of one order, in the place of that of all."""
        from gatesim.show.charts.frontier import drawn

        try:
            found = frontier_seen(panel, settings, loaded, number)
        except (ScenarioError, ValueError) as error:
            why = f"The frontier of this order cannot be told: {error}"
            self._text("frontier", parts.paragraphs([why]))
            self._text("told", parts.aloud(""))
            self._text("key", parts.paragraphs([]))
            return
        self._frontier(found, drawn(found))

    def _frontier(self, found: Frontier, asked: Question | Drawn) -> None:
        from gatesim.show.charts.frontier import NARROW, one_reading

        # What it shows is told beside it: as part of the chart it would be drawn anew for every number in it.
        self._text("told", parts.aloud(parts.frontier_words(found)))
        spec, numbers = one_reading(found, asked, parts.FRONTIER)
        narrow, its_numbers = one_reading(found, asked, parts.FRONTIER, NARROW)
        self._text("key", parts.frontier_key(found, numbers, its_numbers))
        self._put("frontier", json.dumps(spec), lambda place: drawn_at(spec, place))
        self._put("narrow", json.dumps(narrow), lambda place: drawn_at(narrow, place))

    def _text(self, part: str, text: str) -> None:
        self._put(part, text, lambda place: place.html(text))

    def _put(self, part: str, what: str, send: Callable[[Any], Any]) -> None:
        """Put something in its place, unless it stands there: in the container the first time, then over itself."""
        if self._stands.get(part) != what:
            self._stands[part] = what
            self._places[part] = send(self._places[part])


def _glances(panel: Panel, settings: Settings, loaded: Loaded) -> Iterator[Glance]:
    """What is seen under these settings, at first without the policies that take long; the last is kept."""
    kept = _seen(panel.written, panel.query(settings))
    if kept:
        yield kept[0]
        return
    same = panel.query(panel.without_question(settings))
    known = _served(panel.written, same)
    history = _history(panel.written, panel.query(panel.for_bound_b(settings)))
    ground = _ground(panel.written, same)
    ground.history = ground.history or history.history
    for found in glances(loaded, panel.question(loaded, settings), known=dict(known), kept=ground):
        history.history = ground.history
        known.update(found.served)
        if not found.waiting:
            kept.append(found)
        yield found


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen(written: str, query: Mapping[str, str]) -> list[Glance]:
    """What is seen under some settings: filled when it is first worked out."""
    return []


@st.cache_resource(max_entries=4, show_spinner=False)
def _ground(written: str, query: Mapping[str, str]) -> Kept:
    """Needs, tables and bounds under settings but for the question: filled when they are first worked out."""
    return Kept()


@st.cache_resource(max_entries=8, show_spinner=False)
def _history(written: str, query: Mapping[str, str]) -> Kept:
    """Bound B under the settings that it is about: filled when it is first worked out."""
    return Kept()


@st.cache_resource(max_entries=64, show_spinner=False)
def _served(written: str, query: Mapping[str, str]) -> dict[str, Served]:
    """What policies serve under settings but for the question: filled when it is first worked out."""
    return {}


def _save(panel: Panel, settings: Settings, cannot: Collection[str]) -> None:
    st.html(parts.heading("Save as scenario file"))
    text = panel.saved(settings)
    name = panel.file_name(settings)
    left, right = st.columns([1, 3])
    left.download_button("Save as scenario file", text, name, "application/toml", on_click="ignore")
    right.caption(parts.plain(f"Then: {panel.command(settings, cannot)}"))
    with st.expander("What the file says"):
        st.code(text, language="toml")


def _simulate(panel: Panel, settings: Settings, loaded: Loaded) -> None:
    from gatesim.study.run import run

    st.html(parts.heading("Simulate what is on screen"))
    scenario, state = loaded.scenario, st.session_state
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    # No ends: what is beyond them would stay in the box, and another number be simulated.
    base = max(LEAST_PEOPLE, min(scenario.people, MOST_PEOPLE))
    people = left.number_input("Accounts to simulate", value=base, step=1000, key=f"n {panel.name}")
    seed = middle.number_input("Seed", value=scenario.seed, step=1, key=f"seed {panel.name}")
    wrong = _wrong_numbers(people, seed)
    pressed = right.button("Simulate", type="primary", disabled=bool(wrong))
    if wrong:
        st.error(wrong)
    # What is stopped never gets to its end, where this is taken away.
    if state.pop("simulates", None) and not pressed:
        state.stopped = True
    query = panel.query(settings)
    results: dict[tuple[tuple[str, str], ...], Result] = state.setdefault("simulated", {})
    now = tuple(query.items())
    if pressed and not wrong:
        state.stopped, state.simulates = False, True
        with progress() as say:
            if not _is_compiled():
                say(0.0, "Compiling the fast engine: once on this machine, about a minute")
            try:
                result = run(loaded, people=int(people), seed=int(seed), progress=say, workers=os.cpu_count())
            except (ScenarioError, ValueError) as error:
                state.simulates = False
                st.error(parts.plain(str(error)))
                return
        state.simulates = False
        results.pop(now, None)
        results[now] = result
        for old in list(results)[:-MOST_RESULTS]:
            del results[old]
    if state.get("stopped"):
        st.info(
            "Something was moved meanwhile: the run was stopped. Simulate again for what is on screen now."
        )
    if results:
        shown = results.get(now) or list(results.values())[-1]
        _simulated(shown, now not in results, settings.ratio or panel.ratio)


def _wrong_numbers(people: int, seed: int) -> str:
    """Why so many accounts, or such a seed, cannot be simulated; empty where they can."""
    if not LEAST_PEOPLE <= people <= MOST_PEOPLE:
        return f"Accounts to simulate: from {LEAST_PEOPLE} to {MOST_PEOPLE:,}."
    return "" if 0 <= seed < 2**32 else f"Seed: from 0 to {2**32 - 1:,}."


def _is_compiled() -> bool:
    from gatesim.engine.fast import is_compiled

    return is_compiled("tally")


def _simulated(result: Result, is_old: bool, ratio: str) -> None:
    from gatesim.show.charts import policies_chart
    from gatesim.show.charts.grammar import named_data
    from gatesim.show.charts.panels import fits_a_phone
    from gatesim.show.run import heading, policies_table, small_print
    from gatesim.show.tables import table_html

    if is_old:
        st.info("Something was moved since: what follows was simulated before that.")
    table = parts.limited_first(policies_table(result), ratio)
    st.html(
        parts.section(
            f'<p id="simulated">{parts.escaped(heading(result))}</p>',
            f"<p>{parts.escaped(result.sentence)}</p>",
            f'<div class="wide simulated" tabindex="0" role="region" aria-label="Simulated">{table_html(table)}',
            "</div>",
            *(f"<p><small>{parts.escaped(line)}</small></p>" for line in small_print(result)),
        )
    )
    with st.container(key="simulated_charts"):
        chart(policies_chart(result), "simulated_chart")
        if fits_a_phone(list(result.policies)):
            narrow = policies_chart(result, narrow=True)
            drawn_at(named_data(narrow.to_dict(validate=False)), st.container(key="simulated_phone"))


def main() -> None:
    """What Streamlit runs: the arguments are those after ``--``."""
    show(sys.argv[1] if len(sys.argv) > 1 else None)
