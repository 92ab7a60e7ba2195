"""Judging a policy by what an order demands: every kind of standard, for all models or for some.

What simulation can say differs by kind. A ratio and a number of leaks have intervals. That nobody at all leaks,
among more accounts than were simulated, can only be refuted: by leaks that are too many to be chance if it held.
Controls stand or do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatesim.law.standards import Demand
from gatesim.measures.definitions import Measure
from gatesim.measures.intervals import ALPHA, EMPTY
from gatesim.measures.judgement import (
    FLOOR,
    RATIOS,
    Answer,
    NoLeak,
    PolicyResult,
    accounts_to_tell,
    within_limit,
)

_BOTH_NUMBERS = ("leaks", "accounts_leaked")


@dataclass(frozen=True)
class Held:
    """What a policy has that a demand is about.

    Attributes
    ----------
    leak
        What is held against the limit; see `gatesim.measures.judgement.Judgement`.
    served
        The share of entitled needs served, for the models of the demand.
    may_leak
        Whether a restricted need for them can be served, by structure; None: not known.
    no_leak
        Of ``zero``.
    seen
        Of ``zero``: accounts that leaked among those simulated; 0 where none were.
    """

    leak: Measure
    served: Measure
    may_leak: bool | None
    no_leak: NoLeak
    seen: float


def held(policy: PolicyResult, reading: str, demand: Demand, simulated: bool) -> Held:
    """What a policy has that a demand is about, under a reading.

    Parameters
    ----------
    policy, reading, demand
        Which.
    simulated
        Whether the measures come from a simulation.

    Raises
    ------
    KeyError
        If measures by model, or by order, are needed and are not there.

    Notes
    -----
    Of an order that is counted apart the leaks are its own. What is served is of needs that no order restricts:
    nobody is to be blamed for refusing what another order forbids.
    """
    served = _of_models(policy, reading, demand)[FLOOR]
    if demand.apart:
        own = policy.by_order[reading][demand.order]
        counted = policy.together.get(reading, {}).get((demand.order, demand.models))
        found = own.measures if demand.of_order else counted or _joined(own.by_model, demand.models)
        may_leak, none_leaks, whole = own.may_leak, own.no_leak, demand.of_order
    else:
        found = _of_models(policy, reading, demand)
        may_leak, whole = policy.may_leak.get(reading), demand.whole
        none_leaks = policy.no_leak.get(reading, {})
    if not whole and may_leak:
        may_leak = None  # that a policy may leak somewhere does not say that it may leak here
    no_leak, seen = NoLeak(None), 0.0
    if demand.kind == "zero":
        no_leak = none_leaks.get(demand.models, NoLeak(None, "it was not computed"))
        if may_leak is False:
            no_leak = NoLeak(1.0)
        count = found.get("accounts_leaked", found.get("leaks"))
        seen = 0.0 if count is None or not simulated else count.numerator
        if count is None or count.name == "leaks":
            seen = min(seen, 1.0)  # many leaks may be of one account
        leak = Measure(
            "no_leak", no_leak.probability or 0.0, 1.0, no_leak.probability, None, None, False, no_leak.why
        )
    elif demand.kind == "process":
        have = sum(control in policy.controls for control in demand.controls)
        leak = Measure("controls", have, len(demand.controls), have / len(demand.controls))
    else:
        leak = found[demand.kind if demand.kind in RATIOS else "leaks"]
    return Held(leak, served, may_leak, no_leak, seen)


def threshold(demand: Demand, limit: float) -> float:
    """What is held against a limit must be at most this: for a number of leaks the limit of all periods."""
    return limit * demand.periods if demand.kind == "leak_count" else limit


def within_demand(
    has: Held, demand: Demand, limit: float, accounts: int | None, represents: int
) -> tuple[Answer, float | None]:
    """Whether a policy is within a demand, and how many accounts it would take to tell.

    Parameters
    ----------
    has, demand, limit
        What it has, the demand, and a limit of it.
    accounts
        Accounts simulated; None where the measures are exact.
    represents
        Accounts represented.

    Returns
    -------
    tuple
        The answer; the number of accounts, where it is undecided and a number would do.

    Notes
    -----
    If none of R represented accounts leaks with probability p or more, the number that leaks among n simulated
    ones is below a Poisson variate of mean -log(p) n / R in every quantile, as accounts leak independently of each
    other. The demand is refuted where so many as were seen would come with a probability of at most 5 %.
    """
    if demand.kind == "process":
        return ("yes" if has.leak.numerator == has.leak.denominator else "no"), None
    if demand.kind == "zero":
        if has.no_leak.probability is not None:
            return ("yes" if has.no_leak.probability >= demand.probability else "no"), None
        if accounts is None or has.seen <= 0:
            return "undecided", None
        expected = -math.log(demand.probability) * accounts / represents
        return ("no" if _tail(expected, has.seen) <= ALPHA else "undecided"), None
    most = threshold(demand, limit)
    answer = within_limit(has.leak, most, has.may_leak)
    return answer, accounts_to_tell(has.leak, most, accounts) if answer == "undecided" else None


def cuts(has: Held, demand: Demand) -> tuple[float, ...]:
    """Limits from which on the answer may be another: the policy's break-even limit, and ends of its interval."""
    if demand.kind not in (*RATIOS, "leak_count"):
        return ()
    ends = (has.leak.low, has.leak.value, has.leak.high)
    return tuple(x / demand.periods if demand.kind == "leak_count" else x for x in ends if x is not None)


def _tail(mean: float, count: float) -> float:
    """The probability that a Poisson variate is at least a count."""
    if mean <= 0:
        return 0.0
    from scipy.special import gammainc

    return float(gammainc(math.ceil(count), mean))


def _of_models(policy: PolicyResult, reading: str, demand: Demand) -> Mapping[str, Measure]:
    """The measures that a demand is about."""
    if demand.whole:
        return policy.measures[reading]
    counted = policy.together.get(reading, {}).get((None, demand.models))
    return counted or _joined(policy.splits[reading]["model"], demand.models)


def _joined(by_model: Mapping[str, Mapping[str, Measure]], models: Sequence[str]) -> Mapping[str, Measure]:
    """The measures of some models together."""
    if len(models) == 1:
        return by_model[models[0]]
    parts = [by_model[model] for model in models]
    names = [name for name in (*RATIOS, FLOOR, *_BOTH_NUMBERS) if all(name in part for part in parts)]
    return {name: joined(name, [part[name] for part in parts]) for name in names}


def joined(name: str, parts: list[Measure]) -> Measure:
    """One measure of several models, from those of each, where they were not counted together.

    Its interval is the mean of theirs, weighted by their denominators. Standard errors add up to no more than if
    all models erred together, and then the half widths add up so: the interval is wide enough, if not the
    narrowest.
    """
    top = math.fsum(part.numerator for part in parts)
    if parts[0].scale != 1.0:  # amounts have all accounts as their denominator, for every model the same
        bottom, scale = parts[0].denominator, parts[0].scale
        value = None if bottom <= 0 else scale * top / bottom
        low, high = _sum([p.low for p in parts]), _sum([p.high for p in parts])
        return Measure(name, top, bottom, value, low, high, note=_note(parts), scale=scale)
    bottom = math.fsum(part.denominator for part in parts)
    if bottom <= 0:
        return Measure(name, top, bottom, None, note=EMPTY)
    some = [part for part in parts if part.denominator > 0]
    low = _sum([None if p.low is None else p.denominator / bottom * p.low for p in some])
    high = _sum([None if p.high is None else p.denominator / bottom * p.high for p in some])
    return Measure(name, top, bottom, top / bottom, low, high, note=_note(some))


def _sum(numbers: list[float | None]) -> float | None:
    known = [x for x in numbers if x is not None]
    return math.fsum(known) if len(known) == len(numbers) else None


def _note(parts: list[Measure]) -> str:
    return "; ".join(dict.fromkeys(part.note for part in parts if part.note))
