"""A cache of the ids that completion offers, with their descriptions. It holds no secrets.

A file that cannot be read, trusted or written counts as absent.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.storage.atomic_files import LEFTOVERS, remove_leftovers, replace_file
from jebbitctl.storage.files import ensure_private_dir, is_private, remove_file, remove_old_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TTL = 300.0
"""Seconds that an entry is used for."""


class CompletionCache:
    """The cached completions of one configuration directory.

    Args:
        directory: the configuration directory; None if there is no home directory, where nothing is cached.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = None if directory is None else directory / "completion"

    def get(self, key: str) -> list[tuple[str, str]] | None:
        """Return ids with their descriptions, None if there is no entry or it has expired."""
        if self._directory is None:
            return None
        try:
            path = self._path(self._directory, key)
            entry = json.loads(path.read_bytes()) if is_private(path) else None
        except (OSError, ValueError, RecursionError):
            return None
        return _items(entry)

    def put(self, key: str, items: Sequence[tuple[str, str]]) -> None:
        """Store ids with their descriptions, and remove every expired entry."""
        if self._directory is None:
            return
        with suppress(OSError):
            ensure_private_dir(self._directory)
            entry = {"written_at": time.time(), "items": items}
            replace_file(self._path(self._directory, key), json.dumps(entry))
            remove_leftovers(self._directory)
            remove_old_files(self._directory, "*.json", older_than=TTL)

    def invalidate(self) -> None:
        """Remove every entry after a write, so that new ids are offered at once; errors are ignored."""
        if self._directory is None:
            return
        with suppress(OSError):
            for path in self._directory.glob("*.json"):
                with suppress(OSError):
                    if is_private(path):
                        path.unlink()

    def clear(self) -> None:
        """Remove every entry.

        Raises:
            JebbitctlError: an entry cannot be removed.
        """
        if self._directory is not None:
            for path in [*self._directory.glob("*.json"), *self._directory.glob(LEFTOVERS)]:
                remove_file(path, what="a cached list of ids")

    @staticmethod
    def _path(directory: Path, key: str) -> Path:
        return directory / f"{key}.json"


def _items(entry: Any) -> list[tuple[str, str]] | None:
    """Return an entry's items, None if it has expired or is not exactly what ``put`` writes."""
    if not isinstance(entry, dict):
        return None
    written_at, items = entry.get("written_at"), entry.get("items")
    if not isinstance(written_at, float) or not 0 <= time.time() - written_at < TTL:
        return None
    if not isinstance(items, list) or not all(_is_item(item) for item in items):
        return None
    return [(id_, description) for id_, description in items]


def _is_item(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item)  # noqa: PLR2004
