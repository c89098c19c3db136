"""Recorded deliveries as JSON objects and table rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

COLUMNS = ("number", "time", "reason", "kind", "bytes", "forwarded", "secret", "path")


def to_row(record: RecordedDelivery) -> dict[str, Any]:
    """Return a delivery as a table row with COLUMNS."""
    delivery = record.delivery
    return {
        "number": record.number,
        "time": rfc3339(delivery.time),
        "reason": str(delivery.verification.reason),
        "kind": kind(delivery),
        "bytes": len(delivery.body) + delivery.omitted_bytes,
        "forwarded": forwarded(record),
        "secret": delivery.secret,
        "path": target(delivery),
    }


def to_json(record: RecordedDelivery) -> dict[str, Any]:
    """Return a delivery as a JSON object, without its headers and body."""
    from dataclasses import asdict

    delivery, verification = record.delivery, record.delivery.verification
    forwards = record.forwards
    return {
        "number": record.number,
        "time": rfc3339(delivery.time, "microseconds"),
        "id": delivery.id or None,
        "ok": verification.valid,
        "reason": str(verification.reason),
        "status": delivery.status or None,
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "method": delivery.method,
        "path": delivery.path,
        "query": delivery.query,
        "bytes": len(delivery.body) + delivery.omitted_bytes,
        "omitted_bytes": delivery.omitted_bytes,
        "secret": delivery.secret,
        "masked": delivery.masked,
        "forwards": None if forwards is None else [asdict(outcome) for outcome in forwards],
    }


def kind(delivery: Delivery) -> str:
    """Return the kind of a delivery, and ``repeat`` if it was received before."""
    return f"{delivery.kind}{' repeat' if delivery.repeat else ''}"


def target(delivery: Delivery) -> str:
    """Return the path with its query."""
    return f"{delivery.path}?{delivery.query}" if delivery.query else delivery.path


def forwarded(record: RecordedDelivery) -> str | None:
    """Return the status of each forward, ``failed`` without one; None if the delivery was not forwarded."""
    if record.forwards is None:
        return "unknown"
    return ", ".join(str(outcome.status or "failed") for outcome in record.forwards) or None
