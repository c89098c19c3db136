"""JSON that was parsed and written again, or of which only a part was signed."""

from __future__ import annotations

import json
import math
from itertools import islice, permutations, product
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import count_json_values, load_json
from jebbitctl.webhooks.explain.causes import Cause, Change
from jebbitctl.webhooks.json_variants import json_variants
from jebbitctl.webhooks.json_variants.document import LITERALS, Number, parse
from jebbitctl.webhooks.json_variants.strings import ASCII, HTML, RAW, SLASHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.json_variants.strings import StringStyle

    Alternatives = Callable[[str], list[str]]

_MAX_ALTERNATIVES = 11_000
"""As many as the orders of 7 keys in one object and 2 in another. More orders or numbers are not tried."""
_MAX_VALUES = 100_000
_MAX_BYTES = 16 * 1024
_MAX_EVENT_NUMBER = 10
_EXACT = 2**53
"""Up to here, a double holds every integer."""


def rewritten(body: bytes, *, further_styles: bool = True) -> Iterator[Change]:
    """Yield the same JSON as serialisers write it, and in styles that no library is known for.

    Nothing is tried for bodies with very many values.
    """
    if count_json_values(body) > _MAX_VALUES:
        return
    for variant in json_variants(body):
        if variant.language is None and not further_styles:
            return
        yield Change(Cause.JSON_REWRITTEN, variant.body, variant.style)


def restored(body: bytes) -> Iterator[Change]:
    """Yield the same JSON with its keys in other orders and its numbers in the spellings that parsing loses.

    Nothing is tried for bodies that are large or have too many keys or numbers.
    """
    if len(body) > _MAX_BYTES:
        return
    try:
        value = parse(body)
        for name, orders, numbers in (
            ("numbers written in another way", False, _spellings),
            ("large integers with all their digits", False, _neighbours),
            ("keys in another order", True, _as_it_is),
            ("keys in another order, numbers written in another way", True, _spellings),
        ):
            if _count(value, numbers, orders=orders) > _MAX_ALTERNATIVES:
                continue
            for style in (RAW, HTML, ASCII, SLASHES):
                for text in _write(value, style, numbers, orders=orders):
                    yield Change(Cause.JSON_REWRITTEN, text.encode("utf-8", "surrogatepass"), name)
                if _count(value, numbers, orders=orders) > _MAX_ALTERNATIVES // 10:
                    break
    except ValueError:
        return


def parts(body: bytes) -> Iterator[Change]:
    """Yield the members of a JSON object alone, and documents of which the body may be a member."""
    try:
        document = load_json(body)
    except ValueError:
        return
    if not isinstance(document, dict):
        return
    for name, member in islice(document.items(), 20):
        for options in _PART_STYLES if isinstance(member, dict | list) else _PART_STYLES[:1]:
            text = member if isinstance(member, str) else json.dumps(member, **options)
            yield Change(Cause.JSON_PART, text.encode("utf-8", "surrogatepass"), f"the member {name[:40]}")
    whole = body.strip()
    for event in (*range(_MAX_EVENT_NUMBER), None):
        suffix = b"}" if event is None else b',"event":{"event_number":%d}}' % event
        yield Change(Cause.JSON_PART, b'{"data":' + whole + suffix, "the member data", by_signer=True)


_PART_STYLES: tuple[dict[str, Any], ...] = (
    {"ensure_ascii": False, "separators": (",", ":")},
    {"separators": (",", ":")},
    {},
    {"ensure_ascii": False},
    {"ensure_ascii": False, "indent": 2},
)


def _count(value: Any, numbers: Alternatives, *, orders: bool) -> int:
    """Return how many texts :func:`_write` yields."""
    if isinstance(value, Number):
        return len(numbers(value))
    if not isinstance(value, dict | list):
        return 1
    members = value.values() if isinstance(value, dict) else value
    count = math.prod(_count(member, numbers, orders=orders) for member in members)
    return count * math.factorial(min(len(value), 20)) if orders and isinstance(value, dict) else count


def _write(value: Any, style: StringStyle, numbers: Alternatives, *, orders: bool) -> Iterator[str]:
    """Yield every way to write a value, without spaces."""
    if isinstance(value, Number):
        yield from numbers(value)
    elif isinstance(value, str):
        yield style.encode(value)
    elif isinstance(value, dict):
        members = [
            [f"{style.encode(key)}:{text}" for text in _write(member, style, numbers, orders=orders)]
            for key, member in value.items()
        ]
        for arranged in permutations(members) if orders else [tuple(members)]:
            for texts in product(*arranged):
                yield "{" + ",".join(texts) + "}"
    elif isinstance(value, list):
        elements = [list(_write(element, style, numbers, orders=orders)) for element in value]
        for texts in product(*elements):
            yield "[" + ",".join(texts) + "]"
    else:
        yield LITERALS[value]


def _as_it_is(number: str) -> list[str]:
    return [number]


def _spellings(number: str) -> list[str]:
    """Return a number as it is and as it may have been before a language parsed it."""
    value = float(number)
    if not math.isfinite(value) or abs(value) >= _EXACT or "e" in number.lower():
        return [number]
    if not value.is_integer():
        return [number, f"{number}0", f"{number}00"]
    whole = str(int(value))
    digits = whole.rstrip("0")
    zeros = len(whole) - len(digits)
    exponents = [f"{digits}{e}{zeros}" for e in ("e", "E", "e+", "E+")] if zeros and value else []
    return list(dict.fromkeys([number, f"{whole}.0", f"{whole}.00", whole, *exponents]))


def _neighbours(number: str) -> list[str]:
    """Return the integers that become this one when they are parsed as a double."""
    value = float(number)
    if not value.is_integer() or not _EXACT <= abs(value) < 2**63:
        return [number]
    center, step = int(value), int(math.ulp(value))
    return [
        number,
        *(str(other) for other in range(center - step, center + step + 1) if float(other) == value),
    ]
