"""When orders end whose end is random."""

from __future__ import annotations

from math import log

from gatesim.scenario.schema import Scenario
from gatesim.world.draws import ORDER_END, check_key, uniform


def draw_order_ends(scenario: Scenario, seed: int, replication: int) -> tuple[tuple[float, ...], ...]:
    """Draws for the random ends of orders, one world a replication.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.

    Returns
    -------
    tuple of tuple of float
        For each order, for each of its ends, a draw of the standard exponential distribution, by inversion:
        -log(u); the argument ``drawn`` of `gatesim.law.law.make_law`. Ends at a date have one too, unused, so
        that an end keeps its draw when another one is edited.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    seed, replication = check_key(seed, replication)
    return tuple(
        tuple(-log(uniform(seed, replication, number, ORDER_END, index)) for index in range(len(order.ends)))
        for number, order in enumerate(scenario.orders)
    )
