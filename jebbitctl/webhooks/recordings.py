"""Recordings of deliveries: JSON lines, one object per delivery, with the raw body in Base64."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from jebbitctl.errors import UsageError
from jebbitctl.util.text import plural
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.receiver import Delivery
from jebbitctl.webhooks.signature import Reason, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

_LINE_START = b'{"time":'
_MAX_LINE_BYTES = 4 * 1024 * 1024
_LINES_TO_JUDGE_BY = 20
"""A file without a delivery in this many lines is not a recording."""
_INVALID = (ValueError, OverflowError, RecursionError, LookupError, TypeError, AttributeError)
"""What parsing an invalid line may raise."""


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """A delivery from a recording.

    Attributes:
        number: its line in the file, from 1.
        delivery: the delivery as it was received; its verification is from that time.
    """

    number: int
    delivery: Delivery


def read(path: Path, on_invalid: Callable[[int], object] = lambda _: None) -> Iterator[RecordedDelivery]:
    """Yield the deliveries of a recording.

    Args:
        path: the file.
        on_invalid: called with the number of each line that is skipped because it is not a delivery, such as
            one that a crash left incomplete.

    Raises:
        UsageError: the file cannot be read, or is not a recording.
    """
    found = False
    foreign: int | None = None
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                delivery = parse_line(line)
                if delivery is not None:
                    found = True
                    yield RecordedDelivery(number, delivery)
                    continue
                on_invalid(number)
                if foreign is None and not _is_damaged(line):
                    foreign = number
                if foreign is not None and not found and number >= _LINES_TO_JUDGE_BY:
                    break
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if foreign is not None and not found:
        raise UsageError(f"{path}, line {foreign}: not a recorded delivery")


def is_recording(file: BinaryIO) -> bool:
    """Whether an open file is a recording: its first lines have a delivery, or nothing else than damage."""
    lines = list(islice(_lines(file), _LINES_TO_JUDGE_BY))
    return all(map(_is_damaged, lines)) or any(parse_line(line) for line in lines)


def to_line(delivery: Delivery) -> bytes:
    """Return a delivery as a line of a recording."""
    return json.dumps(_to_json(delivery)).encode() + b"\n"


def select(
    recorded: Iterable[RecordedDelivery], *, only: Collection[int] | None = None, since: float | None = None
) -> list[RecordedDelivery]:
    """Return the selected deliveries, in the order of the recording.

    Args:
        recorded: from :func:`read`.
        only: the numbers of the deliveries; None selects all.
        since: unix seconds; deliveries received earlier are left out.

    Raises:
        UsageError: the recording has no delivery with one of the numbers.
    """
    records = list(recorded)
    missing = set(only or ()) - {record.number for record in records}
    if missing:
        raise UsageError(
            f"no delivery number {min(missing)}: the recording has {plural(len(records), 'delivery')}"
        )
    return [
        record
        for record in records
        if (only is None or record.number in only) and (since is None or record.delivery.time >= since)
    ]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long for a delivery, only the beginning."""
    while line := file.readline(_MAX_LINE_BYTES):
        yield line
        while len(line) == _MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(_MAX_LINE_BYTES)


def parse_line(line: bytes) -> Delivery | None:
    """Return the delivery in a line of a recording, None if it is not a complete one."""
    try:
        return _from_json(json.loads(line))
    except _INVALID:
        return None


def _is_damaged(line: bytes) -> bool:
    """Whether a line is what a crash leaves of a delivery: its beginning, zeros, or nothing."""
    content = line.strip(b"\0\r\n\t ")
    if len(line) == _MAX_LINE_BYTES or not _LINE_START.startswith(content[: len(_LINE_START)]):
        return False
    try:
        json.loads(content)
    except _INVALID:
        return True
    return False  # complete JSON, but not a delivery


def _to_json(delivery: Delivery) -> dict[str, Any]:
    verification = delivery.verification
    line = {
        "time": rfc3339(delivery.time, "microseconds"),
        "status": delivery.status,
        "ok": verification.valid,
        "reason": verification.reason,
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "headers": dict(delivery.headers),
        "body": base64.b64encode(delivery.body).decode("ascii"),
    }
    return {**line, "omitted_bytes": delivery.omitted_bytes} if delivery.omitted_bytes else line


def _from_json(line: dict[str, Any]) -> Delivery:
    reason = Reason(line["reason"].replace("-", "_"))  # older recordings have malformed-header
    return Delivery(
        time=datetime.fromisoformat(line["time"]).timestamp(),
        body=base64.b64decode(line["body"], validate=True),
        headers=_headers(line["headers"]),
        verification=Verification(reason, line["timestamp"], line["age_seconds"]),
        test=bool(line["test"]),
        repeat=bool(line["repeat"]),
        status=int(line["status"]),
        omitted_bytes=int(line.get("omitted_bytes", 0)),
    )


def _headers(recorded: dict[str, Any]) -> dict[str, str]:
    """Return headers by names in lower case, whatever case an editor or another program has written."""
    headers: dict[str, str] = {}
    for name, value in recorded.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else str(value)
    return headers
