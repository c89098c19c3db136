"""Locks that keep runs on one machine from creating the same resources at the same time."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.errors import UnavailableError
from jebbitctl.storage.files import ensure_private_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from filelock import BaseFileLock

MAX_WAIT = 300.0
"""Seconds to wait for other runs before giving up."""
NOTICE_AFTER = 1.0
"""Seconds after which the user is told what the command waits for."""


class RunLock:
    """Several named locks, held together. The system releases them when a process ends, however it ends.

    Args:
        directory: of the configuration; None if there is no home directory.
        names: of the locks, such as hashes.
        note: called with one line if another run holds a lock.
        warn: called with one line if locks cannot be used here; the command continues without them.
    """

    def __init__(
        self,
        directory: Path | None,
        names: Iterable[str],
        *,
        note: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._directory = directory
        self._names = sorted(set(names))  # two runs that need several never wait for each other
        self._note = note
        self._warn = warn
        self._held: list[BaseFileLock] = []

    @property
    def held(self) -> bool:
        """Whether the locks are held; False as well if locks cannot be used here."""
        return bool(self._held)

    def acquire(self) -> None:
        """Take all locks, after those who hold them.

        Raises:
            UnavailableError: others still hold one after MAX_WAIT.
        """
        try:
            directory = self._create_directory()
            deadline = time.monotonic() + MAX_WAIT
            for name in self._names:
                self._held.append(self._acquire(directory / f"{name}.lock", deadline))
        except OSError as error:
            self.release()
            reason = error.strerror or "not supported here"
            self._warn(f"cannot lock out other runs on this machine ({reason}), continuing without a lock")
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Release all locks."""
        while self._held:
            with suppress(OSError):
                self._held.pop().release()

    def path(self, name: str, suffix: str) -> Path:
        """Return the path of a file that only the holder of a lock uses."""
        return self._locks() / f"{name}{suffix}"

    def _acquire(self, path: Path, deadline: float) -> BaseFileLock:
        from filelock import FileLock, Timeout

        # a soft lock is a marker file, which a killed process leaves behind
        lock = FileLock(path, mode=0o600, fallback_to_soft=False)
        try:
            lock.acquire(timeout=NOTICE_AFTER)
        except Timeout:
            holder = _read_holder(path)
            self._note(f"Waiting for another jebbitctl run{holder} that changes the same account.")
            try:
                lock.acquire(timeout=max(deadline - time.monotonic(), 0))
            except Timeout:
                raise UnavailableError(
                    f"another jebbitctl run{_read_holder(path)} has been changing the same account for "
                    f"{MAX_WAIT:g} s",
                    hint="wait until it has ended, or stop it, and run the command again",
                ) from None
        _write_holder(path)
        return lock

    def _locks(self) -> Path:
        if self._directory is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home directory; set JEBBIT_CONFIG_DIR")
        return self._directory / "locks"

    def _create_directory(self) -> Path:
        directory = self._locks()
        ensure_private_dir(directory.parent)
        return ensure_private_dir(directory)


def _write_holder(path: Path) -> None:
    """Write the id of this process beside a lock. The lock itself is a file that filelock may empty."""
    with suppress(OSError):
        descriptor = os.open(path.with_suffix(".pid"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, str(os.getpid()).encode())
        finally:
            os.close(descriptor)


def _read_holder(path: Path) -> str:
    """Return who holds a lock, such as `` (pid 4711)``; empty if that is unknown."""
    with suppress(OSError, ValueError):
        return f" (pid {int(path.with_suffix('.pid').read_text())})"
    return ""
