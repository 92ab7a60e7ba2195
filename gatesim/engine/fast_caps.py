"""Which needs are over a cap on usage, for many people: a pass of its own over everybody's needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gatesim.engine.arrays import Ints, LawArrays, law_arrays
from gatesim.engine.columns import Needs, bodies_of
from gatesim.engine.fast import Population, _Room
from gatesim.law.caps import CapDay
from gatesim.law.law import Law
from gatesim.measures.caps import CappedNeeds, CapTally, count_caps


def count_capped(
    population: Population,
    law: Law,
    days: Sequence[CapDay],
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> CapTally:
    """Make everybody's needs, and count those under caps; the result does not depend on the number of threads.

    Parameters
    ----------
    population
        The people.
    law
        Any law of the scenario: needs do not go by it.
    days
        The days of the caps.
    threads
        Cores to use.
    progress
        Called now and then with the part that is done, from 0 to 1.
    """
    scenario = population.scenario
    arrays = law_arrays(scenario, [law])
    nobody = np.zeros(len(scenario.segments), dtype=np.int64)
    parts = population.chunks(0, population.accounts)

    def counted(accounts: Ints) -> CapTally:
        return count_caps(scenario, capped_needs(population, arrays, days, accounts), nobody)

    total = CapTally(counted(parts[0][:0]).sums, population.by_segment())
    with ThreadPoolExecutor(threads) as pool:
        for number, tally in enumerate(pool.map(counted, parts)):
            total += tally
            if progress is not None:
                progress((number + 1) / len(parts))
    return total


def capped_needs(
    population: Population, law: LawArrays, days: Sequence[CapDay], accounts: Ints
) -> CappedNeeds:
    """The needs of some accounts that arise while a cap holds, and whether they are over it."""
    rows: list[Ints] = [np.zeros((7, 0), dtype=np.int64)]
    channel = population.world.channel
    for needs, _, made in _Room(population).lived(accounts, law):
        rows += _under(needs, made, law, channel, days)
    account, owner, body, segment, model, time, day = np.concatenate(rows, axis=1)
    # The n-th need of an account on a day: in the order of time, at one instant of bodies.
    order = np.lexsort((body, time, day, account))
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = np.any(np.diff(np.stack((account, day))[:, order], axis=1) != 0, axis=0)
    place = np.arange(len(order))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
    served = np.array([one.per_day for one in days], dtype=np.int64)
    return CappedNeeds(account, owner, body, segment, model, rank >= served[day])


def _under(needs: Needs, made: int, law: LawArrays, channel: Ints, days: Sequence[CapDay]) -> Iterator[Ints]:
    """Needs under caps: int64[7, need], with the time and the number of the day."""
    rows = int(needs.begin[made])
    number = np.repeat(np.arange(made), np.diff(needs.begin[: made + 1]))
    on = channel[needs.owner[number]]
    for model, channels in sorted({(day.model, day.channels) for day in days}):
        # Days of the same accounts follow one another.
        alike = [(n, day) for n, day in enumerate(days) if (day.model, day.channels) == (model, channels)]
        spans = sorted((a, b, n) for n, day in alike for a, b in day.spans)
        start, end, which = np.array(spans, dtype=np.int64).T
        time = needs.time[:rows]
        place = np.searchsorted(start, time, side="right") - 1
        inside = (place >= 0) & (time < end[place]) & (needs.model[:rows] == model) & np.isin(on, channels)
        at = np.flatnonzero(inside)
        owner, body = needs.owner[number[at]].astype(np.int64), bodies_of(needs, made)[at]
        yield np.stack(
            (
                needs.account[number[at]],
                owner,
                body,
                law.segment[law.maker[owner, body]],
                np.full(len(at), model, dtype=np.int64),
                time[at],
                which[place[at]],
            )
        )
