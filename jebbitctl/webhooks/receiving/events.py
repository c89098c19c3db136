"""What happens while deliveries are received: one feed of events, and their form in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.util.redaction import redact_headers
from jebbitctl.util.text import parse_json
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.receiving.forwarding import is_forwarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery has arrived.

    Attributes:
        number: counts the deliveries from 1.
        delivery: the delivery; its status is the response's, if that is known.
        answered: whether the response is known; False while it is to be the one of the app.
    """

    number: int
    delivery: Delivery
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A delivery has been forwarded to one URL, or that has failed.

    Attributes:
        number: as in :class:`Arrived`.
        delivery: the delivery.
        outcome: what became of it.
        answer: the HTTP status that the sender got because of it; None if the sender has another answer.
    """

    number: int
    delivery: Delivery
    outcome: ForwardOutcome
    answer: int | None = None


Event: TypeAlias = Arrived | Forwarded


class Feed:
    """Passes events on to its subscribers, in the thread in which they happen."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, subscriber: Callable[[Event], None]) -> None:
        """Pass each further event on to ``subscriber``, which must be fast, thread-safe, and not raise."""
        self._subscribers.append(subscriber)

    def publish(self, event: Event) -> None:
        for subscriber in self._subscribers:
            subscriber(event)


def to_document(event: Event, *, with_content: bool = True) -> dict[str, Any]:
    """Return an event as a JSON object; of a delivery, headers and body only ``with_content``."""
    if isinstance(event, Arrived):
        return _arrived(event, with_content=with_content)
    outcome = event.outcome
    ok = is_forwarded(outcome)
    return {
        "event": "forwarded" if ok else "forward_failed",
        "number": event.number,
        "id": event.delivery.id,
        "url": outcome.url,
        "ok": ok,
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
        "attempts": outcome.attempts,
        "response": outcome.response,
        "error": outcome.error,
        "answer": event.answer,
    }


def decode(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return parse_json(text)
    except ValueError:
        return text


def _arrived(event: Arrived, *, with_content: bool) -> dict[str, Any]:
    delivery, verification = event.delivery, event.delivery.verification
    document = {
        "event": "delivery",
        "number": event.number,
        "id": delivery.id,
        "time": rfc3339(delivery.time),
        "method": delivery.method,
        "path": delivery.path,
        "query": delivery.query,
        "ok": verification.valid,
        "status": delivery.status if event.answered else None,
        "reason": str(verification.reason),
        "secret": delivery.secret,
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "bytes": len(delivery.body) + delivery.omitted_bytes,
    }
    if with_content:
        document |= {"headers": redact_headers(delivery.headers), "body": decode(delivery.body)}
        if delivery.omitted_bytes:
            document["omitted_bytes"] = delivery.omitted_bytes
    return document
