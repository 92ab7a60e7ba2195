"""Standards: what orders demand of leaks, as data.

Every standard that counts leaks is tested in linear form, ``leaks <= limit * base``. The base is what the limit is
a limit of: restricted needs, served needs, or periods in force.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal

from gatesim.law.law import counted_apart, has_random_end, microseconds, order_end_us
from gatesim.scenario.orders import Order, Standard, StandardKind, UnknownLimit
from gatesim.scenario.schema import Scenario

LinearKind = Literal["leak_rate", "leak_share", "leak_count", "zero"]
Base = Literal["restricted", "served", "periods"]

BASES: dict[LinearKind, Base] = {
    "leak_rate": "restricted",
    "leak_share": "served",
    "leak_count": "periods",
    "zero": "periods",
}


@dataclass(frozen=True)
class LinearStandard:
    """A test of leaks in linear form: ``leaks <= limit * base``.

    Attributes
    ----------
    kind
        Which test it is.
    limit
        A share for the two ratios; for ``leak_count`` leaks of all represented accounts in one period; 0 for
        ``zero``.
    periods
        Of ``leak_count``: how many periods the order is in force inside the window.

    Raises
    ------
    ValueError
        If the limit is no finite number of at least 0, or above 1 for a ratio.
    """

    kind: LinearKind
    limit: float = 0.0
    periods: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit) and self.limit >= 0):
            raise ValueError(f"limit: must be a number of at least 0, is {self.limit}")
        if self.kind in ("leak_rate", "leak_share") and self.limit > 1:
            raise ValueError(f"limit: {self.kind} is a share, so at most 1, not {self.limit:g}")
        if self.kind == "zero" and self.limit != 0:
            raise ValueError("limit: the standard zero has none")

    @property
    def base(self) -> Base:
        """What the limit is a limit of."""
        return BASES[self.kind]

    def most(self, restricted: float, served: float) -> float:
        """The most leaks it allows, ``limit * base``: needs as counted for all represented accounts."""
        return self.limit * {"restricted": restricted, "served": served, "periods": self.periods}[self.base]

    def allows(self, leaks: float, restricted: float, served: float) -> bool:
        """Whether so many leaks are within it."""
        return leaks <= self.most(restricted, served)


@dataclass(frozen=True)
class Limits:
    """A limit, known or not: points with weights, or a density between two ends.

    Attributes
    ----------
    points, weights
        The limits that are possible and how likely they are; empty where there is a density.
    shape
        ``uniform`` or ``loguniform``; empty where there are points.
    low, high
        Ends of the density.
    """

    points: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    shape: str = ""
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def of(cls, limit: float | UnknownLimit | None) -> Limits:
        """The limit of a standard; ends that coincide, and a list of one, are that limit."""
        if limit is None:
            return cls((0.0,), (1.0,))
        if not isinstance(limit, UnknownLimit):
            return cls((limit,), (1.0,))
        if limit.limits:
            pairs = [(x, w) for x, w in zip(limit.limits, limit.weights, strict=True) if w > 0]
            return cls(tuple(x for x, _ in pairs), tuple(w for _, w in pairs))
        assert limit.distribution is not None
        assert limit.low is not None
        assert limit.high is not None
        if limit.low == limit.high:
            return cls((limit.low,), (1.0,))
        return cls(shape=limit.distribution, low=limit.low, high=limit.high)

    @property
    def known(self) -> float | None:
        """The limit, where there is only one."""
        return self.points[0] if len(self.points) == 1 else None

    def below(self, limit: float) -> float:
        """The probability that the limit is at most a number: of points, or of the density."""
        if not self.shape:
            return math.fsum(w for x, w in zip(self.points, self.weights, strict=True) if x <= limit)
        if limit <= self.low:
            return 0.0
        if limit >= self.high:
            return 1.0
        if self.shape == "loguniform":
            return math.log(limit / self.low) / math.log(self.high / self.low)
        return (limit - self.low) / (self.high - self.low)

    def pieces(self, cuts: Sequence[float]) -> list[tuple[float, float]]:
        """Pieces on which nothing changes: a limit inside each, and the probability of the piece.

        Parameters
        ----------
        cuts
            Limits from which on (inclusive) something changes.

        Returns
        -------
        list of tuple
            For points these themselves. The probabilities add up to 1; pieces of probability 0 are left out.
        """
        if not self.shape:
            return list(zip(self.points, self.weights, strict=True))
        inner = sorted({c for c in cuts if self.low < c < self.high})
        ends = [self.low, *inner, self.high]
        found = []
        for begin, end in pairwise(ends):
            weight = self.below(end) - self.below(begin)
            if weight > 0:
                middle = math.sqrt(begin * end) if self.shape == "loguniform" else (begin + end) / 2
                found.append((middle, weight))
        return found


@dataclass(frozen=True)
class Demand:
    """What one order demands of leaks in the use of some models.

    Attributes
    ----------
    order
        Number of the order.
    models
        The models it is about, in the order of the order.
    whole
        Whether no order names any other model.
    apart
        Whether its order is counted apart from others that name the same models (`counted_apart`).
    of_order
        Whether the order names no other model.
    kind
        The kind of its standard.
    limits
        Its limit, known or not; 0 where the kind has none.
    per_us, periods
        Of ``leak_count``: the time that the limit is for (None: all the time in force), and how many of these
        the order is in force inside the window.
    probability
        Of ``zero``: how sure it must be that there is no leak.
    controls
        Of ``process``: the controls that must stand.
    """

    order: int
    models: tuple[str, ...]
    whole: bool
    kind: StandardKind
    limits: Limits
    per_us: int | None = None
    periods: float = 1.0
    probability: float = 1.0
    controls: tuple[str, ...] = ()
    apart: bool = False
    of_order: bool = True

    def linear(self, limit: float) -> LinearStandard | None:
        """The test at a limit in linear form; None for ``process``, which counts no leaks."""
        if self.kind == "process":
            return None
        return LinearStandard(self.kind, limit, self.periods)


def demands(scenario: Scenario) -> tuple[Demand, ...]:
    """What the orders demand: for each its standard, then the standards of single models; equal ones once.

    Those of orders that are counted apart are never equal: each is about the order's own restricted needs.

    Parameters
    ----------
    scenario
        A scenario, consistent.

    Returns
    -------
    tuple of Demand
        In the order of the file.
    """
    named = {model for order in scenario.orders for model in order.models}
    apart = counted_apart(scenario)
    found: list[Demand] = []
    for number, order in enumerate(scenario.orders):
        rest = tuple(model for model in order.models if model not in order.standards)
        parts = [(rest, order.standard)] if rest else []
        parts += [((model,), order.standards[model]) for model in order.models if model in order.standards]
        for models, standard in parts:
            one = Demand(
                number,
                models,
                set(models) == named,
                standard.kind,
                Limits.of(standard.limit),
                standard.per,
                _periods(scenario, order, standard),
                1.0 if standard.probability is None else standard.probability,
                standard.controls,
                number in apart and standard.kind != "process",
                set(models) == set(order.models),
            )
            if all(_same(one, other) is False for other in found):
                found.append(one)
    return tuple(found)


def _same(one: Demand, other: Demand) -> bool:
    """Whether two demands of different orders come to the same; unknown limits are each for itself."""
    alike = vars(one) | {"order": 0} == vars(other) | {"order": 0}
    return alike and not one.apart and one.limits.known is not None


def _periods(scenario: Scenario, order: Order, standard: Standard) -> float:
    """How many of the standard's periods an order is in force inside the window."""
    if standard.per is None or has_random_end(scenario):
        return 1.0
    begin = max(microseconds(scenario, order.issued + timedelta(microseconds=order.grace)), 0)
    end = min(order_end_us(scenario, order), scenario.length)
    return max(end - begin, 0) / standard.per
