"""Of the gates that serve as much, relief means the one that adds the fewest leaks, whatever rounding leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from gatesim.gates.bounds import all_checks
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.scenario import loaded_from
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.ceilings import dense, passes_by_law
from gatesim.study.narrowed import (
    BOTH_ENTITLED,
    BOTH_RESTRICTED,
    FREED,
    KINDS,
    NEWLY_RESTRICTED,
    Narrowed,
    law_of,
    narrowed,
    under,
)
from gatesim.study.narrowings import Narrowing, narrowings
from gatesim.study.standing import Question, question
from tests.random_scenarios import random_scenario

SLIGHT = 1e-6
"""The price of an added leak, in served needs. What serves the most at this price adds no more than any gate that
serves as much as it can, and serves less than that by no more than this part of what was taken out."""


def fewest_added(one: Narrowed) -> tuple[float, float]:
    """What is served and added by the program of all options at a slight price of added leaks; no frontier.

    Raises
    ------
    AssertionError
        If the solver does not end.
    """
    checks = all_checks(one.scenario, clears_at_some_time(one.law))
    gated = one.layout.gated
    by_option = dense(one.needs, passes_by_law(one.scenario, one.layout, checks))[:, gated]
    kinds, rows, width = by_option.shape
    options = by_option.reshape(kinds, rows * width)
    opened, totals = one.needs[:, ~gated].sum(axis=(1, 2)), one.needs.sum(axis=(1, 2))
    served, freed = options[BOTH_ENTITLED] + options[FREED], options[FREED]
    opened_served = opened[BOTH_ENTITLED] + opened[FREED]
    unit = totals[BOTH_ENTITLED] + totals[FREED]
    if not rows:
        return opened_served, opened[FREED]

    def limit(
        kind: str, most: float, leaks: int | list[int], counted: int | None
    ) -> tuple[np.ndarray, float]:
        """A limit as ``use @ x <= most``."""
        all_leaks = np.atleast_2d(options[leaks]).sum(axis=0)
        opened_leaks = float(np.sum(opened[leaks]))
        if kind == "leak_share":
            all_served = all_leaks + served if counted is None else options[counted]
            opened_all = opened_leaks + opened_served if counted is None else opened[counted]
            return all_leaks - most * all_served, most * opened_all - opened_leaks
        base = float(np.sum(totals[leaks])) if kind == "leak_rate" else 1.0
        return all_leaks, most * base - opened_leaks

    asked = one.asked
    if one.own:
        first = len(KINDS)
        limits = [
            limit(s.kind, s.limit, first + 2 * k, first + 2 * k + 1) for k, s in enumerate(asked.standards)
        ]
    else:
        limits = [limit(asked.ratio, asked.limit, [NEWLY_RESTRICTED, BOTH_RESTRICTED], None)]
    place = np.arange(rows * width)
    use = vstack(
        [
            csr_array(np.array([each for each, _ in limits]) / unit),
            csr_array((np.ones(len(place)), (place // width, place)), shape=(rows, rows * width)),
        ]
    )
    most = np.append([each / unit for _, each in limits], np.ones(rows))
    precise = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    worth = (served - SLIGHT * freed) / unit
    best = linprog(-worth, A_ub=use, b_ub=most, bounds=(0, 1), method="highs-ds", options=precise)
    assert best.status == 0
    return opened_served + float(served @ best.x), opened[FREED] + float(freed @ best.x)


def both(scenario: Scenario, asked: Question) -> list[Narrowed]:
    """All narrowings of a scenario that take something out."""
    before = law_of(scenario, asked)
    every = [narrowed(each.of(scenario), asked, before) for each in narrowings(scenario)]
    return [one for one in every if one.needs[FREED].sum() > 0]


def agrees(one: Narrowed) -> None:
    """Bound A's best gate serves and adds what the two programs say."""
    _, _, a, _ = under(one)
    unit = float(one.needs[[BOTH_ENTITLED, FREED]].sum())
    served, added = fewest_added(one)
    assert -1e-6 * unit < a.needs - served < SLIGHT * float(one.needs[FREED].sum()) + 1e-6 * unit
    assert a.added == pytest.approx(added, abs=1e-6 * unit)


@pytest.mark.parametrize("seed", range(24))
def test_of_gates_that_serve_as_much_the_one_that_adds_the_fewest_leaks(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    asked = replace(question(scenario), policies=())
    for number, one in enumerate(both(scenario, asked)):
        if one.needs[[NEWLY_RESTRICTED, BOTH_RESTRICTED]].sum() > 0:
            for limit in (0.003, 0.02, 0.1):
                for ratio in ("leak_rate", "leak_share") if number % 2 else ("leak_rate",):
                    agrees(replace(one, asked=replace(asked, limit=limit, ratio=ratio)))


def test_the_same_within_the_limits_of_several_orders() -> None:
    loaded = loaded_from("two-governments")
    asked = replace(ask(loaded, each=True), policies=())
    every = both(loaded.scenario, asked)
    assert every
    assert all(one.own for one in every)
    for one in every:
        agrees(one)


def test_rounding_does_not_decide_between_gates_that_serve_as_much() -> None:
    """On the flagship gates tie under this narrowing: what they add differs by a quarter of a per cent."""
    loaded = loaded_from("june-2026")
    asked = replace(ask(loaded, each=True), policies=())
    narrowing = Narrowing("status", "temporary", {"statuses": ("temporary",)})
    one = narrowed(narrowing.of(loaded.scenario), asked, law_of(loaded.scenario, asked))
    agrees(one)
    rng = np.random.default_rng(1)
    added = []
    for _ in range(6):
        noise = 1.0 + 2e-16 * rng.integers(-2, 3, one.needs.shape)
        added.append(under(replace(one, needs=one.needs * noise))[2].added)
    assert added == pytest.approx([added[0]] * len(added), rel=1e-9)
