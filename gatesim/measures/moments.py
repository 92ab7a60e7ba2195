"""Sums over clusters: what intervals need beyond the counts themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.world.compiled import compiled


@dataclass(frozen=True)
class Moments:
    """First and second moments of a vector of counts, by group and stratum, over clusters.

    A cluster is a set of needs that are correlated among each other (an account, or a network); needs of
    different clusters are independent. Only pairs of group and stratum with something counted have a row.

    Attributes
    ----------
    components
        Names of the entries of the vector.
    groups, strata
        Numbers of groups and of strata.
    keys
        int64[row]: group * strata + stratum, increasing.
    first
        int64[row, component]: sums of the vector z of a cluster.
    second
        int64[row, component, component]: sums of z z^T.
    positive
        int64[row, component]: numbers of clusters in which the component is positive.
    """

    components: tuple[str, ...]
    groups: int
    strata: int
    keys: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    positive: NDArray[np.int64]

    def __add__(self, other: Moments) -> Moments:
        """The moments of two samples that have no cluster in common.

        Raises
        ------
        ValueError
            If the two were not made for the same components, groups and strata.
        """
        mine = (self.components, self.groups, self.strata)
        if mine != (other.components, other.groups, other.strata):
            raise ValueError("moments of different scenarios do not add up")
        keys = np.union1d(self.keys, other.keys)
        size = len(self.components)
        first = np.zeros((len(keys), size), dtype=np.int64)
        second = np.zeros((len(keys), size, size), dtype=np.int64)
        positive = np.zeros((len(keys), size), dtype=np.int64)
        for part in (self, other):
            rows = np.searchsorted(keys, part.keys)
            first[rows] += part.first
            second[rows] += part.second
            positive[rows] += part.positive
        return Moments(self.components, self.groups, self.strata, keys, first, second, positive)

    def rows(self, group: int) -> slice:
        """The rows of a group."""
        begin, end = np.searchsorted(self.keys, [group * self.strata, (group + 1) * self.strata])
        return slice(int(begin), int(end))

    def totals(self) -> NDArray[np.int64]:
        """Sums over everything, int64[group, component]."""
        sums = np.zeros((self.groups, len(self.components)), dtype=np.int64)
        np.add.at(sums, self.keys // self.strata, self.first)
        return sums


@compiled("void(int64[::1], int64[:, ::1], float64[:, ::1])")
def _add_up(codes: NDArray[np.int64], columns: NDArray[np.int64], z: NDArray[np.float64]) -> None:
    """Add each row's counts to its sum: float64[code, component]."""
    for j in range(len(columns)):
        for row in range(len(codes)):
            z[codes[row], j] += columns[j, row]


def moments(
    components: tuple[str, ...],
    columns: NDArray[np.int64],
    cluster: NDArray[np.int64],
    stratum: NDArray[np.int64],
    group: NDArray[np.int64],
    groups: int,
    strata: int,
) -> Moments:
    """Sum a vector up to clusters, and their moments by group and stratum.

    Parameters
    ----------
    components
        Names of the columns.
    columns
        int64[component, row].
    cluster, stratum, group
        int64[row]: the cluster of each row, numbered from 0; its stratum (one for all rows of a cluster); its
        group (a cluster can have rows in several).
    groups, strata
        How many there are.

    Returns
    -------
    Moments
    """
    import pandas as pd

    size = len(components)
    codes, pairs = pd.factorize(cluster * groups + group)
    z = np.zeros((len(pairs), size))
    _add_up(np.asarray(codes, dtype=np.int64), np.ascontiguousarray(columns), z)
    stratum_of = np.zeros(len(pairs), dtype=np.int64)
    stratum_of[codes] = stratum
    key = (np.asarray(pairs, dtype=np.int64) % groups) * strata + stratum_of
    order = np.argsort(key, kind="stable")
    z, key = z[order], key[order]
    keys, begins = np.unique(key, return_index=True)
    first = np.zeros((len(keys), size), dtype=np.int64)
    second = np.zeros((len(keys), size, size), dtype=np.int64)
    positive = np.zeros((len(keys), size), dtype=np.int64)
    # Sums of whole numbers below 2**53 are exact in float64, and products of float matrices are fast.
    ends = np.append(begins, len(key))[1:]
    for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        part = z[begin:end]
        first[row] = part.sum(axis=0).astype(np.int64)
        second[row] = (part.T @ part).astype(np.int64)
        positive[row] = (part > 0).sum(axis=0)
    return Moments(components, groups, strata, keys.astype(np.int64), first, second, positive)
