"""An entry of a new manifest, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.manifest.schema import IntegrationSpec
from jebbitctl.manifest.toml_entry import TomlEntry
from jebbitctl.manifest.toml_text import dotted_key

if TYPE_CHECKING:
    from collections.abc import Callable


def empty_spec(name: str, business: str | None) -> IntegrationSpec:
    """Return the spec of a new, empty entry."""
    return IntegrationSpec(name, (), business)


class NewEntry(TomlEntry):
    """An entry of a new manifest.

    Args:
        name: of the entry.
        business: the business that owns the integration, None for the business in use.
        warn: called with a message for each value that a manifest cannot represent.

    Attributes:
        lines: the text.
    """

    def __init__(self, name: str, business: str | None, warn: Callable[[str], None]) -> None:
        super().__init__(empty_spec(name, business), warn)
        section = ("integrations",) if business is None else ("businesses", business, "integrations")
        self.lines = [f"[{dotted_key((*section, name))}]"]

    def _put_text(self, path: tuple[str, ...], text: str) -> None:
        self.lines.append(f"{dotted_key(path)} = {text}")

    def _remove(self, path: tuple[str, ...]) -> None:
        """Do nothing: a new entry has only what was put into it."""

    def _comment(self, text: str) -> None:
        self.lines.append(f"# {text}")

    def _mentions(self, text: str) -> bool:
        return any(text in line for line in self.lines)
