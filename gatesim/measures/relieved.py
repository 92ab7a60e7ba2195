"""The finding of a relief: which narrowing of the order leaves a gate, what it serves, and what it lets through.

It takes data only. A gate of the list is shown to do what is said; the gate of bound A exists in the model, and decides
each need from its own cell; of gates that remember nothing is shown, so that nothing more is said of them than that
they are not ruled out.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatesim.measures.finding import OwnLeak, own_leaks
from gatesim.measures.numbers import format_count, format_limit, format_rate
from gatesim.measures.wording import BASES, and_list

_ROUNDING = 1e-12
_ANY = "gate that decides each need from its own cell"


@dataclass(frozen=True)
class Left:
    """A gate that is left.

    Attributes
    ----------
    policy
        Name of the listed policy; empty for the gate of bound A.
    served, leak
        Share of entitled needs that it serves, its leak ratio; by the order under which it is left. None where
        undefined.
    leaks
        Where orders count each by itself, what leaks by each count.
    """

    policy: str
    served: float | None
    leak: float | None
    leaks: tuple[OwnLeak, ...] = ()


@dataclass(frozen=True)
class Taken:
    """A narrowing.

    Attributes
    ----------
    words
        What is taken out.
    left
        The gate that it leaves; None where it leaves none.
    added
        Needs served by bound A's gate that the order as it is restricts and the narrowed one does not.
    gain
        Needs that bound A's gate serves more than under the order as it is.
    most
        The most share of entitled needs that bound A's gate serves within the limit; None where undefined.
    """

    words: str
    left: Left | None
    added: float
    gain: float
    most: float | None


@dataclass(frozen=True)
class ReliefClaim:
    """All that the finding says.

    Attributes
    ----------
    ratio, limit, floor
        The standard and the least share of entitled needs to serve.
    now
        The gate that the order as it is leaves; None where it leaves none.
    count
        How many listed policies were looked at.
    ranked
        The narrowings looked at that take something out, ranked.
    combinations, size
        How many combinations were looked at besides, of up to how many things; 0, 1 where none were.
    narrower
        How many narrowings by what is in two things at once were looked at.
    open_to_memory
        After how many of the narrowings gates that remember are not ruled out.
    limits
        Where orders count each by itself, their limits in words; ``ratio`` and ``limit`` do not count then.
    """

    ratio: str
    limit: float
    floor: float
    now: Left | None
    count: int
    ranked: tuple[Taken, ...]
    combinations: int
    size: int
    narrower: int
    open_to_memory: int
    limits: tuple[str, ...] = ()


def relief_sentence(claim: ReliefClaim) -> str:
    """What was found, in a few sentences without what they rest on."""
    if claim.now is not None:
        return (
            f"{_order(claim, 'The')} as {_is(claim)} {_leaves(claim)} a gate{_who(claim, claim.now)} "
            f"{_does(claim, claim.now)}, within {_limit(claim)}. No narrowing is needed for that.{_cheapest(claim)}"
        )
    ends = [one for one in claim.ranked if one.left is not None]
    if not ends:
        return _none(claim)
    first = ends[0]
    assert first.left is not None
    return (
        f"Taking {first.words} out of {_order(claim, 'the')} leaves a gate{_who(claim, first.left)} "
        f"{_does(claim, first.left)}, within {_limit(claim)}.{_price(first)}{_others(ends)}"
    )


def _order(claim: ReliefClaim, the: str) -> str:
    return f"{the} order{'s' if claim.limits else ''}"


def _is(claim: ReliefClaim) -> str:
    return "they are" if claim.limits else "it is"


def _leaves(claim: ReliefClaim) -> str:
    return "leave" if claim.limits else "leaves"


def _limit(claim: ReliefClaim) -> str:
    """The limit, or those of all orders."""
    if not claim.limits:
        return f"the limit of {format_limit(claim.limit)}"
    limits = and_list(claim.limits)
    return f"the limit of {limits}" if len(claim.limits) == 1 else f"all limits ({limits})"


def _who(claim: ReliefClaim, left: Left) -> str:
    if left.policy:
        return f": the listed {left.policy}"
    if not claim.count:
        return f": a {_ANY}"
    policies = "the one policy" if claim.count == 1 else f"one of the {claim.count} policies"
    return f" that is not {policies} looked at: a {_ANY}"


def _does(claim: ReliefClaim, left: Left) -> str:
    if left.leaks:
        leaks = own_leaks(left.leaks)
    else:
        leaks = "nothing" if not left.leak else f"{format_rate(left.leak)} of {BASES[claim.ratio]}"
    everybody = left.served is None or left.served > 1.0 - _ROUNDING
    served = "all entitled needs" if everybody else f"{format_rate(left.served)} of entitled needs"
    return f"serves {served} and leaks {leaks}"


def _price(one: Taken) -> str:
    """What the best gate without memory lets through and gains."""
    if one.added <= 0:
        return " It adds no leak under the order as it is."
    gain = (
        f", and gains {format_count(one.gain)} served needs: {one.gain / one.added:.3g} for each"
        if one.gain > 0
        else ", and gains no served need"
    )
    return (
        f" While the order is in force, the best gate without memory then serves {format_count(one.added)} needs that "
        f"the order as it is restricts{gain}."
    )


def _others(ends: list[Taken]) -> str:
    others = len(ends) - 1
    if not others:
        return " No other narrowing looked at does."
    said = f" So do{'es' if others == 1 else ''} {others} other narrowing{'' if others == 1 else 's'}"
    least = min(ends, key=lambda one: one.added)
    if least.added < ends[0].added:
        return f"{said}; the fewest leaks come with {least.words}: {format_count(least.added)}."
    return (
        f"{said}, with more such leaks." if all(one.added > least.added for one in ends[1:]) else f"{said}."
    )


def _cheapest(claim: ReliefClaim) -> str:
    gains = [one for one in claim.ranked if one.left is not None and one.gain > 0]
    if not gains:
        return ""
    one = gains[0]
    if one.added <= 0:
        return f" Taking out {one.words} gains {format_count(one.gain)} served needs and adds no leak."
    return (
        f" Most is gained for each added leak by taking out {one.words}: {format_count(one.gain)} served needs for "
        f"{format_count(one.added)} leaks."
    )


def _none(claim: ReliefClaim) -> str:
    singles = len(claim.ranked)
    looked = f"none of the {singles} narrowings by one thing" if singles != 1 else "not the one narrowing"
    if not singles:
        return "Nothing can be taken out of the order under this reading: nobody restricted is meant by any condition."
    if claim.narrower:
        looked += f", of the {claim.narrower} by what is in two things at once"
    if claim.combinations:
        what = "two" if claim.size == 2 else f"up to {claim.size}"
        looked += f", of the {claim.combinations} by {what} things together"
    gates = f"a {_ANY}" if not claim.count else f"a listed gate, or any {_ANY},"
    best = max(claim.ranked, key=lambda one: -1.0 if one.most is None else one.most)
    said = (
        f"{looked[0].upper()}{looked[1:]} leaves {gates} that serves at least {format_limit(claim.floor)} of entitled "
        f"needs within {_limit(claim)}."
    )
    if best.most is not None and best.most > 0:
        said += f" The most is {format_rate(best.most)}, after taking out {best.words}."
    if claim.open_to_memory:
        said += f" Gates that remember are not ruled out after {claim.open_to_memory} of the narrowings by one thing."
    else:
        said += " Gates that remember are ruled out as well."
    return said
