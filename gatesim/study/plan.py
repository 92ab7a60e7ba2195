"""What the operator puts in place when. With the strategy `best` it goes by its beliefs, and learns from what it sees.

The operator holds some worlds possible, each with a weight. At a review it has looked at the readings of n sessions
and weighs the worlds by Bayes' rule. The number of sessions that showed each cell is taken at its expectation under
the truth, so that reviews are the same in every replication and are barriers known beforehand:

    log weight(world | n) = log weight(world) + n * sum over cells of p(cell) * log q(cell | world) + constant,

where p is the distribution of cells in truth and q in the world. Worlds that differ only in what no signal sees, such
as the status of people who look alike, have the same q: their weights never change. (Kullback and Leibler, 1951: the
weights go to the worlds from whose cells those of the truth diverge least.) Where it looks at outcomes of checks, or
learns what audits find, these are added in the same way (`gatesim.study.learning`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.evaluate import World
from gatesim.exact.expected import CannotDo, needs_of_makers
from gatesim.exact.expected import Expected as ExactExpected
from gatesim.gates.compile import compile_gate
from gatesim.gates.strategy import Switch, switches
from gatesim.gates.tables import Tables
from gatesim.law.law import (
    counted_apart,
    has_random_dates,
    make_law,
    microseconds,
    of_one_order,
    order_end_us,
)
from gatesim.law.staff import lead_time
from gatesim.law.standards import Demand, demands
from gatesim.measures.definitions import Measure
from gatesim.measures.demands import held, within_demand
from gatesim.measures.judgement import FLOOR, OfOrder, PolicyResult
from gatesim.measures.measured import Expected, Splits, measures
from gatesim.measures.verdict import first_order
from gatesim.scenario.beliefs import believed_findings
from gatesim.scenario.operator import Operator
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.study.learning import Evidence, Shows, days_in_force, outcomes_of_checks
from gatesim.world.cells import cells_of, model_mix, readings_given
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Believed:
    """What is believed at a review: weights of worlds, and of each ready policy how surely it is within the limit."""

    at_us: int
    weights: Mapping[str, float]
    within: Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """What the operator does.

    Attributes
    ----------
    steps
        Its switches, in order of time.
    possible_us, known_us
        For `best`: from when on a policy of the ladder other than a shutdown would do, in truth; and the first
        review at which the operator believes so. None: not within the window.
    reviews
        For `best`: what is believed at each review.
    """

    steps: tuple[Switch, ...]
    possible_us: int | None = None
    known_us: int | None = None
    reviews: tuple[Believed, ...] = ()


@dataclass(frozen=True)
class _Prospect:
    """What a policy would do in one world: whether it is within all standards, what it serves, what it shows."""

    within: bool
    served: float
    shows: Shows


def cell_distribution(scenario: Scenario, models: Sequence[str]) -> Floats:
    """The distribution of the cells of needs for some models, in the stationary law.

    Returns
    -------
    ndarray, shape (cells,)
        Adds up to 1.

    Raises
    ------
    CannotDo
        If nobody has such a need.
    """
    segments = list(scenario.segments.values())
    owners = [maker.owner for maker in makers(scenario)]
    rates = np.array([segments[owner].share for owner in owners]) * needs_of_makers(scenario)
    wanted = np.array([name in models for name in scenario.models])
    found = np.zeros(CellSpace.of(scenario).size)
    readings, mix = readings_given(scenario).sum(axis=1), model_mix(scenario)
    for number, owner in enumerate(owners):
        weights = rates[number] * readings[number][:, None] * (mix[number] * wanted)
        np.add.at(found, cells_of(scenario, owner), weights)
    total = found.sum()
    if total == 0:
        raise CannotDo(
            'operator.strategy = "best": nobody has a need for a model that an order names, in truth or in a world of '
            "its beliefs, and there is nothing to learn from"
        )
    return np.asarray(found / total)


def learnt(
    weights: Floats,
    truth: Floats,
    believed: Sequence[Floats],
    sessions: float,
    besides: Floats | None = None,
) -> Floats:
    """Weights of worlds after some sessions, whose cells came out as expected in truth.

    Parameters
    ----------
    weights
        Before; they add up to 1.
    truth, believed
        Distribution of cells in truth, and in each world.
    sessions
        Number of sessions looked at.
    besides
        For each world the logarithm of the probability of all else that was seen; None: nothing was.

    Returns
    -------
    ndarray
        They add up to 1. A world in which a cell cannot occur that does has weight 0, once a session is seen.

    Raises
    ------
    CannotDo
        If no world is left.
    """
    if sessions == 0 and besides is None:
        return weights
    seen = truth > 0
    with np.errstate(divide="ignore"):
        scores = np.log(weights)
        if sessions > 0:
            scores = scores + np.array([sessions * (truth[seen] @ np.log(q[seen])) for q in believed])
    if not np.isfinite(scores).any():
        raise CannotDo("operator.beliefs: cells occur that can occur in none of the worlds")
    if besides is not None:
        scores = scores + besides
        if not np.isfinite(scores).any():
            raise CannotDo(
                "operator.beliefs: checks or audits come out as they can in none of the worlds that are left"
            )
    found = np.exp(scores - scores.max())
    return np.asarray(found / found.sum())


@kept
def plan(scenario: Scenario) -> Plan:
    """What the operator of a scenario does; under `best` it goes by the reading of the first order.

    Raises
    ------
    ValueError
        If the scenario has no operator, or the strategy is `best` and an end or a licence is random.
    CannotDo
        If the strategy is `best` and the exact engine cannot do a policy of the ladder.
    """
    operator = scenario.operator
    if operator is None or operator.strategy != "best":
        return Plan(switches(scenario))
    if has_random_dates(scenario):
        raise ValueError(
            'operator.strategy = "best": the end of an order or a licence is random; give it a date'
        )
    return _best(scenario, operator)


def _worlds(scenario: Scenario, operator: Operator) -> dict[str, Scenario]:
    found = {}
    for name, belief in operator.beliefs.items():
        world = believed_findings(scenario, belief.world)[0] if belief.world else scenario
        assert world is not None, "the rules have looked"
        found[name] = world
    return found or {"truth": scenario}


def _prospects(truth: Scenario, world: Scenario, names: Sequence[str]) -> dict[str, _Prospect]:
    """What policies would do in a world, from the instant the order is in force."""
    order = first_order(truth)
    assert order is not None, "an operator acts upon an order"
    law = make_law(world, order.reading)
    there = World(world, law)
    asked = demands(truth)
    found = {}
    apart = {number: World(world, of_one_order(world, law, number)) for number in counted_apart(truth)}
    for name in names:
        gate = compile_gate(truth, name, make_law(truth, order.reading))
        expected = there.evaluate(gate, name, daily=False)
        source = Expected(expected.counts, float(expected.accounts.sum()), {})
        values, split = measures(world, source), Splits(world, source)
        told, own = {}, {}
        for number, alone in apart.items():
            told[number], own[number] = _alone(alone, gate, name)
        result = PolicyResult(
            name,
            {order.reading: values},
            splits={order.reading: split},
            controls=truth.policies[name].controls,
            by_order={order.reading: told},
        )
        within = all(_within(result, order.reading, one, world.represents) for one in asked)
        found[name] = _Prospect(
            within,
            values[FLOOR].value or 0.0,
            _shows(there, expected, [own.get(n, split) for n in range(len(truth.orders))]),
        )
    return found


def _shows(
    there: World, expected: ExactExpected, splits: Sequence[Mapping[str, Mapping[str, Mapping[str, Measure]]]]
) -> Shows:
    """What a policy brings to light in a world; ``splits`` are measures as each order counts them."""
    counts = outcomes_of_checks(expected)
    total = float(counts.sum())
    days = days_in_force(there.law, 0, there.scenario.length)
    among = there.scenario.represents / float(expected.accounts.sum())
    return Shows(
        counts / total if total > 0 else counts,
        total * among / days if days > 0 else 0.0,
        {
            number: {name: one["leak_rate"].value for name, one in by["segment"].items()}
            for number, by in enumerate(splits)
        },
    )


def _alone(world: World, gate: tuple[Tables, ...], policy: str) -> tuple[OfOrder, Splits]:
    """What an order by itself is told in a world: expected leaks of its own restricted needs, and those by group."""
    expected = world.evaluate(gate, policy, daily=False)
    source = Expected(expected.counts, float(expected.accounts.sum()), {})
    split = Splits(world.scenario, source)
    return OfOrder(measures(world.scenario, source), split["model"], None), split


def _within(policy: PolicyResult, reading: str, demand: Demand, represents: int) -> bool:
    """Whether a policy is within a demand with a known limit, by expected values."""
    limit = 0.0 if demand.limits.known is None else demand.limits.known
    answer, _ = within_demand(held(policy, reading, demand, False), demand, limit, None, represents)
    return answer == "yes"


def _best(scenario: Scenario, operator: Operator) -> Plan:
    order = first_order(scenario)
    assert order is not None, "an operator acts upon an order"
    floor = scenario.verdict.floor
    issued = min(microseconds(scenario, each.issued) for each in scenario.orders)
    ends = min(scenario.length, max(order_end_us(scenario, each) for each in scenario.orders))
    names = [name for name in operator.ladder if not scenario.policies[name].is_shutdown]
    closing = [name for name in operator.ladder if scenario.policies[name].is_shutdown]
    ready = {name: issued + lead_time(scenario, name) for name in operator.ladder}

    truth = _prospects(scenario, scenario, names)
    would_do = [ready[n] for n in names if truth[n].within and truth[n].served >= floor]
    possible = min((max(at, issued) for at in would_do if at < ends), default=None)

    worlds = _worlds(scenario, operator)
    prior = np.array([belief.weight for belief in operator.beliefs.values()] or [1.0])
    believed = [_prospects(scenario, world, names) for world in worlds.values()]
    models = sorted({model for each in scenario.orders for model in each.models})
    cells = cell_distribution(scenario, models)
    by_world = [cell_distribution(world, models) for world in worlds.values()]

    law = make_law(scenario, order.reading)
    seen = Evidence(
        scenario,
        operator,
        law,
        {name: one.shows for name, one in truth.items()},
        [{name: one.shows for name, one in world.items()} for world in believed],
    )

    steps: list[Switch] = []
    reviews: list[Believed] = []
    known = None
    before = issued
    instants = {*range(issued, ends, operator.reviews), *(at for at in ready.values() if at < ends)}
    for at in sorted(instants):
        seen.see(before, at, steps[-1].policy if steps else None)
        before = at
        sessions = operator.sessions * (at - issued) / DAY
        weights = learnt(prior, cells, by_world, sessions, seen.sums)
        able = [name for name in names if ready[name] <= at]
        within = {
            name: float(sum(w for w, p in zip(weights, believed, strict=True) if p[name].within))
            for name in able
        }
        served = {
            name: float(sum(w * p[name].served for w, p in zip(weights, believed, strict=True)))
            for name in able
        }
        fit = [name for name in able if within[name] >= operator.confidence - 1e-12]
        if known is None and any(served[name] >= floor for name in fit):
            known = at
        shut = [name for name in closing if ready[name] <= at]
        chosen = max(fit, key=lambda name: served[name], default=shut[0] if shut else None)
        if chosen is not None and (not steps or steps[-1].policy != chosen):
            steps.append(Switch(at, chosen))
        reviews.append(Believed(at, dict(zip(worlds, weights.tolist(), strict=True)), within))
    return Plan(tuple(steps), possible, known, tuple(reviews))
