"""How the objects of the study room look in a notebook: importing this says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatesim.show.check import inputs_table
from gatesim.show.decisions import cell_html, decisions_html
from gatesim.show.explain import story_html
from gatesim.show.frontier import frontier_html
from gatesim.show.html import options_html, run_html, tables_html
from gatesim.show.relief import relief_html
from gatesim.show.sensitivity import sensitivity_html
from gatesim.show.shutdown import map_table, range_words, shutdown_tables
from gatesim.show.tables import table_html
from gatesim.show.who import who_table
from gatesim.study.check import Check
from gatesim.study.decisions import CellStory, DecisionTable
from gatesim.study.frontier import Frontier
from gatesim.study.options import Options
from gatesim.study.relief import Reliefs
from gatesim.study.result import Result
from gatesim.study.sensitivity import Sensitivity
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.shutdown_point import ShutdownPoint
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


class FrontierCharts:
    """The chart of a frontier."""

    def __init__(self, found: Frontier) -> None:
        self._found = found

    def frontier(self) -> alt.HConcatChart:
        """The most served against the limit, by both bounds, and the listed policies as points."""
        from gatesim.show.frontier_chart import frontier_chart

        return frontier_chart(self._found)


class ShutdownCharts:
    """The chart of a shutdown point."""

    def __init__(self, found: ShutdownPoint) -> None:
        self._found = found

    def served(self) -> alt.HConcatChart:
        """What is served within the limit, as the number moves."""
        from gatesim.show import shutdown_charts

        return shutdown_charts.shutdown_point(self._found)


class MapCharts:
    """The chart of a map."""

    def __init__(self, found: ShutdownMap) -> None:
        self._found = found

    def outcomes(self) -> alt.HConcatChart:
        """Outcomes over two numbers."""
        from gatesim.show import shutdown_charts

        return shutdown_charts.shutdown_map(self._found)


ShutdownPoint.html = lambda found: tables_html(
    found.loaded.scenario.title, range_words(found), shutdown_tables(found), found.sentence
)
ShutdownPoint.charts = ShutdownCharts
ShutdownMap.html = lambda found: tables_html(
    found.loaded.scenario.title, "", [map_table(found)], found.sentence
)
ShutdownMap.charts = MapCharts
Frontier.html = frontier_html
Frontier.charts = FrontierCharts
Reliefs.html = relief_html
Sensitivity.html = sensitivity_html
Result.html = run_html
Result.charts = RunCharts
CellStory.html = cell_html
DecisionTable.html = decisions_html
Options.html = options_html
Check.html = lambda checked: table_html(inputs_table(checked))
Story.html = story_html
Who.html = lambda found: table_html(who_table(found))
