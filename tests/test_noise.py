"""What signals read: rows of noise by hand, positions, cells, and who makes needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import Maker, makers
from gatesim.world.noise import DIRECT, VPN, breakpoints, cumulative, noise_rows, shares_of_needs, value_at
from gatesim.world.space import CellSpace, age_band, value_space
from tests.random_scenarios import random_scenario
from tests.scenarios import Whole, small

SEEDS = st.integers(0, 2**32 - 1)
CONSUMER, TEAM, CLOUD = (CHANNELS.index(name) for name in ("consumer", "team", "cloud"))
US, EU, OTHER = range(3)

# Needs by home: 3 of 10 in the US, 1 in the EU, 6 elsewhere.
SHARES = {"natives": 0.3, "visitors": 0.1, "foreigners": 0.6}
HOMES = {"natives": "US", "visitors": "EU", "foreigners": "other"}


def world(**signal: Any) -> Scenario:
    """Three regions, one signal of the declared region; owners only, at a need a day."""
    segments = {
        name: {"share": SHARES[name], "home": HOMES[name], "needs_per_day": 1.0, "co_users": Whole()}
        for name in SHARES
    }
    return small(
        regions=Whole(US=["US"], EU=["DE"], other=["*"]),
        segments=segments,
        signals=Whole(said={"observes": "declared", **signal}),
    )


def rows_of(channel: int = CONSUMER, kind: int = DIRECT, **signal: Any) -> NDArray[np.float64]:
    """Rows over positions: the truth, the others in the order of the file, unknown."""
    scenario = world(**signal)
    return noise_rows(scenario, scenario.signals["said"])[channel, kind]


# The three ways to give an accuracy.


def test_one_accuracy_and_errors_by_share_of_needs() -> None:
    expected = [
        [0.9, 0.1 * 1 / 7, 0.1 * 6 / 7, 0.0],
        [0.9, 0.1 * 3 / 9, 0.1 * 6 / 9, 0.0],
        [0.9, 0.1 * 3 / 4, 0.1 * 1 / 4, 0.0],
    ]
    assert rows_of(accuracy=0.9) == pytest.approx(np.array(expected))


def test_an_accuracy_for_each_value() -> None:
    rows = rows_of(accuracy={"US": 0.7, "*": 0.9})
    assert rows[:, 0] == pytest.approx([0.7, 0.9, 0.9])
    assert rows_of(accuracy={"US": 0.7})[:, 0] == pytest.approx([0.7, 1.0, 1.0]), "not named: never wrong"


def test_a_confusion_matrix_says_what_is_read() -> None:
    matrix = {"EU": {"US": 0.2, "EU": 0.5, "other": 0.3}, "*": {"other": 0.6, "EU": 0.4}}
    expected = [
        [0.0, 0.4, 0.6, 0.0],  # in the US; positions: US, EU, other, unknown
        [0.5, 0.2, 0.3, 0.0],  # in the EU: EU, US, other, unknown
        [0.6, 0.0, 0.4, 0.0],  # elsewhere: other, US, EU, unknown
    ]
    assert rows_of(accuracy=matrix) == pytest.approx(np.array(expected))


def test_coverage_thins_what_is_known() -> None:
    rows = rows_of(accuracy=0.9, coverage=0.8)
    assert rows[:, :3] == pytest.approx(0.8 * rows_of(accuracy=0.9)[:, :3])
    assert rows[:, 3] == pytest.approx([0.2, 0.2, 0.2])


def test_coverage_for_each_value() -> None:
    assert rows_of(coverage={"EU": 0.25, "*": 0.5})[:, 3] == pytest.approx([0.5, 0.75, 0.5])
    assert rows_of(coverage={"EU": 0.25})[:, 3] == pytest.approx([0.0, 0.75, 0.0])


def test_coverage_thins_a_matrix_too() -> None:
    rows = rows_of(accuracy={"*": {"US": 1.0}}, coverage=0.5)
    assert rows[EU] == pytest.approx([0.0, 0.5, 0.0, 0.5])


# Where errors go.


def test_errors_go_where_the_scenario_says() -> None:
    rows = rows_of(accuracy=0.9, errors_to={"US": 0.5, "EU": 0.5})
    assert rows[OTHER] == pytest.approx([0.9, 0.05, 0.05, 0.0])
    assert rows[US] == pytest.approx([0.9, 0.1, 0.0, 0.0]), "without the truth, and scaled up"


def test_errors_are_uniform_where_the_others_have_no_weight() -> None:
    rows = rows_of(accuracy=0.8, errors_to={"US": 1.0})
    assert rows[US] == pytest.approx([0.8, 0.1, 0.1, 0.0])
    assert rows[EU] == pytest.approx([0.8, 0.2, 0.0, 0.0])


def test_attributes_other_than_places_err_uniformly() -> None:
    scenario = small(
        organisations__agency={},
        signals=Whole(mail={"observes": "organisation", "accuracy": 0.9}, line={"observes": "network_kind"}),
    )
    mail, line = scenario.signals.values()
    assert value_space(scenario, "organisation") == ("lab", "agency", "none")
    assert noise_rows(scenario, mail)[CONSUMER, DIRECT, 0] == pytest.approx([0.9, 0.05, 0.05, 0.0])
    assert value_space(scenario, "network_kind") == ("direct", "vpn")
    assert noise_rows(scenario, line)[CONSUMER, DIRECT] == pytest.approx(np.array([[1, 0, 0], [1, 0, 0]]))


def test_where_there_is_one_value_it_is_always_read() -> None:
    nobody = {
        name: {"home": "world", "card": Whole(world=1.0), "declared": Whole(world=1.0)} for name in SHARES
    }
    scenario = small(
        regions=Whole(world=["*"]),
        segments=nobody,
        signals=Whole(said={"observes": "declared", "accuracy": 0.4, "coverage": 0.9}),
    )
    assert noise_rows(scenario, scenario.signals["said"])[CONSUMER, DIRECT] == pytest.approx(
        np.array([[0.9, 0.1]])
    )


# Which noise applies.


def test_the_channels_noise_goes_before_the_vpns_before_the_signals_own() -> None:
    signal = {
        "accuracy": 0.9,
        "coverage": 0.95,
        "vpn": {"accuracy": 0.6},
        "channels": {"cloud": {"accuracy": 0.5}, "team": {"coverage": 0.1}},
    }

    def first(channel: int, kind: int) -> list[float]:
        """Accuracy and coverage."""
        row = rows_of(channel, kind, **signal)[US]
        return [row[0] / (1 - row[3]), 1 - row[3]]

    assert first(CONSUMER, DIRECT) == pytest.approx([0.9, 0.95])
    assert first(CONSUMER, VPN) == pytest.approx([0.6, 0.95])
    assert first(CLOUD, DIRECT) == pytest.approx([0.5, 0.95])
    assert first(CLOUD, VPN) == pytest.approx([0.5, 0.95])
    assert first(TEAM, DIRECT) == pytest.approx([0.9, 0.1])
    assert first(TEAM, VPN) == pytest.approx([0.6, 0.1]), "each field falls back on its own"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
@pytest.mark.no_cover  # others cover the same lines
def test_every_row_is_a_distribution(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    for signal in scenario.signals.values():
        rows = noise_rows(scenario, signal)
        values = len(value_space(scenario, signal.observes))
        assert rows.shape == (len(CHANNELS), 2, values, values + 1)
        assert (rows >= 0).all()
        assert rows.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)


# Positions.


def test_positions_by_hand() -> None:
    assert [value_at(0, p) for p in range(4)] == [0, 1, 2, 3]
    assert [value_at(1, p) for p in range(4)] == [1, 0, 2, 3]
    assert [value_at(2, p) for p in range(4)] == [2, 0, 1, 3]


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_positions_name_every_reading_once(number: tuple[int, int]) -> None:
    values, truth = number
    read = [value_at(truth, position) for position in range(values + 1)]
    assert read[0] == truth
    assert read[-1] == values, "unknown"
    assert sorted(read) == list(range(values + 1))
    others = read[1:-1]
    assert others == sorted(others)


# Shares of needs.


def test_co_users_count_by_their_own_home() -> None:
    # Natives make 0.5 needs and visitors 0.2; foreigners 0.4, of which guests from the US 0.1 * 0.3.
    from_guests = 0.4 * 0.1 * 0.3
    expected = np.array([0.7 + from_guests, 0.4 - from_guests]) / 1.1
    assert shares_of_needs(small()) == pytest.approx(expected)


def test_where_nobody_has_needs_the_shares_are_uniform() -> None:
    silent = {name: {"needs_per_day": 0.0} for name in SHARES}
    assert shares_of_needs(small(segments=silent)) == pytest.approx([0.5, 0.5])


def test_rates_weigh_the_shares() -> None:
    assert shares_of_needs(world()) == pytest.approx([0.3, 0.1, 0.6])
    busy = world().model_copy(
        update={
            "segments": {
                name: segment.model_copy(update={"needs_per_day": 6.0 if name == "visitors" else 1.0})
                for name, segment in world().segments.items()
            }
        }
    )
    assert shares_of_needs(busy) == pytest.approx([0.2, 0.4, 0.4])


# Cumulative rows.


def test_the_last_possible_position_reaches_exactly_one() -> None:
    sums = cumulative(np.array([[0.1] * 10 + [0.0], [1.0] + [0.0] * 10, [0.0] * 10 + [1.0]]))
    assert sums[0, -2:].tolist() == [1.0, 1.0]
    assert sums[0, :3] == pytest.approx([0.1, 0.2, 0.3])
    assert sums[1].tolist() == [1.0] * 11
    assert sums[2].tolist() == [0.0] * 10 + [1.0]


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any),
    st.floats(0, 1, exclude_max=True, allow_nan=False),
)
def test_no_number_is_looked_up_where_nothing_can_be(weights: list[int], number: float) -> None:
    row = np.array(weights) / sum(weights)
    position = int(np.searchsorted(cumulative(row[None])[0], number, side="right"))
    assert position < len(row)
    assert row[position] > 0


def test_breakpoints_cut_where_any_row_steps() -> None:
    found = breakpoints(np.array([0.25, 1.0, 1.0]), np.array([0.0, 0.5, 1.0]))
    assert found == [(0.0, 0.25), (0.25, 0.5), (0.5, 1.0)]
    assert breakpoints() == [(0.0, 1.0)]


# Cells.


def test_the_space_of_the_small_scenario() -> None:
    space = CellSpace.of(small())
    assert space.signals == ("ip", "payment")
    assert space.readings == (("US", "other", "unknown"),) * 2
    assert space.shape == (3, 3, 6, 2, 2)
    assert space.size == 3 * 3 * 6 * 2 * 2
    assert space.index((0, 0), 0, 0, 1) == 1, "the age band is last, and fastest"
    assert space.index((1, 0), 0, 0, 0) == 3 * 6 * 2 * 2


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SEEDS)
def test_a_cell_and_its_parts_are_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = CellSpace.of(random_scenario(rng))
    for cell in {0, space.size - 1, *rng.integers(0, space.size, 20).tolist()}:
        *readings, channel, model, band = space.parts(cell)
        assert space.index(readings, channel, model, band) == cell
        assert space.parts(cell) == tuple(np.unravel_index(cell, space.shape))


def test_a_cell_needs_a_reading_of_every_signal() -> None:
    with pytest.raises(ValueError, match="zip"):
        CellSpace.of(small()).index((0,), 0, 0, 0)


@pytest.mark.parametrize(
    ("age", "band"), [("0d", 0), ("89d", 0), ("90d", 1), ("364d", 1), ("1y", 2), ("forever", 2)]
)
def test_an_age_that_is_reached_counts(age: str, band: int) -> None:
    scenario = small(age_bands=["90d", "365d"], segments__natives__account_age=age)
    assert age_band(scenario, scenario.segments["natives"]) == band


# Makers.


def test_makers_are_each_segments_owner_and_then_its_co_users() -> None:
    assert makers(small()) == (
        Maker(owner=0, segment=0, body=0, present=1.0),
        Maker(owner=1, segment=1, body=0, present=1.0),
        Maker(owner=2, segment=2, body=0, present=1.0),
        Maker(owner=2, segment=1, body=1, present=0.1),
    )


def test_bodies_are_numbered_by_the_position_of_their_entry() -> None:
    co_users = {"foreigners": {"present": 0.2, "share": 0.1}, "natives": {"present": 1.0, "share": 0.2}}
    found = makers(small(segments__natives__co_users=co_users))
    assert [(m.owner, m.segment, m.body) for m in found[:3]] == [(0, 0, 0), (0, 2, 1), (0, 0, 2)]
