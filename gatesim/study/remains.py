"""What remains besides shutting down: the list as a run judged it, beside what both bounds allow."""

from __future__ import annotations

from math import prod

from gatesim.gates.bounds import TooLarge, program_a, program_b
from gatesim.law.law import Law
from gatesim.law.standards import demands
from gatesim.measures.remains import Remains, Side, side_of_list
from gatesim.measures.verdict import Verdict
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import no_single_ratio
from gatesim.study.claim import best_bound, bound_at, least_at_floor
from gatesim.study.own_limits import own_limits
from gatesim.study.standing import question
from gatesim.study.within_orders import several_count
from gatesim.world.space import CellSpace

MOST_CELLS = 20_000
"""So many cells take the bounds some tenths of a second; where there are more they are left to ``gatesim frontier``."""


def remains(scenario: Scenario, law: Law, reading: str, verdict: Verdict) -> tuple[Remains | None, str]:
    """What remains under a reading and what the order asks.

    Parameters
    ----------
    scenario
        The scenario.
    law
        Its law under the reading.
    reading
        The reading.
    verdict
        What was concluded of the list.

    Returns
    -------
    tuple
        What remains, and an empty text; or None, and why bounds are not worked out beside the verdict.
    """
    if not scenario.orders:
        return None, ""
    why = no_single_ratio(scenario)
    if not why and len(demands(scenario)) != 1:
        why = "the orders ask for more than one thing"
    row = next((row for row in verdict.rows if row.own and row.reading == reading), None)
    if not why and row is None:
        why = "nothing was measured under the reading"
    if why or row is None:
        words = (
            "What gates that are not listed could do stands beside the list where the orders ask for one leak ratio "
            f"with a known limit; here {why}."
        )
        if several_count(scenario) and own_limits(scenario, None, None, None)[0]:
            words += (
                " gatesim frontier and gatesim relief have bounds within several limits on leaks at once."
            )
        return None, words
    cells = prod(CellSpace.of(scenario).shape)
    if cells > MOST_CELLS:
        return None, (
            f"Bounds, for gates that are not listed, take a while with {cells:,} cells: "
            "gatesim frontier works them out."
        )
    asked = question(scenario, reading=reading, policies=())
    try:
        programs = [program_a(scenario, law, desk=False), program_b(scenario, law)]
    except TooLarge as error:
        return None, f"Bounds, for gates that are not listed, are out of reach: {error}."
    a, b = (
        Side(best_bound(asked, bound_at(asked, program)), least_at_floor(asked, program).value)
        for program in programs
    )
    found = Remains(
        reading,
        asked.ratio,
        asked.limit,
        asked.floor,
        tuple(scenario.signals),
        side_of_list(row),
        a,
        b,
        bool(scenario.documents),
    )
    return found, ""
