"""Gates that count: act when enough of the named signals read foreign."""

from __future__ import annotations

import numpy as np

from gatesim.gates.foreign import foreign
from gatesim.gates.frame import make_tables
from gatesim.gates.tables import ACTIONS, ALLOW, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import KOfN
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(policy: KOfN, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``k_of_n``.

    ``any`` is one foreign signal, ``all`` is all that count, ``majority`` more than half of those that count.
    With ``unknown = "ignore"`` a signal that reads ``unknown`` does not count; where none counts, the cell is
    not foreign. See `gatesim.gates.foreign` for what reads foreign.
    """
    found = np.zeros(space.shape, dtype=np.int64)
    counted = np.zeros(space.shape, dtype=np.int64)
    for signal in policy.signals:
        reads, counts = foreign(scenario, space, signal, policy.unknown)
        found += reads & counts
        counted += counts
    if policy.k == "any":
        acts = found >= 1
    elif policy.k == "all":
        acts = (found == counted) & (counted > 0)
    elif policy.k == "majority":
        acts = 2 * found > counted
    else:
        acts = found >= policy.k
    return make_tables(policy, scenario, space, np.where(acts, ACTIONS.index(policy.then), ALLOW))
