"""Closed forms of the desk against published values, sums over states, simulation and fine integration."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from gatesim.engine.queueing import (
    erlang_a,
    erlang_c,
    fluid_offered_wait,
    offered_wait_quantiles,
    scaled_reviewers,
)

FALSE_ALARM = 1e-6
CASES = [
    (2, 3.0, 1.0, 0.5),
    (10, 12.0, 1.0, 0.5),
    (3, 2.0, 1.0, 0.2),
    (1, 0.3, 1.0, 2.0),
    (40, 60.0, 2.0, 0.05),
    # Patience far shorter than a review: density and expected wait turn close to the peak.
    (1, 1e4, 10.0, 1e3),
    (3, 0.01, 0.011, 27.0),
    (100, 9000.0, 50.0, 6700.0),
]


def state_probabilities(servers, arrival, service, leave, states=4000):
    """Stationary law of the birth-and-death chain, by its ratios."""
    n = np.arange(1, states)
    ratios = np.log(arrival) - np.log(np.minimum(n, servers) * service + np.maximum(n - servers, 0) * leave)
    logs = np.concatenate(([0.0], np.cumsum(ratios)))
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


# --- Erlang C -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "arrival", "p_wait", "mean_wait"),
    [(1, 0.8, 0.8, 4.0), (5, 4.0, 0.5541125541, 0.5541125541), (20, 18.0, 0.5507690048, 0.2753845024)],
)
def test_erlang_c_published(servers, arrival, p_wait, mean_wait):
    assert erlang_c(servers, arrival, 1.0) == pytest.approx((p_wait, mean_wait), abs=1e-10)
    # Another unit of time: the probability stays, the wait scales.
    assert erlang_c(servers, 60 * arrival, 60.0) == pytest.approx((p_wait, mean_wait / 60), abs=1e-10)


def test_erlang_c_edges():
    assert erlang_c(5, 5.0, 1.0) == (1.0, math.inf)
    assert erlang_c(0, 1.0, 1.0) == (1.0, math.inf)
    assert erlang_c(3, 0.0, 1.0) == (0.0, 0.0)
    assert erlang_c(100_000, 1.0, 1.0) == (0.0, 0.0)


def test_erlang_c_many_servers():
    # Halfin and Whitt (1981): with servers = load + beta sqrt(load), P(wait) tends to this.
    load, beta = 99_684.0, 1.0
    limit = 1 / (1 + beta * stats.norm.cdf(beta) / stats.norm.pdf(beta))
    p_wait, mean_wait = erlang_c(100_000, load, 1.0)
    assert p_wait == pytest.approx(limit, rel=0.01)
    assert mean_wait == pytest.approx(p_wait / 316.0, rel=1e-9)


# --- Erlang A -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "p_wait", "queue", "p_abandon"),
    [
        ((2, 3, 1, 0.5), 0.8770582478, 2.3073543806, 0.3845590634),
        ((10, 12, 1, 0.5), 0.8503849479, 4.6957426563, 0.1956559440),
    ],
)
def test_erlang_a_published(case, p_wait, queue, p_abandon):
    found = erlang_a(*case)
    assert found.p_wait == pytest.approx(p_wait, abs=1e-10)
    assert found.mean_queue == pytest.approx(queue, abs=1e-10)
    assert found.p_abandon == pytest.approx(p_abandon, abs=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_erlang_a_is_the_law_of_its_states(case):
    servers, arrival, service, leave = case
    states = state_probabilities(*case)
    n = np.arange(states.size)
    queue = float((states * np.maximum(n - servers, 0)).sum())
    found = erlang_a(*case)
    assert found.p_wait == pytest.approx(float(states[servers:].sum()), rel=1e-10)
    assert found.mean_queue == pytest.approx(queue, rel=1e-10)
    # Little's law, and the two ways out of the queue.
    assert found.mean_wait == pytest.approx(queue / arrival, rel=1e-10)
    assert found.p_abandon == pytest.approx(leave * queue / arrival, rel=1e-10)
    served = service * float((states * np.minimum(n, servers)).sum())
    assert arrival * (1 - found.p_abandon) == pytest.approx(served, rel=1e-10)


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(-3, 3), st.floats(-3, 3), st.floats(-1.5, 4))
def test_erlang_a_is_the_law_of_its_states_at_any_rates(servers, log_load, log_service, log_leave):
    service = 10.0**log_service
    leave = service * 10.0**log_leave
    arrival = servers * service * 10.0**log_load
    # So many states that those left out have less than one in 10**12 of the weight of those that wait.
    most = servers + 100 + int(max(0.0, arrival - servers * service) / leave)
    states = state_probabilities(servers, arrival, service, leave, most + 10 * int(math.sqrt(most)) + 1000)
    queue = float((states * np.maximum(np.arange(states.size) - servers, 0)).sum())
    found = erlang_a(servers, arrival, service, leave)
    assert found.p_wait == pytest.approx(float(states[servers:].sum()), rel=1e-8, abs=1e-290)
    assert found.mean_queue == pytest.approx(queue, rel=1e-8, abs=1e-290)


@settings(deadline=None)
@given(
    st.integers(1, 100_000),
    st.floats(-6, 6),
    st.floats(-3, 3),
    st.floats(-9, 4),
)
@example(1, 3.0, 1.0, 3.0)
def test_erlang_a_holds_at_any_size_and_load(servers, log_load, log_service, log_leave):
    service, leave = 10.0**log_service, 10.0**log_leave
    arrival = servers * service * 10.0**log_load
    found = erlang_a(servers, arrival, service, leave)
    assert 0 <= found.p_wait <= 1
    assert 0 <= found.p_abandon <= 1 + 1e-12
    assert math.isfinite(found.mean_queue)
    assert found.p_abandon == pytest.approx(leave * found.mean_queue / arrival, rel=1e-9)
    # More arrive than leave by themselves or can be served at most.
    assert found.p_abandon >= 1 - servers * service / arrival - 1e-7
    waits = offered_wait_quantiles(servers, arrival, service, leave, [0.0, 0.25, 0.5, 0.9, 0.999])
    assert np.all(np.isfinite(waits))
    assert np.all(np.diff(waits) >= 0)
    assert waits[0] == 0 or found.p_wait == 1


def test_erlang_a_many_servers():
    # Half a million customers an hour: the sum over states is still possible, but only as logarithms.
    case = (100_000, 100_000.0, 1.0, 0.5)
    states = state_probabilities(*case, states=110_000)
    queue = float((states * np.maximum(np.arange(states.size) - 100_000, 0)).sum())
    found = erlang_a(*case)
    assert found.p_wait == pytest.approx(float(states[100_000:].sum()), rel=1e-8)
    assert found.mean_queue == pytest.approx(queue, rel=1e-8)
    # Twice the capacity: the fluid limit.
    flooded = erlang_a(100_000, 200_000.0, 1.0, 0.001)
    assert flooded.p_abandon == pytest.approx(0.5, rel=1e-9)
    assert flooded.p_wait == 1.0


def test_erlang_a_edges():
    assert erlang_a(5, 4, 1, 0).mean_wait == erlang_c(5, 4, 1)[1]
    assert erlang_a(5, 4, 1, 1e-12).p_wait == pytest.approx(erlang_c(5, 4, 1)[0], rel=1e-9)
    never = erlang_a(5, 6, 1, 0)
    assert (never.p_wait, never.mean_queue, never.p_abandon, never.mean_wait) == (1, math.inf, 0, math.inf)
    alone = erlang_a(0, 6, 1, 0.5)
    assert (alone.p_wait, alone.mean_queue, alone.p_abandon, alone.mean_wait) == (1, 12, 1, 2)
    quiet = erlang_a(3, 0, 1, 0.5)
    assert (quiet.p_wait, quiet.mean_queue, quiet.p_abandon, quiet.mean_wait) == (0, 0, 0, 0)
    assert erlang_a(0, 0, 1, 0).mean_queue == 0


# --- the offered wait ---------------------------------------------------------------------------------------


def wait_by_states(case, size, rng):
    """Offered waits drawn from their definition: the state found, then one exponential a step."""
    servers, _, service, leave = case
    states = state_probabilities(*case)
    found = rng.choice(states.size, size=size, p=states)
    waits = np.zeros(size)
    for k in range(int(found.max()) - servers + 1):
        behind = found - servers >= k
        waits[behind] += rng.exponential(1 / (servers * service + k * leave), int(behind.sum()))
    return waits


@pytest.mark.parametrize("case", CASES)
@pytest.mark.no_cover  # others cover the same lines
def test_offered_wait_against_its_definition(case):
    size = 1_000_000
    waits = wait_by_states(case, size, np.random.default_rng(20261122))
    levels = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.999])
    quantiles = offered_wait_quantiles(*case, levels)
    atom = 1 - erlang_a(*case).p_wait
    z = stats.norm.isf(FALSE_ALARM / 2)
    for level, quantile in zip(levels, quantiles, strict=True):
        expected = level if quantile > 0 else atom
        share = float((waits <= quantile).mean())
        assert abs(share - expected) <= z * math.sqrt(expected * (1 - expected) / size) + 1 / size


@pytest.mark.parametrize("case", CASES)
@pytest.mark.no_cover  # others cover the same lines
def test_offered_wait_against_its_transform(case):
    # E exp(-s V) has a closed form by states: a product of servers mu + k theta over the same plus s.
    servers, _, service, leave = case
    states = state_probabilities(*case)
    levels = (np.arange(200_000) + 0.5) / 200_000
    waits = offered_wait_quantiles(*case, levels)
    for s in (0.1, 1.0, 10.0):
        rates = servers * service + leave * np.arange(states.size - servers)
        by_states = states[:servers].sum() + (states[servers:] * np.cumprod(rates / (rates + s))).sum()
        assert np.exp(-s * waits).mean() == pytest.approx(float(by_states), abs=1e-5)


def test_offered_wait_without_abandonment_is_known():
    p_wait, _ = erlang_c(5, 4, 1)
    levels = np.array([0.3, 0.446, 0.5, 0.9, 0.999999])
    exact = np.maximum(0.0, np.log(p_wait / (1 - levels)) / (5 - 4))
    assert offered_wait_quantiles(5, 4, 1, 0, levels) == pytest.approx(exact, rel=1e-10)


def test_offered_wait_in_overload_is_the_fluids():
    # The fluid's wait w solves lambda exp(-theta w) = c mu; around it the law is nearly normal.
    servers, arrival, leave = 100_000, 200_000.0, 0.01
    low, middle, high = offered_wait_quantiles(servers, arrival, 1.0, leave, stats.norm.cdf([-1, 0, 1]))
    assert middle == pytest.approx(math.log(2) / leave, rel=1e-4)
    assert (high - low) / 2 == pytest.approx(1 / math.sqrt(servers * leave), rel=0.01)


def test_offered_wait_edges():
    assert offered_wait_quantiles(2, 3, 1, 0.5, [0, 1]).tolist() == [0, math.inf]
    assert offered_wait_quantiles(2, 3, 1, 0.5, 0.5).shape == ()
    assert offered_wait_quantiles(0, 3, 1, 0.5, [0.5]).tolist() == [math.inf]
    assert offered_wait_quantiles(2, 3, 1, 0, [0.5]).tolist() == [math.inf]
    assert offered_wait_quantiles(2, 0, 1, 0.5, [0.5, 1]).tolist() == [0, 0]
    assert offered_wait_quantiles(2, 3, 1, 0.5, []).shape == (0,)


# --- the fluid ----------------------------------------------------------------------------------------------


def fluid_by_euler(arrivals, reviewers, service, leave, queue, steps):
    """The same by small steps, without any closed form."""
    hours = len(arrivals)
    dt = 1 / steps
    path = []
    for i in range(hours * steps):
        if i % steps == steps // 2:
            path.append(queue)
        capacity = service * reviewers[i // steps]
        queue = max(0.0, queue + dt * (arrivals[i // steps] - capacity - leave * queue))
    waits = []
    for hour in range(hours):
        ahead = path[hour]
        waited = math.inf
        for i in range(hour * steps + steps // 2, hours * steps):
            capacity = service * reviewers[i // steps]
            if ahead <= 0 and capacity > 0:
                waited = i * dt - (hour + 0.5)
                break
            ahead = max(0.0, ahead - dt * (capacity + leave * ahead))
        waits.append(waited)
    return np.array(waits)


@pytest.mark.parametrize("leave", [0.0, 0.02, 0.4])
@pytest.mark.parametrize("start", [0.0, 25.0])
@pytest.mark.no_cover  # others cover the same lines
def test_fluid_against_small_steps(leave, start):
    rng = np.random.default_rng(7)
    arrivals = rng.uniform(0, 30, 36)
    arrivals[20:24] = 0.0
    reviewers = np.tile([0] * 4 + [3] * 5 + [6] * 3, 3).astype(float)
    steps = 1000
    found = fluid_offered_wait(arrivals, reviewers, 4.0, leave, start)
    stepped = fluid_by_euler(arrivals, reviewers, 4.0, leave, start, steps)
    assert np.isinf(found).tolist() == np.isinf(stepped).tolist()
    finite = np.isfinite(found)
    assert finite.any()
    assert np.abs(found[finite] - stepped[finite]).max() < 10 / steps


def test_fluid_by_hand():
    # Ten an hour arrive, nobody works for two hours, then twenty are served an hour.
    waits = fluid_offered_wait([10, 10, 10, 10], [0, 0, 2, 2], 10.0, 0.0)
    assert waits == pytest.approx([1.5 + 5 / 20, 0.5 + 15 / 20, 15 / 20, 5 / 20])
    # Steady overload with impatience: queue (lambda - mu c) / theta, wait log(lambda / mu c) / theta.
    waits = fluid_offered_wait([20.0] * 100, [1] * 100, 10.0, 0.5, initial_queue=20.0)
    assert waits[:90] == pytest.approx([math.log(2) / 0.5] * 90)
    assert np.isinf(waits[-1])


def test_fluid_edges():
    assert fluid_offered_wait([5.0] * 3, [1] * 3, 10.0, 0.1).tolist() == [0, 0, 0]
    assert np.isinf(fluid_offered_wait([5.0] * 3, [0] * 3, 10.0, 0.1)).all()
    # Nobody is ahead, but nobody works either before hour 2.
    assert fluid_offered_wait([0, 0, 0], [0, 0, 1], 1.0, 0.0).tolist() == [1.5, 0.5, 0.0]
    assert fluid_offered_wait([], [], 1.0, 0.0).shape == (0,)


def test_fluid_agrees_with_the_stationary_queue_in_overload():
    servers, arrival, service, leave = 5000, 8000.0, 1.0, 0.5
    waits = fluid_offered_wait([arrival] * 60, [servers] * 60, service, leave)
    middle = float(offered_wait_quantiles(servers, arrival, service, leave, 0.5))
    assert waits[40] == pytest.approx(middle, rel=1e-3)


# --- reviewers of a scaled population -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("real", "people", "represents", "expected"),
    [
        (500, 200_000, 100_000_000, (1, 1.0)),
        (30, 1, 10, (3, 1.0)),
        (100, 200_000, 100_000_000, (1, 0.2)),
        (501, 200_000, 100_000_000, (2, 0.501)),
        (0, 10, 100, (0, 1.0)),
        (7, 100, 100, (7, 1.0)),
    ],
)
def test_scaled_reviewers(real, people, represents, expected):
    assert scaled_reviewers(real, people, represents) == pytest.approx(expected)


@given(st.integers(1, 10**6), st.integers(1, 10**9), st.integers(1, 10**10))
def test_scaled_reviewers_keep_the_capacity(real, people, represents):
    servers, speed = scaled_reviewers(real, people, represents)
    assert servers >= 1
    assert 0 < speed <= 1
    assert servers * speed == pytest.approx(real * people / represents, rel=1e-12)
    assert (servers - 1) * represents < real * people


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: erlang_c(-1, 1, 1), "servers must not be negative"),
        (lambda: erlang_c(1.5, 1, 1), "servers must be a whole number"),
        (lambda: erlang_c(1, -1, 1), "arrival_rate must be"),
        (lambda: erlang_c(1, 1, 0), "service_rate must be finite and positive"),
        (lambda: erlang_a(1, 1, 1, math.inf), "abandonment_rate must be finite"),
        (lambda: erlang_a(1, math.nan, 1, 1), "arrival_rate must be finite"),
        (lambda: offered_wait_quantiles(1, 1, 1, 1, [1.1]), "levels must lie"),
        (lambda: offered_wait_quantiles(1, 1, 1, 1, [math.nan]), "levels must lie"),
        (lambda: fluid_offered_wait([1, 2], [1], 1, 1), "one length"),
        (lambda: fluid_offered_wait([1], [-1], 1, 1), "reviewers must be"),
        (lambda: fluid_offered_wait([math.nan], [1], 1, 1), "arrivals must be"),
        (lambda: fluid_offered_wait([1], [1], 1, 1, -1), "initial_queue must be"),
        (lambda: scaled_reviewers(1, 0, 5), "must be positive"),
        (lambda: scaled_reviewers(1, 5, 0.5), "must be whole numbers"),
    ],
)
def test_arguments_out_of_range_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
