"""The page's frontier of one order, where several count leaks each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gatesim.measures.judgement import RATIOS
from gatesim.scenario import Loaded
from gatesim.show.app.levers import ORDER
from gatesim.show.app.settings import Panel, Settings
from gatesim.study.frontier import Frontier, frontier_of_order
from gatesim.study.one_order import one_order
from gatesim.study.standing import Standings

TOGETHER = "all orders together"


@dataclass
class _Kept:
    """The frontier of an order, once it is worked out."""

    found: Frontier | None = None


def order_box(panel: Panel, settings: Settings, key: str) -> None:
    """What an order is chosen with; nothing where there is no choice."""
    words = panel.choices.get(ORDER, {})
    if not words:
        return
    options = ["", *words]
    st.selectbox(
        "Whose leaks are limited",
        options,
        options.index(settings.order or ""),
        format_func=lambda place: words.get(place, TOGETHER),
        key=key,
        help="One order: its own leaks, as it counts them, while the others keep their limits.",
    )


def frontier_title(panel: Panel, settings: Settings) -> str:
    """The heading of the frontier: where several orders count leaks each by itself it says whose."""
    words = "The most that any gate could serve within each limit on leaks"
    if ORDER not in panel.choices:
        return words
    return f"{words}, {TOGETHER if settings.order is None else f'order {settings.order} by itself'}"


def frontier_seen(panel: Panel, settings: Settings, loaded: Loaded, number: int) -> Frontier:
    """The frontier of an order under the page's reading, without policies that the exact engine cannot do.

    Raises
    ------
    ScenarioError, ValueError
        If it cannot be told.
    """
    kept = _kept(panel.written, panel.query(panel.for_order(settings)), number)
    if kept.found is None:
        asked = panel.together(loaded, settings)
        # What the order leaves open is what the page asks about.
        ratio = None if loaded.scenario.orders[number].standard.kind in RATIOS else asked.ratio
        one = one_order(loaded, number, ratio)
        kept.found = frontier_of_order(
            loaded,
            one,
            limits=() if one.limit is not None else (asked.limit,),
            policies=asked.policies,
            readings=[asked.reading],
            pays=False,
            cannot={},  # the table of policies says why
            kept=_ground(panel.written, panel.query(panel.without_question(settings)), number),
        )
    return replace(kept.found, loaded=loaded)  # its floor may be another


@st.cache_resource(max_entries=4, show_spinner=False)
def _ground(written: str, query: Mapping[str, str], number: int) -> dict[str, Standings]:
    """Needs, tables and bounds under settings but for the question: filled when they are first worked out."""
    return {}


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept(written: str, query: Mapping[str, str], number: int) -> _Kept:
    """An order's frontier under settings but for the floor and the desk: filled when it is first worked out."""
    return _Kept()
