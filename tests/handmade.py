"""Hand-made gates and people, for tests that must know every instant.

A cell's number says what a fresh account gets there: 0 allows, 1 asks for a check, 2 blocks; the policy does
not act on cell 3. Needs are made for the instants that a test names.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gatesim.gates.tables import ALLOW, BLOCK, CHECK, STATES, Tables
from gatesim.law.law import Law
from gatesim.scenario.types import FOREVER, MINUTE
from gatesim.world.draws import SLOT
from gatesim.world.people import Account, Body, Need

ALLOWS, ASKS, BLOCKS, UNTOUCHED = range(4)

NEW, OLD = 0, 1

When = tuple[float, int] | tuple[float, int, int]
"""Minutes since the start, a cell, and perhaps a model."""


def gate(
    law: Law, durations: Mapping[str, int] | None = None, is_shutdown: bool = False, **errors: float
) -> tuple[Tables, ...]:
    """The hand-made gate for every epoch of a law.

    Parameters
    ----------
    law
        The law.
    durations
        How long each state lasts, in microseconds; cleared lasts for ever, the others no time.
    is_shutdown
        Whether its blocks are a shutdown.
    **errors
        ``false_reject``, ``false_accept``, ``false_match`` of document 0; 0 where not given.
    """
    fresh = np.array([ALLOW, CHECK, BLOCK, BLOCK], dtype=np.int8)
    everywhere = {"fresh": fresh, "allowed": ALLOW, "blocked": BLOCK, "cleared": ALLOW, "check_failed": BLOCK}
    actions = np.array([np.broadcast_to(everywhere[state], 4) for state in STATES], dtype=np.int8)
    lasts = {"cleared": FOREVER, **(durations or {})}
    tables = Tables(
        actions=actions,
        acts=np.array([True, True, True, False]),
        durations_us=np.array([lasts.get(state, 0) for state in STATES], dtype=np.int64),
        documents=(0,),
        false_reject=np.array([errors.get("false_reject", 0.0)]),
        false_accept=np.array([errors.get("false_accept", 0.0)]),
        false_match=np.array([errors.get("false_match", 0.0)]),
        is_shutdown=is_shutdown,
    )
    return (tables,) * len(law.epochs)


def at_us(minutes: float) -> int:
    """Microseconds of an instant given in minutes."""
    return round(minutes * MINUTE)


def account(number: int, *needs: When, segment: int = 0, co_user: Sequence[When] | None = None) -> Account:
    """An account whose owner, and perhaps one co-user of the same segment, have the given needs at home."""

    def body(slot: int, whens: Sequence[When]) -> Body:
        made = (
            Need(number, at_us(when[0]), when[2] if len(when) == 3 else NEW, 0, when[1])
            for number, when in enumerate(whens)
        )
        return Body(number + slot * SLOT, slot, segment, tuple(made))

    bodies = (body(0, needs),) if co_user is None else (body(0, needs), body(1, co_user))
    return Account(number, segment, 1.0, 0, 0, bodies)
