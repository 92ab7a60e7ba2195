"""A scenario and its gates as flat arrays: what the compiled life of a person reads.

The types and numbers of axes are the same for every scenario, so the life is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from math import exp, prod
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.waits import LEVELS, WaitTable
from gatesim.gates.checks import sufficient
from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK_FAILED, FRESH, STATES, Tables
from gatesim.law.law import Law
from gatesim.measures.axes import midnight_us, number_of_days
from gatesim.measures.ledger import (
    ENDS,
    FALLBACK,
    LOST,
    NO_REASON,
    PENDING,
    REFUSED,
    RULE,
    SERVED,
    SERVED_LATE,
    SHUTDOWN,
    STANDING_BLOCK,
)
from gatesim.scenario.people import CHANNELS, STATUSES, Segment
from gatesim.scenario.rules_law import MOST_READINGS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NETWORK_KINDS, NO_ORGANISATION
from gatesim.world.draws import (
    ACTIVITY,
    BORROWS,
    CARD,
    COUSER_PRESENT,
    DECLARED,
    FORGES,
    HOLDS_DOCUMENT,
    NEVER_ANSWERS,
    READING_ACCOUNT,
    READING_PLACE,
    TRIP_GAP,
    TRIP_START,
    VPN_USER,
    words_below,
)
from gatesim.world.makers import makers
from gatesim.world.noise import cumulative, noise_rows, value_at
from gatesim.world.people import mean_us
from gatesim.world.readings import ATTRIBUTES, network_blocks
from gatesim.world.space import CellSpace, age_band, value_space, word_for

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

REFRESHES = ("account", "place", "session")


def typed(*numbers: int) -> list[int]:
    """Constants that are passed to compiled functions; given plain ones, numba compiles anew for each."""
    return [cast(int, np.int64(number)) for number in numbers]


ZERO, ONE, NONE = typed(0, 1, -1)

OPEN = 3
"""A decision beside `ALLOW`, `CHECK`, `BLOCK`: the gate is open, and the session leaves no trace."""


# How a need ends: its number in `ENDS`. The reason is added to the last two.
END_SERVED, END_LATE = ENDS.index((SERVED, NO_REASON)), ENDS.index((SERVED_LATE, NO_REASON))
END_LOST, END_PENDING = ENDS.index((LOST, NO_REASON)), ENDS.index((PENDING, NO_REASON))
REFUSED_FOR, FALLBACK_FOR = ENDS.index((REFUSED, RULE)) - RULE, ENDS.index((FALLBACK, RULE)) - RULE


class WorldArrays(NamedTuple):
    """The people and their signals. Axes: S segments, R regions, M models, A activities, K co-users, J signals,
    V values, Q causes, L lanes; shares are cumulative, padded with ones.
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
    organisation: Ints  # [S] what signals can observe of the owner besides: a number in `_classes`
    vpn_users: Floats  # [S]
    vpn_on: Floats  # [S]
    vpn_exits: Floats  # [S, R]
    trip_every: Floats  # [S] mean, microseconds
    trip_length: Floats  # [S] mean, microseconds; 0: no trips
    trip_start: Floats  # [S]
    stays_below: Floats  # [S]: a first gap whose uniform number is below it is no shorter than the window
    trip_to: Floats  # [S, R]
    models: Ints  # [S, M]: of how many words each or one before it is drawn; see `words_below`
    only_model: Ints  # [S]: the model of all their needs, -1 where it is drawn
    vpn_by_chance: NDArray[np.bool_]  # [S]: whether the VPN of those who have one is on is drawn
    co_count: Ints  # [S]
    co_segment: Ints  # [S, K]
    co_present: Floats  # [S, K]
    co_share: Floats  # [S, K]
    observes: Ints  # [J] number of the attribute
    refresh: Ints  # [J] 0 account, 1 place, 2 session
    sure: NDArray[np.bool_]  # [J]: what is read does not depend on chance
    each_session: Ints  # those that are read anew each session, and not sure
    values: int  # V
    rows: Floats  # [((J * channels + channel) * kinds + kind) * V + value, V + 1]
    right: Ints  # [the same rows]: how many words read what is right; see `words_below`
    step: Ints  # [J * V + value, V + 1]: what the reading at a position adds to the cell
    cause_of: Ints  # [J] number of the signal's cause, or -1
    cause_probability: Floats  # [Q]
    cause_refresh: Ints  # [Q]
    cause_by_network: Ints  # [Q]
    network_block: Ints  # [Q, R]
    steps: Ints  # [3] what channel, model, band add to the cell
    # What is drawn once for an account, and for a body. Axes: L questions that are asked, Q all questions.
    account_asks: Ints  # [S] how many
    account_what: NDArray[np.uint64]  # [S, L] purpose and slot, as `many_uniforms` takes them
    account_index: NDArray[np.uint64]  # [S, L]
    account_answer: Ints  # [S, Q] place among those asked; -1: not asked
    body_asks: Ints
    body_what: NDArray[np.uint64]
    body_index: NDArray[np.uint64]
    body_answer: Ints


# Questions by number: of an account the first three, of a body the next three. From `ASK_NOISE` on: the noise of each
# signal, then the presence of each co-user.
ASK_ACTIVITY, ASK_CARD, ASK_DECLARED, ASK_VPN, ASK_TRIP, ASK_TRIP_GAP, ASK_NOISE = range(7)


class LawArrays(NamedTuple):
    """The law under several readings, whose epochs are the same. Axes: E epochs, M models."""

    epoch_start: Ints  # [E + 1], the last is the window's length
    named: NDArray[np.bool_]  # [E * M]
    restricted: NDArray[np.int32]  # by maker, epoch, region and model, in one row: one bit for each reading
    of_maker: int  # how far apart makers stand in it
    of_epoch: int  # and epochs
    maker: Ints  # [segment of the owner, body]: number in `makers`, -1 where there is none
    segment: Ints  # [maker]: the segment of the body
    midnight: int  # microseconds from midnight to the window's start
    days: int  # that the window touches


class GateArrays(NamedTuple):
    """One or more gates on one world. Axes: G gates, E epochs, T tables, D documents, H hours of the table of
    waits, L its levels.
    """

    epoch_start: Ints  # [E + 1], the last is the window's length
    table: Ints  # [G, E]
    decisions: NDArray[np.int8]  # [T, state, cell]: an action, or `OPEN`
    durations: Ints  # [T, state]
    shutdown: NDArray[np.bool_]  # [T]
    kills: NDArray[np.bool_]  # [T]
    plain_ends: NDArray[np.int8]  # [state, T, cell]: see `_plain_ends`
    documents: Ints  # [T, D], padded with -1
    errors: Floats  # [T, 3, D]: false reject, accept, match
    acceptable: Ints  # [G, E, D], padded with -1
    suffices: NDArray[np.bool_]  # [G, E, D, status]
    status: Ints  # [S]
    holds: Floats  # [S, D]: the probability of holding the kind; 0 where the status cannot
    never_answers: Floats  # [S]
    gives_up: Floats  # [S]
    gives_up_words: Ints  # [S]: how many words stand for it; see `words_below`
    forges: Floats  # [S]
    borrows: Floats  # [S]
    automatic: Ints  # [D]
    to_desk: Floats  # [D]
    refused_for: Ints  # [M]: with the reason added, how a refused need ends; -1 where that is drawn
    fall_back: float
    leave: float
    away: float  # mean, microseconds
    service: float  # mean, microseconds
    patience: float  # mean, microseconds
    waits: NDArray[np.bool_]  # [G]: waits come from the table
    p_wait: Floats  # [G, H]
    quantiles: Floats  # [G, H, L]
    presents: Ints  # [G, E]: the first epoch in which owners present what they do in this one
    # What is drawn once for an owner who is asked. Axes: L questions that are asked, Q all questions.
    asks: Ints  # [G, S] how many
    ask_what: NDArray[np.uint64]  # [G, S, L]: as `account_what` and so on
    ask_index: NDArray[np.uint64]
    ask_answer: Ints  # [G, S, Q]
    ask_below: Floats  # [G, S, L]: the probability that the answer is yes
    ask_what_if: Ints  # [G, S, L]: 1 where it says that they never answer, 2 that they have something to show
    at_first: Ints  # [G, S]: what is certain of both
    forgets: NDArray[np.bool_]  # [G]: a check that fails, whatever is refused or allowed, leaves no trace


# Questions to an owner by number: whether they never answer, then for each kind of document whether they hold, borrow,
# forge one.
ASK_NEVER, ASK_HOLDS = range(2)


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
    classes = _classes(scenario)
    co_users = [list(segment.co_users.items()) for segment in segments]
    trips = [segment.trips for segment in segments]
    noise = [noise_rows(scenario, signal) for signal in scenario.signals.values()]
    sure = {name for name, rows in zip(scenario.signals, noise, strict=True) if _is_sure(rows)}
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
        np.array([classes.index(_of_owner(scenario, s)) for s in segments]),
        np.array([s.vpn.users for s in segments], dtype=np.float64),
        np.array([s.vpn.on for s in segments], dtype=np.float64),
        np.array([_over(regions, s.vpn.exits) for s in segments]),
        np.array([mean_us(t.every) for t in trips]),
        np.array([mean_us(t.length) for t in trips]),
        np.array([t.length / (t.length + t.every) if t.length > 0 else 0.0 for t in trips]),
        np.array([_stays_below(scenario.length, mean_us(t.every)) if t.length > 0 else 1.0 for t in trips]),
        np.array([_over(regions, t.to) for t in trips]),
        words_below(np.array([_over(models, s.models) for s in segments])),
        np.array([_only_model(scenario, s) for s in segments]),
        np.array([0 < s.vpn.on < 1 for s in segments]),
        np.array([len(c) for c in co_users]),
        _padded([[names.index(name) for name, _ in c] for c in co_users], 0).astype(np.int64),
        _padded([[entry.present for _, entry in c] for c in co_users], 0.0),
        _padded([[entry.share for _, entry in c] for c in co_users], 0.0),
        *_signals(scenario, noise, strides, sure),
        np.array(strides[-3:]),
        *_asked(scenario, [_asked_of_account(scenario, segment, sure) for segment in segments]),
        *_asked(scenario, [_asked_of_body(scenario, segment, sure) for segment in segments]),
    )


def _stays_below(length: int, mean: float) -> float:
    """A number a little below that of which an exponential time of this mean, by inversion, is the window's length."""
    return exp(-(length + 1) / mean) * (1.0 - 1e-9) if mean > 0 else 0.0


Question = tuple[int, int, int, int]
"""A purpose, the slot of whom it asks, an index, and its number (`ASK_ACTIVITY` and so on)."""


def _asked_of_account(scenario: Scenario, owner: Segment, sure: Set[str]) -> list[Question]:
    """What is drawn once for an account; what is certain is not drawn."""
    asked: list[Question] = []
    if len(owner.activity.shares) > 1:
        asked.append((ACTIVITY, 0, 0, ASK_ACTIVITY))
    if _varies(owner.card):
        asked.append((CARD, 0, 0, ASK_CARD))
    if _varies(owner.declared):
        asked.append((DECLARED, 0, 0, ASK_DECLARED))
    asked += _noise_of(scenario, "account", READING_ACCOUNT, sure)
    first = ASK_NOISE + len(scenario.signals)
    return asked + [(COUSER_PRESENT, k + 1, 0, first + k) for k in range(len(owner.co_users))]


def _asked_of_body(scenario: Scenario, own: Segment, sure: Set[str]) -> list[Question]:
    """What is drawn once for a body."""
    asked: list[Question] = []
    if 0 < own.vpn.users < 1:
        asked.append((VPN_USER, 0, 0, ASK_VPN))
    if own.trips.length > 0:
        asked.append((TRIP_START, 0, 0, ASK_TRIP))
        asked.append((TRIP_GAP, 0, 1, ASK_TRIP_GAP))  # of those who are at home at first
    return asked + _noise_of(scenario, "place", READING_PLACE, sure)


def _noise_of(scenario: Scenario, refresh: str, purpose: int, sure: Set[str]) -> list[Question]:
    """The noise of the signals of one refresh: of the account, or of a body at home (place 0)."""
    return [
        (purpose, 0, j, ASK_NOISE + j)
        for j, (name, signal) in enumerate(scenario.signals.items())
        if signal.refresh == refresh and name not in sure
    ]


def _only_model(scenario: Scenario, own: Segment) -> int:
    """The model of all needs of a segment, -1 where there are several."""
    used = [number for number, name in enumerate(scenario.models) if own.models.get(name, 0) > 0]
    return used[0] if len(used) == 1 else -1


def _varies(shares: Mapping[str, float]) -> bool:
    return sum(share > 0 for share in shares.values()) > 1


def _is_sure(rows: Floats) -> bool:
    """Whether what a signal reads does not depend on chance, by its `noise_rows`."""
    return bool(((rows == 0) | (rows == 1)).all())


def _asked(
    scenario: Scenario, questions: Sequence[Sequence[Question]]
) -> tuple[Ints, NDArray[np.uint64], NDArray[np.uint64], Ints]:
    """The questions of each segment as `many_uniforms` takes them, and where the answer to each is found."""
    most = ASK_NOISE + len(scenario.signals) + max(len(s.co_users) for s in scenario.segments.values())
    return _listed(questions, max(1, *(len(asked) for asked in questions)), most)


def _listed(
    questions: Sequence[Sequence[Question]], width: int, most: int
) -> tuple[Ints, NDArray[np.uint64], NDArray[np.uint64], Ints]:
    """`_asked`, for at most ``width`` questions of a segment, of ``most`` that there are."""
    what = np.zeros((len(questions), width), dtype=np.uint64)
    index = np.zeros((len(questions), width), dtype=np.uint64)
    answer = np.full((len(questions), most), -1, dtype=np.int64)
    for s, asked in enumerate(questions):
        for place, (purpose, slot, number, question) in enumerate(asked):
            what[s, place] = (purpose << 16) + (slot << 8)
            index[s, place] = number
            answer[s, question] = place
    return np.array([len(asked) for asked in questions], dtype=np.int64), what, index, answer


OF_OWNER = ("organisation", "attestation", "revocation")
"""Attributes that the owner's segment settles."""


def _of_owner(scenario: Scenario, owner: Segment) -> dict[str, int]:
    """The values of the attributes that the owner's segment settles."""
    organisation = value_space(scenario, "organisation").index(owner.organisation or NO_ORGANISATION)
    word = word_for(scenario, owner)
    return {"organisation": organisation, "attestation": word, "revocation": word}


def _classes(scenario: Scenario) -> list[dict[str, int]]:
    """The combinations of these values that occur.

    To the compiled life they are the values of one attribute: so many attributes of the owner take no code in it.
    """
    found: list[dict[str, int]] = []
    for segment in scenario.segments.values():
        values = _of_owner(scenario, segment)
        if values not in found:
            found.append(values)
    return found


def _signals(
    scenario: Scenario, noise: Sequence[Floats], strides: Sequence[int], sure: Set[str]
) -> tuple[Ints, Ints, NDArray[np.bool_], Ints, int, Floats, Ints, Ints, Ints, Floats, Ints, Ints, Ints]:
    signals = list(scenario.signals.values())
    sizes = [len(value_space(scenario, signal.observes)) for signal in signals]
    classes = _classes(scenario)
    most = max([1, *sizes, *(len(classes) for s in signals if s.observes in OF_OWNER)])
    count = len(signals)
    rows = np.ones((count, len(CHANNELS), len(NETWORK_KINDS), most, most + 1))
    step = np.zeros((count, most, most + 1), dtype=np.int64)
    for j, (signal, size) in enumerate(zip(signals, sizes, strict=True)):
        values = [one[signal.observes] for one in classes] if signal.observes in OF_OWNER else range(size)
        rows[j, :, :, : len(values), : size + 1] = cumulative(noise[j])[:, :, values]
        for v, value in enumerate(values):
            step[j, v, : size + 1] = [value_at(value, position) * strides[j] for position in range(size + 1)]
    causes, order = list(scenario.causes.values()), list(scenario.signals)
    refresh = np.array([REFRESHES.index(signal.refresh) for signal in signals], dtype=np.int64)
    cause_of = np.full(count, -1, dtype=np.int64)
    for q, cause in enumerate(causes):
        cause_of[[order.index(name) for name in cause.signals]] = q
    blocks = network_blocks(scenario)
    is_sure = np.array([name in sure for name in scenario.signals], dtype=np.bool_)
    return (
        np.array(
            [min(ATTRIBUTES.index(signal.observes), ATTRIBUTES.index("organisation")) for signal in signals],
            dtype=np.int64,
        ),
        refresh,
        is_sure,
        np.flatnonzero((refresh == REFRESHES.index("session")) & ~is_sure).astype(np.int64),
        most,
        rows.reshape(-1, most + 1),
        words_below(rows.reshape(-1, most + 1)[:, 0]),
        step.reshape(-1, most + 1),
        cause_of,
        np.array([cause.probability for cause in causes], dtype=np.float64),
        np.array([refresh[order.index(cause.signals[0])] for cause in causes], dtype=np.int64),
        np.array([cause.scope == "network" for cause in causes], dtype=np.int64),
        np.array(blocks, dtype=np.int64).reshape(len(causes), len(scenario.regions)),
    )


def law_arrays(scenario: Scenario, laws: Sequence[Law]) -> LawArrays:
    """The law under several readings as arrays.

    Raises
    ------
    ValueError
        If the laws differ in their epochs, or in the models that they name, or there are more than `MOST_READINGS`.
    """
    starts = _starts(laws)
    if any(
        not np.array_equal(a.named, b.named)
        for law in laws
        for a, b in zip(law.epochs, laws[0].epochs, strict=True)
    ):
        raise ValueError("the laws do not name the same models")
    if len(laws) > MOST_READINGS:
        raise ValueError(f"at most {MOST_READINGS} readings at once")
    first = laws[0].epochs
    bits = [
        [epoch.restricted.astype(np.int64) << bit for epoch in law.epochs] for bit, law in enumerate(laws)
    ]
    segments, kinds = list(scenario.segments.values()), makers(scenario)
    channels = [CHANNELS.index(segments[kind.owner].channel) for kind in kinds]
    # From [E, segment, region, M, channel] to [maker, E, region, M].
    of_makers = np.sum(bits, axis=0)[:, [kind.segment for kind in kinds], :, :, channels]
    maker = np.full((len(segments), 1 + max(kind.body for kind in kinds)), -1, dtype=np.int64)
    for number, kind in enumerate(kinds):
        maker[kind.owner, kind.body] = number
    return LawArrays(
        np.array([*starts, scenario.length], dtype=np.int64),
        np.concatenate([epoch.named for epoch in first]),
        np.ascontiguousarray(of_makers, dtype=np.int32).ravel(),
        of_makers[0].size,
        of_makers[0, 0].size,
        maker,
        np.array([kind.segment for kind in kinds], dtype=np.int64),
        midnight_us(scenario),
        number_of_days(scenario),
    )


def _starts(laws: Sequence[Law]) -> list[int]:
    starts = [[epoch.start_us for epoch in law.epochs] for law in laws]
    if any(start != starts[0] for start in starts):
        raise ValueError("the laws do not change at the same instants")
    return starts[0]


def _decisions(tables: Tables, gated: NDArray[np.bool_], space: CellSpace) -> NDArray[np.int8]:
    """int8[state, cell]: the action, or `OPEN` where the law or the policy leaves the gate open.

    Parameters
    ----------
    tables
        Of one epoch.
    gated
        bool[model, channel]: whether the law gates them in it.
    space
        The cells.
    """
    *_, channel, model, _ = np.unravel_index(np.arange(space.size), space.shape)
    closed = tables.acts & gated[model, channel]
    return np.where(closed, tables.actions, np.int8(OPEN)).astype(np.int8)


def _refuse_wrong_shapes(tables: Tables, space: CellSpace, where: str) -> None:
    """Refuse tables, such as a plug-in's, that do not fit the cells of the scenario."""
    states = len(STATES)
    wanted = {"actions": (states, space.size), "acts": (space.size,), "durations_us": (states,)}
    for name, shape in wanted.items():
        got = np.shape(getattr(tables, name))
        if got != shape:
            raise ValueError(f"{where}: {name} has shape {got}, and must have {shape} (states, cells)")
    if np.any((tables.actions < 0) | (tables.actions >= OPEN)):
        raise ValueError(f"{where}: actions must be 0 (allow), 1 (check) or 2 (block)")


def _plain_ends(
    scenario: Scenario, tables: Tables, decisions: NDArray[np.int8], space: CellSpace
) -> NDArray[np.int8]:
    """int8[state, cell]: how a need ends that is decided by the account's state and its cell alone and leaves no trace.

    A number in `ENDS`; -1 where a check opens, chance has a say, or the need changes the state. A state other than
    `FRESH` is changed by checks only.
    """
    reactions, durations = scenario.reactions, tables.durations_us
    *_, model, _ = np.unravel_index(np.arange(space.size), space.shape)
    has_fallback = np.array([m.fallback is not None for m in scenario.models.values()])[model]
    by_chance = has_fallback & (reactions.fall_back not in (0, 1))
    served_instead = has_fallback & (reactions.fall_back > 0)
    ends = np.full(decisions.shape, -1, dtype=np.int8)
    for state in range(len(STATES)):
        action = decisions[state]
        ends[state, action == OPEN] = END_SERVED
        if state != FRESH or durations[ALLOWED] == 0:
            ends[state, action == ALLOW] = END_SERVED
        if reactions.leave == 0 and (state != FRESH or durations[BLOCKED] == 0):
            standing = state in (BLOCKED, CHECK_FAILED)
            reason = SHUTDOWN if tables.is_shutdown else STANDING_BLOCK if standing else RULE
            refused = np.where(served_instead, FALLBACK_FOR + reason, REFUSED_FOR + reason)
            plain = (action == BLOCK) & ~by_chance
            ends[state, plain] = refused[plain]
    return ends


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
        If the laws differ in their epochs, a gate has not one table for each, or a table not the shape of the
        cells.
    """
    starts = _starts(laws)
    if any(len(gate) != len(starts) for gate in gates):
        raise ValueError(f"the law has {len(starts)} epochs: a gate needs as many tables")
    documents, segments = list(scenario.documents.values()), list(scenario.segments.values())
    kinds = list(scenario.documents)
    space = CellSpace.of(scenario)
    for number, gate in enumerate(gates):
        for epoch, tables in enumerate(gate):
            _refuse_wrong_shapes(tables, space, f"gate {number}, epoch {epoch}")
    unique: list[Tables] = []
    decisions: list[NDArray[np.int8]] = []
    known: dict[tuple[int, bytes], int] = {}
    table = np.zeros((len(gates), len(starts)), dtype=np.int64)
    for g, gate in enumerate(gates):
        for e, tables in enumerate(gate):
            gated = laws[g].epochs[e].gated
            key = (id(tables), gated.tobytes())
            if key not in known:
                known[key] = len(unique)
                unique.append(tables)
                decisions.append(_decisions(tables, gated, space))
            table[g, e] = known[key]
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
    return GateArrays(
        np.array([*starts, scenario.length], dtype=np.int64),
        table,
        np.array(decisions, dtype=np.int8),
        np.array([tables.durations_us for tables in unique], dtype=np.int64).reshape(-1, len(STATES)),
        np.array([tables.is_shutdown for tables in unique]),
        np.array([tables.kills for tables in unique]),
        np.stack(
            [_plain_ends(scenario, t, d, space) for t, d in zip(unique, decisions, strict=True)], axis=1
        ),
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
        words_below(np.array([s.gives_up for s in segments], dtype=np.float64)),
        np.array([s.presents_forged for s in segments], dtype=np.float64),
        np.array([s.presents_borrowed for s in segments], dtype=np.float64),
        np.array([d.automatic_time for d in documents], dtype=np.int64),
        np.array([d.to_desk for d in documents], dtype=np.float64),
        np.array(
            [
                _refused_for(model.fallback is not None, reactions.fall_back)
                for model in scenario.models.values()
            ]
        ),
        float(reactions.fall_back),
        float(reactions.leave),
        mean_us(reactions.away),
        mean_us(desk.service) if desk is not None else 0.0,
        mean_us(desk.patience) if desk is not None else 0.0,
        np.array([one is not None for one in waits]),
        p_wait,
        quantiles,
        _presents(table, unique, suffices, accepted),
        *_asked_of_owner(
            scenario, [sorted({d for t in gate for d in t.documents}) for gate in gates], accepted
        ),
        np.array([_forgets(scenario, gate) for gate in gates]),
    )


def _forgets(scenario: Scenario, gate: Sequence[Tables]) -> bool:
    """See `GateArrays`."""
    reactions = scenario.reactions
    durations = np.array([tables.durations_us for tables in gate])[:, [ALLOWED, BLOCKED, CHECK_FAILED]]
    return not durations.any() and reactions.leave == 0 and reactions.fall_back in (0, 1)


def _refused_for(has_fallback: bool, fall_back: float) -> int:
    """See `GateArrays`."""
    if has_fallback and 0 < fall_back < 1:
        return -1
    return FALLBACK_FOR if has_fallback and fall_back >= 1 else REFUSED_FOR


def _presents(
    table: Ints,
    unique: Sequence[Tables],
    suffices: NDArray[np.bool_],
    accepted: Sequence[Sequence[Sequence[int]]],
) -> Ints:
    """See `GateArrays`: what owners present goes by the documents, by whom they clear, and by the checker's errors."""
    found = np.zeros_like(table)
    for gate, epochs in enumerate(accepted):
        known: dict[tuple[object, ...], int] = {}
        for epoch, own in enumerate(epochs):
            tables = unique[table[gate, epoch]]
            errors = (tables.false_reject, tables.false_accept, tables.false_match)
            key = (*own, None, *tables.documents, suffices[gate, epoch].tobytes(), np.array(errors).tobytes())
            found[gate, epoch] = known.setdefault(key, epoch)
    return found


NEVER_IF, SHOWS_IF = 1, 2
"""What answers of owners say; see `GateArrays.ask_what_if`."""


def _asked_of_owner(
    scenario: Scenario, documents: Sequence[Sequence[int]], accepted: Sequence[Sequence[Sequence[int]]]
) -> tuple[Ints, NDArray[np.uint64], NDArray[np.uint64], Ints, Floats, Ints, Ints]:
    """What gates have drawn of each owner who is asked; what is certain is not drawn.

    Parameters
    ----------
    documents, accepted
        For each gate the kinds of documents that it may ask for; for each epoch those that it accepts.
    """
    kinds, width = list(scenario.documents.items()), len(scenario.documents)
    segments = list(scenario.segments.values())
    firsts = [sorted({own[0] for own in epochs if own}) for epochs in accepted]
    most = max(1 + len(own) + 2 * len(first) for own, first in zip(documents, firsts, strict=True))
    below = np.zeros((len(documents), len(segments), most))
    what_if = np.zeros(below.shape, dtype=np.int64)
    at_first = np.zeros(below.shape[:2], dtype=np.int64)
    parts = []
    for gate, of_gate in enumerate(documents):
        questions: list[list[Question]] = []
        for s, segment in enumerate(segments):
            all_questions = [(NEVER_ANSWERS, 0, ASK_NEVER, segment.never_answers)]
            for d in of_gate:
                name, kind = kinds[d]
                holds = segment.documents.get(name, 0.0) if segment.status in kind.proves else 0.0
                all_questions.append((HOLDS_DOCUMENT, d, ASK_HOLDS + d, holds))
            for d in firsts[gate]:
                all_questions.append((BORROWS, d, ASK_HOLDS + width + d, segment.presents_borrowed))
                all_questions.append((FORGES, d, ASK_HOLDS + 2 * width + d, segment.presents_forged))
            asked: list[Question] = []
            for purpose, index, question, probability in all_questions:
                says = NEVER_IF if question == ASK_NEVER else SHOWS_IF
                if 0 < probability < 1:
                    below[gate, s, len(asked)], what_if[gate, s, len(asked)] = probability, says
                    asked.append((purpose, 0, index, question))
                elif probability >= 1:
                    at_first[gate, s] |= says
            questions.append(asked)
        parts.append(_listed(questions, most, ASK_HOLDS + 3 * width))
    asks, what, index_of, answer = (np.array(column) for column in zip(*parts, strict=True))
    return asks, what, index_of, answer, below, what_if, at_first


def _numbers(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return np.array([[*row, *[-1] * (width - len(row))] for row in rows], dtype=np.int64)
