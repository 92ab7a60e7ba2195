"""The page's map of outcomes over two inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from gatesim.gates.bounds import Program
from gatesim.scenario import Loaded
from gatesim.scenario.parameter import Parameter
from gatesim.show.app import parts
from gatesim.show.app.levers import ASKED, axis_of
from gatesim.show.app.placing import drawn_at, progress
from gatesim.show.app.settings import Panel, Settings
from gatesim.show.called import lever_words
from gatesim.study.shutdown_map import KeptMap, ShutdownMap, keeps_under_questions, shutdown_map
from gatesim.study.standing import Question

MAP_STEPS = 12


@dataclass(frozen=True)
class Map:
    """A map that is asked for, and where it comes.

    Attributes
    ----------
    key
        What it is a map of.
    loaded, asked, axes, names
        The scenario, what is asked of it, the two inputs, and what these are called.
    kept
        What is known of it.
    place
        Where it comes.
    """

    key: tuple[object, ...]
    loaded: Loaded
    asked: Question
    axes: tuple[Parameter, Parameter]
    names: tuple[str, str]
    kept: KeptMap
    place: Any

    @property
    def is_quick(self) -> bool:
        """Whether it takes no time to speak of."""
        return self.kept.standings is not None


def map_asked_for(panel: Panel, settings: Settings, loaded: Loaded, history: Program | None) -> Map | None:
    """What a map can be asked for by, and the map that is; ``history`` is the program of bound B, where it is made."""
    st.html(parts.heading("Where a gate is within the limit: a map of two inputs"))
    levers = [lever for lever in panel.levers if lever.parameter.paths]
    names = [lever.name for lever in levers]
    moving = [lever.name for lever in levers if lever.group != ASKED] or names
    first = moving[0]
    second = next(
        (name for name in moving if panel.by_name[name].group != panel.by_name[first].group), names[-1]
    )
    left, right, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    across = left.selectbox(
        "Across", names, names.index(first), format_func=_words(panel), key=f"x {panel.name}"
    )
    up = right.selectbox(
        "Upwards", names, names.index(second), format_func=_words(panel), key=f"y {panel.name}"
    )
    draw = third.toggle("Draw the map", key="map", help="It follows whatever moves.")
    # The boxes cut long words.
    st.caption(parts.plain(f"Across: {_words(panel)(across)}. Upwards: {_words(panel)(up)}."))
    if not draw:
        return None
    if across == up:
        st.info("Choose two different inputs.")
        return None
    asked = panel.question(loaded, settings)
    axes = _axis(panel, settings, across), _axis(panel, settings, up)
    # What the two are set to has no part in what is worked out for the whole range of both.
    same = panel.without_question(settings) if keeps_under_questions(axes) else settings
    rest = replace(
        same, values={name: value for name, value in same.values.items() if name not in (across, up)}
    )
    ranges = tuple((p.key, p.low, p.high) for p in axes)
    kept = _ground_of_map(panel.written, panel.query(rest), ranges)
    kept.history = history
    key = (panel.written, tuple(panel.query(settings).items()), across, up)
    words = (lever_words(panel.by_name[across]), lever_words(panel.by_name[up]))
    return Map(key, loaded, asked, axes, words, kept, st.container())


def _words(panel: Panel) -> Callable[[str], str]:
    return lambda name: lever_words(panel.by_name[name])


def draw_map(map_: Map) -> None:
    """A map, with what it says beside it: in the chart it would be drawn anew for every word of it."""
    from gatesim.show.charts.shutdown import map_alone, map_small, map_words
    from gatesim.show.shutdown import map_finding

    with map_.place:
        # It stands first whether or not it is used: what follows keeps its place, and does not stand there twice.
        bar = st.container()
        finding, told = st.container(), st.container(key="told_map")
        chart, small = st.container(key="map_chart"), st.container()
        # Not Streamlit's own store: it would play the bar of progress again, whose place is gone by then.
        if st.session_state.get("mapped", (None, None))[0] != map_.key:
            st.session_state.mapped = (map_.key, _mapped(map_, bar))
        drawn = st.session_state.mapped[1]
        # Put together before anything is sent, and sent first: a browser draws the page anew for what comes by itself.
        drawn_at(map_alone(drawn, parts.MAP, map_.names), chart)
        finding.html(parts.section(f"<p>{parts.escaped(map_finding(drawn))}.</p>", parts.SWIPE))
        told.html(parts.aloud(map_words(drawn)))
        words = f"{map_small(replace(drawn, left_out=()))}. Policies looked at: {', '.join(drawn.policies) or 'none'}."
        if drawn.left_out:
            words += f" Left out, for they have a memory: {', '.join(drawn.left_out)}."
        small.caption(parts.plain(words))


def _mapped(map_: Map, bar: Any) -> ShutdownMap:
    asked = map_.asked
    with bar, progress() as say:
        return shutdown_map(
            map_.loaded,
            vary=map_.axes,
            steps=MAP_STEPS,
            policies=asked.policies,
            sentence="",  # it stands at the head of the page
            remembering=False,  # they would keep the page waiting
            progress=say,
            ratio=None if asked.own else asked.ratio,
            limit=None if asked.own else asked.limit,
            each=bool(asked.each),
            kept=map_.kept,
        )


@st.cache_resource(max_entries=8, show_spinner=False)
def _ground_of_map(
    written: str,
    query: Mapping[str, str],
    ranges: tuple[tuple[str, float, float], ...],
) -> KeptMap:
    """Needs, tables and bounds over two inputs: filled when they are first worked out."""
    return KeptMap()


def _axis(panel: Panel, settings: Settings, name: str) -> Parameter:
    return axis_of(panel.by_name[name], panel.value(settings, name))
