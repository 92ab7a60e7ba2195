"""The tally: integer counts of what happened, from which measures and their intervals are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gatesim.law.law import Law
from gatesim.measures.axes import (
    BLOCKS,
    NEEDS,
    PEOPLE,
    SPLITS,
    component_matrix,
    components,
    end_numbers,
    makers_groups,
    midnight_us,
    number_of_days,
    split_names,
)
from gatesim.measures.ledger import ENDS, LEFT_QUEUE, Ledger
from gatesim.measures.moments import Moments, moments
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.makers import makers


@dataclass(frozen=True)
class DeskTally:
    """What the desk did; times in microseconds.

    Attributes
    ----------
    joined, reviewed, left
        Cases that joined the desk; whose review began; that left the queue. The rest was withdrawn (the order
        ended) or still waits.
    wait_reviewed_us, wait_left_us, wait_other_us
        Time in the queue of those reviewed, of those who left, of the rest.
    service_us
        Time that reviewers spent, up to the end of the window.
    """

    joined: int = 0
    reviewed: int = 0
    left: int = 0
    wait_reviewed_us: int = 0
    wait_left_us: int = 0
    wait_other_us: int = 0
    service_us: int = 0

    def __add__(self, other: DeskTally) -> DeskTally:
        """The sum of two desks' work."""
        return DeskTally(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})


@dataclass(frozen=True)
class Tally:
    """Integer counts over the measured needs of a run, of part of one, or of several.

    Attributes
    ----------
    counts
        int64[maker, model, day, restricted, end]; the axes are `makers`, the scenario's models, days from the
        start (`number_of_days`), no and yes, `ENDS`.
    accounts
        int64[segment of the owner]: accounts simulated.
    people
        int64[maker, entry of `PEOPLE`].
    clusters
        int64[stratum]: numbers of clusters, also of those without a need.
    moments
        ``"all"`` (one group, all `components`) and one for each of `SPLITS` (components of `NEEDS`; those of
        `PEOPLE` as well by segment).
    desk
        What the desk did.
    """

    counts: NDArray[np.int64]
    accounts: NDArray[np.int64]
    people: NDArray[np.int64]
    clusters: NDArray[np.int64]
    moments: Mapping[str, Moments]
    desk: DeskTally

    def __add__(self, other: Tally) -> Tally:
        """The tally of two replications, or of two parts of one that share no cluster."""
        return Tally(
            self.counts + other.counts,
            self.accounts + other.accounts,
            self.people + other.people,
            self.clusters + other.clusters,
            {name: part + other.moments[name] for name, part in self.moments.items()},
            self.desk + other.desk,
        )


def network_blocks(scenario: Scenario) -> NDArray[np.int64] | None:
    """Accounts to a network of each region, where people on a network share a cause of errors.

    Returns
    -------
    ndarray, shape (regions,), or None
        None where no cause has ``scope = "network"``. Where several have, the largest networks count: they
        are the units that are independent of each other.
    """
    sizes = [cause.people_per_network for cause in scenario.causes.values() if cause.scope == "network"]
    if not sizes:
        return None
    blocks = []
    for region in scenario.regions:
        share = sum(segment.share for segment in scenario.segments.values() if segment.home == region)
        blocks.append(max(1, round(max(sizes) / share)) if share > 0 else max(sizes))
    return np.array(blocks, dtype=np.int64)


def _homes(scenario: Scenario) -> NDArray[np.int64]:
    regions = list(scenario.regions)
    return np.array([regions.index(segment.home) for segment in scenario.segments.values()], dtype=np.int64)


def clusters(scenario: Scenario, ledger: Ledger) -> NDArray[np.int64]:
    """The cluster of each need: the account, or the network of the owner's home where people share one.

    Returns
    -------
    ndarray of int64, shape (needs,)
        Identifiers, not consecutive.
    """
    blocks = network_blocks(scenario)
    if blocks is None:
        return ledger.account
    home = _homes(scenario)[ledger.owner_segment]
    return ledger.account // blocks[home] + home * 2**32


def over(scenario: Scenario, ledger: Ledger) -> NDArray[np.bool_]:
    """Whether the cluster of each need is complete, in the ledger of all accounts up to the last that has needs."""
    blocks = network_blocks(scenario)
    own = np.int64(1) if blocks is None else blocks[_homes(scenario)[ledger.owner_segment]]
    last = ledger.account[-1:].max(initial=0)
    complete: NDArray[np.bool_] = ledger.account // own < last // own
    return complete


def cluster_numbers(scenario: Scenario, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[stratum]: clusters among the accounts simulated.

    Strata are the owner's segments; or, where networks are the clusters, the owner's home: as people of
    several segments share a network, it is the first segment that lives there.
    """
    blocks = network_blocks(scenario)
    if blocks is None:
        return accounts
    numbers = np.zeros(len(accounts), dtype=np.int64)
    home = _homes(scenario)
    for region, block in enumerate(blocks):
        here = accounts[home == region].sum()
        if here:
            # Numbers of accounts run over all regions; no more networks than accounts.
            numbers[np.argmax(home == region)] = min(here, -(-accounts.sum() // block))
    return numbers


def _strata(scenario: Scenario) -> NDArray[np.int64]:
    """int64[segment of the owner]: the stratum (see `cluster_numbers`)."""
    if network_blocks(scenario) is None:
        return np.arange(len(scenario.segments), dtype=np.int64)
    home = _homes(scenario)
    return np.array([np.argmax(home == region) for region in home], dtype=np.int64)


def _firsts(which: NDArray[np.bool_], group: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The first row of each group (of rows that stand together) at which ``which`` holds."""
    rows = np.flatnonzero(which)
    first = np.zeros(len(which), dtype=np.bool_)
    if len(rows):
        first[rows[np.r_[True, np.diff(group[rows]) != 0]]] = True
    return first


def _people(ledger: Ledger, needs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.bool_]]:
    """Counts of people and accounts as columns over needs: each is counted at its first need of the sort."""
    changes = np.diff(ledger.account) != 0
    account = np.r_[0, np.cumsum(changes)]
    body = np.r_[0, np.cumsum(changes | (np.diff(ledger.body) != 0))]
    entitled = needs["entitled"] > 0
    blocked = needs["false_blocks"] > 0
    served_any = np.bincount(body, weights=entitled & ~blocked) > 0
    leaked = needs["leaks"] > 0
    return {
        "people_restricted": _firsts(needs["restricted"] > 0, body),
        "people_leaked": _firsts(leaked, body),
        "people_entitled": _firsts(entitled, body),
        "people_blocked": _firsts(blocked, body),
        "people_locked_out": _firsts(entitled & ~served_any[body], body),
        "accounts_leaked": _firsts(leaked, account),
        "people_asked_for_documents": _firsts(ledger.asked, account),
        "document_requests": ledger.asked,
    }


def _desk(ledger: Ledger) -> DeskTally:
    joined = ledger.joined_us >= 0
    reviewed = joined & (ledger.begun_us >= 0)
    left = joined & ~reviewed & (ledger.reason == LEFT_QUEUE)
    other = joined & ~reviewed & ~left
    in_queue = np.where(reviewed, ledger.begun_us, ledger.end_us) - ledger.joined_us
    return DeskTally(
        int(joined.sum()),
        int(reviewed.sum()),
        int(left.sum()),
        int(in_queue[reviewed].sum()),
        int(in_queue[left].sum()),
        int(in_queue[other].sum()),
        int((ledger.end_us - ledger.begun_us)[reviewed].sum()),
    )


def _measured(ledger: Ledger) -> Ledger:
    return ledger if ledger.measured.all() else ledger.where(ledger.measured)


def _columns(scenario: Scenario, ledger: Ledger, end: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """What each need adds to every component, from the position in `ENDS` of how it ended."""
    code = ledger.restricted.astype(np.int64) * len(ENDS) + end
    matrix = component_matrix().reshape(2 * len(ENDS), -1)
    columns: dict[str, NDArray[np.int64]] = {
        name: matrix[:, j][code] for j, name in enumerate((*NEEDS, *BLOCKS))
    }
    for name, column in (_people(ledger, columns) if len(ledger) else {}).items():
        columns[name] = column.astype(np.int64)
    for number, document in enumerate(scenario.documents):
        columns[f"documents:{document}"] = (ledger.document == number).astype(np.int64)
    return columns


def side_by_side(scenario: Scenario, first: Ledger, second: Ledger) -> Moments:
    """Moments of what two policies did to the same needs, as one vector for each cluster.

    Parameters
    ----------
    scenario
        The scenario of the runs.
    first, second
        The ledgers, sorted by account, body, need, of the same people and judged under the same reading.

    Returns
    -------
    Moments
        One group; all `components` of the first ledger, then all of the second.

    Raises
    ------
    ValueError
        If the two are not of the same needs.
    """
    import pandas as pd

    one, other = _measured(first), _measured(second)
    same = ("account", "body", "need", "time_us", "restricted")
    if len(one) != len(other) or not all(np.array_equal(getattr(one, c), getattr(other, c)) for c in same):
        raise ValueError("the two ledgers are not of the same people with the same needs")
    names = components(scenario)
    empty = np.zeros(0, dtype=np.int64)
    stacks = []
    for ledger in (one, other):
        columns = _columns(scenario, ledger, end_numbers()[ledger.outcome, ledger.reason])
        stacks += [columns.get(name, empty) for name in names]
    cluster = pd.factorize(clusters(scenario, one))[0].astype(np.int64)
    stratum = _strata(scenario)[one.owner_segment]
    group = np.zeros(len(one), dtype=np.int64)
    return moments((*names, *names), np.stack(stacks), cluster, stratum, group, 1, len(scenario.segments))


def from_ledger(scenario: Scenario, ledger: Ledger, accounts_by_segment: NDArray[np.int64]) -> Tally:
    """Count a ledger.

    Parameters
    ----------
    scenario
        The scenario of the run.
    ledger
        Its ledger, sorted by account, body, need.
    accounts_by_segment
        int64[segment of the owner]: accounts simulated, also those without a need.

    Returns
    -------
    Tally
        Over the measured needs.

    Raises
    ------
    ValueError
        If the ledger is not sorted by account and body, or holds an outcome with a reason it cannot have.
    """
    import pandas as pd

    desk = _desk(ledger)
    ledger = _measured(ledger)
    step = np.diff(ledger.account)
    if np.any(step < 0) or np.any((step == 0) & (np.diff(ledger.body) < 0)):
        raise ValueError("the ledger is not sorted by account and body")
    end = end_numbers()[ledger.outcome, ledger.reason]
    if np.any(end < 0):
        raise ValueError("the ledger holds an outcome with a reason that it cannot have")
    kinds = makers(scenario)
    maker_of = np.full((len(scenario.segments), 1 + max(m.body for m in kinds)), -1, dtype=np.int64)
    for number, kind in enumerate(kinds):
        maker_of[kind.owner, kind.body] = number
    maker = maker_of[ledger.owner_segment, ledger.body]
    restricted = ledger.restricted.astype(np.int64)
    day = (ledger.time_us + midnight_us(scenario)) // DAY
    model = ledger.model.astype(np.int64)

    shape = (len(kinds), len(scenario.models), number_of_days(scenario), 2, len(ENDS))
    flat = np.ravel_multi_index((maker, model, day, restricted, end), shape)
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)

    columns = _columns(scenario, ledger, end)
    people = np.zeros((len(kinds), len(PEOPLE)), dtype=np.int64)
    cluster = pd.factorize(clusters(scenario, ledger))[0].astype(np.int64)
    stratum = _strata(scenario)[ledger.owner_segment]
    parts: dict[str, Moments] = {}
    empty = np.zeros(0, dtype=np.int64)

    def summed(names: tuple[str, ...], group: NDArray[np.int64], groups: int) -> Moments:
        stack = np.stack([columns.get(name, empty) for name in names])
        return moments(names, stack, cluster, stratum, group, groups, len(scenario.segments))

    parts["all"] = summed(components(scenario), np.zeros(len(ledger), dtype=np.int64), 1)
    for by in SPLITS:
        group = {"model": model, "day": day}.get(by)
        if group is None:
            group = makers_groups(scenario, by)[maker]
        names = (*NEEDS, *PEOPLE) if by == "segment" else NEEDS
        parts[by] = summed(names, group, len(split_names(scenario, by)))
    for j, name in enumerate(PEOPLE):
        people[:, j] = np.bincount(maker, weights=columns.get(name, empty), minlength=len(kinds))
    accounts = np.asarray(accounts_by_segment, dtype=np.int64)
    return Tally(counts, accounts, people, cluster_numbers(scenario, accounts), parts, desk)


def judged(ledger: Ledger, scenario: Scenario, law: Law) -> Ledger:
    """The same ledger under the law of another reading: what happened stays, who was restricted changes.

    Parameters
    ----------
    ledger
        The ledger of a run whose gate does not depend on the reading.
    scenario
        Its scenario.
    law
        The law under the reading wanted, with the same drawn ends of orders as the run had.

    Returns
    -------
    Ledger
        With ``restricted`` judged anew, each need at the instant it arose.
    """
    ends = np.array([epoch.end_us for epoch in law.epochs], dtype=np.int64)
    epoch = np.searchsorted(ends, ledger.time_us, side="right")
    table = np.stack([epoch.restricted for epoch in law.epochs])
    channels = [CHANNELS.index(segment.channel) for segment in scenario.segments.values()]
    channel = np.array(channels, dtype=np.int64)[ledger.owner_segment]
    return replace(ledger, restricted=table[epoch, ledger.segment, ledger.region, ledger.model, channel])
