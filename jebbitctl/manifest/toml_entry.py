"""Decides what one entry of a manifest file must say to match an integration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from jebbitctl.api import mappings
from jebbitctl.api.differences import ENDPOINT, OPTIONS, diff, knows
from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES, REGIONS, is_webhook, same_service
from jebbitctl.errors import UsageError
from jebbitctl.manifest.toml_text import inline_table, inline_value
from jebbitctl.manifest.validation import is_json
from jebbitctl.manifest.variables import escape
from jebbitctl.util.redaction import MASK, is_credential, redact_service_data
from jebbitctl.util.text import escape_controls
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.schema import IntegrationSpec


class TomlEntry(ABC):
    """An entry of a manifest file.

    Args:
        spec: the parsed entry; one without attributes for a new entry.
        warn: called with a message for each value that a manifest cannot represent.
    """

    def __init__(self, spec: IntegrationSpec, warn: Callable[[str], None]) -> None:
        self._spec = spec
        self._warn = warn

    @abstractmethod
    def _put_text(self, path: tuple[str, ...], text: str) -> None:
        """Set a key of the entry to a value, written as TOML."""

    @abstractmethod
    def _remove(self, path: tuple[str, ...]) -> None:
        """Remove a key of the entry, if it has it."""

    @abstractmethod
    def _comment(self, text: str) -> None:
        """Add a comment to the entry."""

    @abstractmethod
    def _mentions(self, text: str) -> bool:
        """Whether the entry contains a text."""

    def update(self, integration: Resource, owned: Sequence[Resource] | None, *, with_id: bool) -> None:
        """Change only what differs; the rest keeps its place, its comments and its variables.

        Args:
            integration: to match.
            owned: its mappings, newest first; None to say nothing of them.
            with_id: whether the entry needs its id.
        """
        if (with_id or not is_creatable(integration)) and self._spec.id is None:
            self._put(("id",), integration.id)
        service = integration.attributes.get("service_name")
        if isinstance(service, str) and not same_service(service, self._spec.service_name):
            self._put(("service_name",), service)
        self._warn_of_unknown(integration.attributes)
        self._update_attributes(integration.attributes)
        if knows(integration.attributes, [OPTIONS]):
            self._update_options(integration.attributes[OPTIONS])
        if owned is not None:
            storable, problems = split_mappings(owned)
            for problem in problems:
                self._warn(f"{self._spec.name}: {problem}")
            self._update_mappings(owned, storable)

    def _warn_of_unknown(self, current: dict[str, Any]) -> None:
        """Warn of the attributes that Jebbit does not say: the entry keeps their values."""
        declared = dict.fromkeys(self._spec.attributes)
        usual = ("region", "is_active", OPTIONS, *[ENDPOINT] * (is_webhook(current) is not False))
        if names := [name for name in {**declared, **dict.fromkeys(usual)} if not knows(current, [name])]:
            self._warn(f"{self._spec.name}: not exported, since Jebbit does not say it: {', '.join(names)}")

    def _update_attributes(self, current: dict[str, Any]) -> None:
        """Write attributes that have their own key; update other attributes only if the entry has them."""
        declared = self._spec.attributes
        others = declared.keys() - ATTRIBUTE_TYPES.keys() - {OPTIONS}
        for name in filter(lambda name: knows(current, [name]), (*ATTRIBUTE_TYPES, *sorted(others))):
            value = current.get(name)
            holder = ("set",) if name in others else ()
            if name in others and self._keep_credential(
                name, value, declared[name], is_masked=is_credential(name, value)
            ):
                continue
            if not self._is_storable(name, value, ATTRIBUTE_TYPES.get(name)):
                self._remove((*holder, name))
            elif name not in declared or diff(current, {name: declared[name]}):
                self._put((*holder, name), value)

    def _update_options(self, current: Any) -> None:
        declared = self._spec.attributes.get(OPTIONS, {})
        options = current if isinstance(current, dict) else {}
        masked = redact_service_data(options)  # a name such as X-Api-Key says what the value beside it is
        for name in dict.fromkeys((*OPTION_TYPES, *options, *declared)):
            holder = (OPTIONS,) if name in OPTION_TYPES else ("set", OPTIONS)
            value = options.get(name)
            is_masked = value == MASK or masked.get(name) != value
            if self._keep_credential(f"{OPTIONS}.{name}", value, declared.get(name), is_masked=is_masked):
                continue
            if not self._is_storable(f"{OPTIONS}.{name}", value, OPTION_TYPES.get(name)):
                self._remove((*holder, name))
            elif name not in declared or diff({name: value}, {name: declared[name]}):
                self._put((*holder, name), value)

    def _keep_credential(self, name: str, value: Any, declared: Any, *, is_masked: bool) -> bool:
        """Return whether an attribute holds a credential. If so, say that it is not exported.

        The entry keeps its own value, which may be a variable.
        """
        if value is None or not (is_masked or (declared is not None and is_credential(name, declared))):
            return False
        name = escape_controls(name)
        if declared is not None:
            if value != declared:
                self._warn(f"{self._spec.name}: {name} differs at Jebbit; a credential is not exported")
        elif not self._spec.path:
            self._comment(f"{name} looks like a credential: not exported, not managed")
        elif not self._mentions(f"{name} looks like"):
            self._warn(f"{self._spec.name}: {name} is not exported: it looks like a credential")
        return True

    def _is_storable(self, name: str, value: Any, type_: type | None) -> bool:
        """Whether a manifest can represent a value; warn if it cannot, unless the value is null."""
        if value is None:
            return False
        if not (fits := is_representable(name, value, type_)):
            self._warn(f"{self._spec.name}: {name} is left out: a manifest cannot represent its value")
        return fits

    def _update_mappings(self, owned: Sequence[Resource], storable: Sequence[Resource]) -> None:
        """Write mappings, newest first, to an entry without any.

        A new entry of an integration without mappings says so: then they are managed.
        """
        if storable:
            lines = [f"  {inline_table(mapping_cells(mapping))},\n" for mapping in reversed(storable)]
            self._put_text(("mappings",), f"[\n{''.join(lines)}]")
        elif not self._spec.path and not owned:
            self._put_text(("mappings",), "[]")

    def _put(self, path: tuple[str, ...], value: Any) -> None:
        self._put_text(path, inline_value(escape(value)))


def is_creatable(integration: Resource) -> bool:
    """Whether apply could create this integration from an entry without an id."""
    return bool(is_webhook(integration.attributes)) and is_sendable(integration.attributes.get(ENDPOINT))


def is_sendable(endpoint: Any) -> bool:
    """Whether apply could set this endpoint."""
    if not isinstance(endpoint, str):
        return False
    try:
        require_https(endpoint, what="endpoint")
    except UsageError:
        return False
    return True


def is_representable(name: str, value: Any, type_: type | None) -> bool:
    """Whether a manifest can represent the value of an attribute; its own key may require a type."""
    if name == "region" and value not in REGIONS:
        return False
    return is_json([name, value]) and (type_ is None or isinstance(value, type_))


def split_mappings(owned: Iterable[Resource]) -> tuple[list[Resource], list[str]]:
    """Return the mappings of an integration that a manifest can represent, and why others are left out."""
    storable: dict[tuple[str, str], Resource] = {}
    problems: list[str] = []
    for mapping in owned:
        jebbit_var, client_var = names = [
            mapping.attributes.get(name) for name in ("jebbit_var", "client_var")
        ]
        default = mapping.attributes.get("default")
        if (
            not all(isinstance(name, str) and is_json(name) for name in names)
            or not (default is None or (isinstance(default, str) and is_json(default)))
            or mappings.name_problem(jebbit_var=str(jebbit_var), client_var=str(client_var))
        ):
            problems.append(f"mapping {mapping.id} is left out: a manifest cannot represent its value")
        elif first := storable.get((str(jebbit_var), str(client_var))):
            problem = f"mapping {first.id} has the same names, {jebbit_var} and {client_var}"
            problems.append(f"mapping {mapping.id} is left out: {problem}")
        else:
            storable[str(jebbit_var), str(client_var)] = mapping
    return list(storable.values()), problems


def mapping_cells(mapping: Resource) -> dict[str, str]:
    """Return the attributes of a mapping that are not empty, with ``${`` escaped."""
    cells = {name: mappings.to_text(mapping.attributes.get(name)) for name in mappings.ATTRIBUTES}
    return {name: escape(text) for name, text in cells.items() if text}
