"""Files that are written once, before something is changed, and never overwritten."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.files import read_regular_file, write_all
from jebbitctl.storage.trust import require_own_target

if TYPE_CHECKING:
    from pathlib import Path

_ANOTHER = "choose another path, or move the file away"


def require_backup_possible(path: Path) -> None:
    """Check, without changing anything, that a file may be created at a path, or is there already.

    Raises:
        UsageError: it is a directory, a pipe, a device or a link to nothing, or its directory is missing or
            read-only, or under the control of another user.
    """
    if str(path) == "-":
        raise UsageError("a backup cannot be -", hint="give a path, or ./- for a file of this name")
    require_own_target(path)
    if (path.exists() or path.is_symlink()) and not path.is_file():
        raise UsageError(f"{path} is not a regular file", hint=_ANOTHER)
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: {path.parent} is not a directory")
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written")


def write_backup(path: Path, content: str) -> bool:
    """Create or fill a file that only this user can read; return False if it has this content already.

    Raises:
        UsageError: there is a file with other content.
        JebbitctlError: it cannot be written; then there is no file.
    """
    data = content.encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if (there := _content(path)) == data:
            return False
        if there != b"":
            raise UsageError(
                f"{path} already exists, and is not the same backup",
                hint=f"to continue a run that stopped, leave out --backup; otherwise {_ANOTHER}",
            ) from None
        _fill(path, data)
        return True
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None
        raise
    return True


def _fill(path: Path, data: bytes) -> None:
    """Write to an empty file, which may be mounted alone, so that no other can take its place.

    Raises:
        JebbitctlError: it cannot be written; then it is empty.
    """
    try:
        with path.open("r+b", buffering=0) as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), 0o600)
            try:
                write_all(file.fileno(), data)
            except OSError:
                write_all(file.fileno(), b"")
                raise
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        return read_regular_file(path)
    return None
