"""Intervals cover the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from gatesim.measures.intervals import (
    EMPTY,
    ONE_CLUSTER,
    ONE_REPLICATION,
    across_replications,
    clopper_pearson,
    count_interval,
    poisson,
    ratio_interval,
    variance_of_total,
)


def linearised(x: np.ndarray, y: np.ndarray) -> float:
    """Variance of the ratio of sums over clusters of one stratum."""
    d = x - x.sum() / y.sum() * y
    total = variance_of_total(np.array([d.sum()]), np.array([(d**2).sum()]), np.array([len(d)]))
    return total / y.sum() ** 2


def enough_covered(covered: int, runs: int) -> bool:
    """Whether so many of the runs may have covered at 95 %, at a false alarm rate of one in a million."""
    return bool(binom.cdf(covered, runs, 0.95) > 1e-6)


def test_clopper_pearson_gives_the_published_values() -> None:
    assert clopper_pearson(0, 100) == pytest.approx((0, 0.0362166926), abs=1e-9)
    assert clopper_pearson(5, 100) == pytest.approx((0.0164318792, 0.1128349111), abs=1e-9)
    assert clopper_pearson(100, 100) == pytest.approx((1 - 0.0362166926, 1), abs=1e-9)


@given(events=st.integers(0, 200), trials=st.integers(1, 200))
def test_clopper_pearson_leaves_the_stated_tails(events: int, trials: int) -> None:
    events = min(events, trials)
    low, high = clopper_pearson(events, trials)
    if events > 0:
        assert binom.sf(events - 1, trials, low) == pytest.approx(0.025, rel=1e-6)
    if events < trials:
        assert binom.cdf(events, trials, high) == pytest.approx(0.025, rel=1e-6)


def test_garwoods_interval_for_five_events() -> None:
    """Garwood (1936): 1.6235 to 11.6683."""
    assert poisson(5) == pytest.approx((1.6235, 11.6683), abs=1e-4)
    assert poisson(0) == pytest.approx((0, -math.log(0.025)))


def test_nothing_seen_gives_an_upper_bound_by_the_number_of_clusters() -> None:
    interval = ratio_interval(0, 5000, 0.0, 100, 2)
    assert interval.one_sided
    assert interval.low == 0
    assert (1 - interval.high) ** 100 == pytest.approx(0.05)


def test_nothing_else_seen_is_the_mirror_image() -> None:
    none, all_ = ratio_interval(0, 5000, 0.0, 100, 2), ratio_interval(5000, 5000, 0.0, 100, 2)
    assert all_.one_sided
    assert (all_.low, all_.high) == pytest.approx((1 - none.high, 1 - none.low))


def test_there_is_no_interval_without_something_to_divide_by() -> None:
    assert ratio_interval(0, 0, 0.0, 0, 0).note == EMPTY
    assert ratio_interval(0, 0, 0.0, 0, 0).high is None


def test_one_account_has_no_interval() -> None:
    interval = ratio_interval(3, 9, 0.0, 1, 1)
    assert (interval.low, interval.high, interval.note) == (None, None, ONE_CLUSTER)


def test_needs_that_all_stand_alone_get_nearly_clopper_pearsons_interval() -> None:
    x, y = np.r_[np.ones(40), np.zeros(960)], np.ones(1000)
    interval = ratio_interval(40, 1000, linearised(x, y), 1000, 1)
    assert (interval.low, interval.high) == pytest.approx(clopper_pearson(40, 1000), rel=2e-3)


def test_strata_that_differ_take_variance_away() -> None:
    """Two strata of ten clusters each, all alike within: nothing is left to chance between samples."""
    first, second, n = np.array([10.0, -10.0]), np.array([10.0, 10.0]), np.array([10, 10])
    assert variance_of_total(first, second, n) == 0
    assert variance_of_total(first.sum(keepdims=True), second.sum(keepdims=True), np.array([20])) > 20


def test_variance_of_a_total_is_the_textbooks() -> None:
    x = np.array([0, 1, 4, 2, 2.0])
    got = variance_of_total(np.array([x.sum()]), np.array([(x**2).sum()]), np.array([5]))
    assert got == pytest.approx(5 * x.var(ddof=1))


def test_a_single_cluster_in_a_stratum_does_not_divide_by_zero() -> None:
    assert variance_of_total(np.array([3.0]), np.array([9.0]), np.array([1])) == 9


@pytest.mark.parametrize("p", [0.3, 0.02])
def test_intervals_of_clustered_needs_cover_the_truth(p: float) -> None:
    """Accounts of two sizes whose needs mostly end alike; 1000 samples. Neglecting the clusters fails."""
    rng = np.random.default_rng(20260612)
    runs, accounts, covered, naive = 1000, 400, 0, 0
    for _ in range(runs):
        y = rng.choice([1, 12], accounts, p=[0.6, 0.4])
        own = rng.beta(p / 0.6, (1 - p) / 0.6, accounts)
        x = rng.binomial(y, own)
        interval = ratio_interval(x.sum(), y.sum(), linearised(x, y), accounts, 1)
        covered += interval.low <= p <= interval.high
        low, high = clopper_pearson(x.sum(), y.sum())
        naive += low <= p <= high
    assert enough_covered(covered, runs)
    assert not enough_covered(naive, runs), "the test would notice if clusters were neglected"


def test_intervals_are_not_wider_than_they_must_be() -> None:
    """At many accounts the half width is 1.96 standard errors."""
    rng = np.random.default_rng(1)
    y = rng.integers(1, 6, 50_000)
    x = rng.binomial(y, rng.beta(1, 2, len(y)))
    variance = linearised(x, y)
    interval = ratio_interval(x.sum(), y.sum(), variance, len(y), 1)
    assert (interval.high - interval.low) / 2 == pytest.approx(
        norm.ppf(0.975) * math.sqrt(variance), rel=0.01
    )


@pytest.mark.parametrize("mean", [30.0, 400.0])
def test_intervals_of_counts_cover_the_truth(mean: float) -> None:
    """Events in bunches of one to three, on few or on many of 5000 accounts; 1000 samples."""
    rng = np.random.default_rng(7)
    runs, accounts, covered = 1000, 5000, 0
    for _ in range(runs):
        bunches = rng.integers(1, 4, rng.binomial(accounts, mean / 2 / accounts))
        variance = variance_of_total(
            np.array([bunches.sum()]), np.array([(bunches**2).sum()]), np.array([accounts])
        )
        interval = count_interval(bunches.sum(), variance)
        covered += interval.low <= mean <= interval.high
    assert enough_covered(covered, runs)


def test_a_count_of_zero_has_the_poisson_bound() -> None:
    interval = count_interval(0, 0.0)
    assert interval.one_sided
    assert interval.high == pytest.approx(-math.log(0.05))
    assert count_interval(0, 0.0, unit=1.5).high == pytest.approx(-1.5 * math.log(0.05)), (
        "1.5 dollars an event"
    )


def test_intervals_across_replications_cover_the_truth() -> None:
    """Replications that share a mood of the queue: four of them, 2000 samples."""
    rng = np.random.default_rng(3)
    runs, covered = 2000, 0
    for _ in range(runs):
        y = rng.poisson(500, 4)
        x = y * np.clip(0.3 + 0.05 * rng.standard_normal(4), 0, 1)
        interval = across_replications(x, y)
        covered += interval.low <= 0.3 <= interval.high
    assert enough_covered(covered, runs)


def test_one_replication_says_why_it_has_no_interval() -> None:
    interval = across_replications([3], [10])
    assert (interval.low, interval.high) == (None, None)
    assert interval.note == ONE_REPLICATION


def test_nothing_seen_in_any_replication_gives_a_wide_bound() -> None:
    interval = across_replications([0, 0, 0], [10, 12, 11])
    assert interval.one_sided
    assert "3 replications" in interval.note
    assert interval.high == pytest.approx(1 - 0.05 ** (1 / 3))


@settings(max_examples=60)
@given(
    data=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40),
)
def test_an_interval_contains_its_value_and_lies_between_zero_and_one(data: list[tuple[int, int]]) -> None:
    y = np.array([a + b for a, b in data], dtype=np.float64)
    x = np.array([a for a, _ in data], dtype=np.float64)
    used = int((y > 0).sum())
    variance = linearised(x, y) if y.sum() else 0.0
    for interval in (ratio_interval(x.sum(), y.sum(), variance, used, 1), across_replications(x, y)):
        if interval.low is not None and interval.high is not None:
            assert 0 <= interval.low <= x.sum() / y.sum() <= interval.high <= 1
        else:
            assert interval.note
