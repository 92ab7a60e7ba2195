"""The audits of a scenario's orders, against each policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gatesim.law.law import has_random_end, microseconds, order_end_us
from gatesim.measures.audits import Plan, Power, leaks_to_object, power
from gatesim.measures.definitions import Measure
from gatesim.scenario.orders import Audit, Order
from gatesim.scenario.schema import Scenario


@dataclass(frozen=True)
class Audited:
    """One audit, and what it would find of each policy.

    Attributes
    ----------
    order, number
        Numbers of the order and of the audit.
    title
        Its title, or a name made of the numbers.
    rounds
        How often it takes place inside the window, while the order is in force.
    accounts
        Independent test accounts, over all rounds.
    needs
        Needs of all of them.
    limit
        The known limit of leaks that the order sets on restricted needs; None where it sets none.
    least
        The number of leaks from which on the audit finds that the leak rate is above this limit; the larger
        number where it is not known how alike the needs of an account are. None: no number would do.
    finds, objects
        Reading -> policy -> power to see a leak at all, and to find that the leak rate is above the limit
        (empty without one).
    """

    order: int
    number: int
    title: str
    rounds: int
    accounts: int
    needs: int
    limit: float | None
    least: int | None
    finds: Mapping[str, Mapping[str, Power]]
    objects: Mapping[str, Mapping[str, Power]]

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(vars(self)) | {
            name: {
                reading: {policy: one.to_dict() for policy, one in of.items()}
                for reading, of in table.items()
            }
            for name, table in (("finds", self.finds), ("objects", self.objects))
        }


def rounds(scenario: Scenario, order: Order, audit: Audit) -> int:
    """How often an audit takes place inside the window, while its order is in force.

    An order that ends at a random time is taken to last to the end of the window.
    """
    begin = microseconds(scenario, order.issued) + order.grace
    end = scenario.length if has_random_end(scenario) else min(order_end_us(scenario, order), scenario.length)
    first = max(begin, 0) if audit.at is None else microseconds(scenario, audit.at)
    first_counted = max(begin, 0)
    if first >= end:
        return 0
    if audit.every is None:
        return int(first >= first_counted)
    skipped = max(0, -(-(first_counted - first) // audit.every))
    return max(0, (end - 1 - first) // audit.every + 1 - skipped)


def plans(audit: Audit, times: int) -> tuple[Plan, ...]:
    """An audit as statistics see it: once, or with both ends where it is open how alike needs are."""
    kept = audit.accounts == "kept"
    accounts = {name: count * (1 if kept else times) for name, count in audit.segments.items()}
    needs = audit.needs * (times if kept else 1)
    alike = (0.0, 1.0) if audit.alike is None and needs > 1 else (audit.alike or 0.0,)
    return tuple(Plan(accounts, needs, rho, audit.level) for rho in alike)


LeakRates = Mapping[str, Mapping[str, tuple[Mapping[str, Measure], bool]]]
"""Reading -> policy -> leak rates by segment, and whether the policy cannot leak."""


def audited(
    scenario: Scenario, leak_rates: LeakRates, of_order: Mapping[int, LeakRates] = MappingProxyType({})
) -> tuple[Audited, ...]:
    """All audits of a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    leak_rates
        What audits meet, all orders together.
    of_order
        The same of the needs that an order itself restricts, for orders that are counted apart.
    """
    found = []
    for o, order in enumerate(scenario.orders):
        met = of_order.get(o, leak_rates)
        known = order.standard.limit if order.standard.kind == "leak_rate" else None
        limit = known if isinstance(known, float) else None
        for number, audit in enumerate(order.audits):
            times = rounds(scenario, order, audit)
            if times == 0:
                continue
            both = plans(audit, times)

            def against(
                bound: float | None, both: tuple[Plan, ...] = both, met: LeakRates = met
            ) -> dict[str, dict[str, Power]]:
                return {
                    reading: {
                        policy: power(both, rates, bound, zero) for policy, (rates, zero) in policies.items()
                    }
                    for reading, policies in met.items()
                }

            least = [leaks_to_object(plan, limit) for plan in both] if limit is not None else [None]
            found.append(
                Audited(
                    o,
                    number,
                    audit.title or f"audit {number + 1}",
                    times,
                    sum(both[0].accounts.values()),
                    both[0].total,
                    limit,
                    None if None in least else max(n for n in least if n is not None),
                    against(None),
                    against(limit) if limit is not None else {},
                )
            )
    return tuple(found)
