"""Searches deliveries for text, in steps that take a bounded time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import json_text, parse_json

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.inspector.store import InspectorStore

STEP_SECONDS = 0.25


def search(store: InspectorStore, text: str, *, after: int = 0, before: int | None = None) -> dict[str, Any]:
    """Search bodies, paths and queries, newest first, without regard to case.

    Args:
        store: has the deliveries.
        text: what to look for.
        after: only deliveries with larger numbers.
        before: only deliveries with smaller numbers; None for all.

    Returns:
        ``numbers`` of those that match; ``newest``, the largest number searched, else ``after``; and
        ``before`` to go on with, None if all were searched.

    Raises:
        OSError: the recording cannot be read.
    """
    wanted = text.casefold()
    numbers = store.numbers(after=after, before=before)
    deadline = time.monotonic() + STEP_SECONDS
    newest = numbers[0] if numbers else after
    found: list[int] = []
    for record in store.read(numbers):
        if _matches(record.delivery, wanted):
            found.append(record.number)
        if time.monotonic() > deadline:
            return {"numbers": found, "newest": newest, "before": record.number}
    return {"numbers": found, "newest": newest, "before": None}


def _matches(delivery: Delivery, wanted: str) -> bool:
    if wanted in f"{delivery.path}?{delivery.query}".casefold():
        return True
    if wanted in delivery.body.decode("utf-8", "replace").casefold():
        return True
    return b"\\" in delivery.body and wanted in _unescaped(delivery.body).casefold()


def _unescaped(body: bytes) -> str:
    """Return JSON with its characters as they are, instead of as escape sequences."""
    try:
        return json_text(parse_json(body))
    except ValueError:
        return ""
