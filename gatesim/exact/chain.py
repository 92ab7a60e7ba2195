"""The absorbing chain of one account: expected time in each state and place, in closed form.

While an account is `fresh`, each body moves between home and trips, and each need takes the account out of
`fresh` with a probability that depends on the place it comes from. So the account's history is a Markov
chain in continuous time on (places of all bodies) x (state), whose states other than `fresh` are absorbing
within an epoch. The place processes are reversible (a star: home in the middle), so the generator of the
fresh part is symmetric after a scaling by the square roots of the stationary law, and is diagonalised
stably; the bodies move independently, so the eigenvectors of the joint process are Kronecker products of
those of single bodies. Times in the absorbing states are integrals of exponentials: divided differences of
exp (McCurdy, Ng and Parlett, "Accurate computation of divided differences of the exponential function",
Math. Comp. 43, 1984).

All arrays have a first axis for the accounts of a batch, which differ in their rates and probabilities, not
in how many bodies and places they have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.tables import ALLOWED, BLOCKED, CHECK_FAILED, CLEARED, FRESH, STATES

Floats = NDArray[np.float64]

TARGETS = (ALLOWED, BLOCKED, CLEARED, CHECK_FAILED)
"""States that a need can put a fresh account into; the order of the columns of `Moving.leaves`."""

_BLOCK = 64
"""Length of the short rows in `sums_of_exponentials`."""

_TERMS = 20
"""Terms of the series of the second divided difference on [-1, 0]: the first one left out is below 1e-20."""


def first_difference(x: Floats, y: Floats) -> Floats:
    """Divided difference of exp at two points: (exp(x) - exp(y)) / (x - y), without cancellation."""
    gap = np.abs(x - y)
    safe = np.where(gap == 0, 1.0, gap)
    return np.exp(np.maximum(x, y)) * np.where(gap == 0, 1.0, -np.expm1(-safe) / safe)


def second_difference(x: Floats, y: Floats) -> Floats:
    """Divided difference of exp at 0, x and y (both at most 0, up to rounding), without cancellation."""
    high, low = np.maximum(x, y), np.minimum(x, y)
    near = low > -1.0
    # Where the points lie close together, the series sum_k h_k(x, y) / (k + 2)!, with h_k the complete
    # homogeneous symmetric polynomial; elsewhere the recursion, whose two terms differ enough.
    a, b = np.where(near, high, 0.0), np.where(near, low, 0.0)
    h = np.ones_like(a)
    power = np.ones_like(a)
    factor = 0.5
    series = factor * h
    for k in range(1, _TERMS):
        power = power * b
        h = a * h + power
        factor /= k + 2
        series = series + factor * h
    far = np.where(near, -1.0, low)
    recursion = (first_difference(np.zeros_like(high), high) - first_difference(high, low)) / -far
    return np.where(near, series, recursion)


@dataclass(frozen=True)
class Moving:
    """How a body of each account of a batch moves.

    Attributes
    ----------
    stationary
        float64[account, place]: the stationary law, all positive. Place 0 is home, the others are kinds of
        trips.
    starts_per_day, ends_per_day
        Rates at which a trip begins while at home, and ends: float64[account], or one for all.
    """

    stationary: Floats
    starts_per_day: Floats | float
    ends_per_day: Floats | float

    def symmetric(self) -> Floats:
        """The generator, made symmetric by the roots of the stationary law: [account, place, place]."""
        accounts, n = self.stationary.shape
        matrix = np.zeros((accounts, n, n))
        if n > 1:
            starts, ends = np.asarray(self.starts_per_day), np.asarray(self.ends_per_day)
            kinds = self.stationary[:, 1:] / self.stationary[:, 1:].sum(axis=1, keepdims=True)
            matrix[:, range(n), range(n)] = -ends[..., None]
            matrix[:, 0, 0] = -starts
            matrix[:, 0, 1:] = matrix[:, 1:, 0] = np.sqrt((starts * ends)[..., None] * kinds)
        return matrix


@dataclass(frozen=True)
class FreshPart:
    """The fresh accounts of a batch through one epoch: a sum of exponentials.

    Attributes
    ----------
    values
        float64[account, mode]: rates, none positive.
    modes
        float64[account, joint place, mode]: the probability of being fresh and there at time t is the sum
        over the modes of mode * exp(value t).
    to_target
        float64[account, joint place, target]: rates into each of `TARGETS`.
    """

    values: Floats
    modes: Floats
    to_target: Floats


class AccountChains:
    """The chains of a batch of accounts with one or several bodies each.

    Parameters
    ----------
    bodies
        How each of the bodies moves.
    """

    def __init__(self, bodies: Sequence[Moving]) -> None:
        self._generators = [body.symmetric() for body in bodies]
        self._roots = [np.sqrt(body.stationary) for body in bodies]
        self._free = [np.linalg.eigh(generator) for generator in self._generators]
        self._shape = tuple(root.shape[1] for root in self._roots)
        self._root = reduce(outer_product, self._roots)
        self.stationary: Floats = self._root**2
        """Joint stationary law of the places of all bodies: [account, joint place] (flat, C order)."""
        self._joint_free: tuple[Floats, Floats] | None = None

    def fresh(self, leaves: Sequence[Floats], cleared: Floats | None) -> FreshPart:
        """Solve the fresh part of an epoch.

        Parameters
        ----------
        leaves
            For each body float64[account, place, target]: rates a day at which its needs put a fresh
            account into each of `TARGETS`.
        cleared
            float64[account, joint place]: probabilities of being there and `cleared` at the epoch's start;
            the rest is fresh. None: nobody is cleared.
        """
        begin = self.stationary if cleared is None else self.stationary - cleared
        pairs = []
        for generator, leave in zip(self._generators, leaves, strict=True):
            leaving = np.zeros_like(generator)
            places = range(generator.shape[1])
            leaving[:, places, places] = leave.sum(axis=2)
            pairs.append(np.linalg.eigh(generator - leaving))
        # Rounding can leave an eigenvalue that is 0 a little above it.
        values = np.minimum(reduce(outer_sum, [value for value, _ in pairs]), 0.0)
        vectors = reduce(kronecker, [vector for _, vector in pairs])
        weights = np.einsum("zxi,zx->zi", vectors, begin / self._root)
        modes = self._root[:, :, None] * vectors * weights[:, None, :]
        return FreshPart(values, modes, reduce(outer_sum_of_rates, leaves))

    def fresh_modes(self, part: FreshPart, body: int | None) -> Floats:
        """Modes of the fresh part by the place of one body: [account, place, mode]; None: one that never moves."""
        return part.modes.sum(axis=1, keepdims=True) if body is None else self._own(part.modes, body)

    def times(self, part: FreshPart, cleared: Floats | None, edges: Floats) -> list[Floats]:
        """Expected time in each state and place between instants of an epoch.

        Parameters
        ----------
        part, cleared
            The fresh part, and who is cleared at the epoch's start.
        edges
            Instants in days since the epoch's start, ascending from 0.

        Returns
        -------
        list
            For each body float64[account, state, place, interval]: days.
        """
        steps = equal_steps(edges)
        grown = np.exp(part.values[:, :, None] * edges[:-1])
        found = []
        for b, root in enumerate(self._roots):
            times = np.zeros((len(root), len(STATES), root.shape[1], len(edges) - 1))
            own = self._own(part.modes, b)
            for length, members in steps:
                rise = integral(part.values, length)
                times[:, FRESH][:, :, members] = own @ (grown[:, :, members] * rise[:, :, None])
            self._absorbed(times, b, part, grown, cleared, steps)
            found.append(np.maximum(times, 0.0))
        return found

    def cleared_after(self, part: FreshPart, cleared: Floats | None, days: float) -> Floats | None:
        """Joint probabilities of places and `cleared` at an epoch's end; None where nobody can be cleared."""
        rates = part.to_target[:, :, TARGETS.index(CLEARED)]
        left = None if cleared is None else self.still(cleared, days)
        if not rates.any():
            return left
        own, vectors = self._free_modes()
        kernel = days * first_difference(*all_pairs(part.values * days, own * days))
        flow = np.swapaxes(vectors, 1, 2) @ (rates[:, :, None] * part.modes / self._root[:, :, None])
        found: Floats = self._root * np.einsum("zxj,zj->zx", vectors, (flow * kernel).sum(axis=2))
        return found if left is None else found + left

    def still(self, cleared: Floats, days: float) -> Floats:
        """Where the cleared are after a time in which nobody changes state: [account, joint place]."""
        values, vectors = self._free_modes()
        now = np.einsum("zxi,zx->zi", vectors, cleared / self._root)
        moved: Floats = self._root * np.einsum("zxi,zi->zx", vectors, np.exp(values * days) * now)
        return moved

    def _own(self, joint: Floats, body: int) -> Floats:
        """Sum a joint array (second axis: places of all bodies) over the places of the other bodies."""
        spread = joint.reshape(len(joint), *self._shape, *joint.shape[2:])
        others = tuple(1 + b for b in range(len(self._shape)) if b != body)
        return spread.sum(axis=others) if others else spread

    def _free_modes(self) -> tuple[Floats, Floats]:
        """Eigenvalues and eigenvectors of the joint movement of all bodies."""
        if self._joint_free is None:
            values = reduce(outer_sum, [value for value, _ in self._free])
            self._joint_free = (
                np.minimum(values, 0.0),
                reduce(kronecker, [vector for _, vector in self._free]),
            )
        return self._joint_free

    def _absorbed(
        self,
        times: Floats,
        body: int,
        part: FreshPart,
        grown: Floats,
        cleared: Floats | None,
        steps: Sequence[tuple[float, NDArray[np.int_]]],
    ) -> None:
        """Fill in the times of one body in the states other than fresh.

        In the eigenbasis of the body's movement, a state's coordinates fade at the rates of that basis and
        are fed by the modes of the fresh part. Both integrals over an interval depend on its length only,
        and there are few different lengths.
        """
        free_values, vectors = self._free[body]
        own = np.minimum(free_values, 0.0)
        root = self._roots[body]
        count = times.shape[3]
        for column, state in enumerate(TARGETS):
            rates = part.to_target[:, :, column]
            entered = bool(rates.any())
            begins = state == CLEARED and cleared is not None
            if not entered and not begins:
                continue
            fed, spent = np.zeros((*root.shape, count)), np.zeros((*root.shape, count))
            fades, stays = [fed] * count, [fed] * count
            flow = np.swapaxes(vectors, 1, 2) @ (
                self._own(rates[:, :, None] * part.modes, body) / root[:, :, None]
            )
            for length, members in steps:
                fade, stay = np.exp(own * length), integral(own, length)
                for k in members:
                    fades[k], stays[k] = fade, stay
                if entered:
                    x, y = all_pairs(part.values * length, own * length)
                    feeding = grown[:, :, members]
                    fed[:, :, members] = (flow * length * first_difference(x, y)) @ feeding
                    spent[:, :, members] = (flow * length**2 * second_difference(x, y)) @ feeding
            now = np.zeros(root.shape)
            if begins and cleared is not None:
                now = np.einsum("zxj,zx->zj", vectors, self._own(cleared, body) / root)
            for k, (fade, stay) in enumerate(zip(fades, stays, strict=True)):
                spent[:, :, k] += now * stay
                now = now * fade + fed[:, :, k]
            times[:, state] = root[:, :, None] * (vectors @ spent)


def equal_steps(edges: Floats) -> list[tuple[float, NDArray[np.int_]]]:
    """The different lengths of the intervals between instants, each with the numbers of its intervals."""
    lengths = np.diff(edges)
    _, first, which = np.unique(np.round(lengths, 12), return_index=True, return_inverse=True)
    return [(float(lengths[f]), np.flatnonzero(which.ravel() == k)) for k, f in enumerate(first)]


def integral(values: Floats, length: float) -> Floats:
    """Integrals of exp(value t) over [0, length]."""
    return length * first_difference(values * length, np.zeros_like(values))


def sums_of_exponentials(values: Floats, weights: Floats, times: Floats) -> Floats:
    """For each time the sum of weight * exp(value * time).

    For a long row of equally spaced times, exp(value * (long step + short step)) is a product, and the sum
    a product of two small matrices.
    """
    if len(times) <= _BLOCK or not np.allclose(np.diff(times), times[1] - times[0], rtol=1e-9, atol=0.0):
        direct: Floats = weights @ np.exp(np.multiply.outer(values, times))
        return direct
    # Accounts whose needs come at one pace have one value.
    distinct, which = np.unique(values, return_inverse=True)
    total = np.bincount(which.ravel(), weights, len(distinct))
    short = times[:_BLOCK] - times[0]
    long = times[::_BLOCK]
    coarse = total[:, None] * np.exp(np.multiply.outer(distinct, long))
    # Not by `@`: its library would wake threads that, after a millisecond of work, look out for more for long.
    products: Floats = np.einsum("vl,vs->ls", coarse, np.exp(np.multiply.outer(distinct, short)))
    found: Floats = products.ravel()[: len(times)]
    return found


def all_pairs(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """All pairs of two vectors, account by account: arrays [account, y, x]."""
    shape = (len(x), y.shape[1], x.shape[1])
    return np.broadcast_to(x[:, None, :], shape), np.broadcast_to(y[:, :, None], shape)


def outer_product(a: Floats, b: Floats) -> Floats:
    """Products of two vectors, account by account: [account, joint]."""
    return (a[:, :, None] * b[:, None, :]).reshape(len(a), -1)


def outer_sum(a: Floats, b: Floats) -> Floats:
    """Sums of two vectors, account by account: eigenvalues of a Kronecker sum."""
    return (a[:, :, None] + b[:, None, :]).reshape(len(a), -1)


def outer_sum_of_rates(a: Floats, b: Floats) -> Floats:
    """For each joint place the sum of both rates into each target: [account, joint place, target]."""
    return (a[:, :, None, :] + b[:, None, :, :]).reshape(len(a), -1, a.shape[-1])


def kronecker(a: Floats, b: Floats) -> Floats:
    """Kronecker products of two matrices, account by account."""
    joint = a[:, :, None, :, None] * b[:, None, :, None, :]
    return joint.reshape(len(a), a.shape[1] * b.shape[1], a.shape[2] * b.shape[2])
