"""Ids and what people call them, for TAB: for a few minutes, and without a secret.

Everything here is a cache: what cannot be read, trusted or written counts as absent.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.storage.files import LEFTOVERS, is_private, private_dir, remove, sweep, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEPT = 300.0
"""Seconds that an entry is used for."""


class IdsCache:
    """What TAB offered lately, in one configuration directory.

    Args:
        directory: the configuration directory; None where there is no home to have one in.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = None if directory is None else directory / "completion"

    def get(self, key: str) -> list[tuple[str, str]] | None:
        """Return ids with their descriptions, None when there are none, or too old ones."""
        if self._directory is None:
            return None
        try:
            path = self._path(self._directory, key)
            entry = json.loads(path.read_bytes()) if is_private(path) else None
        except (OSError, ValueError, RecursionError):
            return None
        return _items(entry)

    def put(self, key: str, items: Sequence[tuple[str, str]]) -> None:
        """Store ids with their descriptions; older entries, whoever's they are, are removed."""
        if self._directory is None:
            return
        with suppress(OSError):
            private_dir(self._directory.parent)
            private_dir(self._directory)
            entry = {"written_at": time.time(), "items": items}
            write_private(self._path(self._directory, key), json.dumps(entry))
            for pattern in ("*.json", LEFTOVERS):
                sweep(self._directory, pattern, older_than=KEPT)

    def clear(self) -> None:
        """Forget every entry.

        Raises:
            JebbitctlError: one cannot be removed.
        """
        if self._directory is not None:
            for path in [*self._directory.glob("*.json"), *self._directory.glob(LEFTOVERS)]:
                remove(path, what="a cached list of ids")

    @staticmethod
    def _path(directory: Path, key: str) -> Path:
        return directory / f"{key}.json"


def _items(entry: Any) -> list[tuple[str, str]] | None:
    """Return an entry's items; None for anything that is not exactly a young entry."""
    if not isinstance(entry, dict):
        return None
    written, items = entry.get("written_at"), entry.get("items")
    if not isinstance(written, float) or not 0 <= time.time() - written < KEPT:
        return None
    if not isinstance(items, list) or not all(_is_item(item) for item in items):
        return None
    return [(id_, description) for id_, description in items]


def _is_item(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item)  # noqa: PLR2004
