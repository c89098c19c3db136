"""A cache of access tokens that processes share: one file per identity, in the configuration directory.

However many processes start at once, only one requests a token: a process that finds none takes the lock and
reads the cache again before it requests one. A file that cannot be read or trusted counts as absent.
"""

from __future__ import annotations

import errno
import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.environment import CONFIG_DIR
from jebbitctl.storage.atomic_files import LEFTOVERS, remove_leftovers, replace_file
from jebbitctl.storage.files import ensure_private_dir, is_private, remove_file, remove_old_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from filelock import BaseFileLock

LOCK_TIMEOUT = 8.5
"""Seconds to wait for a process that requests a token, before continuing without the cache.

A process that is stopped delays no other by more than ten seconds."""

_NOT_OURS = frozenset({errno.EPERM, errno.EACCES, errno.EROFS})
"""What happens in the root of a volume, or in a read-only image."""
_ENTRY = "a cached token"
_MAX_AGE = 31 * 86400
"""Seconds after which a file is removed: no token is valid for that long."""


def cache_key(*identity: str) -> str:
    """Return the key for what a token was issued to; it changes with each part, such as a rotated secret."""
    import hashlib  # takes longer than the rest of what help and profiles need

    return hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class TokenCache:
    """The tokens of one configuration directory.

    Args:
        directory: created when first written. None if there is no home directory, where nothing is cached.
        warn: called at most once, with one line, if the cache cannot be used.
    """

    def __init__(self, directory: Path | None, warn: Callable[[str], None]) -> None:
        self._parent = directory
        self._warn = warn
        self._warned = False

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an entry, None if there is none that can be read and trusted."""
        try:
            path = self._path(key)
            if not is_private(path):
                return None
            entry = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return entry if isinstance(entry, dict) else None

    def put(self, key: str, entry: dict[str, Any]) -> None:
        """Store an entry, or warn if the cache cannot be written."""
        try:
            directory = self._create_directory()
            replace_file(self._path(key), json.dumps(entry))
        except OSError as error:
            self._warn_once(f"cannot use the token cache ({_reason(error)}), continuing without it")
            return
        remove_leftovers(directory)
        for pattern in ("*.json", "*.lock"):
            remove_old_files(directory, pattern, older_than=_MAX_AGE)

    def remove(self, key: str) -> None:
        """Remove an entry if it exists.

        Raises:
            JebbitctlError: it exists, but cannot be removed.
        """
        if self._parent is not None:
            remove_file(self._path(key), what=_ENTRY)

    def clear(self) -> None:
        """Remove every entry.

        Raises:
            JebbitctlError: an entry cannot be removed.
        """
        if self._parent is not None:
            directory = self._directory()
            for path in [*directory.glob("*.json"), *directory.glob(LEFTOVERS)]:
                remove_file(path, what=_ENTRY)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the lock for requesting this identity's token, or continue without it after LOCK_TIMEOUT."""
        lock = self._acquire(key)
        try:
            yield
        finally:
            if lock is not None:
                with suppress(OSError):
                    lock.release()

    def _acquire(self, key: str) -> BaseFileLock | None:
        from filelock import FileLock, Timeout

        try:
            lock = FileLock(self._create_directory() / f"{key}.lock", mode=0o600, fallback_to_soft=False)
            lock.acquire(timeout=LOCK_TIMEOUT)
        except Timeout:
            self._warn_once("another process has locked the token cache, continuing without it")
        except OSError as error:  # such as a file system without locks
            self._warn_once(f"cannot use the token cache ({_reason(error)}), continuing without it")
        else:
            return lock
        return None

    def _directory(self) -> Path:
        if self._parent is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home directory; set JEBBIT_CONFIG_DIR")
        return self._parent / "tokens"

    def _create_directory(self) -> Path:
        return ensure_private_dir(self._directory())

    def _path(self, key: str) -> Path:
        return self._directory() / f"{key}.json"

    def _warn_once(self, line: str) -> None:
        if not self._warned:
            self._warned = True
            self._warn(line)


def _reason(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if error.errno in _NOT_OURS:
        return f"{reason}; {CONFIG_DIR} can name a directory of your own"
    return reason
