"""Gates by Bayes: compare the probability that a need is restricted, given its cell, with two thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.beliefs import believed
from gatesim.gates.checks import acceptable, shown_as_clearing
from gatesim.gates.frame import make_tables
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, Tables
from gatesim.law.law import Epoch, Law
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.world.cells import needs_by_cell
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace


def restricted_given_cell(
    scenario: Scenario, epoch: Epoch, among: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The probability that a need is restricted, given the cell it shows (Bayes' rule).

    Parameters
    ----------
    scenario
        The scenario, or what somebody believes of it.
    epoch
        The law.
    among
        bool[makers]: only needs of these makers are considered; by default of all.

    Returns
    -------
    ndarray, shape (cells,)
        Needs are weighed by the makers' rates and the share of accounts. NaN in cells that no need shows. Not
        writeable.
    """
    return _given_cell(scenario, epoch.restricted.tobytes(), None if among is None else tuple(among.tolist()))


@kept
def _given_cell(scenario: Scenario, restricted: bytes, among: tuple[bool, ...] | None) -> NDArray[np.float64]:
    """See `restricted_given_cell`; the law is given by the bytes of `Epoch.restricted`.

    Policies that differ in their thresholds ask for the same.
    """
    shape = (len(scenario.segments), len(scenario.regions), len(scenario.models), len(CHANNELS))
    table = np.frombuffer(restricted, dtype=np.bool_).reshape(shape)
    everybody = makers(scenario)
    owners = list(scenario.segments.values())
    channels = [CHANNELS.index(owners[m.owner].channel) for m in everybody]
    law = np.array([table[m.segment, :, :, h] for m, h in zip(everybody, channels, strict=True)])
    counted = np.ones(len(everybody), dtype=np.bool_) if among is None else np.array(among, dtype=np.bool_)
    counted = np.broadcast_to(counted[:, None, None], law.shape)
    restricted_needs = needs_by_cell(scenario, law & counted)
    entitled_needs = needs_by_cell(scenario, ~law & counted)
    total = restricted_needs + entitled_needs
    probability = np.full(len(total), np.nan)
    np.divide(restricted_needs, total, out=probability, where=total > 0)
    probability.flags.writeable = False
    return probability


def _fresh(policy: Posterior, probability: NDArray[np.float64]) -> NDArray[np.int8]:
    """Compare with the thresholds; a cell that should not occur gets the strictest action the policy has."""
    known = np.where(np.isnan(probability), np.inf, probability)
    actions = np.full(len(probability), ALLOW, dtype=np.int8)
    if policy.check_above is not None:
        actions[known > policy.check_above] = CHECK
    if policy.block_above is not None:
        actions[known > policy.block_above] = BLOCK
    return actions


def _cleared(
    policy: Posterior, belief: Scenario, space: CellSpace, epoch: Epoch, fresh: NDArray[np.float64]
) -> NDArray[np.int8]:
    """Actions for an account whose owner passed a check.

    What is compared is the probability that the need is restricted given the cell, and given that the owner's
    status is one that an accepted document shows as clearing; the operator knows no better than that it is
    the owner who makes the need. Where the reading asks for a status alone nothing is left to block. Where it
    also asks where the person is, the gate goes on looking.

    In a cell that no such owner shows, it blocks if the law restricts any of them anywhere for the cell's
    model and channel. If the accepted documents prove who somebody is and no status, all are allowed
    everywhere: the policy takes that for enough. If no document that the policy accepts is of use under the
    law of this epoch, what was proven before is worth nothing now, and all needs are compared.
    """
    limit = policy.block_above if policy.block_above is not None else policy.check_above
    if limit is None:
        return np.full(space.size, ALLOW, dtype=np.int8)
    accepted, clearing = _who_is_cleared(policy, belief, epoch)
    if not accepted:
        return np.where(np.isnan(fresh) | (fresh > limit), BLOCK, ALLOW).astype(np.int8)
    among = np.array([m.body == 0 and clearing[m.owner] for m in makers(belief)], dtype=np.bool_)
    probability = restricted_given_cell(belief, epoch, among)
    anywhere = np.logical_or.reduce(epoch.restricted[clearing], axis=(0, 1))
    unseen = np.broadcast_to(anywhere.T[:, :, None], space.shape).ravel()
    blocks = np.where(np.isnan(probability), unseen, probability > limit)
    return np.where(blocks, BLOCK, ALLOW).astype(np.int8)


def _who_is_cleared(
    policy: Posterior, belief: Scenario, epoch: Epoch
) -> tuple[tuple[int, ...], NDArray[np.bool_]]:
    """The kinds of documents that are of use to a policy, and bool[segment] of whom they show as clearing."""
    kinds = list(belief.documents)
    accepted = acceptable(belief, [kinds.index(name) for name in policy.documents], epoch.clears)
    shown = shown_as_clearing(belief, epoch.clears)[list(accepted)]
    segments = belief.segments.values()
    found = [s.share > 0 and bool(shown[:, STATUSES.index(s.status)].any()) for s in segments]
    return accepted, np.array(found, dtype=np.bool_)


def never_looks_again(policy: Posterior, scenario: Scenario, law: Law) -> bool:
    """Whether nobody who is cleared is blocked, but where a cell's needs are above a threshold as for everybody.

    Then the tables follow from which cells are above which threshold.
    """
    return not any(
        epoch.restricted[_who_is_cleared(policy, scenario, epoch)[1]].any() for epoch in law.epochs
    )


def compile(policy: Posterior, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``posterior``: block above ``block_above``, else check above ``check_above``, else allow.

    The probabilities are those of a scenario that is as the operator believes. A cell that cannot occur in it
    tells the operator only that a belief is wrong: it gets the strictest action that the policy has.

    Raises
    ------
    ValueError
        If a belief does not fit the scenario.
    """
    belief = believed(scenario, policy)
    probability = restricted_given_cell(belief, epoch)
    return make_tables(
        policy,
        scenario,
        space,
        _fresh(policy, probability).reshape(space.shape),
        cleared=_cleared(policy, belief, space, epoch, probability).reshape(space.shape),
    )
