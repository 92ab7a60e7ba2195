"""Parts of a total: their intervals hold, and nobody is called the largest whom chance may have put first."""

from __future__ import annotations

import numpy as np
import pytest

from gatesim.measures.definitions import Measure
from gatesim.measures.intervals import NO_CHANCE, ONE_REPLICATION, count_interval
from gatesim.measures.parts import Part, largest, parts_of


def count(events: float, size: float = 1.0) -> Measure:
    """A count of clusters of equal size, each drawn by itself."""
    interval = count_interval(events * size, events * size**2, size)
    return Measure("leaks", events * size, 1.0, events * size, interval.low, interval.high)


@pytest.mark.parametrize("means", [(3.0, 5.0), (40.0, 10.0, 10.0), (1.0, 30.0, 8.0, 2.0)])
@pytest.mark.parametrize("size", [1.0, 4.0])
def test_intervals_hold_as_often_as_they_say(means: tuple[float, ...], size: float) -> None:
    """With 95 % at least. Of 4,000 samples 93.3 % are fewer than that by 4.9 standard errors: one false alarm in two
    million."""
    rng = np.random.default_rng(7)
    samples, true = 4000, np.array(means) / sum(means)
    holds = np.zeros(len(means))
    met = 0
    for events in rng.poisson(means, (samples, len(means))).tolist():
        counts = {str(k): count(number, size) for k, number in enumerate(events)}
        parts = parts_of(counts, count(sum(events), size))
        if parts:
            met += 1
            holds += [parts[str(k)].low <= share <= parts[str(k)].high for k, share in enumerate(true)]
    assert met > 0.99 * samples
    assert (holds / met > 0.933).all(), holds / met


def test_parts_add_up_and_lie_within_their_intervals() -> None:
    counts = {"a": count(60), "b": count(5), "none": count(0)}
    parts = parts_of(counts, count(65))
    assert sum(part.value for part in parts.values()) == pytest.approx(1.0)
    for part in parts.values():
        assert part.low is not None
        assert part.high is not None
        assert 0 <= part.low <= part.value <= part.high <= 1
    assert largest(parts) == "a"


def test_one_need_that_leaks_is_not_most_of_all_leaks() -> None:
    """One person's needs against nothing: whoever else might have leaked as well."""
    counts = {"a": count(1, 8), "b": count(0, 8), "c": count(0, 8)}
    assert largest(parts_of(counts, count(1, 8))) is None


def test_without_chance_parts_are_what_they_are() -> None:
    counts = {name: Measure("leaks", n, 1.0, n, note=NO_CHANCE) for name, n in (("a", 2.0), ("b", 1.0))}
    parts = parts_of(counts, Measure("leaks", 3.0, 1.0, 3.0, note=NO_CHANCE))
    assert parts == {"a": Part(2 / 3, 2 / 3, 2 / 3), "b": Part(1 / 3, 1 / 3, 1 / 3)}
    assert largest(parts) == "a"


def test_where_intervals_are_not_known_nobody_is_the_largest() -> None:
    counts = {name: Measure("leaks", n, 1.0, n, note=ONE_REPLICATION) for name, n in (("a", 2.0), ("b", 1.0))}
    parts = parts_of(counts, Measure("leaks", 3.0, 1.0, 3.0, note=ONE_REPLICATION))
    assert not any(part.known for part in parts.values())
    assert largest(parts) is None


def test_nothing_to_divide_has_no_parts() -> None:
    assert parts_of({"a": count(0)}, count(0)) == {}
    assert largest({}) is None
