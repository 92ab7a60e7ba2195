"""Numbers in words: as many digits as an interval supports, and none that it does not."""

from __future__ import annotations

import math
from datetime import datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


_WHOLE = 100 - 1e-10
"""What is so near to all is all, but for rounding errors."""

SMALLEST = 0.0001
"""Percentages below it, or nearer to a hundred, are shown so: their digits would say more than any model knows."""

ROUNDING = 1e-12
"""A share that is nearer to one is one: sums of floating-point numbers are no better."""


def _exponent(x: float) -> int:
    """The power of ten of the first digit of a positive number."""
    return math.floor(math.log10(x) + 1e-12)


def _plain(x: float, decimals: int) -> str:
    """A number with at most so many decimals, no trailing zeros."""
    text = f"{x:,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _up(x: float, digits: int) -> float:
    """Round a positive number up to so many significant digits."""
    unit = 10.0 ** (_exponent(x) - digits + 1)
    # What is an exact multiple up to rounding errors stays.
    return math.ceil(x / unit - 1e-9) * unit


def _bound(percent: float) -> float:
    """A bound rounded up to a digit, or to two where one makes it all."""
    bound = _up(percent, 1)
    return bound if bound < 100 else _up(percent, 2)


def round_up(x: float, digits: int = 2) -> int:
    """A positive number rounded up to so many significant digits, as a whole number."""
    return max(1, round(_up(x, digits)))


def _decimals(value: float, low: float | None, high: float | None, least: float) -> int:
    """Decimals for a value: to the first digit of the half width; of ``least`` at least one digit stays."""
    keep = -_exponent(least) if least > 0 else 0
    if low is None or high is None or high <= low:
        return max(keep + 1, 2 - _exponent(value), 0) if value > 0 else 0
    return max(-_exponent((high - low) / 2), keep, 0)


def format_rate(
    value: float | None, low: float | None = None, high: float | None = None, structural: bool = False
) -> str:
    """A share in percent.

    Parameters
    ----------
    value, low, high
        The share and its interval; the value is None where it is undefined, the others where there is none.
    structural
        The share is 0 by the structure of the model, not only in a sample.

    Returns
    -------
    str
        For example ``"4.3 %"``, ``"0.012 %"``; ``"<0.005 %"`` where nothing was seen and there is a bound;
        ``"0 % (structural)"``; ``"undefined"``. Without an interval three digits are given. What is not quite
        0 % or 100 % is never rounded to it (``"<0.0001 %"``, ``">99.9999 %"``), but for errors of floating point.
    """
    if structural:
        return "0 % (structural)"
    if value is None:
        return "undefined"
    percent = 100 * value if 1 - value > ROUNDING else 100.0
    if percent <= 0:
        if high is None or high <= 0:
            return "0 %"
        bound = _bound(100 * high)
        return f"<{_plain(bound, 1 - _exponent(bound))} %" if bound < 100 else "0 %"
    if percent >= _WHOLE:
        if low is None or 100 * low >= _WHOLE:
            return "100 %"
        gap = _bound(100 * (1 - low))
        return f">{_plain(100 - gap, 1 - _exponent(gap))} %" if gap < 100 else "100 %"
    scaled = (None if low is None else 100 * low, None if high is None else 100 * high)
    if percent < SMALLEST and (high is None or 100 * high < SMALLEST):
        return f"<{_plain(SMALLEST, 6)} %"
    if 100 - percent < SMALLEST and (low is None or 100 * (1 - low) < SMALLEST):
        return f">{_plain(100 - SMALLEST, 6)} %"
    decimals = _decimals(percent, *scaled, least=min(percent, 100 - percent))
    return f"{percent:.{min(decimals, 12)}f} %"


def about_rate(value: float) -> str:
    """A share whose noise is not known: two digits, which is said to be about it (``"about 8.1 %"``)."""
    percent = 100 * value
    return f"about {_plain(percent, 1 - _exponent(percent))} %" if percent > 0 else "about 0 %"


def digits_of(value: float, low: float, high: float, most: int = 3) -> int:
    """Digits of a positive amount that its interval supports: to the first of the half width, at least one."""
    if high <= low:
        return most
    return min(max(_exponent(value) - _exponent((high - low) / 2) + 1, 1), most)


WIDE = 0.25
"""An interval is wide where an end is farther than this part of the value from it."""


def is_wide(value: float | None, low: float | None, high: float | None) -> bool:
    """Whether an interval says more than the digits of its value do; where nothing was seen the bound says it all."""
    if not value or low is None or high is None:
        return False
    return max(value - low, high - value) > WIDE * value


def format_interval(low: float, high: float) -> str:
    """The interval of a share, in percent without the sign.

    Parameters
    ----------
    low, high
        Its ends, as shares.

    Returns
    -------
    str
        See `format_span`: for example ``"0.5-2.0"``.
    """
    return format_span(100 * low, 100 * high, whole=True)


_FINEST = 4
"""Decimals of an end of an interval that is next to nothing beside its width; what is less is 0."""


def format_span(low: float, high: float, whole: bool = False) -> str:
    """Two ends of an interval.

    Parameters
    ----------
    low, high
        Its ends, in any unit.
    whole
        Whether they are to the unit at least, however wide the interval is.

    Returns
    -------
    str
        For example ``"0.5-2.0"``: to the first digit of the half width, as the value is shown, and to that of the low
        end where it would be 0 else.
    """
    if high <= low:
        return _plain(high, 2 - _exponent(high) if high > 0 else 0)
    decimals = max(-_exponent((high - low) / 2), 0 if whole else -12)
    if low > 0 and not round(low, decimals) and -_exponent(low) <= _FINEST:
        decimals = -_exponent(low)
    ends = (round(end, decimals) for end in (low, high))
    return "-".join(f"{end:,.{max(decimals, 0)}f}" for end in ends)


def format_count(
    value: float | None, low: float | None = None, high: float | None = None, digits: int = 3
) -> str:
    """An amount, with thousands separated.

    Parameters
    ----------
    value, low, high
        The amount and its interval, as in `format_rate`.
    digits
        Its digits where there is no interval.

    Returns
    -------
    str
        For example ``"12,300"``, ``"<40"``, ``"undefined"``.
    """
    if value is None:
        return "undefined"
    if value <= 0:
        return f"<{_plain(_up(high, 1), -_exponent(high))}" if high is not None and high > 0 else "0"
    if low is None or high is None or high <= low:
        decimals = digits - 1 - _exponent(value)
    else:
        decimals = max(-_exponent((high - low) / 2), -_exponent(value))
    return _plain(round(value, decimals), decimals)


def format_accounts(number: int, what: str = "account") -> str:
    """A number of accounts with its noun: ``"1 account"``, ``"12,300 accounts"``."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def format_value(value: float, span: float) -> str:
    """A value of a parameter, with digits that tell a thousandth of its range; with three if those were all noughts.

    Parameters
    ----------
    value, span
        The value and the width of its range, in one unit.
    """
    digits = 12 if span <= 0 else max(0, min(12, 3 - math.floor(math.log10(span))))
    text = f"{value:,.{digits}f}"
    if value and not float(text.replace(",", "")):
        return f"{value:.3g}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_limit(limit: float) -> str:
    """A limit in percent, exactly as it was set."""
    return f"{_plain(100 * limit, 10)} %"


def format_date(instant: datetime) -> str:
    """A date in words; the time of day where it is not midnight, in the instant's own zone."""
    date = f"{instant.day} {_MONTHS[instant.month - 1]} {instant.year}"
    if (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0):
        return date
    zone = instant.strftime("%z")
    return f"{date}, {instant:%H:%M} (UTC{zone[:3]}:{zone[3:5]})"
