"""Files that are replaced atomically: readers see the old content or the new, never a part.

The new content gets a name of its own as late as possible: on Linux it is written to a file without a name
(O_TMPFILE), elsewhere to a temporary one. A process locks its temporary file for as long as it lives, so that
the next one can tell what a crash has left behind.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".jebbitctl-"
LEFTOVERS = f"{_PREFIX}*"
"""A pattern for the temporary files that interrupted writes leave behind."""

_MAX_AGE = 3600.0
"""Seconds after which a temporary file is a leftover if the system has no locks to tell."""


def replace_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Replace a file atomically.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    data = content.encode()
    with _unnamed_file(path.parent) as descriptor:
        if descriptor is not None:
            _write(descriptor, data, mode)
            if _name(descriptor, path):
                return
    _replace_by_temporary_file(path, data, mode)


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files of processes that have ended, as far as that is possible."""
    for path in leftovers(directory):
        with suppress(OSError):
            path.unlink()


def leftovers(directory: Path) -> list[Path]:
    """Return the temporary files of processes that have ended."""
    with suppress(OSError):
        return [path for path in sorted(directory.glob(LEFTOVERS)) if _is_leftover(path)]
    return []


def lock(descriptor: int) -> bool | None:
    """Lock an open file until it is closed; return whether that worked, None without locks.

    A file of this process, or of one that was killed, is never locked by another.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # such as a file system without locks
        return None
    return True


@contextmanager
def _unnamed_file(directory: Path) -> Iterator[int | None]:
    """Open a locked file without a name; None where the system has none, or none can be named later."""
    descriptor = None
    if hasattr(os, "O_TMPFILE"):
        with suppress(OSError):
            descriptor = os.open(directory, os.O_TMPFILE | os.O_WRONLY, 0o600)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _name(descriptor: int, path: Path) -> bool:
    """Give an unnamed file its path, atomically; return False if this file system cannot name it.

    Raises:
        OSError: the old file cannot be replaced.
    """
    lock(descriptor)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _link(descriptor, path.name, directory):
            return True
        if not path.exists():
            return False
        temporary = f"{_PREFIX}{os.urandom(8).hex()}"
        if not _link(descriptor, temporary, directory):
            return False
        try:
            path.with_name(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                path.with_name(temporary).unlink()
            raise
    finally:
        os.close(directory)
    return True


def _link(descriptor: int, name: str, directory: int) -> bool:
    """Name an unnamed file; return False if there is another file of this name, or the system refuses."""
    try:
        # Only with a directory does Python call linkat(), which follows the link in /proc.
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=directory, follow_symlinks=True)
    except OSError:
        return False
    return True


def _replace_by_temporary_file(path: Path, data: bytes, mode: int) -> None:
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    try:
        try:
            lock(descriptor)
            _write(descriptor, data, mode)
            if os.name == "posix":
                Path(name).replace(path)
        finally:
            os.close(descriptor)
        if os.name != "posix":  # an open file cannot be moved
            Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _write(descriptor: int, data: bytes, mode: int) -> None:
    written = 0
    while written < len(data):
        written += os.write(descriptor, data[written:])
    if mode != 0o600 and os.name == "posix":  # noqa: PLR2004 - the mode of a new file
        os.fchmod(descriptor, mode)
    os.fsync(descriptor)


def _is_leftover(path: Path) -> bool:
    """Whether no process is writing a temporary file any more."""
    try:
        status = path.lstat()
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        locked = lock(descriptor)
    finally:
        os.close(descriptor)
    if locked and status.st_size:  # a process locks its file before it writes to it
        return True
    return locked is not False and status.st_mtime < time.time() - _MAX_AGE
