"""The best single table: beyond six rows by branch and bound, against brute force and on the flagship."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatesim.gates.bounds import Program, Standard, branches, least_leak, most_served, program_a
from gatesim.gates.bounds.deterministic import interval
from gatesim.law.law import make_law
from gatesim.scenario import load
from tests.bounded import program

shares = st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 0.9, 1.0])


@st.composite
def programs(draw: st.DrawFn, capacity: bool = False) -> Program:
    """Of 7 to 11 rows, with up to two options besides refusing."""
    rows = []
    for _ in range(draw(st.integers(7, 11))):
        # Nothing is so little that the tolerance of brute force is more.
        entitled, restricted = draw(st.floats(0.01, 3.0)), draw(st.just(0.0) | st.floats(1e-6, 1.0))
        others = draw(st.lists(st.tuples(shares, shares), max_size=1))
        rows.append([(entitled, restricted), *((entitled * p, restricted * q) for p, q in others)])
    more: dict[str, Any] = {"capacity": draw(st.floats(0.0, 4.0)), "reviews": (0.0, 1.0)} if capacity else {}
    return program(rows, opened=draw(st.sampled_from([(0.0, 0.0), (0.1, 0.05)])), **more)


def every_table(made: Program) -> NDArray[np.float64]:
    """Served, leaks and reviews of all single tables: [table, 3]."""
    sums = np.array([[made.open_entitled, made.open_leaks, 0.0]])
    for dense in made.dense():
        reviews = dense.reviews()
        for row in range(len(dense.served)):
            own = np.stack([dense.served[row], dense.leaks[row], reviews[row]], axis=1)
            own = np.concatenate([np.zeros((1, 3)), own])
            sums = (sums[:, None] + own[None]).reshape(-1, 3)
    return sums


def best_of(made: Program, standard: Standard) -> float | None:
    points = every_table(made)
    a, b, most = standard.linear(made.restricted)
    within = a * points[:, 1] - b * points[:, 0] <= most + 1e-13
    if made.capacity is not None:
        within &= points[:, 2] <= made.capacity + 1e-13
    return float(points[within, 0].max()) / made.entitled if within.any() else None


@given(
    programs(), st.sampled_from(["leak_rate", "leak_share", "leak_count"]), st.sampled_from([0.01, 0.1, 0.3])
)
@settings(max_examples=40, deadline=None)
def test_the_most_served_by_a_single_table_is_what_brute_force_finds(
    made: Program, kind: Any, limit: float
) -> None:
    standard = Standard(kind, limit)
    found = most_served(made, standard)
    if found.value is None:
        return
    single = found.deterministic
    assert single is not None
    brute = best_of(made, standard)
    assert single.exact
    if brute is None:
        assert single.found is None
    else:
        assert single.found == single.limit == pytest.approx(brute, abs=1e-11)
        assert single.found <= found.value + 1e-11


@given(
    programs(), st.sampled_from(["leak_rate", "leak_share", "leak_count"]), st.sampled_from([0.2, 0.5, 0.9])
)
@settings(max_examples=40, deadline=None)
def test_the_least_leak_of_a_single_table_is_what_brute_force_finds(
    made: Program, kind: Any, floor: float
) -> None:
    found = least_leak(made, kind, floor)
    if found.value is None:
        return
    single = found.deterministic
    assert single is not None
    points = every_table(made)
    points = points[points[:, 0] >= floor * made.entitled - 1e-13]
    bases = {"leak_rate": made.restricted, "leak_count": 1.0, "leak_share": points[:, 0] + points[:, 1]}
    brute = float((points[:, 1] / bases[kind]).min())
    assert single.exact
    assert single.found == pytest.approx(brute, abs=1e-11)
    assert found.value <= brute + 1e-11


@given(programs(capacity=True), st.sampled_from([0.01, 0.1, 0.3]))
@settings(max_examples=25, deadline=None)
def test_a_single_table_keeps_to_the_desk(made: Program, limit: float) -> None:
    standard = Standard("leak_share", limit)
    found = most_served(made, standard)
    if found.value is None:
        return
    single, brute = found.deterministic, best_of(made, standard)
    assert single is not None
    if brute is not None:
        assert single.found is not None
        assert single.limit is not None
        assert single.found <= brute + 1e-11
        assert single.limit >= brute - 1e-11
        if single.exact:
            assert single.found == pytest.approx(brute, abs=1e-11)


def test_what_no_single_table_exceeds_holds_wherever_branching_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows = [[(float(e), float(r))] for e, r in zip(rng.random(14) + 0.5, rng.random(14), strict=True)]
    standard = Standard("leak_share", 0.2)
    bound = most_served(program(rows), standard)
    brute = best_of(bound.program, standard)
    assert bound.value is not None
    assert brute is not None
    limits = []
    for most in (0, 2, 10, 1500):
        monkeypatch.setattr(branches, "MOST_BRANCHES", most)
        single = interval(bound)
        assert single.found is not None
        assert single.limit is not None
        assert single.found <= brute + 1e-12
        assert brute - 1e-12 <= single.limit <= bound.value + 1e-12
        assert single.exact == (single.limit == single.found)
        limits.append(single.limit - single.found)
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > 0
    assert single.exact
    assert single.found == pytest.approx(brute, abs=1e-12)


@pytest.mark.parametrize(("limit", "gap"), [(0.001, 0.0015), (0.01, 0.029)])
def test_a_single_table_of_the_flagship_is_known_to_a_thousandth_of_a_point(limit: float, gap: float) -> None:
    """One cell has 30 % of all needs: no single table comes near what mixtures do; that is known, too."""
    scenario = load("june-2026").scenario
    law = make_law(scenario, "person")
    bound = most_served(program_a(scenario, law, desk=False), Standard("leak_share", limit))
    assert bound.value is not None
    begin = time.process_time()
    single = interval(bound)
    assert time.process_time() - begin < 3.0
    assert single.found is not None
    assert single.limit is not None
    assert single.found <= single.limit < bound.value - gap
    assert single.limit - single.found < 1e-5
