"""The result of a run: measures, verdict, and what they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__
from gatesim.law.standards import demands
from gatesim.measures.axes import SPLITS
from gatesim.measures.definitions import Measure
from gatesim.measures.exposure import Bound, Unit, bounds
from gatesim.measures.remains import Remains, shutting_down
from gatesim.measures.rows import Row
from gatesim.measures.verdict import Split, Verdict
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import Input, count_guesses
from gatesim.study.audits import Audited
from gatesim.study.caps import Capped
from gatesim.study.shown import Shown
from gatesim.study.strategy import Course
from gatesim.study.transition import Transition
from gatesim.world.draws import DRAWS_VERSION

if TYPE_CHECKING:
    import pandas as pd

OF_ORDER = ("leak_rate", "leak_share", "leaks")
"""Measures of an order by itself: what its own standard can be held against."""

RESULT_SCHEMA = 1
"""The number of the format of results."""


@dataclass(frozen=True)
class Found:
    """What was found for one policy under one reading.

    Attributes
    ----------
    measures
        Name -> measure.
    by
        ``segment``, ``channel``, ``role``, ``model``, ``day`` -> which -> name -> measure.
    reasons
        Why entitled needs were not served: reason -> part of the false block rate.
    may_leak
        Whether a restricted need can be served at all, by the structure of the model.
    left_out
        What of the model is not in these numbers.
    """

    measures: dict[str, Measure]
    by: Split
    reasons: dict[str, Measure]
    may_leak: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Result(Shown):
    """The result of a run.

    Attributes
    ----------
    loaded
        The scenario, with its sources.
    engine
        ``fast``, ``reference`` or ``exact``.
    reading
        The scenario's own reading of its orders, under which measures are shown first.
    found
        Reading -> policy -> what was found.
    verdict
        What can be concluded; see `gatesim.measures.verdict.Verdict`.
    sentence
        The verdict in words.
    transition
        What is served before any listed policy could be in place; common to all.
    course
        What the operator's strategy puts in place when; None where it was not run.
    inputs, guesses
        What the scenario rests on; how many of these inputs are guesses.
    desk
        Policy -> how its desk was worked out, in words.
    notes
        What else has to be said.
    seconds
        Time that the parts of the work took.
    audits
        The orders' audits, and what they would find.
    by_order
        Number of the order -> reading -> policy -> what was found of the needs that the order itself restricts,
        while it is in force; for orders that name a model which another names as well, else empty.
    caps
        What the scenario's caps on usage refuse, apart from all else; None where it has none.
    remains
        Under the scenario's own limit and the reading shown first: the list beside what bounds A and B allow; None
        where the order asks no single leak ratio, or the bounds would take long (`notes` say which).
    expected
        Of a simulation, for the policies of which the exact engine leaves nothing out: policy -> name -> measure as it
        is expected, without noise, under the reading shown first. The verdict on them rests on these.
    """

    loaded: Loaded
    engine: str
    seed: int
    reps: int
    reading: str
    found: Mapping[str, Mapping[str, Found]]
    verdict: Verdict
    sentence: str
    transition: Transition | None
    course: Course | None
    inputs: tuple[Input, ...]
    guesses: int
    desk: Mapping[str, str]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    audits: tuple[Audited, ...] = ()
    by_order: Mapping[int, Mapping[str, Mapping[str, Found]]] = field(default_factory=dict)
    caps: Capped | None = None
    remains: Remains | None = None
    expected: Mapping[str, Mapping[str, Measure]] = field(default_factory=dict)

    @property
    def shutting_down(self) -> str:
        """Whether shutting down is the only compliant option left, and in which sense; what the bounds say beside."""
        return shutting_down(self.verdict, self.remains)

    @property
    def exposure(self) -> Mapping[str, Mapping[Unit, Bound]]:
        """Policy -> what counts as a violation -> the most that the law can ask; empty without amounts."""
        amounts = self.loaded.scenario.exposure
        if amounts is None:
            return {}
        return {policy: bounds(amounts, found.measures) for policy, found in self.policies.items()}

    @property
    def exposure_by_order(self) -> Mapping[int, Mapping[str, Mapping[Unit, Bound]]]:
        """The same of the needs that each order by itself restricts, for orders that are counted apart."""
        amounts = self.loaded.scenario.exposure
        if amounts is None:
            return {}
        return {
            number: {policy: bounds(amounts, found.measures) for policy, found in of[self.reading].items()}
            for number, of in self.by_order.items()
        }

    @property
    def policies(self) -> Mapping[str, Found]:
        """What was found for each policy, under the scenario's own reading."""
        return self.found[self.reading]

    @property
    def own_row(self) -> Row | None:
        """The verdict at the scenario's own limit, under its own reading; None where the orders ask more, or else."""
        if len(demands(self.loaded.scenario)) > 1:
            return None
        return next((row for row in self.verdict.rows if row.own and row.reading == self.reading), None)

    @property
    def uncertain(self) -> int:
        """How many inputs are no choices: ``guesses`` of them are guesses."""
        return count_guesses(self.inputs)[1]

    def rows(self, by: Sequence[str] = ("all", *SPLITS)) -> Iterator[dict[str, Any]]:
        """A record for each reading, policy, group and measure."""
        for reading, policies in self.found.items():
            for policy, found in policies.items():
                groups: list[tuple[str, str, Mapping[str, Measure]]] = []
                if "all" in by:
                    groups.append(("all", "", found.measures))
                groups += [
                    (kind, name, ms) for kind in by if kind != "all" for name, ms in found.by[kind].items()
                ]
                for kind, name, measures in groups:
                    for measure in measures.values():
                        yield {
                            "reading": reading,
                            "policy": policy,
                            "by": kind,
                            "group": name,
                            "measure": measure.name,
                            "numerator": measure.numerator,
                            "denominator": measure.denominator,
                            "value": measure.value,
                            "low": measure.low,
                            "high": measure.high,
                        }

    def to_frame(self, by: str = "all") -> pd.DataFrame:
        """A table with a row for each reading, policy, group and measure.

        Parameters
        ----------
        by
            ``all`` (no groups), ``segment``, ``channel``, ``role``, ``model``, ``day``, or ``reason`` (the parts
            of the false block rate).
        """
        import pandas as pd

        if by == "reason":
            records = [
                {"reading": reading, "policy": policy, "by": by, "group": reason} | _numbers(measure)
                for reading, policies in self.found.items()
                for policy, found in policies.items()
                for reason, measure in found.reasons.items()
            ]
            return pd.DataFrame(records)
        if by != "all" and by not in SPLITS:
            raise ValueError(f"by = {by!r}: there are all, {', '.join(SPLITS)}, reason")
        return pd.DataFrame(list(self.rows((by,))))

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data, as ``--json`` prints it."""
        scenario = self.loaded.scenario
        everything = {
            reading: {policy: _as_data(found) for policy, found in policies.items()}
            for reading, policies in self.found.items()
        }
        return {
            "schema": RESULT_SCHEMA,
            "scenario": scenario.title,
            "engine": self.engine,
            "version": __version__,
            "draws": DRAWS_VERSION,
            "seed": self.seed,
            "replications": self.reps,
            "people": scenario.people,
            "represents": scenario.represents,
            "files": [{"name": name, "sha256": digest} for name, digest in self.loaded.files],
            "reading": self.reading,
            "policies": {
                policy: {name: _numbers(measure) for name, measure in found.measures.items()}
                for policy, found in self.policies.items()
            },
            "expected": {
                policy: {name: _numbers(measure) for name, measure in measures.items()}
                for policy, measures in self.expected.items()
            },
            "readings": everything,
            "verdict": {
                "sentence": self.sentence,
                "shutting_down": self.shutting_down,
                "remains": None if self.remains is None else self.remains.to_dict(),
                **self.verdict.to_dict(),
            },
            "orders": {
                str(number): {
                    reading: {
                        policy: {name: _numbers(found.measures[name]) for name in OF_ORDER}
                        for policy, found in policies.items()
                    }
                    for reading, policies in readings.items()
                }
                for number, readings in self.by_order.items()
            },
            "audits": [one.to_dict() for one in self.audits],
            "exposure": {
                policy: {unit: bound.to_dict() for unit, bound in units.items()}
                for policy, units in self.exposure.items()
            },
            "exposure_by_order": {
                str(number): {
                    policy: {unit: bound.to_dict() for unit, bound in units.items()}
                    for policy, units in policies.items()
                }
                for number, policies in self.exposure_by_order.items()
            },
            "transition": None if self.transition is None else vars(self.transition),
            "course": None if self.course is None else self.course.to_dict(),
            "caps": None if self.caps is None else self.caps.to_dict(),
            "guesses": self.guesses,
            "inputs": self.uncertain,
            "desk": dict(self.desk),
            "warnings": list(self.loaded.warnings),
            "notes": list(self.notes),
            "timing": dict(self.seconds),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=str)

    def __repr__(self) -> str:
        return f"<Result of {self.loaded.scenario.title!r}: {len(self.policies)} policies>"


def _numbers(measure: Measure) -> dict[str, Any]:
    return {
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "value": measure.value,
        "low": measure.low,
        "high": measure.high,
    }


def _as_data(found: Found) -> dict[str, Any]:
    return {
        "measures": {name: _numbers(measure) for name, measure in found.measures.items()},
        "false_blocks_by_reason": {reason: _numbers(measure) for reason, measure in found.reasons.items()},
        "by": {
            kind: {
                which: {name: _numbers(measure) for name, measure in measures.items()}
                for which, measures in groups.items()
            }
            for kind, groups in found.by.items()
            if kind != "day"
        },
        "may_leak": found.may_leak,
        "left_out": list(found.left_out),
    }
