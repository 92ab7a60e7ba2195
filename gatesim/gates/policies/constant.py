"""Gates that look at nothing: serve everybody, or nobody."""

from __future__ import annotations

from gatesim.gates.frame import make_tables
from gatesim.gates.tables import ALLOW, BLOCK, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Open, Shutdown
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(
    policy: Open | Shutdown, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch
) -> Tables:
    """The tables of ``open`` and ``shutdown``: the same action in every cell and every state.

    An earlier gate may have left accounts blocked or cleared; that does not matter to either.
    """
    is_shutdown = policy.family == "shutdown"
    action = BLOCK if is_shutdown else ALLOW
    return make_tables(
        policy,
        scenario,
        space,
        action,
        allowed=action,
        blocked=action,
        cleared=action,
        check_failed=action,
        is_shutdown=is_shutdown,
    )
