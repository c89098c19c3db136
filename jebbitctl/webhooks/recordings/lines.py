"""The lines of a recording: JSON objects that begin with ``{"time":``.

Most are deliveries, with the raw body in Base64::

    {"time": "2026-01-31T12:00:00.000000Z", "id": "9f86d081884c7d65", "method": "POST", "path": "/jebbit",
     "query": "", "status": 200, "ok": true, "reason": "ok", "timestamp": 1769860800, "age_seconds": 0,
     "test": false, "repeat": false, "secret": "integration L5m24mjs", "headers": {…}, "body": "e30=",
     "forwards": [{"url": "http://localhost:3000", "status": 200, "milliseconds": 3.1, "response": "",
                   "error": null, "attempts": 1}]}

``forwards`` is left out if the delivery was not to be forwarded. It is null if the line was written before
the outcome was known; that follows in a line of its own, or never, if the process was killed. ``status`` is
0 if the sender had no answer, as listen was stopped before the app had one::

    {"time": "2026-01-31T12:00:01.000000Z", "forwarded": "9f86d081884c7d65", "forwards": [{…}]}

A line is only ever added. A process that is killed can leave its last one incomplete; then the line that
another process adds follows on the same line of the file. So does what is added to a file without a last
line feed by a program that does not look.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import load_json
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
from jebbitctl.webhooks.signature import Reason, Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_DAMAGE_BYTES = 64 * 1024 * 1024
"""How far is read on in a line that is too long; a device such as /dev/zero has no end."""
_LINE_START = b'{"time":'
_quoted = json.JSONEncoder().encode  # half the time of json.dumps() for a short string
_BYTES_BEFORE_SECOND_KEY = 64
_YEAR_10_000 = 253_402_300_799
_INVALID = (ValueError, OverflowError, LookupError, TypeError, AttributeError)
"""What parsing an invalid line may raise."""


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery, and what its line says of its forwarding.

    Attributes:
        delivery: the delivery as it was received; its verification is from that time.
        forwards: one outcome for each URL; empty if it was not forwarded, None if that was not known yet.
        partial: whether its line has more before it, such as an incomplete delivery.
    """

    delivery: Delivery
    forwards: tuple[ForwardOutcome, ...] | None = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ForwardedLine:
    """The outcomes of a delivery that was recorded before.

    Attributes:
        id: the delivery's.
        forwards: one outcome for each URL.
        partial: whether its line has more before it, such as an incomplete delivery.
    """

    id: str
    forwards: tuple[ForwardOutcome, ...]
    partial: bool = False


def to_line(delivery: Delivery, forwards: Sequence[ForwardOutcome] | None = ()) -> bytes:
    """Return a delivery as a line; see :class:`DeliveryLine`.

    Written without a dictionary: that would take twice as long, which a receiver's speed shows.
    """
    verification = delivery.verification
    headers = ", ".join([f"{_quoted(name)}: {_quoted(value)}" for name, value in delivery.headers.items()])
    line = (
        f'{{"time": "{rfc3339(delivery.time, "microseconds")}", "id": {_quoted(delivery.id)}, '
        f'"method": {_quoted(delivery.method)}, "path": {_quoted(delivery.path)}, '
        f'"query": {_quoted(delivery.query)}, "status": {delivery.status}, '
        f'"ok": {_boolean(verification.valid)}, "reason": "{verification.reason.value}", '
        f'"timestamp": {_or_null(verification.timestamp)}, '
        f'"age_seconds": {_or_null(verification.age_seconds)}, '
        f'"test": {_boolean(delivery.test)}, "repeat": {_boolean(delivery.repeat)}, '
        f'"secret": {"null" if delivery.secret is None else _quoted(delivery.secret)}, '
        f'"headers": {{{headers}}}, "body": "{base64.b64encode(delivery.body).decode("ascii")}"'
    )
    if delivery.omitted_bytes:
        line += f', "omitted_bytes": {delivery.omitted_bytes}'
    if delivery.masked:
        line += ', "masked": true'
    if forwards is None or forwards:
        outcomes = None if forwards is None else [asdict(outcome) for outcome in forwards]
        line += f', "forwards": {json.dumps(outcomes)}'
    return f"{line}}}\n".encode("ascii")


def forwarded_line(time: float, id_: str, forwards: Sequence[ForwardOutcome]) -> bytes:
    """Return the outcomes of a delivery whose line has ``"forwards": null``.

    Args:
        time: unix seconds.
        id_: the delivery's.
        forwards: one outcome for each URL.
    """
    outcomes = [asdict(outcome) for outcome in forwards]
    line = {"time": rfc3339(time, "microseconds"), "forwarded": id_, "forwards": outcomes}
    return json.dumps(line).encode() + b"\n"


def parse_line(line: bytes) -> DeliveryLine | ForwardedLine | None:
    """Return what a line holds, at its end if something else precedes it; None if it is invalid."""
    content, end = _parse(line), len(line)
    for _ in range(2):  # the last {"time": may be the headers of a delivery with a header of this name
        if content is None and (end := line.rfind(_LINE_START, 1, end)) > 0:
            content = _parse(line[end:], partial=True)
    return content


def _parse(line: bytes, *, partial: bool = False) -> DeliveryLine | ForwardedLine | None:
    try:
        parsed = load_json(line.decode("utf-8-sig"))  # lines of UTF-16 cannot be told apart
        if "forwarded" in parsed:
            datetime.fromisoformat(parsed["time"])
            return ForwardedLine(str(parsed["forwarded"]), _forwards(parsed["forwards"]), partial)
        forwards = parsed.get("forwards", ())
        return DeliveryLine(_from_json(parsed), None if forwards is None else _forwards(forwards), partial)
    except _INVALID:
        return None


def may_be_forwarded_line(line: bytes) -> bool:
    """Whether a line may be a :class:`ForwardedLine`, without parsing it."""
    return b'"forwarded"' in line[:_BYTES_BEFORE_SECOND_KEY]


def is_damaged(line: bytes) -> bool:
    """Whether an invalid line is what a crash leaves of a valid one: its beginning, zeros, or nothing."""
    content = line.strip(b"\0\r\n\t ")
    if len(line) == MAX_LINE_BYTES or not _LINE_START.startswith(content[: len(_LINE_START)]):
        return False
    try:
        load_json(content)
    except _INVALID:
        return True
    return False  # complete JSON, but not of a recording


def _boolean(value: bool) -> str:  # noqa: FBT001 - the value is all
    return "true" if value else "false"


def _or_null(number: int | None) -> int | str:
    return "null" if number is None else number


def _from_json(line: dict[str, Any]) -> Delivery:
    reason = Reason(line["reason"].replace("-", "_"))  # older recordings have malformed-header
    secret = line.get("secret")
    return Delivery(
        time=_time(line["time"]),
        body=base64.b64decode(line["body"], validate=True),
        headers=_headers(line["headers"]),
        verification=Verification(reason, _seconds(line["timestamp"]), _seconds(line["age_seconds"])),
        test=bool(line["test"]),
        repeat=bool(line["repeat"]),
        status=int(line["status"]),
        omitted_bytes=max(int(line.get("omitted_bytes", 0)), 0),
        method=str(line.get("method", "POST")),
        path=str(line.get("path", "/")),
        query=str(line.get("query", "")),
        secret=None if secret is None else str(secret),
        id=str(line.get("id", "")),
        masked=bool(line.get("masked", False)),
    )


def _headers(recorded: dict[str, Any]) -> dict[str, str]:
    """Return headers by names in lower case, whatever case an editor or another program has written."""
    headers: dict[str, str] = {}
    for name, value in recorded.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else str(value)
    return headers


def _forwards(outcomes: list[dict[str, Any]]) -> tuple[ForwardOutcome, ...]:
    return tuple(
        ForwardOutcome(
            url=str(outcome["url"]),
            status=None if outcome["status"] is None else int(outcome["status"]),
            milliseconds=_finite(float(outcome["milliseconds"])),
            response=str(outcome.get("response") or ""),
            error=None if outcome.get("error") is None else str(outcome["error"]),
            attempts=int(outcome.get("attempts", 1)),
        )
        for outcome in outcomes
    )


def _time(text: str) -> float:
    """Return a time in unix seconds. One that systems cannot write in UTC is an error."""
    seconds = datetime.fromisoformat(text).timestamp()
    if not 0 <= seconds < _YEAR_10_000:
        raise ValueError("out of range")
    return seconds


def _seconds(value: Any) -> int | None:
    return None if value is None else int(value)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not a number of JSON")
    return number
