"""What caps on usage refuse: worked out by the engine of the run, in a pass of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gatesim.exact.capped import expected_over_caps
from gatesim.exact.expected import CannotDo
from gatesim.law.caps import CapDay, cap_days
from gatesim.law.law import Law
from gatesim.measures.caps import CapRow, CapTally, capped_models, count_caps, counted_rows, expected_rows
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import laws
from gatesim.study.progress import Progress


@dataclass(frozen=True)
class Capped:
    """What the caps of a scenario refuse.

    Attributes
    ----------
    rows
        By segment and model of needs, the rows for all of them first; empty where it could not be worked out.
    left_out
        Why there are no rows; else empty.
    """

    rows: tuple[CapRow, ...]
    left_out: str = ""

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {"rows": [row.to_dict() for row in self.rows], "left_out": self.left_out}


def capped(scenario: Scenario, engine: str, reps: int, workers: int | None, say: Progress) -> Capped | None:
    """What the caps of a scenario refuse; None where it has none.

    Parameters
    ----------
    scenario
        The scenario.
    engine
        ``exact``, ``reference`` or ``fast``; the latter two give the same counts.
    reps
        Replications; random ends of orders are as drawn for each, in the exact engine as for the first.
    workers
        Cores to use at most, in the fast engine; by default all. Results do not depend on it.
    say
        Told now and then how far it is.
    """
    if not scenario.usage_caps:
        return None
    if engine == "exact":
        return _expected(scenario)
    total: CapTally | None = None
    models: set[int] = set()
    for replication in range(reps):
        law, days = _days(scenario, replication)
        models |= set(capped_models(days))

        def part_done(part: float, before: int = replication) -> None:
            say((before + part) / reps, "usage caps")

        tally = _counted(scenario, engine, replication, law, days, workers, part_done)
        total = tally if total is None else total + tally
    assert total is not None
    return Capped(counted_rows(scenario, sorted(models), total))


def _days(scenario: Scenario, replication: int) -> tuple[Law, tuple[CapDay, ...]]:
    reading = next(iter(scenario.readings))
    law = laws(scenario, scenario.seed, replication, [reading])[reading]
    return law, cap_days(scenario, law)


def _expected(scenario: Scenario) -> Capped:
    _, days = _days(scenario, 0)
    accounts = scenario.represents * np.array([segment.share for segment in scenario.segments.values()])
    try:
        needs, over, people = expected_over_caps(scenario, days, accounts)
    except CannotDo as error:
        return Capped((), str(error))
    return Capped(expected_rows(scenario, capped_models(days), needs, over, people, float(accounts.sum())))


def _counted(
    scenario: Scenario,
    engine: str,
    replication: int,
    law: Law,
    days: tuple[CapDay, ...],
    workers: int | None,
    part_done: Callable[[float], None],
) -> CapTally:
    if engine == "reference":
        from gatesim.engine.reference_caps import capped_needs
        from gatesim.world.people import populate

        people = populate(scenario, scenario.seed, replication, scenario.people)
        owners = np.array([account.segment for account in people], dtype=np.int64)
        accounts = np.bincount(owners, minlength=len(scenario.segments))
        return count_caps(scenario, capped_needs(scenario, days, people), accounts)
    from gatesim.engine.fast import Population
    from gatesim.engine.fast_caps import count_capped

    population = Population(scenario, scenario.seed, replication, scenario.people)
    return count_capped(population, law, days, workers or os.cpu_count() or 1, part_done)
