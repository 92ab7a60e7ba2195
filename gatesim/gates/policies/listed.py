"""Gates with a list: allow those who are on it."""

from __future__ import annotations

import numpy as np

from gatesim.gates.frame import along, at_least_as_old, make_tables, on_channels
from gatesim.gates.tables import ACTIONS, ALLOW, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Listed
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(policy: Listed, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``listed``.

    An account is on the list if the signal reads one of the organisations, if it is old enough, or if it is one of the
    lab's own staff; the gate sees no organisation but through the signal, errors and all.
    """
    on_list = np.zeros(space.shape, dtype=np.bool_)
    if policy.signal is not None:
        axis = space.signals.index(policy.signal)
        on_list |= along(space, axis, [name in policy.organisations for name in space.readings[axis]])
    if policy.age_at_least is not None:
        on_list |= at_least_as_old(scenario, space, policy.age_at_least)
    if policy.staff:
        on_list |= on_channels(space, ["internal"])
    return make_tables(policy, scenario, space, np.where(on_list, ALLOW, ACTIONS.index(policy.otherwise)))
