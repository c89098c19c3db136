"""A journal of writes in progress, which the next run reads if a process was killed."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.storage.files import is_private

if TYPE_CHECKING:
    from pathlib import Path


class WriteJournal:
    """Notes in a private file, one JSON object a line. It must be used only under a lock.

    A kill can tear only the last line, which is skipped. A journal that cannot be written protects nothing
    else, so that is no error.

    Args:
        path: of the file; it exists only while it has notes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[dict[str, Any]]:
        """Return the notes of an earlier run, none if the file cannot be read and trusted."""
        try:
            lines = self._path.read_bytes().splitlines() if is_private(self._path) else []
        except OSError:
            return []
        notes = []
        for line in lines:
            with suppress(ValueError, RecursionError):
                note = json.loads(line)
                if isinstance(note, dict):
                    notes.append(note)
        return notes

    def add(self, note: dict[str, Any]) -> None:
        """Add a note, in one write."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, f"{json.dumps(note)}\n".encode())
            finally:
                os.close(descriptor)

    def clear(self) -> None:
        """Remove all notes."""
        with suppress(OSError):
            self._path.unlink()
