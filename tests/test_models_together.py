"""Several models whose needs a standard counts as one: the interval is of their sum, by account."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import gatesim
from gatesim.law.law import make_law, of_models, of_one_order
from gatesim.law.standards import demands
from gatesim.measures.definitions import Measure
from gatesim.measures.demands import joined
from gatesim.measures.judgement import RATIOS
from gatesim.measures.ledger import SERVED, SERVED_LATE, Ledger
from gatesim.measures.tally import judged
from gatesim.scenario import Loaded, build
from gatesim.scenario.schema import Scenario
from gatesim.study.orders_apart import counted_together
from gatesim.study.result import Result
from tests.kept_cases import Case
from tests.scenarios import Whole, small, small_data

USE = {"new": 0.4, "second": 0.3, "third": 0.2, "old": 0.1}
"""A gate that remembers, so that its verdict rests on the simulation."""
GATE = {"family": "single", "signal": "ip", "allow_lasts": "forever", "block_lasts": "2d"}


def three_models(**changes: Any) -> dict[str, Any]:
    """The order names three models, and has a standard of its own for one of them."""
    data = small_data()
    order = {**data["orders"][0], "models": ["new", "second", "third"], "carve_outs": []}
    order["standards"] = {"third": {"kind": "leak_rate", "limit": 0.2}}
    segments = {f"segments__{name}__models": Whole(USE) for name in data["segments"]}
    return small_data(
        **{
            "models__second": {},
            "models__third": {},
            "orders": [order],
            "policies": Whole(gate=GATE),
            "people": 200,
            "desk": None,
            "reactions": None,
            "readings__national": None,
            "assumptions": None,
            "documents__passport": {"automatic_time": "0s", "to_desk": 0.0},
        }
        | segments
        | changes
    )


def run(data: dict[str, Any]) -> tuple[Scenario, Result]:
    scenario = build(data)
    source = Loaded(scenario, data, (("small", ""),), defaultdict(str), ())
    return scenario, gatesim.run(source, engine="reference")


def by_hand(
    scenario: Scenario, ledger: Ledger, over: NDArray[np.bool_], under: NDArray[np.bool_]
) -> tuple[float, float]:
    """Korn's and Graubard's interval of a ratio from the needs themselves: accounts in strata by owner's segment."""
    size = np.bincount([one.segment for one in Case(scenario, "gate", "person", replication=0).people])
    x = np.bincount(ledger.account, weights=over, minlength=scenario.people)
    y = np.bincount(ledger.account, weights=under, minlength=scenario.people)
    r = x.sum() / y.sum()
    of_account = np.full(scenario.people, -1)
    of_account[ledger.account] = ledger.owner_segment
    variance, seen, positive = 0.0, 0, 0
    for segment, count in enumerate(size):
        d = (x - r * y)[of_account == segment]
        d = np.r_[d, np.zeros(count - len(d))]  # accounts without a need are accounts as well
        variance += count / (count - 1) * ((d - d.mean()) ** 2).sum()
        here = int((y[of_account == segment] > 0).sum())
        seen, positive = seen + (here > 0), positive + here
    trials = y.sum()
    t = stats.t.ppf(0.975, trials - 1) / stats.t.ppf(0.975, positive - seen)
    n = min(r * (1 - r) / (variance / trials**2) * t**2, trials)
    return (
        float(stats.beta.ppf(0.025, r * n, n - r * n + 1)),
        float(stats.beta.ppf(0.975, r * n + 1, n - r * n)),
    )


def test_the_interval_is_of_the_sum_by_account() -> None:
    """Against a direct computation from the ledger; by model the half widths would add up to more."""
    scenario, found = run(three_models())
    assert counted_together(scenario) == ((None, ("new", "second")),)
    ledger = Case(scenario, "gate", "person", replication=0).ledger
    models = list(scenario.models)
    ours = ledger.measured & np.isin(ledger.model, [models.index("new"), models.index("second")])
    served = ours & np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    row, other = next(one for one in found.verdict.own if one.reading == "person").rows
    assert row.which == "new and second"
    share = row.judgement("gate").leak
    assert share.name == "leak_share"
    assert share.numerator == (served & ledger.restricted).sum() > 30
    assert share.denominator == served.sum()
    low, high = by_hand(scenario, ledger, served & ledger.restricted, served)
    assert (share.low, share.high) == pytest.approx((low, high), rel=1e-9)
    floor = row.judgement("gate").served
    entitled = ours & ~ledger.restricted
    assert (floor.low, floor.high) == pytest.approx(
        by_hand(scenario, ledger, served & ~ledger.restricted, entitled), rel=1e-9
    )
    assert other.judgement("gate").leak == found.policies["gate"].by["model"]["third"]["leak_rate"]
    wide = joined(
        "leak_share", [found.policies["gate"].by["model"][name]["leak_share"] for name in ("new", "second")]
    )
    assert wide.value == share.value
    assert wide.low is not None
    assert wide.high is not None
    assert wide.low < low < high < wide.high


def test_of_an_order_that_is_counted_apart_the_sum_is_its_own() -> None:
    """A second order restricts all who are abroad; each standard for two of three models has its own interval."""
    data = three_models()
    (first,) = data["orders"]
    second = {
        **first,
        "restricts": [{"located": ["abroad"]}],
        "standard": {"kind": "leak_rate", "limit": 0.01},
    }
    scenario, found = run(three_models(orders=[first, second]))
    two = ("new", "second")
    assert counted_together(scenario) == ((None, two), (0, two), (1, two))
    law = make_law(scenario, "person")
    ledger = Case(scenario, "gate", "person", replication=0).ledger
    ours = ledger.measured & np.isin(ledger.model, [list(scenario.models).index(name) for name in two])
    served = ours & np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    rows = {one.demands[0].order: one for one in found.verdict.own[0].rows if one.which == "new and second"}
    restricted = judged(ledger, scenario, of_one_order(scenario, law, 1)).restricted
    rate: Measure = rows[1].judgement("gate").leak
    assert (rate.numerator, rate.denominator) == ((served & restricted).sum(), (ours & restricted).sum())
    low, high = by_hand(scenario, ledger, served & restricted, ours & restricted)
    assert (rate.low, rate.high) == pytest.approx((low, high), rel=1e-9)


def test_nothing_is_counted_together_that_need_not_be() -> None:
    """One model, all models, or a standard for each: measures of these are there already."""
    assert counted_together(small()) == ()
    assert (
        counted_together(build(three_models(orders=[{**three_models()["orders"][0], "standards": {}}]))) == ()
    )
    each = {name: {"kind": "leak_rate", "limit": 0.2} for name in ("second", "third")}
    assert (
        counted_together(build(three_models(orders=[{**three_models()["orders"][0], "standards": each}])))
        == ()
    )


def test_only_needs_for_the_models_are_measured() -> None:
    scenario = build(three_models())
    law = make_law(scenario, "person")
    some = of_models(scenario, law, ("new", "second"))
    for epoch, own in zip(law.epochs, some.epochs, strict=True):
        assert (own.named == epoch.named).all(), "what the gate does stays"
        assert own.measured.tolist() == [
            bool(named) and name in ("new", "second")
            for name, named in zip(scenario.models, epoch.named, strict=True)
        ]
    assert all(one.kind in RATIOS for one in demands(scenario))
