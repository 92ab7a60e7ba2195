"""How needs end: from needs by state and place to the axes of the exact engine's counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gatesim.exact.expected import END_REFUSED, END_SERVED
from gatesim.exact.memoryless import OPEN
from gatesim.exact.owner_laws import OwnerLaws
from gatesim.exact.places import Places
from gatesim.gates.tables import ALLOW, BLOCK, BLOCKED, CHECK, CHECK_FAILED, FRESH, STATES, Tables
from gatesim.law.law import Law
from gatesim.measures.ledger import ENDS, RULE, SHUTDOWN, STANDING_BLOCK
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import makers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STANDING = np.array([state in (BLOCKED, CHECK_FAILED) for state in range(len(STATES))])
"""States in which a refusal is a standing block's."""

_SERVED, _BLOCKED, _STANDING_BLOCKED, _CHECKED = range(4)
"""What becomes of a need; of those checked `OwnerLaws` says how they end."""


@dataclass(frozen=True)
class Needs:
    """Needs by who makes them, what the owner's checks come to, and where from.

    Attributes
    ----------
    maker, combination, place
        int64[group]: numbers of the kind of maker, of the combination (see `OwnerLaws`), of the place.
    needs
        For each counted epoch float64[group, state, interval].
    """

    maker: Ints
    combination: Ints
    place: Ints
    needs: Sequence[Floats]


def joined(several: Sequence[Needs]) -> list[Needs]:
    """All groups of several as one; none where there are none."""
    if not several:
        return []
    epochs = range(len(several[0].needs))
    return [
        Needs(
            np.concatenate([each.maker for each in several]),
            np.concatenate([each.combination for each in several]),
            np.concatenate([each.place for each in several]),
            [np.concatenate([each.needs[row] for each in several]) for row in epochs],
        )
    ]


class Counts:
    """Counts that needs are added to.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.
    places, laws
        The places of the needs, and how checks come out.
    days
        Length of the axis of days.

    Attributes
    ----------
    counts
        float64[maker, model, day, restricted, end].
    asked
        float64[owner segment]: requests.
    presented
        float64[owner segment, kind of document].
    """

    def __init__(
        self, scenario: Scenario, law: Law, gate: Sequence[Tables], places: Places, laws: OwnerLaws, days: int
    ) -> None:
        self._law, self._gate, self._places, self._laws = law, gate, places, laws
        everybody, segments = makers(scenario), list(scenario.segments.values())
        self._owner = np.array([maker.owner for maker in everybody])
        self._uses = np.array(
            [[segments[m.segment].models.get(name, 0.0) for name in scenario.models] for m in everybody]
        )
        self.counts: Floats = np.zeros((*self._uses.shape, days, 2, len(ENDS)))
        self.asked: Floats = np.zeros(len(segments))
        self.presented: Floats = np.zeros((len(segments), len(scenario.documents)))

    def add(self, made: Needs, row: int, first: int) -> None:
        """Add the needs of a counted epoch, the first of whose intervals is on the day ``first``."""
        epoch = self._places.epochs[row]
        becomes = self._becomes(made, row)
        days = slice(first, first + becomes.shape[-1])
        is_shutdown = self._gate[epoch].is_shutdown
        ends = {
            END_SERVED: _SERVED,
            END_REFUSED[SHUTDOWN if is_shutdown else RULE]: _BLOCKED,
            END_REFUSED[STANDING_BLOCK]: _STANDING_BLOCKED,
        }
        for end, what in ends.items():
            self.counts[:, :, days, :, end] += np.moveaxis(becomes[..., what, :].sum(axis=1), -1, 2)
        checked = becomes[..., _CHECKED, :]
        if checked.any():
            laws = self._laws
            self.counts[:, :, days] += np.einsum(
                "kcmrd,kce->kmdre", checked, laws.ends[self._owner, :, row], optimize=True
            )
            requests = np.zeros(laws.weight.shape)
            np.add.at(requests, self._owner, checked.sum(axis=(2, 3, 4)))
            self.asked += requests.sum(axis=1)
            self.presented += np.einsum("oc,ocd->od", requests, laws.presented[:, :, row])

    def _becomes(self, made: Needs, row: int) -> Floats:
        """What becomes of needs: float64[maker, combination, model, restricted, what, interval]."""
        needs, epoch = made.needs[row], self._places.epochs[row]
        actions = self._places.actions[made.place, row]
        blocks = actions[..., BLOCK]
        standing = _STANDING[:, None] & (not self._gate[epoch].is_shutdown)
        checks = np.zeros_like(blocks)
        checks[:, FRESH] = actions[:, FRESH, :, CHECK]
        served = actions[..., ALLOW] + actions[..., OPEN]
        what = np.stack([served, blocks * ~standing, blocks * standing, checks], axis=3)
        groups, states, models, kinds = what.shape
        uses = self._uses[made.maker] * self._law.epochs[epoch].measured
        found = np.swapaxes(what.reshape(groups, states, -1), 1, 2) @ needs
        found = found.reshape(groups, models, -1) * uses[..., None]
        # Groups that differ in the place only are added up: a product with a sparse matrix.
        shape = (len(self._uses), self._laws.weight.shape[1], models, 2, kinds, needs.shape[2])
        own = (made.maker * shape[1] + made.combination)[:, None] * models + np.arange(models)
        cell = (own * 2 + self._places.restricted[made.place, row]).ravel()
        entries = (np.ones(len(cell)), (cell, np.arange(len(cell))))
        added: Floats = csr_array(entries, shape=(int(np.prod(shape[:4])), len(cell))) @ found.reshape(
            len(cell), -1
        )
        return added.reshape(shape)
