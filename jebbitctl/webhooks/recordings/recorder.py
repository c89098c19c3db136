"""Appends deliveries to a recording. What a file holds already is never changed or removed."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Self

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.webhooks.recordings.lines import forwarded_line, to_line
from jebbitctl.webhooks.recordings.masking import mask_delivery, mask_forward
from jebbitctl.webhooks.recordings.reading import is_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome

MAX_BYTES_WITH_REFUSED = 100 * 1024 * 1024
"""From this size on, a file takes valid deliveries only: anybody can send others."""
LOOK_INTERVAL = 0.005
"""For how many seconds the file is taken to be still there. Looking each time costs a tenth of the speed."""
_PRIVATE = 0o600
_OTHERS = 0o077
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):  # no system has all of them
    _FLAGS |= getattr(os, _flag, 0)


class Recorder:
    """Appends deliveries to a file; a context manager, safe to use from several threads and processes.

    Each line is one write to the end of the file, which the system does not mix with another one (on one
    machine; Windows does not promise it). So no writer waits for another, and a killed one can leave an
    incomplete line, but damages no other: readers find the line that follows it.

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
        self._full = False
        self._torn = False
        """Whether the file may end with an incomplete line."""
        self._in_place_until = 0.0
        self._lock = threading.Lock()
        """Guards the two that follow."""
        self._writing = 0
        self._ended = False

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
            self._ended = True
            last = not self._writing
        if last:
            os.close(self._descriptor)

    def append(self, delivery: Delivery, forwards: Sequence[ForwardOutcome] | None = ()) -> None:
        """Write one line. The operating system has it when this returns.

        A delivery that is not valid is left out once the file has 100 MiB.

        Args:
            delivery: the delivery.
            forwards: what became of it at each URL; None if that will follow.

        Raises:
            JebbitctlError: the line cannot be written, or the file was deleted or replaced, 5 ms ago or more.
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
        self._begin()
        try:
            if not required and self._is_full(os.fstat(self._descriptor).st_size + len(line)):
                return
            self._write(line)
            in_place = self._is_in_place()
        except OSError as error:
            raise JebbitctlError(f"cannot record to {self._path}: {error.strerror}") from None
        finally:
            self._end()
        if not in_place:
            raise JebbitctlError(
                f"cannot record to {self._path}: the file was deleted or replaced",
                hint="listen again to start a new one",
            )

    def _begin(self) -> None:
        """Keep the file open until the line is written: the number of a closed one may mean another file."""
        with self._lock:
            if self._ended:
                raise JebbitctlError(f"cannot record to {self._path}: the recording has ended")
            self._writing += 1

    def _end(self) -> None:
        with self._lock:
            self._writing -= 1
            last = self._ended and not self._writing
        if last:
            os.close(self._descriptor)

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
            self._torn = not _ends_a_line(file)
        if sys.platform != "win32":
            self._make_private(stat.S_IMODE(status.st_mode))
        self._status = status

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

    def _write(self, line: bytes) -> None:
        """Append a line. What a failure leaves of it stays; another try, or another line, follows it."""
        complete = False
        while not complete:
            text = b"\n" + line if self._torn else line
            complete = os.write(self._descriptor, text) == len(text)
            self._torn = not complete

    def _is_in_place(self) -> bool:
        """Whether the path still named the open file, at most 5 ms ago.

        What was written in those last milliseconds is gone as what was written before them is.
        """
        now = time.monotonic()
        if now < self._in_place_until:
            return True
        try:
            in_place = os.path.samestat(os.lstat(self._name), self._status)
        except OSError:
            return False
        if in_place:
            self._in_place_until = now + LOOK_INTERVAL
        return in_place

    def _unusable(self, reason: str, *, hint: str | None = None) -> UsageError:
        return UsageError(f"cannot record to {self._path}: {reason}", hint=hint)


def _ends_a_line(file: BinaryIO) -> bool:
    """Whether what is added to an open file begins a line."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 1, 0))
    return file.read(1) in {b"", b"\n"}
