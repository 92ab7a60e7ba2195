"""What counts as foreign: how a gate that counts signals takes each of their readings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.frame import along
from gatesim.scenario.policies import Unknown
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION
from gatesim.world.noise import VPN
from gatesim.world.space import CellSpace


def reads_foreign(scenario: Scenario, space: CellSpace, signal: str) -> NDArray[np.bool_]:
    """For each reading of a signal, ``unknown`` apart, whether it reads foreign.

    A region is foreign if it is not the scenario's ``home``. Of the kinds of network, ``vpn`` is: a place
    that is hidden is not shown to be home. Of organisations, ``none`` is: it is on nobody's list. Of a customer's word,
    all but ``vouched`` is, and all but one that is ``standing``.

    Returns
    -------
    ndarray, shape (readings - 1,)
    """
    names = space.readings[space.signals.index(signal)][:-1]
    observes = scenario.signals[signal].observes
    if observes == "network_kind":
        return np.array([kind == VPN for kind in range(len(names))])
    if observes == "organisation":
        return np.array([name == NO_ORGANISATION for name in names])
    if observes in ("attestation", "revocation"):
        return np.array([name not in ("vouched", "standing") for name in names])
    return np.array([name != scenario.home for name in names])


def foreign(
    scenario: Scenario, space: CellSpace, signal: str, unknown: Unknown
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a signal reads foreign, and whether it counts at all, in each cell.

    Parameters
    ----------
    scenario, space
        The scenario and its cells.
    signal
        Name of the signal.
    unknown
        What a reading ``unknown`` is taken as: ``foreign``, ``home``, or ``ignore``: it does not count.

    Returns
    -------
    tuple of ndarray
        Two masks that broadcast over the cells.
    """
    axis = space.signals.index(signal)
    known = reads_foreign(scenario, space, signal)
    counts = np.append(np.ones_like(known), unknown != "ignore")
    return along(space, axis, np.append(known, unknown == "foreign")), along(space, axis, counts)
