"""One line of a verdict: the outcome under one reading for one standard, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gatesim.law.standards import Demand
from gatesim.measures.best import best_candidate
from gatesim.measures.judgement import (
    MORE_IS_BETTER,
    Judgement,
    Outcome,
    explain_outcome,
    most_needed,
    outcome_if,
)
from gatesim.measures.numbers import format_limit, format_rate


@dataclass(frozen=True)
class Row:
    """The outcome for one reading, ratio and limit.

    Attributes
    ----------
    reading, ratio, limit
        Which; the ratio is the kind of the standard, ``together`` where it is about several standards at once.
        The limit is 0 where the kind has none.
    own
        Whether it is an order's own standard.
    by, which
        The part of the service that it is about: ``channel`` or ``model``, and its name; empty for the whole.
    outcome
        One of `OUTCOMES`.
    at_best, at_worst
        The outcome if all that noise leaves open turned out well, or badly; equal unless it cannot be told.
    policies
        The candidates: listed policies other than shutting down that serve at least one need.
    best
        The candidate that the outcome is about: available and serving most; ready first; serving most within
        the limit; or else leaking least, if possible of those that serve the floor. None without candidates.
    deciding
        Candidates whose noise alone can change the outcome; empty unless it cannot be told.
    accounts
        Accounts simulated (None: computed without chance).
    accounts_needed
        Accounts to simulate until it could be told; None where no number would do.
    notes
        In words, what else there is to know.
    demands
        The orders' standards that it is about; empty where the limit is one of the verdict's own.
    """

    reading: str
    ratio: str
    limit: float
    own: bool
    by: str
    which: str
    outcome: Outcome
    at_best: Outcome
    at_worst: Outcome
    policies: tuple[Judgement, ...]
    best: str | None
    deciding: tuple[str, ...]
    accounts: int | None
    accounts_needed: int | None
    notes: tuple[str, ...]
    demands: tuple[Demand, ...] = ()

    def judgement(self, policy: str) -> Judgement:
        """The judgement of a candidate.

        Raises
        ------
        KeyError
            If the policy is no candidate.
        """
        for judgement in self.policies:
            if judgement.policy == policy:
                return judgement
        raise KeyError(policy)

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(vars(self)) | {
            "policies": [judgement.to_dict() for judgement in self.policies],
            "explanation": explain_outcome(self.outcome, self.ratio, self.at_best),
            "deciding": list(self.deciding),
            "notes": list(self.notes),
            "demands": [dict(vars(demand)) | {"limits": vars(demand.limits)} for demand in self.demands],
        }


def _notes(judgements: Sequence[Judgement], floor: float, outcome: Outcome) -> tuple[str, ...]:
    notes = []
    undecided = [j.policy for j in judgements if j.undecided]
    if undecided and outcome != "cannot_tell":
        notes.append(
            f"Noise leaves open whether {' and '.join(undecided)} would do; the outcome holds anyway."
        )
    unsure = {
        measure.note
        for j in judgements
        for measure in (j.leak, j.served)
        if measure.value is not None and measure.low is None and measure.name not in MORE_IS_BETTER
    }
    notes += [f"The value itself decides ({note or 'no interval'})." for note in sorted(unsure)]
    if outcome == "only_below_floor":
        best = best_candidate(judgements, outcome)
        notes += [
            f"{j.policy} serves {format_rate(j.served.value, j.served.low, j.served.high)} of entitled "
            f"needs, the floor is {format_limit(floor)}."
            for j in judgements
            if j.policy == best
        ]
    return tuple(notes)


def make_row(
    judgements: tuple[Judgement, ...],
    key: tuple[str, str, float, bool],
    part: tuple[str, str],
    floor: float,
    accounts: int | None,
    demands: tuple[Demand, ...] = (),
) -> Row:
    """Put together what candidates come to, noise considered.

    Parameters
    ----------
    judgements
        The candidates.
    key
        Reading, kind of the standard, limit, whether it is an order's own.
    part
        ``channel`` or ``model`` and its name, or two empty texts.
    floor
        The least share of entitled needs that must be served.
    accounts
        Accounts simulated; None where there is no chance in the measures.
    demands
        See `Row`.
    """
    names = [judgement.policy for judgement in judgements]
    at_best, at_worst = outcome_if(judgements, names), outcome_if(judgements, ())
    outcome: Outcome = at_best if at_best == at_worst else "cannot_tell"
    deciding: tuple[Judgement, ...] = ()
    if outcome == "cannot_tell":
        # At least one policy by itself lifts the worst outcome: the best is the best of single policies.
        deciding = tuple(j for j in judgements if outcome_if(judgements, (j.policy,)) != at_worst)
    return Row(
        *key,
        *part,
        outcome,
        at_best,
        at_worst,
        judgements,
        best_candidate(judgements, outcome),
        tuple(judgement.policy for judgement in deciding),
        accounts,
        most_needed([judgement.accounts_needed for judgement in deciding]),
        _notes(judgements, floor, outcome),
        demands,
    )
