"""One entry of a manifest, made to say what one integration is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from jebbitctl.api import mapping_csv, mapping_plan, mappings
from jebbitctl.api.integrations import OPTIONS, REGIONS, WEBHOOKS, differences
from jebbitctl.errors import UsageError
from jebbitctl.manifest.checks import is_json
from jebbitctl.manifest.reading import escaped
from jebbitctl.manifest.schema import ADDITIONAL, ATTRIBUTES, Integration, import_lines
from jebbitctl.text import json_text
from jebbitctl.urls import require_https

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.api.documents import Resource


def unwritten(name: str, business: str | None) -> Integration:
    """Return an entry that says nothing yet."""
    return Integration(name, (), business)


class Entry:
    """A table of a manifest.

    Args:
        table: tomlkit's, which is changed.
        said: what it says.
        tell: called with a line about each thing that no manifest can say.
    """

    def __init__(self, table: Any, said: Integration, tell: Callable[[str], None]) -> None:
        self._table = table
        self._said = said
        self._tell = tell

    def become(self, resource: Resource, owned: Sequence[Resource], *, with_id: bool) -> None:
        """Change only what is not so: what stays keeps its place, its comments and its ``${NAME}``.

        Args:
            resource: the integration.
            owned: its mappings, newest first.
            with_id: nothing but its id tells it from another.
        """
        if (with_id or not _is_creatable(resource)) and "id" not in self._table:
            self._table["id"] = resource["id"]
        service = resource.get("service_name")
        if service != self._said.service_name and isinstance(service, str):
            self._table["service_name"] = service
        self._attributes(resource)
        self._options(resource)
        self._mappings(owned)

    def _attributes(self, resource: Resource) -> None:
        """Write those that there are keys for; of the others, those that the entry names already."""
        further = self._said.attributes.keys() - ATTRIBUTES.keys() - {OPTIONS}
        for name in (*ATTRIBUTES, *sorted(further)):
            value = resource.get(name)
            holder = ("set",) if name in further else ()
            if not self._is_sayable(name, value, ATTRIBUTES.get(name)):
                self._remove((*holder, name))
            elif name not in self._said.attributes or differences(
                resource, {name: self._said.attributes[name]}
            ):
                self._put((*holder, name), escaped(str(value)) if name == "endpoint" else value)

    def _options(self, resource: Resource) -> None:
        options, said = resource.get(OPTIONS), self._said.attributes.get(OPTIONS, {})
        options = options if isinstance(options, dict) else {}
        for name in dict.fromkeys((*ADDITIONAL, *options, *said)):
            holder = (OPTIONS,) if name in ADDITIONAL else ("set", OPTIONS)
            value = options.get(name)
            if not self._is_sayable(f"{OPTIONS}.{name}", value, ADDITIONAL.get(name)):
                self._remove((*holder, name))
            elif name not in said or differences({name: value}, {name: said[name]}):
                self._put((*holder, name), value)

    def _is_sayable(self, name: str, value: Any, type_: type | None) -> bool:
        """Whether a value can stand in a manifest: null cannot, and is not missed."""
        if value is None:
            return False
        fits = is_json(value) if type_ is None else isinstance(value, type_) and is_json(value)
        if name == "region" and value not in REGIONS:
            fits = False
        if not fits:
            self._tell(f"{self._said.name}: {name} is left out: it cannot stand in a manifest")
        return fits

    def _mappings(self, owned: Sequence[Resource]) -> None:
        sayable = [mapping for mapping in owned if self._is_mapping(mapping)]
        if self._said.mappings is None:
            if sayable:
                self._table["mappings"] = array = tomlkit.array()
                for mapping in reversed(sayable):
                    _append(array, mapping)
                array.add_line(indent="")
            return
        array = self._table["mappings"]
        gone = []
        steps = mapping_plan.plan_import(import_lines(self._said.mappings), sayable, prune=True)
        for step in steps:
            if step.line is not None and step.current is None:
                gone.append(step.line.number)
            elif step.line is not None and step.current is not None:
                for name in mapping_plan.changed_attributes(step.current, step.line):
                    _put_text(array[step.line.number], name, step.current.get(name))
            elif step.current is not None:
                _append(array, step.current)
        for position in reversed(gone):
            del array[position]

    def _is_mapping(self, mapping: Resource) -> bool:
        texts = [mapping.get(name) for name in ("jebbit_var", "client_var")]
        default = mapping.get("default")
        if (
            all(isinstance(text, str) and is_json(text) for text in texts)
            and (default is None or (isinstance(default, str) and is_json(default)))
            and not mappings.problem(jebbit_var=str(texts[0]), client_var=str(texts[1]))
        ):
            return True
        self._tell(
            f"{self._said.name}: mapping {mapping.get('id')} is left out: it cannot stand in a manifest"
        )
        return False

    def _put(self, path: tuple[str, ...], value: Any) -> None:
        table, *rest = self._table, *path
        while len(rest) > 1 and rest[0] in table:
            table = table[rest.pop(0)]
        if len(rest) == 1:
            table[rest[0]] = _item(value)
        else:
            table.append(tomlkit.key(rest), _item(value))

    def _remove(self, path: tuple[str, ...]) -> None:
        table = self._table
        for key in path[:-1]:
            table = table.get(key, {})
        table.pop(path[-1], None)


def _is_creatable(resource: Resource) -> bool:
    """Whether an entry without an id could have this integration created, if it were not there."""
    endpoint = resource.get("endpoint")
    if not isinstance(endpoint, str) or resource.get("service_name") != WEBHOOKS:
        return False
    try:
        require_https(endpoint, what="endpoint")
    except UsageError:
        return False
    return True


def _item(value: Any) -> Any:
    """Return a value for tomlkit; a text as JSON writes it, without what a terminal would obey."""
    return tomlkit.value(json_text(value)) if isinstance(value, str) else tomlkit.item(value)


def _append(array: Any, mapping: Resource) -> None:
    """Add to an array, or to what ``[[…mappings]]`` makes."""
    in_lines = isinstance(array, tomlkit.items.Array)
    item: Any = tomlkit.inline_table() if in_lines else tomlkit.table()
    for name in mapping_csv.COLUMNS:
        _put_text(item, name, mapping.get(name))
    if in_lines:
        array.add_line(item, indent="  ")
    else:
        array.append(item)


def _put_text(item: Any, name: str, value: Any) -> None:
    """Set a key of an inline table; what is empty has none."""
    if text := mapping_csv.to_cell(value):
        item[name] = _item(text)
    else:
        item.pop(name, None)
