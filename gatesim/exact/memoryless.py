"""Policies without memory: every need is decided by its own cell, so expected numbers are plain sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.answers import CheckLaw, answers, check_law, marginal
from gatesim.exact.expected import END_REFUSED, END_SERVED, counted_epochs, with_fallback
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, FRESH, Tables
from gatesim.law.law import Law
from gatesim.measures.axes import midnight_us, number_of_days
from gatesim.measures.ledger import ENDS, RULE, SHUTDOWN
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.cells import cells_of, model_mix, readings_given
from gatesim.world.kept import kept
from gatesim.world.makers import makers

OPEN = 3
"""Besides `ALLOW`, `CHECK` and `BLOCK`: the gate does not act on the session at all."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ONE_HOT = np.eye(4)


@kept
def _makers(scenario: Scenario) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each maker numbers of the owner's segment, its own, the channel, and the cells: [maker, reading, model]."""
    found, segments = makers(scenario), list(scenario.segments.values())
    return (
        np.array([maker.owner for maker in found]),
        np.array([maker.segment for maker in found]),
        np.array([CHANNELS.index(segments[maker.owner].channel) for maker in found]),
        np.stack([cells_of(scenario, maker.owner) for maker in found]),
    )


class PlainSums:
    """What does not depend on the policy, worked out once for a scenario and a law.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading.
    needs
        float64[maker]: needs a day of all makers of a kind together.
    """

    def __init__(self, scenario: Scenario, law: Law, needs: Floats) -> None:
        self.scenario, self.law = scenario, law
        self.epochs = counted_epochs(law)
        self._owner, maker_segment, channel, self._cells = _makers(scenario)
        self._readings = readings_given(scenario)
        rates = needs[:, None] * model_mix(scenario)
        self._gated = []
        self._weights = []
        for e in self.epochs:
            epoch = law.epochs[e]
            self._gated.append(epoch.gated[:, channel].T)
            restricted = epoch.restricted[maker_segment, :, :, channel]
            measured = rates * epoch.measured
            split = np.stack([~restricted, restricted]).transpose(1, 3, 0, 2)
            self._weights.append(np.ascontiguousarray(measured[:, :, None, None] * split))
        self._overlap = overlap(law, self.epochs, DAY, number_of_days(scenario), midnight_us(scenario))
        self._checks: dict[tuple[object, ...], list[CheckLaw]] = {}

    def by_action(self, gate: Sequence[Tables]) -> list[Floats]:
        """Needs a day in each counted epoch: [maker, model, restricted, action or `OPEN`]."""
        known: dict[tuple[int, bytes], Floats] = {}
        found = []
        for e, gated, weights in zip(self.epochs, self._gated, self._weights, strict=True):
            key = (id(gate[e]), gated.tobytes())
            if key not in known:
                known[key] = self._shares(gate[e], gated)
            found.append(weights @ known[key])
        return found

    def _shares(self, tables: Tables, gated: NDArray[np.bool_]) -> Floats:
        """Share of needs with each action: [maker, model, region, action or `OPEN`]."""
        acts = tables.acts[self._cells] & gated[:, None, :]
        taken = np.where(acts, tables.actions[FRESH][self._cells], OPEN)
        count, readings, models = taken.shape
        hot = _ONE_HOT[taken].reshape(count, readings, models * 4)
        return (self._readings @ hot).reshape(count, -1, models, 4).transpose(0, 2, 1, 3)

    def check_laws(self, gate: Sequence[Tables], number: int) -> list[CheckLaw]:
        """For each owner segment what one request leads to, in one counted epoch."""
        tables = gate[self.epochs[number]]
        errors = (tables.false_reject, tables.false_accept, tables.false_match)
        key = (number, tables.documents, *(e.tobytes() for e in errors))
        if key not in self._checks:
            epoch = self.law.epochs[self.epochs[number]]
            self._checks[key] = [
                check_law(
                    self.scenario, segment, marginal(answers(self.scenario, segment, [epoch], [tables]), 0)
                )
                for segment in self.scenario.segments.values()
            ]
        return self._checks[key]

    def evaluate(self, gate: Sequence[Tables], daily: bool = True) -> tuple[Floats, Floats, Floats]:
        """Expected numbers over the window.

        Parameters
        ----------
        gate
            The gate's tables for each epoch.
        daily
            Whether to tell the days apart.

        Returns
        -------
        counts
            float64[maker, model, day, restricted, end].
        asked
            float64[owner segment]: requests.
        presented
            float64[owner segment, kind of document].
        """
        segments = len(self.scenario.segments)
        asked = np.zeros(segments)
        presented = np.zeros((segments, len(self.scenario.documents)))
        shape = (*self._cells.shape[::2], 2, len(ENDS))
        rates = np.zeros((len(self.epochs), *shape))
        for number, (e, taken) in enumerate(zip(self.epochs, self.by_action(gate), strict=True)):
            rates[number, ..., END_SERVED] = taken[..., ALLOW] + taken[..., OPEN]
            rates[number, ..., END_REFUSED[SHUTDOWN if gate[e].is_shutdown else RULE]] = taken[..., BLOCK]
            opened = taken[..., CHECK]
            if opened.any():
                laws = self.check_laws(gate, number)
                ends = np.array([law.ends for law in laws])[self._owner]
                rates[number] += opened[..., None] * ends[:, None, None, :]
                length = self.law.epochs[e].length_us / DAY
                requests = np.bincount(self._owner, opened.sum(axis=(1, 2)), segments) * length
                asked += requests
                presented += requests[:, None] * np.array([law.presented for law in laws])
            with_fallback(self.scenario, rates[number])
        days_in = self._overlap if daily else self._overlap.sum(axis=1, keepdims=True)
        counts = np.moveaxis(np.tensordot(rates, days_in, axes=(0, 0)), -1, 2)
        return counts, asked, presented


def overlap(law: Law, epochs: Sequence[int], step_us: int, steps: int, before_us: int = 0) -> Floats:
    """Days that each of some epochs has in common with each of some equal steps of time: [epoch, step].

    The first step begins ``before_us`` before the window.
    """
    begin = np.arange(steps, dtype=np.int64) * step_us - before_us
    found = np.zeros((len(epochs), steps))
    for row, e in enumerate(epochs):
        epoch = law.epochs[e]
        common = np.minimum(epoch.end_us, begin + step_us) - np.maximum(epoch.start_us, begin)
        found[row] = np.maximum(common, 0) / DAY
    return found
