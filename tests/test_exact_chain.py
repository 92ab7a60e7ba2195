"""The exact engine on policies with memory: the chain against closed forms and other computations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.stats import norm

from gatesim.exact.chain import (
    TARGETS,
    AccountChains,
    Moving,
    first_difference,
    second_difference,
    sums_of_exponentials,
)
from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_REFUSED, END_SERVED, Expected
from gatesim.exact.lasting import Lasting
from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import CLEARED, FRESH, STATES
from gatesim.law.law import make_law
from gatesim.measures.ledger import FAILED_CHECK, GAVE_UP, RULE, STANDING_BLOCK
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import makers
from tests.lives import Lives
from tests.plain import DAYS, FOREIGNER, PEOPLE, RATE, SOMEBODY, START, order, plain, rules
from tests.random_scenarios import random_scenario
from tests.test_exact import ends, expected, gate_of, leaks, seeds, without_memory

FALSE_ALARM = 1e-6
HOLDER = SOMEBODY | {"documents": {"passport": 1.0}}


def exact_difference(*points: float) -> float:
    """A divided difference of exp with sixty digits; points that coincide are moved apart by a hair."""
    with localcontext() as context:
        context.prec = 120
        found = [Decimal(p) + k * Decimal(10) ** -40 for k, p in enumerate(points)]
        table = [p.exp() for p in found]
        for width in range(1, len(found)):
            table = [(table[k + 1] - table[k]) / (found[k + width] - found[k]) for k in range(len(table) - 1)]
        return float(table[0])


POINTS = [0.0, -1e-12, -1e-5, -0.3, -0.999999, -1.0, -1.0000001, -1.7, -1.7000001, -12.0, -900.0]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("y", POINTS)
def test_divided_differences_are_right_to_the_last_digits(x: float, y: float) -> None:
    one, two = np.array([x]), np.array([y])
    assert first_difference(one, two)[0] == pytest.approx(exact_difference(x, y), rel=1e-14)
    assert second_difference(one, two)[0] == pytest.approx(exact_difference(0.0, x, y), rel=1e-14)


@pytest.mark.parametrize("count", [1, 64, 65, 1000])
def test_a_long_row_of_sums_of_exponentials_is_as_its_terms_say(count: int) -> None:
    rng = np.random.default_rng(4)
    values, weights = -3 * rng.random(20), rng.normal(size=20)
    times = 0.3 + np.arange(count) / 24
    direct = weights @ np.exp(np.outer(values, times))
    assert sums_of_exponentials(values, weights, times) == pytest.approx(direct, rel=1e-12, abs=1e-13)


def by_matrix_exponential(
    generators: list[NDArray[np.float64]],
    stationary: NDArray[np.float64],
    leaves: list[NDArray[np.float64]],
    cleared: NDArray[np.float64],
    edges: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time in each state and joint place between instants, and who is cleared at the end, the plain way."""
    n = len(stationary)
    moves = np.zeros((1, 1))
    for generator in generators:
        moves = np.kron(moves, np.eye(len(generator))) + np.kron(np.eye(len(moves)), generator)
    leave = np.zeros((1, len(TARGETS)))
    for rates in leaves:
        leave = (leave[:, None] + rates[None]).reshape(-1, len(TARGETS))
    whole = np.kron(np.eye(len(STATES)), moves)
    for column, state in enumerate(TARGETS):
        for x in range(n):
            whole[FRESH * n + x, state * n + x] += leave[x, column]
            whole[FRESH * n + x, FRESH * n + x] -= leave[x, column]
    size = len(whole)
    # Van Loan (1978): the integral of the exponential is a block of a larger exponential.
    larger = np.zeros((2 * size, 2 * size))
    larger[:size, :size], larger[:size, size:] = whole, np.eye(size)
    now = np.zeros(size)
    now[FRESH * n : (FRESH + 1) * n] = stationary - cleared
    now[CLEARED * n : (CLEARED + 1) * n] = cleared
    times = []
    for step in np.diff(edges):
        both = expm(larger * step)
        times.append(now @ both[:size, size:])
        now = now @ both[:size, :size]
    return np.array(times).T.reshape(len(STATES), n, -1), now[CLEARED * n : (CLEARED + 1) * n]


@pytest.mark.parametrize("kinds", [[1], [3], [2, 3], [1, 2, 2]])
def test_the_chain_agrees_with_the_exponential_of_its_whole_generator(kinds: list[int]) -> None:
    rng = np.random.default_rng(sum(kinds))
    bodies, generators, leaves, laws = [], [], [], []
    for n in kinds:
        starts, stops = rng.uniform(0.05, 0.5), rng.uniform(0.1, 2.0)
        shares = rng.dirichlet(np.ones(n - 1)) if n > 1 else np.zeros(0)
        generator = np.zeros((n, n))
        generator[0, 1:], generator[1:, 0] = starts * shares, stops
        generator -= np.diag(generator.sum(axis=1))
        away = starts / (starts + stops) if n > 1 else 0.0
        law = np.concatenate([[1 - away], away * shares])
        bodies.append(Moving(law[None], starts, stops))
        generators.append(generator)
        laws.append(law)
        leaves.append(rng.uniform(0, 3, (n, len(TARGETS))) * (rng.random((n, len(TARGETS))) < 0.7))
    edges = np.array([0.0, 0.4, 1.4, 2.4, 2.9])
    chains = AccountChains(bodies)
    stationary = chains.stationary[0]
    cleared = stationary * rng.random(len(stationary))
    part = chains.fresh([rates[None] for rates in leaves], cleared[None])
    times = chains.times(part, cleared[None], edges)
    right, at_end = by_matrix_exponential(generators, stationary, leaves, cleared, edges)
    after = chains.cleared_after(part, cleared[None], edges[-1])
    assert after is not None
    assert after[0] == pytest.approx(at_end, rel=1e-10)
    spread = right.reshape(len(STATES), *kinds, -1)
    for b in range(len(kinds)):
        others = tuple(1 + c for c in range(len(kinds)) if c != b)
        assert times[b][0] == pytest.approx(spread.sum(axis=others), rel=1e-10, abs=1e-15)


def test_with_a_lasting_clearance_an_account_is_asked_once() -> None:
    found = expected(plain(rules("check"), segments={"holder": HOLDER}))
    once = 1 - np.exp(-RATE * DAYS)
    assert found.asked[0] == pytest.approx(PEOPLE * once, rel=1e-12)
    assert found.collected[0] == pytest.approx(PEOPLE * once, rel=1e-12)
    assert ends(found)[END_SERVED] == pytest.approx(PEOPLE * RATE * DAYS, rel=1e-12)


def test_levels_of_activity_are_told_apart() -> None:
    activity = {"multipliers": [0.5, 3.0], "shares": [0.8, 0.2]}
    found = expected(plain(rules("check"), segments={"holder": HOLDER | {"activity": activity}}))
    once = 1 - 0.8 * np.exp(-0.5 * RATE * DAYS) - 0.2 * np.exp(-3.0 * RATE * DAYS)
    assert found.asked[0] == pytest.approx(PEOPLE * once, rel=1e-12)


def test_whoever_fails_for_good_is_refused_by_the_check_once_and_then_stands_blocked() -> None:
    fails = FOREIGNER | {"presents_forged": 1.0}
    checkers = {"typical": {"false_reject": 0.0, "false_accept": 0.0, "false_match": 0.0}}
    policy = rules("check", ask_again_after="forever")
    found = ends(expected(plain(policy, segments={"fails": fails}, checkers=checkers)))
    once = 1 - np.exp(-RATE * DAYS)
    assert found[END_REFUSED[FAILED_CHECK]] == pytest.approx(PEOPLE * once, rel=1e-12)
    assert found[END_REFUSED[STANDING_BLOCK]] == pytest.approx(PEOPLE * (RATE * DAYS - once), rel=1e-12)


def test_giving_up_delays_the_clearance() -> None:
    found = expected(plain(rules("check"), segments={"holder": HOLDER | {"gives_up": 0.4}}))
    passes = RATE * 0.6
    requests = RATE * (1 - np.exp(-passes * DAYS)) / passes
    assert found.asked[0] == pytest.approx(PEOPLE * requests, rel=1e-12)
    assert ends(found)[END_REFUSED[GAVE_UP]] == pytest.approx(0.4 * PEOPLE * requests, rel=1e-12)


def test_requests_fall_from_day_to_day() -> None:
    scenario = plain(rules("check"), segments={"holder": HOLDER | {"gives_up": 1.0}})
    never = expected(scenario).counts[..., END_REFUSED[GAVE_UP]].sum(axis=(0, 1, 3))
    assert never == pytest.approx(np.full(DAYS, PEOPLE * RATE), rel=1e-12)
    scenario = plain(
        rules("check", ask_again_after="forever"),
        segments={"holder": HOLDER | {"gives_up": 1.0}},
        orders=[order(2.5)],
    )
    by_day = expected(scenario).counts[..., END_REFUSED[GAVE_UP]].sum(axis=(0, 1, 3))
    since = np.maximum(np.arange(DAYS + 1) - 2.5, 0)
    assert by_day == pytest.approx(PEOPLE * -np.diff(np.exp(-RATE * since)), rel=1e-10)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_two_bodies_are_asked_as_one_account_and_cleared_together(share: float) -> None:
    guest = FOREIGNER | {"share": 0.0}
    owner = HOLDER | {"co_users": {"guest": {"present": 0.5, "share": share}}}
    found = expected(plain(rules("check"), segments={"owner": owner, "guest": guest}))
    assert found.asked[0] == pytest.approx(PEOPLE * (1 - np.exp(-RATE * DAYS)), rel=1e-12)
    assert leaks(found) == pytest.approx(PEOPLE * 0.5 * share * RATE * DAYS, rel=1e-12)


def test_a_reading_that_sticks_to_the_account_decides_once() -> None:
    signal = {"observes": "card", "accuracy": 0.9, "refresh": "account"}
    policy = {"family": "single", "signal": "payment", "allow_lasts": "forever", "block_lasts": "forever"}
    found = ends(expected(plain(policy, signals={"payment": signal})))
    once = 1 - np.exp(-RATE * DAYS)
    assert found[END_SERVED] == pytest.approx(0.9 * PEOPLE * RATE * DAYS, rel=1e-12)
    assert found[END_REFUSED[RULE]] == pytest.approx(0.1 * PEOPLE * once, rel=1e-12)
    assert found[END_REFUSED[STANDING_BLOCK]] == pytest.approx(0.1 * PEOPLE * (RATE * DAYS - once), rel=1e-12)


def test_a_reading_anew_each_session_decides_by_who_comes_first() -> None:
    signal = {"observes": "card", "accuracy": 0.9, "refresh": "session"}
    policy = {"family": "single", "signal": "payment", "allow_lasts": "forever", "block_lasts": "forever"}
    found = ends(expected(plain(policy, signals={"payment": signal})))
    # The first need decides for all.
    assert found[END_SERVED] == pytest.approx(0.9 * PEOPLE * RATE * DAYS, rel=1e-12)
    assert found[END_REFUSED[RULE]] == pytest.approx(0.1 * PEOPLE * (1 - np.exp(-RATE * DAYS)), rel=1e-12)


def narrowed(then: str, **policy: Any) -> Expected:
    """A gate on an order that is narrowed, without any effect on it, after four of its ten days."""
    out = {"at": START + timedelta(days=4), "statuses": ["protected"]}
    segments = {"holder": HOLDER}
    return expected(plain(rules(then, **policy), segments=segments, orders=[order(carve_outs=[out])]))


def test_a_decision_ends_with_the_law_it_was_made_under() -> None:
    found = ends(narrowed("block", block_lasts="forever"))
    twice = 2 - np.exp(-RATE * 4) - np.exp(-RATE * (DAYS - 4))
    assert found[END_REFUSED[RULE]] == pytest.approx(PEOPLE * twice, rel=1e-12)


def test_what_was_proven_stays_proven_when_the_law_changes() -> None:
    assert narrowed("check").asked[0] == pytest.approx(PEOPLE * (1 - np.exp(-RATE * DAYS)), rel=1e-12)


def test_a_clearance_outlasts_a_time_without_orders() -> None:
    pause = order(ends=[{"kind": "lifted", "at": START + timedelta(days=3)}])
    scenario = plain(rules("check"), segments={"holder": HOLDER}, orders=[pause, order(6)])
    found = expected(scenario)
    assert found.asked[0] == pytest.approx(PEOPLE * (1 - np.exp(-RATE * (3 + DAYS - 6))), rel=1e-12)


def test_a_trip_ends_in_a_check_that_clears_at_home() -> None:
    # At home the device reads home: served. Abroad it is checked; then home and abroad are served.
    traveller = HOLDER | {"trips": {"every": "3d", "length": "1d", "to": {"other": 1.0}}}
    policy = {"family": "single", "signal": "position", "then": "check"}
    scenario = plain(policy, segments={"holder": traveller}, signals={"position": {"observes": "device"}})
    generator = np.array([[-1 / 3, 1 / 3], [1.0, -1.0]])
    leaves = np.zeros((2, len(TARGETS)))
    leaves[1, TARGETS.index(CLEARED)] = RATE
    stationary = np.array([0.75, 0.25])
    edges = np.array([0.0, DAYS])
    times, _ = by_matrix_exponential([generator], stationary, [leaves], np.zeros(2), edges)
    assert expected(scenario).asked[0] == pytest.approx(PEOPLE * RATE * times[FRESH, 1, 0], rel=1e-10)


@seeds(5)
@pytest.mark.no_cover  # others cover the same lines
def test_without_memory_the_chain_comes_to_plain_sums(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    law = make_law(scenario, "destination")
    world = World(scenario, law)
    for name in scenario.policies:
        gate = without_memory(compile_gate(scenario, name, law))
        plain_sums = world.evaluate(gate)
        counts, asked, presented = Lasting(scenario, law, gate).evaluate(world.accounts)
        assert counts == pytest.approx(plain_sums.counts, rel=1e-9, abs=1e-11)
        assert asked == pytest.approx(plain_sums.asked, rel=1e-9, abs=1e-11)
        assert presented.sum(axis=0) == pytest.approx(plain_sums.by_document, rel=1e-9, abs=1e-11)


def test_two_halves_of_a_segment_are_the_segment() -> None:
    scenario = random_scenario(np.random.default_rng(5))
    name, segment = next((n, s) for n, s in scenario.segments.items() if s.share > 0)
    half = segment.model_copy(update={"share": segment.share / 2})
    split = scenario.model_copy(update={"segments": {**scenario.segments, name: half, "half": half}})
    for policy in ("single", "posterior", "rules"):
        # The policy is compiled once: a carve-out that names the segment would not know its half.
        assert ends(expected(split, policy)) == pytest.approx(ends(expected(scenario, policy)), rel=1e-9)


def shared_network() -> Scenario:
    """Trips, a VPN, errors that stick to a place, a cause on the home network, a co-user, a clearance."""
    moving = {
        "trips": {"every": "4d", "length": "2d", "to": {"other": 1.0}},
        "vpn": {"users": 0.5, "on": 0.5, "exits": {"US": 0.3, "other": 0.7}},
    }
    owner = SOMEBODY | moving | {"documents": {"passport": 0.6}, "gives_up": 0.3}
    owner |= {"co_users": {"guest": {"present": 0.7, "share": 0.4}}, "presents_forged": 0.4}
    guest = FOREIGNER | moving | {"share": 0.0}
    signals = {
        "ip": {"observes": "network", "accuracy": {"US": 0.7, "other": 0.8}, "refresh": "place"},
        "payment": {"observes": "card", "accuracy": 0.8, "refresh": "account"},
    }
    network = {"signals": ["ip"], "probability": 0.6, "scope": "network", "people_per_network": 4}
    policy = {
        "family": "score",
        "weights": {"ip": 1.0, "payment": 1.0},
        "check_at": 1.0,
        "block_at": 2.0,
        "ask_again_after": "forever",
        "block_lasts": "forever",
    }
    return plain(
        policy,
        segments={"owner": owner, "guest": guest},
        signals=signals,
        causes={"network": network},
        orders=[order(1, carve_outs=[{"at": START + timedelta(days=6), "regions": ["other"]}])],
    )


@pytest.mark.no_cover  # others cover the same lines
def test_lives_told_a_second_time_agree_with_expected_numbers() -> None:
    scenario = shared_network()
    law, gate = gate_of(scenario)
    accounts = 4000
    told = Lives(scenario, law, gate, 0).simulate(accounts, np.random.default_rng(11))
    found = World(scenario, law, [1, 0]).evaluate(gate)
    rows = [k for k, maker in enumerate(makers(scenario)) if maker.owner == 0]
    right = found.counts.sum(axis=(1, 2))[rows]
    assert not told.sum(axis=0)[right == 0].any()
    # Where counts are large enough for the normal approximation to hold far out.
    compared = right * accounts > 100
    error = told.std(axis=0)[compared] / np.sqrt(accounts)
    score = (told.mean(axis=0)[compared] - right[compared]) / error
    assert compared.sum() >= 12
    assert np.abs(score).max() < norm.isf(FALSE_ALARM / 2 / compared.sum())
