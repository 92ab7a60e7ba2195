"""Bound B shows no gate: nothing that a machine reads says that it does, and what it says is what the text says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import gatesim
from gatesim.measures.judgement import OUTCOMES, RANKS, of_bound_b
from gatesim.show.sides import OUTCOMES as WORDS
from gatesim.study.shutdown_map import names_of
from tests.scenarios import LASTING, SMALL

LIMIT = 0.02
KEY = "signals.ip.accuracy"
SAYS = {"not_ruled_out", "none_at_floor", "no_gate_meets_limit"}
SHOWS = {"gate_available", "only_below_floor"}


def of_b(data: Any, is_b: bool = False) -> Iterator[str]:
    """All outcomes that an object says of bound B: under a key that names it, or beside such a side."""
    if isinstance(data, dict):
        mine = is_b or data.get("side") == "bound_B"
        for key, value in data.items():
            yield from of_b(value, mine or key.startswith("bound_B"))
    elif isinstance(data, list | tuple):
        for one in data:
            yield from of_b(one, is_b)
    elif is_b and isinstance(data, str) and data in {*RANKS}:
        yield data


@pytest.mark.parametrize(
    ("source", "sets", "floor", "outcome"),
    [(SMALL, LASTING, 0.1, "not_ruled_out"), ("june-2026", [], 0.95, "none_at_floor")],
)
def test_no_machine_form_of_bound_b_shows_a_gate(
    source: Any, sets: list[str], floor: float, outcome: str
) -> None:
    asked: dict[str, Any] = {"ratio": "leak_share", "limit": LIMIT, "floor": floor}
    few = list(gatesim.load(source).scenario.policies)[:2]
    point = gatesim.shutdown_point(
        source, vary=KEY, low=0.98, high=0.99, policies=few, uncertain=True, worlds=2, sets=sets, **asked
    )
    map_ = gatesim.shutdown_map(
        source,
        vary=[KEY, "signals.payment.coverage"],
        policies=few,
        low=[0.98, 0.5],
        high=[0.99, 0.6],
        steps=2,
        sets=sets,
        **asked,
    )
    eased = gatesim.relief(source, memory=False, sets=sets, **asked)
    done = gatesim.run(
        source,
        sets=[
            *sets,
            f"verdict.floor={floor}",
            'orders.0.standard.kind="leak_share"',
            f"orders.0.standard.limit={LIMIT}",
        ],
        engine="exact",
        policies=few,
    )
    for name, found in (("point", point), ("map", map_), ("relief", eased), ("run", done)):
        said = set(of_b(json.loads(found.to_json())))
        assert outcome in said, name
        assert said <= SAYS, name
    assert {half.outcome for half in point.ends["bound_B"]} == {outcome}
    assert done.remains is not None
    assert done.remains.b.best.outcome == outcome
    frames = (map_.to_frame().query("side == 'bound_B'").outcome, eased.to_frame().bound_B_outcome)
    for frame in frames:
        assert outcome in set(frame)
        assert set(frame) <= SAYS


def test_its_names_keep_their_order_and_have_words() -> None:
    assert [RANKS[of_bound_b(outcome)] for outcome in OUTCOMES] == [0, 1, 2, 3, 4]
    assert not SHOWS & set(names_of("bound_B"))
    assert names_of("bound_A") == names_of("list") == OUTCOMES
    assert set(WORDS) == set(RANKS)
    assert WORDS["not_ruled_out"] == "not ruled out"
