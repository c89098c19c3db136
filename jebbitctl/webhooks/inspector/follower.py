"""Reads a recording into the store, and goes on as it grows."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, BinaryIO, Self

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.inspector.store import MAX_DELIVERIES
from jebbitctl.webhooks.recordings.lines import MAX_LINE_BYTES, DeliveryLine, parse_line
from jebbitctl.webhooks.recordings.reading import is_recording

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.inspector.store import InspectorStore

POLL_SECONDS = 0.25


class RecordingFollower:
    """Reads a recording in a thread while its ``with`` block runs.

    Args:
        path: a regular file.
        store: gets the deliveries; it must have been made for the same path.

    Raises:
        UsageError: on entry, if the file cannot be read or is not a recording.
    """

    def __init__(self, path: Path, store: InspectorStore) -> None:
        self._path = path
        self._store = store
        self._stopping = threading.Event()
        self._number = 0
        self._offset = 0
        """Where the next line begins."""
        self._awaited: dict[str, int] = {}
        """The deliveries whose outcome of forwarding may follow, by id."""

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            raise UsageError(f"cannot read {self._path}: {error.strerror}") from None
        try:
            self._require_recording()
            self._thread = threading.Thread(target=self._run, name="inspector-follower", daemon=True)
            self._thread.start()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._file.close()

    def _require_recording(self) -> None:
        try:
            found = is_recording(self._file)
        except OSError as error:
            raise UsageError(f"cannot read {self._path}: {error.strerror}") from None
        if not found:
            raise UsageError(f"{self._path} is not a recording", hint="use a file that listen --record wrote")

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._read(self._file)
                self._store.problem = self._problem()
                if self._store.problem:
                    return
                self._stopping.wait(POLL_SECONDS)
        except OSError as error:
            self._store.problem = f"The recording cannot be read: {error.strerror}."

    def _problem(self) -> str | None:
        """Return why the open file is no longer the recording, if it is not."""
        try:
            in_place = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return "The recording was deleted."
        if not in_place or os.fstat(self._file.fileno()).st_size < self._offset:
            return "The recording was replaced. Start again to see the new one."
        return None

    def _read(self, file: BinaryIO) -> None:
        """Read the lines that are complete; one without its end may still be being written."""
        file.seek(self._offset)
        while not self._stopping.is_set():
            line = file.readline(MAX_LINE_BYTES)
            size = len(line)
            while line and not line.endswith(b"\n") and size >= MAX_LINE_BYTES:  # too long for a delivery
                rest = file.readline(MAX_LINE_BYTES)
                if not rest:
                    return
                size += len(rest)
                line = rest if rest.endswith(b"\n") else line
            if not line.endswith(b"\n"):
                return
            self._number += 1
            self._take(line, self._offset)
            self._offset += size

    def _take(self, line: bytes, offset: int) -> None:
        content = parse_line(line)
        if content is None or content.partial:
            self._store.invalid_lines += 1
        if content is None:
            return
        if isinstance(content, DeliveryLine):
            self._store.add_recorded(self._number, content, offset)
            if content.forwards is None:
                self._await(content.delivery.id)
        elif (number := self._awaited.pop(content.id, None)) is not None:
            self._store.set_outcomes(number, content.forwards)

    def _await(self, id_: str) -> None:
        self._awaited[id_] = self._number
        if len(self._awaited) > MAX_DELIVERIES:
            del self._awaited[next(iter(self._awaited))]
