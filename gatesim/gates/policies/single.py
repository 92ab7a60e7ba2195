"""Gates that look at one signal."""

from __future__ import annotations

import numpy as np

from gatesim.gates.foreign import foreign
from gatesim.gates.frame import make_tables
from gatesim.gates.tables import ACTIONS, ALLOW, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Single
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(policy: Single, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``single``: act where the signal reads foreign (see `gatesim.gates.foreign`).

    A reading ``unknown`` that is ignored lets the session pass, as one that counts as home does.
    """
    reads, counts = foreign(scenario, space, policy.signal, policy.unknown)
    return make_tables(policy, scenario, space, np.where(reads & counts, ACTIONS.index(policy.then), ALLOW))
