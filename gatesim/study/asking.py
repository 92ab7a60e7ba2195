"""What is asked of a scenario, checked: wrong names, limits and floors are errors in the user's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatesim.law.standards import Limits
from gatesim.measures.judgement import RATIOS
from gatesim.measures.verdict import first_order
from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.schema import Scenario
from gatesim.study.standing import Question, question


def ask(
    loaded: Loaded,
    *,
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
) -> Question:
    """What is asked, from what a user gave; see `gatesim.study.standing.question`.

    Raises
    ------
    ScenarioError
        If there is no order, its standard is no single ratio and none is given, a name is unknown, or a limit or
        floor is no share.
    """
    scenario = loaded.scenario
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
    return [Problem(loaded.files[-1][0], None, key, message, "say which: --ratio leak_share --limit 0.001")]


def _unknown(option: str, name: str, what: str, known: Iterable[str]) -> Problem:
    return Problem(option, None, name, f"the scenario has no such {what}", nearest(name, known, "there are"))
