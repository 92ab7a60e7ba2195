"""What a policy does cell by cell: its decision table, and one cell of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.beliefs import believed
from gatesim.gates.compile import compile_policy
from gatesim.gates.tables import ACTIONS, FRESH, STATES, Tables
from gatesim.law.law import Epoch, Law
from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.errors import Problem, nearest, shown
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER, format_duration
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.story import STORY_SCHEMA
from gatesim.study.strategy import late_words
from gatesim.study.why import Known, Part, Why, restricted_and_entitled, summed, why
from gatesim.world.cells import cells_of, model_mix, needs_per_day, readings_given
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace

if TYPE_CHECKING:
    import pandas as pd

OPEN = "open"
"""In place of an action: the gate is not asked there."""
DECISIONS = (*ACTIONS, OPEN)


@dataclass(frozen=True)
class Cell:
    """One cell of a policy's table.

    Attributes
    ----------
    readings
        Signal -> what it reads.
    channel, model, age_band
        What the service knows exactly; the band is the number of the scenario's ages that the account has reached.
    action
        What is done with an account that nothing is known of; ``open`` where the gate is not asked.
    restricted
        The probability that a need which shows the cell is restricted.
    believed
        The same as the operator believes; None where no need shows it by these beliefs.
    share
        Its share of the needs for models that an order names.
    by
        What decides there, in a few words: which list, which rule, how many votes, which score; empty for constant
        gates, where the gate is not asked, and for ``posterior``, whose number is ``believed``.
    """

    readings: Mapping[str, str]
    channel: str
    model: str
    age_band: int
    action: str
    restricted: float
    believed: float | None
    share: float
    by: str = ""


@dataclass(frozen=True)
class Flow:
    """What an action is done to: its share of all needs, of the restricted ones, of the entitled ones.

    A share is None where there are no such needs.
    """

    action: str
    cells: int
    needs: float | None
    restricted: float | None
    entitled: float | None


@dataclass(frozen=True)
class _Explained(Shown):
    """What the explanations of a table and of a cell have in common.

    Attributes
    ----------
    loaded, policy, reading
        The scenario, the policy, and how the orders are read.
    start, end
        The stretch of time in which the law is as it is here.
    """

    loaded: Loaded
    policy: str
    reading: str
    start: datetime
    end: datetime

    def _head(self, explains: str) -> dict[str, Any]:
        return {
            "schema": STORY_SCHEMA,
            "explains": explains,
            "scenario": self.loaded.scenario.title,
            "policy": self.policy,
            "reading": self.reading,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
        }


@dataclass(frozen=True)
class DecisionTable(_Explained):
    """A policy's decision table, with what the cells are worth.

    Attributes
    ----------
    cells
        Every cell that needs for a named model show, by their share of needs, the largest first.
    flows
        For each decision what it is done to.
    durations
        State -> how long it holds, as text; states that are never entered are left out.
    documents
        What a check accepts.
    beliefs
        Whether the operator's beliefs differ from the scenario.
    """

    cells: tuple[Cell, ...]
    flows: tuple[Flow, ...]
    durations: Mapping[str, str]
    documents: tuple[str, ...]
    beliefs: bool

    def __repr__(self) -> str:
        return f"<DecisionTable of {self.policy!r}: {len(self.cells)} cells>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each cell."""
        import pandas as pd

        return pd.DataFrame([_flat(cell) for cell in self.cells])

    def to_json(self) -> str:
        """One JSON object."""
        data = self._head("policy") | {
            "flows": [asdict(flow) for flow in self.flows],
            "durations": dict(self.durations),
            "documents": list(self.documents),
            "cells": [asdict(cell) for cell in self.cells],
            "notes": list(late_words(self.loaded.scenario, self.policy)),
            "warnings": list(self.loaded.warnings),
        }
        return json.dumps(data, indent=2, allow_nan=False)


@dataclass(frozen=True)
class MadeBy:
    """Who makes the needs of a cell: a segment, its share of them, and the part of these that is restricted."""

    segment: str
    title: str
    status: str
    share: float
    restricted: float


@dataclass(frozen=True)
class CellStory(_Explained):
    """What a policy does with a cell, who makes the needs there, and why.

    Attributes
    ----------
    given
        What was asked for: signal (or ``channel``, ``model``, ``age_band``) -> value.
    whole
        Whether that names one cell; else it is all cells that fit, and needs are summed over them.
    restricted
        The probability that such a need is restricted; None where no need shows it.
    share
        Its share of the needs for models that an order names; None where there are none.
    actions
        Decision -> share of these needs (of the cells, where no need shows them).
    made_by
        Who makes them, the largest share first.
    why
        Why, signal by signal.
    """

    given: Mapping[str, str]
    whole: bool
    restricted: float | None
    share: float | None
    actions: Mapping[str, float]
    made_by: tuple[MadeBy, ...]
    why: Why

    def __repr__(self) -> str:
        return f"<CellStory of {self.policy!r}: {dict(self.given)}>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each signal that the policy looks at."""
        import pandas as pd

        return pd.DataFrame([asdict(part) for part in self.why.parts], columns=list(Part.__annotations__))

    def to_json(self) -> str:
        """One JSON object."""
        data = self._head("cell") | {
            "given": dict(self.given),
            "whole": self.whole,
            "restricted": self.restricted,
            "share": self.share,
            "actions": dict(self.actions),
            "made_by": [asdict(one) for one in self.made_by],
            "why": asdict(self.why),
            "notes": list(late_words(self.loaded.scenario, self.policy)),
            "warnings": list(self.loaded.warnings),
        }
        return json.dumps(data, indent=2, allow_nan=False)


def _flat(cell: Cell) -> dict[str, Any]:
    data = asdict(cell)
    return {f"reads_{signal}": read for signal, read in data.pop("readings").items()} | data


# --- the table --------------------------------------------------------------------------------------------------


def decision_table(
    loaded: Loaded, policy: str, law: Law, epoch: Epoch, progress: Progress | None = None
) -> DecisionTable:
    """The decision table of a policy in one stretch of time.

    Parameters
    ----------
    loaded, policy
        The scenario, and the name of one of its policies.
    law, epoch
        The law under a reading, and one of its epochs.
    progress
        Called with the share of the work that is done and what is being done.
    """
    say = progress or (lambda done, doing: None)
    scenario = loaded.scenario
    space = CellSpace.of(scenario)
    say(0.0, "compiling the policy")
    tables = compile_policy(scenario, policy, law.reading, epoch)
    say(0.2, "who makes the needs of each cell")
    restricted, entitled = restricted_and_entitled(scenario, epoch)
    decisions = _decisions(space, tables, epoch)
    one = scenario.policies[policy]
    beliefs = isinstance(one, Posterior) and bool(one.beliefs)
    thought = _thought(scenario, one, epoch) if isinstance(one, Posterior) else None
    total = restricted + entitled
    everything = float(total.sum())
    cells = []
    for number, index in enumerate(np.argsort(-total, axis=None, kind="stable")):
        if total.flat[index] <= 0:
            break
        if number % 256 == 0:
            say(0.4 + 0.6 * number / total.size, "cell by cell")
        probability = float(restricted.flat[index] / total.flat[index])
        belief = probability if thought is None else _defined(float(thought.flat[index]))
        share = float(total.flat[index]) / everything
        action = DECISIONS[decisions.flat[index]]
        known = dict(enumerate(space.parts(int(index))))
        by = "" if action == OPEN or isinstance(one, Posterior) else why(scenario, policy, epoch, known).by
        cells.append(_cell(space, known, action, probability, belief, share, by))
    durations = {
        state: format_duration(int(tables.durations_us[number]))
        if tables.durations_us[number] < FOREVER
        else "forever"
        for number, state in enumerate(STATES)
        if number != FRESH and tables.durations_us[number] > 0
    }
    kinds = list(scenario.documents)
    return DecisionTable(
        loaded,
        policy,
        law.reading,
        *_stretch(scenario, epoch),
        tuple(cells),
        tuple(_flows(decisions, restricted, entitled)),
        durations,
        tuple(kinds[number] for number in tables.documents),
        beliefs,
    )


def _stretch(scenario: Scenario, epoch: Epoch) -> tuple[datetime, datetime]:
    start = scenario.start + timedelta(microseconds=epoch.start_us)
    return start, scenario.start + timedelta(microseconds=epoch.end_us)


def _decisions(space: CellSpace, tables: Tables, epoch: Epoch) -> NDArray[np.int8]:
    """What is decided in each cell for a fresh account, as a number in `DECISIONS`."""
    acts = tables.acts.reshape(space.shape) & epoch.gated.T[:, :, None]
    found = np.where(acts, tables.actions[FRESH].reshape(space.shape), DECISIONS.index(OPEN))
    return found.astype(np.int8)


def _thought(scenario: Scenario, policy: Posterior, epoch: Epoch) -> NDArray[np.float64]:
    """What the operator believes of each cell; NaN where no need shows it."""
    restricted, entitled = restricted_and_entitled(believed(scenario, policy), epoch)
    total = restricted + entitled
    found = np.full(total.shape, np.nan)
    np.divide(restricted, total, out=found, where=total > 0)
    return found


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def _cell(
    space: CellSpace,
    known: Known,
    action: str,
    probability: float,
    belief: float | None,
    share: float,
    by: str,
) -> Cell:
    *readings, channel, model, band = known.values()
    names = {s: r[n] for s, r, n in zip(space.signals, space.readings, readings, strict=True)}
    return Cell(names, CHANNELS[channel], space.models[model], band, action, probability, belief, share, by)


def _flows(
    decisions: NDArray[np.int8], restricted: NDArray[np.float64], entitled: NDArray[np.float64]
) -> Iterator[Flow]:
    occurs = restricted + entitled > 0
    for number, action in enumerate(DECISIONS):
        there = (decisions == number) & occurs
        if there.any():
            bad, good = float(restricted[there].sum()), float(entitled[there].sum())
            yield Flow(
                action,
                int(there.sum()),
                _part(bad + good, restricted.sum() + entitled.sum()),
                _part(bad, restricted.sum()),
                _part(good, entitled.sum()),
            )


def _part(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


# --- one cell ---------------------------------------------------------------------------------------------------


def axes(space: CellSpace) -> dict[str, tuple[str, ...]]:
    """The names of what makes a cell, and their values."""
    found = dict(zip(space.signals, space.readings, strict=True))
    exact = {
        "channel": tuple(CHANNELS),
        "model": space.models,
        "age_band": tuple(str(band) for band in range(space.bands)),
    }
    return {**exact, **found} if set(exact) & set(found) else found | exact


def parse_cell(scenario: Scenario, text: str) -> dict[str, str]:
    """A cell, or a part of it, as a command takes it: ``"ip=US,payment=US,channel=consumer"``.

    Raises
    ------
    ScenarioError
        If it names what is no signal, or a value that is never read.
    """
    known = axes(CellSpace.of(scenario))
    given: dict[str, str] = {}
    problems = []

    def wrong(key: str, message: str, hint: str = "") -> None:
        problems.append(Problem("--cell", None, key, message, hint))

    for one in text.split(","):
        name, equals, value = (part.strip() for part in one.partition("="))
        if not equals or not name or not value:
            wrong(
                "",
                f"{shown(one.strip())} is no SIGNAL=READING",
                'write "ip=US,payment=unknown,channel=consumer"',
            )
        elif name not in known:
            wrong(name[:60], "there is no such signal", nearest(name, known, "there are"))
        elif name in given:
            wrong(name, "stands here twice")
        elif value not in known[name]:
            wrong(f"{name}={value[:60]}", "is never read", nearest(value, known[name], "it reads"))
        else:
            given[name] = value
    if problems:
        raise ScenarioError(problems)
    return given


def cell_story(
    loaded: Loaded,
    policy: str,
    law: Law,
    epoch: Epoch,
    given: Mapping[str, str],
    progress: Progress | None = None,
) -> CellStory:
    """What a policy does with a cell, or with all cells that fit, and why.

    Parameters
    ----------
    loaded, policy, law, epoch
        As for `decision_table`.
    given
        What is known (see `parse_cell`); what is left out is summed over.
    progress
        Called with the share of the work that is done and what is being done.
    """
    say = progress or (lambda done, doing: None)
    scenario = loaded.scenario
    space = CellSpace.of(scenario)
    names = axes(space)
    order = [*space.signals, "channel", "model", "age_band"]
    known = {order.index(name): names[name].index(value) for name, value in given.items()}
    if space.bands == 1:
        known.setdefault(len(order) - 1, 0)
    say(0.0, "compiling the policy")
    tables = compile_policy(scenario, policy, law.reading, epoch)
    say(0.3, "who makes the needs of each cell")
    restricted, entitled = restricted_and_entitled(scenario, epoch)
    bad, good = summed(restricted, known), summed(entitled, known)
    everything = float((restricted + entitled).sum())
    index = tuple(known.get(axis, slice(None)) for axis in range(len(order)))
    return CellStory(
        loaded,
        policy,
        law.reading,
        *_stretch(scenario, epoch),
        {name: given[name] for name in order if name in given},
        len(known) == len(order),
        _part(bad, bad + good),
        _part(bad + good, everything),
        _actions(
            _decisions(space, tables, epoch)[index],
            (restricted + entitled)[index],
            np.broadcast_to(epoch.named[:, None], space.shape)[index],
        ),
        tuple(_made_by(scenario, epoch, known, bad + good)),
        why(scenario, policy, epoch, known),
    )


def _actions(
    decisions: NDArray[np.int8], needs: NDArray[np.float64], named: NDArray[np.bool_]
) -> dict[str, float]:
    """Share of each decision, by needs; where there are none, by cells, if possible of models that an order names."""
    decided = np.atleast_1d(decisions).ravel()
    weights = (np.atleast_1d(each).ravel().astype(np.float64) for each in (needs, named, np.ones_like(named)))
    weight = next(each for each in weights if each.sum() > 0)
    counted = np.bincount(decided, weights=weight, minlength=len(DECISIONS))
    shares = counted / counted.sum()
    return {action: float(share) for action, share in zip(DECISIONS, shares, strict=True) if share > 0}


def _made_by(scenario: Scenario, epoch: Epoch, known: Known, everything: float) -> Sequence[MadeBy]:
    """Who makes the needs that fit what is known."""
    if everything <= 0:
        return ()
    space = CellSpace.of(scenario)
    segments, names = list(scenario.segments.values()), list(scenario.segments)
    fits = np.zeros(space.shape, dtype=np.bool_)
    fits[tuple(known.get(axis, slice(None)) for axis in range(fits.ndim))] = True
    fits &= epoch.named[:, None]
    fits_flat = fits.ravel()
    readings, rates = readings_given(scenario), needs_per_day(scenario)[:, None] * model_mix(scenario)
    bad, good = np.zeros(len(segments)), np.zeros(len(segments))
    for number, maker in enumerate(makers(scenario)):
        owner = segments[maker.owner]
        there = fits_flat[cells_of(scenario, maker.owner)]  # [readings, models]
        if not there.any() or owner.share <= 0:
            continue
        seen = readings[number] @ there * (owner.share * rates[number])  # [regions, models]
        law = epoch.restricted[maker.segment, :, :, CHANNELS.index(owner.channel)]
        bad[maker.segment] += float(seen[law].sum())
        good[maker.segment] += float(seen[~law].sum())
    total = bad + good
    return [
        MadeBy(
            names[s],
            segments[s].title,
            segments[s].status,
            float(total[s] / everything),
            float(bad[s] / total[s]),
        )
        for s in np.argsort(-total, kind="stable")
        if total[s] > 0
    ]
