"""What a response's headers call the request, for Jebbit's support to find it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-trace-id",
    "cf-ray",
)
"""Those of the application come before those of the networks in front of it."""
_DURATION_HEADERS = ("x-runtime",)
_VALID = re.compile(r"[!-~]{1,200}")


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the request's id from the headers of its response, None if they contain none."""
    return next((value for _, value in _found(headers, _ID_HEADERS)), None)


def trace_text(headers: Mapping[str, str]) -> str:
    """Return all headers that identify or time the request, as the log shows them; empty without any."""
    return "".join(f", {name} {value}" for name, value in _found(headers, _ID_HEADERS + _DURATION_HEADERS))


def _found(headers: Mapping[str, str], names: tuple[str, ...]) -> list[tuple[str, str]]:
    values = ((name, headers.get(name, "")) for name in names)
    return [(name, value) for name, value in values if _VALID.fullmatch(value)]
