"""The whole sentence: what is true of the policies listed, and of every gate that a bound is about.

It takes data only, and claims no more than their scope: a bound speaks for gates that decide from one session's signals
(A), or that remember an account's own history (B), within the scenario's assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gatesim.measures.judgement import RATIOS, Outcome
from gatesim.measures.numbers import format_count, format_date, format_limit, format_rate
from gatesim.measures.sentence import DISCLAIMER, KINDS
from gatesim.measures.wording import BASES, and_list, read_as

BOUND_B = "(bound B, with requests answered at once)"
"""Of which gates something is said: none of them makes the wait for a reviewer its answer."""


class OwnLeak(NamedTuple):
    """What leaks as one order by itself counts.

    Attributes
    ----------
    whose
        The order, as shown.
    kind
        The kind of its limit.
    value
        The leak ratio, or the number of leaks; None where it is undefined.
    """

    whose: str
    kind: str
    value: float | None

    @property
    def words(self) -> str:
        """As shown."""
        if self.value is None or self.value == 0:
            return f"nothing under {self.whose}"
        size = amount_of(self.kind, format_rate(self.value), format_count(self.value))
        return f"{size} under {self.whose}"


def own_limit(kind: str, limit: float, whose: str) -> str:
    """A limit on what one order by itself counts, in words."""
    size = amount_of(kind, format_limit(limit), f"{limit:,.12g}")
    return f"{'no leak' if kind == 'zero' else size} under {whose}"


def amount_of(kind: str, rate: str, count: str) -> str:
    """A share of what a leak ratio is a share of, or a number of leaks."""
    return f"{rate} of {BASES[kind]}" if kind in RATIOS else f"{count} leaks"


def own_leaks(leaks: Sequence[OwnLeak]) -> str:
    """What leaks, as each order counts: "1 % of served needs under “A” and nothing under “B”"."""
    return and_list([one.words for one in leaks]) if any(one.value for one in leaks) else "nothing"


@dataclass(frozen=True)
class Best:
    """The gate that an outcome is about.

    Attributes
    ----------
    outcome
        The outcome.
    name
        Name of the policy; empty for the gate of a bound.
    served, leak
        Share of entitled needs that it serves, and its leak ratio; None where undefined.
    ready
        When a listed policy could be in place; None for the gate of a bound, and where it is on the date.
    leaks
        Where orders count each by itself, what leaks by each count; ``leak`` is None then.
    """

    outcome: Outcome
    name: str = ""
    served: float | None = None
    leak: float | None = None
    ready: datetime | None = None
    leaks: tuple[OwnLeak, ...] = ()


@dataclass(frozen=True)
class Claim:
    """All that the sentence says.

    Attributes
    ----------
    reading
        The reading of the orders, as shown.
    orders, by_themselves
        How many orders there are, and those that say themselves whom they restrict, as shown.
    ratio, limit, floor, date
        The standard, the least share of entitled needs to serve, the date.
    count
        How many listed policies there are (shutting down, and those that serve nobody, not counted).
    listed, a, b
        What was found for the list, for bound A, for bound B; None for B where no listed policy remembers.
    signals
        Names of the signals.
    guesses, inputs
        How many inputs the result rests on, and how many of these are guesses.
    held, worlds
        In how many of how many sets of plausible assumptions the same was found; None where none was tried.
    limits
        Where orders count each by itself, their limits in words; ``ratio`` and ``limit`` do not count then.
    documents
        Whether there are documents that a gate can ask for.
    """

    reading: str
    ratio: str
    limit: float
    floor: float
    date: datetime
    count: int
    listed: Best
    a: Best
    b: Best | None
    signals: tuple[str, ...]
    guesses: int
    inputs: int
    held: int | None = None
    worlds: int | None = None
    limits: tuple[str, ...] = ()
    documents: bool = False
    orders: int = 1
    by_themselves: tuple[str, ...] = ()


def gate_of_a_session(signals: Sequence[str], documents: bool) -> str:
    """What bound A is about; ``documents``: whether there are any that it can ask for."""
    what = f"one session's {and_list(signals)}" if signals else "one session alone, without any signal"
    return f"gate that {'may ask for documents and ' if documents else ''}decides from {what}"


def full_sentence(claim: Claim) -> str:
    """The sentence.

    Parameters
    ----------
    claim
        What was found.

    Returns
    -------
    str
        Some sentences in one line.
    """
    return " ".join(
        (
            f"{_read(claim)}, {_found(claim)}",
            *_of_best(claim),
            *_of_memory(claim),
            _of_worlds(claim),
            DISCLAIMER,
        )
    )


def _read(claim: Claim) -> str:
    read = read_as(claim.reading, claim.orders, claim.by_themselves)
    if not claim.limits:
        limit = f"{format_limit(claim.limit)} ({KINDS[claim.ratio]}; the order states none)"
        return f"{read}, with an assumed limit of {limit}"
    limits = and_list(claim.limits)
    if len(claim.limits) == 1:
        what = "an assumed limit on what one order counts by itself"
    else:
        what = "assumed limits that hold at once, each on what its order counts by itself"
    return f"{read}, with {what} ({limits}; the orders state none)"


def _limit(claim: Claim, which: str) -> str:
    """The limit, or all of them."""
    return f"{which} limit" if len(claim.limits) < 2 else {"that": "those limits", "the": "all limits"}[which]


def _gates(claim: Claim) -> str:
    return gate_of_a_session(claim.signals, claim.documents)


def _policies(claim: Claim) -> str:
    return "the only policy listed" if claim.count == 1 else f"the {claim.count} policies listed"


def _found(claim: Claim) -> str:
    within = f"at least {format_limit(claim.floor)} of entitled needs within "
    within += f"{_limit(claim, 'that')} on {format_date(claim.date)}"
    listed, a = claim.listed.outcome == "gate_available", claim.a.outcome == "gate_available"
    if listed:
        which = _policies(claim) if claim.count == 1 else f"one of {_policies(claim)}"
        start = f"{claim.listed.name}, {which}, serves {within}"
        if a:
            return f"{start}."
        return f"{start}, but no {_gates(claim)} does."
    if claim.count == 1:
        if a:
            return f"{_policies(claim)} does not serve {within}, but a {_gates(claim)} can."
        return f"neither {_policies(claim)} nor any {_gates(claim)} serves {within}."
    if a:
        return f"none of {_policies(claim)} serves {within}, but a {_gates(claim)} can."
    return f"none of {_policies(claim)} and no {_gates(claim)} serves {within}."


def _does(claim: Claim, best: Best) -> str:
    if best.leaks:
        return f"leaks {own_leaks(best.leaks)}, and serves {format_rate(best.served)}"
    leaks = format_rate(best.leak) if best.leak is not None else "nothing"
    return (
        f"leaks {leaks}{'' if best.leak is None else f' of {BASES[claim.ratio]}'} and serves "
        f"{format_rate(best.served)}"
    )


def _of_best(claim: Claim) -> list[str]:
    found = []
    listed = claim.listed
    if listed.outcome == "gate_available":
        found.append(f"It {_does(claim, listed)}.")
    elif listed.outcome == "only_not_ready" and listed.name:
        when = "never" if listed.ready is None else f"on {format_date(listed.ready)} only"
        found.append(
            f"The listed {listed.name} would ({_does(claim, listed)}), but is ready {when} (an assumed lead time)."
        )
    if claim.a.outcome == "no_gate_meets_limit":
        found.append(f"No such gate is within {_limit(claim, 'the')} and serves anybody.")
    else:
        # Where a listed policy does, and bound A's gates do, these are not named before.
        both = listed.outcome == claim.a.outcome == "gate_available"
        found.append(f"The best {_gates(claim) if both else 'such gate'} {_does(claim, claim.a)}.")
    return found


def _of_memory(claim: Claim) -> list[str]:
    b = claim.b
    if b is None:
        return []
    who = "gate that remembers an account's own history"
    if b.outcome == "not_ruled_out":
        # A gate that is shown, listed or bound A's, settles whether one can: whoever remembers need not use it.
        if claim.a.outcome == "gate_available" or claim.listed.outcome in (
            "gate_available",
            "only_not_ready",
        ):
            return [f"A {who} serves at most {format_rate(b.served)} {BOUND_B}."]
        return [f"Whether a {who} could is left open: it serves at most {format_rate(b.served)} {BOUND_B}."]
    if b.outcome == "none_at_floor":
        return [f"Nor can a {who}: it serves at most {format_rate(b.served)} {BOUND_B}."]
    return [f"Nor can a {who}: none is within {_limit(claim, 'the')} and serves anybody {BOUND_B}."]


def _of_worlds(claim: Claim) -> str:
    guesses = (
        f"{claim.guesses} of {claim.inputs} inputs {'is a guess' if claim.guesses == 1 else 'are guesses'}."
    )
    if claim.worlds is None or claim.held is None:
        return f"It was not tried under other plausible assumptions; {guesses}"
    return f"This holds in {claim.held} of {claim.worlds} sets of plausible assumptions; {guesses}"
