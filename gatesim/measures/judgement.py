"""Judging policies: is one within the limit, does it serve the floor, is it ready; and what follows from all.

It takes data only: measures, lead times, and whether a policy can leak at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import round_up

Outcome = Literal[
    "gate_available",
    "only_not_ready",
    "only_below_floor",
    "no_gate_meets_limit",
    "cannot_tell",
    "not_ruled_out",
    "none_at_floor",
]

OUTCOMES: tuple[Outcome, ...] = (
    "gate_available",
    "only_not_ready",
    "only_below_floor",
    "no_gate_meets_limit",
    "cannot_tell",
)
"""The first of the first four that holds is the outcome; the last stands where noise decides between them."""

_OF_B: Mapping[Outcome, Outcome] = {
    "gate_available": "not_ruled_out",
    "only_below_floor": "none_at_floor",
}

RANKS: Mapping[Outcome, int] = {
    **{outcome: rank for rank, outcome in enumerate(OUTCOMES)},
    **{of_b: OUTCOMES.index(outcome) for outcome, of_b in _OF_B.items()},
}
"""Of two outcomes the one of lower rank is first."""


def of_bound_b(outcome: Outcome) -> Outcome:
    """The outcome for gates that remember, which bound B speaks for.

    It shows no gate: where it serves the floor within the limit, a gate is ``not_ruled_out``, and where it serves
    less, ``none_at_floor`` holds. That it serves nobody within the limit has the same name as for all others.
    """
    return _OF_B.get(outcome, outcome)


RATIOS = ("leak_rate", "leak_share")
FLOOR = "served_entitled"
Split = Mapping[str, Mapping[str, Mapping[str, Measure]]]
"""``channel`` or ``model`` -> which -> name -> measure."""

Answer = Literal["yes", "no", "undecided"]


_LIMIT = ("is within the limit", "within the limit", "leaks more than the limit")
_WORDS = {
    "zero": (
        "leaks nothing as surely as is asked",
        "that leak nothing as surely as is asked",
        "may leak more easily than is asked",
    ),
    "process": ("has the controls that are asked for", "that have the controls", "lacks one of the controls"),
    "together": ("meets all the standards", "that meet all the standards", "fails one of the standards"),
}
"""By kind of standard: what a policy that meets it does, those that do, and what one does that fails it."""


def meets_words(kind: str) -> str:
    """What a policy does that meets a standard of a kind: "is within the limit"."""
    return _WORDS.get(kind, _LIMIT)[0]


def explain_outcome(outcome: str, kind: str = "leak_share", at_best: str = "gate_available") -> str:
    """What an outcome means for shutting down, in one sentence that says in which sense.

    Parameters
    ----------
    outcome
        One of `OUTCOMES`.
    kind
        The kind of the standard, or ``together``.
    at_best
        Where noise decides, the outcome if all that it leaves open turned out well.

    Raises
    ------
    KeyError
        If there is no such outcome.
    """
    meets, those, fails = _WORDS.get(kind, _LIMIT)
    left = "Shutting down is the only compliant option left on that date, among the policies listed"
    if outcome == "cannot_tell" and at_best == "only_below_floor":
        return (
            f"{left}, short perhaps of one that serves less than the floor: a simulation leaves open whether that "
            f"{meets}."
        )
    if outcome == "cannot_tell" and at_best == "only_not_ready":
        return f"{left}: a simulation leaves open whether one that is not ready would do."
    return {
        "gate_available": (
            f"Shutting down is not the only option left: a listed policy {meets}, serves the floor and is ready."
        ),
        "only_not_ready": (
            f"{left}, because those {those} that serve the floor are not ready yet."
            if kind not in _WORDS
            else f"{left}, because those {those} and serve the floor are not ready yet."
        ),
        "only_below_floor": (
            "Shutting down is the only compliant option left, among the policies listed, short of one that "
            "serves less than the floor."
        ),
        "no_gate_meets_limit": (
            f"Shutting down is the only compliant option left: every other policy listed {fails}."
        ),
        "cannot_tell": (
            "Whether shutting down is the only compliant option left cannot be told: the simulation's noise "
            "is larger than the distance to the limit or the floor."
            if kind in ("leak_rate", "leak_share", "leak_count")
            else "Whether shutting down is the only compliant option left cannot be told from a simulation."
        ),
    }[outcome]


@dataclass(frozen=True)
class NoLeak:
    """How sure it is that none of the represented accounts leaks.

    Attributes
    ----------
    probability
        The probability; None where the exact engine cannot compute it.
    why
        Why it cannot, or what it leaves out; else empty.
    """

    probability: float | None
    why: str = ""


def serves_somebody(found: Mapping[str, Measure]) -> bool:
    """Whether at least one need is served, by measures of the whole service or of a part of it."""
    return found[FLOOR].numerator + found["leak_rate"].numerator > 0


@dataclass(frozen=True)
class OfOrder:
    """What one order by itself is told of a policy: its own restricted needs, while it is in force.

    Attributes
    ----------
    measures
        Name -> measure.
    by_model
        Model -> name -> measure.
    may_leak
        Whether a need that the order restricts can be served, by structure; None: not known.
    no_leak
        Models -> how sure it is that no such need is served; needed for the standard ``zero``.
    """

    measures: Mapping[str, Measure]
    by_model: Mapping[str, Mapping[str, Measure]]
    may_leak: bool | None
    no_leak: Mapping[tuple[str, ...], NoLeak] = field(default_factory=dict)


Together = tuple[int | None, tuple[str, ...]]
"""Several models whose needs are counted as one: for an order that is counted apart (its number), or for all orders
(None); and the models."""


@dataclass(frozen=True)
class PolicyResult:
    """What the verdict needs to know of one policy.

    Attributes
    ----------
    name
        Its name.
    measures
        Reading -> name -> measure.
    lead_time_us
        Time from the issue of the order until it could be in place.
    is_shutdown
        It is no candidate.
    may_leak
        Reading -> whether a restricted need can be served at all, by the structure of the model (None or
        missing: not known).
    splits
        Reading -> measures by channel and by model.
    no_leak
        Reading -> models -> how sure it is that nothing leaks in the use of these; needed for the standard
        ``zero``.
    controls
        The named controls that stand under it.
    by_order
        Reading -> number of the order -> what it is told by itself, for orders that are counted apart.
    together
        Reading -> several models -> name -> measure, counted over all their needs at once; where it is missing,
        measures are put together from those by model.
    """

    name: str
    measures: Mapping[str, Mapping[str, Measure]]
    lead_time_us: int = 0
    is_shutdown: bool = False
    may_leak: Mapping[str, bool | None] = field(default_factory=dict)
    splits: Mapping[str, Split] = field(default_factory=dict)
    no_leak: Mapping[str, Mapping[tuple[str, ...], NoLeak]] = field(default_factory=dict)
    controls: tuple[str, ...] = ()
    by_order: Mapping[str, Mapping[int, OfOrder]] = field(default_factory=dict)
    together: Mapping[str, Mapping[Together, Mapping[str, Measure]]] = field(default_factory=dict)

    def serves_somebody(self, reading: str) -> bool:
        """Whether it serves at least one need: else it is no candidate."""
        return serves_somebody(self.measures[reading])


@dataclass(frozen=True)
class Judgement:
    """One candidate under one reading, ratio and limit.

    Attributes
    ----------
    policy
        Its name.
    leak, served
        What is held against the limit (a leak ratio, a number of leaks; for ``zero`` the probability of no leak,
        for ``process`` the share of the controls that stand), and the share of entitled needs served.
    within, serves_floor
        Whether it is within the limit, and whether it serves the floor.
    ready
        The instant at which it could be in place; None: never.
    is_ready
        Whether it is, on the verdict's date.
    structural_zero
        Whether it cannot leak, by the structure of the model.
    accounts_needed
        Accounts to simulate until the noise would decide; None where nothing is undecided, or no number
        would do.
    """

    policy: str
    leak: Measure
    served: Measure
    within: Answer
    serves_floor: Answer
    ready: datetime | None
    is_ready: bool
    structural_zero: bool
    accounts_needed: int | None

    @property
    def undecided(self) -> bool:
        """Whether noise leaves open if it is within the limit, or if it serves the floor."""
        return "undecided" in {self.within, self.serves_floor}

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(vars(self)) | {
            "leak": self.leak.to_dict(),
            "served": self.served.to_dict(),
            "ready": None if self.ready is None else self.ready.isoformat(),
        }


def _later(instant: datetime, microseconds: int) -> datetime | None:
    """An instant so much later; None where the calendar does not reach."""
    try:
        return instant + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def within_limit(measure: Measure, limit: float, may_leak: bool | None) -> Answer:
    """Whether a leak ratio is at most the limit, in the linear form ``leaks <= limit * base``."""
    if may_leak is False:
        return "yes"
    if limit == 0 and (may_leak or measure.numerator > 0):
        return "no"
    if measure.value is None:
        return "yes"
    if measure.low is None or measure.high is None:
        return "yes" if measure.value <= limit else "no"
    if measure.high <= limit:
        return "yes"
    return "no" if measure.low > limit else "undecided"


def _serves(measure: Measure, floor: float) -> Answer:
    if measure.value is None or floor <= 0:
        return "yes"
    if measure.low is None or measure.high is None:
        return "yes" if measure.value >= floor else "no"
    if measure.low >= floor:
        return "yes"
    return "no" if measure.high < floor else "undecided"


_NEAREST = 1e-6
"""Distance to a threshold, in half widths, below which no number of accounts is worth telling."""


def accounts_to_tell(measure: Measure, threshold: float, accounts: int | None) -> float | None:
    """Accounts at which the interval would end at the threshold; None where no number would do.

    A half width shrinks with the square root of the number, the bound after a count of zero with the number.
    """
    if accounts is None or measure.value is None or measure.low is None or measure.high is None:
        return None
    distance = abs(threshold - measure.value)
    half = measure.high - measure.value if threshold > measure.value else measure.value - measure.low
    if distance <= half * _NEAREST:
        return None
    return accounts * (half / distance) ** (1 if measure.one_sided else 2)


def judge(
    policy: PolicyResult,
    found: Mapping[str, Measure],
    may_leak: bool | None,
    ratio: str,
    limit: float,
    floor: float,
    issued: datetime,
    date: datetime,
    accounts: int | None,
) -> Judgement:
    """Judge a policy by a leak ratio."""
    leak = found[ratio]
    within = within_limit(leak, limit, may_leak)
    to_tell = accounts_to_tell(leak, limit, accounts) if within == "undecided" else 0.0
    return judgement_of(
        policy, leak, within, to_tell, found[FLOOR], may_leak is False, floor, issued, date, accounts
    )


def judgement_of(
    policy: PolicyResult,
    leak: Measure,
    within: Answer,
    leak_needs: float | None,
    served: Measure,
    structural_zero: bool,
    floor: float,
    issued: datetime,
    date: datetime,
    accounts: int | None,
) -> Judgement:
    """Complete a judgement by the floor and the date.

    Parameters
    ----------
    policy, leak, within
        The policy, what is held against the limit, and whether it is within.
    leak_needs
        Accounts it would take to tell; None where no number would do. Used where ``within`` is undecided.
    served, floor
        The share of entitled needs served, and the least that must be.
    structural_zero
        Whether the policy cannot leak.
    issued, date, accounts
        The order's issue, the verdict's date, accounts simulated.
    """
    serves = _serves(served, floor)
    needed: list[float | None] = []
    if within == "undecided":
        needed.append(leak_needs)
    if serves == "undecided":
        needed.append(accounts_to_tell(served, floor, accounts))
    ready = _later(issued, policy.lead_time_us)
    return Judgement(
        policy.name,
        leak,
        served,
        within,
        serves,
        ready,
        ready is not None and ready <= date,
        structural_zero,
        most_needed(needed),
    )


def most_needed(needed: Sequence[float | None]) -> int | None:
    known = [number for number in needed if number is not None]
    return round_up(max(known)) if known and len(known) == len(needed) else None


def outcome_if(judgements: Iterable[Judgement], well: Iterable[str]) -> Outcome:
    """The outcome if what is undecided turns out well for the policies named and badly for the others."""
    favoured = set(well)
    rank = 3
    for judgement in judgements:
        good = {"yes", "undecided"} if judgement.policy in favoured else {"yes"}
        if judgement.within in good:
            if judgement.serves_floor not in good:
                rank = min(rank, 2)
            else:
                rank = min(rank, 0 if judgement.is_ready else 1)
    return OUTCOMES[rank]


MORE_IS_BETTER = ("no_leak", "controls", "standards")
"""What is held against a limit that it must reach, not stay within."""


def _value(measure: Measure, undefined: float) -> float:
    return undefined if measure.value is None else measure.value


def badness(judgement: Judgement) -> float:
    """What is held against the limit, as a number that is better where it is smaller."""
    leak = judgement.leak
    return -_value(leak, 0.0) if leak.name in MORE_IS_BETTER else _value(leak, 0.0)
