"""What the exact engine finds for a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatesim.exact.evaluate import World
from gatesim.exact.expected import CannotDo
from gatesim.exact.leakless import leak_probabilities
from gatesim.exact.states import has_memory
from gatesim.exact.structure import may_leak
from gatesim.gates.tables import Tables
from gatesim.law.law import Law, has_random_dates
from gatesim.measures.definitions import Measure
from gatesim.measures.exposure import VIOLATIONS
from gatesim.measures.intervals import NO_CHANCE
from gatesim.measures.ledger import ENDS, SERVED, SERVED_LATE
from gatesim.measures.measured import Expected, Splits, false_blocks_by_reason, measures
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import Job
from gatesim.study.result import Found

_SERVED = [end for end, (outcome, _) in enumerate(ENDS) if outcome in (SERVED, SERVED_LATE)]


def find(scenario: Scenario, law: Law, gate: Sequence[Tables], policy: str) -> Found:
    """Expected measures of a policy under one reading.

    Raises
    ------
    CannotDo
        If the exact engine cannot do the policy; the message names the policy, and the key to change.
    """
    return _find(World(scenario, law), gate, policy)


def _find(world: World, gate: Sequence[Tables], policy: str) -> Found:
    scenario, law = world.scenario, world.law
    expected = world.evaluate(tuple(gate), policy)
    if has_memory(scenario, law, gate) or expected.left_out:
        leaks = may_leak(scenario, law, gate)
    else:
        # Sums of terms that are never negative, with nothing left out: they are zero where every term is.
        leaks = bool(expected.counts[:, :, :, 1, _SERVED].sum() > 0)
    kinds = {f"documents:{kind}": float(expected.by_document[d]) for d, kind in enumerate(scenario.documents)}
    source = Expected(
        expected.counts,
        float(expected.accounts.sum()),
        {"document_requests": float(expected.asked.sum()), **kinds},
    )
    return Found(
        measures(scenario, source) | _violators(world, gate, policy),
        Splits(scenario, source),
        false_blocks_by_reason(scenario, source),
        leaks,
        expected.left_out,
    )


def _violators(world: World, gate: Sequence[Tables], policy: str) -> dict[str, Measure]:
    """People or accounts that leak, where they are what counts as a violation; none where that is not possible."""
    exposure = world.scenario.exposure
    if exposure is None or exposure.unit == "need":
        return {}
    name = VIOLATIONS[exposure.unit]
    try:
        chance = leak_probabilities(world.scenario, world.law, gate, exposure.unit, policy)
    except CannotDo:
        return {}
    count = float(chance @ (world.accounts if exposure.unit == "account" else world.people))
    accounts, represents = float(world.accounts.sum()), float(world.scenario.represents)
    value = represents * count / accounts
    return {name: Measure(name, count, accounts, value, note=NO_CHANCE, scale=represents)}


def without_noise(scenario: Scenario, jobs: Sequence[Job]) -> Mapping[tuple[str, str], Found]:
    """For policies that keep nothing and of which the exact engine leaves nothing out: what it finds.

    Their verdict need not rest on a simulation.

    Returns
    -------
    dict
        By reading and policy; empty where the end of an order or a licence is random.
    """
    if has_random_dates(scenario):
        return {}
    sure = {}
    worlds: dict[str, World] = {}
    for job in jobs:
        for reading, law in job.laws.items():
            if not has_memory(scenario, law, job.gate):
                if reading not in worlds:
                    worlds[reading] = World(scenario, law)
                found = _find(worlds[reading], job.gate, job.policy)
                if not found.left_out:
                    sure[reading, job.policy] = found
    return sure
