"""Gates that take a customer's word: serve the accounts that it vouches for."""

from __future__ import annotations

import numpy as np

from gatesim.gates.frame import along, make_tables
from gatesim.gates.tables import ACTIONS, ALLOW, BLOCK, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Attested
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(policy: Attested, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``attested``.

    A word is whatever the signal reads: ``vouched`` is served, all else (``not_vouched``, ``none``, ``unknown``) is
    not. Where the signal of revocations reads ``revoked`` the word is worth nothing any more: block.
    """
    axis = space.signals.index(policy.signal)
    vouched = along(space, axis, [name == "vouched" for name in space.readings[axis]])
    fresh = np.broadcast_to(np.where(vouched, ALLOW, ACTIONS.index(policy.otherwise)), space.shape)
    if policy.revocation is not None:
        axis = space.signals.index(policy.revocation)
        revoked = along(space, axis, [name == "revoked" for name in space.readings[axis]])
        fresh = np.where(vouched & revoked, BLOCK, fresh)
    return make_tables(policy, scenario, space, fresh)
