"""A scenario and its gates as flat arrays: what the compiled life of a person reads.

The types and numbers of axes are the same for every scenario, so the life is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.waits import LEVELS, WaitTable
from gatesim.gates.checks import sufficient
from gatesim.gates.tables import STATES, Tables
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NETWORK_KINDS, NO_ORGANISATION
from gatesim.world.noise import cumulative, noise_rows, value_at
from gatesim.world.people import mean_us
from gatesim.world.readings import ATTRIBUTES, network_blocks
from gatesim.world.space import CellSpace, age_band, value_space

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

REFRESHES = ("account", "place", "session")


class WorldArrays(NamedTuple):
    """The people and their signals. Axes: S segments, R regions, M models, A activities, K co-users, J signals,
    V values, Q causes; shares are cumulative, padded with ones.
    """

    length: int
    segments: Floats  # [S]
    rate: Floats  # [S] needs a day
    activity: Floats  # [S, A]
    multipliers: Floats  # [S, A]
    card: Floats  # [S, R]
    declared: Floats  # [S, R]
    home: Ints  # [S]
    channel: Ints  # [S]
    band: Ints  # [S]
    organisation: Ints  # [S]
    vpn_users: Floats  # [S]
    vpn_on: Floats  # [S]
    vpn_exits: Floats  # [S, R]
    trip_every: Floats  # [S] mean, microseconds
    trip_length: Floats  # [S] mean, microseconds; 0: no trips
    trip_start: Floats  # [S]
    trip_to: Floats  # [S, R]
    models: Floats  # [S, M]
    co_count: Ints  # [S]
    co_segment: Ints  # [S, K]
    co_present: Floats  # [S, K]
    co_share: Floats  # [S, K]
    observes: Ints  # [J] number of the attribute
    refresh: Ints  # [J] 0 account, 1 place, 2 session
    rows: Floats  # [J, channel, kind, V, V + 1]
    step: Ints  # [J, V, V + 1]
    cause_of: Ints  # [J] number of the signal's cause, or -1
    cause_probability: Floats  # [Q]
    cause_refresh: Ints  # [Q]
    cause_by_network: Ints  # [Q]
    network_block: Ints  # [Q, R]
    steps: Ints  # [3] what channel, model, band add to the cell


class GateArrays(NamedTuple):
    """One or more gates on one world. Axes: G gates, E epochs, T tables, D documents, H hours of the table of
    waits, L its levels.
    """

    epoch_start: Ints  # [E + 1], the last is the window's length
    named: NDArray[np.bool_]  # [E, M]
    open_for: NDArray[np.bool_]  # [E, M, channel]: not gated
    restricted: NDArray[np.bool_]  # [G, E, S, R, M, channel]
    table: Ints  # [G, E]
    actions: NDArray[np.int8]  # [T, state, cell]
    acts: NDArray[np.bool_]  # [T, cell]
    durations: Ints  # [T, state]
    shutdown: NDArray[np.bool_]  # [T]
    documents: Ints  # [T, D], padded with -1
    errors: Floats  # [T, 3, D]: false reject, accept, match
    acceptable: Ints  # [G, E, D], padded with -1
    suffices: NDArray[np.bool_]  # [G, E, D, status]
    status: Ints  # [S]
    holds: Floats  # [S, D]: the probability of holding the kind; 0 where the status cannot
    never_answers: Floats  # [S]
    gives_up: Floats  # [S]
    forges: Floats  # [S]
    borrows: Floats  # [S]
    automatic: Ints  # [D]
    to_desk: Floats  # [D]
    has_fallback: NDArray[np.bool_]  # [M]
    fall_back: float
    leave: float
    away: float  # mean, microseconds
    service: float  # mean, microseconds
    patience: float  # mean, microseconds
    waits: NDArray[np.bool_]  # [G]: waits come from the table
    p_wait: Floats  # [G, H]
    quantiles: Floats  # [G, H, L]


def _over(names: Iterable[str], shares: Mapping[str, float]) -> Floats:
    row = np.array([shares.get(name, 0.0) for name in names])
    # Who has no distribution never looks it up.
    return cumulative(row) if shares else np.ones(len(row))


def _padded(rows: Sequence[Sequence[float]], fill: float) -> Floats:
    width = max(1, *(len(row) for row in rows))
    return np.array([[*row, *[fill] * (width - len(row))] for row in rows], dtype=np.float64)


def world_arrays(scenario: Scenario) -> WorldArrays:
    """The people and the signals of a scenario as arrays."""
    segments, names = list(scenario.segments.values()), list(scenario.segments)
    regions, models = list(scenario.regions), list(scenario.models)
    organisations = value_space(scenario, "organisation")
    co_users = [list(segment.co_users.items()) for segment in segments]
    trips = [segment.trips for segment in segments]
    shape = CellSpace.of(scenario).shape
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return WorldArrays(
        scenario.length,
        cumulative(np.array([s.share for s in segments])),
        np.array([s.needs_per_day for s in segments], dtype=np.float64),
        _padded([cumulative(np.array(s.activity.shares)).tolist() for s in segments], 1.0),
        _padded([s.activity.multipliers for s in segments], 0.0),
        np.array([_over(regions, s.card) for s in segments]),
        np.array([_over(regions, s.declared) for s in segments]),
        np.array([regions.index(s.home) for s in segments]),
        np.array([CHANNELS.index(s.channel) for s in segments]),
        np.array([age_band(scenario, s) for s in segments]),
        np.array([organisations.index(s.organisation or NO_ORGANISATION) for s in segments]),
        np.array([s.vpn.users for s in segments], dtype=np.float64),
        np.array([s.vpn.on for s in segments], dtype=np.float64),
        np.array([_over(regions, s.vpn.exits) for s in segments]),
        np.array([mean_us(t.every) for t in trips]),
        np.array([mean_us(t.length) for t in trips]),
        np.array([t.length / (t.length + t.every) if t.length > 0 else 0.0 for t in trips]),
        np.array([_over(regions, t.to) for t in trips]),
        np.array([_over(models, s.models) for s in segments]),
        np.array([len(c) for c in co_users]),
        _padded([[names.index(name) for name, _ in c] for c in co_users], 0).astype(np.int64),
        _padded([[entry.present for _, entry in c] for c in co_users], 0.0),
        _padded([[entry.share for _, entry in c] for c in co_users], 0.0),
        *_signals(scenario, strides),
        np.array(strides[-3:]),
    )


def _signals(
    scenario: Scenario, strides: Sequence[int]
) -> tuple[Ints, Ints, Floats, Ints, Ints, Floats, Ints, Ints, Ints]:
    signals = list(scenario.signals.values())
    sizes = [len(value_space(scenario, signal.observes)) for signal in signals]
    most = max([1, *sizes])
    count = len(signals)
    rows = np.ones((count, len(CHANNELS), len(NETWORK_KINDS), most, most + 1))
    step = np.zeros((count, most, most + 1), dtype=np.int64)
    for j, (signal, size) in enumerate(zip(signals, sizes, strict=True)):
        rows[j, :, :, :size, : size + 1] = cumulative(noise_rows(scenario, signal))
        for v in range(size):
            step[j, v, : size + 1] = [value_at(v, position) * strides[j] for position in range(size + 1)]
    causes, order = list(scenario.causes.values()), list(scenario.signals)
    refresh = np.array([REFRESHES.index(signal.refresh) for signal in signals], dtype=np.int64)
    cause_of = np.full(count, -1, dtype=np.int64)
    for q, cause in enumerate(causes):
        cause_of[[order.index(name) for name in cause.signals]] = q
    blocks = network_blocks(scenario)
    return (
        np.array([ATTRIBUTES.index(signal.observes) for signal in signals], dtype=np.int64),
        refresh,
        rows,
        step,
        cause_of,
        np.array([cause.probability for cause in causes], dtype=np.float64),
        np.array([refresh[order.index(cause.signals[0])] for cause in causes], dtype=np.int64),
        np.array([cause.scope == "network" for cause in causes], dtype=np.int64),
        np.array(blocks, dtype=np.int64).reshape(len(causes), len(scenario.regions)),
    )


def gate_arrays(
    scenario: Scenario,
    laws: Sequence[Law],
    gates: Sequence[Sequence[Tables]],
    waits: Sequence[WaitTable | None],
) -> GateArrays:
    """Gates as arrays.

    Parameters
    ----------
    scenario
        The scenario.
    laws, gates, waits
        For each gate the law it was compiled for, its tables (one an epoch), and its table of waits or None.
        The laws must have the same epochs.

    Raises
    ------
    ValueError
        If the laws differ in their epochs, or a gate has not one table for each.
    """
    starts = [[epoch.start_us for epoch in law.epochs] for law in laws]
    if any(start != starts[0] for start in starts):
        raise ValueError("the laws do not change at the same instants")
    if any(len(gate) != len(starts[0]) for gate in gates):
        raise ValueError(f"the law has {len(starts[0])} epochs: a gate needs as many tables")
    documents, segments = list(scenario.documents.values()), list(scenario.segments.values())
    kinds = list(scenario.documents)
    unique: list[Tables] = []
    table = np.zeros((len(gates), len(starts[0])), dtype=np.int64)
    for g, gate in enumerate(gates):
        for e, tables in enumerate(gate):
            known = [number for number, one in enumerate(unique) if one is tables]
            if not known:
                unique.append(tables)
            table[g, e] = known[0] if known else len(unique) - 1
    suffices = np.array([[sufficient(scenario, epoch.clears) for epoch in law.epochs] for law in laws])
    accepted = [
        [[d for d in tables.documents if suffices[g, e, d].any()] for e, tables in enumerate(gate)]
        for g, gate in enumerate(gates)
    ]
    width = max(1, len(documents))
    desk, reactions = scenario.desk, scenario.reactions
    hours = max([1, *(len(w.p_wait) for w in waits if w is not None)])
    p_wait = np.zeros((len(gates), hours))
    quantiles = np.zeros((len(gates), hours, len(LEVELS)))
    for g, one in enumerate(waits):
        if one is not None:
            p_wait[g], quantiles[g] = one.p_wait, one.waits_us
    first = laws[0].epochs
    return GateArrays(
        np.array([*starts[0], scenario.length], dtype=np.int64),
        np.array([epoch.named for epoch in first]),
        np.array([~epoch.gated for epoch in first]),
        np.array([[epoch.restricted for epoch in law.epochs] for law in laws]),
        table,
        np.ascontiguousarray([tables.actions for tables in unique], dtype=np.int8),
        np.ascontiguousarray([tables.acts for tables in unique]),
        np.array([tables.durations_us for tables in unique], dtype=np.int64).reshape(-1, len(STATES)),
        np.array([tables.is_shutdown for tables in unique]),
        _numbers([tables.documents for tables in unique], width),
        np.array([[t.false_reject, t.false_accept, t.false_match] for t in unique], dtype=np.float64),
        np.array([_numbers(own, width) for own in accepted]),
        suffices,
        np.array([STATUSES.index(s.status) for s in segments]),
        np.array(
            [
                [
                    s.documents.get(k, 0.0) if s.status in d.proves else 0.0
                    for k, d in zip(kinds, documents, strict=True)
                ]
                for s in segments
            ],
            dtype=np.float64,
        ).reshape(len(segments), len(kinds)),
        np.array([s.never_answers for s in segments], dtype=np.float64),
        np.array([s.gives_up for s in segments], dtype=np.float64),
        np.array([s.presents_forged for s in segments], dtype=np.float64),
        np.array([s.presents_borrowed for s in segments], dtype=np.float64),
        np.array([d.automatic_time for d in documents], dtype=np.int64),
        np.array([d.to_desk for d in documents], dtype=np.float64),
        np.array([model.fallback is not None for model in scenario.models.values()]),
        float(reactions.fall_back),
        float(reactions.leave),
        mean_us(reactions.away),
        mean_us(desk.service) if desk is not None else 0.0,
        mean_us(desk.patience) if desk is not None else 0.0,
        np.array([one is not None for one in waits]),
        p_wait,
        quantiles,
    )


def _numbers(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return np.array([[*row, *[-1] * (width - len(row))] for row in rows], dtype=np.int64)
