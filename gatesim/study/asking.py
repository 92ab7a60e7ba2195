"""What is asked of a scenario, checked: wrong names, limits and floors are errors in the user's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatesim.law.standards import Limits
from gatesim.measures.judgement import RATIOS
from gatesim.measures.verdict import first_order
from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.schema import Scenario
from gatesim.study.own_limits import own_limits
from gatesim.study.standing import Question, question
from gatesim.study.within_orders import find_order, several_count

_SAY_WHICH = "say which: --ratio leak_share --limit 0.001"


def ask(
    loaded: Loaded,
    *,
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
    each: bool = False,
    order: str | None = None,
) -> Question:
    """What is asked, from what a user gave; see `gatesim.study.standing.question`.

    Parameters
    ----------
    loaded, reading, ratio, limit, floor, policies
        The scenario, and what takes the place of what it says.
    each
        Whether the limits of several orders, or several limits of one, hold at once, each on what its order counts by
        itself. Where one limit on all leaks is asked for and there is one order, that is all.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited.

    Raises
    ------
    ScenarioError
        If there is no order, its standard is no single ratio and none is given, a name is unknown, or a limit or
        floor is no share.
    """
    scenario = loaded.scenario
    number = None if order is None else find_order(scenario, order)
    one = limit is not None and ratio is not None and len(scenario.orders) == 1
    each = number is not None or (each and not one and several_count(scenario))
    problems = []
    if not scenario.orders:
        problems.append(
            Problem(loaded.files[-1][0], None, "orders", "there is no order: nothing can be judged")
        )
    if reading is not None and reading not in scenario.readings:
        problems.append(_unknown("--reading", reading, "reading", scenario.readings))
    if ratio is not None and ratio not in RATIOS:
        problems.append(_unknown("--ratio", ratio, "ratio", RATIOS))
    for name in policies or ():
        if name not in scenario.policies:
            problems.append(_unknown("--policy", name, "policy", scenario.policies))
    for option, value in (("--limit", limit), ("--floor", floor)):
        if value is not None and not 0 <= value <= 1:
            what = "below zero" if value < 0 else "above 1" if value > 1 else "no number"
            problems.append(
                Problem(option, None, "", f"{value:g} is {what}: write a share, such as 0.001 for 0.1 %")
            )
    if each and not problems and not own_limits(scenario, number, ratio, limit)[0]:
        which = range(len(scenario.orders)) if number is None else (number,)
        message = "no known limit on leaks is among what is asked for"
        key = f"orders.{which[0]}"
        problems.append(Problem(loaded.files[-1][0], None, key, message, _SAY_WHICH))
    elif not each:
        problems += _not_one_ratio(loaded, ratio, limit)
    if problems:
        raise ScenarioError(problems)
    return question(
        scenario,
        reading=reading,
        ratio=ratio,
        limit=limit,
        floor=floor,
        policies=None if policies is None else [name for name in scenario.policies if name in policies],
        each=each,
        number=number,
    )


def no_single_ratio(scenario: Scenario) -> str:
    """Why the first order's standard is not one leak ratio with a known limit, in words; empty where it is."""
    order = first_order(scenario)
    if order is None:
        return ""
    if order.standards:
        return "models have standards of their own"
    if order.standard.kind not in RATIOS:
        return f"its standard is {order.standard.kind}"
    return "" if Limits.of(order.standard.limit).known is not None else "its limit is not known"


def _not_one_ratio(loaded: Loaded, ratio: str | None, limit: float | None) -> list[Problem]:
    """A problem where neither the first order nor the user says which leak ratio and limit to look at."""
    order, why = first_order(loaded.scenario), no_single_ratio(loaded.scenario)
    if order is None or not why or (limit is not None and ratio is not None):
        return []
    key = f"orders.{loaded.scenario.orders.index(order)}"
    message = f"{why}, and here one leak ratio and one limit are looked at"
    return [Problem(loaded.files[-1][0], None, key, message, _SAY_WHICH)]


def _unknown(option: str, name: str, what: str, known: Iterable[str]) -> Problem:
    return Problem(option, None, name, f"the scenario has no such {what}", nearest(name, known, "there are"))
