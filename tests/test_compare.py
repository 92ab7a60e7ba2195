"""Differences of two policies: the interval of a paired difference, against the ledger, a bootstrap and the truth."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, t

import gatesim
from gatesim.cli.main import call
from gatesim.engine.reference import simulate
from gatesim.measures.ledger import FALLBACK, LOST, PENDING, REFUSED, SERVED, SERVED_LATE, Ledger
from gatesim.scenario import ScenarioError, load
from gatesim.show.compare import comparison_html, comparison_table, sentence
from gatesim.study.compare import Comparison, compare
from gatesim.study.gates import jobs, laws
from gatesim.world.people import populate
from tests.scenarios import SMALL

PEOPLE = 150
PAIR = ("open", "any_foreign")


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(
        SMALL, PAIR, people=PEOPLE, engine="reference", measures=("false_block_rate", "leak_share", "leaks")
    )


@pytest.fixture(scope="module")
def accounts() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """float64[account, policy, (leaks, served, blocked, entitled)] and segments, counted from the ledgers alone."""
    loaded = load(SMALL, [f"people={PEOPLE}"])
    scenario = loaded.scenario
    people = populate(scenario, scenario.seed, 0, PEOPLE)
    reading = scenario.orders[0].reading
    made = jobs(scenario, PAIR, laws(scenario, scenario.seed, 0, (reading,)))
    counted = np.zeros((PEOPLE, 2, 4))
    for number, job in enumerate(made):
        ledger: Ledger = simulate(scenario, job.law, job.gate, people, seed=scenario.seed, replication=0)
        for row in np.flatnonzero(ledger.measured & (ledger.outcome != PENDING)):
            served = ledger.outcome[row] in (SERVED, SERVED_LATE)
            assert served or ledger.outcome[row] in (FALLBACK, REFUSED, LOST)
            entitled = not ledger.restricted[row]
            counted[ledger.account[row], number] += (
                served and not entitled,
                served,
                entitled and not served,
                entitled,
            )
    return counted, np.array([one.segment for one in people])


def by_hand(
    counted: NDArray[np.float64], segment: NDArray[np.int64], top: int, bottom: int
) -> tuple[float, float, float]:
    """The difference of two ratios and its 95 % interval, account by account."""
    x, y = counted[:, :, top], counted[:, :, bottom]
    ratios = x.sum(axis=0) / y.sum(axis=0)
    d = (x[:, 1] - ratios[1] * y[:, 1]) / y[:, 1].sum() - (x[:, 0] - ratios[0] * y[:, 0]) / y[:, 0].sum()
    variance, strata, used = 0.0, 0, 0
    for one in np.unique(segment):
        mine = d[segment == one]
        variance += len(mine) * mine.var(ddof=1) if len(mine) > 1 else float((mine**2).sum())
        positive = int((y[segment == one].max(axis=1) > 0).sum())
        strata, used = strata + (positive > 0), used + positive
    half = float(t.ppf(0.975, used - strata)) * variance**0.5
    value = float(ratios[1] - ratios[0])
    return value, value - half, value + half


@pytest.mark.parametrize(("measure", "top", "bottom"), [("leak_share", 0, 1), ("false_block_rate", 2, 3)])
def test_the_interval_is_that_of_the_accounts_in_the_ledger(
    found: Comparison,
    accounts: tuple[NDArray[np.float64], NDArray[np.int64]],
    measure: str,
    top: int,
    bottom: int,
) -> None:
    one = found.differences["any_foreign"][measure]
    assert (one.value, one.low, one.high) == pytest.approx(by_hand(*accounts, top, bottom), rel=1e-9)


def test_an_amount_has_the_interval_of_its_numerator(
    found: Comparison, accounts: tuple[NDArray[np.float64], NDArray[np.int64]]
) -> None:
    counted, segment = accounts
    d = counted[:, 1, 0] - counted[:, 0, 0]
    represents = found.loaded.scenario.represents
    one = found.differences["any_foreign"]["leaks"]
    assert one.value == pytest.approx(represents * d.mean(), rel=1e-12)
    variance = sum(
        (segment == s).sum() * d[segment == s].var(ddof=1)
        for s in np.unique(segment)
        if (segment == s).sum() > 1
    )
    assert one.low is not None
    assert one.high is not None
    half = (one.high - one.low) / 2
    freedom = PEOPLE - len(np.unique(segment))
    assert half >= t.ppf(0.975, freedom) * represents / PEOPLE * variance**0.5 - 1e-6
    assert half == pytest.approx(t.ppf(0.975, freedom) * represents / PEOPLE * variance**0.5, rel=0.02)


def test_a_bootstrap_of_accounts_finds_the_same_spread(
    found: Comparison, accounts: tuple[NDArray[np.float64], NDArray[np.int64]]
) -> None:
    """2,000 resamples within segments: the standard error of their spread is 1.6 %, and six of these are 10 %.

    A resample of n has the variance of n - 1, and linearisation is off in the next order.
    """
    counted, segment = accounts
    rng = np.random.default_rng(2026)
    groups = [np.flatnonzero(segment == one) for one in np.unique(segment)]
    drawn = []
    for _ in range(2_000):
        chosen = np.concatenate([rng.choice(group, len(group)) for group in groups])
        leaks, served = counted[chosen, :, 0].sum(axis=0), counted[chosen, :, 1].sum(axis=0)
        drawn.append(leaks[1] / served[1] - leaks[0] / served[0])
    one = found.differences["any_foreign"]["leak_share"]
    assert one.low is not None
    assert one.high is not None
    spread = (one.high - one.low) / 2 / t.ppf(0.975, PEOPLE - len(groups))
    assert np.std(drawn) == pytest.approx(spread, rel=0.15)


@pytest.mark.no_cover  # others cover the same lines
def test_intervals_cover_the_difference_that_is_expected() -> None:
    """Of 20 worlds so many cover as a binomial of 0.95 allows at a false alarm rate of one in a million."""
    truth = compare(SMALL, PAIR, engine="exact", measures=("false_block_rate",)).differences["any_foreign"]
    expected = truth["false_block_rate"].value
    assert expected is not None
    covered = 0
    for seed in range(20):
        one = compare(SMALL, PAIR, people=40, seed=seed, engine="reference", measures=("false_block_rate",))
        low, high = (
            getattr(one.differences["any_foreign"]["false_block_rate"], end) for end in ("low", "high")
        )
        covered += low is not None and low <= expected <= high
    assert binom.cdf(covered, 20, 0.95) > 1e-6


def test_a_pair_is_closer_than_two_intervals_side_by_side() -> None:
    """Two policies that do nearly the same: what chance did to both cancels."""
    same = ["policies.again={ family = 'k_of_n', signals = ['ip'], k = 1 }"]
    other = ["policies.other={ family = 'k_of_n', signals = ['ip', 'payment'], k = 1 }"]
    one = compare(
        load(SMALL, [*same, *other]),
        ("again", "other"),
        people=PEOPLE,
        engine="reference",
        measures=("leak_rate",),
    )
    difference = one.differences["other"]["leak_rate"]
    first, second = (one.measures[name]["leak_rate"] for name in ("again", "other"))
    assert None not in (difference.low, difference.high, first.low, first.high, second.low, second.high)
    apart = ((first.high - first.low) ** 2 + (second.high - second.low) ** 2) ** 0.5  # type: ignore[operator]
    assert difference.high - difference.low < apart  # type: ignore[operator]


def test_a_policy_is_as_another_of_the_same_gate() -> None:
    twin = load(SMALL, ["policies.twin={ family = 'open' }"])
    one = compare(twin, ("open", "twin"), people=40, engine="reference")
    for difference in one.differences["twin"].values():
        assert difference.value == 0
        assert (difference.low, difference.high) == (None, None)
        assert difference.note == "no interval: under both policies every account has the same"
    assert "The same under open and twin" in sentence(one)


def test_measures_are_those_of_a_run(found: Comparison) -> None:
    run = gatesim.run(SMALL, policies=PAIR, people=PEOPLE, engine="reference")
    for name in PAIR:
        for measure, one in found.measures[name].items():
            assert one == run.policies[name].measures[measure]


def test_fast_and_reference_say_the_same(found: Comparison) -> None:
    again = compare(SMALL, PAIR, people=PEOPLE, measures=tuple(found.differences["any_foreign"]))
    assert again.differences == found.differences
    assert again.measures == found.measures


def test_people_who_meet_at_the_desk_have_intervals_by_replication() -> None:
    """With one replication none; with three Student's t with two degrees of freedom, worked out by hand."""
    meet = {
        "policies": ("open", "careful"),
        "engine": "reference",
        "measures": ("false_block_rate",),
    }
    real_size = load(SMALL, ["people=60", "represents=60"])
    one = compare(real_size, **meet)  # type: ignore[arg-type]
    assert one.unit == "replication"
    assert one.differences["careful"]["false_block_rate"].low is None
    assert "--reps" in one.differences["careful"]["false_block_rate"].note
    assert "Without an interval, careful has false blocks" in sentence(one)
    three = compare(real_size, reps=3, **meet)  # type: ignore[arg-type]
    found = three.differences["careful"]["false_block_rate"]
    blocked = three.measures["careful"]["false_block_rate"]
    assert three.measures["open"]["false_block_rate"].value == 0, "open refuses nobody"
    assert found.value == blocked.value
    # So it is the interval of one ratio over three replications.
    assert found.low is not None
    assert found.high is not None
    assert max(found.low, 0.0) == pytest.approx(blocked.low, abs=1e-12)
    assert min(found.high, 1.0) == pytest.approx(blocked.high, abs=1e-12)


def test_exact_has_no_interval() -> None:
    one = compare(SMALL, PAIR, engine="exact")
    for difference in one.differences["any_foreign"].values():
        assert difference.value is not None
        assert difference.low is None
    assert comparison_table(one, "any_foreign").columns[-1].title == "difference"
    assert one.unit == ""


def test_what_is_shown(found: Comparison) -> None:
    table = comparison_table(found, "any_foreign")
    assert [column.title for column in table.columns] == ["measure", *PAIR, "difference", "95 % interval"]
    assert "points lower (95 %: " in sentence(found)
    assert "<table>" in comparison_html(found)
    assert found._repr_html_() == comparison_html(found)
    data = json.loads(found.to_json())
    assert (
        data["differences"]["any_foreign"]["leak_share"]["value"]
        == found.differences["any_foreign"]["leak_share"].value
    )
    frame = found.to_frame()
    assert list(frame["measure"]) == ["false_block_rate", "leak_share", "leaks"]
    assert (frame["difference"] == frame["value"] - frame["value_against"]).all()


@pytest.mark.parametrize(
    ("policies", "more", "said"),
    [
        (("open",), {}, "--policy: it takes two policies to compare"),
        (("open", "opn"), {}, "the scenario has no such policy"),
        (("open", "open"), {}, "is named twice"),
        (PAIR, {"measures": ("leak_shar",)}, "there is no such measure"),
        (PAIR, {"reading": "nobody"}, "the scenario has no such reading"),
        (PAIR, {"measures": ("people_leaked",), "engine": "exact"}, "does not tell this measure"),
    ],
)
def test_what_is_wrong_is_named(policies: tuple[str, ...], more: dict[str, object], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        compare(SMALL, policies, **more)  # type: ignore[arg-type]


def test_the_command_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["compare", str(SMALL), "-p", "open", "-p", "any_foreign", "--engine", "exact"]) == 0
    out = capsys.readouterr().out
    assert "Against open, any_foreign has" in out
    assert call(["compare", str(SMALL), "-p", "open"]) == 2
    assert "it takes two policies" in capsys.readouterr().err
    assert (
        call(["compare", str(SMALL), "-p", "open", "-p", "any_foreign", "--engine", "exact", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["first"] == "open"
