"""How the objects of the study room look in a notebook: importing this says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatesim.show.check import inputs_table
from gatesim.show.decisions import cell_html, decisions_html
from gatesim.show.explain import story_html
from gatesim.show.html import options_html, run_html
from gatesim.show.tables import table_html
from gatesim.show.who import who_table
from gatesim.study.check import Check
from gatesim.study.decisions import CellStory, DecisionTable
from gatesim.study.options import Options
from gatesim.study.result import Result
from gatesim.study.story import Story
from gatesim.study.who import Who

if TYPE_CHECKING:
    import altair as alt


class RunCharts:
    """The charts of a run."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def policies(self, leak: str = "leak_share") -> alt.HConcatChart:
        """Policies compared: whom each refuses wrongly, and what it lets through."""
        from gatesim.show import charts

        return charts.policies(self._result, leak)


Result.html = run_html
Result.charts = RunCharts
CellStory.html = cell_html
DecisionTable.html = decisions_html
Options.html = options_html
Check.html = lambda checked: table_html(inputs_table(checked))
Story.html = story_html
Who.html = lambda found: table_html(who_table(found))
