"""How the objects of the study room look in a notebook: importing this says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatesim.show.check import inputs_table
from gatesim.show.explain import story_html
from gatesim.show.frontier import frontier_html
from gatesim.show.html import run_html
from gatesim.show.relief import relief_html
from gatesim.show.sensitivity import sensitivity_html
from gatesim.show.shutdown_point import map_html, shutdown_point_html
from gatesim.show.tables import table_html
from gatesim.show.who import who_table
from gatesim.study.check import Check
from gatesim.study.frontier import Frontier
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


class PointCharts:
    """The chart of a shutdown point."""

    def __init__(self, found: ShutdownPoint) -> None:
        self._found = found

    def curve(self) -> alt.HConcatChart:
        """The most served within the limit as the number moves."""
        from gatesim.show.shutdown_chart import curve_chart

        return curve_chart(self._found)


class MapCharts:
    """The chart of a map of outcomes."""

    def __init__(self, found: ShutdownMap) -> None:
        self._found = found

    def map(self) -> alt.HConcatChart:
        """Outcomes over two numbers."""
        from gatesim.show.shutdown_chart import map_chart

        return map_chart(self._found)


ShutdownPoint.html = shutdown_point_html
ShutdownPoint.charts = PointCharts
ShutdownMap.html = map_html
ShutdownMap.charts = MapCharts
Frontier.html = frontier_html
Frontier.charts = FrontierCharts
Reliefs.html = relief_html
Sensitivity.html = sensitivity_html
Result.html = run_html
Result.charts = RunCharts
Check.html = lambda checked: table_html(inputs_table(checked))
Story.html = story_html
Who.html = lambda found: table_html(who_table(found))
