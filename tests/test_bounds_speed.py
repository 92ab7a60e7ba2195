"""How quickly bounds are found: benchmarks, in CPU seconds of one core."""

from __future__ import annotations

import pytest

from benchmarks.bounds import five_by_five, flagship, from_nothing, measure, solved
from gatesim.gates.bounds import program_a


@pytest.mark.slow
def test_three_hundred_bounds_a_second_on_the_flagship() -> None:
    scenario, law = flagship()
    assert solved(program_a(scenario, law, desk=False), "").seconds < 1 / 300


@pytest.mark.slow
def test_five_signals_and_five_regions_take_a_second() -> None:
    assert from_nothing(five_by_five()) < 1.0


@pytest.mark.slow
def test_everything_that_is_measured_has_a_name_and_a_time() -> None:
    found = measure()
    assert len({speed.what for speed in found}) == len(found) == 17
    assert all(speed.seconds > 0 for speed in found)
