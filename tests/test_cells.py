"""P(cell | who makes the need): exact sums against simulation and against closed forms."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.cells import (
    cells_of,
    joint_readings,
    model_mix,
    needs_by_cell,
    needs_per_day,
    readings_given,
)
from gatesim.world.makers import makers
from gatesim.world.noise import noise_rows
from gatesim.world.space import CellSpace, value_space
from tests.scenarios import Whole, small, small_data

FALSE_ALARM = 1e-6


def rich() -> Scenario:
    """Three regions, co-users, VPN, trips, an organisation, channel noise, and causes of both kinds."""
    three = {"US": ["US"], "near": ["CA", "MX"], "far": ["*"]}
    segment = {
        "status": "citizen",
        "citizenship": ["US"],
        "needs_per_day": 1.0,
        "models": {"new": 1.0},
    }
    return small(
        regions=Whole(three),
        segments=Whole(
            home={
                **segment,
                "share": 0.6,
                "home": "US",
                "channel": "cloud",
                "organisation": "lab",
                "account_age": "400d",
                "card": {"US": 0.7, "near": 0.1, "far": 0.2},
                "declared": {"US": 0.9, "far": 0.1},
                "vpn": {"users": 0.5, "on": 0.6, "exits": {"US": 0.3, "far": 0.7}},
                "trips": {"every": "20d", "length": "10d", "to": {"US": 0.1, "near": 0.5, "far": 0.4}},
                "co_users": {"guests": {"present": 0.3, "share": 0.4}},
            },
            guests={
                **segment,
                "share": 0.4,
                "home": "far",
                "card": {"near": 1.0},
                "declared": {"US": 0.5, "near": 0.5},
                "vpn": {"users": 0.8, "on": 0.5, "exits": {"US": 1.0}},
                "models": {"new": 0.5, "old": 0.5},
            },
        ),
        signals=Whole(
            ip={
                "observes": "network",
                "accuracy": {"US": 0.9, "*": 0.8},
                "coverage": 0.95,
                "vpn": {"accuracy": 0.6},
                "channels": {"cloud": {"coverage": {"US": 0.5, "*": 0.7}}},
            },
            kind={"observes": "network_kind", "accuracy": {"direct": 0.98, "vpn": 0.5}},
            form={"observes": "declared", "accuracy": 0.85},
            bank={"observes": "card", "accuracy": 0.8, "errors_to": {"US": 1.0}, "coverage": 0.9},
            club={"observes": "organisation", "accuracy": 0.9, "refresh": "account"},
        ),
        causes={
            "data": {"signals": ["bank", "form"], "probability": 0.4},
            "route": {"signals": ["kind", "ip"], "probability": 0.7},
        },
    )


def simulated(scenario: Scenario, number: int, n: int, seed: int) -> NDArray[np.int64]:
    """Counts [regions, readings] of n needs of one maker: every draw of docs/model.md, one by one."""
    rng = np.random.default_rng(seed)
    maker = makers(scenario)[number]
    segments = list(scenario.segments.values())
    owner, body = segments[maker.owner], segments[maker.segment]
    regions = list(scenario.regions)

    def drawn(weights: dict[str, float]) -> NDArray[np.int64]:
        return rng.choice(len(regions), size=n, p=[weights.get(name, 0.0) for name in regions])

    device = np.full(n, regions.index(body.home))
    if body.trips.length:
        away = rng.random(n) < body.trips.length / (body.trips.length + body.trips.every)
        device = np.where(away, drawn(body.trips.to), device)
    on = np.zeros(n, dtype=bool)
    network = device
    if body.vpn.users:
        on = (rng.random(n) < body.vpn.users) & (rng.random(n) < body.vpn.on)
        network = np.where(on, drawn(body.vpn.exits), device)
    organisations = [*scenario.organisations, "none"]
    truth = {
        "device": device,
        "network": network,
        "network_kind": on.astype(int),
        "card": drawn(owner.card),
        "declared": drawn(owner.declared),
        "organisation": np.full(n, organisations.index(owner.organisation or "none")),
    }
    uniform = {name: rng.random(n) for name in scenario.signals}
    for cause in scenario.causes.values():
        acts, common = rng.random(n) < cause.probability, rng.random(n)
        for name in cause.signals:
            uniform[name] = np.where(acts, common, uniform[name])
    flat = device.astype(np.int64)
    for name, signal in scenario.signals.items():
        values = len(value_space(scenario, signal.observes))
        rows = noise_rows(scenario, signal)[CHANNELS.index(owner.channel)]
        true = truth[signal.observes]
        ends = np.cumsum(rows[on.astype(int), true], axis=1)
        position = (uniform[name][:, None] >= ends[:, :-1]).sum(axis=1)
        others = np.array([[v, *(w for w in range(values) if w != v), values] for v in range(values)])
        flat = flat * (values + 1) + others[true, position]
    sizes = (len(regions), *(len(r) for r in CellSpace.of(scenario).readings))
    return np.bincount(flat, minlength=int(np.prod(sizes))).reshape(len(regions), -1)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.no_cover  # others cover the same lines
def test_probabilities_agree_with_simulated_needs(number: int) -> None:
    scenario = rich()
    exact = readings_given(scenario)[number]
    n = 400_000
    counts = simulated(scenario, number, n, seed=11 + number)
    level = FALSE_ALARM / (2 * 3 * exact.size)
    assert counts.shape == exact.shape
    assert (binom.cdf(counts, n, exact) > level).all()
    assert (binom.sf(counts - 1, n, exact) > level).all()


def test_the_simulation_would_notice_a_cause_that_is_forgotten() -> None:
    """The test above has the power to fail: without the causes its bound is broken."""
    scenario = rich()
    without = scenario.model_copy(update={"causes": {}})
    n = 400_000
    counts = simulated(scenario, 0, n, seed=11)
    level = FALSE_ALARM / (2 * 3 * counts.size)
    wrong = readings_given(without)[0]
    assert not ((binom.cdf(counts, n, wrong) > level) & (binom.sf(counts - 1, n, wrong) > level)).all()


def test_a_perfect_signal_reads_the_device_where_there_is_no_vpn() -> None:
    scenario = small(signals=Whole(gps={"observes": "device"}))
    table = readings_given(scenario)
    for number, maker in enumerate(makers(scenario)):
        segment = list(scenario.segments.values())[maker.segment]
        away = segment.trips.length / (segment.trips.length + segment.trips.every)
        home = list(scenario.regions).index(segment.home)
        assert table[number, home, home] == pytest.approx(1 - away, abs=1e-15)
        assert table[number, 1 - home, 1 - home] == pytest.approx(away, abs=1e-15)
        assert table[number, home, 1 - home] == 0.0
        assert table[number, :, 2].sum() == 0.0


def test_a_useless_signal_reads_the_same_whoever_makes_the_need() -> None:
    scenario = small(signals=Whole(coin={"observes": "card", "accuracy": 0.5}))
    np.testing.assert_allclose(
        readings_given(scenario).sum(axis=1), np.tile([0.5, 0.5, 0.0], (4, 1)), atol=1e-15
    )


def test_an_absent_signal_reads_unknown() -> None:
    scenario = small(signals=Whole(gone={"observes": "network", "coverage": 0.0}))
    assert readings_given(scenario)[:, :, :2].sum() == 0.0
    np.testing.assert_allclose(readings_given(scenario).sum(axis=(1, 2)), 1.0, atol=1e-15)


def test_without_signals_only_the_device_is_left() -> None:
    scenario = small(signals=Whole())
    assert readings_given(scenario).shape == (4, 2, 1)
    np.testing.assert_allclose(readings_given(scenario)[0, :, 0], [60 / 65, 5 / 65], atol=1e-15)


def test_a_vpn_shows_its_exit() -> None:
    """Foreigners: a quarter is on a VPN, half of those come out at home."""
    scenario = small(signals=Whole(ip={"observes": "network"}))
    np.testing.assert_allclose(readings_given(scenario)[2].sum(axis=0), [0.125, 0.875, 0.0], atol=1e-15)


def test_a_cause_that_always_acts_nests_the_errors() -> None:
    """The worse signal errs whenever the better one does: P(both) is the smaller of the two."""
    scenario = small(
        segments__natives__card={"US": 1.0, "other": 0.0},
        signals=Whole(
            good={"observes": "card", "accuracy": 0.9},
            bad={"observes": "declared", "accuracy": 0.7},
        ),
        causes={"both": {"signals": ["bad", "good"], "probability": 1.0}},
    )
    joint = readings_given(scenario)[0].sum(axis=0).reshape(3, 3)
    np.testing.assert_allclose(joint, [[0.7, 0.2, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.0]], atol=1e-14)


def test_a_co_user_shows_the_owners_card_and_its_own_place() -> None:
    scenario = small(signals=Whole(bank={"observes": "card"}, gps={"observes": "device"}))
    visitor_on_foreign_account = readings_given(scenario)[3].sum(axis=0).reshape(3, 3)
    np.testing.assert_allclose(visitor_on_foreign_account[:, 0], [0.02, 0.98, 0.0], atol=1e-15)
    assert visitor_on_foreign_account[:, 1].sum() == 0.0


def test_needs_of_an_account_are_split_among_its_bodies() -> None:
    np.testing.assert_allclose(needs_per_day(small()), [1.0, 2.0, 1.0 - 0.03, 0.03], atol=1e-15)


def test_the_mix_of_models_is_the_makers_own() -> None:
    np.testing.assert_array_equal(model_mix(small()), [[0.8, 0.2], [1.0, 0.0], [0.7, 0.3], [1.0, 0.0]])


def test_channel_and_age_band_of_a_cell_are_the_owners() -> None:
    scenario = rich()
    space = CellSpace.of(scenario)
    for owner, (channel, band) in enumerate([("cloud", 1), ("consumer", 1)]):
        cells = cells_of(scenario, owner)
        readings = [len(r) for r in space.readings]
        for flat in (0, 17, int(np.prod(readings)) - 1):
            numbers = [int(i) for i in np.unravel_index(flat, readings)]
            for model in range(2):
                assert cells[flat, model] == space.index(numbers, CHANNELS.index(channel), model, band)


def test_needs_by_cell_count_every_need_once() -> None:
    scenario = small()
    whole = needs_by_cell(scenario, np.ones((4, 2, 2)))
    assert whole.shape == (CellSpace.of(scenario).size,)
    assert whole.sum() == pytest.approx(0.5 + 0.1 * 2 + 0.4, abs=1e-14)
    only_new = np.zeros((4, 2, 2))
    only_new[:, :, 0] = 1.0
    by_model = needs_by_cell(scenario, only_new).reshape(9, len(CHANNELS), 2, 2).sum(axis=(0, 1, 3))
    np.testing.assert_allclose(by_model, [0.5 * 0.8 + 0.2 + 0.4 * (0.97 * 0.7 + 0.03), 0.0], atol=1e-14)


def test_a_result_is_kept_with_its_scenario_and_cannot_be_changed() -> None:
    scenario, other = small(), small(signals__ip__accuracy=0.6)
    assert readings_given(scenario) is readings_given(scenario)
    assert not np.array_equal(readings_given(scenario), readings_given(other))
    with pytest.raises(ValueError, match="read-only"):
        readings_given(scenario)[0] = 0.0


def test_too_many_signals_are_refused_by_name() -> None:
    regions = {"US": ["US"], **{f"r{i}": [f"A{chr(65 + i)}"] for i in range(10)}, "other": ["*"]}
    signals = {f"s{i}": {"observes": "card"} for i in range(6)}
    scenario = small(
        regions=Whole(regions),
        signals=Whole(signals),
        segments__natives__card=Whole(US=1.0),
    )
    with pytest.raises(ValueError, match="6 signals are too many"):
        readings_given(scenario)


def test_a_distribution_that_names_no_region_is_refused() -> None:
    with pytest.raises(ValueError, match="Mars is no region"):
        readings_given(small(segments__natives__card=Whole(Mars=1.0)))


share = st.floats(0.0, 1.0)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Small worlds of two regions with one to three signals, some tied by a cause."""
    data = copy.deepcopy(small_data())
    attributes = ["device", "network", "network_kind", "card", "declared", "organisation"]
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    signals: dict[str, Any] = {
        name: {
            "observes": draw(st.sampled_from(attributes)),
            "accuracy": draw(share),
            "coverage": draw(share),
            "vpn": {"accuracy": draw(share)},
        }
        for name in names
    }
    data["signals"] = signals
    data["causes"] = {}
    if draw(st.booleans()):
        tied = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        data["causes"]["q"] = {"signals": tied, "probability": draw(share)}
    x = draw(share)
    data["segments"]["natives"]["card"] = {"US": x, "other": 1 - x}
    data["segments"]["natives"]["vpn"] = {"users": draw(share), "on": draw(share), "exits": {"US": 1.0}}
    return Scenario.model_validate(data)


@settings(max_examples=60, deadline=None)
@given(scenarios())
@pytest.mark.no_cover  # others cover the same lines
def test_probabilities_add_up_and_causes_leave_each_signal_alone(scenario: Scenario) -> None:
    table = readings_given(scenario)
    assert (table >= 0).all()
    np.testing.assert_allclose(table.sum(axis=(1, 2)), 1.0, atol=1e-12)
    lengths = [len(r) for r in CellSpace.of(scenario).readings]
    free = readings_given(scenario.model_copy(update={"causes": {}}))
    for j in range(len(lengths)):
        others = tuple(2 + i for i in range(len(lengths)) if i != j)
        marginals = [t.reshape(*t.shape[:2], *lengths).sum(axis=others) for t in (table, free)]
        np.testing.assert_allclose(*marginals, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(share, min_size=3, max_size=3), min_size=1, max_size=3), share, st.data())
def test_errors_that_come_together_keep_each_signals_own_rate(
    weights: list[list[float]], together: float, data: st.DataObject
) -> None:
    rows = []
    for row in weights:
        total = np.array(row) + 1e-3
        rows.append(np.stack([total / total.sum()] * 2))
    values = [data.draw(st.integers(0, 1)) for _ in rows]
    joint = joint_readings(rows, values, together)
    for j, (row, v) in enumerate(zip(rows, values, strict=True)):
        own = joint.sum(axis=tuple(i for i in range(len(rows)) if i != j))
        expected = [row[v][0], row[v][1], row[v][2]] if v == 0 else [row[v][1], row[v][0], row[v][2]]
        np.testing.assert_allclose(own, expected, atol=1e-12)
