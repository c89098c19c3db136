"""Recordings of deliveries: JSON lines, one object per delivery, with the raw body in Base64."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util.text import plural
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.receiver import Delivery
from jebbitctl.webhooks.signature import Reason, Verification

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_LINE_START = b'{"time":'
_MAX_LINE_BYTES = 4 * 1024 * 1024
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


class Recorder:
    """Appends deliveries to a file; a context manager, safe to use from several threads.

    A new file gets mode 0600, because bodies contain personal data. An incomplete last line, left by a
    crash, is removed.

    Raises:
        UsageError: on entry, if the file cannot be written or is not a recording.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._file = open(self._path, "a+b", buffering=0, opener=_open_private)
        except OSError as error:
            raise UsageError(f"cannot record to {self._path}: {error.strerror}") from None
        try:
            self._remove_incomplete_line()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, delivery: Delivery) -> None:
        """Write one line. The operating system has it when this returns.

        Raises:
            JebbitctlError: the line cannot be written; a part that was written is removed.
        """
        line = json.dumps(_to_json(delivery)).encode() + b"\n"
        written = 0
        with self._lock:
            try:
                while written < len(line):
                    written += self._file.write(line[written:])
            except OSError as error:
                with suppress(OSError):
                    self._file.truncate(os.fstat(self._file.fileno()).st_size - written)
                raise JebbitctlError(f"cannot record to {self._path}: {error.strerror}") from None

    def _remove_incomplete_line(self) -> None:
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return
        self._file.seek(0)
        if not _LINE_START.startswith(self._file.read(len(_LINE_START))):
            raise UsageError(f"cannot record to {self._path}: it is not a recording")
        start = max(0, status.st_size - _MAX_LINE_BYTES)
        self._file.seek(start)
        complete = self._file.read().rfind(b"\n") + 1
        if complete or not start:
            self._file.truncate(start + complete)


def read(path: Path) -> Iterator[RecordedDelivery]:
    """Yield the deliveries of a recording; an incomplete last line is skipped.

    Raises:
        UsageError: the file cannot be read, or one of its lines is not a recorded delivery.
    """
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    delivery = _from_json(json.loads(line))
                except _INVALID:
                    if line.startswith(_LINE_START[: len(line)]) and not line.endswith(b"\n"):
                        return
                    raise UsageError(f"{path}, line {number}: not a recorded delivery") from None
                yield RecordedDelivery(number, delivery)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def select(
    recorded: Iterator[RecordedDelivery], *, only: Collection[int] | None = None, since: float | None = None
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


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _to_json(delivery: Delivery) -> dict[str, Any]:
    verification = delivery.verification
    return {
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


def _from_json(line: dict[str, Any]) -> Delivery:
    reason = Reason(line["reason"].replace("-", "_"))  # older recordings have malformed-header
    return Delivery(
        time=datetime.fromisoformat(line["time"]).timestamp(),
        body=base64.b64decode(line["body"], validate=True),
        headers={str(name): str(value) for name, value in line["headers"].items()},
        verification=Verification(reason, line["timestamp"], line["age_seconds"]),
        test=bool(line["test"]),
        repeat=bool(line["repeat"]),
        status=int(line["status"]),
    )
