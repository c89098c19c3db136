"""Access tokens between processes: one file per identity, beside the profiles.

A token is asked for once however many processes start at once: who finds none takes the lock, looks again,
and only then asks. Everything here is a cache: what cannot be read or trusted counts as absent.
"""

from __future__ import annotations

import errno
import hashlib
import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.storage.files import LEFTOVERS, is_private, private_dir, remove, sweep, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from filelock import BaseFileLock

LOCK_PATIENCE = 8.5
"""Seconds to wait for a process that is asking for a token, before going on without the cache: one
that is stopped delays nobody by more than ten."""

_ENTRY = "a cached token"
_KEPT = 31 * 86400
"""Seconds after which a file is swept: no token lives that long."""


def cache_key(*identity: str) -> str:
    """Return a name for what a token was issued to; it changes with any part, a rotated secret included."""
    return hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class TokenCache:
    """The tokens of one configuration directory.

    Args:
        directory: where the files are; created when first written. None where there is no home to have it in.
        warn: called at most once, with one line, when the cache cannot be used.
    """

    def __init__(self, directory: Path | None, warn: Callable[[str], None]) -> None:
        self._parent = directory
        self._warn = warn
        self._warned = False

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what was stored, None when there is nothing that can be trusted."""
        try:
            path = self._path(key)
            if not is_private(path):
                return None
            entry = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return entry if isinstance(entry, dict) else None

    def put(self, key: str, entry: dict[str, Any]) -> None:
        """Store an entry; a cache that cannot be written is warned about, not an error."""
        try:
            directory = self._prepared()
            write_private(self._path(key), json.dumps(entry))
        except OSError as error:
            self._say(f"the token cache cannot be used ({_reason(error)}): going on without it")
            return
        sweep(directory)
        for pattern in ("*.json", "*.lock"):
            sweep(directory, pattern, older_than=_KEPT)

    def drop(self, key: str) -> None:
        """Forget an entry.

        Raises:
            JebbitctlError: it is there, and cannot be removed.
        """
        if self._parent is not None:
            remove(self._path(key), what=_ENTRY)

    def clear(self) -> None:
        """Forget every entry.

        Raises:
            JebbitctlError: one cannot be removed.
        """
        if self._parent is not None:
            directory = self._directory()
            for path in [*directory.glob("*.json"), *directory.glob(LEFTOVERS)]:
                remove(path, what=_ENTRY)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the right to ask for this identity's token, or go on without it when that takes too long."""
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
            lock = FileLock(self._prepared() / f"{key}.lock", mode=0o600)
            lock.acquire(timeout=LOCK_PATIENCE)
        except Timeout:
            self._say("another process holds the token cache: going on without it")
        except (OSError, NotImplementedError) as error:  # the latter: older filelocks, where flock is missing
            self._say(f"the token cache cannot be used ({_reason(error)}): going on without it")
        else:
            return lock
        return None

    def _directory(self) -> Path:
        if self._parent is None:
            raise FileNotFoundError(
                errno.ENOENT, "there is no home directory; JEBBIT_CONFIG_DIR can name one"
            )
        return self._parent / "tokens"

    def _prepared(self) -> Path:
        private_dir(self._directory().parent)
        return private_dir(self._directory())

    def _path(self, key: str) -> Path:
        return self._directory() / f"{key}.json"

    def _say(self, line: str) -> None:
        if not self._warned:
            self._warned = True
            self._warn(line)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
