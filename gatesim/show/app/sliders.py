"""How levers look as sliders: which values they offer, in percent where they are shares."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isclose, log10

from gatesim.show.app.levers import Lever

STEPS = 200
"""About so many steps a slider has."""

FEW = 4
"""So many levers of a group are shown, and those that differ, until more are asked for."""


@dataclass(frozen=True)
class Slider:
    """A slider of a lever.

    Attributes
    ----------
    low, high, step
        Its ends and its step, in the unit shown.
    at
        Where it stands, in the unit shown.
    options
        The values that it offers where it goes by factors; empty where it goes by steps.
    digits
        Decimals that are shown.
    """

    low: float
    high: float
    step: float
    at: float
    options: tuple[float, ...]
    digits: int


def shown(lever: Lever, value: float) -> float:
    """A value in the unit that is shown."""
    return round(100 * value, 10) if lever.is_share else value


def meant(lever: Lever, number: float) -> float:
    """The value of a number that is shown."""
    return round(number / 100, 12) if lever.is_share else float(number)


def slider(lever: Lever, value: float, wide: bool) -> Slider:
    """The slider of a lever.

    Parameters
    ----------
    lever
        The lever.
    value
        Where it stands.
    wide
        Whether it goes beyond (`Lever.ends`); else it spans the plausible range, and where it stands.
    """
    ends = lever.ends if wide else (lever.parameter.low, lever.parameter.high)
    low = shown(lever, min(*ends, lever.base, value))
    high = shown(lever, max(*ends, lever.base, value))
    at = shown(lever, value)
    if lever.is_log:
        options = _by_factors(lever, low, high, at)
        return Slider(low, high, 0.0, at, options, 6)
    if lever.parameter.whole:
        step = float(max(1, round(_nice((high - low) / STEPS))))
        return Slider(low, max(high, low + 1), step, at, (), 0)
    step = _nice((high - low) / STEPS)
    digits = max(0, -floor(log10(step) + 1e-9), _decimals(at), _decimals(low), _decimals(high))
    return Slider(low, high, step, at, (), min(digits, 6))


def _nice(step: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten that is not larger, at least 1e-6."""
    if step <= 1e-6:
        return 1e-6
    power = 10.0 ** floor(log10(step) + 1e-9)
    best = max(k for k in (1, 2, 5) if k * power <= step * (1 + 1e-9))
    return round(best * power, 9)


def _decimals(number: float) -> int:
    text = f"{number:.6f}".rstrip("0")
    return len(text.partition(".")[2])


def _by_factors(lever: Lever, low: float, high: float, at: float) -> tuple[float, ...]:
    """1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times each power of ten, the ends, the base, and where it stands."""
    found = {low, high, at, shown(lever, lever.base)}
    start = low if low > 0 else shown(lever, lever.parameter.low)
    if lever.limits[0] == 0 and lever.name == "limit":
        found.add(0.0)
    power = 10.0 ** floor(log10(start))
    while power <= high:
        for k in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8):
            number = round(k * power, 9)
            if start <= number <= high and lever.allows(meant(lever, number)):
                found.add(number)
        power *= 10
    unique: list[float] = []
    for number in sorted(found):
        if not unique or not isclose(number, unique[-1], rel_tol=1e-9, abs_tol=1e-12):
            unique.append(number)
        elif number in (at,):
            unique[-1] = number
    return tuple(unique)
