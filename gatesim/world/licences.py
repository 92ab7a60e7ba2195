"""When licences are decided, and which are granted."""

from __future__ import annotations

from math import log

from gatesim.law.law import LicenceDraw
from gatesim.scenario.schema import Scenario
from gatesim.world.draws import LICENCE, check_key, uniform
from gatesim.world.licence_desk import desk_times


def draw_licences(scenario: Scenario, seed: int, replication: int) -> tuple[tuple[LicenceDraw, ...], ...]:
    """Draws for the licences of orders, one world a replication.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.

    Returns
    -------
    tuple of tuple of LicenceDraw
        For each order, for each of its licences: a draw of the standard exponential distribution, by inversion, for
        the time of the decision, a uniform one for what is decided, and the time before the government's desk; the
        argument ``licences`` of `gatesim.law.law.make_law`. Keyed by the numbers of order and licence. None of it
        goes by a gate: dates are the same under every policy, and in every engine.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    seed, replication = check_key(seed, replication)
    return tuple(
        tuple(
            LicenceDraw(
                -log(uniform(seed, replication, number, LICENCE, 2 * index)),
                uniform(seed, replication, number, LICENCE, 2 * index + 1),
                desk_us,
            )
            for index, desk_us in enumerate(desk_times(scenario, number, seed, replication))
        )
        for number in range(len(scenario.orders))
    )
