"""What the tables of all families have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK_FAILED, CLEARED, FRESH, STATES, Tables
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.policies import Policy
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def along(space: CellSpace, axis: int, values: Sequence[object] | NDArray[Any]) -> NDArray[Any]:
    """Lay values along one axis of the cells, so that they broadcast against the others."""
    shape = [1] * len(space.shape)
    shape[axis] = -1
    return np.asarray(values).reshape(shape)


def on_channels(space: CellSpace, channels: Collection[str]) -> NDArray[Any]:
    """Which cells belong to accounts of some channels; to any where none is named. Broadcasts over cells."""
    return along(space, len(space.signals), [not channels or name in channels for name in CHANNELS])


def on_models(space: CellSpace, models: Collection[str]) -> NDArray[Any]:
    """Which cells belong to needs for some models; to any where none is named. Broadcasts over cells."""
    return along(space, len(space.signals) + 1, [not models or name in models for name in space.models])


def at_least_as_old(scenario: Scenario, space: CellSpace, age: int) -> NDArray[Any]:
    """Which cells belong to accounts that have reached an age, in microseconds. Broadcasts over cells.

    The age is zero or one of the scenario's ``age_bands``: the service tells no others apart.
    """
    reached = sum(band <= age for band in scenario.age_bands)
    return along(space, len(space.signals) + 2, np.arange(space.bands) >= reached)


def make_tables(
    policy: Policy,
    scenario: Scenario,
    space: CellSpace,
    fresh: NDArray[Any] | int,
    *,
    allowed: NDArray[Any] | int = ALLOW,
    blocked: NDArray[Any] | int = BLOCK,
    cleared: NDArray[Any] | int = ALLOW,
    check_failed: NDArray[Any] | int = BLOCK,
    is_shutdown: bool = False,
) -> Tables:
    """Put the tables of a policy together.

    Parameters
    ----------
    policy, scenario, space
        The policy, its scenario, and the scenario's cells.
    fresh
        Action in each cell for an account that nothing is known of; it, too, may broadcast over cells.
    allowed, blocked, cleared, check_failed
        Action in the other states. As a rule an account that was allowed or cleared is served whatever its
        cell, and one that was blocked or failed a check is refused.
    is_shutdown
        Whether a block is a shutdown.

    Returns
    -------
    Tables
        Its arrays are not writeable.
    """
    actions = np.empty((len(STATES), space.size), dtype=np.int8)
    for state, action in (
        (FRESH, fresh),
        (ALLOWED, allowed),
        (BLOCKED, blocked),
        (CLEARED, cleared),
        (CHECK_FAILED, check_failed),
    ):
        actions[state] = np.broadcast_to(np.asarray(action), space.shape).ravel()
    acts = np.broadcast_to(
        np.asarray(on_channels(space, policy.channels) & on_models(space, policy.models)),
        space.shape,
    )
    durations = np.zeros(len(STATES), dtype=np.int64)
    durations[ALLOWED] = policy.allow_lasts
    durations[BLOCKED] = policy.block_lasts
    durations[CLEARED] = policy.clearance
    durations[CHECK_FAILED] = policy.ask_again_after
    kinds = list(scenario.documents)
    checkers = [scenario.checkers[policy.checker or d.checker] for d in scenario.documents.values()]
    tables = Tables(
        actions=actions,
        acts=acts.ravel().copy(),
        durations_us=durations,
        documents=tuple(kinds.index(name) for name in policy.documents),
        false_reject=np.array([c.false_reject for c in checkers], dtype=np.float64),
        false_accept=np.array([c.false_accept for c in checkers], dtype=np.float64),
        false_match=np.array([c.false_match for c in checkers], dtype=np.float64),
        is_shutdown=is_shutdown,
    )
    for array in (
        tables.actions,
        tables.acts,
        tables.durations_us,
        tables.false_reject,
        tables.false_accept,
        tables.false_match,
    ):
        array.flags.writeable = False
    return tables
