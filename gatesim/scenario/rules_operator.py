"""Rules for the operator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import fsum

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.operator import INTERIM, OPERATOR, Operator
from gatesim.scenario.orders import UnknownLimit, has_working_desk
from gatesim.scenario.rules_people import each
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER

MOST_REVIEWS = 1000
"""Reviews in a window."""


def operator_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the operator and its ladder."""
    operator = scenario.operator
    if operator is None:
        return
    for taken, what in ((OPERATOR, "the operator's strategy"), (INTERIM, "the time before the first switch")):
        if taken in scenario.policies:
            message = f"the name is taken: it stands for {what}"
            yield Finding(("policies", taken), message, "give the policy another name")
    if not scenario.orders:
        yield Finding(("operator",), "there is no order: an operator acts upon its issue", "add [[orders]]")
    path: KeyPath = ("operator", "ladder")
    yield from each(path, operator.ladder, scenario.policies, "policy")
    for number, name in enumerate(operator.ladder):
        policy = scenario.policies.get(name)
        if policy is None:
            continue
        if policy.lead_time >= FOREVER:
            message = f'"{name}" is never ready'
            because: tuple[KeyPath, ...] = (("policies", name, "lead_time"),)
            yield Finding((*path, number), message, "give it a lead_time, or take it off the ladder", because)
        later = [
            other
            for other in operator.ladder[number + 1 :]
            if other != name
            and other in scenario.policies
            and scenario.policies[other].lead_time <= policy.lead_time
        ]
        if operator.strategy == "listed" and later and policy.lead_time < FOREVER:
            message = f'"{name}" is never in place: "{later[0]}" stands after it and is ready no later'
            because = (("policies", name, "lead_time"), ("policies", later[0], "lead_time"))
            yield Finding((*path, number), message, "put those that are ready earlier before", because)
    staff = operator.staff
    if staff is not None and staff.back is not None and scenario.orders:
        first = min(order.issued + timedelta(microseconds=order.grace) for order in scenario.orders)
        if staff.back <= first:
            message = "the staff are back before they are away"
            hint = f"the first order is in force from {first.isoformat()}"
            yield Finding(("operator", "staff", "back"), message, hint, (("orders",),))
    if staff is not None and staff.reviewers > 0 and scenario.desk is None:
        yield Finding(("operator", "staff", "reviewers"), "there is no desk", "add [desk], or leave it out")
    if operator.strategy == "best":
        yield from _best(scenario, operator)
    else:
        for key, given, does in (
            ("beliefs", operator.beliefs, "goes by beliefs"),
            ("checks", operator.checks > 0, "learns"),
            ("audits", operator.audits, "learns"),
        ):
            if given:
                message = f'only the strategy "best" {does}'
                yield Finding(("operator", key), message, because=(("operator", "strategy"),))
    if operator.strategy == "fixed" and len(operator.ladder) > 1:
        message = f"has {len(operator.ladder)} policies, but a fixed strategy is one policy"
        hint = 'strategy = "listed" puts one in place after the other'
        yield Finding(path, message, hint, (("operator", "strategy"),))


def _best(scenario: Scenario, operator: Operator) -> Iterator[Finding]:
    if operator.reviews == 0:
        yield Finding(("operator", "reviews"), "must be more than zero")
    elif scenario.length / operator.reviews > MOST_REVIEWS:
        message = f"makes more than {MOST_REVIEWS} reviews in the window"
        yield Finding(("operator", "reviews"), message, "review less often", (("length",),))
    if operator.audits and not any(order.audits for order in scenario.orders):
        yield Finding(("operator", "audits"), "no order has audits", "add [[orders.audits]], or leave it out")
    asking = [
        name
        for name in operator.ladder
        if name in scenario.policies and getattr(scenario.policies[name], "documents", None)
    ]
    if operator.checks > 0 and not asking:
        message = "no policy of the ladder asks for a document"
        yield Finding(("operator", "checks"), message, "leave it out", (("operator", "ladder"),))
    yield from _random_dates(scenario)
    yield from _undecided_standards(scenario)
    total = fsum(belief.weight for belief in operator.beliefs.values())
    if operator.beliefs and abs(total - 1) > 1e-9:
        yield Finding(("operator", "beliefs"), f"their weights add up to {total:.12g}, not to 1")


def _undecided_standards(scenario: Scenario) -> Iterator[Finding]:
    """Standards of which a review by expected values cannot say whether a policy is within them."""
    because: tuple[KeyPath, ...] = (("operator", "strategy"),)
    for number, order in enumerate(scenario.orders):
        path: KeyPath = ("orders", number)
        all_of_them = [((*path, "standard"), order.standard)]
        all_of_them += [((*path, "standards", name), one) for name, one in order.standards.items()]
        for at, standard in all_of_them:
            if standard.kind == "zero":
                said = 'the strategy "best" goes by expected leaks, and cannot see whether there will be none'
                yield Finding((*at, "kind"), said, 'kind = "leak_count" with a limit', because)
            elif isinstance(standard.limit, UnknownLimit):
                said = 'the strategy "best" needs a limit to go by'
                yield Finding((*at, "limit"), said, "give a number", because)


def _random_dates(scenario: Scenario) -> Iterator[Finding]:
    """What is drawn anew in each replication: the reviews must be the same in all."""
    said = 'the strategy "best" cannot look ahead to a date that is drawn'
    because: tuple[KeyPath, ...] = (("operator", "strategy"),)
    for number, order in enumerate(scenario.orders):
        for position, end in enumerate(order.ends):
            if end.after is not None and end.after < FOREVER:
                yield Finding(
                    ("orders", number, "ends", position, "after"), said, "give it a date (at)", because
                )
        for position, licence in enumerate(order.licences):
            path: KeyPath = ("orders", number, "licences", position)
            if licence.granted > 0 and has_working_desk(order):
                hint = "leave the desk out, and give licences a date (decided_after equal to at_least)"
                yield Finding(("orders", number, "licence_desk"), said, hint, because)
                break
            if licence.granted > 0 and licence.decided_after > licence.at_least:
                hint = "decided_after must be equal to at_least"
                yield Finding((*path, "decided_after"), said, hint, because)
            elif 0 < licence.granted < 1:
                yield Finding((*path, "granted"), said, "granted must be 0 or 1", because)
