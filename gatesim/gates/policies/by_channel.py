"""Gates put together: on each channel the decisions of another policy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatesim.gates.frame import make_tables, on_channels
from gatesim.gates.tables import ALLOW, STATES, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import ByChannel, Policy
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

OWN = ("documents", "checker", "clearance", "ask_again_after", "allow_lasts", "block_lasts")
"""What is the same on all channels: an account is in one state, and a state lasts equally long everywhere."""


def compile(policy: ByChannel, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``by_channel``: those of its parts, each on its channel.

    A part is compiled as if documents, checker and durations of the whole were its own. Where a part does not act on
    its channel or a model, neither does the whole. A block is the rule's, also where a part is a shutdown: the service
    as a whole goes on.
    """
    from gatesim.gates.compile import COMPILERS  # which knows this family, too

    whole = make_tables(policy, scenario, space, ALLOW)
    actions = np.zeros((len(STATES), space.size), dtype=np.int8)
    acts = np.zeros(space.size, dtype=np.bool_)
    for channel, name in policy.parts.items():
        part: Policy = scenario.policies[name].model_copy(update={key: getattr(policy, key) for key in OWN})
        tables = COMPILERS[scenario.policies[name].family](part, scenario, space, reading, epoch)
        here = np.broadcast_to(on_channels(space, [channel]), space.shape).ravel()
        actions[:, here] = tables.actions[:, here]
        acts[here] = tables.acts[here] & whole.acts[here]
    actions.flags.writeable = acts.flags.writeable = False
    return replace(whole, actions=actions, acts=acts)
