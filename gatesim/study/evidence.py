"""What a policy makes of the readings of one session, as the number that it compares with its thresholds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gatesim.gates.beliefs import believed
from gatesim.gates.foreign import foreign
from gatesim.gates.policies.posterior import restricted_given_cell
from gatesim.law.law import Epoch
from gatesim.scenario.policies import AnyPolicy, KOfN, Posterior, Single
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace


class Evidence(NamedTuple):
    """What the readings amount to for an account that nothing is known of.

    Attributes
    ----------
    probability
        Of the family ``posterior``: the probability, as the operator believes, that the need is restricted given
        its cell; None where such a cell cannot occur by these beliefs.
    foreign, counted
        Of the families ``k_of_n`` and ``single``: how many signals read foreign, of how many that count.
    """

    probability: float | None = None
    foreign: int | None = None
    counted: int | None = None


def evidence(scenario: Scenario, policy: AnyPolicy, epoch: Epoch) -> Callable[[int], Evidence | None]:
    """How a policy weighs cells under the law of an epoch.

    Returns
    -------
    callable
        From the flat index of a cell to what it amounts to; None for families that have no such number.
    """
    if isinstance(policy, Posterior):
        probability = restricted_given_cell(believed(scenario, policy), epoch)
        return lambda cell: Evidence(None if np.isnan(probability[cell]) else float(probability[cell]))
    if not isinstance(policy, KOfN | Single):
        return lambda cell: None
    space = CellSpace.of(scenario)
    names = policy.signals if isinstance(policy, KOfN) else (policy.signal,)
    masks = [foreign(scenario, space, name, policy.unknown) for name in names]

    def votes(cell: int) -> Evidence:
        parts = space.parts(cell)
        found = [
            tuple(bool(np.broadcast_to(mask, space.shape)[parts]) for mask in of_signal)
            for of_signal in masks
        ]
        return Evidence(
            foreign=sum(reads and counts for reads, counts in found),
            counted=sum(counts for _, counts in found),
        )

    return votes
