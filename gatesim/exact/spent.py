"""Times that cases spend in each state: they stay as long as nothing but the probabilities of classes moves.

How often accounts of a class occur moves with how well signals read; what then becomes of one does not. So the times
are worked out once, and weighed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gatesim.exact.cases import weighed
from gatesim.exact.counting import Needs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Spent:
    """Times that some cases spend in each state and place.

    Attributes
    ----------
    owner, of_class, within
        By case, see `gatesim.exact.cases.Batch`.
    maker, combination, place
        By group of needs, see `gatesim.exact.counting.Needs`.
    case, rate, group, row
        int64[entry], float64[entry], int64[entry], int64[entry]: so many needs a day of a case are of the group, in a
        row of times.
    times
        For each counted epoch float64[row, state, interval]: days.
    """

    owner: Ints
    of_class: Ints
    within: Floats
    maker: Ints
    combination: Ints
    place: Ints
    case: Ints
    rate: Floats
    group: Ints
    row: Ints
    times: list[Floats]

    def needs(self, accounts: Floats, classes: Floats) -> Needs:
        """Expected needs by group, state and interval.

        They are sums, with weights, of the times: a product with a sparse matrix.

        Parameters
        ----------
        accounts
            Accounts by owner segment.
        classes
            float64[class]: the probabilities of all classes of accounts within their owner segment.
        """
        weight = accounts[self.owner] * weighed(classes[self.of_class], self.within)
        entries = (weight[self.case] * self.rate, (self.group, self.row))
        matrix = csr_array(entries, shape=(len(self.maker), len(self.times[0])))
        needs = [
            (matrix @ times.reshape(len(times), -1)).reshape(-1, *times.shape[1:]) for times in self.times
        ]
        return Needs(self.maker, self.combination, self.place, needs)
