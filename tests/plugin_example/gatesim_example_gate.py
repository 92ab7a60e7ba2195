"""An example of a package with gates for gatesim: it allows where enough signals read home, and checks the rest."""

from __future__ import annotations

import numpy as np

from gatesim import Decisions

ALLOW, CHECK, BLOCK = 0, 1, 2
DAY = 24 * 60 * 60 * 1_000_000


def trusting(parameters, context):
    """Allow where at least ``need`` signals read home; check the rest, and keep who failed out for a day.

    Parameters
    ----------
    parameters
        ``need``: how many signals must read home; 1 where not given. ``rest``: the action elsewhere; block (2).
    context
        What a gate may know; see docs/plug-ins.md.
    """
    space = context.space
    votes = np.zeros(space.shape, dtype=int)
    for axis, readings in enumerate(space.readings):
        along = [1] * len(space.shape)
        along[axis] = -1
        votes = votes + np.array([name == context.home for name in readings], dtype=int).reshape(along)
    fresh = np.where(votes >= parameters.get("need", 1), ALLOW, parameters.get("rest", BLOCK))
    return Decisions(fresh, durations={"check_failed": DAY})


def worst_cells(parameters, context):
    """Block the cells in which a need is restricted with more than the probability ``above``."""
    probability = context.restricted_given_cell
    return np.where(np.nan_to_num(probability, nan=1.0) > parameters["above"], BLOCK, ALLOW)
