"""The table of waits, which stands in for the desk where a scaled-down desk would mislead: docs/desk.md."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.queueing import (
    ErlangA,
    erlang_a,
    fluid_offered_wait,
    offered_wait_quantiles,
    scaled_reviewers,
)
from gatesim.law.roster import reviewers_by_hour, staffed
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER, HOUR, SECOND
from gatesim.world.draws import NEVER, WAIT_TABLE, uniform

Floats = NDArray[np.float64]

TOLERANCE = 0.1
"""A relative change of abandonment or mean wait that scaling may bring."""

SLACK_ABANDONMENT = 1e-4
SLACK_WAIT_HOURS = SECOND / HOUR
"""Changes smaller than these do not matter, whatever they are relative to."""

_RARE = 1e-9  # a wait so rare is none; near 1, levels this close are no longer told apart

LEVELS: Floats = 1.0 - np.exp2(-12.0 * np.arange(64, dtype=np.float64) / 63.0)
"""Levels of the quantiles of positive waits. They crowd towards 1, evenly spaced in the quantiles of an
exponential distribution: interpolating between them misses its mean by less than 0.2 %."""


@dataclass(frozen=True)
class WaitTable:
    """Waits that the desk offers, by the hour of the window in which a case joins.

    Attributes
    ----------
    p_wait
        float64[hours]: the probability of a wait at all.
    waits_us
        float64[hours, levels]: quantiles, at `LEVELS`, of the wait where there is one, in microseconds; may
        be infinite.
    """

    p_wait: Floats
    waits_us: Floats

    def quantile_us(self, joined_us: int, u: float) -> int:
        """The wait offered to a case that joins at an instant, at a level.

        Parameters
        ----------
        joined_us
            The instant, within the window.
        u
            Level in (0, 1).

        Returns
        -------
        int
            Microseconds; at most `NEVER`.
        """
        hour = min(joined_us // HOUR, len(self.p_wait) - 1)
        waits = float(self.p_wait[hour])
        if u < 1.0 - waits or waits == 0.0:
            return 0
        level = 1.0 - (1.0 - u) / waits
        place = min(bisect_right(_LEVELS, level), len(_LEVELS) - 1)
        low, high = float(self.waits_us[hour, place - 1]), float(self.waits_us[hour, place])
        if high >= NEVER:
            return NEVER
        part = min((level - _LEVELS[place - 1]) / (_LEVELS[place] - _LEVELS[place - 1]), 1.0)
        return int(low + part * (high - low) + 0.5)

    def draw_us(self, seed: int, replication: int, owner: int, request: int, joined_us: int) -> int:
        """The wait offered to one case.

        Parameters
        ----------
        seed, replication
            Key of the draws.
        owner
            The account's owner.
        request
            ``need * 64 + body`` of the need that opened the check.
        joined_us
            When the case joins the desk.

        Returns
        -------
        int
            Microseconds; at most `NEVER`.
        """
        return self.quantile_us(joined_us, uniform(seed, replication, owner, WAIT_TABLE, request))


_LEVELS = tuple(LEVELS.tolist())


def choose_desk(scenario: Scenario, people: int, cases_per_hour: Floats) -> WaitTable | None:
    """Whether the desk can be simulated at the size of the population, and what to use where it cannot.

    Parameters
    ----------
    scenario
        The scenario.
    people
        Accounts that are simulated.
    cases_per_hour
        Shape (hours,): cases expected to join the desk in each hour of the window, at the real size.

    Returns
    -------
    WaitTable or None
        None where the desk can be simulated: at the hour of the greatest load, Erlang A gives a probability
        of leaving and a mean wait within `TOLERANCE` of those at the real size, and on no shift do reviewers
        become so few, and therefore so slow, that a review lasts longer by more than that. (Hours in which a
        shift begins or ends are passed over, unless there are no others.)

    Raises
    ------
    ValueError
        If ``cases_per_hour`` has not one entry for each hour of the window, or ``people`` is not positive.
    """
    if scenario.desk is None:
        return None
    reviewers, steady = reviewers_by_hour(staffed(scenario), scenario.length)
    cases = np.asarray(cases_per_hour, dtype=np.float64)
    if cases.shape != reviewers.shape:
        raise ValueError(f"the window has {len(reviewers)} hours, but there are cases for {cases.shape}")
    at_work = reviewers > 0
    if (at_work & steady).any():
        at_work &= steady
    if not cases[at_work].any():
        # Chance plays no part: what piles up outside the shifts drains at the same pace at any size.
        return None
    load = np.where(at_work, cases / np.where(at_work, reviewers, 1.0), -1.0)
    peak = int(np.argmax(load))
    slow = any(_slows(number, people, scenario.represents) for number in np.unique(reviewers[at_work]))
    if not slow and _scales(scenario, people, float(cases[peak]), _whole(float(reviewers[peak]))):
        return None
    return wait_table(scenario, cases, reviewers)


def _whole(reviewers: float) -> int:
    """Reviewers in an hour in which their number may change: the nearest whole number, at least 1."""
    return max(1, round(reviewers))


def _slows(reviewers: float, people: int, represents: int) -> bool:
    """Whether a review by the reviewers scaled down lasts longer by more than the tolerance."""
    _, speed = scaled_reviewers(_whole(reviewers), people, represents)
    return speed < 1.0 / (1.0 + TOLERANCE)


def _rates(scenario: Scenario) -> tuple[float, float]:
    """Services of one reviewer, and departures of one waiting case, per hour."""
    assert scenario.desk is not None
    service, patience = scenario.desk.service, scenario.desk.patience
    return HOUR / max(service, 1), 0.0 if patience >= FOREVER else HOUR / max(patience, 1)


def _scales(scenario: Scenario, people: int, cases: float, reviewers: int) -> bool:
    """Whether Erlang A at the size of the population agrees with Erlang A at the real size."""
    service, leaving = _rates(scenario)
    servers, speed = scaled_reviewers(reviewers, people, scenario.represents)
    if speed == 1.0 and servers == reviewers:
        return True
    real = erlang_a(reviewers, cases, service, leaving)
    scaled = erlang_a(servers, cases * people / scenario.represents, service * speed, leaving)
    return _agree(real, scaled)


def _agree(real: ErlangA, scaled: ErlangA) -> bool:
    if not np.isfinite(real.mean_wait) or not np.isfinite(scaled.mean_wait):
        return False
    return abs(scaled.p_abandon - real.p_abandon) <= max(
        TOLERANCE * real.p_abandon, SLACK_ABANDONMENT
    ) and abs(scaled.mean_wait - real.mean_wait) <= max(TOLERANCE * real.mean_wait, SLACK_WAIT_HOURS)


def wait_table(scenario: Scenario, cases: Floats, reviewers: Floats) -> WaitTable:
    """Waits at the real size, hour by hour.

    Parameters
    ----------
    scenario
        A scenario with a desk.
    cases, reviewers
        Shape (hours,): cases that join, and reviewers at work, in each hour of the window.

    Returns
    -------
    WaitTable
        Where more cases come than can be reviewed, where some are left over from earlier hours, and where
        nobody is at work: the wait of a fluid queue, the same for all cases of the hour. Elsewhere the
        stationary law of M/M/c+M.
    """
    service, leaving = _rates(scenario)
    fluid = fluid_offered_wait(cases, reviewers, service, leaving)
    p_wait = np.ones(len(cases))
    waits = np.repeat(fluid[:, None], len(LEVELS), axis=1)
    for hour, (inflow, at_work) in enumerate(zip(cases.tolist(), reviewers.tolist(), strict=True)):
        servers = _whole(at_work)
        if at_work == 0 or fluid[hour] > 0 or inflow >= servers * service:
            continue
        p_wait[hour] = erlang_a(servers, inflow, service, leaving).p_wait
        if p_wait[hour] < _RARE:
            p_wait[hour], waits[hour] = 0.0, 0.0
            continue
        levels = 1.0 - p_wait[hour] * (1.0 - LEVELS)
        waits[hour] = offered_wait_quantiles(servers, inflow, service, leaving, levels)
    return WaitTable(p_wait, waits * HOUR)
