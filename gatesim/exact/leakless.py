"""The probability that an account, or a person, leaks nothing in all the time that the orders are in force.

The chain of `gatesim.exact.lasting` with leaks that end it: from a place and a state, needs leak at a rate, and
the account survives while none does. With v(t) the probabilities, by place and state, to survive from t on, the
backward equation is

    dv/dt = -(Q - diag(leaks) - diag(leaves)) v_fresh - sum over the states left for of rate * v_state

and the same without the sum in the states that last. Both are symmetric after a scaling by the roots of the
stationary law, and each body's part is diagonalised by itself (see `gatesim.exact.chain`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.cases import Batch
from gatesim.exact.chain import (
    TARGETS,
    all_pairs,
    first_difference,
    kronecker,
    outer_product,
    outer_sum,
    outer_sum_of_rates,
)
from gatesim.exact.expected import CannotDo
from gatesim.exact.lasting import Lasting
from gatesim.exact.memoryless import OPEN
from gatesim.exact.states import refuse_other_durations
from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK, CHECK_FAILED, CLEARED, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.makers import makers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Whose = Literal["account", "person"]


def leak_probabilities(
    scenario: Scenario,
    law: Law,
    gate: Sequence[Tables],
    whose: Whose = "account",
    policy: str = "",
    models: Collection[str] | None = None,
) -> Floats:
    """The probability of at least one leak in all the time in force.

    Parameters
    ----------
    scenario, law, gate
        The world, its law, and the gate's tables for each epoch.
    whose
        Of an account, whoever on it makes the leak, or of one person.
    policy
        Name of the policy, for messages.
    models
        Names of the models whose leaks count; None: all.

    Returns
    -------
    ndarray
        For an account: float64[owner segment]. For a person: float64[maker] (see `gatesim.world.makers`), given
        that the account has this person.

    Raises
    ------
    CannotDo
        If a state of the policy lasts neither no time nor at least the rest of the window, or there are too many
        classes of accounts.
    """
    refuse_other_durations(scenario, law, gate, policy)
    counts = np.array([models is None or name in models for name in scenario.models])
    chains = _Leakless(scenario, law, gate, counts)
    shares = [segment.share for segment in scenario.segments.values()]
    if whose == "account":
        return np.array([chains.leaks(owner) if share > 0 else 0.0 for owner, share in enumerate(shares)])
    found = [
        chains.leaks(maker.owner, maker.body) / maker.present
        if shares[maker.owner] > 0 and maker.present > 0
        else 0.0
        for maker in makers(scenario)
    ]
    return np.array(found)


def no_leak_at_all(
    scenario: Scenario,
    law: Law,
    gate: Sequence[Tables],
    policy: str = "",
    models: Collection[str] | None = None,
) -> float:
    """The probability that none of all represented accounts leaks.

    Parameters
    ----------
    scenario, law, gate, policy, models
        As in `leak_probabilities`.

    Returns
    -------
    float
        The product over segments of (1 - p)^n, for p the probability that an account leaks and n = represents
        times the segment's share: accounts share nothing, so they leak independently of each other.

    Raises
    ------
    CannotDo
        As `leak_probabilities`; and if a shared cause ties the accounts of a network together.
    """
    for name, cause in scenario.causes.items():
        if cause.scope == "network" and cause.probability > 0:
            raise CannotDo(
                f"causes.{name}: it ties the accounts of a network together, so that they do not leak independently "
                'of each other; write scope = "person", or another standard'
            )
    leaks = leak_probabilities(scenario, law, gate, "account", policy, models)
    accounts = [scenario.represents * segment.share for segment in scenario.segments.values()]
    if any(n > 0 and p >= 1 for n, p in zip(accounts, leaks.tolist(), strict=True)):
        return 0.0
    return math.exp(math.fsum(n * math.log1p(-p) for n, p in zip(accounts, leaks.tolist(), strict=True)))


class _Leakless(Lasting):
    """The chains of accounts, ended by leaks."""

    def __init__(
        self, scenario: Scenario, law: Law, gate: Sequence[Tables], counts: NDArray[np.bool_]
    ) -> None:
        super().__init__(scenario, law, gate)
        self._counts = counts
        self._split: dict[int, Floats] = {}

    def leaks(self, owner: int, only: int | None = None) -> float:
        """The probability that an account of a segment is there, and leaks.

        Parameters
        ----------
        owner
            Number of the owner's segment.
        only
            Number of the one body whose leaks count; None: everybody's.
        """
        found = 0.0
        for whole in self._cases.batches([owner]):
            those = whole if only is None else whole.part((whole.bodies == only).any(axis=1))
            for part in self._parts(those, 1):
                found += float(part.weight @ (1.0 - self._survive(part, only)))
        return min(max(found, 0.0), 1.0)

    def _survive(self, batch: Batch, only: int | None) -> Floats:
        """The probability that each case of a batch never leaks: float64[case]."""
        bodies = range(batch.types.shape[1])
        rows = range(len(self.epochs))
        if not any(self._leaks_and_leaves(batch, b, row, only)[0].any() for row in rows for b in bodies):
            return np.ones(len(batch))  # not up to rounding
        moving = [self._moving(batch.types[:, b]) for b in bodies]
        root = reduce(outer_product, [np.sqrt(body.stationary) for body in moving])
        free = [body.symmetric() for body in moving]
        # Probabilities to survive, times the roots of the stationary law: of fresh and of cleared accounts.
        fresh, cleared = root, root
        row = len(self.epochs) - 1
        for e in range(len(self.law.epochs) - 1, -1, -1):
            days = self.law.epochs[e].length_us / DAY
            if row >= 0 and self.epochs[row] == e:
                fresh, cleared = self._before(batch, only, free, row, days, fresh, cleared)
                row -= 1
            elif row >= 0:
                own = _Modes(free, [np.zeros(body.stationary.shape) for body in moving])
                fresh, cleared = own.grow(fresh, days), own.grow(cleared, days)
        survive: Floats = (root * fresh).sum(axis=1)
        return survive

    def _before(
        self,
        batch: Batch,
        only: int | None,
        free: Sequence[Floats],
        row: int,
        days: float,
        fresh: Floats,
        cleared: Floats,
    ) -> tuple[Floats, Floats]:
        """Probabilities to survive from the start of an epoch, given those from its end."""
        rates = [self._leaks_and_leaves(batch, b, row, only) for b in range(batch.types.shape[1])]
        ends = {ALLOWED: fresh, BLOCKED: fresh, CLEARED: cleared, CHECK_FAILED: fresh}
        own = _Modes(free, [leak[:, :, FRESH] + leave.sum(axis=2) for leak, leave in rates])
        now = own.grow(fresh, days)
        into = reduce(outer_sum_of_rates, [leave for _, leave in rates])
        begins_cleared = cleared
        for column, state in enumerate(TARGETS):
            feeds = bool(into[:, :, column].any())
            if not feeds and state != CLEARED:
                continue
            lasting = _Modes(free, [leak[:, :, state] for leak, _ in rates])
            if feeds:
                now = now + own.feed(lasting, into[:, :, column], ends[state], days)
            if state == CLEARED:
                begins_cleared = lasting.grow(cleared, days)
        return now, begins_cleared

    def _leaks_and_leaves(self, batch: Batch, body: int, row: int, only: int | None) -> tuple[Floats, Floats]:
        """Rates a day at which a body's needs leak, by state, and put a fresh account into each target.

        A need that leaks ends the chain, so what it would bring besides does not count.

        Returns
        -------
        leaks
            float64[case, place, state].
        leaves
            float64[case, place, target].
        """
        taken = self._by_restricted(batch.types[:, body])[:, :, row]
        entitled, restricted = taken[:, :, 0], taken[:, :, 1]
        if only is not None:
            others = (batch.bodies[:, body] != only)[:, None, None, None]
            entitled, restricted = entitled + restricted * others, restricted * ~others
        succeeds = np.where(batch.passing[:, row], 1.0 - batch.gives_up, 0.0)[:, None]
        leaks = restricted[..., ALLOW] + restricted[..., OPEN]
        leaks[:, :, FRESH] += restricted[:, :, FRESH, CHECK] * succeeds
        lasts = self.gate[self.epochs[row]].durations_us > 0
        fresh, both = entitled[:, :, FRESH], (entitled + restricted)[:, :, FRESH]
        into = {
            ALLOWED: fresh[..., ALLOW],
            BLOCKED: both[..., BLOCK],
            CLEARED: fresh[..., CHECK] * succeeds,
            CHECK_FAILED: both[..., CHECK] * (1.0 - succeeds),
        }
        nowhere = np.zeros(succeeds.shape) * both[..., BLOCK]
        leaves = np.stack([into[state] if lasts[state] else nowhere for state in TARGETS], axis=2)
        rate = batch.rates[:, body, None, None]
        return rate * leaks, rate * leaves

    def _by_restricted(self, types: Ints) -> Floats:
        """What the gate does with needs of bodies: [case, place, counted epoch, restricted, state, action]."""
        kinds = self._kinds_of(types)
        places = kinds.places.shape[1]
        if places not in self._split or len(self._split[places]) < len(kinds.places):
            leaks = self.places.restricted & self._counts
            by_place = np.stack([~leaks, leaks], axis=2)[kinds.places]
            uses = self._mix[[kind.segment for kind in self._classes.types if len(kind.places) == places]]
            self._split[places] = np.einsum(
                "knerm,km,knesma->knersa", by_place, uses, self.places.actions[kinds.places], optimize=True
            )
        found: Floats = self._split[places][kinds.row[types]]
        return found


class _Modes:
    """How probabilities change where bodies move freely and accounts are lost at rates: by eigenvectors.

    Parameters
    ----------
    free
        For each body the symmetric generator of its movement: float64[case, place, place].
    lost
        For each body the rates a day at which its needs end the matter: float64[case, place].
    """

    def __init__(self, free: Sequence[Floats], lost: Sequence[Floats]) -> None:
        pairs = []
        for generator, rates in zip(free, lost, strict=True):
            matrix = generator.copy()
            places = range(matrix.shape[1])
            matrix[:, places, places] -= rates
            pairs.append(np.linalg.eigh(matrix))
        # Rounding can leave an eigenvalue that is 0 a little above it.
        self.values: Floats = np.minimum(reduce(outer_sum, [value for value, _ in pairs]), 0.0)
        self.vectors: Floats = reduce(kronecker, [vector for _, vector in pairs])

    def grow(self, ends: Floats, days: float) -> Floats:
        """Probabilities at the beginning of a time, given those at its end."""
        inner = np.einsum("zxi,zx->zi", self.vectors, ends) * np.exp(self.values * days)
        found: Floats = np.einsum("zxi,zi->zx", self.vectors, inner)
        return found

    def feed(self, other: _Modes, rates: Floats, ends: Floats, days: float) -> Floats:
        """What passing over to another state adds: the integral over the instant of passing.

        Parameters
        ----------
        other
            Modes of the other state.
        rates
            float64[case, joint place]: rates a day of passing over.
        ends
            Probabilities in the other state at the end of the time.
        days
            The time.
        """
        kernel = days * first_difference(*all_pairs(other.values * days, self.values * days))
        flow = np.swapaxes(self.vectors, 1, 2) @ (rates[:, :, None] * other.vectors)
        inner = np.einsum("zij,zj->zi", flow * kernel, np.einsum("zxj,zx->zj", other.vectors, ends))
        found: Floats = np.einsum("zxi,zi->zx", self.vectors, inner)
        return found
