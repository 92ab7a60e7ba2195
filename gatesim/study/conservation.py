"""What no gate can change, held together in every run: each need ends once, and nobody is lost or counted twice.

Each count of a run is looked at by itself, then beside those of the same people under other policies and readings. It
takes sums of tallies only, about a millisecond for each policy and reading of june-2026, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.axes import BLOCKS, NEEDS, PEOPLE, component_matrix
from gatesim.measures.ledger import ENDS, PENDING
from gatesim.measures.tally import Tally
from gatesim.scenario.operator import INTERIM, OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.simulate import Done
from gatesim.world.makers import makers

Ints = NDArray[np.int64]

_PENDING = [number for number, (outcome, _) in enumerate(ENDS) if outcome == PENDING]
_MAKERS_OF = {
    "people_restricted": "restricted",
    "people_leaked": "leaks",
    "people_entitled": "entitled",
    "people_blocked": "false_blocks",
}
"""Of which needs people have at least one who are counted."""


def refuse_losses(scenario: Scenario, done: Mapping[tuple[str, str], Mapping[int, Done]]) -> None:
    """Hold each run to what no gate can change.

    Parameters
    ----------
    scenario
        The scenario of the runs.
    done
        Reading and policy -> replication -> what came of it.

    Raises
    ------
    RuntimeError
        If needs or people do not add up: a defect of an engine.
    """
    first: dict[tuple[str, int], tuple[str, Tally]] = {}
    needs: dict[int, tuple[str, Ints]] = {}
    for (reading, policy), by_replication in done.items():
        for replication, one in by_replication.items():
            tally = one.tallies[reading]
            wrong = _wrong(scenario, tally)
            if wrong:
                raise RuntimeError(f"{wrong} under {policy} do not add up: a defect of gatesim")
            if policy == INTERIM:  # it measures the first needs of the strategy, and no other
                if (tally.counts > done[reading, OPERATOR][replication].tallies[reading].counts).any():
                    raise RuntimeError(
                        "needs before the first switch and under the strategy do not add up: a defect of gatesim"
                    )
                continue
            arise = tally.counts.sum(axis=(3, 4))
            whose, before = needs.setdefault(replication, (policy, arise))
            if not np.array_equal(arise, before):
                raise RuntimeError(
                    f"needs under {policy} and {whose} do not add up to the same: a defect of gatesim"
                )
            other, tally_before = first.setdefault((reading, replication), (policy, tally))
            wrong = _differ(tally, tally_before)
            if wrong:
                raise RuntimeError(
                    f"{wrong} under {policy} and {other} do not add up to the same: a defect of gatesim"
                )


def _wrong(scenario: Scenario, tally: Tally) -> str:
    """What of one tally cannot be; empty where all is well."""
    if (tally.counts < 0).any():
        return "needs"
    by_maker = tally.counts.sum(axis=(1, 2))
    matrix = component_matrix()
    of_needs = np.einsum("mre,rec->mc", by_maker, matrix)
    whole = tally.moments["all"]
    known = [whole.components.index(name) for name in (*NEEDS, *BLOCKS)]
    if not np.array_equal(whole.totals()[0, known], of_needs.sum(axis=0)):
        return "needs by account"
    if tally.accounts.sum() != scenario.people:
        return "accounts"
    people = {name: tally.people[:, number] for number, name in enumerate(PEOPLE)}
    accounts = tally.accounts[[maker.owner for maker in makers(scenario)]]
    for name, kind in _MAKERS_OF.items():
        number = of_needs[:, NEEDS.index(kind)]
        most = np.minimum(number, accounts)
        if (people[name] > most).any() or ((people[name] > 0) != (number > 0)).any():
            return "people"
    fewer = (
        ("people_leaked", "people_restricted"),
        ("people_blocked", "people_entitled"),
        ("people_locked_out", "people_blocked"),
    )
    if any((people[one] > people[all_of_them]).any() for one, all_of_them in fewer):
        return "people"
    if tally.desk.joined < tally.desk.reviewed + tally.desk.left:
        return "cases at the desk"
    return ""


def _differ(tally: Tally, other: Tally) -> str:
    """What differs between two policies, and may not; empty where all is well."""
    if not np.array_equal(tally.counts.sum(axis=-1), other.counts.sum(axis=-1)):
        return "needs"
    if not np.array_equal(tally.accounts, other.accounts):
        return "accounts"
    # Who makes needs is the same; but pending ones are not counted, and a person may have no other.
    pending, pending_there = (one.counts[..., _PENDING].sum(axis=(1, 2, 4)) for one in (tally, other))
    for restricted, name in enumerate(("people_entitled", "people_restricted")):
        mine, theirs = (one.people[:, PEOPLE.index(name)] for one in (tally, other))
        if (mine > theirs + pending_there[:, restricted]).any():
            return "people"
        if (theirs > mine + pending[:, restricted]).any():
            return "people"
    return ""
