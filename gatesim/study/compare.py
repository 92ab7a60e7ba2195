"""Policies held against the first of them: the same people with the same needs under each, and the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatesim._version import __version__
from gatesim.engine import fast
from gatesim.gates.plugins import handed
from gatesim.law.law import Law, as_measured
from gatesim.measures.definitions import Measure
from gatesim.measures.ledger import Ledger
from gatesim.measures.measured import measures
from gatesim.measures.moments import Moments
from gatesim.measures.paired import Difference, comparable, of_clusters, of_replications, without_chance
from gatesim.measures.tally import Tally, cluster_numbers, from_ledger, judged, side_by_side
from gatesim.scenario import Loaded, ScenarioError, loaded_from
from gatesim.scenario.consistency import refuse_if_too_large
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.conservation import refuse_losses
from gatesim.study.gates import Job, jobs, laws
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.run import ENGINES, footprint, run
from gatesim.study.shown import Shown
from gatesim.study.simulate import Done, desk_for, share_networks
from gatesim.world.draws import DRAWS_VERSION
from gatesim.world.people import populate

if TYPE_CHECKING:
    import pandas as pd

COMPARISON_SCHEMA = 1
"""The number of the format of comparisons."""

DEFAULT = ("false_block_rate", "served_entitled", "leak_rate", "leak_share")
"""Measures that are compared where none is named."""


@dataclass(frozen=True)
class Comparison(Shown):
    """Policies beside each other, and how much each differs from the first.

    Attributes
    ----------
    loaded
        The scenario.
    engine, seed, reps
        What was run.
    reading
        The reading of the orders.
    measures
        Policy -> name -> measure, with its own interval; the first policy is what the others are held against.
    differences
        Other policy -> name -> how much more of the measure it has than the first.
    unit
        What is independent: ``account``, ``network``, ``replication``; empty where there is no chance.
    notes
        What else has to be said.
    """

    loaded: Loaded
    engine: str
    seed: int
    reps: int
    reading: str
    measures: Mapping[str, Mapping[str, Measure]]
    differences: Mapping[str, Mapping[str, Difference]]
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The policy that the others are held against."""
        return next(iter(self.measures))

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each other policy and measure."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "policy": policy,
                    "against": self.first,
                    "measure": name,
                    "value": found.second,
                    "value_against": found.first,
                    "difference": found.value,
                    "low": found.low,
                    "high": found.high,
                }
                for policy, by_measure in self.differences.items()
                for name, found in by_measure.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        scenario = self.loaded.scenario
        return {
            "schema": COMPARISON_SCHEMA,
            "scenario": scenario.title,
            "engine": self.engine,
            "version": __version__,
            "draws": DRAWS_VERSION,
            "files": [{"name": name, "sha256": digest} for name, digest in self.loaded.files],
            "seed": self.seed,
            "replications": self.reps,
            "people": scenario.people,
            "represents": scenario.represents,
            "reading": self.reading,
            "first": self.first,
            "policies": {
                policy: {name: measure.to_dict() for name, measure in found.items()}
                for policy, found in self.measures.items()
            },
            "differences": {
                policy: {name: one.to_dict() for name, one in found.items()}
                for policy, found in self.differences.items()
            },
            "unit": self.unit,
            "notes": list(self.notes),
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=str)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.measures)} in {self.loaded.scenario.title!r}>"


@placing
def compare(
    source: str | Path | Loaded,
    policies: Sequence[str],
    *,
    measures: Sequence[str] = DEFAULT,
    reading: str | None = None,
    people: int | None = None,
    reps: int = 1,
    seed: int | None = None,
    sets: Sequence[str] = (),
    engine: str = "fast",
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Comparison:
    """Hold policies against the first of them, with intervals of the differences.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    policies
        Names of two policies or more; the first is what the others are held against.
    measures
        Names of measures.
    reading
        The reading of the orders; by default that of the first order.
    people, reps, seed, sets, engine, progress, plugins
        As for `gatesim.run`.

    Returns
    -------
    Comparison
        Each policy's measures, and the differences. Every policy meets the same people with the same needs: what an
        account has under both goes into the interval of a difference as one.

    Raises
    ------
    ScenarioError
        If the scenario, a policy, a measure, the reading or the number of people is wrong.
    ValueError
        If there is no such engine, or no replication.
    CannotDo
        If the exact engine cannot do a policy.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine = {engine!r}: there are {', '.join(ENGINES)}")
    if reps < 1:
        raise ValueError(f"reps = {reps}: at least one replication")
    given = [f"people={people}"] * (people is not None) + [f"seed={seed}"] * (seed is not None)
    loaded = loaded_from(source, [*sets, *given])
    chosen = _checked(loaded, policies, measures, reading)
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    if engine == "exact":
        return _exactly(loaded, policies, measures, chosen, plugins, say)
    refuse_if_too_large(scenario, scenario.people, footprint(scenario, engine))
    sides = []
    with handed(plugins):
        for replication in range(reps):
            sides.append(
                _beside(scenario, replication, policies, chosen, engine, say, replication / reps, reps)
            )
    return _put_together(loaded, policies, measures, chosen, engine, reps, sides)


# --- what is asked for ------------------------------------------------------------------------------------------


def _checked(loaded: Loaded, policies: Sequence[str], wanted: Sequence[str], reading: str | None) -> str:
    """The reading, once all names are held against the scenario."""
    scenario, problems = loaded.scenario, []
    known = [*scenario.policies, *[OPERATOR] * (scenario.operator is not None)]
    if not scenario.orders:
        file = loaded.files[-1][0]
        problems.append(Problem(file, None, "orders", "there is no order: nothing can be judged"))
    if len(policies) < 2:
        hint = f"name two, such as --policy {known[0]} --policy {known[-1]}" if len(known) > 1 else ""
        problems.append(Problem("--policy", None, "", "it takes two policies to compare", hint))
    for number, name in enumerate(policies):
        if name not in known:
            hint = nearest(name, known, "there are")
            problems.append(Problem("--policy", None, name, "the scenario has no such policy", hint))
        elif name in policies[:number]:
            problems.append(Problem("--policy", None, name, "is named twice"))
    names = comparable(scenario)
    for name in wanted:
        if name not in names:
            hint = nearest(name, names, "there are")
            problems.append(Problem("--measure", None, name, "there is no such measure of accounts", hint))
    if reading is not None and reading not in scenario.readings:
        hint = nearest(reading, scenario.readings, "there are")
        problems.append(Problem("--reading", None, reading, "the scenario has no such reading", hint))
    if problems:
        raise ScenarioError(problems)
    return reading or scenario.orders[0].reading


# --- without chance ---------------------------------------------------------------------------------------------


def _exactly(
    loaded: Loaded,
    policies: Sequence[str],
    wanted: Sequence[str],
    reading: str,
    plugins: Mapping[str, Any] | None,
    say: Progress,
) -> Comparison:
    result = run(loaded, policies=policies, engine="exact", progress=say, plugins=plugins)
    found = {name: result.found[reading][name].measures for name in policies}
    missing = [name for name in wanted if name not in found[policies[0]]]
    if missing:
        message = "the exact engine does not tell this measure"
        raise ScenarioError(
            [Problem("--measure", None, name, message, "simulate it: --engine fast") for name in missing]
        )
    first = found[policies[0]]
    return Comparison(
        loaded,
        "exact",
        loaded.scenario.seed,
        1,
        reading,
        {name: {m: found[name][m] for m in wanted} for name in policies},
        {name: {m: without_chance(first[m], found[name][m]) for m in wanted} for name in policies[1:]},
        "",
        result.notes[:1] if result.notes and result.notes[0].startswith("Left out") else (),
    )


# --- simulated --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """What came of one replication.

    Attributes
    ----------
    tallies
        Policy -> its tally.
    pairs
        Other policy -> moments beside the first policy's.
    coupled
        Whether people met at a simulated desk.
    """

    tallies: dict[str, Tally]
    pairs: dict[str, Moments]
    coupled: bool


def _beside(
    scenario: Scenario,
    replication: int,
    policies: Sequence[str],
    reading: str,
    engine: str,
    say: Progress,
    done: float,
    reps: int,
) -> _Side:
    """Simulate the policies with the people of one replication."""
    say(done, "compiling policies")
    by_reading = laws(scenario, scenario.seed, replication, (reading,))
    made = {job.policy: job for job in jobs(scenario, policies, by_reading)}
    waits = {name: desk_for(scenario, job)[0] for name, job in made.items()}
    accounts, parts = (_fast if engine == "fast" else _reference)(scenario, replication, made, waits)
    tallies: dict[str, list[Tally]] = {name: [] for name in policies}
    pairs: dict[str, list[Moments]] = {name: [] for name in policies[1:]}
    nobody = np.zeros(len(scenario.segments), dtype=np.int64)
    counted = 0
    for ledgers in parts:
        for name, ledger in ledgers.items():
            tallies[name].append(from_ledger(scenario, ledger, nobody))
        for name in policies[1:]:
            pairs[name].append(side_by_side(scenario, ledgers[policies[0]], ledgers[name]))
        some = ledgers[policies[0]].account
        counted = int(some[-1]) if len(some) else counted
        say(done + counted / max(scenario.people, 1) / reps, "simulating")
    whole = {
        name: replace(reduce(add, each), accounts=accounts, clusters=cluster_numbers(scenario, accounts))
        for name, each in tallies.items()
    }
    coupled = any(waits[name] is None and tally.desk.joined for name, tally in whole.items())
    counts = {
        (reading, name): {replication: Done(name, replication, {reading: tally}, {}, "", coupled)}
        for name, tally in whole.items()
    }
    refuse_losses(scenario, counts)
    return _Side(whole, {name: reduce(add, each) for name, each in pairs.items()}, coupled)


_Parts = tuple[Any, Iterator[dict[str, Ledger]]]


def _judged(scenario: Scenario, ledger: Ledger, law: Law) -> Ledger:
    return judged(ledger, scenario, law)


def _fast(scenario: Scenario, replication: int, made: Mapping[str, Job], waits: Mapping[str, Any]) -> _Parts:
    """Accounts by segment, and the ledgers of some thousand accounts at a time, all policies side by side."""
    population = fast.Population(scenario, scenario.seed, replication, scenario.people)

    def parts() -> Iterator[dict[str, Ledger]]:
        lives = {
            name: population.under(as_measured(job.law), job.gate, waits[name]) for name, job in made.items()
        }
        if share_networks(scenario):  # a network is no longer whole in a part
            yield {name: _judged(scenario, one.ledger(), made[name].law) for name, one in lives.items()}
            return
        for ledgers in zip(*(one.parts() for one in lives.values()), strict=True):
            yield {
                name: _judged(scenario, ledger, made[name].law)
                for name, ledger in zip(lives, ledgers, strict=True)
            }

    return population.by_segment(), parts()


def _reference(
    scenario: Scenario, replication: int, made: Mapping[str, Job], waits: Mapping[str, Any]
) -> _Parts:
    """The same by the reference engine, all accounts at once."""
    from gatesim.engine.reference import simulate  # and SimPy with it, only where it is wanted

    people = populate(scenario, scenario.seed, replication, scenario.people)
    accounts = np.bincount([one.segment for one in people], minlength=len(scenario.segments))

    def parts() -> Iterator[dict[str, Ledger]]:
        yield {
            name: _judged(
                scenario,
                simulate(
                    scenario,
                    as_measured(job.law),
                    job.gate,
                    people,
                    seed=scenario.seed,
                    replication=replication,
                    waits=waits[name],
                ),
                job.law,
            )
            for name, job in made.items()
        }

    return accounts, parts()


def _put_together(
    loaded: Loaded,
    policies: Sequence[str],
    wanted: Sequence[str],
    reading: str,
    engine: str,
    reps: int,
    sides: Sequence[_Side],
) -> Comparison:
    """Measures and differences over all replications."""
    scenario = loaded.scenario
    coupled = any(side.coupled for side in sides)
    whole = {name: reduce(add, [side.tallies[name] for side in sides]) for name in policies}
    found = {
        name: measures(
            scenario,
            tally,
            unit="replication" if coupled else "cluster",
            replications=[side.tallies[name] for side in sides],
        )
        for name, tally in whole.items()
    }
    first, clusters = policies[0], whole[policies[0]].clusters
    each = (
        [{name: measures(scenario, side.tallies[name]) for name in policies} for side in sides]
        if coupled
        else []
    )
    differences: dict[str, dict[str, Difference]] = {}
    for name in policies[1:]:
        beside = reduce(add, [side.pairs[name] for side in sides])
        differences[name] = {
            m: of_replications(
                [(one[first][m], one[name][m]) for one in each], found[first][m], found[name][m]
            )
            if coupled
            else of_clusters(scenario, beside, clusters, found[first][m], found[name][m])
            for m in wanted
        }
    unit = "replication" if coupled else "network" if share_networks(scenario) else "account"
    return Comparison(
        loaded,
        engine,
        scenario.seed,
        reps,
        reading,
        {name: {m: found[name][m] for m in wanted} for name in policies},
        differences,
        unit,
    )
