"""Notes of the keyring entries that a login is about to write or remove, so that a crash leaves none unknown.

A note is a file of the configuration directory; it holds names, no secrets. The login that wrote it keeps it
locked, so that another process can tell whether that login was killed.
"""

from __future__ import annotations

import errno
import json
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.environment import CONFIG_DIR
from jebbitctl.errors import UsageError
from jebbitctl.storage.atomic_files import lock
from jebbitctl.storage.files import create_config_dir, is_private, read_regular_file
from jebbitctl.storage.trust import find_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATTERN = "login-*.pending"
_MAX_AGE = 3600.0
"""Seconds after which an empty note is obsolete: its login was killed before it stored anything."""


class LoginNote(NamedTuple):
    """What an interrupted login noted.

    Attributes:
        path: of the note.
        accounts: names of keyring entries, each of which may exist or not.
    """

    path: Path
    accounts: list[str]

    def remove(self) -> None:
        """Remove the note, as far as that is possible: one that is obsolete does no harm."""
        with suppress(OSError):
            self.path.unlink()


class LoginNotes:
    """The notes of one configuration directory.

    Args:
        directory: None if there is no home directory, where nothing is noted.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    @contextmanager
    def note(self, accounts: Sequence[str]) -> Iterator[LoginNote]:
        """Keep a new note locked while the block runs. The block removes it once it is obsolete.

        Raises:
            UsageError: the note cannot be written; the block has not run.
        """
        try:
            descriptor, path = self._write(json.dumps(list(accounts)).encode())
        except OSError as error:
            raise UsageError(
                f"{self._directory} cannot be written: {error.strerror}",
                hint=f"set {CONFIG_DIR} to another directory",
            ) from None
        try:
            yield LoginNote(path, list(accounts))
        finally:
            os.close(descriptor)

    def interrupted(self) -> list[LoginNote]:
        """Return the notes of logins that were interrupted."""
        if self._directory is None:
            return []
        with suppress(OSError):
            if find_problem(self._directory):
                return []
            found = (_read(path) for path in sorted(self._directory.glob(_PATTERN)))
            return [note for note in found if note is not None]
        return []

    def in_use(self, *, besides: LoginNote) -> set[str]:
        """Return the keyring entries that the other logins which run now have noted."""
        if self._directory is None:
            return set()
        with suppress(OSError):
            paths = [path for path in self._directory.glob(_PATTERN) if path != besides.path]
            notes = (_accounts(path) for path in paths if _is_locked(path))
            return {account for accounts in notes for account in accounts or ()}
        return set()

    def _write(self, content: bytes) -> tuple[int, Path]:
        """Write a new note and lock it; return its open file and its path."""
        import tempfile

        if self._directory is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home directory")
        create_config_dir(self._directory)
        prefix, suffix = _PATTERN.split("*")
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=self._directory)
        try:
            lock(descriptor)
            os.write(descriptor, content)
            os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            with suppress(OSError):
                Path(name).unlink()
            raise
        return descriptor, Path(name)


def _read(path: Path) -> LoginNote | None:
    """Return a note, None if its login is still running or it cannot be read."""
    if _is_locked(path) is not False or (accounts := _accounts(path)) is None:
        return None
    with suppress(OSError):
        if accounts or path.stat().st_mtime < time.time() - _MAX_AGE:  # else a login is about to write it
            return LoginNote(path, accounts)
    return None


def _is_locked(path: Path) -> bool | None:
    """Whether the login that wrote a note is still running; None if the note cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        return lock(descriptor) is False
    finally:
        os.close(descriptor)


def _accounts(path: Path) -> list[str] | None:
    """Return the accounts that a note names; None if it is another user's, as in ``/tmp``, or not valid."""
    try:
        if not is_private(path):
            return None
        accounts = json.loads(read_regular_file(path) or b"[]")
    except (OSError, ValueError, RecursionError):
        return None
    is_valid = isinstance(accounts, list) and all(isinstance(name, str) for name in accounts)
    return accounts if is_valid else None
