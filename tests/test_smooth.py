"""Interpolation says what the function says, or that it cannot."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gatesim.exact.different import different
from gatesim.exact.smooth import smooth
from gatesim.exact.tabled import FEW, over_points
from gatesim.exact.varied import Varied
from gatesim.gates.compile import compile_gate
from gatesim.gates.policies.posterior import never_looks_again
from gatesim.law.law import make_law
from gatesim.scenario import load
from gatesim.scenario.parameter import Parameter, find_parameter
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept_by
from tests.test_varied import first_law, forgetful, plain_sums

pytestmark = pytest.mark.no_cover  # others cover the same lines, but for a few


def test_an_analytic_function_is_said_by_few_points() -> None:
    calls = []

    def function(values: tuple[float, ...]) -> np.ndarray:
        calls.append(values)
        (x,) = values
        return np.array([x**4 - 3 * x, np.exp(-2 * x)])

    found = smooth(function, [-1.0], [3.0], 1e-11)
    assert found is not None
    assert len(calls) <= 33 + 4
    for x in (-1.0, -0.123, 0.5, 2.9, 3.0):
        assert found.at([x]) == pytest.approx(function((x,)), abs=1e-10)
    grid = np.linspace(-1, 3, 7)[:, None]
    assert found.at(grid) == pytest.approx(np.array([function((x,)) for x in grid[:, 0]]), abs=1e-10)


def test_a_function_of_two_numbers_is_too() -> None:
    def function(values: tuple[float, ...]) -> np.ndarray:
        x, y = values
        return np.array([x**3 * y**2 + y, 7.0])

    found = smooth(function, [0.0, -1.0], [2.0, 1.0], 1e-12)
    assert found is not None
    for point in ((0.0, -1.0), (0.3, 0.9), (2.0, 1.0)):
        assert found.at(point) == pytest.approx(function(point), abs=1e-12)


@pytest.mark.parametrize("at", [0.02, 0.3, 0.5, 0.77])
def test_a_function_with_a_kink_or_a_jump_is_not(at: float) -> None:
    assert smooth(lambda v: np.array([abs(v[0] - at)]), [0.0], [1.0], 1e-9) is None
    assert smooth(lambda v: np.array([float(v[0] > at)]), [0.0], [1.0], 1e-9) is None


KEYS = ("signals.ip.accuracy.US", "segments.*.vpn.users", "segments.*.gives_up")


@pytest.mark.parametrize("key", KEYS)
def test_what_a_policy_with_memory_serves_is_said_by_few_values(key: str) -> None:
    loaded = load("june-2026")
    one = find_parameter(loaded, key)
    varied = Varied(loaded.scenario, first_law, [one], ["passport_check"])
    assert varied.remembers("passport_check")
    assert varied.is_smooth("passport_check")
    for part in (0.0, 0.29, 1.0):
        value = one.low + part * (one.high - one.low)
        direct = plain_sums(varied.at([value]), "passport_check")
        said = np.array(list(vars(varied.served("passport_check", [value])).values())[:4])
        assert np.abs(said - direct).max() <= 1e-12 * direct.sum()


def test_tables_that_follow_needs_change_where_the_interpolation_has_its_pieces() -> None:
    loaded = load("june-2026")
    one = find_parameter(loaded, "signals.ip.accuracy.US")
    plain = Varied(forgetful(loaded.scenario), first_law, [one], ["careful"])
    jumps = plain.breakpoints("careful")
    varied = Varied(loaded.scenario, first_law, [one], ["careful"])
    assert varied.remembers("careful")
    assert jumps
    assert varied.breakpoints("careful") == jumps
    # One jump only, to be quick: the range around the first.
    low, high = max(one.low, jumps[0] - 1e-3), jumps[0] + 1e-3
    assert sum(low < jump < high for jump in jumps) == 1
    near = Parameter(one.key, one.paths, "", "", "guess", (), low, high, "")
    around = Varied(loaded.scenario, first_law, [near], ["careful"])
    assert around.is_smooth("careful")
    for value in (jumps[0] - 1e-4, jumps[0] + 1e-4):
        direct = plain_sums(around.at([value]), "careful")
        said = np.array(list(vars(around.served("careful", [value])).values())[:4])
        assert np.abs(said - direct).max() <= 1e-12 * direct.sum()


def two_keys(share: float) -> tuple[Parameter, Parameter]:
    """Accuracy of the address and coverage of the card on the flagship; a part of their ranges."""
    loaded = load("june-2026")
    found = []
    for key in ("signals.ip.accuracy", "signals.payment.coverage"):
        one = find_parameter(loaded, key)
        found.append(replace(one, low=one.high - share * (one.high - one.low)))
    return found[0], found[1]


def test_tables_that_follow_needs_have_a_polynomial_each_on_a_map() -> None:
    """Against the whole engine, with tables made anew, at points of each of the tables that the map meets."""
    scenario = load("june-2026").scenario
    keys = two_keys(1.0)
    varied = Varied(scenario, first_law, keys, ["careful"])
    grid = np.array(list(product(*(np.linspace(one.low, one.high, 20) for one in keys))))
    found = varied.remembering_at("careful", grid)
    assert found is not None
    law = first_law(scenario)
    seen = {}
    for number, values in enumerate(grid.tolist()):
        if number % 17 == 0:
            gate = compile_gate(varied.at(values), "careful", law)
            seen.setdefault(b"".join(tables.actions.tobytes() for tables in gate), number)
    assert len(seen) >= 4
    for number in seen.values():
        direct = plain_sums(varied.at(grid[number].tolist()), "careful")
        assert np.abs(found[number] - direct[:2]).max() <= 1e-12 * direct.sum()


def test_a_table_that_holds_at_few_points_is_looked_at_in_each() -> None:
    """No polynomial says what is random, but there is none to find where every point is looked at."""
    points = np.arange(FEW, dtype=np.float64)[:, None]
    chance = dict(zip(points[:, 0].tolist(), np.random.default_rng(1).random(FEW).tolist(), strict=True))

    def over(tables: list[bytes], many: int) -> np.ndarray | None:
        return over_points(
            np.repeat(points, many, axis=0),
            tables * many,
            lambda point: None,
            lambda gate, point: np.array([chance.get(point[0], 0.5)]),
            ([0.0], [FEW - 1.0]),
            1e-9,
        )

    found = over([b"one"] * FEW, 1)
    assert found is not None
    assert found[:, 0].tolist() == list(chance.values())
    assert over([b"one"] * FEW, 2) is None
    apart = [bytes([number]) for number in range(FEW)]
    assert over(apart, 1) is not None
    assert over(apart, FEW + 1) is None, "so many tables that each hold at many points"


@pytest.mark.parametrize(("reading", "expected"), [("person", True), ("person_or_destination", False)])
def test_where_a_gate_looks_at_who_is_cleared_its_tables_are_not_told(reading: str, expected: bool) -> None:
    scenario = load("june-2026").scenario
    policy = scenario.policies["careful"]
    assert isinstance(policy, Posterior)
    law = make_law(scenario, reading)
    assert never_looks_again(policy, scenario, law) == expected
    varied = Varied(scenario, lambda other: make_law(other, reading), two_keys(0.1), ["careful"])
    grid = np.array([[one.low for one in varied.parameters], [one.high for one in varied.parameters]])
    assert (varied.remembering_at("careful", grid) is not None) == expected


def test_rows_that_are_the_same_are_found() -> None:
    rows = np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0], [0.0, 3.0], [0.0, 2.0]])
    first, which = different(rows)
    assert first.tolist() == [0, 1, 3]
    assert which.tolist() == [0, 1, 0, 2, 1]
    assert [part.tolist() for part in different(rows[:, :0])] == [[0], [0, 0, 0, 0, 0]]


def test_results_are_shared_by_scenarios_that_agree_in_the_tables() -> None:
    seen = []

    @kept_by("segments")
    def count(scenario: object, number: int) -> int:
        seen.append(number)
        return len(seen)

    scenario = load("travellers-month").scenario
    other = scenario.model_copy(update={"people": scenario.people + 1})
    name, segment = next(iter(scenario.segments.items()))
    moved = {**scenario.segments, name: segment.model_copy(update={"needs_per_day": 17.0})}
    third = scenario.model_copy(update={"segments": moved})
    assert count(scenario, 1) == count(other, 1) == 1
    assert count(scenario, 2) == 2
    assert count(third, 1) == 3


def test_results_are_not_shared_by_tables_in_another_order() -> None:
    """Segments and documents are numbered as they stand: the same tables in another order are another scenario."""
    scenario = load("travellers-month").scenario
    turned = scenario.model_copy(update={"segments": dict(reversed(scenario.segments.items()))})
    assert turned.segments == scenario.segments

    @kept_by("segments")
    def names(scenario: Scenario) -> list[str]:
        return list(scenario.segments)

    for one in (scenario, turned, scenario.model_copy(), turned.model_copy()):
        assert names(one) == list(one.segments)
