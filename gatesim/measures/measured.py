"""Measures with their intervals, from a tally or from expected counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.axes import (
    BLOCK_REASONS,
    BLOCKS,
    NEEDS,
    component_matrix,
    makers_groups,
    split_names,
)
from gatesim.measures.definitions import ACCOUNTS_SIMULATED, DEFINITIONS, Measure
from gatesim.measures.intervals import (
    EMPTY,
    NO_CHANCE,
    NOT_COVERED,
    ONE_REPLICATION,
    Interval,
    across_replications,
    count_interval,
    ratio_interval,
    variance_of_total,
)
from gatesim.measures.moments import Moments
from gatesim.measures.tally import Tally
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR

Unit = Literal["cluster", "replication"]
"""What is independent: people (by account or network); or, where they meet at a desk, replications only."""

Weights = tuple[Mapping[str, float], Mapping[str, float], float]
"""Weights of components in the numerator and in the denominator, and the scale."""


@dataclass(frozen=True)
class Expected:
    """Expected counts, as the exact engine computes them, in place of a tally.

    Attributes
    ----------
    counts
        float64, of the same axes as `Tally.counts`.
    accounts
        The number of accounts for which they hold.
    other
        Expected values of further components over all makers (see `axes.components`): ``document_requests``,
        ``documents:passport``. Measures that need others are left out.
    """

    counts: NDArray[np.float64]
    accounts: float
    other: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class DeskTime:
    """What a desk's work is measured against, over all replications of a tally.

    Attributes
    ----------
    staffed_us
        Reviewers' time on shift, in microseconds, of the desk as simulated.
    window_us
        Length of the window in microseconds, times the number of replications.
    """

    staffed_us: float
    window_us: float


def _expected(scenario: Scenario, source: Expected, by: str | None) -> list[dict[str, float]]:
    """Components by group."""
    names = (*NEEDS, *BLOCKS)
    z = np.tensordot(source.counts, component_matrix().astype(np.float64), axes=2)
    if by is None:
        totals = z.sum(axis=(0, 1, 2))[None]
    elif by in {"model", "day"}:
        totals = z.sum(axis=(0, 2) if by == "model" else (0, 1))
    else:
        totals = np.zeros((len(split_names(scenario, by)), len(names)))
        np.add.at(totals, makers_groups(scenario, by), z.sum(axis=(1, 2)))
    other = dict(source.other) if by is None else {}
    return [dict(zip(names, map(float, row), strict=True)) | other for row in totals]


def _counted(tally: Tally, by: str | None) -> list[dict[str, float]]:
    part = tally.moments[by or "all"]
    return [dict(zip(part.components, map(float, row), strict=True)) for row in part.totals()]


def _weights(scenario: Scenario) -> dict[str, Weights]:
    """Name -> weights of numerator and denominator, scale: of all measures made of components."""
    kinds = {f"documents:{name}": document.cost for name, document in scenario.documents.items()}
    made = {"documents_collected": dict.fromkeys(kinds, 1.0), "cost": kinds}
    found: dict[str, Weights] = {}
    for definition in DEFINITIONS:
        over = made.get(definition.name, definition.over)
        if over is not None:
            under = definition.under or ACCOUNTS_SIMULATED
            scale = float(scenario.represents) if "accounts" in under else 1.0
            found[definition.name] = (over, under, scale)
    return found


def _sum(weights: Mapping[str, float], numbers: Mapping[str, float]) -> float:
    return sum(weight * numbers[name] for name, weight in weights.items())


def _vector(weights: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([float(weights.get(name, 0.0)) for name in names])


def _cluster_interval(
    part: Moments,
    group: int,
    clusters: NDArray[np.int64],
    over: Mapping[str, float],
    under: Mapping[str, float],
    sums: tuple[float, float],
) -> Interval:
    """Interval of a measure whose clusters are independent; that of a count is one of its numerator."""
    rows = part.rows(group)
    n = clusters[part.keys[rows] % part.strata]
    top, bottom = sums
    counts = "accounts" in under
    ratio = top / bottom if bottom > 0 and not counts else 0.0
    v = _vector(over, part.components) - ratio * _vector(under, part.components)
    second = np.einsum("i,sij,j->s", v, part.second[rows].astype(np.float64), v)
    variance = variance_of_total(part.first[rows] @ v, second, n)
    if counts:
        return count_interval(top, variance, max(over.values(), default=0.0))
    positive = part.positive[rows] @ _vector(under, part.components)
    spread = variance / bottom**2 if bottom > 0 else 0.0
    return ratio_interval(top, bottom, spread, int(positive.sum()), int((positive > 0).sum()))


def _measure(name: str, top: float, bottom: float, scale: float, interval: Interval) -> Measure:
    # Differences of expected counts can leave a trace below zero.
    top = max(top, 0.0)
    if bottom <= 0:
        return Measure(name, top, bottom, None, note=EMPTY, scale=scale)
    value = scale * top / bottom
    low, high = interval.low, interval.high
    return Measure(name, top, bottom, value, low, high, interval.one_sided, interval.note, scale)


def _scaled(interval: Interval, factor: float) -> Interval:
    if interval.low is None or interval.high is None:
        return interval
    return Interval(interval.low * factor, interval.high * factor, interval.one_sided, interval.note)


def _grouped(
    scenario: Scenario,
    source: Tally | Expected,
    by: str | None,
    unit: Unit,
    replications: Sequence[Tally],
) -> list[dict[str, Measure]]:
    tally = source if isinstance(source, Tally) else None
    if isinstance(source, Tally):
        numbers, accounts = _counted(source, by), float(source.accounts.sum())
    else:
        numbers, accounts = _expected(scenario, source, by), source.accounts
    parts = [_counted(replication, by) for replication in replications]
    shared = [float(replication.accounts.sum()) for replication in replications]
    result: list[dict[str, Measure]] = []
    for group, entry in enumerate(numbers):
        entry["accounts"] = accounts
        found: dict[str, Measure] = {}
        for name, (over, under, scale) in _weights(scenario).items():
            if not (over.keys() | under.keys()) <= entry.keys():
                continue
            top, bottom = _sum(over, entry), _sum(under, entry)
            if tally is None:
                interval = Interval(note=NO_CHANCE)
            elif unit == "cluster":
                interval = _cluster_interval(
                    tally.moments[by or "all"], group, tally.clusters, over, under, (top, bottom)
                )
                if "accounts" in under:
                    interval = _scaled(interval, scale / bottom)
            else:
                each = [part[group] | {"accounts": n} for part, n in zip(parts, shared, strict=True)]
                interval = _scaled(_across(each, over, under, scale == 1.0), scale)
            found[name] = _measure(name, top, bottom, scale, interval)
        result.append(found)
    return result


def _across(
    each: Sequence[Mapping[str, float]],
    over: Mapping[str, float],
    under: Mapping[str, float],
    proportion: bool,
) -> Interval:
    if len(each) < 2:
        return Interval(note=ONE_REPLICATION)
    return across_replications(
        [_sum(over, numbers) for numbers in each], [_sum(under, numbers) for numbers in each], proportion
    )


def _desk_ratios(tally: Tally, time: DeskTime | None) -> dict[str, tuple[float, float]]:
    desk = tally.desk
    ended = float(desk.reviewed + desk.left)
    waited = float(desk.wait_reviewed_us + desk.wait_left_us)
    ratios = {"desk_wait": (waited / HOUR, ended), "desk_abandonment": (float(desk.left), ended)}
    if time is not None:
        ratios["desk_utilisation"] = (float(desk.service_us), time.staffed_us)
        ratios["desk_queue"] = (waited + desk.wait_other_us, time.window_us)
    return ratios


def _desk_measures(tally: Tally, time: DeskTime | None, replications: Sequence[Tally]) -> dict[str, Measure]:
    count = len(replications)
    share = None if time is None or not count else DeskTime(time.staffed_us / count, time.window_us / count)
    each = [_desk_ratios(replication, share) for replication in replications]
    found = {}
    for name, (top, bottom) in _desk_ratios(tally, time).items():
        if count < 2:
            interval = Interval(note=NOT_COVERED)
        else:
            interval = across_replications(
                [ratios[name][0] for ratios in each],
                [ratios[name][1] for ratios in each],
                name == "desk_abandonment",
            )
        found[name] = _measure(name, top, bottom, 1.0, interval)
    return found


def measures(
    scenario: Scenario,
    source: Tally | Expected,
    *,
    unit: Unit = "cluster",
    replications: Sequence[Tally] = (),
    desk: DeskTime | None = None,
) -> dict[str, Measure]:
    """All measures.

    Parameters
    ----------
    scenario
        The scenario.
    source
        A tally (of all replications together), or the exact engine's expected numbers: these have no
        interval, and measures of people are left out, which they do not tell.
    unit
        ``"replication"`` where people meet at a simulated desk: then only replications are independent.
    replications
        The tally of each replication; needed for intervals where the unit is the replication, and for those
        of the desk's measures.
    desk
        Reviewers' time on shift and the window; without it utilisation and queue are left out.

    Returns
    -------
    dict
        By name, in the order of `DEFINITIONS`. Measures of the desk are there if a case joined it.
    """
    found = _grouped(scenario, source, None, unit, replications)[0]
    if isinstance(source, Tally) and source.desk.joined:
        found |= _desk_measures(source, desk, replications)
    return found


def split(
    scenario: Scenario,
    source: Tally | Expected,
    by: str,
    *,
    unit: Unit = "cluster",
    replications: Sequence[Tally] = (),
) -> dict[str, dict[str, Measure]]:
    """Measures by segment (the maker's), channel, role, model or day.

    Parameters
    ----------
    scenario, source, unit, replications
        As in `measures`.
    by
        One of `axes.SPLITS`.

    Returns
    -------
    dict
        Group -> name -> measure. Counts of needs are there in each split, those of people by segment only.

    Raises
    ------
    ValueError
        If there is no such split.
    """
    names = split_names(scenario, by)
    return dict(zip(names, _grouped(scenario, source, by, unit, replications), strict=True))


def false_blocks_by_reason(
    scenario: Scenario,
    source: Tally | Expected,
    *,
    unit: Unit = "cluster",
    replications: Sequence[Tally] = (),
) -> dict[str, Measure]:
    """The part of `false_block_rate` that is due to each reason (``lost`` included); the parts add up to it.

    Parameters
    ----------
    scenario, source, unit, replications
        As in `measures`.

    Returns
    -------
    dict
        Reason -> share of entitled needs.
    """
    tally = source if isinstance(source, Tally) else None
    numbers = (_counted(source, None) if isinstance(source, Tally) else _expected(scenario, source, None))[0]
    each = [_counted(replication, None)[0] for replication in replications]
    under = {"entitled": 1.0}
    found = {}
    for reason, component in zip(BLOCK_REASONS, BLOCKS, strict=True):
        over = {component: 1.0}
        top, bottom = numbers[component], numbers["entitled"]
        if tally is None:
            interval = Interval(note=NO_CHANCE)
        elif unit == "cluster":
            interval = _cluster_interval(tally.moments["all"], 0, tally.clusters, over, under, (top, bottom))
        else:
            interval = _across(each, over, under, True)
        found[reason] = _measure("false_block_rate", top, bottom, 1.0, interval)
    return found
