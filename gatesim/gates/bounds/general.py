"""The program as one linear program for a general solver (HiGHS): slower, for any number of constraints.

Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical Programming Computation 10, 2018.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class General(NamedTuple):
    """A solution.

    Attributes
    ----------
    shares
        float64[point]: with what probability each row takes each of its options.
    prices
        float64[constraint]: what a unit of the right-hand side is worth.
    """

    shares: Floats
    prices: Floats


def maximise(values: Floats, begins: Ints, worth: Floats, use: Floats, most: Floats) -> General | None:
    """Maximise ``worth @ x`` over mixtures with totals x such that ``use @ x <= most``.

    Parameters
    ----------
    values
        float64[quantity, point]: what each option of each row brings; the options of a row stand together.
    begins
        int64[row]: where each row begins.
    worth, use, most
        float64[quantity], float64[constraint, quantity] and float64[constraint].

    Returns
    -------
    General or None
        None where no mixture meets the constraints.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    count = values.shape[1]
    ends = np.append(begins[1:], count)
    rows = csr_matrix((np.ones(count), np.arange(count), np.append(begins, count)), shape=(len(ends), count))
    found = linprog(
        -(worth @ values),
        A_ub=use @ values,
        b_ub=most,
        A_eq=rows,
        b_eq=np.ones(len(ends)),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.status != 0:
        return None
    return General(np.maximum(found.x, 0.0), np.maximum(-found.ineqlin.marginals, 0.0))
