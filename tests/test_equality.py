"""The fast engine and the reference give the same ledger, need for need, and the same times at the desk.

Random cases are made to reach what the engines must treat alike; what really happened in them is counted and asserted.
A case on which the engines differ is kept under `tests/cases/`, and run again from then on.
"""

from __future__ import annotations

import ast
import dataclasses
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.engine import fast
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law
from gatesim.measures.ledger import GAVE_UP, NO_ANSWER, NO_DOCUMENT, RULE, Ledger
from gatesim.measures.tally import Tally, from_ledger, judged
from gatesim.scenario.schema import Scenario
from tests.happenings import Seen, happenings, ties
from tests.kept_cases import (
    FOLDER,
    MOST_NEEDS,
    MOST_PEOPLE,
    Case,
    LedgersDifferError,
    hold_together,
    keep,
    load_case,
)
from tests.lively_scenarios import lively_case
from tests.mutations import MUTATIONS, ROOT, Mutation, mutated
from tests.plain import FOREIGNER, SOMEBODY, plain, rules
from tests.scenarios import small

CASES, SLOW_CASES = 200, 5000
STREAM, SLOW_STREAM = 7, 17
"""What the seeds of the cases start with."""
MOST_FAILURES = 5

LEAST = {
    "a queue": 0.3,
    "the law changes under way": 0.3,
    "the law changes while somebody waits": 0.2,
    "withdrawn by the law": 0.1,
    "several orders at once": 0.2,
    "co-users": 0.3,
    "a clearance expires, and the account is asked again": 0.1,
    "somebody waits while nobody is at work": 0.2,
    "somebody waits during a shift of no reviewers": 0.1,
    "a segment of share 0": 0.05,
    "a model of share 0": 0.1,
    "a region of share 0": 0.1,
    "a co-user who is never there": 0.1,
    "a co-user without needs": 0.05,
    "a document that nobody holds": 0.1,
    "a table of waits": 0.05,
    "left the queue": 0.2,
    "pending at the end": 0.1,
    "gone for a while or for good": 0.2,
    "falls back to an older model": 0.05,
    "a standing block": 0.2,
    "any tie": 0.4,
    "two sessions of an account": 0.02,
    "a session as its account's case is over": 0.02,
    "a session as its account's state runs out": 0.02,
    "a session as its maker returns": 0.02,
    "a session as a trip begins or ends": 0.02,
    "a session as the law changes": 0.02,
    "a case is over as the law changes": 0.02,
    "withdrawn as it would join, be begun or be over": 0.02,
    "a shift changes as a case joins": 0.02,
    "a shift changes as a review ends": 0.02,
    "a shift changes as somebody leaves": 0.01,
    "a shift changes as the law does": 0.02,
    "two cases join": 0.01,
    "two reviews end": 0.02,
    "a case joins as another's review ends": 0.005,
    "patience runs out as a case joins": 0.01,
    "patience runs out as a review begins": 0.01,
    "the window ends as a case would join or be over": 0.02,
}
"""What must really happen, and in which part of the cases at least."""


def compare(stream: int, cases: int, tell: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Run both engines on random cases, keep those on which they differ, and count the cases in which things happen."""
    seen: Counter[str] = Counter()
    failures: list[str] = []
    begin = time.monotonic()
    for number in range(cases):
        case = lively_case([stream, number])
        assert sum(len(account.bodies) for account in case.people) <= MOST_PEOPLE, number
        assert len(case.ledger) <= MOST_NEEDS, number
        try:
            hold_together(case)
        except Exception as error:
            why = f"Case {number} of stream {stream}. {type(error).__name__}: {error}"
            path = keep(case, f"stream-{stream}-case-{number:04}-{case.policy}", why)
            failures.append(f"{why}\n    kept as tests/cases/{path.name}")
            tell(failures[-1])
            if len(failures) == MOST_FAILURES:
                break
        run = Seen(case)
        tied = ties(run)
        seen.update([*happenings(run), *tied, *(["any tie"] if tied else [])])
        if (number + 1) % 250 == 0:
            tell(f"{number + 1} of {cases} cases in {time.monotonic() - begin:.0f} s, {len(failures)} differ")
    assert not failures, "the engines differ:\n" + "\n".join(failures)
    return seen


def reached(seen: Counter[str], cases: int) -> None:
    """What the generator promises to reach."""
    shares = {what: seen[what] / cases for what in LEAST | seen}
    print("".join(f"\n{share:7.1%}  {what}" for what, share in shares.items()))
    assert seen.keys() <= LEAST.keys(), "something is counted that nothing is promised of"
    missed = [
        f"{what}: {shares[what]:.1%}, not {least:.1%}"
        for what, least in LEAST.items()
        if shares[what] < least
    ]
    assert not missed, "of all cases too few reach\n" + "\n".join(missed)


@pytest.mark.timeout(600)
@pytest.mark.no_cover  # other tests cover the same lines; watching these would take minutes
def test_fast_and_reference_give_the_same_ledger() -> None:
    reached(compare(STREAM, CASES), CASES)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.no_cover
def test_fast_and_reference_give_the_same_ledger_on_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    reached(compare(SLOW_STREAM, SLOW_CASES, tell), SLOW_CASES)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_kept_cases_stay_equal(path: Path) -> None:
    case = load_case(path)
    hold_together(case)
    seen = Seen(case)
    assert set(case.shows) <= (happenings(seen) | ties(seen)).keys()


@pytest.mark.no_cover  # others cover the same lines
def test_a_case_is_kept_whole(tmp_path: Path) -> None:
    for number in range(12):
        case = lively_case([STREAM, number])
        path = keep(case, "one", "Why it is kept.", tmp_path)
        again = load_case(path)
        assert again == case
        # Dictionaries are equal in any order, but the order of regions, signals and the like means something.
        assert again.scenario.model_dump_json() == case.scenario.model_dump_json()
        assert path.read_text(encoding="utf-8").startswith("# Why it is kept.\n")


def test_a_difference_is_found_and_its_case_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_microsecond_late(case: Case) -> Ledger:
        ledger = true_ledger(case)
        ledger.end_us[-1] += 1
        return ledger

    true_ledger, keep_in = Case.fast_ledger, keep
    monkeypatch.setattr(Case, "fast_ledger", one_microsecond_late)
    monkeypatch.setitem(globals(), "keep", lambda *what: keep_in(*what, tmp_path))
    with pytest.raises(AssertionError, match=r"(?s)differ in end_us; .* kept as tests/cases/stream-7-"):
        compare(STREAM, 2)
    assert len(list(tmp_path.glob("stream-7-case-000[01]-*.toml"))) == 2
    with pytest.raises(LedgersDifferError):
        hold_together(load_case(next(tmp_path.glob("*.toml"))))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.breaks)
def test_the_lines_that_mutations_change_are_there(mutation: Mutation) -> None:
    ast.parse(mutated(mutation, ROOT))


def test_there_are_ten_mutations() -> None:
    assert len({(m.file, m.line) for m in MUTATIONS}) == len(MUTATIONS) == 10


@pytest.mark.compiled
@pytest.mark.parametrize("number", range(12))
def test_they_agree_with_the_compiler_off_too(number: int) -> None:
    case = lively_case([11, number])
    few = case.scenario.model_copy(update={"people": min(12, case.scenario.people)})
    for policy in list(few.policies)[number % 4 :: 3]:
        hold_together(Case(few, policy, "person", inflow=case.inflow))


def assert_same_ledger(one: Ledger, other: Ledger) -> None:
    for name in Ledger.columns():
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def assert_same_tally(one: Tally, other: Tally) -> None:
    for name in ("counts", "accounts", "people", "clusters"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.desk == other.desk
    assert one.moments.keys() == other.moments.keys()
    for by, moments in one.moments.items():
        for name in ("keys", "first", "second", "positive"):
            assert np.array_equal(getattr(moments, name), getattr(other.moments[by], name)), (by, name)


def without_networks(scenario: Scenario) -> Scenario:
    """The scenario without causes by network: tallies made without a ledger take accounts for clusters."""
    by_network = any(cause.scope == "network" for cause in scenario.causes.values())
    return scenario.model_copy(update={"causes": {}}) if by_network else scenario


@pytest.fixture(scope="module")
def some_gates() -> tuple[fast.Population, list[fast.Job]]:
    """A population, and gates for it: some send cases to a desk, the last draws waits from a table."""
    scenario = without_networks(lively_case([STREAM, 0]).scenario)
    laws = [make_law(scenario, reading) for reading in ("person", "national")]
    cases = [Case(scenario, policy, "person") for policy in scenario.policies]
    cases += [
        Case(scenario, policy, "person", inflow=(0.0, 3.0, 50.0)) for policy in list(scenario.policies)[-3:]
    ]
    return fast.Population(scenario, 5, 0, 60), [fast.Job(laws, case.gate, case.waits) for case in cases]


@settings(derandomize=True, max_examples=15, deadline=None)
@given(
    chunk=st.integers(1, 70),
    rows=st.sampled_from([1, 40, 32_768]),
    threads=st.integers(1, 4),
    cut=st.integers(0, 60),
)
@pytest.mark.no_cover  # others cover the same lines
def test_any_chunks_and_threads_give_the_same_bits(
    some_gates: tuple[fast.Population, list[fast.Job]], chunk: int, rows: int, threads: int, cut: int
) -> None:
    population, jobs = some_gates
    ledgers = [population.under(job.laws[0], job.gate, job.waits).ledger() for job in jobs[-6:]]
    tallies = population.tallies(jobs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "CHUNK", chunk)
        patch.setattr(fast, "ROWS", rows)
        for job, whole in zip(jobs[-6:], ledgers, strict=True):
            again = population.under(job.laws[0], job.gate, job.waits)
            parts = [again.ledger(0, cut, threads), again.ledger(cut, 60, threads)]
            assert_same_ledger(whole, fast.joined(parts))
        for by_reading, again in zip(tallies, population.tallies(jobs, threads), strict=True):
            for one, other in zip(by_reading, again, strict=True):
                assert_same_tally(one, other)


def test_an_account_of_very_many_needs_finds_room() -> None:
    segments = {name: {"needs_per_day": 900.0} for name in small().segments}
    scenario = small(people=5, represents=5, segments=segments)
    case = Case(scenario, next(iter(scenario.policies)), "person")
    assert len(case.ledger) > 5_000
    hold_together(case)


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
    case = lively_case([13, number])
    scenario = without_networks(case.scenario)
    # With the compiler off this is about lines: each is reached by a few.
    accounts = min(15 if number % 2 or numba.config.DISABLE_JIT else 60, scenario.people)
    laws = [make_law(scenario, reading) for reading in ("person", "national")]
    policies = [case.policy, list(scenario.policies)[number % len(scenario.policies)]]
    jobs = [
        fast.Job(laws, one.gate, one.waits)
        for one in (Case(scenario, policy, "person", inflow=case.inflow) for policy in policies)
    ]
    population = fast.Population(scenario, scenario.seed, 0, accounts)
    for job, tallies in zip(jobs, population.tallies(jobs), strict=True):
        ledger = population.under(laws[0], job.gate, job.waits).ledger()
        for law, tally in zip(laws, tallies, strict=True):
            counted = from_ledger(scenario, judged(ledger, scenario, law), population.by_segment())
            assert_same_tally(tally, counted)


@pytest.mark.compiled
@pytest.mark.parametrize("models", [["new"], ["new", "old"]])
def test_those_who_are_asked_in_vain_are_counted_as_the_ledger_says(models: list[str]) -> None:
    """Under a gate that forgets: who never answers, who has nothing to show, who borrows, who gives up; co-users."""
    uses = {"models": dict.fromkeys(models, 1 / len(models)), "gives_up": 0.3, "never_answers": 0.2}
    segments = {
        "somebody": SOMEBODY | uses | {"share": 0.4, "documents": {"passport": 0.5}},
        "foreigner": FOREIGNER | uses | {"share": 0.4, "presents_borrowed": 0.3, "presents_forged": 0.3},
        "shared": FOREIGNER
        | uses
        | {"share": 0.1, "co_users": {"foreigner": {"present": 0.5, "share": 0.4}}},
        "never": FOREIGNER | uses | {"share": 0.1, "never_answers": 1.0, "gives_up": 0.0},
    }
    scenario = plain(rules("check"), segments=segments, models={name: {} for name in models}, people=60)
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, "gate", law)
    population = fast.Population(scenario, 3, 0, scenario.people)
    ((tally,),) = population.tallies([fast.Job([law], gate)])
    ledger = population.under(law, gate).ledger()
    assert_same_tally(tally, from_ledger(scenario, ledger, population.by_segment()))
    assert {NO_ANSWER, NO_DOCUMENT, GAVE_UP} <= set(ledger.reason.tolist())
    hold_together(Case(scenario, "gate", "person"))


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


@pytest.mark.parametrize("name", ["actions", "acts", "durations_us"])
def test_tables_of_the_wrong_shape_are_refused(name: str) -> None:
    scenario = small()
    law = make_law(scenario, "person")
    gate = compile_gate(scenario, next(iter(scenario.policies)), law)
    wrong = dataclasses.replace(gate[0], **{name: getattr(gate[0], name)[..., :-1]})
    with pytest.raises(ValueError, match=f"epoch 0: {name} has shape"):
        fast.simulate(scenario, law, (wrong, *gate[1:]), 10, seed=1, replication=0)


@pytest.mark.compiled
def test_a_reading_of_the_session_may_be_surely_wrong() -> None:
    """Nothing is drawn of a signal that is certain, but what it reads is not the truth for that."""
    wrong = {"US": {"other": 1.0}, "other": {"US": 1.0}}
    signals = {"ip": {"observes": "device", "refresh": "session", "accuracy": wrong}}
    case = Case(plain({"family": "single", "signal": "ip"}, signals=signals, people=20), "gate", "person")
    hold_together(case)
    assert len(case.ledger) > 50
    assert set(case.ledger.reason.tolist()) == {RULE}
