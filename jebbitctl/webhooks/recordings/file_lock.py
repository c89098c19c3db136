"""An advisory lock on an open file, shared by all processes that append to it."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RETRY_INTERVAL = 0.005
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL})


@contextmanager
def locked(descriptor: int, timeout: float) -> Iterator[bool]:
    """Hold the lock of a file while the block runs. The system releases it if the process ends.

    Yields:
        Whether the file is locked. False if its file system has no locks.

    Raises:
        TimeoutError: another process has held the lock for ``timeout`` seconds.
        OSError: the file cannot be locked for another reason.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                yield False
                return
            if error.errno not in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}:
                raise
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process has locked it") from None
            time.sleep(_RETRY_INTERVAL)
        else:
            break
    try:
        yield True
    finally:
        _unlock(descriptor)


if sys.platform == "win32":
    import msvcrt

    _FAR_BEYOND_ANY_CONTENT = 2**62
    """A locked byte cannot be read or written, so it must be none that the file will have."""

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_BEYOND_ANY_CONTENT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_BEYOND_ANY_CONTENT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
