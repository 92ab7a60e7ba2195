"""What is held together in every run: a count that loses or doubles a need, a person or an account is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatesim.measures.axes import PEOPLE
from gatesim.measures.ledger import ENDS, PENDING
from gatesim.measures.tally import DeskTally, Tally
from gatesim.scenario import Loaded, build, load
from gatesim.scenario.schema import Scenario
from gatesim.study import compare as compared
from gatesim.study import run as study
from gatesim.study.compare import compare
from gatesim.study.conservation import refuse_losses
from gatesim.study.run import run
from gatesim.study.simulate import Done
from tests.scenarios import SMALL
from tests.test_models_together import three_models

LADDER = (
    'operator={ ladder = ["shutdown", "any_foreign"] }',
    'policies.shutdown.lead_time="4h"',
    'policies.any_foreign.lead_time="1d"',
)
Change = Callable[[Tally], Tally]


def _counts(tally: Tally, change: Callable[[Any], None]) -> Tally:
    counts = tally.counts.copy()
    change(counts)
    return replace(tally, counts=counts)


def loses_a_need(tally: Tally) -> Tally:
    def change(counts: Any) -> None:
        counts.flat[np.flatnonzero(counts)[0]] -= 1

    return _counts(tally, change)


def gains_a_pending_need(tally: Tally) -> Tally:
    """Pending needs are in no measure, so no sum by account tells of them: the other policy does."""
    pending = next(number for number, (outcome, _) in enumerate(ENDS) if outcome == PENDING)

    def change(counts: Any) -> None:
        counts[0, 0, 0, 0, pending] += 1

    return _counts(tally, change)


def gains_pending_needs(tally: Tally) -> Tally:
    pending = next(number for number, (outcome, _) in enumerate(ENDS) if outcome == PENDING)

    def change(counts: Any) -> None:
        counts[0, 0, 0, 0, pending] += 1
        counts[0, 0, 0, 1, pending] += 1
        counts[1, 0, 0, 1, pending] += 1

    return _counts(tally, change)


def _people(name: str, by: int) -> Change:
    def change(tally: Tally) -> Tally:
        people = tally.people.copy()
        people[np.flatnonzero(people[:, PEOPLE.index(name)])[0], PEOPLE.index(name)] += by
        return replace(tally, people=people)

    return change


def loses_an_account(tally: Tally) -> Tally:
    return replace(tally, accounts=tally.accounts - np.eye(len(tally.accounts), dtype=np.int64)[0])


def moves_an_account(tally: Tally) -> Tally:
    accounts = tally.accounts.copy()
    accounts[0] += 1
    accounts[1] -= 1
    return replace(tally, accounts=accounts)


def reviews_who_never_joined(tally: Tally) -> Tally:
    return replace(tally, desk=DeskTally(joined=1, reviewed=1, left=1))


CASES = [
    (loses_a_need, "needs"),
    (gains_a_pending_need, "needs"),
    (gains_pending_needs, "needs"),
    (_people("people_entitled", 10_000), "people"),
    (_people("people_entitled", -1), "people"),
    (_people("people_restricted", -1), "people"),
    (_people("people_blocked", 10_000), "people"),
    (_people("people_leaked", 10_000), "people"),
    (loses_an_account, "accounts"),
    (moves_an_account, "(people|accounts)"),
    (reviews_who_never_joined, "cases at the desk"),
]


@pytest.fixture(scope="module")
def done() -> dict[tuple[str, str], dict[int, Done]]:
    """What comes of a gate and of a strategy, counted in the reference: by reading and policy, one replication."""
    kept = {}

    def keeping(scenario: Scenario, done: dict[tuple[str, str], dict[int, Done]]) -> None:
        kept.update(done)
        refuse_losses(scenario, done)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "refuse_losses", keeping)
        run(load(SMALL, LADDER), policies=["any_foreign", "operator"], engine="reference", people=60)
    assert {policy for _, policy in kept} == {"any_foreign", "operator", "interim"}
    return kept


SIXTY = load(SMALL, (*LADDER, "people=60")).scenario


def changed(
    done: dict[tuple[str, str], dict[int, Done]], policy: str, change: Change, only: str = ""
) -> dict[tuple[str, str], dict[int, Done]]:
    """The same with another count of a policy, under the reading "person"."""
    found = {key: dict(one) for key, one in done.items() if not only or key[1] == only}
    one = found["person", policy][0]
    found["person", policy] = {0: replace(one, tallies={"person": change(one.tallies["person"])})}
    return found


@pytest.mark.parametrize(("change", "what"), CASES)
@pytest.mark.parametrize("policy", ["any_foreign", "operator"])
def test_what_does_not_add_up_is_refused(
    done: dict[tuple[str, str], dict[int, Done]], policy: str, change: Change, what: str
) -> None:
    refuse_losses(SIXTY, done)
    with pytest.raises(RuntimeError, match=f"^{what}.* do not add up"):
        refuse_losses(SIXTY, changed(done, policy, change))


@pytest.mark.parametrize("change", [loses_a_need, gains_a_pending_need, loses_an_account])
def test_a_policy_alone_is_held_to_itself_and_to_its_other_readings(
    done: dict[tuple[str, str], dict[int, Done]], change: Change
) -> None:
    with pytest.raises(RuntimeError, match="do not add up"):
        refuse_losses(SIXTY, changed(done, "any_foreign", change, only="any_foreign"))


def test_the_time_before_the_first_switch_is_a_part_of_the_strategy(
    done: dict[tuple[str, str], dict[int, Done]],
) -> None:
    whole = done["person", "any_foreign"][0].tallies["person"]
    for change in (gains_a_pending_need, lambda tally: whole):
        with pytest.raises(RuntimeError, match=r"^needs before the first switch and under the strategy"):
            refuse_losses(SIXTY, changed(done, "interim", change))


@pytest.mark.parametrize("policy", ["any_foreign", "interim"])
def test_every_run_is_held_to_it(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    """The time before the first switch too, whose needs no other run has."""
    honest = study.carry_out

    def loses_one(*args: Any) -> Iterator[Any]:
        for one in honest(*args):
            if one.policy == policy:
                one.tallies["person"] = loses_a_need(one.tallies["person"])
            yield one

    monkeypatch.setattr(study, "carry_out", loses_one)
    with pytest.raises(RuntimeError, match="do not add up"):
        run(load(SMALL, LADDER), policies=["any_foreign", "operator"], engine="reference", people=40)


def two_governments() -> Loaded:
    """Each of two orders is counted by itself."""
    return load("two-governments", ["people=60"])


def three_models_of_an_order() -> Loaded:
    """Two of three models are counted as one."""
    data = three_models(people=60)
    return Loaded(build(data), data, (("small", ""),), defaultdict(str), ())


@pytest.mark.parametrize(
    ("source", "policy"), [(two_governments, "eu_address"), (three_models_of_an_order, "gate")]
)
def test_needs_that_are_counted_anew_are_held_to_it(
    monkeypatch: pytest.MonkeyPatch, source: Callable[[], Loaded], policy: str
) -> None:
    honest, said = study.carry_out, [""]

    def loses_one(scenario: Any, seed: Any, tasks: Any, workers: Any, say: Any) -> Iterator[Any]:
        say(0.0, "")
        for one in honest(scenario, seed, tasks, workers, say):
            if "counted for" in said[-1]:
                for reading in one.tallies:
                    one.tallies[reading] = loses_a_need(one.tallies[reading])
            yield one

    def run_it() -> None:
        run(source(), policies=[policy], engine="reference", progress=lambda done, doing: said.append(doing))

    run_it()
    assert any("counted for" in words for words in said)
    monkeypatch.setattr(study, "carry_out", loses_one)
    with pytest.raises(RuntimeError, match="do not add up"):
        run_it()


def test_a_comparison_is_held_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = compared.from_ledger

    def loses_one(*args: Any) -> Tally:
        return loses_a_need(honest(*args))

    def compare_two() -> None:
        compare(SMALL, policies=["open", "any_foreign"], engine="reference", people=40)

    compare_two()
    monkeypatch.setattr(compared, "from_ledger", loses_one)
    with pytest.raises(RuntimeError, match="do not add up"):
        compare_two()
