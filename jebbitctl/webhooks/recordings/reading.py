"""Reads recordings of deliveries as a stream: memory does not depend on the size of the file."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.recordings.lines import (
    MAX_DAMAGE_BYTES,
    MAX_LINE_BYTES,
    DeliveryLine,
    ForwardedLine,
    is_damaged,
    may_be_forwarded_line,
    parse_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
    from jebbitctl.webhooks.recordings.numbers import Numbers

STDIN = Path("-")
"""Stands for standard input instead of a file."""
MAX_WAITING_BYTES = 4 * 1024 * 1024
"""How far is read on from a delivery until its outcome of forwarding is given up as not known.

A receiver forwards at most some thousand deliveries behind the last one that it answered.
"""
_USE_RECORDING = "use a file that listen --record wrote"
_GZIP = b"\x1f\x8b"
_LINES_TO_JUDGE_BY = 20
"""A file without a delivery in this many lines is not a recording."""


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """A delivery from a recording.

    Attributes:
        number: its line in the file, from 1.
        delivery: the delivery as it was received; its verification is from that time.
        forwards: one outcome for each URL; empty if it was not forwarded, None if that is not known.
    """

    number: int
    delivery: Delivery
    forwards: tuple[ForwardOutcome, ...] | None = ()


def read(
    path: Path,
    on_invalid: Callable[[int], object] = lambda _: None,
    *,
    on_partial: Callable[[int], object] = lambda _: None,
    numbers: Numbers | None = None,
    join: bool = False,
) -> Iterator[RecordedDelivery]:
    """Yield the deliveries of a recording in the order of the file, which is read only as far as needed.

    What is added to a file while it is read is left out.

    Args:
        path: the file; ``-`` is standard input.
        on_invalid: called with the number of each line that is skipped because it is not a delivery, such as
            one that a crash left incomplete.
        on_partial: called with the number of each line that has more before its delivery, which is skipped.
        numbers: the deliveries to yield; None for all. Other lines are mostly not looked at.
        join: look for outcomes of forwarding in later lines, up to 4 MiB on.

    Raises:
        UsageError: the file cannot be read, or is not a recording.
    """
    waiting = _Waiting(MAX_WAITING_BYTES if join else 0)
    try:
        with _opened(path) as file:
            for number, size, line in _lines_of_a_recording(file, path, on_invalid, numbers):
                waiting.read_bytes += size
                if numbers and number > numbers.last and not waiting:
                    return
                if isinstance(line, DeliveryLine):
                    if line.partial:
                        on_partial(number)
                    waiting.add(RecordedDelivery(number, line.delivery, line.forwards))
                elif line:
                    waiting.resolve(line)
                yield from waiting.released()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    yield from waiting.remaining()


def is_recording(file: BinaryIO) -> bool:
    """Whether an open file is a recording: its first lines have a delivery, or nothing else than damage."""
    lines = list(islice(_lines(file), _LINES_TO_JUDGE_BY))
    return all(map(is_damaged, lines)) or any(parse_line(line) for line in lines)


class _Waiting:
    """Deliveries in the order of the file, from the first whose outcome is awaited."""

    def __init__(self, limit: int) -> None:
        self.read_bytes = 0
        self._limit = limit
        self._records: deque[tuple[int, RecordedDelivery]] = deque()
        """With how much of the file was read when they came."""
        self._outcomes: dict[str, tuple[ForwardOutcome, ...] | None] = {}
        """Of the deliveries here that wait for one, by id."""

    def __bool__(self) -> bool:
        return bool(self._records)

    def add(self, record: RecordedDelivery) -> None:
        self._records.append((self.read_bytes, record))
        if record.forwards is None:
            self._outcomes.setdefault(record.delivery.id, None)

    def resolve(self, line: ForwardedLine) -> None:
        if line.id in self._outcomes:
            self._outcomes[line.id] = line.forwards

    def released(self) -> Iterator[RecordedDelivery]:
        """Yield the first deliveries that wait no longer, or whose time is over."""
        while self._records and not self._is_awaited(*self._records[0]):
            yield self._take()

    def remaining(self) -> Iterator[RecordedDelivery]:
        """Yield the rest, at the end of the file."""
        while self._records:
            yield self._take()

    def _is_awaited(self, position: int, record: RecordedDelivery) -> bool:
        is_known = record.forwards is not None or self._outcomes.get(record.delivery.id) is not None
        return not is_known and self.read_bytes - position < self._limit

    def _take(self) -> RecordedDelivery:
        _, record = self._records.popleft()
        if record.forwards is not None:
            return record
        return replace(record, forwards=self._outcomes.pop(record.delivery.id, None))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a recording.

    A thread may still be reading when the process ends. Python would then find the lock of ``sys.stdin``'s
    buffer taken, and crash; so standard input gets another buffer.
    """
    if path != STDIN:
        with path.open("rb") as file:
            yield file
        return
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    raw = getattr(sys.stdin.buffer, "raw", None)
    buffer = BufferedReader(raw) if raw else sys.stdin.buffer
    try:
        yield buffer
    finally:
        if isinstance(buffer, BufferedReader) and raw:
            buffer.detach()  # does not close standard input


def _lines_of_a_recording(
    file: BinaryIO, path: Path, on_invalid: Callable[[int], object], numbers: Numbers | None
) -> Iterator[tuple[int, int, DeliveryLine | ForwardedLine | None]]:
    """Yield number, size and content of each line from the first valid one on.

    The content is None if it is invalid or not wanted.

    Raises:
        UsageError: the file is not a recording.
    """
    found = False
    foreign: int | None = None
    hint = _USE_RECORDING
    for number, line in enumerate(_lines(file, path), start=1):
        wanted = numbers is None or number in numbers
        content = parse_line(line) if wanted or not found or may_be_forwarded_line(line) else None
        if content:
            found = True
            if isinstance(content, ForwardedLine) and content.partial and wanted:
                on_invalid(number)
        elif wanted or not found:
            if wanted:
                on_invalid(number)
            if foreign is None and not is_damaged(line):
                foreign, hint = number, _how_to_read(line)
            if foreign is not None and not found and number >= _LINES_TO_JUDGE_BY:
                break
        if found:
            yield number, len(line), content if wanted or isinstance(content, ForwardedLine) else None
    if foreign is not None and not found:
        raise UsageError(f"{path}, line {foreign}: not a recorded delivery", hint=hint)


def _how_to_read(line: bytes) -> str:
    """Return what to do about a line that is not of a recording."""
    if line.startswith(_GZIP):
        return "it is compressed: use - instead of FILE, and pipe it in with gunzip -c FILE |"
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "it is UTF-16, as PowerShell's > writes it: save it as UTF-8"
    return _USE_RECORDING


def _lines(file: BinaryIO, path: Path | None = None) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long for a delivery, only the beginning.

    Raises:
        UsageError: a line has no end.
    """
    left = _remaining_bytes(file)
    while line := file.readline(min(MAX_LINE_BYTES, left)):
        yield line
        skipped = 0
        left -= len(line)
        while len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            if (skipped := skipped + len(line)) >= MAX_DAMAGE_BYTES:
                size = MAX_DAMAGE_BYTES >> 20
                raise UsageError(
                    f"{path or 'the file'}: not a recording: a line is longer than {size} MiB",
                    hint=_USE_RECORDING,
                )
            line = file.readline(min(MAX_LINE_BYTES, left))
            left -= len(line)


def _remaining_bytes(file: BinaryIO) -> int:
    """Return how much of an open file is still to be read; of a pipe, that is everything.

    What is added later is left out: a receiver may record to the file that is replayed to it, without end.
    """
    try:
        status = os.fstat(file.fileno())
    except OSError:  # not a file of the system
        return sys.maxsize
    return max(status.st_size - file.tell(), 0) if stat.S_ISREG(status.st_mode) else sys.maxsize
