"""Gates that weigh: add up a weight for each signal that reads foreign."""

from __future__ import annotations

import numpy as np

from gatesim.gates.foreign import reads_foreign
from gatesim.gates.frame import along, make_tables
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.policies import Score
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

SLACK = 1e-9
"""A sum this close below a threshold reaches it: 0.1 + 0.7 is 0.8 here, and not in floating point."""


def slack(policy: Score) -> float:
    """How far below a threshold a score may be and still reach it."""
    return SLACK * (1.0 + sum(abs(w) for w in (*policy.weights.values(), *policy.unknown_weights.values())))


def compile(policy: Score, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``score``: block from ``block_at`` on, else check from ``check_at`` on, else allow.

    A signal adds its weight where it reads foreign (see `gatesim.gates.foreign`), its weight of
    ``unknown_weights`` where it reads ``unknown``, nothing where it reads home.
    """
    score = np.zeros(space.shape)
    for signal in dict.fromkeys((*policy.weights, *policy.unknown_weights)):
        weight = policy.weights.get(signal, 0.0)
        known = np.where(reads_foreign(scenario, space, signal), weight, 0.0)
        unknown = policy.unknown_weights.get(signal, 0.0)
        score = score + along(space, space.signals.index(signal), np.append(known, unknown))
    below = slack(policy)
    fresh = np.full(space.shape, ALLOW, dtype=np.int8)
    if policy.check_at is not None:
        fresh[score >= policy.check_at - below] = CHECK
    if policy.block_at is not None:
        fresh[score >= policy.block_at - below] = BLOCK
    return make_tables(policy, scenario, space, fresh)
