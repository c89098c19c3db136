"""An entry of a new manifest, as text."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jebbitctl.manifest.schema import IntegrationSpec
from jebbitctl.manifest.toml_entry import TomlEntry
from jebbitctl.manifest.toml_text import dotted_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def empty_spec(
    name: str, business: str | None, attributes: Mapping[str, Any] = MappingProxyType({})
) -> IntegrationSpec:
    """Return the spec of a new, empty entry, to which attributes without their own key are added as well."""
    return IntegrationSpec(name, (), business, attributes=dict(attributes))


class NewEntry(TomlEntry):
    """An entry of a new manifest.

    Args:
        name: of the entry.
        business: the business that owns the integration, None for the business in use.
        warn: called with a message for each value that a manifest cannot represent.
        others: attributes without a key of their own that are added as well.

    Attributes:
        lines: the text.
    """

    def __init__(
        self,
        name: str,
        business: str | None,
        warn: Callable[[str], None],
        others: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(empty_spec(name, business, others), warn)
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
