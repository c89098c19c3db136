"""How languages write the numbers that they have parsed."""

from __future__ import annotations

import math
from decimal import Decimal

_INT64 = range(-(2**63), 2**63)


def unchanged(number: str) -> str:
    return number


def python(number: str) -> str:
    return str(int(number)) if _is_integer(number) else repr(float(number))


def orjson(number: str) -> str:
    if _is_integer(number) and int(number) in range(-(2**63), 2**64):
        return str(int(number))
    return _double(number, fixed=range(-4, 17), point=".0", exponent="e{:+}", mantissa="")


def javascript(number: str) -> str:
    written = go(number)
    return "0" if written == "-0" else written


def go(number: str) -> str:
    """A float64 in an ``interface{}``."""
    return _double(number, fixed=range(-5, 22), point="", exponent="e{:+}", mantissa="")


def php(number: str) -> str:
    if _is_integer(number) and number != "-0" and int(number) in _INT64:
        return number
    return _double(number, fixed=range(-3, 18), point="", exponent="e{:+}", mantissa=".0")


def ruby(number: str) -> str:
    if _is_integer(number):
        return str(int(number))
    return _double(number, fixed=range(-3, 17), point=".0", exponent="e{:+03}", mantissa=".0")


def java(number: str) -> str:
    """Integers of any size, and doubles."""
    return str(int(number)) if _is_integer(number) else java_double(number)


def java_double(number: str) -> str:
    """``Double.toString``, also for integers, as Gson reads them into an Object."""
    return _double(number, fixed=range(-2, 8), point=".0", exponent="E{}", mantissa=".0")


def java_decimal(number: str) -> str:
    """A BigDecimal as org.json writes it, without zeros at the end of the fraction."""
    if _is_integer(number):
        return number
    text = str(Decimal(number))
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def _is_integer(number: str) -> bool:
    return number.lstrip("-").isdigit()


def _double(number: str, *, fixed: range, point: str, exponent: str, mantissa: str) -> str:
    """Write a double with the fewest digits.

    Args:
        number: as in JSON.
        fixed: the positions of the point, counted from before the first digit, without an exponent.
        point: what follows a whole number.
        exponent: the format of the exponent.
        mantissa: what follows a mantissa of one digit.

    Raises:
        ValueError: it is too large for a double.
    """
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0{point}"
    _, figures, power = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, figures))
    at = len(digits) + int(power)
    if at not in fixed:
        fraction = f".{digits[1:]}" if digits[1:] else mantissa
        return f"{sign}{digits[0]}{fraction}{exponent.format(at - 1)}"
    if at <= 0:
        return f"{sign}0.{'0' * -at}{digits}"
    whole, rest = digits[:at].ljust(at, "0"), digits[at:]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}{point}"
