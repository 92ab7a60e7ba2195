"""Measures with their intervals, from a tally or from expected counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.axes import (
    BLOCK_REASONS,
    BLOCKS,
    NEEDS,
    SPLITS,
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
    SINGLY,
    Interval,
    across_replications,
    count_intervals,
    ratio_interval,
    ratio_intervals,
    variances_of_totals,
)
from gatesim.measures.moments import Moments
from gatesim.measures.tally import Tally
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR
from gatesim.world.kept import kept

Unit = Literal["cluster", "replication"]
"""What is independent: people (by account or network); or, where they meet at a desk, replications only."""

Weights = tuple[Mapping[str, float], Mapping[str, float], float]
"""Weights of components in the numerator and in the denominator, and the scale."""

Floats = NDArray[np.float64]


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

    @cached_property
    def by_component(self) -> Floats:
        """float64[maker, model, day, component of `NEEDS` and `BLOCKS`]."""
        found: Floats = np.tensordot(self.counts, component_matrix().astype(np.float64), axes=2)
        return found


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


@dataclass(frozen=True)
class _Made:
    """Measures that are made of components.

    Attributes
    ----------
    names, scales
        What they are called, and how they are scaled.
    over, under
        For each the components of its numerator and of its denominator: numbers and weights, in the order in
        which they are added up.
    over_rows, under_rows
        float64[measure, component]: the same as rows. The accounts, which come after the components, are left
        out: what is divided by them has the interval of its numerator.
    terms, is_term
        int64[measure, term], bool[measure, term]: numbers of the components on either side, ascending, and
        which of them count: short rows are filled up.
    is_count
        bool[measure]: whether the denominator is the number of accounts.
    """

    names: tuple[str, ...]
    scales: tuple[float, ...]
    over: tuple[tuple[tuple[int, float], ...], ...]
    under: tuple[tuple[tuple[int, float], ...], ...]
    over_rows: Floats
    under_rows: Floats
    terms: NDArray[np.int64]
    is_term: NDArray[np.bool_]
    is_count: NDArray[np.bool_]


def weights_of(scenario: Scenario) -> dict[str, Weights]:
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


@kept
def _made_of(scenario: Scenario, components: tuple[str, ...]) -> _Made:
    """All measures that can be made of some components (and of the number of accounts)."""
    weights = {
        name: entry
        for name, entry in weights_of(scenario).items()
        if (entry[0].keys() | entry[1].keys()) <= {*components, "accounts"}
    }
    return _made(components, weights)


@kept
def _parts_of_false_blocks(scenario: Scenario, components: tuple[str, ...]) -> _Made:
    """For each reason the part of `false_block_rate` that is due to it."""
    entitled = {"entitled": 1.0}
    return _made(
        components,
        {reason: ({part: 1.0}, entitled, 1.0) for reason, part in zip(BLOCK_REASONS, BLOCKS, strict=True)},
    )


def _made(components: Sequence[str], weights: Mapping[str, Weights]) -> _Made:
    numbers = {name: number for number, name in enumerate((*components, "accounts"))}
    over_under = [(over, under) for over, under, _ in weights.values()]
    sides = [
        tuple(tuple((numbers[name], float(w)) for name, w in sums[side].items()) for sums in over_under)
        for side in (0, 1)
    ]
    rows = np.zeros((2, len(weights), len(numbers)))
    for side, of_measures in enumerate(sides):
        for measure, terms in enumerate(of_measures):
            for number, weight in terms:
                rows[side, measure, number] = weight
    over, under = np.ascontiguousarray(rows[:, :, : len(components)])
    used = [np.flatnonzero(row).tolist() for row in (over != 0) | (under != 0)]
    width = max(map(len, used), default=0)
    return _Made(
        names=tuple(weights),
        scales=tuple(scale for _, _, scale in weights.values()),
        over=sides[0],
        under=sides[1],
        over_rows=over,
        under_rows=under,
        terms=np.array([[*own, *[0] * (width - len(own))] for own in used], dtype=np.int64),
        is_term=np.arange(width) < np.array([[len(own)] for own in used]),
        is_count=np.array(["accounts" in sums[1] for sums in over_under]),
    )


def _expected(scenario: Scenario, source: Expected, by: str | None) -> tuple[tuple[str, ...], Floats]:
    """Names of components, and their values by group: [group, component]."""
    z = source.by_component
    if by is None:
        totals = z.sum(axis=(0, 1, 2))[None]
    elif by in {"model", "day"}:
        totals = z.sum(axis=(0, 2) if by == "model" else (0, 1))
    else:
        totals = np.zeros((len(split_names(scenario, by)), z.shape[-1]))
        np.add.at(totals, makers_groups(scenario, by), z.sum(axis=(1, 2)))
    if by is not None:
        return (*NEEDS, *BLOCKS), totals
    other = np.array(list(source.other.values()))[None]
    return (*NEEDS, *BLOCKS, *source.other), np.concatenate([totals, other], axis=1)


def _totals(scenario: Scenario, source: Tally | Expected, by: str | None) -> tuple[tuple[str, ...], Floats]:
    """Names of components, and their values by group, those of the accounts last: [group, component]."""
    if isinstance(source, Expected):
        names, totals = _expected(scenario, source, by)
        accounts = source.accounts
    else:
        part = source.moments[by or "all"]
        names, totals = part.components, part.totals().astype(np.float64)
        accounts = float(source.accounts.sum())
    return names, np.concatenate([totals, np.full((len(totals), 1), accounts)], axis=1)


def _sums(terms: Sequence[Sequence[tuple[int, float]]], totals: Floats) -> Floats:
    """Weighted sums of components: [group, measure]."""
    sums = np.zeros((len(totals), len(terms)))
    for measure, own in enumerate(terms):
        for number, weight in own:
            sums[:, measure] += weight * totals[:, number]
    return sums


def _cluster_intervals(
    part: Moments, clusters: NDArray[np.int64], made: _Made, top: Floats, bottom: Floats
) -> list[list[Interval]]:
    """Intervals of measures whose clusters are independent; that of a count is one of its numerator.

    Parameters
    ----------
    part, clusters
        Moments, and numbers of clusters by stratum.
    made
        The measures.
    top, bottom
        float64[group, measure]: their numerators and denominators.

    Returns
    -------
    list of list
        By group and measure.
    """
    ratio = np.divide(top, bottom, out=np.zeros_like(top), where=(bottom > 0) & ~made.is_count)
    # With z the counts of a cluster, v z is its part of the ratio's linearised numerator.
    v = made.over_rows - ratio[:, :, None] * made.under_rows
    squares = _squares(part, made, v)
    bases = part.positive @ made.under_rows.T
    variances = np.zeros(top.shape)
    positive, strata = np.zeros(top.shape, dtype=np.int64), np.zeros(top.shape, dtype=np.int64)
    for group in range(part.groups):
        rows = part.rows(group)
        n = clusters[part.keys[rows] % part.strata]
        sums = (part.first[rows].astype(np.float64) @ v[group][:, :, None])[:, :, 0]
        variances[group] = variances_of_totals(sums, np.ascontiguousarray(squares[rows].T), n)
        positive[group] = bases[rows].sum(axis=0)
        strata[group] = (bases[rows] > 0).sum(axis=0)
    found = [[Interval()] * len(made.names) for _ in range(part.groups)]
    counts = np.broadcast_to(made.is_count, top.shape)
    events = top[~counts].tolist()
    trials = bottom[~counts].tolist()
    spreads = [
        variance / trial**2 if trial > 0 else 0.0
        for variance, trial in zip(variances[~counts].tolist(), trials, strict=True)
    ]
    ratios = ratio_intervals(events, trials, spreads, positive[~counts].tolist(), strata[~counts].tolist())
    units = np.broadcast_to(made.over_rows.max(axis=1, initial=0.0), top.shape)
    amounts = count_intervals(top[counts].tolist(), variances[counts].tolist(), units[counts].tolist())
    for which, intervals in ((~counts, ratios), (counts, amounts)):
        for (group, measure), interval in zip(np.argwhere(which).tolist(), intervals, strict=True):
            found[group][measure] = interval
    return found


def _squares(part: Moments, made: _Made, v: Floats) -> Floats:
    """Sums of (v z)^2 over the clusters of each row of moments: float64[row, measure].

    ``v`` is float64[group, measure, component]. Only a few components make a measure, the same for all groups.
    """
    rows, size, width = len(part.keys), len(part.components), made.terms.shape[1]
    pairs = made.terms[:, :, None] * size + made.terms[:, None, :]
    second = part.second.reshape(rows, size * size)[:, pairs]
    own = np.take_along_axis(v, np.broadcast_to(made.terms, (len(v), *made.terms.shape)), axis=2)
    own = np.where(made.is_term, own, 0.0)[part.keys // part.strata]
    products = (own[..., :, None] * second) * own[..., None, :]
    # Added up one after the other, so that the sum does not depend on how many measures there are.
    products = products.reshape(*products.shape[:2], width * width)
    found: Floats = np.add.accumulate(products, axis=2)[:, :, -1]
    return found


def _measure(name: str, top: float, bottom: float, scale: float, interval: Interval) -> Measure:
    # Differences of expected counts can leave a trace below zero.
    top = max(top, 0.0)
    if bottom <= 0:
        return Measure(name, top, bottom, None, note=EMPTY, scale=scale)
    value = scale * top / bottom
    low, high = interval.low, interval.high
    return Measure(name, top, bottom, value, low, high, interval.one_sided, interval.note, scale)


def _scaled(interval: Interval, factor: float) -> Interval:
    if factor == 1.0 or interval.low is None or interval.high is None:
        return interval
    return Interval(interval.low * factor, interval.high * factor, interval.one_sided, interval.note)


def _intervals(
    scenario: Scenario,
    source: Tally | Expected,
    by: str | None,
    unit: Unit,
    replications: Sequence[Tally],
    made: _Made,
    top: Floats,
    bottom: Floats,
) -> list[list[Interval]]:
    """Intervals by group and measure, scaled like the measures."""
    groups, count = top.shape
    if isinstance(source, Expected):
        return [[Interval(note=NO_CHANCE)] * count] * groups
    if unit == "cluster":
        return _of_clusters(source, by, made, top, bottom)
    if len(replications) < 2:
        return [[Interval(note=ONE_REPLICATION)] * count] * groups
    totals = [_totals(scenario, replication, by)[1] for replication in replications]
    tops = np.array([_sums(made.over, each) for each in totals])
    bottoms = np.array([_sums(made.under, each) for each in totals])
    across = [
        [
            _scaled(
                across_replications(tops[:, g, m].tolist(), bottoms[:, g, m].tolist(), scale == 1.0), scale
            )
            for m, scale in enumerate(made.scales)
        ]
        for g in range(groups)
    ]
    # A few replications alike say next to nothing; what their accounts say is the best that there is.
    alike = [
        [
            one.one_sided or (one.low is None and top[g, m] == 0 < bottom[g, m])
            for m, one in enumerate(intervals)
        ]
        for g, intervals in enumerate(across)
    ]
    if not any(map(any, alike)):
        return across
    by_account = _of_clusters(source, by, made, top, bottom)
    return [
        [_not_met(own) if same else one for one, own, same in zip(*each, strict=True)]
        for each in zip(across, by_account, alike, strict=True)
    ]


def _of_clusters(
    source: Tally, by: str | None, made: _Made, top: Floats, bottom: Floats
) -> list[list[Interval]]:
    """Intervals by group and measure from what clusters have, scaled like the measures."""
    found = _cluster_intervals(source.moments[by or "all"], source.clusters, made, top, bottom)
    for intervals, bases in zip(found, bottom.tolist(), strict=True):
        for m in np.flatnonzero(made.is_count).tolist():
            intervals[m] = _scaled(intervals[m], made.scales[m] / bases[m])
    return found


def _not_met(bound: Interval) -> Interval:
    """The bound of accounts that meet at a desk, of which none, or all, had what is counted."""
    return replace(bound, note=f"{bound.note}, as if they did not meet at the desk")


def _grouped(
    scenario: Scenario,
    source: Tally | Expected,
    by: str | None,
    unit: Unit,
    replications: Sequence[Tally],
) -> list[dict[str, Measure]]:
    names, totals = _totals(scenario, source, by)
    made = _made_of(scenario, names)
    top, bottom = _sums(made.over, totals), _sums(made.under, totals)
    intervals = _intervals(scenario, source, by, unit, replications, made, top, bottom)
    return [
        {
            name: _measure(name, *numbers)
            for name, *numbers in zip(made.names, *sums, made.scales, own, strict=True)
        }
        for *sums, own in zip(top.tolist(), bottom.tolist(), intervals, strict=True)
    ]


def _desk_ratios(tally: Tally, time: DeskTime | None) -> dict[str, tuple[float, float]]:
    desk = tally.desk
    ended = float(desk.reviewed + desk.left)
    waited = float(desk.wait_reviewed_us + desk.wait_left_us)
    ratios = {"desk_wait": (waited / HOUR, ended), "desk_abandonment": (float(desk.left), ended)}
    if time is not None:
        ratios["desk_utilisation"] = (float(desk.service_us), time.staffed_us)
        ratios["desk_queue"] = (waited + desk.wait_other_us, time.window_us)
    return ratios


def _desk_measures(
    tally: Tally, time: DeskTime | None, replications: Sequence[Tally], unit: Unit
) -> dict[str, Measure]:
    count = len(replications)
    share = None if time is None or not count else DeskTime(time.staffed_us / count, time.window_us / count)
    each = [_desk_ratios(replication, share) for replication in replications]
    found = {}
    for name, (top, bottom) in _desk_ratios(tally, time).items():
        if count < 2 and unit == "cluster" and name == "desk_abandonment":
            interval = _of_cases(top, bottom)
        elif count < 2:
            interval = Interval(note=NOT_COVERED)
        elif name == "desk_abandonment" and top in (0.0, bottom):
            interval = _of_cases(top, bottom)
        else:
            interval = across_replications(
                [ratios[name][0] for ratios in each],
                [ratios[name][1] for ratios in each],
                name == "desk_abandonment",
            )
        found[name] = _measure(name, top, bottom, 1.0, interval)
    return found


def _of_cases(some: float, cases: float) -> Interval:
    """The interval of a share of cases that meet nobody: each has its own wait, and few accounts have two."""
    share = some / cases if cases > 0 else 0.0
    interval = ratio_interval(some, cases, share * (1 - share) / max(cases, 1.0), int(cases), 1, unit="cases")
    return replace(interval, note=interval.note or SINGLY)


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
        found |= _desk_measures(source, desk, replications, unit)
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
    names, totals = _totals(scenario, source, None)
    made = _parts_of_false_blocks(scenario, names)
    top, bottom = _sums(made.over, totals), _sums(made.under, totals)
    (intervals,) = _intervals(scenario, source, None, unit, replications, made, top, bottom)
    return {
        reason: _measure("false_block_rate", *numbers)
        for reason, *numbers in zip(
            made.names, *top.tolist(), *bottom.tolist(), made.scales, intervals, strict=True
        )
    }


class Splits(Mapping[str, Mapping[str, Mapping[str, Measure]]]):
    """Measures by each of `axes.SPLITS`; a split is worked out when it is first asked for.

    Parameters
    ----------
    scenario, source, unit, replications
        As in `measures`.
    """

    def __init__(
        self,
        scenario: Scenario,
        source: Tally | Expected,
        *,
        unit: Unit = "cluster",
        replications: Sequence[Tally] = (),
    ) -> None:
        self._scenario, self._source, self._unit, self._replications = scenario, source, unit, replications
        self._known: dict[str, dict[str, dict[str, Measure]]] = {}

    def __getitem__(self, by: str) -> dict[str, dict[str, Measure]]:
        if by not in SPLITS:
            raise KeyError(by)
        if by not in self._known:
            self._known[by] = split(
                self._scenario, self._source, by, unit=self._unit, replications=self._replications
            )
        return self._known[by]

    def __iter__(self) -> Iterator[str]:
        return iter(SPLITS)

    def __len__(self) -> int:
        return len(SPLITS)
