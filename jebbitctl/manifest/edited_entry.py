"""An entry of an existing manifest, edited with tomlkit: the rest keeps its place and its comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from jebbitctl.api import mapping_plan, mappings
from jebbitctl.manifest.toml_entry import TomlEntry, mapping_cells
from jebbitctl.manifest.toml_text import inline_table, inline_value
from jebbitctl.manifest.variables import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.schema import IntegrationSpec


class EditedEntry(TomlEntry):
    """An entry of an existing manifest.

    Args:
        table: the entry's table, from tomlkit; edited in place.
        spec: the parsed entry.
        warn: called with a message for each value that a manifest cannot represent.
        comments: further text of the entry that is not in the table now.
    """

    def __init__(
        self, table: Any, spec: IntegrationSpec, warn: Callable[[str], None], comments: str = ""
    ) -> None:
        super().__init__(spec, warn)
        self._table = table
        self._comments = comments

    def _update_mappings(self, owned: Sequence[Resource], storable: Sequence[Resource]) -> None:
        if self._spec.mappings is None:
            super()._update_mappings(owned, storable)
            return
        array = self._table["mappings"]
        removed = []
        for step in mapping_plan.plan_import(self._spec.mappings, storable, prune=True):
            position = None if step.spec is None else self._spec.mappings.index(step.spec)
            if step.current is None:
                removed.append(position)
            elif position is None:
                _append(array, step.current)
            else:
                for name in mapping_plan.changed_attributes(step.current, self._spec.mappings[position]):
                    _put_cell(array[position], name, step.current.attributes.get(name))
        for position in reversed(removed):
            del array[position]

    def _put_text(self, path: tuple[str, ...], text: str) -> None:
        table, *rest = self._table, *path
        while len(rest) > 1 and rest[0] in table:
            table = table[rest.pop(0)]
        item = tomlkit.value(text)
        if len(rest) == 1:
            table[rest[0]] = item
        else:
            table.append(tomlkit.key(rest), item)

    def _remove(self, path: tuple[str, ...]) -> None:
        table = self._table
        for key in path[:-1]:
            table = table.get(key, {})
        table.pop(path[-1], None)

    def _comment(self, text: str) -> None:
        self._table.add(tomlkit.comment(text))

    def _mentions(self, text: str) -> bool:
        return text in self._table.as_string() + self._comments


def _append(array: Any, mapping: Resource) -> None:
    """Append a mapping to an array, or to a ``[[…mappings]]`` array of tables."""
    cells = mapping_cells(mapping)
    if isinstance(array, tomlkit.items.Array):
        array.add_line(tomlkit.value(inline_table(cells)), indent="  ")
        return
    table = tomlkit.table()
    for name, text in cells.items():
        table[name] = tomlkit.value(inline_value(text))
    array.append(table)


def _put_cell(item: Any, name: str, value: Any) -> None:
    """Set a key of a table, or remove it if the value is empty."""
    if text := mappings.to_text(value):
        item[name] = tomlkit.value(inline_value(escape(text)))
    else:
        item.pop(name, None)
