"""Outcomes and amounts in a word or two, as tables have them."""

from __future__ import annotations

from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import is_wide
from gatesim.measures.rows import Row
from gatesim.show.tables import compact

SHORT = {
    "gate_available": "{best}",
    "only_not_ready": "not ready: {best}",
    "only_below_floor": "below floor: {best}",
    "no_gate_meets_limit": "none",
    "cannot_tell": "cannot tell",
}

AT_BEST = {"only_not_ready": "not ready at best", "only_below_floor": "below floor at best"}
"""Where noise leaves open less than whether a gate is available: what would be the outcome at best."""

IN_BRACKETS = "In brackets the 95 % interval of the simulation's noise, where it is wide."
"""What a table says whose amounts `dollars` writes."""


def outcome_words(row: Row) -> str:
    """An outcome in a word or two; of one that noise leaves open what is sure all the same."""
    if row.outcome == "cannot_tell" and row.at_best in AT_BEST:
        return AT_BEST[row.at_best]
    return SHORT[row.outcome].format(best=row.best)


def dollars(amount: Measure) -> str:
    """An amount of US dollars in three digits; below it in brackets its interval, where that is wide."""
    if amount.value is None:
        return "-"
    if amount.value <= 0:
        return f"<${_money(amount.high)}" if amount.high else "$0"
    text = f"${_money(amount.value)}"
    if amount.low is None or amount.high is None or not is_wide(amount.value, amount.low, amount.high):
        return text
    return f"{text}\n({_money(amount.low)} to {_money(amount.high)})"


def _money(amount: float) -> str:
    if amount < 1e12:
        return compact(amount)
    trillions = amount / 1e12
    if trillions >= 999.5:
        trillions = float(f"{trillions:.3g}")
    decimals = 2 if trillions < 9.995 else 1 if trillions < 99.95 else 0
    return f"{trillions:,.{decimals}f} T"
