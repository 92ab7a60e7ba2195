"""What each order by itself is told, where several name the same model: its own restricted needs, while it is in force.

What a gate does, it does under all orders together; only the counting differs. So each policy is counted once more
for each such order, under a law in which that order alone says which needs are measured and which are restricted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gatesim.law.law import Law, counted_apart, has_random_end, has_random_licence, of_models, of_one_order
from gatesim.law.standards import demands
from gatesim.measures.judgement import OfOrder, Together
from gatesim.measures.wording import and_list, order_name
from gatesim.scenario.schema import Scenario
from gatesim.study.exactly import find
from gatesim.study.gates import Job
from gatesim.study.never import no_leak
from gatesim.study.result import Found
from gatesim.world.licences import draw_licences
from gatesim.world.order_ends import draw_order_ends

ByOrder = dict[tuple[str, str], dict[int, Found]]
"""Reading and policy -> number of the order -> what was found."""


@dataclass(frozen=True)
class Apart:
    """A job counted for one order alone."""

    order: int
    job: Job


def jobs_apart(
    scenario: Scenario, jobs: Sequence[Job], replication: int, only: Sequence[int] | None = None
) -> Iterator[Apart]:
    """For each order that is counted apart, and each reading by itself, the jobs under its law.

    Parameters
    ----------
    scenario, jobs
        The scenario, and its gates, compiled for the laws of a replication.
    replication
        Which: ends and licences that are drawn are drawn for it.
    only
        Numbers of orders; by default all that are counted apart.
    """
    for number in counted_apart(scenario) if only is None else only:
        for job in jobs:
            for reading, law in job.laws.items():
                yield Apart(
                    number, replace(job, laws={reading: law_alone(scenario, law, number, replication)})
                )


def law_alone(scenario: Scenario, law: Law, number: int, replication: int) -> Law:
    """A law in which one order alone says which needs are measured, with the dates drawn for a replication."""
    ends = draw_order_ends(scenario, scenario.seed, replication) if has_random_end(scenario) else ()
    licences = draw_licences(scenario, scenario.seed, replication) if has_random_licence(scenario) else ()
    return of_one_order(scenario, law, number, ends, licences)


def counted_together(scenario: Scenario) -> tuple[Together, ...]:
    """Several models, but not all, whose needs a standard counts as one.

    Needs of one account for several models are not independent, so the noise of their sum does not follow from that
    of each: it takes a count of its own. Of an order that is counted apart the leaks are its own (its number), and
    what is served is of needs that no order restricts (None).
    """
    found: list[Together] = []
    for one in demands(scenario):
        if len(one.models) > 1 and not one.whole:
            found.append((None, one.models))
        if len(one.models) > 1 and one.apart and not one.of_order:
            found.append((one.order, one.models))
    return tuple(dict.fromkeys(found))


def jobs_together(
    scenario: Scenario, jobs: Sequence[Job], replication: int, wanted: Together
) -> Iterator[Job]:
    """The jobs under laws in which only needs for some models are measured, each reading by itself.

    Parameters
    ----------
    scenario, jobs, replication
        As for `jobs_apart`.
    wanted
        The order and the models.
    """
    number, models = wanted
    for job in jobs:
        for reading, law in job.laws.items():
            whole = law if number is None else law_alone(scenario, law, number, replication)
            yield replace(job, laws={reading: of_models(scenario, whole, models)})


KEPT = ("leak_rate", "leak_share", "leaks", "people_leaked", "accounts_leaked")
"""Measures that an order by itself has: those of needs that it restricts. Whom a gate asks, and what the desk does, is
for all orders together."""


def of_order(found: Found) -> Found:
    """What was found under the law of one order, without what is not that order's own."""
    by = {
        split: {
            group: {name: one for name, one in measures.items() if name in KEPT}
            for group, measures in found.by[split].items()
        }
        for split in ("model", "segment")
    }
    return replace(
        found,
        measures={name: one for name, one in found.measures.items() if name in KEPT},
        by=by,
        reasons={},
    )


def exactly_apart(scenario: Scenario, jobs: Sequence[Job]) -> ByOrder:
    """What the exact engine finds for each order by itself.

    Raises
    ------
    CannotDo
        If the exact engine cannot do a policy.
    """
    found: ByOrder = {}
    for one in jobs_apart(scenario, jobs, 0):
        ((reading, law),) = one.job.laws.items()
        here = found.setdefault((reading, one.job.policy), {})
        here[one.order] = of_order(find(scenario, law, one.job.gate, one.job.policy))
    return found


def of_some(gates: Sequence[Job], wanted: Collection[tuple[str, str]]) -> list[Job]:
    """Gates with some of their readings left out: those whose reading and policy are not wanted."""
    some = [
        replace(job, laws={r: law for r, law in job.laws.items() if (r, job.policy) in wanted})
        for job in gates
    ]
    return [job for job in some if job.laws]


def orders_first(apart: ByOrder) -> dict[int, dict[str, dict[str, Found]]]:
    """What was found by order, reading and policy."""
    found: dict[int, dict[str, dict[str, Found]]] = {}
    for (reading, policy), orders in apart.items():
        for number, one in orders.items():
            found.setdefault(number, {}).setdefault(reading, {})[policy] = one
    return found


def told(
    scenario: Scenario,
    jobs: Sequence[Job],
    found: Mapping[tuple[str, str], Mapping[int, Found]],
    *,
    leave_out: bool,
) -> dict[tuple[str, str], dict[int, OfOrder]]:
    """What each order is told of each policy, for the verdict.

    Parameters
    ----------
    scenario, jobs
        The scenario, and its gates.
    found
        What was found, by reading, policy and order.
    leave_out
        As for `gatesim.study.never.no_leaks`.
    """
    asked: dict[int, list[tuple[str, ...]]] = {}
    for demand in demands(scenario):
        if demand.kind == "zero" and demand.apart:
            asked.setdefault(demand.order, []).append(demand.models)
    result: dict[tuple[str, str], dict[int, OfOrder]] = {}
    for one in jobs_apart(scenario, jobs, 0):
        (reading,) = one.job.laws
        here = found[reading, one.job.policy][one.order]
        none_leaks = {
            models: no_leak(scenario, one.job, reading, models, leave_out)
            for models in asked.get(one.order, ())
        }
        result.setdefault((reading, one.job.policy), {})[one.order] = OfOrder(
            here.measures, here.by["model"], here.may_leak, none_leaks
        )
    return result


def apart_words(scenario: Scenario) -> tuple[str, ...]:
    """A note on what is counted together and what apart, where several orders name the same model."""
    numbers = counted_apart(scenario)
    if not numbers:
        return ()
    names = [f'"{order_name(scenario, number)}"' for number in numbers]
    return (
        f"{and_list(names)} share a model with one another. Each one's own standard, its audits and its tables by "
        "itself go by the needs that it restricts itself, while it is in force. All other numbers count a need as "
        "restricted if any order in force restricts it.",
    )
