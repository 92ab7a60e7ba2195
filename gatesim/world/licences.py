"""When licences are decided, and which are granted."""

from __future__ import annotations

from math import log

from gatesim.scenario.schema import Scenario
from gatesim.world.draws import LICENCE, check_key, uniform


def draw_licences(
    scenario: Scenario, seed: int, replication: int
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Draws for the licences of orders, one world a replication.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.

    Returns
    -------
    tuple of tuple of pair
        For each order, for each of its licences: a draw of the standard exponential distribution, by inversion, for
        the time of the decision, and a uniform one for what is decided; the argument ``licences`` of
        `gatesim.law.law.make_law`. Keyed by the numbers of order and licence.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    seed, replication = check_key(seed, replication)
    return tuple(
        tuple(
            (
                -log(uniform(seed, replication, number, LICENCE, 2 * index)),
                uniform(seed, replication, number, LICENCE, 2 * index + 1),
            )
            for index in range(len(order.licences))
        )
        for number, order in enumerate(scenario.orders)
    )
