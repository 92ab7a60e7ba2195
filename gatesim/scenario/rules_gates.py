"""Rules for documents, the desk and policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from gatesim.scenario.checks import Desk, clock_to_us
from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.orders import End, Order, is_drawn
from gatesim.scenario.people import Channel
from gatesim.scenario.policies import (
    AnyPolicy,
    Attested,
    Best,
    ByChannel,
    KOfN,
    Listed,
    Plugin,
    Posterior,
    Rules,
    Score,
    Single,
)
from gatesim.scenario.rules_people import dangling, dangling_keys, each
from gatesim.scenario.rules_signals import values_of
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import UNKNOWN
from gatesim.scenario.types import FOREVER, format_duration

MOST_DOCUMENTS = 35
"""So many kinds of documents the fast engine counts side by side."""


def gate_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with documents, the desk, reactions and policies."""
    if len(scenario.documents) > MOST_DOCUMENTS:
        yield Finding(("documents",), f"has {len(scenario.documents)} entries: at most {MOST_DOCUMENTS}")
    for name, document in scenario.documents.items():
        yield from dangling(("documents", name, "checker"), document.checker, scenario.checkers, "checker")
        if document.automatic_time >= FOREVER:
            yield Finding(("documents", name, "automatic_time"), "must have an end")
    if scenario.desk is not None:
        yield from _desk(scenario.desk)
    if scenario.reactions.leave > 0 and scenario.reactions.away == 0:
        yield Finding(("reactions", "away"), "must be more than zero, or nobody leaves")
    for name, policy in scenario.policies.items():
        yield from _policy(scenario, ("policies", name), policy)
    yield from _no_desk(scenario)


def _desk(desk: Desk) -> Iterator[Finding]:
    if not 0 < desk.service < FOREVER:
        yield Finding(("desk", "service"), "must be more than zero, and have an end")
    if desk.patience == 0:
        yield Finding(("desk", "patience"), "must be more than zero: nobody would ever be reviewed")
    for number, channel in enumerate(desk.priority):
        if channel in desk.priority[:number]:
            yield Finding(("desk", "priority", number), f'"{channel}" stands here twice')
    for number, shift in enumerate(desk.shifts):
        path: KeyPath = ("desk", "shifts", number)
        if clock_to_us(shift.start) >= clock_to_us(shift.end):
            message = f"a shift from {shift.start} to {shift.end} ends before it begins"
            hint = "one past midnight is two: one to 24:00, one from 00:00 of the next day"
            yield Finding((*path, "end"), message, hint, ((*path, "start"),))
        for position, day in enumerate(shift.days):
            if day in shift.days[:position]:
                yield Finding((*path, "days", position), f'"{day}" stands here twice')


def _no_desk(scenario: Scenario) -> Iterator[Finding]:
    """Cases that would go to a desk that is not there."""
    if scenario.desk is not None:
        return
    accepted = {
        kind
        for policy in scenario.policies.values()
        if can_check(policy, scenario.policies)
        for kind in policy.documents
    }
    for name, document in scenario.documents.items():
        if document.to_desk > 0 and name in accepted:
            message = f"{document.to_desk:.6g} of the cases go to a desk, but there is none"
            yield Finding(("documents", name, "to_desk"), message, "add [desk], or set to_desk = 0")


def can_check(policy: AnyPolicy, others: Mapping[str, AnyPolicy] = MappingProxyType({})) -> bool:
    """Whether a policy can ask for a document; ``others``: those that it may be put together from."""
    match policy:
        case KOfN() | Single():
            return policy.then == "check"
        case Score():
            return policy.check_at is not None
        case Posterior():
            return policy.check_above is not None
        case Rules():
            return policy.otherwise == "check" or any(rule.then == "check" for rule in policy.rules)
        case Listed():
            return policy.otherwise == "check"
        case Attested():
            return policy.otherwise == "check"
        case ByChannel():
            known = [others[name] for name in policy.parts.values() if name in others]
            return any(can_check(part) for part in known)
        case Plugin() | Best():
            return bool(policy.documents)
    return False


def _policy(scenario: Scenario, path: KeyPath, policy: AnyPolicy) -> Iterator[Finding]:
    yield from each((*path, "models"), policy.models, scenario.models, "model")
    yield from each((*path, "documents"), policy.documents, scenario.documents, "document")
    yield from each((*path, "channels"), policy.channels, policy.channels, "channel")
    yield from _acts_on_nobody(scenario, path, policy)
    if policy.checker is not None:
        yield from dangling((*path, "checker"), policy.checker, scenario.checkers, "checker")
    if can_check(policy, scenario.policies) and not policy.documents:
        yield Finding(
            (*path, "documents"), "is missing: this policy checks, but which documents does it accept?"
        )
    match policy:
        case KOfN():
            yield from _k_of_n(scenario, path, policy)
        case Single():
            yield from dangling((*path, "signal"), policy.signal, scenario.signals, "signal")
        case Score():
            yield from _score(scenario, path, policy)
        case Posterior():
            yield from _thresholds(path, "check_above", policy.check_above, "block_above", policy.block_above)
        case Rules():
            yield from _rules(scenario, path, policy)
        case Listed():
            yield from _listed(scenario, path, policy)
        case Best():
            yield from _best(path, policy, scenario.orders)
            if policy.each_order:
                yield from _each_order(path, policy, scenario.orders)
        case ByChannel():
            yield from _by_channel(scenario, path, policy)
        case Attested():
            yield from _attested(scenario, path, policy)


def _k_of_n(scenario: Scenario, path: KeyPath, policy: KOfN) -> Iterator[Finding]:
    yield from each((*path, "signals"), policy.signals, scenario.signals, "signal")
    if isinstance(policy.k, int) and policy.k > len(policy.signals):
        count = len(policy.signals)
        yield Finding((*path, "k"), f"{policy.k} of {count} can never be: at most {count}", 'or "all"')


def _score(scenario: Scenario, path: KeyPath, policy: Score) -> Iterator[Finding]:
    yield from dangling_keys((*path, "weights"), policy.weights, scenario.signals, "signal")
    yield from dangling_keys((*path, "unknown_weights"), policy.unknown_weights, policy.weights, "weight of")
    yield from _thresholds(path, "check_at", policy.check_at, "block_at", policy.block_at)


def _thresholds(
    path: KeyPath, low: str, check: float | None, high: str, block: float | None
) -> Iterator[Finding]:
    if check is None and block is None:
        yield Finding(path, f"needs a threshold: {low}, {high}, or both")
    elif check is not None and block is not None and check >= block:
        message = f"{low} is {check:.6g} and {high} is {block:.6g}: nothing would ever be checked"
        yield Finding((*path, low), message, f"{low} must be less than {high}", ((*path, high),))


def _age(scenario: Scenario, path: KeyPath, age: int) -> Iterator[Finding]:
    if age not in scenario.age_bands:
        bands = ", ".join(f'"{format_duration(band)}"' for band in scenario.age_bands) or "none"
        yield Finding(path, f'"{format_duration(age)}" is none of the age_bands', f"there are: {bands}")


def _rules(scenario: Scenario, path: KeyPath, policy: Rules) -> Iterator[Finding]:
    for number, rule in enumerate(policy.rules):
        place = (*path, "rules", number, "when")
        for name, readings in rule.when.readings.items():
            yield from dangling((*place, "readings", name), name, scenario.signals, "signal")
            signal = scenario.signals.get(name)
            if signal is not None:
                known = (*values_of(scenario, signal.observes), UNKNOWN)
                yield from each((*place, "readings", name), readings, known, "reading")
        yield from each((*place, "models"), rule.when.models, scenario.models, "model")
        if rule.when.age_at_least > 0:
            yield from _age(scenario, (*place, "age_at_least"), rule.when.age_at_least)


def _listed(scenario: Scenario, path: KeyPath, policy: Listed) -> Iterator[Finding]:
    yield from each((*path, "organisations"), policy.organisations, scenario.organisations, "organisation")
    if policy.signal is not None:
        yield from dangling((*path, "signal"), policy.signal, scenario.signals, "signal")
        signal = scenario.signals.get(policy.signal)
        if signal is not None and signal.observes != "organisation":
            message = (
                f'"{policy.signal}" observes "{signal.observes}": the list needs a signal of organisations'
            )
            yield Finding((*path, "signal"), message)
        if not policy.organisations:
            yield Finding((*path, "organisations"), "is missing: which organisations are on the list?")
    elif policy.organisations:
        yield Finding((*path, "signal"), "is missing: which signal reads the organisation?")
    elif policy.age_at_least is None and not policy.staff:
        yield Finding(path, "lists nothing: give signal and organisations, age_at_least, or staff = true")
    if policy.age_at_least is not None:
        yield from _age(scenario, (*path, "age_at_least"), policy.age_at_least)


def _best(path: KeyPath, policy: Best, orders: Sequence[Order]) -> Iterator[Finding]:
    if orders:
        standard = min(orders, key=lambda order: order.issued).standard
        if policy.ratio is None and standard.kind not in ("leak_rate", "leak_share"):
            yield Finding(
                (*path, "ratio"),
                f"is missing: the first order's standard is {standard.kind}",
                "leak_rate or leak_share",
            )
        if policy.floor is None and policy.limit is None and not isinstance(standard.limit, float):
            yield Finding(
                (*path, "limit"), "is missing: the first order's standard gives no number", "a share"
            )
    if policy.floor is not None and policy.limit is not None:
        message = (
            "is one question, limit another: the least leak at a floor, or the most served within a limit"
        )
        yield Finding((*path, "floor"), message, "leave one of them out", ((*path, "limit"),))


def _each_order(path: KeyPath, policy: Best, orders: Sequence[Order]) -> Iterator[Finding]:
    """What keeps a table from being within the limit of each order by itself."""
    key = (*path, "each_order")
    if policy.floor is not None:
        message = "is about limits: the least leak at a floor is not one number where several orders count"
        yield Finding(key, message, "give a limit instead of the floor", ((*path, "floor"),))
    for name in ("channels", "models"):
        if getattr(policy, name):
            message = f"and {name} do not go together: elsewhere the gate is open, and what leaks there has no limit"
            yield Finding(
                key,
                message,
                "leave out one of them, or use the family by_channel",
                ((*path, name),),
            )
    for number, order in enumerate(orders):
        standard = order.standard
        known = standard.kind in ("leak_rate", "leak_share") and isinstance(standard.limit, float)
        if (policy.limit is None or policy.ratio is None) and (not known or order.standards):
            message = "needs one leak ratio with a known limit from each order"
            yield Finding(
                key, message, "give the policy a ratio and a limit", (("orders", number, "standard"),)
            )
        for drawn, place in ((order.ends, "ends"), (order.licences, "licences")):
            if any(one.after is not None if isinstance(one, End) else is_drawn(order, one) for one in drawn):
                message = "cannot look ahead to a date that is drawn"
                yield Finding(key, message, "give it a date", (("orders", number, place),))


def _attested(scenario: Scenario, path: KeyPath, policy: Attested) -> Iterator[Finding]:
    for key, wanted in (("signal", "attestation"), ("revocation", "revocation")):
        name = getattr(policy, key)
        if name is None:
            continue
        yield from dangling((*path, key), name, scenario.signals, "signal")
        signal = scenario.signals.get(name)
        if signal is not None and signal.observes != wanted:
            message = f'"{name}" observes "{signal.observes}": a signal that observes "{wanted}" is needed'
            yield Finding((*path, key), message)
    heard = set(scenario.attestation)
    if policy.channels and heard and not heard & set(policy.channels):
        message = "nobody gives a word on the channels that the policy acts on"
        hint = "there are words on: " + ", ".join(f'"{channel}"' for channel in scenario.attestation)
        yield Finding((*path, "channels"), message, hint)


def _by_channel(scenario: Scenario, path: KeyPath, policy: ByChannel) -> Iterator[Finding]:
    path = (*path, "parts")
    for channel, name in policy.parts.items():
        yield from dangling((*path, channel), name, scenario.policies, "policy")
        part = scenario.policies.get(name)
        if isinstance(part, ByChannel):
            message = f'"{name}" is itself put together by channel'
            yield Finding((*path, channel), message, "name the policy that decides on this channel")
        yield from _unused((*path, channel), channel, scenario)


def _unused(path: KeyPath, channel: Channel, scenario: Scenario) -> Iterator[Finding]:
    """A channel that no account uses: the policy would do nothing there, and seem to have been tried."""
    used = dict.fromkeys(s.channel for s in scenario.segments.values())
    if channel not in used:
        message = f'no segment uses the channel "{channel}"'
        yield Finding(path, message, "there are: " + ", ".join(f'"{name}"' for name in used))


def _acts_on_nobody(scenario: Scenario, path: KeyPath, policy: AnyPolicy) -> Iterator[Finding]:
    """Channels that no account uses."""
    for number, channel in enumerate(policy.channels):
        yield from _unused((*path, "channels", number), channel, scenario)
