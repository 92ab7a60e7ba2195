"""The figures of a run: what each shows, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gatesim.law.law import counted_apart
from gatesim.measures.wording import order_name
from gatesim.scenario import ScenarioError
from gatesim.show.app.levers import ACCURACY, FLOOR, LIMIT, Lever, axis_of, levers_of
from gatesim.show.charts import (
    days_chart,
    desk_chart,
    frontier_chart,
    life_chart,
    limits_chart,
    map_chart,
    nothing,
    policies_chart,
    who_pays_chart,
)
from gatesim.show.charts.grammar import small_print
from gatesim.show.charts.who_pays import shown_policy
from gatesim.study.asking import ask, no_single_ratio
from gatesim.study.frontier import Frontier, frontier_of_order
from gatesim.study.glance import glance
from gatesim.study.one_order import one_order
from gatesim.study.result import Result
from gatesim.study.shutdown_map import ShutdownMap, shutdown_map

if TYPE_CHECKING:
    from altair import HConcatChart

NO_LIFE = "Nobody's life is told here"
"""The title where there is nobody to tell of."""

MAP_STEPS = 25
"""Values of each of the two numbers on the map: the ends, and what is between them by even steps."""

OF_ORDER = "frontier-order-"
"""With the place of an order behind it the name of its figure, where orders count leaks each by itself."""


class Drawn(NamedTuple):
    """A figure that is drawn a second time, for a phone; None where once is enough."""

    wide: HConcatChart
    narrow: HConcatChart | None = None


def _twice(draw: Callable[..., HConcatChart], *args: str) -> Callable[[Result], Drawn]:
    """A chart that has a narrow form."""
    return lambda result: Drawn(draw(result, *args), draw(result, *args, narrow=True))


def _listed(result: Result) -> list[str]:
    """The policies of a run that the scenario lists: an operator's strategy is none."""
    return [name for name in result.policies if name in result.loaded.scenario.policies]


def _frontier(result: Result) -> Drawn:
    """What no gate could beat, by the exact engine, under the run's reading; where that cannot be told, the reason."""
    scenario = result.loaded.scenario
    why = no_single_ratio(scenario) if scenario.orders else "there is no order"
    if not why:
        try:
            asked = ask(result.loaded, reading=result.reading, policies=_listed(result))
            seen = glance(result.loaded, asked)
            return _frontier_drawn(seen.frontier, seen.cannot)
        except (ScenarioError, ValueError) as error:
            why = str(error)
    words = f"A frontier is about one leak ratio of the first order, with a limit that is known; here {why}."
    return Drawn(nothing("What no gate can beat is not told here", small_print(result), words))


def _frontier_drawn(found: Frontier, cannot: Collection[str]) -> Drawn:
    return Drawn(frontier_chart(found, cannot), frontier_chart(found, cannot, narrow=True))


def frontiers_of_orders(result: Result, say: Callable[[float, str], None] | None = None) -> dict[str, Drawn]:
    """Name of a figure -> the frontier of an order that counts its own leaks, while the others keep their limits."""
    loaded = result.loaded
    scenario, charts = loaded.scenario, dict[str, Drawn]()
    for number in counted_apart(scenario):
        if say is not None:
            say(0.9, f"frontier of “{order_name(scenario, number)}”")
        try:
            cannot: dict[str, str] = {}
            found = frontier_of_order(
                loaded,
                one_order(loaded, number),
                policies=_listed(result),
                readings=[result.reading],
                pays=False,
                cannot=cannot,
            )
            charts[f"{OF_ORDER}{number + 1}"] = _frontier_drawn(found, cannot)
        except (ScenarioError, ValueError) as error:
            title = f"What no gate can beat under “{order_name(scenario, number)}” is not told here"
            charts[f"{OF_ORDER}{number + 1}"] = Drawn(nothing(title, small_print(result), str(error)))
    return charts


def _map(result: Result) -> Drawn:
    """Outcomes over the limit and the accuracy of what the gates see first; where that cannot be told, the reason.

    Where there is no such accuracy, or a listed policy cannot be followed over it, over the limit and the floor.
    """
    loaded = result.loaded
    scenario = loaded.scenario
    why = "there is no order"
    if scenario.orders:
        levers = {lever.name: lever for lever in levers_of(loaded) if lever.parameter.paths}
        seen = next((lever for lever in levers.values() if lever.group == ACCURACY), None)
        if LIMIT not in levers:
            why = no_single_ratio(scenario) or "the first order has no single limit"
        else:
            maps: list[ShutdownMap] = []
            for second in (seen, levers[FLOOR]):
                # What the exact engine cannot do at all is left out of any map.
                if second is None or (maps and not maps[0].left_out):
                    continue
                try:
                    maps.append(_map_over(result, levers[LIMIT], second))
                except (ScenarioError, ValueError) as error:
                    why = str(error)
            if maps:
                found = min(maps, key=lambda one: len(one.left_out))
                return Drawn(map_chart(found), map_chart(found, narrow=True))
    words = f"A map is about the limit on leaks of the first order, and the accuracy of a signal; here {why}."
    return Drawn(nothing("Where a gate is left is not told here", small_print(result), words))


def _map_over(result: Result, first: Lever, second: Lever) -> ShutdownMap:
    return shutdown_map(
        result.loaded,
        vary=[axis_of(lever, lever.base) for lever in (first, second)],
        steps=MAP_STEPS,
        reading=result.reading,
        policies=_listed(result),
        sentence=result.sentence,
    )


def _life(result: Result) -> Drawn:
    """Somebody of whom there is something to tell: the first one of the run of the first kind of `_SOUGHT` there is."""
    small = small_print(result)
    if result.engine == "exact":
        words = "The exact engine expects needs and has no people: a run of the fast engine has somebody to tell of."
        return Drawn(nothing(NO_LIFE, small, words))
    from gatesim.study.explain import explain
    from gatesim.study.search import NobodyError

    name = shown_policy(result)[0]
    measures = result.policies[name].measures
    for what, of in _SOUGHT.items():
        if not measures[of].value:
            continue
        try:
            story = explain(result.loaded, find=what, policy=name, reading=result.reading)
        except NobodyError:
            continue  # What the measure counts is of another kind as well, or of another replication.
        except ScenarioError as error:
            return Drawn(nothing(NO_LIFE, small, "; ".join(one.message for one in error.problems)))
        except ValueError as error:
            return Drawn(nothing(NO_LIFE, small, str(error)))
        return Drawn(life_chart(story), life_chart(story, narrow=True))
    words = f"Under {name} nobody is refused wrongly by the gate, let through, kept waiting or gone for good"
    return Drawn(nothing(NO_LIFE, small, f"{words}{' in the first replication' if result.reps > 1 else ''}."))


_SOUGHT = {
    "refused": "refused_by_gate",
    "leaked": "leaks",
    "waiting": "not_served",
    "lost": "not_served",
}
"""Whom to look for, in this order -> the measure without which there is nobody."""


CHARTS: Mapping[str, Callable[[Result], HConcatChart | Drawn]] = {
    "limits-leak-share": lambda result: limits_chart(result, "leak_share"),
    "limits-leak-rate": lambda result: limits_chart(result, "leak_rate"),
    "frontier": _frontier,
    "map": _map,
    "policies": _twice(policies_chart),
    "who-pays-segment": _twice(who_pays_chart, "segment"),
    "who-pays-channel": _twice(who_pays_chart, "channel"),
    "who-pays-reason": lambda result: who_pays_chart(result, "reason"),
    "life": _life,
    "days": _twice(days_chart),
    "desk": _twice(desk_chart),
}
"""Name of a figure, and of its file -> how it is drawn."""

LABELS = {
    "limits-leak-share": "Chart: the verdict at each limit on the leak share",
    "limits-leak-rate": "Chart: the verdict at each limit on the leak rate",
    "frontier": "Chart: what no gate can beat",
    "map": "Chart: where a gate is left",
    "policies": "Chart: policies compared",
    "who-pays-segment": "Chart: who pays, by segment",
    "who-pays-channel": "Chart: who pays, by channel",
    "who-pays-reason": "Chart: why needs are refused",
    "life": "Chart: one person's life",
    "days": "Chart: the days around the order",
    "desk": "Chart: the desk",
}
