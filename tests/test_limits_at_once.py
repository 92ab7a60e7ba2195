"""Several limits at once: the best mixture against a general solver, and prices with their ranges against differences.

Programs are made at random: rows with a few options, some of them alike to the last digit, some limits zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from gatesim.gates.bounds import Standard, most_served, program_a
from gatesim.gates.bounds.limit_prices import limit_prices
from gatesim.gates.bounds.mixing_exactly import mixed_exactly
from gatesim.gates.bounds.several import (
    Several,
    least_of_one,
    linear_limits,
    most_value_within,
    most_within,
    several,
)
from gatesim.gates.bounds.tables import Rows
from gatesim.law.law import make_law, of_one_order
from gatesim.study.ceilings_of_orders import unbeaten
from tests.random_scenarios import random_scenario
from tests.scenarios import small

Kind = Literal["leak_share", "leak_rate", "leak_count"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SEEDS = st.integers(0, 100_000)


def made(seed: int) -> tuple[Several, list[Standard]]:
    """A program at random with one to three limits; in every third its numbers are few, so that many are equal."""
    rng = np.random.default_rng(seed)
    orders, rows, width = int(rng.integers(1, 4)), int(rng.integers(1, 25)), int(rng.integers(1, 8))
    sums = np.zeros((1 + 2 * orders, rows, width + 1))
    for row in range(rows):
        count = int(rng.integers(1, width + 1))
        few = seed % 3 == 0
        served = rng.integers(0, 4, count) / 3 if few else rng.random(count)
        sums[0, row, 1 : count + 1] = served * rng.exponential()
        for order in range(orders):
            passes = (
                rng.integers(0, 4, count) / 3 if few else rng.random(count) * rng.choice([1e-3, 1], count)
            )
            leaks = passes * rng.exponential() * (rng.random() < 0.7)
            others = rng.random(count) * rng.exponential() * (rng.random() < 0.5)
            sums[1 + 2 * order, row, 1 : count + 1] = leaks
            sums[2 + 2 * order, row, 1 : count + 1] = leaks + others
    opened = np.zeros(1 + 2 * orders)
    opened[0] = rng.exponential()
    opened[1 + orders :] = rng.exponential(size=orders) * (rng.random() < 0.5)
    flat = sums.reshape(len(sums), -1)
    program = Several(
        "A",
        flat[0],
        flat[1::2],
        flat[2::2],
        np.arange(rows) * (width + 1),
        opened,
        float(sums[0].max(axis=1).sum() + opened[0]),
        sums[1::2].max(axis=2).sum(axis=1) + 0.1,
    )
    limits = [float(rng.choice([0, 0.01, 0.1, 0.3, rng.random()])) for _ in range(orders)]
    return program, [Standard(KINDS[int(rng.integers(3))], limit) for limit in limits]


def by_general_solver(program: Several, standards: list[Standard]) -> float:
    """The same linear program with a variable for each option of each row."""
    use, most, allowed = linear_limits(program, standards)
    ends = np.append(program.begins, len(program.served))
    row = np.repeat(np.arange(len(program.begins)), np.diff(ends))
    rows = csr_matrix((np.ones(len(row)), (row, np.arange(len(row)))))
    found = linprog(
        -program.served,
        A_ub=use,
        b_ub=most,
        A_eq=rows,
        b_eq=np.ones(len(program.begins)),
        bounds=[(0.0, float(one)) for one in allowed],
        method="highs",
    )
    return float(-found.fun + program.opened[0]) / program.entitled


def with_limit(standards: list[Standard], number: int, limit: float) -> list[Standard]:
    return [replace(one, limit=limit) if k == number else one for k, one in enumerate(standards)]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(SEEDS)
def test_the_best_mixture_is_that_of_a_general_solver(seed: int) -> None:
    """To 1e-7, the tolerance of HiGHS; the proof in exact fractions to 1e-9."""
    program, standards = made(seed)
    found = most_within(program, standards)
    assert found.value is not None
    assert found.value == pytest.approx(by_general_solver(program, standards), abs=1e-7)
    assert found.proved == pytest.approx(found.value, abs=1e-9)
    assert most_value_within(program, standards) == pytest.approx(found.value, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(SEEDS)
def test_tables_to_begin_with_change_nothing(seed: int) -> None:
    """Whether they are those of the same program with other limits, or of another one that has other rows."""
    program, standards = made(seed)
    value = most_value_within(program, standards)
    other, its = made(seed + 1)
    near: list[np.ndarray] = []
    most_value_within(other, its, near)
    for again in (standards, with_limit(standards, 0, min(1.0, 1.1 * standards[0].limit)), standards):
        found = most_value_within(program, again, near)
        assert found == pytest.approx(most_value_within(program, again), abs=1e-12)
    assert found == pytest.approx(value, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(SEEDS)
def test_exact_fractions_say_the_same(seed: int) -> None:
    program, standards = made(seed)
    standards = [replace(one, limit=max(one.limit, 0.01)) for one in standards]
    use, most, _ = linear_limits(program, standards)
    rows = Rows(program.served, use, program.begins, program.entitled)
    columns = [rows.table(program.begins), rows.best(np.zeros(len(most)))]
    found = mixed_exactly(rows, most, columns)
    value = most_value_within(program, standards)
    assert found.served + program.opened[0] / program.entitled == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("limit", [2.7e-12, 3.7e-11, 1.35e-9, 1.6e-9, 3.5e-8, 1.0472898382363596e-6, 1e-4])
@pytest.mark.parametrize("third", [0.0498, 0.04983338262070047])
def test_a_limit_of_next_to_nothing_is_proved_like_any_other(limit: float, third: float) -> None:
    """Prices are so high there that rounding can keep the simplex steps from ending."""
    program, standards = made(368)
    standards = with_limit(with_limit(standards, 0, limit), 2, third)
    assert [one.limit for one in standards] == [limit, 0.0, third]
    found = most_within(program, standards)
    assert found.value is not None
    assert found.proved == pytest.approx(found.value, abs=1e-9)
    rates = [row.value for row in found.limits]
    for rate, one in zip(rates, standards, strict=True):
        assert rate is None or rate <= one.limit + 1e-12


@settings(derandomize=True, deadline=None, max_examples=12)
@given(SEEDS, st.sampled_from(["A", "B"]), st.floats(0.0, 0.3), st.floats(0.001, 0.3))
def test_so_it_is_for_scenarios_at_random(
    seed: int, bound: Literal["A", "B"], share: float, rate: float
) -> None:
    rng = np.random.default_rng(seed)
    scenario = random_scenario(rng)
    while len(scenario.orders) < 2:
        scenario = random_scenario(rng)
    law = make_law(scenario, scenario.orders[0].reading)
    program = several(scenario, law, [of_one_order(scenario, law, number) for number in (0, 1)], bound)
    standards = [Standard("leak_share", share), Standard("leak_rate", rate)]
    found = most_within(program, standards)
    if found.value is None:
        assert program.entitled == 0
        return
    assert found.value == pytest.approx(by_general_solver(program, standards), abs=1e-7)
    # Only options that no other beats are ever wanted, whatever the limits.
    width = int(np.diff(np.append(program.begins, len(program.served))).max(initial=1))
    sums = np.zeros((5, len(program.begins), width))
    ends = np.append(program.begins[1:], len(program.served))
    for row, (begin, end) in enumerate(zip(program.begins, ends, strict=True)):
        sums[0, row, : end - begin] = program.served[begin:end]
        sums[1::2, row, : end - begin] = program.leaks[:, begin:end]
        sums[2::2, row, : end - begin] = program.counted[:, begin:end]
    kept, begins = unbeaten(sums[None, :, :, 1:])
    fewer = replace(program, served=kept[0, 0], leaks=kept[0, 1::2], counted=kept[0, 2::2], begins=begins)
    assert len(fewer.served) <= len(program.served)
    assert most_value_within(fewer, standards) == pytest.approx(found.value, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(SEEDS)
def test_prices_are_one_sided_differences(seed: int) -> None:
    """Of a rate and a count what is served is linear in the range of a price, and below the line beyond it; of a share
    the range is the same from wherever in it one looks. The difference is taken over a thousandth of the range, or
    less: what it bends is of the order of its length."""
    program, standards = made(seed)
    value = most_value_within(program, standards)
    assert value is not None
    for number, (one, price) in enumerate(zip(standards, limit_prices(program, standards), strict=True)):
        at = one.limit
        assert price.constraint == one.kind
        assert price.low is not None
        assert price.low <= at
        assert price.high is None or price.high >= at
        assert (price.down is None) == (at == 0)
        for side, each, end in ((1, price.up, price.high), (-1, price.down, price.low)):
            if each is None:
                continue
            span = 0.1 * (at or 1.0) if end is None else abs(end - at)
            step = side * (1e-3 * min(span, at or 1.0) or 1e-6 * at)

            def most(limit: float, number: int = number) -> float:
                return most_value_within(program, with_limit(standards, number, limit)) or 0.0

            assert each >= 0
            quotient = (most(at + step) - value) / step
            assert quotient == pytest.approx(each, rel=0.01, abs=1e-10 / abs(step)), (number, side)
            if end is None or one.kind == "leak_share" or span < 1e-6 * (at or 1.0):
                continue
            assert most(end) == pytest.approx(value + each * (end - at), abs=1e-9)
            beyond = end + side * 0.1 * span
            if beyond >= 0:
                assert most(beyond) <= value + each * (beyond - at) + 1e-9


@settings(derandomize=True, deadline=None, max_examples=20)
@given(SEEDS, st.floats(0.1, 0.9))
def test_the_range_of_a_share_is_the_same_from_within(seed: int, part: float) -> None:
    program, standards = made(seed)
    for number, (one, price) in enumerate(zip(standards, limit_prices(program, standards), strict=True)):
        if one.kind != "leak_share" or price.up is None or price.high is None:
            continue
        at = one.limit + part * (price.high - one.limit)
        if price.high - at < 1e-4 * price.high:
            continue
        again = limit_prices(program, with_limit(standards, number, at))[number]
        assert again.up == again.down
        assert again.high == pytest.approx(price.high, rel=1e-6)


@pytest.mark.parametrize(
    "standard",
    [
        Standard("leak_share", 0.02),
        Standard("leak_share", 0.0),
        Standard("leak_rate", 0.1),
        Standard("leak_rate", 0.7),
        Standard("leak_rate", 1.0),
        Standard("leak_count", 300.0),
    ],
)
def test_of_one_order_prices_are_those_that_there_were(standard: Standard) -> None:
    """Read off a frontier there. With one limit the same rows change as long as the frontier has the same edge."""
    scenario = small(desk=None)
    law = make_law(scenario, "person")
    program = several(scenario, law, [of_one_order(scenario, law, 0)], "A")
    (price,) = limit_prices(program, [standard])
    (before,) = most_served(program_a(scenario, law, desk=False), standard).prices
    assert price.constraint == before.constraint
    assert price.at == before.at
    for mine, other in ((price.down, before.down), (price.up, before.up)):
        assert (mine or 0.0) == pytest.approx(other or 0.0, rel=1e-6)
    assert price.low is not None
    assert before.low is not None
    assert price.low <= before.low + 1e-9
    assert price.high is None or before.high is None or price.high >= before.high - 1e-9


@settings(derandomize=True, deadline=None, max_examples=40)
@given(SEEDS, st.floats(0.05, 0.95))
def test_the_least_leak_of_one_order_is_the_limit_from_which_on_the_floor_is_served(
    seed: int, floor: float
) -> None:
    """A little below it, by a part of a thousandth, no gate serves the floor: that is proved without the solver."""
    program, standards = made(seed)
    for number, one in enumerate(standards):
        least = least_of_one(program, standards, number, floor)
        top = 1.0 if one.kind != "leak_count" else float(program.restricted[number])
        most = most_value_within(program, with_limit(standards, number, top))
        assert most is not None
        assert (least is None) == (most < floor)
        if least is None:
            continue
        at = most_value_within(program, with_limit(standards, number, least))
        assert at is not None
        assert at >= floor - 1e-7
        if least > 1e-6:
            below = most_within(program, with_limit(standards, number, least * (1 - 1e-3)))
            assert below.proved is not None
            assert below.proved < floor + 1e-12
