"""Whom an order restricts: segments by readings, in people and needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatesim.law.law import LicenceDraw, make_law
from gatesim.measures.wording import order_name, own_words_note
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.study.shown import Shown
from gatesim.world.cells import device_weights, model_mix, needs_per_day
from gatesim.world.licence_desk import mean_desk_times
from gatesim.world.makers import makers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Restricted:
    """Whom one reading restricts in one segment.

    Attributes
    ----------
    people
        Expected number of real people, each at one instant where they then are, whom an order restricts at some time
        while it is in force within the window.
    share_of_needs
        Share of the segment's measured needs that are restricted; None where it has none.
    """

    people: float
    share_of_needs: float | None


@dataclass(frozen=True)
class Row:
    """A segment: its people, its needs, and what each reading restricts."""

    segment: str
    title: str
    status: str
    role: str
    people: float
    needs: float
    by_reading: dict[str, Restricted]


@dataclass(frozen=True)
class Who(Shown):
    """The answer of `who`: a row a segment, and totals.

    Attributes
    ----------
    at
        The first instant at which an order is in force; empty where none is.
    orders
        How the orders are called whose needs and people are counted together, in the order of the file.
    own_words
        Which of them say themselves whom they restrict, so that the reading makes no difference to them, in words.
    rows
        A row for each segment in the order of the file, as makers of needs (co-users included).
    total
        The sum over all segments.
    """

    title: str
    at: str
    readings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    orders: tuple[str, ...] = ()
    own_words: str = ""

    def __repr__(self) -> str:
        return f"<Who of {self.title!r}: {len(self.rows)} segments>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each segment and reading."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "segment": row.segment,
                    "status": row.status,
                    "role": row.role,
                    "people": row.people,
                    "needs": row.needs,
                    "reading": reading,
                    "people_restricted": found.people,
                    "share_of_needs_restricted": found.share_of_needs,
                }
                for row in (*self.rows, self.total)
                for reading, found in row.by_reading.items()
            ]
        )

    def to_json(self) -> str:
        """One JSON object."""
        rows = [
            {
                "segment": row.segment,
                "status": row.status,
                "role": row.role,
                "people": row.people,
                "needs": row.needs,
                "readings": {
                    reading: {"people": found.people, "share_of_needs": found.share_of_needs}
                    for reading, found in row.by_reading.items()
                },
            }
            for row in (*self.rows, self.total)
        ]
        return json.dumps(
            {
                "schema": 1,
                "scenario": self.title,
                "at": self.at,
                "orders": list(self.orders),
                "segments": rows,
            },
            indent=2,
        )


def who(source: str | Path | Loaded, *, sets: tuple[str, ...] = ()) -> Who:
    """Say whom the orders of a scenario restrict.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.

    Returns
    -------
    Who
        People and needs by segment and reading, expected values for the real number of accounts.

    Raises
    ------
    ScenarioError
        If the scenario is wrong.
    """
    loaded = loaded_from(source, sets)
    scenario = loaded.scenario
    people, needs = _people(scenario)
    found: dict[str, dict[int, Restricted]] = {}
    at = None
    for reading in scenario.readings:
        per_segment, at = _restricted(scenario, reading, people, needs)
        found[reading] = per_segment
    rows = []
    for number, (name, segment) in enumerate(scenario.segments.items()):
        by_reading = {reading: found[reading][number] for reading in found}
        rows.append(
            Row(name, segment.title, segment.status, segment.role, people[number], needs[number], by_reading)
        )
    names = tuple(order_name(scenario, number) for number in range(len(scenario.orders)))
    own = own_words_note(scenario)
    return Who(scenario.title, at or "", tuple(found), tuple(rows), _total(rows, tuple(found)), names, own)


def _people(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Real people, and their needs a day, by the maker's segment."""
    people, needs = np.zeros(len(scenario.segments)), np.zeros(len(scenario.segments))
    segments = list(scenario.segments.values())
    for maker, rate in zip(makers(scenario), needs_per_day(scenario), strict=True):
        accounts = scenario.represents * segments[maker.owner].share
        people[maker.segment] += accounts * maker.present
        needs[maker.segment] += accounts * rate
    return people, needs


def _restricted(
    scenario: Scenario, reading: str, people: np.ndarray, needs: np.ndarray
) -> tuple[dict[int, Restricted], str | None]:
    law = make_law(scenario, reading, _mean_ends(scenario), _mean_licences(scenario))
    if law.in_force_us is None:
        return {number: Restricted(0.0, None) for number in range(len(people))}, None
    segments = list(scenario.segments.values())
    mix, rates = model_mix(scenario), needs_per_day(scenario)
    heads, bad, all_needs = np.zeros(len(people)), np.zeros(len(people)), np.zeros(len(people))
    ever = np.any([epoch.restricted for epoch in law.epochs], axis=0)
    for number, maker in enumerate(makers(scenario)):
        owner = segments[maker.owner]
        places = device_weights(scenario, segments[maker.segment])
        channel = CHANNELS.index(owner.channel)
        accounts = scenario.represents * owner.share
        anywhere = ever[maker.segment, :, :, channel].any(axis=1)
        heads[maker.segment] += accounts * maker.present * float(places @ anywhere)
        for epoch in law.epochs:
            days = epoch.length_us / DAY
            measured = rates[number] * days * accounts * mix[number] * epoch.named
            all_needs[maker.segment] += measured.sum()
            bad[maker.segment] += float(places @ epoch.restricted[maker.segment, :, :, channel] @ measured)
    when = scenario.start.timestamp() + law.in_force_us / 1e6
    at = type(scenario.start).fromtimestamp(when, scenario.start.tzinfo).isoformat(timespec="minutes")
    per_segment = {
        number: Restricted(heads[number], bad[number] / all_needs[number] if all_needs[number] > 0 else None)
        for number in range(len(people))
    }
    return per_segment, at


def _mean_ends(scenario: Scenario) -> list[list[float]]:
    """Every random end at its mean: what is expected is shown for the mean length of the order."""
    return [[1.0] * len(order.ends) for order in scenario.orders]


def _mean_licences(scenario: Scenario) -> list[list[LicenceDraw]]:
    """Every licence decided at its mean time, and granted where that is at least as likely as not."""
    return [
        [LicenceDraw(1.0, 0.5 - 2.0**-53, desk_us) for desk_us in mean_desk_times(scenario, number)]
        for number in range(len(scenario.orders))
    ]


def _total(rows: list[Row], readings: tuple[str, ...]) -> Row:
    needs = sum(row.needs for row in rows)
    by_reading = {}
    for reading in readings:
        heads = sum(row.by_reading[reading].people for row in rows)
        shares = [(row.needs, row.by_reading[reading].share_of_needs) for row in rows]
        restricted = sum(n * s for n, s in shares if s is not None)
        measured = sum(n for n, s in shares if s is not None)
        by_reading[reading] = Restricted(heads, restricted / measured if measured > 0 else None)
    return Row("all", "everybody", "", "", sum(row.people for row in rows), needs, by_reading)
