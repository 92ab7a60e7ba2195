"""Gates written out as rules: the first whose condition holds decides."""

from __future__ import annotations

import numpy as np

from gatesim.gates.frame import along, at_least_as_old, make_tables, on_channels, on_models
from gatesim.gates.tables import ACTIONS, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Rules
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


def compile(policy: Rules, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``rules``.

    Raises
    ------
    ValueError
        If a rule names a signal or a reading that the scenario does not have.
    """
    fresh = np.full(space.shape, ACTIONS.index(policy.otherwise), dtype=np.int8)
    for rule in reversed(policy.rules):
        when = rule.when
        holds = np.ones(space.shape, dtype=np.bool_)
        for signal, names in when.readings.items():
            axis = space.signals.index(signal)
            numbers = [space.readings[axis].index(name) for name in names]
            holds &= along(space, axis, np.isin(np.arange(len(space.readings[axis])), numbers))
        holds &= on_channels(space, when.channels)
        holds &= on_models(space, when.models)
        holds &= at_least_as_old(scenario, space, when.age_at_least)
        # From the last rule to the first: an earlier rule overrides the later ones.
        fresh[holds] = ACTIONS.index(rule.then)
    return make_tables(policy, scenario, space, fresh)
