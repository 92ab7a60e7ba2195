"""How checks of the accounts of each owner segment come out: by whether they are passed in each epoch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.answers import Answers, Asked, CheckLaw, answers_to, check_law, marginal
from gatesim.measures.ledger import ENDS
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept_by

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OwnerLaws:
    """How checks of the accounts of each owner segment come out.

    Some segments have fewer combinations of passing and failing than others; the rest have no weight.

    Attributes
    ----------
    passing
        bool[segment, combination, counted epoch]: whether checks are passed.
    weight
        float64[segment, combination]: the probability of the combination.
    ends, presented, desk
        What a request leads to (see `CheckLaw`): float64[segment, combination, counted epoch, ...].
    """

    passing: NDArray[np.bool_]
    weight: Floats
    ends: Floats
    presented: Floats
    desk: Floats


@kept_by("segments", "documents")
def owner_laws(scenario: Scenario, asked: tuple[Asked, ...]) -> OwnerLaws:
    """How checks come out, for all segments, where so much is asked for in the counted epochs."""
    several = [_law_of(scenario, segment, asked) for segment in scenario.segments.values()]
    shape = (len(several), max(len(law) for law in several), len(asked))
    passing, weight = np.zeros(shape, dtype=np.bool_), np.zeros(shape[:2])
    ends, desk = np.zeros((*shape, len(ENDS))), np.zeros(shape)
    presented = np.zeros((*shape, len(scenario.documents)))
    for owner, law in enumerate(several):
        for k, (passes, (part, checks)) in enumerate(law.items()):
            passing[owner, k], weight[owner, k] = passes, part
            for row, check in enumerate(checks):
                ends[owner, k, row], desk[owner, k, row] = check.ends, check.desk
                presented[owner, k, row] = check.presented
    return OwnerLaws(passing, weight, ends, presented, desk)


def _law_of(
    scenario: Scenario, segment: Segment, asked: tuple[Asked, ...]
) -> dict[tuple[bool, ...], tuple[float, list[CheckLaw]]]:
    """Combinations of passing and failing of one segment: probability, what a request leads to by epoch."""
    parts: defaultdict[tuple[bool, ...], dict[Answers, float]] = defaultdict(dict)
    for answer, weight in answers_to(scenario, segment, asked).items():
        parts[tuple(each.passes for each in answer)][answer] = weight
    return {
        passing: (
            sum(part.values()),
            [check_law(scenario, segment, marginal(part, row)) for row in range(len(asked))],
        )
        for passing, part in parts.items()
    }
