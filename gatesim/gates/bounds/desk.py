"""The desk by its mean flow: how many reviews its reviewers can make at most, on average."""

from __future__ import annotations

from itertools import pairwise

from gatesim.law.law import Law
from gatesim.law.roster import staffed
from gatesim.scenario.schema import Scenario


def reviews_possible(scenario: Scenario, law: Law) -> float:
    """Reviews that the desk can make on average while an order names a model.

    A reviewer who works without a break for a time t on reviews of mean length s (exponential) begins at most
    1 + t / s of them on average: a Poisson number end within t, and one more may have begun, which is finished
    after the shift. Reviewers are those on shift, less the foreign ones whom an order keeps away.

    Parameters
    ----------
    scenario, law
        The scenario, with a desk, and its law.

    Raises
    ------
    ValueError
        If the scenario has no desk.
    """
    if scenario.desk is None:
        raise ValueError("the scenario has no desk")
    most = 0.0
    steps = [*staffed(scenario), (scenario.length, 0)]
    at_work, until = 0, 0
    for epoch in law.epochs:
        if not epoch.named.any():
            continue
        if epoch.start_us != until:
            at_work = 0
        until = epoch.end_us
        for (begin, reviewers), (end, _) in pairwise(steps):
            worked = min(end, epoch.end_us) - max(begin, epoch.start_us)
            if worked > 0:
                # Each who comes in addition works without a break from then on.
                most += max(0, reviewers - at_work) + reviewers * worked / scenario.desk.service
                at_work = reviewers
    return most
