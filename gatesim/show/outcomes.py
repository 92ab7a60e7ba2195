"""Outcomes and amounts in a word or two, as tables have them."""

from __future__ import annotations

from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import digits_of, format_interval, format_rate, is_wide
from gatesim.measures.rows import Row
from gatesim.show.tables import unit_of

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
    """An amount of US dollars with the digits that its interval supports; where that is wide, it stands below it."""
    if amount.value is None:
        return "-"
    if amount.value <= 0:
        return f"<${_money(amount.high)}" if amount.high else "$0"
    if amount.low is None or amount.high is None:
        return f"${_money(amount.value)}"
    if is_wide(amount.value, amount.low, amount.high):
        low, value, high = (_money(one, 2) for one in (amount.low, amount.value, amount.high))
        return f"${value}\n({low} to {high})"
    return f"${_money(amount.value, digits_of(amount.value, amount.low, amount.high))}"


def _money(amount: float, digits: int = 3) -> str:
    """An amount in so many digits, with its unit."""
    rounded = float(f"{amount:.{digits}g}")
    if rounded < 1:
        return f"{rounded:g}"
    size, unit = (1e12, " T") if rounded >= 1e12 else unit_of(rounded)
    before = len(f"{rounded / size:.0f}")
    return f"{rounded / size:,.{max(digits - before, 0)}f}{unit}"


def rate(measure: Measure, structural_zero: bool = False) -> str:
    """A ratio in percent, with the digits that its interval supports."""
    if measure.value is None:
        return "-"
    if structural_zero:
        return "0 %"
    return format_rate(measure.value, measure.low, measure.high)


def noisy(measure: Measure, structural_zero: bool = False, threshold: float | None = None) -> str:
    """A ratio, and below it in brackets its interval, where that is wide or a threshold lies within it."""
    text = rate(measure, structural_zero)
    if structural_zero or not _says_more(measure, threshold):
        return text
    assert measure.low is not None
    assert measure.high is not None
    return f"{text}\n({format_interval(measure.low, measure.high)})"


def _says_more(measure: Measure, threshold: float | None) -> bool:
    """Whether the interval is wide, or noise leaves open on which side of a threshold the value is."""
    if measure.low is None or measure.high is None or not measure.value:
        return False
    around = threshold is not None and measure.low < threshold < measure.high
    return around or is_wide(measure.value, measure.low, measure.high)
