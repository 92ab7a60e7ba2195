"""A strategy and its switches of policy: the two simulating engines agree on it, need for need."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.kept_cases import hold_together
from tests.switching import LEAST, happenings, switching_case

CASES, STREAM = 100, 41


@pytest.mark.timeout(1800)
@pytest.mark.no_cover
def test_fast_and_reference_agree_on_switches() -> None:
    seen: Counter[str] = Counter()
    for number in range(CASES):
        case = switching_case([STREAM, number])
        hold_together(case)
        seen.update(set(happenings(case)))
    shares = {what: seen[what] / CASES for what in LEAST | seen}
    print("".join(f"\n{share:7.1%}  {what}" for what, share in shares.items()))
    assert seen.keys() <= LEAST.keys()
    assert not [what for what, least in LEAST.items() if shares[what] < least]
