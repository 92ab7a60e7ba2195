"""What remains besides shutting down, in words: of the policies listed, and of all gates that a bound is about.

It takes data only. The list is judged as the run judged it; the bounds are expected values.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gatesim.measures.definitions import Measure
from gatesim.measures.finding import BOUND_B, Best, gate_of_a_session
from gatesim.measures.judgement import Outcome, explain_outcome
from gatesim.measures.numbers import format_rate
from gatesim.measures.rows import Row
from gatesim.measures.verdict import Verdict

_LEFT: tuple[Outcome, ...] = ("only_not_ready", "only_below_floor", "no_gate_meets_limit")
"""Outcomes in which shutting down is the only compliant option left."""


@dataclass(frozen=True)
class Side:
    """The list, or the gates of a bound, under one limit and floor.

    Attributes
    ----------
    best
        The gate that the outcome is about: of a bound the one that serves most within the limit.
    least_leak
        The least leak ratio at which a gate of this side serves the floor; None where none does.
    served_within, leak_within
        Of a simulated list: the intervals of what the best gate serves and of the least leak; None where there is no
        noise.
    at_floor
        Whether the gate of the least leak surely serves the floor; else noise cannot tell whether it does.
    at_best
        Of a simulated list: the outcome if all that noise leaves open turned out well.
    """

    best: Best
    least_leak: float | None
    served_within: tuple[float, float] | None = None
    leak_within: tuple[float, float] | None = None
    at_floor: bool = True
    at_best: Outcome | None = None

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        best = asdict(self.best)
        ready = best.pop("ready")
        return {
            **best,
            "ready": None if ready is None else ready.isoformat(),
            "least_leak_at_floor": self.least_leak,
            "surely_at_floor": self.at_floor,
        }


@dataclass(frozen=True)
class Remains:
    """What remains under one reading, limit and floor: the list beside both bounds.

    Attributes
    ----------
    reading, ratio, limit, floor
        What is asked.
    signals
        Names of the signals.
    listed, a, b
        The policies listed, and what bound A and bound B allow.
    documents
        Whether there are documents that a gate can ask for.
    """

    reading: str
    ratio: str
    limit: float
    floor: float
    signals: tuple[str, ...]
    listed: Side
    a: Side
    b: Side
    documents: bool = False

    def to_dict(self) -> dict[str, object]:
        """As JSON has it: the three sides by name."""
        return {
            "reading": self.reading,
            "ratio": self.ratio,
            "limit": self.limit,
            "floor": self.floor,
            "list": self.listed.to_dict(),
            "bound_A": self.a.to_dict(),
            "bound_B": self.b.to_dict(),
        }


def side_of_list(row: Row) -> Side:
    """The side of the list, from the verdict's row."""
    one = None if row.best is None else row.judgement(row.best)
    # Whether it serves the floor is left open by noise for some: one of these may be the least, and is marked then.
    serving = [j for j in row.policies if j.serves_floor != "no" and j.leak.value is not None]
    # Of those that leak as little the one of which most is sure.
    least = min(
        serving,
        key=lambda j: (j.leak.value or 0.0, j.serves_floor != "yes", not j.structural_zero),
        default=None,
    )
    value = None if least is None else least.leak.value
    # What leaks nothing by its structure has no noise.
    within = None if least is None or least.structural_zero else _interval(least.leak)
    surely = least is None or least.serves_floor == "yes"
    if one is None:
        return Side(Best(row.outcome), value, None, within, surely, row.at_best)
    best = Best(
        row.outcome, one.policy, one.served.value, one.leak.value, None if one.is_ready else one.ready
    )
    return Side(best, value, _interval(one.served), within, surely, row.at_best)


def _interval(measure: Measure) -> tuple[float, float] | None:
    return None if measure.low is None or measure.high is None else (measure.low, measure.high)


def bounds_words(found: Remains) -> str:
    """What both bounds say of gates that are not listed.

    Parameters
    ----------
    found
        What remains.

    Returns
    -------
    str
        One to three sentences. Bound B shows no gate, so that it can only rule one out.
    """
    gate = gate_of_a_session(found.signals, found.documents)
    memory = "that remembers an account's own history"
    a, b = found.a.best, found.b.best
    most = f"at most {format_rate(b.served)}"
    if found.listed.best.outcome == "gate_available":
        return (
            f"Within that limit the best {gate} serves {_most(a)} (bound A), and one {memory} "
            f"{'nobody' if b.outcome == 'no_gate_meets_limit' else most} {BOUND_B}."
        )
    if a.outcome == "gate_available":
        return (
            f"Gates that are not listed are another matter: the best {gate} serves {_most(a)} within that limit "
            f"(bound A; when it could be ready is not asked), and one {memory} {most} {BOUND_B}."
        )
    start = "There is no" if found.listed.best.outcome == "cannot_tell" else "Nor is there any"
    if a.outcome == "no_gate_meets_limit":
        said = f"{start} {gate} that serves anybody within that limit (bound A)."
    else:
        said = (
            f"{start} {gate} that serves the floor within that limit: the best serves {_most(a)} (bound A)."
        )
    if b.outcome == "not_ruled_out" and found.listed.best.outcome == "only_not_ready":
        return f"{said} One {memory} serves {most} {BOUND_B}."
    if b.outcome == "not_ruled_out":
        return f"{said} That one {memory} could is not ruled out: it serves {most} {BOUND_B}."
    if b.outcome == "none_at_floor":
        return f"{said} Nor could one {memory}: it serves {most} {BOUND_B}."
    return f"{said} Nor could one {memory}: none within it serves anybody {BOUND_B}."


def _most(best: Best) -> str:
    return "nobody" if best.outcome == "no_gate_meets_limit" else format_rate(best.served)


NOT_TOLD = (
    "This is about the listed policies alone. Of gates that are not listed a note says why they are not judged beside "
    "them, and which command has bounds for them, if one has."
)
"""Where the bounds are not known beside the verdict."""


def shutting_down(verdict: Verdict, found: Remains | None) -> str:
    """Whether shutting down is the only compliant option left, and in which sense.

    Parameters
    ----------
    verdict
        The verdict on the policies listed.
    found
        What both bounds say beside it; None where they are not known.

    Returns
    -------
    str
        Some sentences; where limits or the reading are unknown, a probability; empty where nothing is asked. Where the
        bounds are not known, that is said: the list alone does not say what any gate could do.
    """
    certain = [one.together for one in verdict.own if one.weight == 1.0 and one.together is not None]
    if len(certain) == 1:
        words = explain_outcome(certain[0].outcome, certain[0].ratio, certain[0].at_best)
    elif verdict.chances:
        words = _chances(verdict)
    else:
        return ""
    return f"{words} {NOT_TOLD if found is None else bounds_words(found)}"


def _chances(verdict: Verdict) -> str:
    """The same over limits and readings that are unknown."""
    weight = sum(verdict.chances.values())
    left = sum(verdict.chances.get(outcome, 0.0) for outcome in _LEFT) / weight
    words = (
        "Shutting down is the only compliant option left, among the policies listed that serve the floor and are "
        f"ready, with a probability of {format_rate(left)}"
    )
    open_still = verdict.chances.get("cannot_tell", 0.0) / weight
    if open_still > 0:
        return f"{words}; with {format_rate(open_still)} the simulation cannot tell."
    return f"{words}."
