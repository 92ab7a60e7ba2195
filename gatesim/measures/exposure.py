"""Statutory exposure: the most that the law can ask for violations. An upper bound, not an expectation.

A violation costs at most the larger of a fixed amount and a multiple of the transaction. What one violation is
(each need, each person, each account) is unsettled, so it is a choice, and all three are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gatesim.measures.definitions import Measure
from gatesim.scenario.orders import Exposure

Unit = Literal["need", "person", "account"]

VIOLATIONS: Mapping[Unit, str] = {
    "need": "leaks",
    "person": "people_leaked",
    "account": "accounts_leaked",
}
"""The measure that counts violations, by what one is."""


@dataclass(frozen=True)
class Bound:
    """The most that can be asked, for one way to count violations.

    Attributes
    ----------
    unit
        What one violation is.
    violations
        How many there are, among all represented accounts.
    civil, criminal
        US dollars at most; the criminal one where every violation is wilful.
    """

    unit: Unit
    violations: Measure
    civil: Measure
    criminal: Measure

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "unit": self.unit,
            "violations": self.violations.to_dict(),
            "civil": self.civil.to_dict(),
            "criminal": self.criminal.to_dict(),
        }


def civil_amount(exposure: Exposure) -> float:
    """US dollars a violation: the larger of the fixed amount and the multiple of the transaction."""
    return max(exposure.civil_penalty, exposure.transaction_multiple * exposure.transaction)


def bounds(exposure: Exposure, measures: Mapping[str, Measure]) -> dict[Unit, Bound]:
    """The most that can be asked, by what one violation is.

    Parameters
    ----------
    exposure
        Amounts.
    measures
        Name -> measure.

    Returns
    -------
    dict
        For the units whose violations were counted.
    """
    found: dict[Unit, Bound] = {}
    for unit, name in VIOLATIONS.items():
        if name in measures:
            count = measures[name]
            found[unit] = Bound(
                unit,
                count,
                _dollars("civil_exposure", count, civil_amount(exposure)),
                _dollars("criminal_exposure", count, exposure.criminal_penalty),
            )
    return found


def _dollars(name: str, count: Measure, amount: float) -> Measure:
    def times(x: float | None) -> float | None:
        return None if x is None else amount * x

    return Measure(
        name,
        count.numerator,
        count.denominator,
        times(count.value),
        times(count.low),
        times(count.high),
        count.one_sided,
        count.note,
        count.scale * amount,
    )
