"""Closed forms of the desk: Erlang C, Erlang A, and a fluid queue.

Customers are document checks that wait for a reviewer: Poisson arrivals, exponential service, first come
first served, and exponential patience that runs while a customer waits, not during service. Rates are per
unit of time, any unit as long as it is the same everywhere; times come out in that unit.

Everything about waiting in Erlang A rests on the wait *offered* to a customer of endless patience. Where it
is positive, its density is proportional to (Zeltyn and Mandelbaum, "Call centers with impatient customers",
Queueing Systems 51, 2005, section 4; Baccelli and Hebuterne 1981)::

    exp(h(x)),   h(x) = lambda * integral_0^x exp(-theta u) du - servers * mu * x

h is concave, so the density has one peak and falls off at least geometrically on both sides. It is integrated
around the peak relative to its height, so neither the number of servers nor the load can overflow anything.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ErlangA",
    "erlang_a",
    "erlang_c",
    "fluid_offered_wait",
    "offered_wait_quantiles",
    "scaled_reviewers",
]

Floats = NDArray[np.float64]

# The integrand is cut where it has fallen to exp(-50) of its peak. On either side of the peak, panels of 16
# Gauss-Legendre nodes grow with the fourth power of their number: where patience is far shorter than a review, density
# and expected wait turn, close to the peak, on a scale far below that of the density's decline.
_DEPTH = 50.0
_PANELS = 40
_GRADED: NDArray[np.float64] = np.linspace(0.0, 1.0, _PANELS + 1) ** 4
_NODES, _WEIGHTS = (np.asarray(part, dtype=np.float64) for part in np.polynomial.legendre.leggauss(16))


@dataclass(frozen=True, slots=True)
class ErlangA:
    """Stationary figures of M/M/c+M.

    Attributes
    ----------
    p_wait
        Probability that an arrival finds all servers busy.
    mean_queue
        Mean number waiting (not in service).
    p_abandon
        Share of all customers who leave unserved: abandonment rate x mean queue / arrival rate.
    mean_wait
        Mean time in the queue of all customers, those who leave included: mean queue / arrival rate.
    """

    p_wait: float
    mean_queue: float
    p_abandon: float
    mean_wait: float


def _checked_servers(servers: SupportsIndex) -> int:
    try:
        number = operator.index(servers)
    except TypeError:
        raise ValueError(f"servers must be a whole number, not {servers!r}") from None
    if number < 0:
        raise ValueError(f"servers must not be negative, but is {number}")
    return number


def _check_rate(name: str, rate: float, *, positive: bool = False) -> None:
    if not math.isfinite(rate) or rate < 0 or (positive and rate == 0):
        wanted = "positive" if positive else "at least 0"
        raise ValueError(f"{name} must be finite and {wanted}, but is {rate}")


def _log_inverse_erlang_b(servers: int, arrival_rate: float, service_rate: float) -> float:
    """log(1 / B), B of Erlang's loss formula.

    1/B = sum over k = 0..servers of servers! / (servers - k)! / load^k, load = arrival rate / service rate,
    added up as logarithms.
    """
    log_load = math.log(arrival_rate) - math.log(service_rate)
    steps = np.log(np.arange(servers, 0, -1, dtype=np.float64)) - log_load
    terms = np.concatenate(([0.0], np.cumsum(steps)))
    top = float(terms.max())
    return top + math.log(float(np.exp(terms - top).sum()))


def erlang_c(servers: SupportsIndex, arrival_rate: float, service_rate: float) -> tuple[float, float]:
    """Waiting in M/M/c, where nobody leaves (Erlang 1917).

    Parameters
    ----------
    servers
        Whole number, at least 0.
    arrival_rate, service_rate
        Arrivals, and services of one server, per unit of time; the service rate is positive.

    Returns
    -------
    p_wait : float
        Probability that an arrival has to wait.
    mean_wait : float
        Mean wait of all arrivals, in units of time. Without a stationary law (arrivals at or above capacity):
        ``(1.0, inf)``; without arrivals: ``(0.0, 0.0)`` if there are servers.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    count = _checked_servers(servers)
    _check_rate("arrival_rate", arrival_rate)
    _check_rate("service_rate", service_rate, positive=True)
    capacity = count * service_rate
    if arrival_rate >= capacity:
        return 1.0, math.inf
    if arrival_rate == 0:
        return 0.0, 0.0
    use = arrival_rate / capacity
    blocked = math.exp(-_log_inverse_erlang_b(count, arrival_rate, service_rate))
    p_wait = blocked / ((1.0 - use) + use * blocked)
    return p_wait, p_wait / (capacity - arrival_rate)


class _OfferedWait:
    """The positive part of the offered wait in M/M/c+M, ready for integration.

    Needs servers > 0, arrival_rate > 0, and a stationary law (impatience, or capacity above arrivals). Times
    in `edges` and `points` count from the peak: there h is a difference of small numbers even where, as in
    heavy overload with patient customers, the peak is very far out and very narrow.
    """

    def __init__(
        self, servers: int, arrival_rate: float, service_rate: float, abandonment_rate: float
    ) -> None:
        self.capacity = servers * service_rate
        self.abandonment_rate = abandonment_rate
        # exp(-theta * peak) * lambda is the flow of customers patient enough to stay until the peak.
        self.staying = min(arrival_rate, self.capacity)
        self.peak, height = 0.0, 0.0
        if arrival_rate > self.capacity:
            self.peak = math.log(arrival_rate / self.capacity) / abandonment_rate
            height = (arrival_rate - self.capacity) / abandonment_rate - self.capacity * self.peak
        low = -self.peak if self._depth(-self.peak) < _DEPTH else self._where_cut(0.0, -self.peak)
        step = 1.0 / self.capacity
        while self._depth(step) < _DEPTH:
            step *= 2.0
        high = self._where_cut(0.0, step)
        before = low * _GRADED[:0:-1] if low < 0 else np.zeros(0)
        self.edges: Floats = np.concatenate((before, high * _GRADED))
        half = np.diff(self.edges)[:, None] / 2
        self.points: Floats = self.edges[:-1, None] + half * (1.0 + _NODES)
        self.masses: Floats = half * _WEIGHTS * self._density(self.points)
        self.total = float(self.masses.sum())
        # P(wait) = lambda J / (1 / B(servers - 1) + lambda J), J the integral of exp(h): by log odds, because
        # either term may be far beyond the range of a float.
        log_odds = math.log(arrival_rate) + math.log(self.total) + height
        log_odds -= _log_inverse_erlang_b(servers - 1, arrival_rate, service_rate)
        small = math.exp(-abs(log_odds))
        self.p_wait = (1.0 if log_odds > 0 else small) / (1.0 + small)

    def _depth(self, time: float) -> float:
        """How far h lies below its peak, `time` after it."""
        return self.capacity * time - self.staying * _weight(self.abandonment_rate, time)

    def _density(self, times: Floats) -> Floats:
        """exp(-depth), for many times at once."""
        stay = times
        if self.abandonment_rate > 0:
            stay = -np.expm1(-self.abandonment_rate * times) / self.abandonment_rate
        density: Floats = np.exp(self.staying * stay - self.capacity * times)
        return density

    def _where_cut(self, inside: float, outside: float) -> float:
        """Where the density falls below the cut, between a point above it and one below (by bisection)."""
        for _ in range(40):
            middle = (inside + outside) / 2
            if self._depth(middle) < _DEPTH:
                inside = middle
            else:
                outside = middle
        return outside

    def mean_wait(self) -> float:
        """Mean time in the queue of all customers: of the lesser of offered wait and patience."""
        waits = self.peak + self.points
        if self.abandonment_rate > 0:
            waits = -np.expm1(-self.abandonment_rate * waits) / self.abandonment_rate
        return self.p_wait * float((self.masses * waits).sum()) / self.total

    def quantile(self, share: Floats) -> Floats:
        """Quantiles of the positive part: `share` of shape (n,), in (0, 1)."""
        panel_mass = self.masses.sum(axis=1)
        reached = np.concatenate(([0.0], np.cumsum(panel_mass)))
        wanted = share * reached[-1]
        panel = np.clip(np.searchsorted(reached, wanted, side="right") - 1, 0, len(panel_mass) - 1)
        missing = wanted - reached[panel]
        start = self.edges[panel]
        low, high = start, self.edges[panel + 1]
        time = low + (high - low) * np.clip(missing / panel_mass[panel], 0.0, 1.0)
        # Newton's steps on the integral from the panel's edge, halved into the bracket where they leave it.
        for _ in range(50):
            half = (time - start) / 2
            mass = half * (self._density(start[:, None] + half[:, None] * (1.0 + _NODES)) @ _WEIGHTS)
            above = mass > missing
            low, high = np.where(above, low, time), np.where(above, time, high)
            better = time - (mass - missing) / self._density(time)
            better = np.where((better >= low) & (better <= high), better, (low + high) / 2)
            settled = np.abs(better - time) <= 1e-13 * (self.edges[-1] - self.edges[0])
            time = better
            if bool(settled.all()):
                break
        quantiles: Floats = np.maximum(self.peak + time, 0.0)
        return quantiles


def erlang_a(
    servers: SupportsIndex, arrival_rate: float, service_rate: float, abandonment_rate: float
) -> ErlangA:
    """Waiting and leaving in M/M/c+M (Palm 1957; in the form of Zeltyn and Mandelbaum 2005).

    Parameters
    ----------
    servers
        Whole number, at least 0.
    arrival_rate, service_rate, abandonment_rate
        Arrivals, services of one server, and departures of one waiting customer, per unit of time. The
        service rate is positive. An abandonment rate of 0 gives Erlang C.

    Returns
    -------
    ErlangA
        Probabilities, the mean number in the queue and the mean wait in units of time. Without a stationary
        law (nobody leaves, arrivals at or above capacity) queue and wait are infinite and ``p_abandon`` is 0.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    count = _checked_servers(servers)
    _check_rate("arrival_rate", arrival_rate)
    _check_rate("service_rate", service_rate, positive=True)
    _check_rate("abandonment_rate", abandonment_rate)
    if abandonment_rate == 0:
        p_wait, mean_wait = erlang_c(count, arrival_rate, service_rate)
        queue = 0.0 if arrival_rate == 0 else arrival_rate * mean_wait
        return ErlangA(p_wait, queue, 0.0, mean_wait)
    if count == 0:
        return ErlangA(1.0, arrival_rate / abandonment_rate, 1.0, 1.0 / abandonment_rate)
    if arrival_rate == 0:
        return ErlangA(0.0, 0.0, 0.0, 0.0)
    offered = _OfferedWait(count, arrival_rate, service_rate, abandonment_rate)
    mean_wait = offered.mean_wait()
    return ErlangA(offered.p_wait, arrival_rate * mean_wait, abandonment_rate * mean_wait, mean_wait)


def offered_wait_quantiles(
    servers: SupportsIndex,
    arrival_rate: float,
    service_rate: float,
    abandonment_rate: float,
    levels: ArrayLike,
) -> Floats:
    """Quantiles of the wait offered to a customer of endless patience in stationary M/M/c+M.

    An arrival compares it with its own patience: it is served after this wait, or leaves before.

    Parameters
    ----------
    servers, arrival_rate, service_rate, abandonment_rate
        As in `erlang_a`.
    levels
        Probabilities in [0, 1], shape (n,) or a single number.

    Returns
    -------
    numpy.ndarray
        Same shape as `levels`, in units of time. 0 up to the level 1 - P(wait); infinite at level 1, without
        servers, and where there is no stationary law.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    count = _checked_servers(servers)
    _check_rate("arrival_rate", arrival_rate)
    _check_rate("service_rate", service_rate, positive=True)
    _check_rate("abandonment_rate", abandonment_rate)
    asked = np.asarray(levels, dtype=np.float64)
    if not bool(np.all((asked >= 0) & (asked <= 1))):
        raise ValueError("levels must lie in [0, 1]")
    if count == 0 or (abandonment_rate == 0 and arrival_rate >= count * service_rate):
        return np.full(asked.shape, math.inf)
    waits = np.zeros(asked.shape)
    if arrival_rate > 0:
        offered = _OfferedWait(count, arrival_rate, service_rate, abandonment_rate)
        waits[asked == 1.0] = math.inf
        # Counted from the top, 1 - level <= P(wait), so that a P(wait) near 0 or 1 loses no digits.
        inside = (1.0 - asked < offered.p_wait) & (asked < 1.0)
        if bool(inside.any()):
            waits[inside] = offered.quantile(1.0 - (1.0 - asked[inside]) / offered.p_wait)
    return waits


def _drained(ahead: Floats, capacity: float, abandonment_rate: float) -> Floats:
    """Hours until fluid `ahead` (shape (n,)) is gone, served at `capacity` an hour and leaving by itself."""
    if capacity == 0:
        return np.where(ahead > 0, math.inf, 0.0)
    if abandonment_rate == 0:
        plain: Floats = ahead / capacity
        return plain
    hours: Floats = np.log1p(abandonment_rate * ahead / capacity) / abandonment_rate
    return hours


def _weight(abandonment_rate: float, hours: float) -> float:
    """Integral of exp(-abandonment_rate * t) over the first `hours`."""
    if abandonment_rate == 0:
        return hours
    return -math.expm1(-abandonment_rate * hours) / abandonment_rate


def fluid_offered_wait(
    arrivals: ArrayLike,
    reviewers: ArrayLike,
    service_rate: float,
    abandonment_rate: float,
    initial_queue: float = 0.0,
) -> Floats:
    """Wait offered by a fluid queue whose arrivals and reviewers change every hour.

    The queue follows dQ/dt = lambda(t) - mu c(t) [Q > 0] - theta Q (Whitt, "Fluid models for multiserver
    queues with abandonments", Operations Research 54, 2006, with exponential patience); within an hour both
    it and the fluid ahead of an arrival have closed forms.

    Parameters
    ----------
    arrivals
        Arrivals per hour, shape (hours,).
    reviewers
        Reviewers at work in that hour, shape (hours,); fractions are allowed.
    service_rate, abandonment_rate
        Services of one reviewer, and departures of one waiting customer, per hour.
    initial_queue
        Customers waiting at the start.

    Returns
    -------
    numpy.ndarray
        Shape (hours,): the hours a patient customer who arrives in the middle of each hour waits, until those
        ahead have been served or have left *and* a reviewer is at work; infinite if that does not happen
        within the horizon.

    Raises
    ------
    ValueError
        If the vectors differ in length, or anything is negative or not finite.
    """
    flow = np.asarray(arrivals, dtype=np.float64)
    staff = np.asarray(reviewers, dtype=np.float64)
    if flow.ndim != 1 or flow.shape != staff.shape:
        raise ValueError(f"arrivals and reviewers must be vectors of one length: {flow.shape}, {staff.shape}")
    for name, values in (("arrivals", flow), ("reviewers", staff)):
        if not bool(np.all(np.isfinite(values) & (values >= 0))):
            raise ValueError(f"{name} must be finite and at least 0")
    _check_rate("service_rate", service_rate, positive=True)
    _check_rate("abandonment_rate", abandonment_rate)
    _check_rate("initial_queue", initial_queue)

    waits = np.full(flow.shape, math.inf)
    queue = initial_queue
    # Customers still waiting at the start of the hour: which hour they came in, and the fluid ahead of them.
    came = np.zeros(0, dtype=np.int64)
    ahead = np.zeros(0)
    for hour in range(flow.size):
        capacity = float(staff[hour]) * service_rate
        half = _fluid_after(queue, float(flow[hour]), capacity, abandonment_rate, 0.5)
        queue = _fluid_after(queue, float(flow[hour]), capacity, abandonment_rate, 1.0)
        if capacity > 0 and len(ahead):
            # In order of arrival nobody is overtaken, but all of them are looked at: the vectors are short.
            needed = _drained(ahead, capacity, abandonment_rate)
            done = needed <= 1.0
            waits[came[done]] = hour + needed[done] - (came[done] + 0.5)
            came, ahead = came[~done], ahead[~done]
        if len(ahead):
            ahead = _ahead_after(ahead, capacity, abandonment_rate, 1.0)
        if half == 0 and capacity > 0:
            waits[hour] = 0.0
            continue
        own = np.array([half])
        needed = _drained(own, capacity, abandonment_rate)
        if capacity > 0 and needed[0] <= 0.5:
            waits[hour] = needed[0]
        else:
            came = np.append(came, hour)
            ahead = np.append(ahead, _ahead_after(own, capacity, abandonment_rate, 0.5))
    return waits


def _fluid_after(
    queue: float, arrival_rate: float, capacity: float, abandonment_rate: float, hours: float
) -> float:
    """The queue after `hours` of constant rates; an empty queue stays empty while capacity suffices."""
    later = queue * math.exp(-abandonment_rate * hours) + (arrival_rate - capacity) * _weight(
        abandonment_rate, hours
    )
    # With constant rates the free solution is monotone towards its limit: once below zero it would never come
    # back, so the real queue is zero from that moment on.
    return max(later, 0.0)


def _ahead_after(ahead: Floats, capacity: float, abandonment_rate: float, hours: float) -> Floats:
    """What is left of the fluid `ahead` (shape (n,)) after `hours` without arrivals, at least 0."""
    left: Floats = np.maximum(
        ahead * math.exp(-abandonment_rate * hours) - capacity * _weight(abandonment_rate, hours), 0.0
    )
    return left


def scaled_reviewers(
    real: SupportsIndex, people: SupportsIndex, represents: SupportsIndex
) -> tuple[int, float]:
    """Reviewers for a simulated population that stands for a larger one.

    Parameters
    ----------
    real
        Reviewers in reality, c.
    people, represents
        Simulated people, N, and the accounts they stand for.

    Returns
    -------
    servers : int
        c N / represents, rounded up.
    speed : float
        Speed of each, such that servers * speed = c N / represents. No real reviewers: ``(0, 1.0)``.

    Raises
    ------
    ValueError
        If a number is no whole number, `real` is negative, or another is not positive.
    """
    count = _checked_servers(real)
    try:
        simulated, total = operator.index(people), operator.index(represents)
    except TypeError:
        raise ValueError("people and represents must be whole numbers") from None
    if simulated <= 0 or total <= 0:
        raise ValueError(f"people and represents must be positive, but are {simulated} and {total}")
    if count == 0:
        return 0, 1.0
    # In whole numbers: 0.1 * 30 reviewers must be 3 and not, by rounding, 4.
    servers = -(-count * simulated // total)
    return servers, count * simulated / (total * servers)
