"""Licences: when they are decided, whether they are granted, and whom they free."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatesim
from gatesim.law.law import (
    LicenceDraw,
    has_random_dates,
    has_random_licence,
    licence_from_us,
    make_law,
)
from gatesim.measures.ledger import SERVED
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import dotted
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.show.decisions import print_decisions
from gatesim.study.gates import laws
from gatesim.study.licences import licence_words
from gatesim.study.strategy import late_words
from gatesim.world.licences import draw_licences
from tests.kept_cases import Case, hold_together
from tests.scenarios import SMALL
from tests.test_law import CONSUMER, FOREIGNERS, NEW, US, VISITORS, day, order, spans, world

LAB = {"applied": day(3), "decided_after": "2d", "at_least": "2d", "granted": 1.0, "organisations": ["lab"]}
"""A licence for the lab, where the visitors work: granted for certain, two days after day 3."""


def licensed(*licences: dict[str, Any], **changes: Any) -> Scenario:
    """The small world with an order from day 2 on, and licences."""
    return world(order(day(2), licences=list(licences), **changes))


def free(scenario: Scenario, segment: int = VISITORS, **drawn: Any) -> list[bool]:
    """Whether people of a segment at home, with the order's model, are free of it, epoch by epoch."""
    epochs = make_law(scenario, "person", **drawn).epochs
    return [not epoch.restricted[segment, US, NEW, CONSUMER] for epoch in epochs]


# When, and whom: by hand.


def test_a_granted_licence_frees_its_holder_from_the_decision_on() -> None:
    scenario = licensed(LAB)
    assert spans(make_law(scenario, "person")) == [(0, 2), (2, 5), (5, 10)]
    assert free(scenario) == [True, False, True]
    law = make_law(scenario, "person")
    assert law.epochs[2].restricted[FOREIGNERS].any(), "only the holder is free"
    assert law.epochs[2].named[NEW], "the order still names the model"


def test_a_licence_expires() -> None:
    scenario = licensed({**LAB, "until": day(8)})
    assert spans(make_law(scenario, "person")) == [(0, 2), (2, 5), (5, 8), (8, 10)]
    assert free(scenario) == [True, False, True, False]


def test_a_licence_decided_after_it_expires_never_holds() -> None:
    scenario = licensed({**LAB, "decided_after": "3d", "until": day(8)})
    draws = [[LicenceDraw(3.5, 0.0)]]
    assert licence_from_us(scenario, scenario.orders[0].licences[0], draws[0][0]) == 8.5 * DAY
    assert spans(make_law(scenario, "person", licences=draws)) == [(0, 2), (2, 10)]


def test_a_licence_ends_with_its_order() -> None:
    scenario = licensed(LAB, ends=[{"kind": "lifted", "at": day(4)}])
    assert spans(make_law(scenario, "person")) == [(0, 2), (2, 4), (4, 10)], "decided when nothing is left"


def test_a_licence_granted_before_the_force_counts_from_its_start() -> None:
    scenario = world(order(day(2), grace="5d", licences=[LAB]))
    assert spans(make_law(scenario, "person")) == [(0, 7), (7, 10)]
    assert free(scenario) == [True, True]


def test_a_licence_of_one_order_is_none_of_another() -> None:
    """Two governments: what one allows the other may forbid."""
    scenario = world(order(day(2), licences=[LAB]), order(day(2)))
    assert free(scenario) == [True, False, False]


def test_a_licence_has_conditions() -> None:
    on_api = licensed({**LAB, "channels": ["api"]})
    assert free(on_api) == [True, False, False]
    assert not make_law(on_api, "person").epochs[2].restricted[VISITORS, US, NEW, 2]


# Chance.


def test_a_certain_licence_needs_no_draws_and_a_random_one_does() -> None:
    assert not has_random_dates(licensed(LAB))
    assert not has_random_licence(licensed({**LAB, "granted": 0.0, "decided_after": "9d"}))
    for change in ({"granted": 0.5}, {"decided_after": "3d"}):
        scenario = licensed({**LAB, **change})
        assert has_random_dates(scenario)
        with pytest.raises(ValueError, match="licence is random"):
            make_law(scenario, "person")


@settings(derandomize=True, max_examples=50, deadline=None)
@given(beyond=st.floats(0, 20), u=st.floats(0, 1, exclude_max=True), granted=st.floats(0.01, 1))
def test_the_decision_comes_its_draw_times_the_mean_beyond_the_shortest_time(
    beyond: float, u: float, granted: float
) -> None:
    scenario = licensed({**LAB, "decided_after": "5d", "granted": granted})
    at = licence_from_us(scenario, scenario.orders[0].licences[0], LicenceDraw(beyond, u))
    if u >= granted:
        assert at is None
    else:
        assert at == 5 * DAY + round(3 * DAY * beyond)


def test_decisions_have_the_distribution_that_is_asked_for() -> None:
    """Shifted exponential and Bernoulli, over replications; false alarms below 1e-6 (5 standard errors)."""
    scenario = licensed({**LAB, "decided_after": "5d", "granted": 0.3}, LAB)
    draws = [draw_licences(scenario, 11, replication)[0] for replication in range(4000)]
    assert draws[3] == draw_licences(scenario, 11, 3)[0]
    licence = scenario.orders[0].licences[0]
    from_us = [licence_from_us(scenario, licence, draw[0]) for draw in draws]
    granted = np.array([at for at in from_us if at is not None]) / DAY - 3
    assert abs(len(granted) / 4000 - 0.3) < 5 * math.sqrt(0.3 * 0.7 / 4000)
    assert granted.min() >= 2
    assert abs(granted.mean() - 5) < 5 * 3 / math.sqrt(len(granted))  # the standard deviation is 3 days
    late = (granted > 2 + 3 * math.log(4)).mean()  # a quarter of the exponential lies beyond
    assert abs(late - 0.25) < 5 * math.sqrt(0.25 * 0.75 / len(granted))
    both = np.array([[first.beyond, second.beyond] for first, second in draws])
    assert abs(np.corrcoef(both.T)[0, 1]) < 5 / math.sqrt(4000), "licences are drawn apart"


def test_dates_differ_by_replication() -> None:
    scenario = licensed({**LAB, "decided_after": "3d"})
    starts = {laws(scenario, 1, replication)["person"].epochs[2].start_us for replication in range(5)}
    assert len(starts) == 5


# What it changes in a run.


def sets(granted: float) -> list[str]:
    licence = (
        '{ applied = 2026-06-13T00:00:00-04:00, decided_after = "1d", at_least = "1d", '
        f'granted = {granted}, organisations = ["lab"] }}'
    )
    return [f"orders.0.licences=[{licence}]", "orders.0.carve_outs=[]"]


def test_a_licence_lessens_leaks_and_one_refused_changes_nothing() -> None:
    def leaks(*what: str) -> float:
        found = gatesim.run(SMALL, engine="exact", policies=["open"], sets=what)
        return found.policies["open"].measures["leaks"].numerator

    without = leaks("orders.0.carve_outs=[]")
    assert leaks(*sets(1.0)) < without, "what the holder is served is no leak"
    assert leaks(*sets(0.0)) == without, "bit for bit"


def test_both_engines_agree_under_a_licence_that_passes_a_desk() -> None:
    scenario = licensed(
        {**LAB, "decided_after": "0d", "at_least": "0d", "until": day(7)},
        licence_desk={"officers": 1, "service": "2d", "service_at_least": "2d"},
    )
    for policy in scenario.policies:
        case = Case(scenario.model_copy(update={"people": 60}), policy, "person")
        hold_together(case)
    ledger = case.ledger
    freed = ledger.measured & (ledger.segment == VISITORS) & (ledger.time_us >= 5 * DAY)
    freed &= ledger.time_us < 7 * DAY
    assert freed.any()
    assert not ledger.restricted[freed].any()
    assert SERVED in ledger.outcome


def test_a_result_says_what_became_of_licences() -> None:
    certain = licensed({**LAB, "title": "The lab's"})
    assert licence_words(certain, 3) == ("Licence. The lab's: granted, from 15 June 2026.",)
    refused = licensed({**LAB, "granted": 0.0})
    assert licence_words(refused, 1) == ("Licence. licence 1: refused.",)
    (several,) = licence_words(licensed({**LAB, "granted": 0.5, "decided_after": "3d"}), 40)
    count = int(several.split("granted in ")[1].split()[0])
    assert 4 < count < 36
    assert licence_words(licensed(), 1) == ()


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ({"licences": [{**LAB, "decided_after": "3d"}]}, "licences.0.decided_after"),
        ({"licences": [{**LAB, "granted": 0.5}]}, "licences.0.granted"),
        ({"licences": [LAB], "licence_desk": {"officers": 1, "service": "1h"}}, "licence_desk"),
        ({"ends": [{"kind": "lifted", "after": "3d"}]}, "ends.0.after"),
    ],
)
def test_an_operator_who_looks_ahead_needs_dates(what: dict[str, Any], key: str) -> None:
    ladder = {"ladder": ["any_foreign"], "strategy": "best"}
    scenario = world(order(day(2), **what), operator=ladder)
    found = [(dotted(one.path), one.message) for one in inconsistencies(scenario)]
    assert found == [(f"orders.0.{key}", 'the strategy "best" cannot look ahead to a date that is drawn')]
    certain = world(order(day(2), licences=[LAB]), operator=ladder)
    assert not list(inconsistencies(certain))


def test_the_best_table_under_a_licence_that_is_drawn_is_that_of_each_stretch() -> None:
    sets = ('policies.best={ family = "best", limit = 0.1, ratio = "leak_rate" }', *sets_of_a_drawn_licence())
    found = gatesim.run(SMALL, engine="exact", policies=["best"], sets=sets)
    assert found.policies["best"].measures["leak_rate"].value <= 0.1 + 1e-9


def sets_of_a_drawn_licence() -> list[str]:
    return [text.replace('at_least = "1d"', 'at_least = "0d"') for text in sets(1.0)]


def test_a_ladder_that_comes_too_late_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The order is lifted on 18 June at midnight, 5.3 days after its issue: who is ready after six days is too late."""
    sets = ["operator={ ladder = ['shutdown', 'any_foreign'] }", "policies.any_foreign.lead_time='6d'"]
    (words,) = late_words(gatesim.load(SMALL, sets).scenario)
    assert words.startswith('"any_foreign" of the operator\'s ladder is ready on ')
    assert words in gatesim.run(SMALL, sets=sets, engine="exact", policies=["shutdown", "operator"]).notes
    best = ["operator={ ladder = ['shutdown', 'any_foreign'], strategy = 'best' }", sets[1]]
    assert late_words(gatesim.load(SMALL, best).scenario) == (words,), "whatever the strategy"
    for policy, said in (("any_foreign", [words]), ("shutdown", [])):
        table = gatesim.explain(SMALL, policy=policy, sets=best)
        assert json.loads(table.to_json())["notes"] == said
        print_decisions(table)
        assert (words in " ".join(capsys.readouterr().out.split())) is bool(said)
    in_time = [sets[0], "policies.any_foreign.lead_time='5d'"]
    assert late_words(gatesim.load(SMALL, in_time).scenario) == ()
    assert late_words(gatesim.load(SMALL).scenario) == ()
