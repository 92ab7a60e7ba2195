"""Needs by what a gate without memory sees: one row for each cell that occurs and stretch of law.

A gate that keeps nothing decides each need from its own cell, so all it does is a sum over these rows. That is less
than the axes of `gatesim.exact.memoryless` by the makers, their regions and the days, and is what a study needs that
asks many times: how many entitled and restricted needs are served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds import Check
from gatesim.gates.bounds.requests import outcomes
from gatesim.gates.tables import ALLOW, CHECK, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.cells import cells_of, model_mix, needs_per_day, readings_given
from gatesim.world.makers import makers
from gatesim.world.space import age_band

Floats = NDArray[np.float64]

ENTITLED, RESTRICTED = range(2)


@dataclass(frozen=True)
class Layout:
    """What the rows are; it does not depend on how many needs there are in each.

    Attributes
    ----------
    cell
        int64[row]: flat index of the cell.
    days
        float64[row, epoch]: days of the epochs in which the needs of the row arise.
    clears
        bool[row, status]: whether a proof of each status is a proof of being entitled.
    gated
        bool[row]: whether the gate is asked at all.
    key
        For each row what tells it from the others: the same in every layout.
    """

    cell: NDArray[np.int64]
    days: Floats
    clears: NDArray[np.bool_]
    gated: NDArray[np.bool_]
    key: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Rows:
    """Needs of all represented accounts while an order names their model.

    Attributes
    ----------
    layout
        What the rows are.
    needs
        float64[kind, row, segment of the owner]: entitled and restricted needs; four kinds where they are judged by
        two laws, the second judgement last: 2 * restricted by the first + restricted by the second. Then, for each
        law of an order by itself, the needs that it restricts, and all those that it measures.
    """

    layout: Layout
    needs: Floats


def rows_of(scenario: Scenario, law: Law, also: Law | None = None, own: Sequence[Law] = ()) -> Rows:
    """The rows of a scenario.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading (random ends drawn).
    also
        A second law, with the same epochs, by which every need is judged as well.
    own
        Laws in which one order alone counts (`gatesim.law.law.of_one_order`), with the same epochs.

    Returns
    -------
    Rows
        Cells that nobody shows are left out.

    Raises
    ------
    ValueError
        If the signals have too many joint readings to be listed.
    """
    readings = readings_given(scenario)
    segments = list(scenario.segments.values())
    everybody = makers(scenario)
    rates = needs_per_day(scenario) * [
        segments[maker.owner].share * scenario.represents for maker in everybody
    ]
    mix = model_mix(scenario)
    kinds = 2 if also is None else 4
    blocks: list[tuple[Layout, Floats]] = []
    for (channel, _), numbers in _profiles(scenario, rates).items():
        owner = np.array([everybody[k].owner for k in numbers])
        maker = np.array([everybody[k].segment for k in numbers])
        cells = cells_of(scenario, int(owner[0]))
        owners, begins = np.unique(owner, return_index=True)
        for model in range(len(scenario.models)):
            weight = (rates * mix[:, model])[numbers]
            if not weight.any():
                continue
            for epochs in _stretches(law, also, own, model, channel):
                days = np.zeros(len(law.epochs))
                days[list(epochs)] = [law.epochs[e].length_us / DAY for e in epochs]
                epoch = law.epochs[epochs[0]]
                kind = epoch.restricted[maker, :, model, channel].astype(np.int64)
                if also is not None:
                    kind = 2 * kind + also.epochs[epochs[0]].restricted[maker, :, model, channel]
                falls = [kind[None] == np.arange(kinds)[:, None, None]]
                for one in own:
                    there = one.epochs[epochs[0]]
                    measured = np.full(kind.shape, there.measured[model])
                    restricted = there.restricted[maker, :, model, channel]
                    falls.append(np.stack([measured & restricted, measured]))
                split = np.concatenate(falls) * (weight * days.sum())[:, None]
                # By maker a sum over regions, then by owner one over the makers on the account.
                needs = np.add.reduceat(
                    np.einsum("kmr,mrc->kmc", split, readings[numbers], optimize=True), begins, axis=1
                )
                occur = np.flatnonzero(needs.any(axis=(0, 1)))
                spread = np.zeros((len(needs), len(occur), len(segments)))
                spread[:, :, owners] = needs[:, :, occur].transpose(0, 2, 1)
                gated = bool(epoch.gated[model, channel])
                cell = cells[occur, model]
                blocks.append((_layout(cell, days, epoch.clears, gated, epochs), spread))
    every = kinds + 2 * len(own)
    return _joined(
        law, [layout for layout, _ in blocks], [needs for _, needs in blocks], every, len(segments)
    )


def _profiles(scenario: Scenario, rates: Floats) -> dict[tuple[int, int], list[int]]:
    """Numbers of makers with needs, by channel and age band of their accounts."""
    segments = list(scenario.segments.values())
    found: dict[tuple[int, int], list[int]] = {}
    for number, maker in enumerate(makers(scenario)):
        if rates[number] > 0:
            owner = segments[maker.owner]
            key = (CHANNELS.index(owner.channel), age_band(scenario, owner))
            found.setdefault(key, []).append(number)
    return found


def _stretches(
    law: Law, also: Law | None, own: Sequence[Law], model: int, channel: int
) -> list[tuple[int, ...]]:
    """Numbers of the epochs in which an order names the model, those together in which the law is the same."""
    found: dict[tuple[bytes, ...], list[int]] = {}
    for number, epoch in enumerate(law.epochs):
        if not epoch.named[model]:
            continue
        laws = [epoch] if also is None else [epoch, also.epochs[number]]
        laws += [one.epochs[number] for one in own]
        key = tuple(
            part
            for each in laws
            for part in (
                each.restricted[:, :, model, channel].tobytes(),
                each.clears.tobytes(),
                each.gated[model, channel].tobytes(),
                *(() if each.only is None else (each.only[model].tobytes(),)),
            )
        )
        found.setdefault(key, []).append(number)
    return [tuple(numbers) for numbers in found.values()]


def _layout(
    cell: NDArray[np.int64],
    days: Floats,
    clears: NDArray[np.bool_],
    gated: bool,
    epochs: tuple[int, ...],
) -> Layout:
    rows = len(cell)
    return Layout(
        cell,
        np.broadcast_to(days, (rows, len(days))),
        np.broadcast_to(clears, (rows, len(clears))),
        np.full(rows, gated),
        tuple((int(each), epochs) for each in cell),
    )


def _joined(law: Law, layouts: Sequence[Layout], needs: Sequence[Floats], kinds: int, segments: int) -> Rows:
    if not layouts:
        statuses = len(law.epochs[0].clears)
        nothing = Layout(
            np.zeros(0, dtype=np.int64),
            np.zeros((0, len(law.epochs))),
            np.zeros((0, statuses), dtype=np.bool_),
            np.zeros(0, dtype=np.bool_),
            (),
        )
        return Rows(nothing, np.zeros((kinds, 0, segments)))
    return Rows(
        Layout(
            np.concatenate([each.cell for each in layouts]),
            np.concatenate([each.days for each in layouts]),
            np.concatenate([each.clears for each in layouts]),
            np.concatenate([each.gated for each in layouts]),
            tuple(key for each in layouts for key in each.key),
        ),
        np.concatenate(needs, axis=1),
    )


def aligned(several: Sequence[Rows]) -> tuple[Layout, list[Floats]]:
    """Rows of several scenarios that differ in numbers only, on one layout: rows that one lacks have no needs there.

    Parameters
    ----------
    several
        Rows with the same epochs and segments.

    Returns
    -------
    tuple
        The common layout, and the needs of each on it.
    """
    number: dict[tuple[int, tuple[int, ...]], int] = {}
    first: list[tuple[int, int]] = []
    for which, rows in enumerate(several):
        for row, key in enumerate(rows.layout.key):
            if key not in number:
                number[key] = len(number)
                first.append((which, row))
    layout = Layout(
        np.array([several[w].layout.cell[r] for w, r in first], dtype=np.int64),
        np.array([several[w].layout.days[r] for w, r in first]),
        np.array([several[w].layout.clears[r] for w, r in first]),
        np.array([several[w].layout.gated[r] for w, r in first]),
        tuple(number),
    )
    found = []
    for rows in several:
        kinds, _, segments = rows.needs.shape
        needs = np.zeros((kinds, len(number), segments))
        needs[:, [number[key] for key in rows.layout.key]] = rows.needs
        found.append(needs)
    return layout, found


@dataclass(frozen=True)
class Decided:
    """What a gate without memory does in each row.

    Attributes
    ----------
    served
        float64[row]: the part of the needs that is served without a check.
    checked
        float64[row]: the part that opens a check.
    passes
        float64[row, segment of the owner]: the part of the checks that is passed; None where none is opened.
    """

    served: Floats
    checked: Floats
    passes: Floats | None

    def of(self, needs: Floats) -> Floats:
        """Needs served, by kind: float64[kind] from float64[kind, row, segment]."""
        found: Floats = needs.sum(axis=2) @ self.served
        if self.passes is not None:
            found = found + np.einsum("krs,rs->k", needs, self.checked[:, None] * self.passes)
        return found


def decided(scenario: Scenario, gate: Sequence[Tables], layout: Layout, check: Check | None) -> Decided:
    """What a gate does in each row, as it decides about an account that it knows nothing of.

    Parameters
    ----------
    scenario, gate
        The scenario, and the gate's tables for each epoch.
    layout
        The rows.
    check
        The request that the gate makes; None if it makes none.
    """
    served, checked = np.zeros(len(layout.cell)), np.zeros(len(layout.cell))
    days = layout.days / np.maximum(layout.days.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    for e, tables in enumerate(gate):
        acts = tables.acts[layout.cell] & layout.gated
        action = tables.actions[FRESH][layout.cell]
        served += days[:, e] * (~acts | (action == ALLOW))
        checked += days[:, e] * (acts & (action == CHECK))
    # What happens in all epochs of a row happens wholly: sums of parts may fall short by a rounding.
    for part in (served, checked):
        np.copyto(part, 1.0, where=part > 1.0 - 1e-12)
    passes = passes_of(scenario, layout, check) if check is not None and checked.any() else None
    return Decided(served, checked, passes)


def passes_of(scenario: Scenario, layout: Layout, check: Check) -> Floats:
    """The part of the checks that owners of each segment pass, by row: float64[row, segment]."""
    laws, which = np.unique(layout.clears, axis=0, return_inverse=True)
    found = np.zeros((len(laws), len(scenario.segments)))
    for number, clears in enumerate(laws):
        out = outcomes(scenario, [check], tuple(clears.tolist()))
        found[number] = (out.at_once + out.reviewed)[0]
    spread: Floats = found[which.reshape(-1)]
    return spread
