"""Appends deliveries to a recording. What a file holds already is never changed or removed."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.webhooks.recordings.file_lock import locked
from jebbitctl.webhooks.recordings.lines import forwarded_line, to_line
from jebbitctl.webhooks.recordings.masking import mask_delivery, mask_forward
from jebbitctl.webhooks.recordings.reading import is_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome

MAX_BYTES_WITH_REFUSED = 100 * 1024 * 1024
"""From this size on, a file takes valid deliveries only: anybody can send others."""
LOCK_TIMEOUT = 5.0
_CLOSED = -1
_PRIVATE = 0o600
_OTHERS = 0o077
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):  # no system has all of them
    _FLAGS |= getattr(os, _flag, 0)


class Recorder:
    """Appends deliveries to a file; a context manager, safe to use from several threads and processes.

    A new file gets mode 0600, because bodies contain personal data.

    Args:
        path: the file. Lines that a crash has left incomplete stay in it; readers skip them.
        warn: called with a line about what the user should know.
        refused: also record deliveries that are not valid.
        mask: leave out personal data; the signatures no longer fit then.

    Raises:
        UsageError: on entry, if the file cannot be written, is not a recording, is a link or no regular file,
            or belongs to another user.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None] = lambda _: None,
        *,
        refused: bool = True,
        mask: bool = False,
    ) -> None:
        self._path = path
        self._name = os.fspath(path)  # a Path would be converted for each line
        self._warn = warn
        self._refused = refused
        self._mask = mask
        self._lock = threading.Lock()
        self._full = False
        self._end = 0
        """Where the last line that was written here ends."""

    def __enter__(self) -> Self:
        try:
            self._descriptor = os.open(self._path, _FLAGS, _PRIVATE)
            try:
                self._inspect()
            except BaseException:
                os.close(self._descriptor)
                raise
        except OSError as error:
            if os.path.islink(self._path):  # noqa: PTH114 - Path's raises errors
                target = os.path.realpath(self._path)
                raise self._unusable("it is a symbolic link", hint=f"record to {target}") from None
            raise self._unusable(error.strerror or str(error)) from None
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = _CLOSED

    def append(self, delivery: Delivery, forwards: Sequence[ForwardOutcome] | None = ()) -> None:
        """Write one line. The operating system has it, in the file of this name, when this returns.

        A delivery that is not valid is left out once the file has 100 MiB.

        Args:
            delivery: the delivery.
            forwards: what became of it at each URL; None if that will follow.

        Raises:
            JebbitctlError: the line cannot be written, or the file was deleted or replaced meanwhile.
        """
        valid = delivery.verification.valid
        if not valid and not self._refused:
            return
        if self._mask:
            delivery, forwards = mask_delivery(delivery), self._masked(forwards)
        self._append(to_line(delivery, forwards), required=valid)

    def append_forwards(self, id_: str, forwards: Sequence[ForwardOutcome]) -> None:
        """Write what became of a delivery whose line says that this will follow.

        Raises:
            JebbitctlError: as for :meth:`append`.
        """
        shown = self._masked(forwards) or ()
        self._append(forwarded_line(time.time(), id_, shown), required=True)

    def _masked(self, forwards: Sequence[ForwardOutcome] | None) -> Sequence[ForwardOutcome] | None:
        return list(map(mask_forward, forwards)) if self._mask and forwards else forwards

    def _append(self, line: bytes, *, required: bool) -> None:
        with self._lock:
            if self._descriptor == _CLOSED:
                raise JebbitctlError(f"cannot record to {self._path}: the recording has ended")
            try:
                with locked(self._descriptor, LOCK_TIMEOUT):
                    status = os.fstat(self._descriptor)
                    if not required and self._is_full(status.st_size + len(line)):
                        return
                    self._write(line, status.st_size)
                    in_place = self._is_in_place(status)
            except OSError as error:
                raise JebbitctlError(f"cannot record to {self._path}: {error.strerror}") from None
        if not in_place:
            raise JebbitctlError(
                f"cannot record to {self._path}: the file was deleted or replaced",
                hint="listen again to start a new one",
            )

    def _inspect(self) -> None:
        """Check that the file is a private recording; make it private if it is not."""
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise self._unusable("it is not a regular file")
        if sys.platform != "win32" and status.st_uid != os.geteuid():
            raise self._unusable(
                "it belongs to another user", hint="use a file of your own: deliveries hold personal data"
            )
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            if not is_recording(file):
                raise self._unusable("it is not a recording", hint="use a new file, or one that listen wrote")
        if sys.platform != "win32":
            self._make_private(stat.S_IMODE(status.st_mode))
        with locked(self._descriptor, LOCK_TIMEOUT) as supported:
            if not supported:
                self._warn(
                    f"the file system of {self._path} has no locks: record to it with one listen at a time"
                )

    def _make_private(self, mode: int) -> None:
        if not mode & _OTHERS:
            return
        with suppress(OSError):
            os.fchmod(self._descriptor, _PRIVATE)
        now = stat.S_IMODE(os.fstat(self._descriptor).st_mode)
        if now & _OTHERS:
            self._warn(f"other users of this machine can open {self._path} (mode {now:04o})")
        else:
            self._warn(
                f"other users of this machine could open {self._path} (mode {mode:04o}); it is {now:04o} now"
            )

    def _is_full(self, size: int) -> bool:
        """Whether a delivery that is not valid would make the file too large. Warn about the first."""
        full = size > MAX_BYTES_WITH_REFUSED
        if full and not self._full:
            limit = MAX_BYTES_WITH_REFUSED // 2**20
            self._warn(f"{self._path} has {limit} MiB: refused deliveries are no longer recorded")
        self._full = full
        return full

    def _write(self, line: bytes, size: int) -> None:
        """Append a line to a file of this size. What a failure leaves of it stays; the next follows it."""
        if size != self._end and not self._ends_a_line():
            line = b"\n" + line
        remaining = memoryview(line)
        while remaining:
            remaining = remaining[os.write(self._descriptor, remaining) :]
        self._end = size + len(line)

    def _ends_a_line(self) -> bool:
        os.lseek(self._descriptor, -1, os.SEEK_END)
        return os.read(self._descriptor, 1) == b"\n"

    def _is_in_place(self, status: os.stat_result) -> bool:
        """Whether the path still names the open file."""
        try:
            return os.path.samestat(os.lstat(self._name), status)
        except OSError:
            return False

    def _unusable(self, reason: str, *, hint: str | None = None) -> UsageError:
        return UsageError(f"cannot record to {self._path}: {reason}", hint=hint)
