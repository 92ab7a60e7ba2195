"""How the objects of the study room look in a notebook: importing this says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatesim.show.check import inputs_table
from gatesim.show.compare import comparison_html
from gatesim.show.decisions import cell_html, decisions_html
from gatesim.show.explain import story_html
from gatesim.show.frontier import frontier_html
from gatesim.show.html import options_html, run_html, tables_html
from gatesim.show.relief import relief_html
from gatesim.show.sensitivity import sensitivity_html
from gatesim.show.shutdown import map_finding, map_table, range_words, shutdown_tables
from gatesim.show.tables import table_html
from gatesim.show.who import who_html
from gatesim.study.check import Check
from gatesim.study.compare import Comparison
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
        from gatesim.show.charts import policies_chart

        return policies_chart(self._result, leak)

    def limits(self, ratio: str = "leak_share") -> alt.HConcatChart:
        """What can be concluded at each limit, by reading of the order."""
        from gatesim.show.charts import limits_chart

        return limits_chart(self._result, ratio)

    def who_pays(self, by: str = "segment", policy: str | None = None) -> alt.HConcatChart:
        """Whom a policy refuses and lets through, by segment or channel; or why policies refuse, by reason."""
        from gatesim.show.charts import who_pays_chart

        return who_pays_chart(self._result, by, policy)

    def days(self, policies: Sequence[str] | None = None) -> alt.HConcatChart:
        """What is refused and let through day by day."""
        from gatesim.show.charts import days_chart

        return days_chart(self._result, policies)

    def desk(self) -> alt.HConcatChart:
        """How busy the desk is, how long cases wait, how many leave; and what is expected hour by hour."""
        from gatesim.show.charts import desk_chart

        return desk_chart(self._result)


class FrontierCharts:
    """The chart of a frontier."""

    def __init__(self, found: Frontier) -> None:
        self._found = found

    def frontier(self) -> alt.HConcatChart:
        """The most served against the limit, by both bounds, and the listed policies as points."""
        from gatesim.show.charts import frontier_chart

        return frontier_chart(self._found)


class ShutdownCharts:
    """The chart of a shutdown point."""

    def __init__(self, found: ShutdownPoint) -> None:
        self._found = found

    def served(self) -> alt.HConcatChart:
        """What is served within the limit, as the number moves."""
        from gatesim.show.charts import shutdown_chart

        return shutdown_chart(self._found)


class MapCharts:
    """The chart of a map."""

    def __init__(self, found: ShutdownMap) -> None:
        self._found = found

    def outcomes(self) -> alt.HConcatChart:
        """Outcomes over two numbers."""
        from gatesim.show.charts import map_chart

        return map_chart(self._found)


class StoryCharts:
    """The chart of a story."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def life(self) -> alt.HConcatChart:
        """The person's life in the window, as a strip."""
        from gatesim.show.charts import life_chart

        return life_chart(self._story)


ShutdownPoint.html = lambda found: tables_html(
    found.loaded.scenario.title,
    found.finding,
    shutdown_tables(found),
    f"{found.sentence} {range_words(found)}",
)
ShutdownPoint.charts = ShutdownCharts
ShutdownMap.html = lambda found: tables_html(
    found.loaded.scenario.title, f"{map_finding(found)}.", [map_table(found)], found.sentence
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
Comparison.html = comparison_html
Story.html = story_html
Story.charts = StoryCharts
Who.html = who_html
