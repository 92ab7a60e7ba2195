"""Probabilities of cells: what the gate sees of a need, given who makes it.

Everything here is for one need in the stationary law, and exact: no chance, no truncation. How long the
noise of a signal sticks (`refresh`) does not matter to a single need.

A need has a *context*: the region of the device, whether the VPN is on, and the region where the connection
comes out. Given the context, and the card and the declared region of the account, signals that no cause ties
err independently of each other. So the joint distribution of the readings is a product of small blocks (a
signal, or the signals of one cause), summed over the card and the declared region where a block depends on
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.noise import DIRECT, VPN, breakpoints, cumulative, noise_rows, value_at
from gatesim.world.space import CellSpace, age_band, value_space, word_for

MAX_NUMBERS = 50_000_000
"""The most probabilities that one table may hold (400 MB)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Context:
    """Where a need comes from: numbers of the device's region, the kind and the region of the network."""

    device: int
    kind: int
    network: int


@dataclass(frozen=True)
class _Account:
    """What the account contributes to a need's readings."""

    channel: int
    organisation: int
    word: int
    card: tuple[float, ...]
    declared: tuple[float, ...]


@dataclass(frozen=True)
class _Block:
    """Signals whose readings are independent of all others, given the attributes.

    Attributes
    ----------
    signals
        Their numbers.
    uses_card, uses_declared
        Whether one of them observes the attribute.
    together
        The probability that all of them look up the same uniform number.
    """

    signals: tuple[int, ...]
    uses_card: bool
    uses_declared: bool
    together: float


def _by_region(scenario: Scenario, weights: dict[str, float]) -> Floats:
    regions = list(scenario.regions)
    row = np.zeros(len(regions))
    for name, weight in weights.items():
        if name not in scenario.regions:
            raise ValueError(f"{name} is no region")
        row[regions.index(name)] = weight
    return row


def device_weights(scenario: Scenario, segment: Segment) -> Floats:
    """Where a person's device is, in the stationary law of trips.

    Returns
    -------
    ndarray, shape (regions,)
        Adds up to 1.
    """
    home = _by_region(scenario, {segment.home: 1.0})
    trips = segment.trips
    if trips.length == 0:
        return home
    away = trips.length / (trips.length + trips.every)
    return (1.0 - away) * home + away * _by_region(scenario, trips.to)


def _contexts(scenario: Scenario) -> tuple[list[_Context], Floats]:
    """The contexts that occur, and their probabilities for each segment: [segments, contexts]."""
    regions = range(len(scenario.regions))
    every = [_Context(r, DIRECT, r) for r in regions]
    every += [_Context(r, VPN, x) for r in regions for x in regions]
    weights = np.zeros((len(scenario.segments), len(every)))
    for number, segment in enumerate(scenario.segments.values()):
        device = device_weights(scenario, segment)
        on = segment.vpn.users * segment.vpn.on
        weights[number, : len(regions)] = (1.0 - on) * device
        if on > 0:
            exits = _by_region(scenario, segment.vpn.exits)
            weights[number, len(regions) :] = on * np.outer(device, exits).ravel()
    occur = np.flatnonzero(weights.sum(axis=0) > 0)
    return [every[k] for k in occur], weights[:, occur]


def _blocks(scenario: Scenario) -> list[_Block]:
    names = list(scenario.signals)
    tied = {name for cause in scenario.causes.values() for name in cause.signals}
    groups: list[tuple[Sequence[str], float]] = [([name], 0.0) for name in names if name not in tied]
    groups += [(cause.signals, cause.probability) for cause in scenario.causes.values()]
    blocks = []
    for group, together in groups:
        observed = {scenario.signals[name].observes for name in group}
        numbers = tuple(sorted({names.index(name) for name in group}))
        blocks.append(_Block(numbers, "card" in observed, "declared" in observed, together))
    return blocks


def _by_reading(row: Floats, v: int) -> Floats:
    """The row of a true value over positions (see `value_at`), put in the order of readings."""
    return np.concatenate([row[1 : v + 1], row[:1], row[v + 1 :]])


def joint_readings(rows: Sequence[Floats], values: Sequence[int], together: float) -> Floats:
    """Joint distribution of the readings of signals that share a cause, given their true values.

    Parameters
    ----------
    rows
        For each signal the probabilities of its positions, shape (values, values + 1).
    values
        The true value of each signal's attribute.
    together
        The probability that the cause acts: then all signals look up one common uniform number; otherwise
        each looks up its own. Each signal's own distribution is the same in both cases.

    Returns
    -------
    ndarray
        One axis for each signal: what it reads, ``unknown`` last.
    """
    joint = np.ones(())
    for table, v in zip(rows, values, strict=True):
        joint = np.multiply.outer(joint, _by_reading(table[v], v))
    joint = joint * (1.0 - together)
    if together > 0:
        sums = [cumulative(table[v]) for table, v in zip(rows, values, strict=True)]
        for low, high in breakpoints(*sums):
            middle = (low + high) / 2
            positions = [int(np.searchsorted(c, middle, side="right")) for c in sums]
            cell = tuple(
                value_at(v, p) if p < len(c) - 1 else len(c) - 1
                for v, p, c in zip(values, positions, sums, strict=True)
            )
            joint[cell] += together * (high - low)
    return joint


def _block_table(
    scenario: Scenario, block: _Block, rows: Sequence[Floats], contexts: Sequence[_Context], account: _Account
) -> Floats:
    """Joint readings of a block: [contexts, cards, declared regions, readings flat].

    The axes of cards and declared regions have length 1 where the block does not depend on them.
    """
    observes = [list(scenario.signals.values())[j].observes for j in block.signals]
    cards = range(len(account.card) if block.uses_card else 1)
    forms = range(len(account.declared) if block.uses_declared else 1)
    length = prod(rows[j].shape[-1] for j in block.signals)
    table = np.empty((len(contexts), len(cards), len(forms), length))
    known: dict[tuple[int, ...], Floats] = {}
    for (k, context), c, d in product(enumerate(contexts), cards, forms):
        truth = {
            "device": context.device,
            "network": context.network,
            "network_kind": context.kind,
            "card": c,
            "declared": d,
            "organisation": account.organisation,
            "attestation": account.word,
            "revocation": account.word,
        }
        values = [truth[attribute] for attribute in observes]
        key = (context.kind, *values)
        if key not in known:
            own = [rows[j][account.channel, context.kind] for j in block.signals]
            known[key] = joint_readings(own, values, block.together).ravel()
        table[k, c, d] = known[key]
    return table


def _times(a: Floats, b: Floats) -> Floats:
    """Product of two independent groups of readings, all other axes in common (broadcast)."""
    joint = a[..., :, None] * b[..., None, :]
    return joint.reshape(*joint.shape[:-2], -1)


def _readings_of_account(
    blocks: Sequence[_Block],
    rows: Sequence[Floats],
    contexts: Sequence[_Context],
    account: _Account,
    table_of: Callable[[_Block, _Account], Floats],
) -> Floats:
    """Joint distribution of all readings in each context: [contexts, readings flat]."""
    order: list[int] = []
    total = np.ones((len(contexts), 1, 1, 1))
    groups = [[b for b in blocks if not (b.uses_card or b.uses_declared)]]
    if any(b.uses_card and b.uses_declared for b in blocks):
        # A cause ties a signal of the card to one of the form: the two must be summed over at once.
        groups.append([b for b in blocks if b.uses_card or b.uses_declared])
    else:
        groups.append([b for b in blocks if b.uses_card])
        groups.append([b for b in blocks if b.uses_declared])
    for group in groups:
        part = np.ones((len(contexts), 1, 1, 1))
        for block in group:
            part = _times(part, table_of(block, account))
            order += block.signals
        for axis, weights in ((1, account.card), (2, account.declared)):
            if part.shape[axis] > 1:
                part = np.expand_dims(np.tensordot(part, np.array(weights), axes=(axis, 0)), axis)
        total = _times(total, part)
    lengths = [rows[j].shape[-1] for j in order]
    spread = total.reshape(len(contexts), *lengths)
    back = [1 + order.index(j) for j in range(len(order))]
    return spread.transpose(0, *back).reshape(len(contexts), -1)


def _account_of(scenario: Scenario, segment: Segment) -> _Account:
    organisations = value_space(scenario, "organisation")
    return _Account(
        CHANNELS.index(segment.channel),
        organisations.index(segment.organisation or NO_ORGANISATION),
        word_for(scenario, segment),
        tuple(_by_region(scenario, segment.card)),
        tuple(_by_region(scenario, segment.declared)),
    )


@kept
def readings_given(scenario: Scenario) -> Floats:
    """What the signals read of a need, and where its device is, given who makes it.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    ndarray, shape (makers, regions, readings)
        Probability of the device's region and of the joint readings of all signals (flat in C order, signals
        in the order of the file), given a need of each of `makers`, in the stationary law. Each maker's
        numbers add up to 1. Not writeable.

    Raises
    ------
    ValueError
        If the table would have more than `MAX_NUMBERS` entries, or a distribution names no region.
    """
    found = makers(scenario)
    regions = len(scenario.regions)
    length = prod(len(r) for r in CellSpace.of(scenario).readings)
    contexts, weights = _contexts(scenario)
    if max(len(found) * regions, len(contexts)) * length > MAX_NUMBERS:
        raise ValueError(
            f"{length} joint readings of {len(scenario.signals)} signals are too many for {len(found)} kinds "
            f"of makers in {regions} regions: leave out signals or regions"
        )
    rows = [noise_rows(scenario, signal) for signal in scenario.signals.values()]
    in_region = np.zeros((regions, len(contexts)))
    for k, context in enumerate(contexts):
        in_region[context.device, k] = 1.0
    owners = list(scenario.segments.values())
    blocks = _blocks(scenario)
    tables: dict[tuple[_Block, int, int, int], Floats] = {}

    def table_of(block: _Block, account: _Account) -> Floats:
        # Of most accounts it is the same: it goes over all cards and forms, whatever theirs are likely to be.
        key = (block, account.channel, account.organisation, account.word)
        if key not in tables:
            tables[key] = _block_table(scenario, block, rows, contexts, account)
        return tables[key]

    known: dict[_Account, Floats] = {}
    table = np.empty((len(found), regions, length))
    for number, maker in enumerate(found):
        account = _account_of(scenario, owners[maker.owner])
        if account not in known:
            known[account] = _readings_of_account(blocks, rows, contexts, account, table_of)
        table[number] = (in_region * weights[maker.segment]) @ known[account]
    table.flags.writeable = False
    return table


@kept
def needs_per_day(scenario: Scenario) -> Floats:
    """Expected needs a day of each maker, for one account of the owner's segment.

    Returns
    -------
    ndarray, shape (makers,)
        For a co-user the account's mean rate times the probability of being present times the share; for the
        owner the rest. Not writeable.
    """
    owners = list(scenario.segments.values())
    rates = np.empty(len(makers(scenario)))
    for number, maker in enumerate(makers(scenario)):
        owner = owners[maker.owner]
        parts = [co_user.present * co_user.share for co_user in owner.co_users.values()]
        share = parts[maker.body - 1] if maker.body else 1.0 - sum(parts)
        rates[number] = owner.needs_per_day * share
    rates.flags.writeable = False
    return rates


@kept
def model_mix(scenario: Scenario) -> Floats:
    """Share of each maker's needs for each model: shape (makers, models), rows add up to 1, not writeable."""
    segments = list(scenario.segments.values())
    mix = np.array(
        [[segments[m.segment].models.get(name, 0.0) for name in scenario.models] for m in makers(scenario)]
    )
    mix.flags.writeable = False
    return mix


@kept
def cells_of(scenario: Scenario, owner: int) -> NDArray[np.int64]:
    """Flat indices of the cells that accounts of a segment can show.

    Parameters
    ----------
    scenario
        The scenario.
    owner
        Number of the segment of the account's owner; it settles channel and age band.

    Returns
    -------
    ndarray, shape (readings, models)
        Readings flat in C order, as in `readings_given`. Not writeable.
    """
    space = CellSpace.of(scenario)
    segment = list(scenario.segments.values())[owner]
    readings = np.arange(prod(len(r) for r in space.readings), dtype=np.int64)
    models = np.arange(len(space.models), dtype=np.int64)
    channel = readings[:, None] * len(CHANNELS) + CHANNELS.index(segment.channel)
    cells = (channel * len(space.models) + models[None, :]) * space.bands + age_band(scenario, segment)
    cells.flags.writeable = False
    return cells


def needs_by_cell(scenario: Scenario, weight: Floats | NDArray[np.bool_]) -> Floats:
    """Add up needs of all makers in each cell.

    Parameters
    ----------
    scenario
        The scenario.
    weight
        What counts, and how much, shape (makers, regions, models): for example whether a need of the maker,
        made in the region for the model, is restricted.

    Returns
    -------
    ndarray, shape (cells,)
        Expected needs a day for each account of the whole service, times the weight.
    """
    readings = readings_given(scenario)
    rates = needs_per_day(scenario)[:, None] * model_mix(scenario)
    owners = list(scenario.segments.values())
    total = np.zeros(CellSpace.of(scenario).size)
    for number, maker in enumerate(makers(scenario)):
        needs = owners[maker.owner].share * rates[number]
        if needs.any():
            # One account's cells are all different: plain indexing adds each once.
            total[cells_of(scenario, maker.owner)] += (readings[number].T @ weight[number]) * needs
    return total
