"""Recordings for the tests of what reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jebbitctl.webhooks import sign, verify
from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
from jebbitctl.webhooks.recordings.lines import to_line
from jebbitctl.webhooks.recordings.reading import RecordedDelivery

from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START = 1_790_000_000
"""2026-09-21T14:13:20Z."""
URL = "http://localhost:3000/jebbit"


def delivered(
    body: bytes | Mapping[str, Any] = b"{}",
    *,
    time: float = START,
    key: str = SECRET,
    headers: Mapping[str, str] | None = None,
    **attributes: Any,
) -> Delivery:
    """Return a delivery that was received at a time, verified with ``SECRET``; ``key`` signed it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = sign(key, raw, timestamp=int(time))
    verification = verify(SECRET, raw, signature, now=time)
    return Delivery(
        time=time,
        body=raw,
        headers={"host": "localhost:8787", "x-jebbit-signature": signature, **(headers or {})},
        verification=verification,
        **{"test": False, "repeat": False, "status": 200 if verification else 403, **attributes},
    )


def outcome(status: int | None = 200, milliseconds: float = 3.0, **attributes: Any) -> ForwardOutcome:
    error = None if status else "connection refused"
    return ForwardOutcome(URL, status, milliseconds, **{"error": error, **attributes})


def numbered(*deliveries: Delivery, forwards: Sequence[ForwardOutcome] = ()) -> list[RecordedDelivery]:
    """Return deliveries as they are read from a recording."""
    return [RecordedDelivery(number, one, tuple(forwards)) for number, one in enumerate(deliveries, start=1)]


def save(path: Path, *lines: Delivery | bytes) -> str:
    """Write a recording; return its path for a command line."""
    path.write_bytes(b"".join(line if isinstance(line, bytes) else to_line(line) for line in lines))
    return str(path)
