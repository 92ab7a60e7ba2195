"""The operator's strategy: its course, its interim, its dark time, in every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from gatesim.engine.arrays import law_arrays
from gatesim.engine.reference import simulate
from gatesim.exact.evaluate import evaluate
from gatesim.exact.structure import may_leak_by_epoch
from gatesim.gates.compile import compile_gate
from gatesim.gates.strategy import compile_strategy, first_switch_us, switches
from gatesim.law.law import cut, make_law, only_until
from gatesim.measures.judgement import Answer
from gatesim.measures.ledger import ENDS, PENDING, SERVED, SERVED_LATE
from gatesim.scenario import load
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import dotted
from gatesim.scenario.files import Loaded
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR
from gatesim.show.run import course_table, dark_words
from gatesim.study.run import run
from gatesim.study.strategy import Dark, course
from gatesim.world.people import populate
from tests.plain import FOREIGNER, START, order, plain, rules
from tests.scenarios import SMALL, small

ORDER_AT = datetime.fromisoformat("2026-06-12T17:21:00-04:00")


def with_operator(
    ladder: dict[str, str], operator: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """Changes of the small scenario: a ladder of policies with their lead times."""
    leads = {f"policies__{name}__lead_time": lead for name, lead in ladder.items()}
    return {"operator": {"ladder": list(ladder)} | (operator or {}), **leads, **changes}


def loaded(ladder: dict[str, str], more: str = "", *sets: str) -> Loaded:
    """The small scenario with a ladder of policies and their lead times; without one if it is empty."""
    names = ", ".join(f'"{name}"' for name in ladder)
    operator = [f"operator={{ ladder = [{names}]{more} }}"] if ladder else []
    return load(
        SMALL, [*operator, *(f'policies.{n}.lead_time="{lead}"' for n, lead in ladder.items()), *sets]
    )


def wrong(**changes: Any) -> list[str]:
    found = inconsistencies(small(**changes))
    return [f"{dotted(one.path)}: {one.message}" for one in found]


TWO_STEPS = {"shutdown": "4h", "any_foreign": "1d"}
FOREVER_CAREFUL = ('policies.careful.clearance="forever"', 'policies.careful.ask_again_after="forever"')


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            with_operator({"nobody": "1d"}, policies__nobody=None),
            'operator.ladder.0: there is no policy "nobody"',
        ),
        (with_operator({"ask": "forever"}), 'operator.ladder.0: "ask" is never ready'),
        (
            with_operator({"any_foreign": "1d", "shutdown": "4h"}),
            'operator.ladder.0: "any_foreign" is never in place: "shutdown" stands after it and is ready no later',
        ),
        (
            with_operator(TWO_STEPS, {"strategy": "fixed"}),
            "operator.ladder: has 2 policies, but a fixed strategy is one policy",
        ),
        (with_operator(TWO_STEPS, orders=[]), "operator: there is no order: an operator acts upon its issue"),
    ],
)
def test_bad_ladders_are_named(changes: dict[str, Any], message: str) -> None:
    assert [one for one in wrong(**changes) if one.startswith(message)]


@pytest.mark.parametrize("name", ["operator", "interim"])
def test_names_of_results_are_taken(name: str) -> None:
    changes = with_operator(TWO_STEPS) | {f"policies__{name}": {"family": "open"}}
    assert f"policies.{name}: the name is taken" in " ".join(wrong(**changes))


def test_the_names_are_free_without_an_operator() -> None:
    assert wrong(policies__operator={"family": "open"}) == []


def test_a_ladder_is_in_place_from_the_issue_plus_lead_times() -> None:
    scenario = small(**with_operator(TWO_STEPS))
    issued = int((ORDER_AT - scenario.start).total_seconds() * 1e6)
    assert [(s.at_us - issued, s.policy) for s in switches(scenario)] == [
        (4 * HOUR, "shutdown"),
        (DAY, "any_foreign"),
    ]
    assert first_switch_us(scenario, switches(scenario)) == issued + 4 * HOUR


def test_an_open_policy_is_no_first_switch() -> None:
    scenario = small(**with_operator({"open": "1h", "shutdown": "4h"}))
    assert first_switch_us(scenario, switches(scenario)) == switches(scenario)[1].at_us


def test_a_cut_law_says_the_same_at_every_instant() -> None:
    law = make_law(small(), "person")
    instants = [law.epochs[1].start_us, law.epochs[1].start_us + 7, -5, law.epochs[-1].end_us]
    finer = cut(law, instants)
    assert len(finer.epochs) == len(law.epochs) + 1
    for epoch in finer.epochs:
        whole = law.epochs[law.epoch_at(epoch.start_us)]
        assert epoch.restricted is whole.restricted
        assert epoch.end_us <= whole.end_us
    assert sum(e.length_us for e in finer.epochs) == sum(e.length_us for e in law.epochs)


def test_needs_after_the_instant_are_not_measured() -> None:
    law = make_law(small(), "person")
    at = law.epochs[1].start_us + HOUR
    early = only_until(law, at)
    assert [bool(e.named.any()) for e in early.epochs if e.start_us < at] == [False, True]
    assert not any(e.named.any() for e in early.epochs if e.start_us >= at)
    with pytest.raises(ValueError, match="do not name the same models"):
        law_arrays(
            small(), [cut(law, [at]), early]
        )  # counted together, one of them would go by the other's needs


def test_transition_leaks_by_hand() -> None:
    # A day, for each account: visitors 0.1 x 2; foreigners 0.4 x 0.7, of which a tenth have a co-user who makes
    # 0.3 of the needs and uses the new model for all of them instead of 0.7.
    per_day = 0.1 * 2 + 0.4 * (0.7 + 0.1 * 0.3 * (1.0 - 0.7))
    found = run(loaded(TWO_STEPS), policies=["operator"], engine="exact")
    assert found.policies["operator"].measures["transition_leaks"].value == pytest.approx(
        per_day * 3000 * 4 / 24
    )


def test_leaks_of_a_course_are_those_of_its_stretches() -> None:
    found = run(loaded(TWO_STEPS), policies=["operator"], engine="exact").policies["operator"]
    gate = run(loaded(TWO_STEPS), policies=["any_foreign"], engine="exact").policies["any_foreign"]
    later = [day for day in gate.by["day"] if day >= "2026-06-14"]
    assert later
    for day in later:
        assert found.by["day"][day]["leaks"].value == pytest.approx(
            gate.by["day"][day]["leaks"].value, abs=1e-9
        )


def test_a_longer_lead_time_leaks_more_and_grace_takes_it_away() -> None:
    def leaks(lead: str, grace: str) -> float:
        scenario = loaded({"shutdown": lead}, ', strategy = "fixed"', f'orders.0.grace="{grace}"')
        found = run(scenario, policies=["operator"], engine="exact")
        value = found.policies["operator"].measures["transition_leaks"].value
        assert value is not None
        return value

    assert 0 < leaks("1h", "0h") < leaks("4h", "0h") < leaks("2d", "0h")
    assert leaks("4h", "4h") == 0


@pytest.mark.parametrize("engine", ["exact", "reference"])
def test_one_policy_ready_at_once_is_that_policy_bit_for_bit(engine: str) -> None:
    scenario = loaded({"any_foreign": "0h"}, ', strategy = "fixed"')
    found = run(scenario, policies=["any_foreign", "operator"], engine=engine)
    for policies in found.found.values():
        measures = dict(policies["operator"].measures)
        assert measures.pop("transition_leaks").numerator == 0
        assert measures == policies["any_foreign"].measures
        assert policies["operator"].reasons == policies["any_foreign"].reasons


@pytest.mark.no_cover  # others cover the same lines
def test_an_operator_changes_no_policy() -> None:
    without = run(loaded({}), policies=["any_foreign", "careful"], engine="reference")
    with_it = run(loaded({"shutdown": "4h"}), policies=["any_foreign", "careful"], engine="reference")
    for name in without.policies:
        assert without.policies[name].measures == with_it.policies[name].measures


def test_a_strategy_is_no_candidate_of_the_verdict() -> None:
    found = run(loaded(TWO_STEPS), policies=["operator", "any_foreign"], engine="exact")
    assert {j.policy for row in found.verdict.rows for j in row.policies} == {"any_foreign"}
    alone = run(loaded(TWO_STEPS), policies=["operator"], engine="exact")
    assert list(alone.policies) == ["operator"]
    assert alone.sentence.startswith("Only the operator's strategy was run")
    assert not alone.verdict.chances


UNKNOWN = '{ kind = "leak_share", limit = { distribution = "uniform", low = 0.0, high = 1.0 } }'


@pytest.mark.parametrize(
    ("sets", "policies", "dated", "possible"),
    [
        (["orders.0.standard.limit=0.9"], None, True, ORDER_AT + timedelta(days=1)),
        (["orders.0.standard.limit=0.9", "verdict.floor=0.999"], None, True, None),
        (["orders.0.standard.limit=0.0"], None, True, None),
        (["orders.0.standard.limit=0.9", 'policies.any_foreign.lead_time="8d"'], None, True, None),
        (["orders.0.standard.limit=0.9"], ["operator", "shutdown"], False, None),
        ([f"orders.0.standard={UNKNOWN}"], None, False, None),
    ],
    ids=["ready", "below the floor", "above the limit", "after the order", "not all run", "no limit stated"],
)
def test_a_listed_strategy_has_the_date_from_which_shutting_down_is_not_all_that_is_left(
    sets: list[str], policies: list[str] | None, dated: bool, possible: datetime | None
) -> None:
    chosen = policies or ["operator", "shutdown", "any_foreign"]
    result = run(loaded(TWO_STEPS, "", *sets), policies=chosen, engine="exact")
    found = result.course
    assert found is not None
    assert (found.dated, found.possible, found.known) == (dated, possible, None)
    table = course_table(result)
    assert table is not None
    assert ("learns nothing of it" in table.note) == dated
    assert ("would do at no time" in table.note) == (dated and possible is None)


@pytest.mark.parametrize(
    ("within", "dated", "possible"),
    [
        (("undecided", "yes"), False, None),
        (("yes", "undecided"), True, ORDER_AT + timedelta(days=1)),
        (("no", "undecided"), False, None),
        (("no", "yes"), True, ORDER_AT + timedelta(days=2)),
    ],
)
@pytest.mark.no_cover  # others cover the same lines
def test_noise_leaves_the_date_open_only_where_it_could_be_an_earlier_one(
    within: tuple[Answer, Answer], dated: bool, possible: datetime | None
) -> None:
    scenario = small(**with_operator({"any_foreign": "1d", "careful": "2d"}))
    law = make_law(scenario, "person")
    row = run(
        loaded({"any_foreign": "1d", "careful": "2d"}, "", *FOREVER_CAREFUL),
        policies=["any_foreign", "careful"],
        engine="exact",
    ).verdict.row("person", "leak_share", 0.01)
    judged = {one.policy: one for one in row.policies}
    row = replace(
        row,
        policies=tuple(
            replace(judged[name], within=answer, serves_floor="yes")
            for name, answer in zip(("any_foreign", "careful"), within, strict=True)
        ),
    )
    found = course(scenario, law, row)
    assert (found.dated, found.possible) == (dated, possible)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.0, "new is never dark (off for everybody)."),
        (0.02, "new is dark for less than 0.1 days (off for everybody)."),
        (18.06, "new is dark for 18.1 days (off for everybody)."),
    ],
)
def test_what_dark_means_is_said_and_that_a_model_never_is(days: float, words: str) -> None:
    assert dark_words(Dark("new", days, "old", None, None)) == words


def test_dark_time_by_hand() -> None:
    changes = with_operator(TWO_STEPS, {"contract": {"tolerates": "12h"}})
    scenario = small(**changes)
    (dark,) = course(scenario, make_law(scenario, "person")).dark
    assert dark.model == "new"
    assert dark.fallback == "old"
    assert dark.days == pytest.approx(20 / 24)
    assert dark.broken == datetime.fromisoformat("2026-06-13T09:21:00-04:00")


@pytest.mark.parametrize(
    ("contract", "broken"),
    [
        ({"tolerates": "20h"}, False),
        ({"tolerates": "1199m"}, True),
        ({"tolerates": "0h", "fallback_counts": True}, False),
    ],
)
def test_a_contract_is_broken_by_more_than_it_tolerates(contract: dict[str, Any], broken: bool) -> None:
    scenario = small(**with_operator(TWO_STEPS, {"contract": contract}))
    (dark,) = course(scenario, make_law(scenario, "person")).dark
    assert (dark.broken is not None) == broken


def test_a_contract_decides_nothing() -> None:
    plain = run(loaded(TWO_STEPS), policies=["operator"], engine="exact")
    bound = run(loaded(TWO_STEPS, ', contract = { tolerates = "1h" }'), policies=["operator"], engine="exact")
    assert plain.policies["operator"].measures == bound.policies["operator"].measures


def world(**changes: Any) -> Scenario:
    """The small world without desk and reactions, so that the exact engine leaves nothing out."""
    return small(
        people=4000,
        represents=4000,
        desk=None,
        reactions={},
        documents__passport__to_desk=0.0,
        documents__passport__automatic_time="0s",
        policies__ask=None,
        policies__careful__clearance="forever",
        policies__careful__ask_again_after="forever",
        **changes,
    )


@pytest.mark.no_cover  # others cover the same lines
def test_exact_and_reference_agree_on_a_strategy() -> None:
    """False alarm below 1e-6: six normal bounds of 5.3 standard errors, with the accounts' own variance."""
    scenario = world(**with_operator({"any_foreign": "6h", "careful": "2d", "shutdown": "4d"}))
    law, gate = compile_strategy(scenario, make_law(scenario, "person"))
    people = populate(scenario, scenario.seed, 0, scenario.people)
    ledger = simulate(scenario, law, gate, people, seed=scenario.seed, replication=0)
    segment = np.array([account.segment for account in people])
    accounts = np.bincount(segment, minlength=len(scenario.segments))
    expected = evaluate(scenario, law, gate, accounts=accounts).counts
    served = np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    ends = [number for number, (outcome, _) in enumerate(ENDS) if outcome in (SERVED, SERVED_LATE)]
    issued = switches(scenario)[0].at_us - 6 * HOUR
    for restricted in (0, 1):
        for what, happened, mean in (
            ("served", served, expected[..., restricted, ends].sum()),
            ("needs", np.ones(len(ledger), bool), expected[..., restricted, :].sum()),
            ("asked", ledger.asked, None),
        ):
            if mean is None:
                continue
            mine = happened & ledger.measured & (ledger.restricted == bool(restricted))
            each = np.bincount(ledger.account[mine], minlength=len(people))
            variance = sum(
                (segment == s).sum() * each[segment == s].var(ddof=1) for s in np.unique(segment).tolist()
            )
            assert abs(each.sum() - mean) < 5.3 * variance**0.5, (what, restricted)
    # Documents are asked for only while the policy that asks is in place.
    asked = ledger.time_us[ledger.asked] - issued
    assert len(asked)
    assert asked.min() >= 2 * DAY
    assert asked.max() < 4 * DAY


def test_every_need_ends_once_and_people_add_up() -> None:
    scenario = small(
        **with_operator({"shutdown": "4h", "any_foreign": "1d", "careful": "30h"}, {"in_flight": "kill"})
    )
    people = populate(scenario, 7, 0, 300)
    by_policy = []
    for name in ("open", "operator"):
        law = make_law(scenario, "person")
        law, gate = (
            compile_strategy(scenario, law)
            if name == "operator"
            else (law, compile_gate(scenario, name, law))
        )
        by_policy.append(simulate(scenario, law, gate, people, seed=7, replication=0))
    plain, course_of = by_policy
    for column in ("account", "body", "need", "time_us", "model", "restricted", "measured", "cell"):
        assert np.array_equal(getattr(plain, column), getattr(course_of, column)), column
    keys = set(zip(course_of.account.tolist(), course_of.body.tolist(), course_of.need.tolist(), strict=True))
    assert len(keys) == len(course_of)
    assert ((course_of.end_us >= course_of.time_us) | (course_of.outcome == PENDING)).all()


@pytest.mark.parametrize("ladder", [TWO_STEPS, {"shutdown": "4h"}])
def test_fast_and_reference_count_the_same_interim(ladder: dict[str, str]) -> None:
    """With one switch the strategy's law and that of the time before it are cut at the same instant."""
    scenario = loaded(ladder)
    fast, slow = (run(scenario, policies=["operator"], engine=engine) for engine in ("fast", "reference"))
    assert fast.policies["operator"].measures == slow.policies["operator"].measures
    leaks = fast.policies["operator"].measures["transition_leaks"]
    assert leaks.low is not None
    assert leaks.high is not None
    assert leaks.low < 241.8 < leaks.high  # by hand, above


@pytest.mark.parametrize(("in_flight", "leak"), [("drain", True), ("kill", False)])
def test_a_case_that_a_switch_kills_cannot_leak_at_the_lift(in_flight: str, leak: bool) -> None:
    """A check of four days on the order's first day; shut down on its second; lifted on its fourth: only what still
    waits then is served. By structure, and by counting in the reference."""
    document = {
        "proves": {"citizen": "citizen", "nonresident": "nonresident"},
        "checker": "typical",
        "automatic_time": "4d",
    }
    gate = {**rules("check"), "documents": ["passport"]}
    scenario = plain(
        {},
        people=200,
        segments={"foreigner": FOREIGNER | {"documents": {"passport": 1.0}}},
        documents={"passport": document},
        orders=[order(2, ends=[{"kind": "lifted", "at": START + timedelta(days=5)}])],
        policies={"gate": gate, "off": {"family": "shutdown", "lead_time": "1d"}},
        operator={"ladder": ["gate", "off"], "in_flight": in_flight},
    )
    law, tables = compile_strategy(scenario, make_law(scenario, "person"))
    assert may_leak_by_epoch(scenario, law, tables) == (False, leak, False, False)
    ledger = simulate(scenario, law, tables, populate(scenario, 3, 0, 200), seed=3, replication=0)
    served = np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    assert bool((ledger.restricted & ledger.measured & served).any()) == leak
    left_out = evaluate(scenario, law, tables, policy="operator").left_out
    assert any("in-flight" in words for words in left_out) == (in_flight == "kill")
