"""The fast engine and the reference give the same ledger, need for need: two hundred random scenarios."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gatesim.engine import fast, reference
from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import CHECK, Tables
from gatesim.law.law import make_law
from gatesim.measures.ledger import (
    LEFT_QUEUE,
    LOST,
    PENDING,
    SERVED_LATE,
    STANDING_BLOCK,
    Ledger,
)
from gatesim.measures.tally import from_ledger, judged
from gatesim.scenario.schema import Scenario
from gatesim.world.people import populate
from tests.lively_scenarios import lively_scenario, some_waits
from tests.scenarios import small

SCENARIOS = 200


def differences(one: Ledger, other: Ledger) -> list[str]:
    if len(one) != len(other):
        return [f"{len(one)} needs and {len(other)}"]
    return [name for name in Ledger.columns() if not np.array_equal(getattr(one, name), getattr(other, name))]


def both(
    scenario: Scenario, policy: str, reading: str, rng: np.random.Generator
) -> tuple[Ledger, Ledger, bool]:
    law = make_law(scenario, reading)
    gate = compile_gate(scenario, policy, law)
    waits = some_waits(scenario, rng)
    key = {"seed": scenario.seed, "replication": 3}
    people = populate(scenario, scenario.seed, 3, scenario.people)
    slow = reference.simulate(scenario, law, gate, people, waits=waits, **key)
    quick = fast.simulate(scenario, law, gate, scenario.people, waits=waits, **key)
    return slow, quick, waits is None


def asks(gate: tuple[Tables, ...]) -> bool:
    return any(bool((tables.actions[0] == CHECK).any()) for tables in gate)


def chosen(scenario: Scenario, reading: str, rng: np.random.Generator) -> str:
    """A policy; mostly one that asks for documents."""
    law = make_law(scenario, reading)
    names = [str(name) for name in rng.permutation(list(scenario.policies))]
    if rng.random() < 0.97:
        names.sort(key=lambda name: not asks(compile_gate(scenario, name, law)))
    return names[0]


@pytest.mark.timeout(600)
@pytest.mark.no_cover  # other tests cover the same lines; watching these would take minutes
def test_fast_and_reference_give_the_same_ledger() -> None:
    seen: Counter[str] = Counter()
    for number in range(SCENARIOS):
        rng = np.random.default_rng([7, number])
        scenario = lively_scenario(rng)
        reading = str(rng.choice(list(scenario.readings)))
        policy = chosen(scenario, reading, rng)
        slow, quick, simulated = both(scenario, policy, reading, rng)
        assert differences(slow, quick) == [], f"scenario {number}, {policy}, {reading}"
        queued = (slow.begun_us > slow.joined_us) & (slow.joined_us >= 0)
        seen["a queue"] += simulated and bool(queued.any())
        seen["a table of waits"] += not simulated and bool((slow.joined_us >= 0).any())
        seen["a law that changes under way"] += len(make_law(scenario, reading).epochs) > 2
        seen["several orders"] += len(scenario.orders) > 1
        seen["co-users"] += bool((slow.body > 0).any())
        seen["left the queue"] += bool((slow.reason == LEFT_QUEUE).any())
        seen["left for good or a while"] += bool((slow.outcome == LOST).any())
        seen["pending at the end"] += bool((slow.outcome == PENDING).any())
        seen["withdrawn by the law"] += bool(
            ((slow.outcome == SERVED_LATE) & (slow.begun_us < 0) & slow.asked).any()
        )
        seen["a standing block"] += bool((slow.reason == STANDING_BLOCK).any())
    print(dict(seen))
    least = {"a queue": 0.3, "a law that changes under way": 0.3, "several orders": 0.2, "co-users": 0.2}
    for what, count in seen.items():
        assert count >= least.get(what, 0.02) * SCENARIOS, f"{what}: {count} of {SCENARIOS} scenarios"


@pytest.mark.compiled
@pytest.mark.parametrize("number", range(12))
def test_they_agree_with_the_compiler_off_too(number: int) -> None:
    rng = np.random.default_rng([11, number])
    scenario = lively_scenario(rng).model_copy(update={"people": 12, "represents": 12})
    for policy in list(scenario.policies)[number % 4 :: 3]:
        slow, quick, _ = both(scenario, policy, "person", rng)
        assert differences(slow, quick) == []


def test_parts_and_threads_give_the_same_bits() -> None:
    scenario = small(people=300, represents=300)
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, next(iter(scenario.policies)), law)
    population = fast.Population(scenario, 5, 0, 300)
    lives = population.under(law, gate)
    whole = lives.ledger(threads=2)
    parts = [lives.ledger(first, min(first + 77, 300)) for first in range(0, 300, 77)]
    for name in Ledger.columns():
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(p, name) for p in parts])), name
    assert population.by_segment().sum() == 300


def test_an_account_of_very_many_needs_finds_room() -> None:
    segments = {name: {"needs_per_day": 900.0} for name in small().segments}
    scenario = small(people=5, represents=5, segments=segments)
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, next(iter(scenario.policies)), law)
    people = populate(scenario, 1, 0, 5)
    slow = reference.simulate(scenario, law, gate, people, seed=1, replication=0)
    quick = fast.simulate(scenario, law, gate, 5, seed=1, replication=0)
    assert len(quick) > 5_000
    assert differences(slow, quick) == []


def test_a_tally_of_parts_is_the_tally_of_the_whole() -> None:
    scenario = small(people=400, represents=400)
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, list(scenario.policies)[-1], law)
    population = fast.Population(scenario, 5, 0, 400)
    lives, accounts = population.under(law, gate), population.by_segment()
    whole = from_ledger(scenario, lives.ledger(), accounts)
    parts = [
        from_ledger(scenario, lives.ledger(0, 150), accounts),
        from_ledger(scenario, lives.ledger(150), 0 * accounts),
    ]
    total = parts[0] + parts[1]
    assert np.array_equal(whole.counts, total.counts)
    assert np.array_equal(whole.people, total.people)
    assert np.array_equal(whole.moments["all"].second, total.moments["all"].second)


@pytest.mark.compiled
@pytest.mark.parametrize("number", range(20))
def test_counting_without_a_ledger_gives_the_same_tally(number: int) -> None:
    rng = np.random.default_rng([13, number])
    scenario = lively_scenario(rng)
    if any(cause.scope == "network" for cause in scenario.causes.values()):
        scenario = scenario.model_copy(update={"causes": {}})
    accounts = 15 if number % 2 else min(scenario.people, 60)
    laws = [make_law(scenario, reading) for reading in ("person", "national")]
    gate = compile_gate(scenario, list(scenario.policies)[number % len(scenario.policies)], laws[0])
    population = fast.Population(scenario, scenario.seed, 0, accounts)
    job = fast.Job(laws, gate, some_waits(scenario, rng))
    other = fast.Job(laws, compile_gate(scenario, next(iter(scenario.policies)), laws[0]))
    ledger = population.under(laws[0], gate, job.waits).ledger()
    for law, tally in zip(laws, population.tallies([other, job], threads=2)[1], strict=True):
        counted = from_ledger(scenario, judged(ledger, scenario, law), population.by_segment())
        for name in ("counts", "accounts", "people", "clusters"):
            assert np.array_equal(getattr(tally, name), getattr(counted, name)), name
        assert tally.desk == counted.desk
        for by, moments in counted.moments.items():
            for name in ("keys", "first", "second", "positive"):
                assert np.array_equal(getattr(tally.moments[by], name), getattr(moments, name)), (by, name)


def test_a_desk_that_is_not_there_is_named() -> None:
    scenario = small(desk=None)
    with_desk = [name for name, document in scenario.documents.items() if document.to_desk > 0]
    law = make_law(scenario, "person")
    policy = next(name for name, p in scenario.policies.items() if set(p.documents) & set(with_desk))
    with pytest.raises(ValueError, match="goes to a desk, and there is none"):
        fast.simulate(scenario, law, compile_gate(scenario, policy, law), 10, seed=1, replication=0)


def test_laws_must_change_at_the_same_instants() -> None:
    scenario = small()
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, next(iter(scenario.policies)), law)
    with pytest.raises(ValueError, match="as many tables"):
        fast.simulate(scenario, law, gate[:-1], 10, seed=1, replication=0)
