"""A delivery with all that the page shows of it, as a JSON object without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.redaction import redact_headers, scrub_registered
from jebbitctl.util.text import count_json_values, escape_controls, indented_json, parse_json
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.curl_command import curl_command
from jebbitctl.webhooks.receiving.forwarding import is_forwarded
from jebbitctl.webhooks.signature import Reason

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

MAX_SHOWN_CHARACTERS = 256 * 1024
"""How much of a body the page gets."""
_MAX_INDENTED_VALUES = 20_000
"""A body with more values is shown as it is: indentation can multiply its size."""
_VERDICTS = {
    Reason.OK: "The signature is valid.",
    Reason.MISMATCH: "The signature does not belong to this body and shared secret.",
    Reason.MALFORMED_HEADER: "The signature header is missing or malformed.",
    Reason.STALE: "The signature's timestamp was too old.",
    Reason.FUTURE: "The signature's timestamp was in the future.",
}


def to_details(record: RecordedDelivery) -> dict[str, Any]:
    """Return everything about a delivery but its explanation; control characters are escaped."""
    delivery = replace(record.delivery, headers=redact_headers(record.delivery.headers))
    verification = delivery.verification
    forwards = record.forwards
    return {
        "number": record.number,
        "time": rfc3339(delivery.time, "microseconds"),
        "verdict_text": _VERDICTS[verification.reason],
        "genuine": delivery.genuine,
        "status": delivery.status or None,
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "secret": _text(delivery.secret or ""),
        "masked": delivery.masked,
        "headers": [[_text(name), _text(value)] for name, value in sorted(delivery.headers.items())],
        **_body(delivery),
        "forwards": None if forwards is None else [outcome_document(outcome) for outcome in forwards],
        **_curl(delivery),
    }


def outcome_document(outcome: ForwardOutcome) -> dict[str, Any]:
    """Return what became of a delivery at a URL."""
    return {
        "url": _text(outcome.url),
        "ok": is_forwarded(outcome),
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
        "response": _lines(outcome.response),
        "error": None if outcome.error is None else _text(outcome.error),
        "attempts": outcome.attempts,
    }


def _body(delivery: Delivery) -> dict[str, Any]:
    text, is_json = _pretty(delivery.body)
    is_cut = len(text) > MAX_SHOWN_CHARACTERS
    return {
        "body": text[:MAX_SHOWN_CHARACTERS],
        "is_json": is_json,
        "is_cut": is_cut,
        "bytes": len(delivery.body) + delivery.omitted_bytes,
        "omitted_bytes": delivery.omitted_bytes,
        "editable": not is_cut
        and not delivery.omitted_bytes
        and scrub_registered(text) == text
        and (is_json or _is_plain(delivery.body)),
    }


def _pretty(body: bytes) -> tuple[str, bool]:
    """Return a body for people, and whether it is JSON."""
    if count_json_values(body) <= _MAX_INDENTED_VALUES:
        try:
            parse_json(body)
        except ValueError:
            pass
        else:
            return indented_json(body), True
    return _lines(body.decode("utf-8", "backslashreplace")), False


def _is_plain(body: bytes) -> bool:
    """Whether a body that is not JSON is shown as the text that it is."""
    try:
        return _lines(text := body.decode()) == text
    except UnicodeDecodeError:
        return False


def _curl(delivery: Delivery) -> dict[str, str | None]:
    try:
        return {"curl": curl_command(delivery), "curl_error": None}
    except UsageError as error:
        return {"curl": None, "curl_error": _text(error.message)}


def _text(text: str) -> str:
    return escape_controls(text)


def _lines(text: str) -> str:
    """Return text with its lines, and other control characters escaped."""
    return "\n".join(escape_controls(line.removesuffix("\r")) for line in text.split("\n"))
