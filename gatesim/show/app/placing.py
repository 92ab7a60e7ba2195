"""What is put on the page: a chart, and a bar while something works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread
from time import monotonic
from typing import Any

import pyarrow as pa
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from gatesim.show.app import parts

AT_ONCE = 0.5
"""Seconds of work without a bar of progress: it would only flicker."""


def chart(drawn: Any, key: str) -> None:
    """A chart in a container of its own. Its grammar is for the tests of charts to see: Altair's look takes long."""
    from gatesim.show.charts.grammar import named_data

    st.html(parts.section(parts.SWIPE))
    drawn_at(named_data(drawn.to_dict(validate=False)), st.container(key=key))


def drawn_at(spec: dict[str, Any], place: Any) -> Any:
    """A chart as Vega-Lite has it, and where it stands. Rows go as Arrow has them, not by way of pandas."""
    if "datasets" in spec:
        spec["datasets"] = {name: pa.Table.from_pylist(rows) for name, rows in spec["datasets"].items()}
    return place.vega_lite_chart(spec=spec, theme=None, width="content")


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """A bar while something works, taken away when it is done; none for what is done at once."""
    bar, began, shown = st.empty(), monotonic(), False
    session = get_script_run_ctx()

    def say(done: float, doing: str) -> None:
        nonlocal shown
        if monotonic() - began < AT_ONCE:
            return
        shown = True
        # The fast engine speaks from threads of its own, which Streamlit does not know.
        if get_script_run_ctx(suppress_warning=True) is None:
            add_script_run_ctx(current_thread(), session)
        bar.progress(min(max(done, 0.0), 1.0), parts.plain(doing))

    try:
        yield say
    finally:
        # A browser draws the page anew for each thing that it is sent by itself.
        if shown:
            bar.empty()
