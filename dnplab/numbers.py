"""Numbers in words: rounded to what their errors leave known, a dash where there is none."""

from __future__ import annotations

import math
from datetime import UTC, datetime

__all__ = ["NONE", "duration", "number", "utc", "with_error", "with_interval"]

NONE = "–"
DIGITS = 2  # of an error, and of the width of an interval
EXACT = 1e-9  # of a value: an error below it is rounding
MOST_DECIMALS = 6  # beyond, a power of ten is shorter


def number(value: object) -> str:
    """A number in up to six digits, anything else as it is, nothing as a dash."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NONE if value is None or value == "" else str(value)
    return f"{value:.6g}" if math.isfinite(value) else NONE


def with_error(value: float, error: float) -> str:
    """0.02049, 0.00268 is "0.0205 ± 0.0027"; a value without a known error has four digits."""
    if not math.isfinite(value):
        return NONE
    if not math.isfinite(error):
        return f"{value:.4g}"
    if error <= EXACT * abs(value):
        return f"{value:.6g} ± 0"
    power = _power(value, error)
    decimals = _decimals(error, power)
    text = " ± ".join(_fixed(part / 10**power, decimals) for part in (value, error))
    return f"({text})·10^{power}" if power else text


def with_interval(value: float, lower: float, upper: float) -> str:
    """4.0412, 3.488, 4.771 is "4.04 [3.49, 4.77]"; without a known interval, four digits."""
    if not math.isfinite(value):
        return NONE
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return f"{value:.4g}"
    if upper - lower <= EXACT * abs(value):
        return f"{value:.6g} [{lower:.6g}, {upper:.6g}]"
    half = (upper - lower) / 2
    power = _power(value, half)
    decimals = _decimals(half, power)
    a, b, c = (_fixed(part / 10**power, decimals) for part in (value, lower, upper))
    return f"({a} [{b}, {c}])·10^{power}" if power else f"{a} [{b}, {c}]"


def _fixed(value: float, decimals: int) -> str:
    """With so many decimals; what they round to zero has no sign."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def _power(value: float, error: float) -> int:
    """The power of ten to write in front of: 0 unless the digits that are known are far from the point."""
    largest = max(abs(value), error)
    outside = _decimals(error, 0) > MOST_DECIMALS or largest >= 10**MOST_DECIMALS
    return math.floor(math.log10(largest)) if outside else 0


def _decimals(error: float, power: int) -> int:
    return max(0, DIGITS - 1 - math.floor(math.log10(error)) + power)


def duration(seconds: float) -> str:
    """42 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def utc(milliseconds: float) -> str:
    """A moment, in ms since 1970, as "2026-03-01 14:05 UTC"."""
    return f"{datetime.fromtimestamp(milliseconds / 1e3, UTC):%Y-%m-%d %H:%M} UTC"
