"""What can be served within the limits of several orders at once, each counting its own restricted needs.

For both bounds, and for the listed policies: at the same limit for the leak ratio of each order, and within the
standards that the orders have. All is expected values; desk and queue are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gatesim.exact.evaluate import World
from gatesim.exact.structure import may_leak
from gatesim.gates.bounds import Standard, TooLarge
from gatesim.gates.bounds.bound import Price
from gatesim.gates.bounds.limit_prices import limit_prices
from gatesim.gates.bounds.several import least_of_one, most_within, several
from gatesim.gates.tables import Tables
from gatesim.law.law import Law, counted_apart, of_models
from gatesim.law.standards import Demand, demands
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import FLOOR, RATIOS
from gatesim.measures.measured import Expected, measures
from gatesim.measures.wording import and_list, asked, order_name
from gatesim.scenario.errors import Problem, ScenarioError, nearest
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import jobs, laws
from gatesim.study.orders_apart import law_alone

BOUNDS: Mapping[str, Literal["A", "B"]] = {"bound_A": "A", "bound_B": "B"}


@dataclass(frozen=True)
class WithinPoint:
    """The most that the gates of a bound serve within all limits at once.

    Attributes
    ----------
    reading, bound
        Which.
    limit
        The limit of the leak ratio of every order; None: the orders' own standards.
    served
        Share of entitled needs, those that no order restricts; None where there are none.
    binding
        What stops it from being more: orders, or standards, in words.
    proved
        The share that no gate exceeds, proved without the solver.
    note
        Why there is no value; empty where there is one.
    prices
        For each limit, in the order of ``orders`` or of ``standards``, its one-sided prices with their range: the
        share of entitled needs that a unit more of it brings while the other limits stay.
    least
        Within the orders' own standards: for each of them the least leak, by its own count, at which a gate serves the
        floor while the others are kept; None where that is not to be had. Empty at other limits.
    """

    reading: str
    bound: str
    limit: float | None
    served: float | None
    binding: tuple[str, ...]
    proved: float | None
    note: str
    prices: tuple[Price, ...] = ()
    least: tuple[float | None, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        prices = [price._asdict() for price in self.prices]
        return vars(self) | {
            "binding": list(self.binding),
            "prices": prices,
            "least": list(self.least) if self.limit is None else None,
        }


@dataclass(frozen=True)
class ListedWithin:
    """A listed policy, as each order by itself counts its leaks.

    Attributes
    ----------
    served
        Share of the entitled needs that it serves; None where there are none.
    leaks
        Number of the order -> its leak ratio; None where it is undefined.
    meets
        Whether it is within the orders' own standards at once; None where there is none that can be told.
    """

    reading: str
    policy: str
    served: float | None
    leaks: Mapping[int, float | None]
    meets: bool | None


@dataclass(frozen=True)
class WithinOrders:
    """The answer, for some orders.

    Attributes
    ----------
    ratio
        The leak ratio that is limited.
    floor
        The share of entitled needs that has to be served.
    orders
        Number of the order -> what it is called.
    standards
        The orders' own standards that count here, in words.
    kinds
        Their kinds.
    left_out
        Those that do not: no bound on leaks follows from them, or their limit is not known.
    points, policies
        What both bounds, and the listed policies, come to.
    """

    ratio: str
    floor: float
    orders: Mapping[int, str]
    standards: tuple[str, ...]
    kinds: tuple[str, ...]
    left_out: tuple[str, ...]
    points: tuple[WithinPoint, ...]
    policies: tuple[ListedWithin, ...]

    def to_dict(self) -> dict[str, object]:
        """As JSON has it; orders are numbered from 0, as in a run."""
        return {
            "ratio": self.ratio,
            "floor": self.floor,
            "orders": {str(number): name for number, name in self.orders.items()},
            "standards": list(self.standards),
            "left_out": list(self.left_out),
            "bounds": [point.to_dict() for point in self.points],
            "policies": [
                vars(one) | {"leaks": {str(number): leak for number, leak in one.leaks.items()}}
                for one in self.policies
            ],
        }


def find_order(scenario: Scenario, text: str) -> int:
    """The number of the order that a user means: its place in the file, from 1, or its title.

    Raises
    ------
    ScenarioError
        If there is no such order.
    """
    names = [order.title for order in scenario.orders]
    if text in names:
        return names.index(text)
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return int(text) - 1
    places = [str(place) for place in range(1, len(names) + 1)]
    hint = nearest(text, [*places, *(name for name in names if name)], "there are")
    raise ScenarioError([Problem("--order", None, text[:60], "the scenario has no such order", hint)])


def several_count(scenario: Scenario) -> bool:
    """Whether several orders, or several standards, count leaks each by itself."""
    return bool(counted_apart(scenario)) or sum(one.kind != "process" for one in demands(scenario)) > 1


def within_orders(
    scenario: Scenario,
    readings: Sequence[str],
    policies: Sequence[str],
    ratio: str,
    limits: Sequence[float],
    order: int | None = None,
    say: Callable[[float, str], None] = lambda done, doing: None,
) -> WithinOrders:
    """What can be served within all limits at once.

    Parameters
    ----------
    scenario
        The scenario.
    readings, policies
        Names.
    ratio, limits
        The leak ratio of each order, and limits of it.
    order
        The number of an order: only its own leaks are limited. None: those of all.
    say
        Called with the share of the work that is done and what is being done.

    Raises
    ------
    CannotDo
        If the exact engine cannot do a policy.
    """
    numbers = tuple(range(len(scenario.orders))) if order is None else (order,)
    own = [one for one in demands(scenario) if one.order in numbers]
    counting = [one for one in own if standard_of(one) is not None]
    points: list[WithinPoint] = []
    found: list[ListedWithin] = []
    for place, reading in enumerate(readings):
        say(place / len(readings), f"{reading}: each order by itself")
        law = laws(scenario, scenario.seed, 0, (reading,))[reading]
        alone = {number: law_alone(scenario, law, number, 0) for number in numbers}
        of_demand = [of_models(scenario, alone[one.order], one.models) for one in counting]
        for bound in BOUNDS:
            points += _points(scenario, law, alone, of_demand, counting, reading, bound, ratio, limits)
        worlds = {number: World(scenario, one) for number, one in alone.items()}
        special = [
            worlds[one.order] if one.of_order else World(scenario, held)
            for one, held in zip(counting, of_demand, strict=True)
        ]
        whole = World(scenario, law)
        for job in jobs(scenario, policies, {reading: law}):
            served = _measured(whole, job.gate, job.policy)[FLOOR].value
            by_order = {n: _measured(world, job.gate, job.policy) for n, world in worlds.items()}
            meets = [
                _meets(one, _measured(world, job.gate, job.policy), world.law, job.gate, scenario)
                for one, world in zip(counting, special, strict=True)
            ]
            leaks = {n: of[ratio].value for n, of in by_order.items()}
            found.append(ListedWithin(reading, job.policy, served, leaks, all(meets) if meets else None))
    return WithinOrders(
        ratio,
        scenario.verdict.floor,
        {number: order_name(scenario, number) for number in numbers},
        tuple(asked(scenario, one) for one in counting),
        tuple(one.kind for one in counting),
        tuple(asked(scenario, one) for one in own if one not in counting),
        tuple(points),
        tuple(found),
    )


def standard_of(demand: Demand) -> Standard | None:
    """A demand as bounds take it; None for what is no known limit on expected leaks.

    No leak at all, with a probability below 1, is none: it does not limit what is to be expected.
    """
    limit = demand.limits.known
    if demand.kind == "process" or limit is None:
        return None
    if demand.kind == "zero":
        return Standard("zero") if demand.probability >= 1 else None
    return Standard(demand.kind, limit * demand.periods if demand.kind == "leak_count" else limit)


def _points(
    scenario: Scenario,
    law: Law,
    alone: Mapping[int, Law],
    of_demand: Sequence[Law],
    counting: Sequence[Demand],
    reading: str,
    bound: str,
    ratio: str,
    limits: Sequence[float],
) -> list[WithinPoint]:
    """The most served at each limit, and within the orders' own standards."""
    names = [f'"{order_name(scenario, number)}"' for number in alone]

    def point(limit: float | None, held: Sequence[Standard], words: Sequence[str]) -> WithinPoint:
        found = most_within(program, held)
        prices = limit_prices(program, held) if found.value is not None else ()
        binding = tuple(word for word, row in zip(words, found.limits, strict=False) if row.binds)
        least = []
        if limit is None and found.value is not None:
            floor = scenario.verdict.floor
            least = [least_of_one(program, held, number, floor) for number in range(len(held))]
        return WithinPoint(
            reading, bound, limit, found.value, binding, found.proved, found.note, prices, tuple(least)
        )

    points = []
    try:
        program = several(scenario, law, list(alone.values()), BOUNDS[bound])
        for limit in limits:
            standard = Standard.of_ratio(ratio, limit)
            points.append(point(limit, [standard] * len(alone), names))
        if counting:
            held = [one for one in map(standard_of, counting) if one is not None]
            if [one.order for one in counting] != list(alone) or not all(one.of_order for one in counting):
                program = several(scenario, law, of_demand, BOUNDS[bound])
            words = [_whose(scenario, one) for one in counting]
            points.append(point(None, held, words))
    except TooLarge as why:
        points.append(WithinPoint(reading, bound, None, None, (), None, str(why)))
    return points


def _whose(scenario: Scenario, demand: Demand) -> str:
    """Whose standard it is, and for which models if the order names others as well."""
    models = "" if demand.of_order else f" for {and_list(demand.models)}"
    return f'"{order_name(scenario, demand.order)}"{models}'


def _measured(world: World, gate: Sequence[Tables], policy: str) -> dict[str, Measure]:
    expected = world.evaluate(tuple(gate), policy, daily=False)
    return measures(world.scenario, Expected(expected.counts, float(expected.accounts.sum()), {}))


def _meets(
    demand: Demand, found: Mapping[str, Measure], law: Law, gate: Sequence[Tables], scenario: Scenario
) -> bool:
    """Whether a policy is within a standard that counts leaks, in expectation; at 0 by structure."""
    standard = standard_of(demand)
    assert standard is not None
    if not may_leak(scenario, law, tuple(gate)):
        return True
    if standard.limit == 0:
        return False
    measure = found[demand.kind if demand.kind in RATIOS else "leaks"]
    return measure.value is None or measure.value <= standard.limit


def limits_words(point: WithinPoint) -> str:
    """What stops a gate, in words."""
    return point.note or (and_list(point.binding) if point.binding else "nothing")


def together_words(
    scenario: Scenario, where: Literal["frontier", "report", "page"] = "frontier"
) -> tuple[str, ...]:
    """What has to be said where leaks of several orders are counted together; empty where all count the same.

    ``where`` it is said, for that decides what counts them apart.
    """
    if not counted_apart(scenario):
        return ()
    count, instead = {
        "frontier": (
            "curves and points count them together",
            "tables of each order's own leaks say what is within all limits at once, and --order N has the curves of "
            "one order's own",
        ),
        "report": (
            "the frontier of all orders counts them together",
            "below it each order has one of its own leaks, while the others keep their limits",
        ),
        "page": (
            "the frontier and the columns of leaks count them together",
            "verdict, map and the column “within the limit?” go by each order's own limit",
        ),
    }[where]
    return (
        f"several orders count leaks each by itself, and {count}: a need is restricted if any order in force restricts "
        f"it; {instead}",
    )
