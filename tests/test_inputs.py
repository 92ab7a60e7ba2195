"""Every key of the schema moves what it is about, in its direction, and is silent at its neutral value.

The table is `tests.inputs`. A key that is in the schema and not in the table makes a test fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest

import gatesim
from gatesim.gates.plugins import handed
from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.operator import OPERATOR, Belief
from gatesim.scenario.policies import FAMILIES, Policy, Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.shape import Shape, families, fields, get_origin, is_part, kinds
from gatesim.study.exactly import find
from gatesim.study.gates import jobs, laws
from gatesim.study.narrowings import narrowings
from gatesim.study.result import Found
from gatesim.study.uncertain import quantile
from tests.inputs import table
from tests.inputs.rows import BASE, Default, Input, NoneNeutral, Same, Sets
from tests.inputs.words import SCHEMA, words_only

pytestmark = pytest.mark.no_cover  # others cover the same lines, but for a few

TABLE = table()
WORDS_ONLY = words_only()
FAMILY_NAMES = {f"policies.{family}.family" for family in FAMILIES}
"""They are named by the rows of the family's own keys."""

# --- the keys of the schema -------------------------------------------------------------------------------------

WHOLE = {Posterior: "beliefs", Belief: "world"}
"""Keys whose tables repeat the scenario's own: they are one key here."""


def keys(shape: Shape = Scenario, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every key at which a value stands, with ``*`` for free names and numbers.

    What every policy may say stands under ``policies.*``, unless a family has another default; what only one family
    says, and its name, under ``policies.FAMILY``.
    """
    for kind in kinds(shape):
        if is_part(kind):
            for name, below in fields(kind).items():
                place = (*_of_family(kind, name, path), name)
                if WHOLE.get(kind) == name or not _leads_on(below):
                    yield ".".join(place)
                elif _is_value_as_well(below):
                    yield ".".join(place)
                    yield from keys(below, place)
                else:
                    yield from keys(below, place)
        elif get_origin(kind) is dict:
            yield from keys(get_args(kind)[1], (*path, "*"))
        elif get_origin(kind) is tuple and get_args(kind):
            yield from keys(get_args(kind)[0], (*path, "*"))


def _of_family(kind: type[Any], name: str, path: tuple[str, ...]) -> tuple[str, ...]:
    if not issubclass(kind, Policy):
        return path
    shared = name in fields(Policy) and kind.model_fields[name].default == Policy.model_fields[name].default
    return path if shared else (*path[:-1], *families((kind,)))


def _leads_on(shape: Shape) -> bool:
    """Whether there are keys of the schema below."""
    return any(
        is_part(kind)
        or (get_origin(kind) is dict and _leads_on(get_args(kind)[1]))
        or (get_origin(kind) is tuple and bool(get_args(kind)) and _leads_on(get_args(kind)[0]))
        for kind in kinds(shape)
    )


def _is_value_as_well(shape: Shape) -> bool:
    """Whether a value may stand at the key instead of a table: a limit that is known."""
    return any(kind in (int, float, str) for kind in kinds(shape))


def test_every_key_of_the_schema_is_in_the_table() -> None:
    there, told = set(keys()), [row.key for row in TABLE]
    missing = sorted(there - set(told) - set(WORDS_ONLY) - FAMILY_NAMES - {SCHEMA})
    assert not missing, "keys of the schema that tests/inputs.py says nothing of"
    assert not sorted((set(told) | set(WORDS_ONLY)) - there), "keys that the schema has not"
    assert not set(told) & set(WORDS_ONLY)
    assert len(told) == len(set(told))
    for family in FAMILIES:
        assert any(key.startswith(f"policies.{family}.") for key in told), family
    assert {"segments.*.vpn.on", "orders.*.standards.*.limit.low", "policies.best.clearance"} <= there
    assert len(there) > 200


# --- what moves -------------------------------------------------------------------------------------------------


def above(parameters: dict[str, Any], context: Any) -> Any:
    """A gate from outside: block what is restricted with more than a share."""
    return np.where(context.restricted_given_cell > parameters.get("share", 0.9), 2, 0)


def nobody(parameters: dict[str, Any], context: Any) -> Any:
    """A gate from outside that serves nobody."""
    return np.full(context.space.size, 2)


FILE = gatesim.load(BASE)
PLUGINS = {"above": above, "nobody": nobody}


@cache
def loaded(sets: Sets) -> Loaded:
    return FILE.with_sets(sets)


@cache
def result(sets: Sets, engine: str, policies: Sets = ()) -> gatesim.Result:
    chosen = list(policies) or None
    return gatesim.run(loaded(sets), policies=chosen, engine=engine, plugins=PLUGINS)


@cache
def found_alone(sets: Sets, policy: str) -> Found:
    """What the exact engine finds for one policy under the order's own reading, without a verdict."""
    scenario = loaded(sets).scenario
    reading = scenario.orders[0].reading
    with handed(PLUGINS):
        (job,) = jobs(scenario, [policy], {reading: laws(scenario, scenario.seed, 0)[reading]})
    return find(scenario, job.law, job.gate, policy)


def _own(found: gatesim.Result) -> Any:
    return next(one for one in found.verdict.own if one.reading == found.reading)


OF_POLICY: dict[str, Callable[[gatesim.Result, str], Any]] = {
    "meets": lambda found, name: _own(found).meets[name]["yes"],
    "serves the floor": lambda found, name: _own(found).serves_floor[name] == "yes",
    "left the queue": lambda found, name: found.policies[name].reasons["left_queue"].value,
    "finds": lambda found, name: found.audits[0].finds[found.reading][name].value,
    "objects": lambda found, name: found.audits[0].objects[found.reading][name].value,
    "civil": lambda found, name: found.exposure[name]["need"].civil.value,
    "criminal": lambda found, name: found.exposure[name]["need"].criminal.value,
}

NAMED: dict[str, Callable[[gatesim.Result], Any]] = {
    "rounds": lambda found: found.audits[0].rounds,
    "test accounts": lambda found: found.audits[0].accounts,
    "ways to count a violation": lambda found: len(found.exposure["open"]),
    "rows of the verdict": lambda found: len(found.verdict.rows),
    "a gate is available": lambda found: found.verdict.chances.get("gate_available", 0.0),
    "leaks in transition": lambda found: found.transition and found.transition.leaks,
    "needs over a cap": lambda found: (
        found.caps and (found.caps.rows[0].over.value if found.caps.rows else 0.0)
    ),
    "contracts broken": lambda found: sum(one.broken is not None for one in found.course.dark),  # type: ignore[union-attr]
}


def _errors(sets: Sets) -> int:
    try:
        loaded(sets)
    except ScenarioError as error:
        return len(error.problems)
    return 0


def _quarter(sets: Sets) -> float:
    inputs = gatesim.scenario.rests_on(loaded(sets))
    return quantile(next(one for one in inputs if one.key == "signals.*.accuracy"), 0.25)


WITHOUT_A_RUN: dict[str, Callable[[Sets], Any]] = {
    "narrowings": lambda sets: len(list(narrowings(loaded(sets).scenario))),
    "warnings": lambda sets: len(loaded(sets).warnings),
    "errors": _errors,
    "guesses": lambda sets: gatesim.scenario.count_guesses(gatesim.scenario.rests_on(loaded(sets)))[0],
    "a quarter of the range": _quarter,
}


def value(row: Input, sets: Sets) -> Any:
    """The measure of a row."""
    if row.measure in WITHOUT_A_RUN:
        return WITHOUT_A_RUN[row.measure](sets)
    if row.measure in NAMED:
        return NAMED[row.measure](result(sets, row.engine))
    policy, _, name = row.measure.partition(".")
    if name in OF_POLICY:
        return OF_POLICY[name](result(sets, row.engine, (policy,)), policy)
    if row.engine == "exact":
        found = found_alone(sets, policy)
    else:
        found = result(sets, row.engine, (policy,)).policies[policy]
    if name.startswith("width of "):
        one = found.measures[name.removeprefix("width of ")]
        assert one.low is not None
        assert one.high is not None
        return one.high - one.low
    name, _, group = name.partition("@")
    measures = found.measures
    if group:
        split, _, which = group.partition("=")
        measures = found.by[split][which]
    return measures[name].value


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_moving_it_moves_its_measure_in_its_direction(row: Input) -> None:
    before, after = value(row, row.given), value(row, (*row.given, *row.moved))
    assert before is not None
    assert after is not None
    assert (after > before) if row.up else (after < before), f"{row.measure}: {before} -> {after}"


# --- what is silent ---------------------------------------------------------------------------------------------

COMPARED = ("readings", "verdict", "audits", "exposure", "transition", "course", "desk", "notes")


@cache
def everything(sets: Sets, engine: str, policies: Sets, apart: Sets) -> dict[str, Any]:
    """All that a result says, but for what is left apart and the inputs that the sentence counts."""
    data = result(sets, engine, policies).to_dict()
    data["verdict"].pop("sentence")
    if "demands" in apart:
        for one in data["verdict"]["own"]:
            one["together"].pop("demands", None)
            for row in one["rows"]:
                row.pop("demands", None)
        for row in data["verdict"]["rows"]:
            row.pop("demands", None)
    return {key: data[key] for key in COMPARED if key not in apart}


def _policies(row: Input) -> Sets:
    """The policy that the row is about."""
    policy = row.measure.partition(".")[0]
    known = (
        {*loaded((*row.given, *row.moved)).scenario.policies, OPERATOR}
        if row.measure not in WITHOUT_A_RUN
        else set()
    )
    return (policy,) if policy in known else ()


SILENT = [row for row in TABLE if isinstance(row.neutral, Same)]


@pytest.mark.parametrize("row", SILENT, ids=lambda row: row.key)
def test_its_neutral_value_changes_nothing(row: Input) -> None:
    same = row.neutral
    assert isinstance(same, Same)
    there = {*loaded(same.without).scenario.policies, OPERATOR}
    policies = tuple(name for name in _policies(row) if name in there) or ("ask",)
    if "operator" in loaded(same.without).data:
        policies = (*policies, OPERATOR) if OPERATOR not in policies else policies
    without = everything(same.without, same.engine, policies, same.apart)
    with_it = everything((*same.without, *same.with_it), same.engine, policies, same.apart)
    assert with_it == without


@pytest.mark.parametrize(
    "row", [row for row in TABLE if isinstance(row.neutral, Default)], ids=lambda row: row.key
)
def test_its_default_written_out_is_the_same_scenario(row: Input) -> None:
    default = row.neutral
    assert isinstance(default, Default)
    assert loaded((*default.without, default.written)).scenario == loaded(default.without).scenario


def test_what_has_no_neutral_value_says_why() -> None:
    for row in TABLE:
        if isinstance(row.neutral, NoneNeutral):
            assert len(row.neutral.why) > 15, row.key


@pytest.mark.parametrize("key", WORDS_ONLY)
def test_what_is_for_people_only_changes_nothing(key: str) -> None:
    why, given, moved = WORDS_ONLY[key]
    assert len(why) > 15
    assert loaded(given).scenario != loaded((*given, *moved)).scenario
    policies = ("ask", "word") if "policies.word" in str(given) else ("ask",)
    apart = ("notes", "audits")  # they quote titles
    before = everything(given, "exact", policies, apart)
    after = everything((*given, *moved), "exact", policies, apart)
    if key == "policies.attested.signal":
        # Its tables are those of other cells, so sums are made in another order: their last digit may differ.
        before, after = _to_twelve_digits(before), _to_twelve_digits(after)
    assert before == after


def _to_twelve_digits(found: dict[str, Any]) -> Any:
    return json.loads(json.dumps(found), parse_float=lambda number: float(f"{float(number):.12g}"))
