"""A customer's word: who leaks by it, how soon a false one is found out, and that all engines agree on it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatesim
from gatesim.scenario import ScenarioError, load
from gatesim.scenario.types import DAY, HOUR
from gatesim.world.cells import readings_given
from gatesim.world.noise import found_false, noise_rows
from gatesim.world.people import populate
from gatesim.world.space import CellSpace
from tests.kept_cases import Case, hold_together
from tests.scenarios import small

NAME = "attestation"
FOREIGN, SHARED, RATE, LENGTH = 0.2, 0.7 * 0.02 * 0.5, 0.5, 30.0
"""Of all needs those of foreign staff and of sharers; needs a day; days."""


def value(policy: str, measure: str = "leak_rate", **changes: Any) -> float:
    sets = [f"attestation.team.{key}={change}" for key, change in changes.items()]
    found = gatesim.run(NAME, engine="exact", policies=[policy], sets=sets).policies[policy]
    number = found.measures[measure].value
    assert number is not None
    return number


@pytest.mark.parametrize("honest", [0.8, 0.9, 1.0])
@pytest.mark.parametrize(("given", "enforced"), [(0.9, 0.95), (1.0, 1.0)])
@pytest.mark.no_cover  # others cover the same lines
def test_leak_rate_of_a_word_is_its_closed_form(honest: float, given: float, enforced: float) -> None:
    expected = given * (FOREIGN * (1 - honest * enforced) + SHARED) / (FOREIGN + SHARED)
    assert math.isclose(value("word", honest=honest, given=given, enforced=enforced), expected, rel_tol=1e-9)


@pytest.mark.parametrize("days", [5, 10, 40])
@pytest.mark.no_cover  # others cover the same lines
def test_leaks_before_a_word_is_revoked_are_a_closed_form(days: int) -> None:
    """A Poisson stream, each need of which shows the word to be false with probability q and is then blocked itself."""
    q = 1 / (RATE * days)
    served = (1 - q) / q * (1 - math.exp(-RATE * q * LENGTH)) / (RATE * LENGTH)
    expected = 0.9 * (FOREIGN * (1 - 0.9 * 0.95) * served + SHARED) / (FOREIGN + SHARED)
    assert math.isclose(value("word_watched", revoked_after=f'"{days}d"'), expected, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("policy", "key", "values"),
    [
        ("word", "honest", (0.8, 0.9, 1.0)),
        ("word", "enforced", (0.5, 0.9, 1.0)),
        ("word_watched", "revoked_after", ('"40d"', '"10d"', '"3d"')),
        ("word", "given", (1.0, 0.8, 0.5)),
    ],
)
@pytest.mark.no_cover  # others cover the same lines
def test_each_input_moves_the_leak_rate_in_its_direction(
    policy: str, key: str, values: tuple[Any, ...]
) -> None:
    found = [value(policy, **{key: entry}) for entry in values]
    assert found[0] > found[1] > found[2]


def test_customers_that_give_no_word_cost_entitled_people() -> None:
    assert math.isclose(value("word", "false_block_rate", given=0.7), 0.3, rel_tol=1e-9)


def test_without_revocation_watching_changes_nothing() -> None:
    for measure in ("leak_rate", "false_block_rate"):
        assert value("word_watched", measure, revoked_after='"forever"') == value("word", measure)


@pytest.mark.no_cover  # others cover the same lines
def test_an_attestation_that_no_signal_reads_changes_nothing() -> None:
    plain = gatesim.run("licence-is-not-status", engine="exact").to_dict()
    sets = ["attestation.consumer.honest=0.5"]
    told = gatesim.run("licence-is-not-status", engine="exact", sets=sets).to_dict()
    assert plain["readings"] == told["readings"]


def test_the_word_covers_those_who_are_surely_there() -> None:
    sets = ["segments.citizen.co_users.sharer.present=1.0"]
    found = gatesim.run(NAME, engine="exact", policies=["word"], sets=sets).policies["word"]
    # An honest firm gives no word for a seat that it knows to be shared: citizens are refused with the sharer.
    false_block = found.measures["false_block_rate"].value
    kept = 1 - 0.9 * 0.95
    served = 0.9 * (0.35 * kept + 0.1)
    assert false_block is not None
    assert math.isclose(false_block, 1 - served / 0.45, rel_tol=1e-9)


def test_rows_add_up_and_a_rate_of_finding_is_that_of_the_mean_account() -> None:
    scenario = load(NAME).scenario
    for signal in scenario.signals.values():
        assert np.allclose(noise_rows(scenario, signal).sum(axis=-1), 1.0, atol=1e-12)
    assert math.isclose(found_false(scenario, "team"), 0.2)
    quick = load(NAME, ['attestation.team.revoked_after="1h"']).scenario
    assert found_false(quick, "team") == 1.0  # at the first session: never more
    assert HOUR / DAY * RATE < 1


@pytest.mark.no_cover  # others cover the same lines
def test_readings_of_people_follow_the_probabilities() -> None:
    """Shares of words among foreign staff, against p: 5.5 standard errors, a false alarm in 1e7 at most."""
    scenario = load(NAME).scenario
    space = CellSpace.of(scenario)
    words = np.zeros(4)
    for account in populate(scenario, 5, 0, 4000):
        if account.segment == 2 and account.bodies[0].needs:
            words[space.parts(account.bodies[0].needs[0].cell)[0]] += 1
    n, p = words.sum(), 0.9 * 0.145
    assert n > 700
    assert abs(words[0] / n - p) < 5.5 * math.sqrt(p * (1 - p) / n)
    assert words[2] == 0
    given = readings_given(scenario).sum(axis=1).reshape(-1, *(len(r) for r in space.readings))
    assert np.isclose(given[3, 0].sum(), p)  # makers: citizen, sharer, permanent, foreign


@pytest.mark.no_cover  # others cover the same lines
def test_all_engines_agree() -> None:
    """Fast and reference to the last count; exact within 5.5 standard errors of the simulated leak share."""
    runs = {
        engine: gatesim.run(NAME, people=800, seed=3, engine=engine).policies
        for engine in ("fast", "reference", "exact")
    }
    for policy, found in runs["fast"].items():
        for name, measure in found.measures.items():
            assert measure == runs["reference"][policy].measures[name], (policy, name)
    for policy in ("word", "word_watched"):
        for name in ("leak_rate", "false_block_rate"):
            simulated, exact = runs["fast"][policy].measures[name], runs["exact"][policy].measures[name]
            assert simulated.high is not None
            assert simulated.value is not None
            assert exact.value is not None
            error = (simulated.high - simulated.value) / 1.96
            assert abs(simulated.value - exact.value) < 5.5 * error, (policy, name)


@pytest.mark.parametrize(
    ("otherwise", "revoked_after"), [("block", "3d"), ("check", "3d"), ("block", "forever")]
)
@pytest.mark.no_cover  # others cover the same lines
def test_ledgers_are_equal_where_all_attributes_of_the_owner_are_read(
    otherwise: str, revoked_after: str
) -> None:
    """Organisation, word and revocation together, on accounts with co-users, need for need."""
    policy = {
        "family": "attested",
        "signal": "word",
        "revocation": "watch",
        "otherwise": otherwise,
        "documents": ["passport"],
        "block_lasts": "2d",
    }
    scenario = small(
        people=200,
        attestation={"consumer": {"given": 0.8, "honest": 0.3, "revoked_after": revoked_after}},
        signals__mail={"observes": "organisation", "accuracy": 0.8, "refresh": "session"},
        signals__word={"observes": "attestation", "refresh": "account"},
        signals__watch={"observes": "revocation", "refresh": "session"},
        policies__vouched=policy,
    )
    case = Case(scenario, "vouched", "person")
    hold_together(case)
    space = CellSpace.of(scenario)
    read = np.array([space.parts(int(cell)) for cell in case.ledger.cell])
    for name, seen in (("mail", 2), ("word", 3), ("watch", 1 if revoked_after == "forever" else 2)):
        axis = space.signals.index(name)
        assert len(set(read[:, axis])) >= seen, name


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[attestation.team]", "[attestation.cloud]", 'no segment uses the channel "cloud"'),
        (
            'signal = "word"\nchannels = ["team"]',
            'signal = "watch"\nchannels = ["team"]',
            'observes "revocation"',
        ),
        (
            'signal = "word"\nchannels = ["team"]',
            'signal = "word"\nchannels = ["api"]',
            "no segment uses the channel",
        ),
        ('observes = "attestation"', 'observes = "attestation"\naccuracy = 0.9', "takes no accuracy"),
        ('refresh = "session"', 'refresh = "place"', 'has refresh = "session"'),
        ('revoked_after = "10d"', 'revoked_after = "0d"', "must be more than zero"),
        ("honest = 0.9", "", "honest"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (Path(gatesim.__file__).parents[1] / "scenarios" / "attestation.toml").read_text(encoding="utf-8")
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=says):
        load(path)
