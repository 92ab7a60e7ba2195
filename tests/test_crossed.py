"""The finding of a shutdown point: every slot, and no more than was found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gatesim.measures.crossed import Moves, OtherWorlds, PointClaim, Side, point_sentence
from gatesim.measures.numbers import format_value
from gatesim.show.shutdown import range_words
from gatesim.study.shutdown_point import shutdown_point
from tests.scenarios import SMALL

NONE = Side("no_gate_meets_limit", "strict", 0.509, 0.0178)
BELOW = Side("only_below_floor", "strict", 0.0104, 6.29e-5)
LATE = Side("only_not_ready", "half", 0.6, 0.0005)
DOES = Side("gate_available", "half", 0.7, 0.0)
HELD = Moves((), BELOW, BELOW)
OUT = replace(BELOW, outcome="none_at_floor")
OPEN = replace(DOES, outcome="not_ruled_out")
CLAIM = PointClaim("signals.ip.accuracy", "0.95", "0.995", 0.5, HELD, HELD, Moves((), OUT, OUT))


def once(below: Side, above: Side) -> Moves:
    return Moves((("0.962", below, above),), below, above)


@pytest.mark.parametrize(
    ("changes", "says", "not_says"),
    [
        (
            {},
            [
                "Nothing in the range of signals.ip.accuracy changes the outcome, from 0.95 to 0.995. For the policies "
                "listed: strict within the limit, but below the floor of 50 % (serves 1.04 %, leaks 0.00629 %).",
                "For any gate without memory: only gates below the floor of 50 % (the best serves 1.04 %, leaks "
                "0.00629 %).",
                "For gates that remember: ruled out at the floor of 50 % (at most 1.04 % served).",
            ],
            ["worlds", "remember and", "at its"],
        ),
        (
            {"a": once(BELOW, replace(BELOW, outcome="gate_available", served=0.01041))},
            [
                "at 0.962 from only gates below the floor of 50 % to a gate at or above the floor of 50 % (on either "
                "side the best serves 1.04 %, leaks 0.00629 %).",
            ],
            [],
        ),
        (
            {"listed": once(NONE, LATE)},
            [
                "signals.ip.accuracy moves from 0.95 to 0.995. For the policies listed",
                "For any gate without memory, nothing in this range changes the outcome: only gates below the floor of "
                "50 % (the best",
                "the outcome changes once: at 0.962 from none within the limit to half, which is not ready (serves "
                "60.0 %, leaks 0.0500 %).",
            ],
            ["50.9"],
        ),
        (
            {"a": once(NONE, DOES), "b": once(OUT, OPEN)},
            [
                "For any gate without memory the outcome changes once: at 0.962 from none that serves anybody within "
                "the limit to a gate at or above the floor of 50 % (the best serves 70.0 %, leaks nothing).",
                "For gates that remember the outcome changes once: at 0.962 from ruled out at the floor of 50 % (at "
                "most 1.04 % served) to not ruled out (at most 70.0 % served).",
            ],
            [],
        ),
        (
            {"b": Moves((), NONE, NONE), "listed": Moves((), DOES, replace(DOES, served=None))},
            [
                "For gates that remember: ruled out, for none serves anybody within the limit.",
                "half (at its lower end serves 70.0 %, leaks nothing; at its upper end serves everybody entitled, "
                "leaks nothing).",
            ],
            [],
        ),
        (
            {"listed": Moves((), BELOW, replace(BELOW, policy="other"))},
            ["strict within the limit", "at its lower end, other within the limit", "at its upper end."],
            [],
        ),
        (
            {"listed": Moves((("1", NONE, BELOW), ("2", BELOW, DOES)), NONE, DOES)},
            ["changes twice: at 1 from none within the limit to strict", "; at 2 from strict within"],
            [],
        ),
        (
            {"listed": Moves(tuple((str(k), NONE, DOES) for k in range(1, 6)), NONE, DOES)},
            [
                "changes 5 times, between 1 and 5: below these none within the limit, above them half (serves 70.0 %, "
                "leaks nothing)."
            ],
            ["at 2"],
        ),
        ({"floor": None}, ["but below the floor (serves", "ruled out at the floor (at"], ["50 %"]),
        ({"remembering": 1}, ["One listed policy remembers and was looked at in few places"], []),
        ({"remembering": 5}, ["5 listed policies remember and were looked at in few places"], []),
        (
            {"worlds": (OtherWorlds(32, 8, ("0.96", "0.99")), OtherWorlds(32, 0, None))},
            [
                "Of other plausible worlds, the outcome changes in this range in 8 of 32 for the policies listed, "
                "first between 0.96 and 0.99 in 90 % of these; in none of 32 for any gate without memory."
            ],
            [],
        ),
    ],
)
def test_finding_says_what_was_found_and_no_more(
    changes: dict[str, object], says: list[str], not_says: list[str]
) -> None:
    text = point_sentence(replace(CLAIM, **changes))  # type: ignore[arg-type]
    for part in says:
        assert part in text
    for part in not_says:
        assert part not in text


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (0.962114, 0.045, "0.96211"),
        (1234.5678, 1000, "1,235"),
        (2e-9, 1, "2e-09"),
        (0.0, 1, "0"),
        (3.0, 10, "3"),
    ],
)
def test_a_value_has_the_digits_that_its_range_asks_for(value: float, span: float, text: str) -> None:
    assert format_value(value, span) == text


def test_finding_is_of_what_was_found() -> None:
    found = shutdown_point(SMALL, vary="orders.0.standard.limit", low=0.0, high=0.3, policies=["any_foreign"])
    changes = found.of("bound_A")
    assert changes
    for change in changes:
        assert f"at {found.in_words(change.value)} from" in found.finding
    assert found.to_dict()["finding"] == found.finding
    assert found.finding.startswith("orders.0.standard.limit moves from 0 % to 30 %")


@pytest.mark.parametrize(
    ("vary", "high", "span"),
    [
        ("orders.0.standard.limit", 0.3, "from 0 % to 30 %"),
        ("orders.1.standard.limit", 200.0, "from 0 to 200"),
        ("verdict.floor", 1.0, "from 0 % to 100 % of entitled needs"),
        ("segments.citizen.needs_per_day", 1.0, "from 0 to 1"),
    ],
)
def test_what_stands_beside_it_in_percent_is_in_percent(vary: str, high: float, span: str) -> None:
    """A limit on a ratio and the floor, not a number of leaks."""
    count = 'orders.1.standard={ kind = "leak_count", limit = 100 }'
    found = shutdown_point(
        "two-governments", vary=vary, low=0.0, high=high, policies=["eu_address"], sets=[count]
    )
    assert f"moves {span}" in found.finding or f"outcome, {span}" in found.finding
    assert f" {span}" in range_words(found)
