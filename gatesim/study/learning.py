"""What an operator learns from what its policies bring to light: outcomes of checks, and what audits find.

Both are taken at their expectation under the truth, as readings are (see `gatesim.study.plan`):

- of checks, outcomes o of those that the policy in place opened, drawn at random among all accounts:
  n * sum over o of p(o) log q(o | world);
- of an audit, the number of leaks j of each test account, for each segment that has test accounts:
  accounts * sum over j of P(j) log Q(j | world), with the law of `gatesim.measures.audits.of_one_account`.

P and p are those in truth, Q and q those of a world; each sum is largest for a world in which they are as in truth
(Gibbs' inequality). They are those of the policy over all the time in force, as if it had been in place throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import END_FALLBACK, END_REFUSED, Expected
from gatesim.law.law import Law, microseconds, order_end_us
from gatesim.measures.audits import of_one_account
from gatesim.measures.ledger import FAILED_CHECK, GAVE_UP, NO_ANSWER, NO_DOCUMENT
from gatesim.scenario.operator import Operator
from gatesim.scenario.orders import Audit, Order
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY

Floats = NDArray[np.float64]

OUTCOMES = ("passed", "check_failed", "no_document", "no_answer", "gave_up")
"""What becomes of a check: a document was presented and accepted; presented and not accepted; none was; ..."""

_FAILURES = (FAILED_CHECK, NO_DOCUMENT, NO_ANSWER, GAVE_UP)


@dataclass(frozen=True)
class Shows:
    """What a policy would bring to light in one world.

    Attributes
    ----------
    outcomes
        float64[outcome]: the distribution of the outcomes of its checks; zeros where it opens none.
    checks
        Checks a day among all accounts represented, on average over the time in force.
    leak_rates
        Number of the order -> segment -> leak rate of restricted needs; None where there are none.
    """

    outcomes: Floats
    checks: float
    leak_rates: Mapping[int, Mapping[str, float | None]]


def outcomes_of_checks(expected: Expected) -> Floats:
    """Expected numbers of checks by outcome, as in `OUTCOMES`; queue and leaving are left out.

    A need that opened a check ends with the reason for which that failed; all others passed.
    """
    totals = expected.counts.sum(axis=(0, 1, 2, 3))
    failed = [float(totals[END_REFUSED[r]] + totals[END_FALLBACK[r]]) for r in _FAILURES]
    return np.array([max(float(expected.asked.sum()) - sum(failed), 0.0), *failed])


def days_in_force(law: Law, begin_us: int, end_us: int) -> float:
    """Days between two instants in which an order in force names a model."""
    inside = (
        min(epoch.end_us, end_us) - max(epoch.start_us, begin_us) for epoch in law.epochs if epoch.named.any()
    )
    return sum(max(length, 0) for length in inside) / DAY


def likelihood(truth: Floats, believed: Floats) -> float:
    """The expected logarithm of a world's probability of one observation; -inf where it rules out what occurs."""
    seen = truth > 0
    with np.errstate(divide="ignore"):
        return float(truth[seen] @ np.log(believed[seen]))


def round_instants(scenario: Scenario, order: Order, audit: Audit) -> list[int]:
    """Instants of the rounds of an audit that are inside the window and while its order is in force."""
    begin = max(microseconds(scenario, order.issued) + order.grace, 0)
    end = min(order_end_us(scenario, order), scenario.length)
    first = begin if audit.at is None else microseconds(scenario, audit.at)
    if audit.every is None:
        return [first] if begin <= first < end else []
    skipped = max(0, -(-(begin - first) // audit.every))
    return list(range(first + skipped * audit.every, end, audit.every))


class Evidence:
    """What has been learnt since the order, besides readings: for each world the sum of its logarithms.

    Parameters
    ----------
    scenario, operator, law
        The scenario in truth; its operator; its law.
    truth, believed
        What each policy shows in truth, and in each world.
    """

    def __init__(
        self,
        scenario: Scenario,
        operator: Operator,
        law: Law,
        truth: Mapping[str, Shows],
        believed: Sequence[Mapping[str, Shows]],
    ) -> None:
        self._operator, self._law, self._truth, self._believed = operator, law, truth, believed
        self._rounds = [
            (instant, number, place, audit)
            for number, order in enumerate(scenario.orders)
            for place, audit in enumerate(order.audits)
            for instant in round_instants(scenario, order, audit)
            if operator.audits
        ]
        self._met: dict[tuple[int, int, str], int] = {}
        self.sums: Floats | None = None
        """None: nothing was seen yet."""

    def see(self, begin_us: int, end_us: int, policy: str | None) -> None:
        """Look at what comes to light between two instants under the policy in place; None: the gate is open."""
        if policy is None or policy not in self._truth:
            return  # who serves everybody, or nobody, sees the same in every world
        self._see_checks(begin_us, end_us, policy)
        for instant, number, place, audit in self._rounds:
            if begin_us <= instant < end_us:
                before = self._met.get((number, place, policy), 0) if audit.accounts == "kept" else 0
                self._met[number, place, policy] = before + 1
                self._see_round(number, audit, before, policy)

    def _see_checks(self, begin_us: int, end_us: int, policy: str) -> None:
        truth = self._truth[policy]
        looked_at = min(float(self._operator.checks), truth.checks)
        count = looked_at * days_in_force(self._law, begin_us, end_us)
        if count > 0:
            self._add([count * likelihood(truth.outcomes, one[policy].outcomes) for one in self._believed])

    def _see_round(self, number: int, audit: Audit, before: int, policy: str) -> None:
        """One round of an audit; its accounts have been tried so many times under the policy."""
        # Without a word on how alike needs are the test accounts tell least: all needs of one fare the same.
        alike = 1.0 if audit.alike is None else audit.alike
        sums = np.zeros(len(self._believed))
        for segment, accounts in audit.segments.items():
            rate = self._truth[policy].leak_rates[number][segment]
            thought = [one[policy].leak_rates[number][segment] for one in self._believed]
            known = [one for one in thought if one is not None]
            if rate is None or len(known) < len(thought):
                continue  # nobody of the segment has a restricted need
            for times, sign in ((before + 1, 1.0), (before, -1.0)):
                if times:
                    law = of_one_account(rate, audit.needs * times, alike)
                    each = [likelihood(law, of_one_account(one, audit.needs * times, alike)) for one in known]
                    # What is ruled out stays so.
                    sums += sign * accounts * np.where(np.isfinite(each) | (sign > 0), each, 0.0)
        if sums.any():
            self._add(sums)

    def _add(self, sums: Sequence[float] | Floats) -> None:
        self.sums = np.asarray(sums) if self.sums is None else self.sums + np.asarray(sums)
