"""The finding of a shutdown point: where the outcome changes as one number moves, from what to what, and for whom.

It takes data only. The list is what the scenario names; bound A speaks for every gate without memory; of gates that
remember it is said only whether they are ruled out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatesim.measures.finding import OwnLeak, own_leaks
from gatesim.measures.judgement import Outcome
from gatesim.measures.numbers import format_limit, format_rate

_MOST_NAMED = 3
"""So many changes of a side are told one by one."""


@dataclass(frozen=True)
class Side:
    """What holds on one side of a change.

    Attributes
    ----------
    outcome
        The outcome.
    policy
        The listed policy that it is about; empty for a bound.
    served, leak
        Share of entitled needs that is served, and the leak ratio; None where undefined.
    leaks
        Where orders count each by itself, what leaks by each count.
    """

    outcome: Outcome
    policy: str
    served: float | None
    leak: float | None
    leaks: tuple[OwnLeak, ...] = ()


@dataclass(frozen=True)
class Moves:
    """What happens to the list, or to one bound, over the range.

    Attributes
    ----------
    changes
        The values at which the outcome changes, in words, ascending; each with what holds below and above.
    low, high
        What holds at the ends of the range.
    """

    changes: tuple[tuple[str, Side, Side], ...]
    low: Side
    high: Side


@dataclass(frozen=True)
class OtherWorlds:
    """The same in other worlds: of how many, in how many there is a change, and between which values most first are."""

    worlds: int
    changed: int
    between: tuple[str, str] | None


@dataclass(frozen=True)
class PointClaim:
    """All that the finding says.

    Attributes
    ----------
    key, low, high
        What moves, and its range, in words.
    floor
        The least share of entitled needs to serve; None where it moves itself.
    listed, a, b
        What happens to the list, to bound A, to bound B.
    remembering
        How many listed policies remember, and were looked at in a few places only.
    worlds
        For the list and bound A the same in other worlds; None where none was tried.
    several
        Whether the limits of several orders hold at once.
    """

    key: str
    low: str
    high: str
    floor: float | None
    listed: Moves
    a: Moves
    b: Moves
    remembering: int = 0
    worlds: tuple[OtherWorlds, OtherWorlds] | None = None
    several: bool = False


def point_sentence(claim: PointClaim) -> str:
    """What was found, in a few sentences without what they rest on."""
    span = f"from {claim.low} to {claim.high}"
    none = not any(moves.changes for moves in (claim.listed, claim.a, claim.b))
    said = " ".join(
        (
            f"Nothing in the range of {claim.key} changes the outcome, {span}."
            if none
            else f"{claim.key} moves {span}.",
            _moves(claim.listed, "For the policies listed", _of_list, claim.floor, none),
            _moves(claim.a, "For any gate without memory", _of_a, claim.floor, none),
            _moves(claim.b, "For gates that remember", _of_b, claim.floor, none),
            *_of_memory(claim),
            *_of_worlds(claim),
        )
    )
    return said.replace("within the limit", "within all limits") if claim.several else said


class _Words(NamedTuple):
    """What holds, and in brackets what the gate does that it is about."""

    head: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.head} ({self.detail})" if self.detail else self.head


def _moves(
    moves: Moves, who: str, words: Callable[[Side, float | None], _Words], floor: float | None, none: bool
) -> str:
    """What happens on one side; ``none``: it is said already that nothing does on any."""
    changes = moves.changes
    if none:
        return f"{who}: {_held(moves, words, floor)}."
    if not changes:
        return f"{who}, nothing in this range changes the outcome: {_held(moves, words, floor)}."
    if len(changes) <= _MOST_NAMED:
        told = "; ".join(
            f"at {value} from {_from_to(words(below, floor), words(above, floor))}"
            for value, below, above in changes
        )
        return f"{who} the outcome changes {_times(len(changes))}: {told}."
    first, last = changes[0], changes[-1]
    return (
        f"{who} the outcome changes {_times(len(changes))}, between {first[0]} and {last[0]}: below these "
        f"{words(first[1], floor)}, above them {words(last[2], floor)}."
    )


def _from_to(below: _Words, above: _Words) -> str:
    """What a change is from and to; what is the same on both sides, but for less than is shown, is said once."""
    if below.detail and below.detail == above.detail:
        return f"{below.head} to {above.head} (on either side {above.detail})"
    return f"{below} to {above}"


def _held(moves: Moves, words: Callable[[Side, float | None], _Words], floor: float | None) -> str:
    low, high = words(moves.low, floor), words(moves.high, floor)
    if low == high:
        return str(low)
    if low.head == high.head:
        return f"{low.head} (at its lower end {low.detail}; at its upper end {high.detail})"
    return f"{low} at its lower end, {high} at its upper end"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _floor(floor: float | None) -> str:
    return "" if floor is None else f" of {format_limit(floor)}"


def _does(side: Side) -> str:
    leaks = "nothing" if not side.leak else format_rate(side.leak)
    leaks = own_leaks(side.leaks) if side.leaks else leaks
    served = "everybody entitled" if side.served is None else format_rate(side.served)
    return f"serves {served}, leaks {leaks}"


def _of_list(side: Side, floor: float | None) -> _Words:
    if side.outcome == "no_gate_meets_limit":
        return _Words("none within the limit")
    if side.outcome == "only_below_floor":
        return _Words(f"{side.policy} within the limit, but below the floor{_floor(floor)}", _does(side))
    if side.outcome == "only_not_ready":
        return _Words(f"{side.policy}, which is not ready", _does(side))
    return _Words(side.policy, _does(side))


def _of_a(side: Side, floor: float | None) -> _Words:
    if side.outcome == "no_gate_meets_limit":
        return _Words("none that serves anybody within the limit")
    if side.outcome == "only_below_floor":
        return _Words(f"only gates below the floor{_floor(floor)}", f"the best {_does(side)}")
    return _Words(f"a gate at or above the floor{_floor(floor)}", f"the best {_does(side)}")


def _of_b(side: Side, floor: float | None) -> _Words:
    if side.outcome == "no_gate_meets_limit":
        return _Words("ruled out, for none serves anybody within the limit")
    most = f"at most {format_rate(side.served)} served"
    if side.outcome == "none_at_floor":
        return _Words(f"ruled out at the floor{_floor(floor)}", most)
    return _Words("not ruled out", most)


def _of_memory(claim: PointClaim) -> Sequence[str]:
    if not claim.remembering:
        return ()
    who = "One listed policy" if claim.remembering == 1 else f"{claim.remembering} listed policies"
    verb = "remembers and was" if claim.remembering == 1 else "remember and were"
    return (
        f"{who} {verb} looked at in few places, so that a change and its undoing between them can be missed.",
    )


def _of_worlds(claim: PointClaim) -> Sequence[str]:
    if claim.worlds is None:
        return ()
    found = []
    for who, one in zip(("the policies listed", "any gate without memory"), claim.worlds, strict=True):
        where = ""
        if one.between is not None:
            where = f", first between {one.between[0]} and {one.between[1]} in 90 % of these"
        found.append(f"{one.changed or 'none'} of {one.worlds} for {who}{where}")
    return (f"Of other plausible worlds, the outcome changes in this range in {'; in '.join(found)}.",)
