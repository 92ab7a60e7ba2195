"""Program A: gates that decide each need from its own cell and keep nothing; checks are asked each time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.program import ALLOW, Part, Program, TooLarge
from gatesim.gates.bounds.requests import Check, all_checks, outcomes
from gatesim.law.law import Epoch, Law
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.cells import model_mix, needs_per_day, readings_given
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace, age_band

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MEMORYLESS = (
    "gates that decide each need from its own cell (what the signals read, channel, model, age of the account) and "
    "keep nothing: a check is asked each time, and decided at once"
)
_DESK = "the desk counts by its mean flow: no more reviews than reviewers can make, however they queue"
_NO_DESK = "reviews are made at once, however many"
PEOPLE = "people do not adapt: nobody leaves or evades; within the scenario's assumptions"


class Stretch(NamedTuple):
    """Epochs that do not differ for one model and channel.

    Attributes
    ----------
    days
        Their length together.
    restricted
        bool[segment of the maker, region].
    clears
        Whether a proof of each status is a proof of being entitled.
    gated
        Whether the gate is asked at all.
    epochs
        Their numbers.
    """

    days: float
    restricted: Bools
    clears: tuple[bool, ...]
    gated: bool
    epochs: tuple[int, ...]


def stretches(law: Law, model: int, channel: int) -> list[Stretch]:
    """The time in which orders name a model, by what they say of it in a channel."""
    found: dict[tuple[bytes, bytes, bool, int], tuple[Epoch, list[int]]] = {}
    for number, epoch in enumerate(law.epochs):
        if epoch.named[model]:
            restricted = epoch.restricted[:, :, model, channel]
            gated = bool(epoch.gated[model, channel])
            key = (restricted.tobytes(), epoch.clears.tobytes(), gated, epoch.kind)
            found.setdefault(key, (epoch, []))[1].append(number)
    return [
        Stretch(
            sum(law.epochs[e].length_us for e in numbers) / DAY,
            epoch.restricted[:, :, model, channel],
            tuple(epoch.clears.tolist()),
            gated,
            tuple(numbers),
        )
        for (_, _, gated, _), (epoch, numbers) in found.items()
    ]


def clears_at_some_time(law: Law) -> tuple[tuple[bool, ...], ...]:
    """What proofs are worth, under each of the laws that hold while an order names a model."""
    return tuple(dict.fromkeys(tuple(e.clears.tolist()) for e in law.epochs if e.named.any()))


@dataclass(frozen=True)
class Cells:
    """Where the rows of a part lie among the cells.

    Attributes
    ----------
    space
        The cells of the scenario.
    readings
        int64[row]: numbers of the joint readings (flat).
    channel, model, band
        Numbers of the channel, the model, the age band.
    epochs
        Numbers of the epochs of the law.
    """

    space: CellSpace
    readings: NDArray[np.int64]
    channel: int
    model: int
    band: int
    epochs: tuple[int, ...]

    def flat(self) -> NDArray[np.int64]:
        """int64[row]: flat indices of the cells."""
        _, models, bands = self.space.shape[-3:]
        return ((self.readings * len(CHANNELS) + self.channel) * models + self.model) * bands + self.band

    def __call__(self, row: int) -> Mapping[str, str]:
        """What a row is, in words."""
        parts = self.space.parts(int(self.flat()[row]))
        named = {
            signal: names[number]
            for signal, names, number in zip(self.space.signals, self.space.readings, parts, strict=False)
        }
        where = {"channel": CHANNELS[self.channel], "model": self.space.models[self.model]}
        if self.space.bands > 1:
            where["age band"] = str(self.band)
        return named | where | {"epochs": ", ".join(str(e + 1) for e in self.epochs)}


def _profiles(scenario: Scenario) -> dict[tuple[int, int], list[int]]:
    """Numbers of makers with needs, by channel and age band of their accounts."""
    segments = list(scenario.segments.values())
    found: dict[tuple[int, int], list[int]] = {}
    rates = needs_per_day(scenario)
    for number, maker in enumerate(makers(scenario)):
        owner = segments[maker.owner]
        if owner.share * rates[number] > 0:
            key = (CHANNELS.index(owner.channel), age_band(scenario, owner))
            found.setdefault(key, []).append(number)
    return found


class _Options(NamedTuple):
    """The options of a part, for owners of every segment: float64[option, segment]."""

    numbers: NDArray[np.int64]
    passes: Floats
    reviews: Floats


class _Asked:
    """All checks, and what they come to under each law."""

    def __init__(self, scenario: Scenario, checks: Sequence[Check], desk: bool) -> None:
        self._scenario, self._checks, self._desk = scenario, checks, desk
        self._known: dict[tuple[bool, ...], _Options] = {}
        names = [check.name for check in checks]
        if desk:
            names = [name for each in names for name in (f"{each} (reviews made)", f"{each} (none reviewed)")]
        self.names = (ALLOW, *names)

    def under(self, clears: tuple[bool, ...]) -> _Options:
        """The options under a law; the first is to allow. Those that come to the same are one."""
        if clears not in self._known:
            found = outcomes(self._scenario, self._checks, clears)
            everybody = np.ones((1, len(self._scenario.segments)))
            if self._desk:
                passes = np.stack([found.at_once + found.reviewed, found.at_once], axis=1)
                reviews = np.stack([found.reviews, np.zeros_like(found.reviews)], axis=1)
                passes, reviews = (a.reshape(-1, everybody.shape[1]) for a in (passes, reviews))
            else:
                passes = found.at_once + found.reviewed
                reviews = np.zeros_like(passes)
            passes = np.concatenate([everybody, passes])
            reviews = np.concatenate([0.0 * everybody, reviews])
            different = _different(np.concatenate([passes, reviews], axis=1))
            self._known[clears] = _Options(different, passes[different], reviews[different])
        return self._known[clears]


def _different(rows: Floats) -> NDArray[np.int64]:
    """Numbers of the rows that differ from all before them, and are not all zero."""
    seen: dict[bytes, int] = {}
    for number, row in enumerate(rows):
        if row.any():
            seen.setdefault(row.tobytes(), number)
    return np.array(list(seen.values()), dtype=np.int64)


def program_a(
    scenario: Scenario,
    law: Law,
    *,
    checks: Literal["all", "none"] | Sequence[Check] = "all",
    desk: bool = True,
    channels: Collection[str] = (),
    models: Collection[str] = (),
) -> Program:
    """The program of all gates that decide each need from its own cell and keep nothing.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading (random ends drawn).
    checks
        Requests that the gates may make: every list of documents and checker (``"all"``), some, or none.
    desk
        Whether the desk limits the reviews, by its mean flow.
    channels, models
        Where the gates act; empty: everywhere. Elsewhere they are open.

    Returns
    -------
    Program
        A row for each cell that occurs, and stretch of time in which the law says the same of it.

    Raises
    ------
    TooLarge
        If the signals have too many joint readings, or there are too many ways to ask for documents.
    """
    try:
        readings = readings_given(scenario)
    except ValueError as error:
        raise TooLarge(str(error)) from error
    if checks == "all":
        checks = _every_check(scenario, clears_at_some_time(law))
    elif checks == "none":
        checks = ()
    with_desk = desk and scenario.desk is not None and bool(checks)
    asked = _Asked(scenario, checks, with_desk)
    names = list(scenario.segments)
    total = np.zeros(2)
    unasked = np.zeros(2)
    parts = []
    for needs, cells, stretch, owners in _needs(scenario, law, readings):
        sums = needs.sum(axis=(0, 2))
        total += sums
        acts = (not channels or CHANNELS[cells.channel] in channels) and (
            not models or cells.space.models[cells.model] in models
        )
        if not (stretch.gated and acts):
            unasked += sums
            continue
        options = asked.under(stretch.clears)
        parts.append(
            Part(
                np.ascontiguousarray(needs[:, 0].T),
                np.ascontiguousarray(needs[:, 1].T),
                options.passes[:, owners],
                options.reviews[:, owners],
                options.numbers,
                tuple(names[number] for number in owners.tolist()),
                cells,
            )
        )
    return Program(
        "A",
        law.reading,
        tuple(parts),
        asked.names,
        float(total[0]),
        float(total[1]),
        float(unasked[0]),
        float(unasked[1]),
        reviews_possible(scenario, law) if with_desk else None,
        "; ".join((_MEMORYLESS, *((_DESK if with_desk else _NO_DESK,) if checks else ()), PEOPLE)),
    )


@kept
def _every_check(scenario: Scenario, clears: tuple[tuple[bool, ...], ...]) -> tuple[Check, ...]:
    return all_checks(scenario, clears)


def _needs(
    scenario: Scenario, law: Law, readings: Floats
) -> Iterator[tuple[Floats, Cells, Stretch, NDArray[np.int64]]]:
    """Needs of all accounts over the time in force: [owner, entitled or restricted, row], and what the rows are.

    Besides, the numbers of the owners' segments. Rows without needs are left out.
    """
    space = CellSpace.of(scenario)
    shares = [segment.share for segment in scenario.segments.values()]
    everybody = makers(scenario)
    rates = needs_per_day(scenario) * [shares[maker.owner] * scenario.represents for maker in everybody]
    mix = model_mix(scenario)
    for (channel, band), numbers in _profiles(scenario).items():
        owner = np.array([everybody[k].owner for k in numbers])
        own = [everybody[k].segment for k in numbers]
        owners, begins = np.unique(owner, return_index=True)
        for model in range(len(space.models)):
            weight = (rates * mix[:, model])[numbers]
            if not weight.any():
                continue
            for stretch in stretches(law, model, channel):
                restricted = stretch.restricted[own]
                split = np.stack([~restricted, restricted], axis=1) * (weight * stretch.days)[:, None, None]
                needs = np.add.reduceat(split @ readings[numbers], begins, axis=0)
                occur = np.flatnonzero(needs.any(axis=(0, 1)))
                yield (
                    needs[:, :, occur],
                    Cells(space, occur, channel, model, band, stretch.epochs),
                    stretch,
                    owners,
                )
