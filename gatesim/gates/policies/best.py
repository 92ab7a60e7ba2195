"""The best single table of the program over cells (bound A), as a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.frontier import BLOCKED
from gatesim.gates.bounds.one_need import Cells, program_a
from gatesim.gates.bounds.requests import Check
from gatesim.gates.bounds.several import several, single_table
from gatesim.gates.bounds.solve import least_leak, most_served
from gatesim.gates.bounds.standards import Standard
from gatesim.gates.frame import make_tables
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, Tables
from gatesim.law.law import Epoch, Law, has_random_dates, make_law, of_one_order
from gatesim.scenario.orders import Standard as OwnStandard
from gatesim.scenario.policies import Best
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept
from gatesim.world.space import CellSpace


def question(scenario: Scenario, policy: Best, law: Law) -> Bound:
    """Bound A for what a policy wants and may do: its documents, channels and models, without the desk.

    Parameters
    ----------
    scenario, policy
        The policy and its scenario.
    law
        The law for which it is compiled.
    """
    checks = (Check(policy.documents, policy.checker),) if policy.documents else ()
    program = program_a(
        scenario, law, checks=checks, desk=False, channels=policy.channels, models=policy.models
    )
    first = min(scenario.orders, key=lambda order: order.issued).standard
    kind = policy.ratio or first.kind
    limit = first.limit if policy.limit is None else policy.limit
    # The scenario was refused where the first order's standard does not say what the policy leaves open.
    ratio: Literal["leak_rate", "leak_share"] = "leak_rate" if kind == "leak_rate" else "leak_share"
    if policy.floor is not None:
        return least_leak(program, ratio, policy.floor)
    assert isinstance(limit, float)
    return most_served(program, Standard(ratio, limit))


@dataclass(frozen=True)
class _Rows:
    """What is done in the cells that occur.

    Attributes
    ----------
    cells, actions
        int64[row] and int8[row]: the cell, and the action there.
    epochs
        Numbers of the epochs of the law in which it is done.
    """

    cells: NDArray[np.int64]
    actions: NDArray[np.int8]
    epochs: tuple[int, ...]


def _rows(scenario: Scenario, policy: Best, law: Law) -> tuple[_Rows, ...]:
    """The best table that is found, by stretches of the law."""
    bound = question(scenario, policy, law)
    single = bound.deterministic
    if single is None or single.choice is None:
        # Nothing is within the limit, or nobody is entitled: refuse whatever can be refused.
        choice = np.full(bound.program.size, BLOCKED)
    else:
        choice = single.choice
    found = []
    first = 0
    for part in bound.program.parts:
        assert isinstance(part.describe, Cells)
        own = choice[first : first + len(part)]
        first += len(part)
        actions = np.where(own == BLOCKED, BLOCK, np.where(own == 0, ALLOW, CHECK)).astype(np.int8)
        found.append(_Rows(part.describe.flat(), actions, part.describe.epochs))
    return tuple(found)


def _rows_of_each_order(scenario: Scenario, policy: Best, law: Law) -> tuple[_Rows, ...]:
    """A good table within the limit of each order, as it counts its own leaks."""
    checks = (Check(policy.documents, policy.checker),) if policy.documents else ()
    own = [of_one_order(scenario, law, number) for number in range(len(scenario.orders))]
    program = several(scenario, law, own, "A", checks)
    standards = [_limit(policy, order.standard) for order in scenario.orders]
    assert program.program is not None
    choice = single_table(program, standards)
    found = []
    first = 0
    for part in program.program.parts:
        assert isinstance(part.describe, Cells)
        taken = choice[first : first + len(part)]
        first += len(part)
        numbers = np.append(BLOCKED, part.options)[taken]
        actions = np.where(numbers == BLOCKED, BLOCK, np.where(numbers == 0, ALLOW, CHECK)).astype(np.int8)
        found.append(_Rows(part.describe.flat(), actions, part.describe.epochs))
    return tuple(found)


def _limit(policy: Best, own: OwnStandard) -> Standard:
    """The limit that one order's leaks are held to: the policy's, else the order's own."""
    kind = policy.ratio or own.kind
    limit = own.limit if policy.limit is None else policy.limit
    # The scenario was refused where neither says it.
    assert isinstance(limit, float)
    return Standard.of_ratio(kind, limit)


@kept
def _over_the_window(scenario: Scenario, policy: str, reading: str) -> tuple[_Rows, ...]:
    """The same for a law without chance, worked out once; the policy is given as JSON."""
    one = Best.model_validate_json(policy)
    rows = _rows_of_each_order if one.each_order else _rows
    return rows(scenario, one, make_law(scenario, reading))


def compile(policy: Best, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of ``best``: the best single table that is found for the whole time in force.

    Where the end of an order or a licence is random nobody knows how long each epoch will last: then each has the best
    table for itself alone, which keeps the limit whenever the order ends. Cells that no need shows are blocked.
    """
    if has_random_dates(scenario):
        law = Law(reading, (epoch,), epoch.start_us, None)
        rows = _rows(scenario, policy, law)
    else:
        law = make_law(scenario, reading)
        rows = _over_the_window(scenario, policy.model_dump_json(), reading)
    # Epochs in which the same people are restricted and the same proofs count share their tables; but not where it
    # matters which order restricts them.
    alike = (
        {law.epoch_at(epoch.start_us)}
        if policy.each_order
        else {
            number
            for number, other in enumerate(law.epochs)
            if np.array_equal(other.restricted, epoch.restricted)
            and np.array_equal(other.clears, epoch.clears)
        }
    )
    fresh = np.full(space.size, BLOCK, dtype=np.int8)
    for part in rows:
        if alike & set(part.epochs):
            fresh[part.cells] = part.actions
    return make_tables(policy, scenario, space, fresh.reshape(space.shape))
