"""A strategy and its switches of policy: the two simulating engines agree on it, need for need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests import licensing, switching
from tests.kept_cases import Case, hold_together

CASES, STREAM = 100, 41
LICENSED = 30


def hold(
    cases: int,
    case_of: Callable[[list[int]], Case],
    happenings: Callable[[Case], Counter[str]],
    least: dict[str, float],
) -> None:
    """Hold the engines together on random cases, and count the cases in which things happen."""
    seen: Counter[str] = Counter()
    for number in range(cases):
        case = case_of([STREAM, number])
        hold_together(case)
        seen.update(set(happenings(case)))
    shares = {what: seen[what] / cases for what in least | seen}
    print("".join(f"\n{share:7.1%}  {what}" for what, share in shares.items()))
    assert seen.keys() <= least.keys()
    assert not [what for what, wanted in least.items() if shares[what] < wanted]


@pytest.mark.timeout(1800)
@pytest.mark.no_cover
def test_fast_and_reference_agree_on_switches() -> None:
    hold(CASES, switching.switching_case, switching.happenings, switching.LEAST)


@pytest.mark.timeout(1800)
@pytest.mark.no_cover
def test_fast_and_reference_agree_under_licences() -> None:
    """Granted for certain or by chance, before a desk or not, for a channel or for people, until a date or the end."""
    hold(LICENSED, licensing.licensed_case, licensing.happenings, licensing.LEAST)
