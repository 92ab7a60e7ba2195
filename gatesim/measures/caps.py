"""What a cap on usage refuses: needs over the cap, and people who meet it. Apart from all measures of an order.

Needs are those that arise while the cap holds, whatever a gate did before: people whom a refusal made leave are
counted as if they were there. The account is what is capped, and the unit of intervals; needs and people go by the
segment of whoever makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.law.caps import CapDay
from gatesim.measures.definitions import Measure
from gatesim.measures.intervals import NO_CHANCE, count_intervals, ratio_intervals, variances_of_totals
from gatesim.scenario.schema import Scenario

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OVER, NEEDS, OVER_OVER, OVER_NEEDS, NEEDS_NEEDS, MET, MET_MET, USED = range(8)
"""Sums over accounts: of needs over the cap, of needs, of their products, of people who met it and its square, and of
accounts that have such needs at all."""


@dataclass(frozen=True, eq=False)
class CappedNeeds:
    """Needs that arise while a cap holds, as an engine finds them. Arrays have one entry a need.

    Attributes
    ----------
    account, owner
        The account, and the segment of its owner.
    body, segment
        Who makes the need: 0 for the owner, else 1 + the position of the co-user; and the maker's segment.
    model
        Number of the model.
    over
        bool: the account has had its needs of the day.
    """

    account: Ints
    owner: Ints
    body: Ints
    segment: Ints
    model: Ints
    over: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CapTally:
    """Integer counts of what caps refuse.

    Attributes
    ----------
    sums
        int64[owner's segment, maker's segment + 1, model + 1, 8]: see `OVER` and its like. The last segment and the
        last model stand for all.
    accounts
        int64[segment]: accounts by the owner's segment, those without such needs included.
    """

    sums: Ints
    accounts: Ints

    def __add__(self, other: CapTally) -> CapTally:
        return CapTally(self.sums + other.sums, self.accounts + other.accounts)


@dataclass(frozen=True)
class CapRow:
    """What a cap does to people of a segment, for one model.

    Attributes
    ----------
    segment, model
        Names; None for all.
    needs
        Needs that arise while the cap holds, for all accounts represented.
    over
        Those of them that are refused, over the cap.
    share
        The one in the other; its value is None where no need arises.
    people
        People with at least one such need, for all accounts represented.
    """

    segment: str | None
    model: str | None
    needs: Measure
    over: Measure
    share: Measure
    people: Measure

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "segment": self.segment,
            "model": self.model,
            **{name: getattr(self, name).to_dict() for name in ("needs", "over", "share", "people")},
        }


def count_caps(scenario: Scenario, needs: CappedNeeds, accounts: Ints) -> CapTally:
    """Count what caps refuse.

    Parameters
    ----------
    scenario
        The scenario.
    needs
        The needs of whole accounts, in any order.
    accounts
        int64[segment]: accounts by the owner's segment.
    """
    segments, models = len(scenario.segments), len(scenario.models)
    sums = np.zeros((segments, segments + 1, models + 1, USED + 1), dtype=np.int64)
    bodies = 1 + int(needs.body.max(initial=0))
    for all_segments in (False, True):
        for all_models in (False, True):
            s = np.full_like(needs.segment, segments) if all_segments else needs.segment
            m = np.full_like(needs.model, models) if all_models else needs.model
            group = (needs.account * (segments + 1) + s) * (models + 1) + m
            keys, first, inverse = np.unique(group, return_index=True, return_inverse=True)
            count = np.bincount(inverse, minlength=len(keys)).astype(np.int64)
            over = np.bincount(inverse[needs.over], minlength=len(keys)).astype(np.int64)
            # Everybody with a need over the cap once.
            people = np.unique(inverse[needs.over] * bodies + needs.body[needs.over]) // bodies
            met = np.bincount(people, minlength=len(keys)).astype(np.int64)
            segment, model = np.divmod(keys % ((segments + 1) * (models + 1)), models + 1)
            products = (over, count, over * over, over * count, count * count, met, met * met, count > 0)
            for place, values in enumerate(products):
                np.add.at(sums[..., place], (needs.owner[first], segment, model), values)
    return CapTally(sums, accounts)


def capped_models(days: Sequence[CapDay]) -> list[int]:
    """Numbers of the models that are capped on some day, ascending."""
    return sorted({day.model for day in days})


def _rows(scenario: Scenario, models: Sequence[int]) -> list[tuple[int, int, str | None, str | None]]:
    """Which rows there are: all, then by model where there are several, then the same for each segment."""
    names = list(scenario.models)
    of_model: list[tuple[int, str | None]] = [(len(names), None)]
    if len(models) > 1:
        of_model += [(model, names[model]) for model in models]
    segments: list[tuple[int, str | None]] = [(len(scenario.segments), None), *enumerate(scenario.segments)]
    return [(s, m, segment, model) for s, segment in segments for m, model in of_model]


def expected_rows(
    scenario: Scenario, models: Sequence[int], needs: Floats, over: Floats, people: Floats, accounts: float
) -> tuple[CapRow, ...]:
    """Rows of expected values.

    Parameters
    ----------
    scenario
        The scenario.
    models
        Numbers of the capped models.
    needs, over, people
        float64[segment + 1, model + 1]: expected numbers; the last of each stands for all.
    accounts
        The number of accounts for which they hold.
    """

    def amount(name: str, number: float) -> Measure:
        scale = float(scenario.represents)
        return Measure(name, number, accounts, scale * number / accounts, note=NO_CHANCE, scale=scale)

    found = []
    for s, m, segment, model in _rows(scenario, models):
        arise, refused = float(needs[s, m]), float(over[s, m])
        share = Measure("cap_share", refused, arise, refused / arise if arise > 0 else None, note=NO_CHANCE)
        found.append(
            CapRow(
                segment,
                model,
                amount("capped_needs", arise),
                amount("needs_over_cap", refused),
                share,
                amount("people_over_cap", float(people[s, m])),
            )
        )
    return tuple(found)


def counted_rows(scenario: Scenario, models: Sequence[int], tally: CapTally) -> tuple[CapRow, ...]:
    """Rows of counts, with intervals for simulation noise; accounts are what is independent."""
    rows = _rows(scenario, models)
    sums = np.stack([tally.sums[:, s, m, :] for s, m, _, _ in rows]).astype(np.float64)  # [row, stratum, sum]
    total = sums.sum(axis=1)
    over, needs = total[:, OVER], total[:, NEEDS]
    ratio = np.divide(over, needs, out=np.zeros(len(rows)), where=needs > 0)[:, None]
    first = sums[..., OVER] - ratio * sums[..., NEEDS]
    second = sums[..., OVER_OVER] - 2 * ratio * sums[..., OVER_NEEDS] + ratio**2 * sums[..., NEEDS_NEEDS]
    variances = variances_of_totals(first, second, tally.accounts) / np.maximum(needs, 1) ** 2
    shares = ratio_intervals(
        over.tolist(),
        needs.tolist(),
        variances.tolist(),
        total[:, USED].astype(int).tolist(),
        (sums[..., USED] > 0).sum(axis=1).tolist(),
    )
    accounts = float(tally.accounts.sum())
    scale = float(scenario.represents)

    def amounts(name: str, which: int, square: int) -> list[Measure]:
        spread = variances_of_totals(sums[..., which], sums[..., square], tally.accounts)
        counts = total[:, which].tolist()
        intervals = count_intervals(counts, spread.tolist(), [1.0] * len(rows))
        return [
            Measure(
                name,
                count,
                accounts,
                scale * count / accounts,
                None if one.low is None else scale * one.low / accounts,
                None if one.high is None else scale * one.high / accounts,
                one.one_sided,
                one.note,
                scale,
            )
            for count, one in zip(counts, intervals, strict=True)
        ]

    columns = zip(
        rows,
        amounts("capped_needs", NEEDS, NEEDS_NEEDS),
        amounts("needs_over_cap", OVER, OVER_OVER),
        amounts("people_over_cap", MET, MET_MET),
        shares,
        strict=True,
    )
    found = []
    for (_, _, segment, model), arise, refused, people, one in columns:
        value = refused.numerator / arise.numerator if arise.numerator > 0 else None
        share = Measure(
            "cap_share",
            refused.numerator,
            arise.numerator,
            value,
            one.low,
            one.high,
            one.one_sided,
            one.note,
        )
        found.append(CapRow(segment, model, arise, refused, share, people))
    return tuple(found)
