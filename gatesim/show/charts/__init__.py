"""Charts: one grammar (Altair) for notebooks, report, page and files; one chart a file.

They need the extra ``charts`` (``pip install "gatesim[charts]"``). Each takes what a study gave back, and gives an
Altair chart.
"""

from gatesim.show.charts.curves import lines
from gatesim.show.charts.days import days_chart
from gatesim.show.charts.desk import desk_chart
from gatesim.show.charts.frontier import frontier_chart
from gatesim.show.charts.grammar import nothing, save
from gatesim.show.charts.life import life_chart
from gatesim.show.charts.limits import limits_chart
from gatesim.show.charts.policies import finding, policies_chart
from gatesim.show.charts.shutdown import map_chart, shutdown_chart
from gatesim.show.charts.who_pays import who_pays_chart

__all__ = [
    "days_chart",
    "desk_chart",
    "finding",
    "frontier_chart",
    "life_chart",
    "limits_chart",
    "lines",
    "map_chart",
    "nothing",
    "policies_chart",
    "save",
    "shutdown_chart",
    "who_pays_chart",
]
