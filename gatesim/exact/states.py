"""Which states a policy puts accounts into, and whether the exact engine can follow them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import CannotDo, counted_epochs
from gatesim.gates.tables import (
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    STATES,
    Tables,
)
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import format_duration

KEYS = {
    ALLOWED: "allow_lasts",
    BLOCKED: "block_lasts",
    CLEARED: "clearance",
    CHECK_FAILED: "ask_again_after",
}
"""The key of a policy that says how long a state lasts."""


def acting_cells(scenario: Scenario, law: Law, gate: Sequence[Tables], epoch: int) -> NDArray[np.bool_]:
    """Whether the gate acts on a cell in an epoch: the policy does, and the law asks for it. bool[cell]."""
    gated = law.epochs[epoch].gated
    acts = gate[epoch].acts.reshape(-1, len(CHANNELS), len(scenario.models), len(scenario.age_bands) + 1)
    return (acts & gated.T[:, :, None]).ravel()


def entered(scenario: Scenario, law: Law, gate: Sequence[Tables], epoch: int) -> tuple[int, ...]:
    """States that a fresh account can be put into in an epoch (those that last no time are never entered)."""
    causes = {ALLOWED: ALLOW, BLOCKED: BLOCK, CLEARED: CHECK, CHECK_FAILED: CHECK}
    lasting = [state for state in causes if gate[epoch].durations_us[state] > 0]
    if not lasting:
        return ()
    acts = acting_cells(scenario, law, gate, epoch)
    fresh = gate[epoch].actions[FRESH]
    taken = [bool(((fresh == action) & acts).any()) for action in (ALLOW, CHECK, BLOCK)]
    return tuple(state for state in lasting if taken[causes[state]])


def has_memory(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> bool:
    """Whether an account can ever be in another state than fresh."""
    return any(entered(scenario, law, gate, e) for e in counted_epochs(law))


def refuse_other_durations(scenario: Scenario, law: Law, gate: Sequence[Tables], policy: str = "") -> None:
    """Refuse policies whose memory is neither none nor lasting.

    A decision (`allowed`, `blocked`, `check_failed`) ends with the law it was made under, so it lasts if it
    outlives every epoch in which it is made; a clearance lasts if it outlives the window.

    Raises
    ------
    CannotDo
        With the key to change.
    """
    where = f"policies.{policy}." if policy else ""
    for e in counted_epochs(law):
        epoch, tables = law.epochs[e], gate[e]
        acts = acting_cells(scenario, law, gate, e)
        for state in entered(scenario, law, gate, e):
            duration = int(tables.durations_us[state])
            needed = scenario.length - epoch.start_us if state == CLEARED else epoch.length_us
            if duration < needed:
                raise CannotDo(
                    f"{where}{KEYS[state]} = {format_duration(duration)}: the exact engine follows states "
                    f"that last no time, or at least the rest of the window ({format_duration(needed)} "
                    'here); write "0s" or "forever", or use another engine'
                )
        # A cleared account meets the tables of later epochs as well.
        for state in _ever_entered(scenario, law, gate, e):
            if (tables.actions[state][acts] == CHECK).any():
                raise CannotDo(
                    f"{where[:-1] or 'the policy'} asks for documents of accounts that are {STATES[state]}: "
                    "the exact engine follows checks of fresh accounts only; use another engine"
                )


def _ever_entered(scenario: Scenario, law: Law, gate: Sequence[Tables], epoch: int) -> tuple[int, ...]:
    """States in which an account can be in an epoch, apart from fresh."""
    now = set(entered(scenario, law, gate, epoch))
    if any(CLEARED in entered(scenario, law, gate, e) for e in counted_epochs(law) if e < epoch):
        now.add(CLEARED)
    return tuple(sorted(now))
