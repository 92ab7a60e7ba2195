"""The scenario of who waits at the desk: what is said of it beforehand can be worked out by hand."""

from math import exp, sqrt

import pytest

from gatesim.scenario import load
from gatesim.show.app import parts
from gatesim.show.html import options_html, run_html
from gatesim.study.glance import glance
from gatesim.study.options import options
from gatesim.study.result import Result
from gatesim.study.run import run
from gatesim.study.standing import question

TO_DESK = {"born": 0.05, "naturalised": 0.3 + 0.7 * 0.05, "permanent": 1.0}
SHARES = {"born": 0.84, "naturalised": 0.08, "permanent": 0.04}


@pytest.fixture(scope="module")
def result() -> Result:
    return run("who-waits", policies=["by_hand", "cards_by_machine", "passport_only"])


def rate(result: Result, policy: str, segment: str) -> float:
    value = result.policies[policy].by["segment"][segment]["false_block_rate"].value
    assert value is not None
    return value


def test_whoever_waits_waits_alike(result: Result) -> None:
    """First come, first served: false blocks of a segment are in proportion to its part at the desk.

    Somebody who waits has 1.7 needs refused, give or take 1.9 (Poisson over a wait of 3.3 days that itself varies);
    with n of them the relative error of a segment's rate is near sqrt(1 + (1.9 / 1.7)^2) / sqrt(n). Five standard
    errors: a false alarm in less than a million seeds.
    """
    waiting = {segment: 10_000 * SHARES[segment] * TO_DESK[segment] for segment in SHARES}
    assert waiting == pytest.approx({"born": 420, "naturalised": 268, "permanent": 400})
    for segment in ("born", "naturalised"):
        ratio = rate(result, "by_hand", "permanent") / rate(result, "by_hand", segment)
        error = sqrt((1 + (1.9 / 1.7) ** 2) * (1 / waiting[segment] + 1 / waiting["permanent"]))
        assert ratio * TO_DESK[segment] == pytest.approx(1.0, abs=5 * error)


def test_the_wait_is_that_between_two_curves(result: Result) -> None:
    """Fluid: cases come by 1 - exp(-t/2), five reviewers take 120 a working day; the area between is the wait."""
    cases, hour, queue, area = 1088.0, 1 / 24, 0.0, 0.0
    for step in range(24 * 13 + 15):  # from Monday at nine to the end of the window
        clock, day = (9 + step) % 24, (9 + step) // 24
        queue += cases * (exp(-0.5 * step * hour) - exp(-0.5 * (step + 1) * hour))
        if 9 <= clock < 17 and day % 7 < 5:
            queue = max(0.0, queue - 15.0)
        area += queue
    wait = result.policies["by_hand"].measures["desk_wait"].value
    assert wait is not None
    # The number of cases has a standard deviation of 23; a case more is an hour of work in fifteen for all behind it.
    assert wait == pytest.approx(area / cases, rel=5 * 23 / cases + 0.05)


def test_a_passport_alone_shuts_out_those_without(result: Result) -> None:
    assert rate(result, "passport_only", "permanent") == 1.0
    missing = rate(result, "passport_only", "naturalised")
    assert missing == pytest.approx(0.3, abs=5 * sqrt(0.3 * 0.7 / 800) + 0.01)


def test_a_machine_for_the_cards_shortens_the_queue_for_everybody(result: Result) -> None:
    for segment in SHARES:
        assert rate(result, "cards_by_machine", segment) < rate(result, "by_hand", segment)
    assert all(found.measures["leaks"].value == 0 for found in result.policies.values())


def test_it_says_what_was_expected_and_what_came_out() -> None:
    expected = load("who-waits").scenario.expected
    assert expected.index("Written before the first run.") < expected.index("What came out")


CASES_THAT_A_LIFT_LETS_GO = [
    'orders.0.ends=[{ kind = "lifted", at = 2026-06-22T00:00:00-04:00 }]',
    'orders.0.standard={ kind = "leak_share", limit = 0.0 }',
    'documents.passport_old_record.proves={ citizen = "citizen", temporary = "temporary" }',
    "segments.foreign.documents={ passport_old_record = 1.0 }",
]
"""Foreign persons whose passports a reviewer must look at, some of whom wait when the order is lifted."""


def test_a_leak_by_waiting_alone_is_said_where_expected_values_have_none() -> None:
    loaded = load("who-waits", CASES_THAT_A_LIFT_LETS_GO)
    expected = run(loaded, policies=["by_hand"], engine="exact")
    assert expected.policies["by_hand"].measures["leaks"].value == 0
    assert "can leak by waiting alone" in expected.sentence
    assert "it, by_hand can leak by waiting alone" in run_html(expected)
    assert "by_hand can leak by waiting alone" in options_html(
        options(loaded, at="2026-06-20", policies=["by_hand"])
    )
    found = glance(loaded, question(loaded.scenario, policies=["by_hand"]))
    assert "may leak by waiting" in parts.policies(found)
    # Seed 1; that none of some 250 who wait leaks would have a probability of nothing: all are let go.
    simulated = run(loaded, policies=["by_hand"])
    assert simulated.policies["by_hand"].measures["leaks"].numerator > 0
