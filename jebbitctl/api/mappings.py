"""Mappings: the names under which an integration sends attributes (``/api/v1/integration_mappings``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import resources
from jebbitctl.errors import RejectedError
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult

TYPE = "integration_mappings"
ATTRIBUTES = ("jebbit_var", "client_var", "default")
"""What a client sets, beside the integration."""
RESERVED = "$metadata"
"""Jebbit uses this name itself, and rejects it in a mapping."""


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A mapping that should exist, from a CSV file or a manifest.

    Attributes:
        jebbit_var: the name at Jebbit, as the file has it.
        client_var: the name to send it under, as the file has it.
        default: empty for no default.
        line: the number of its first line in a CSV file, from 1; None in a manifest.
        problem: why it is invalid, None if it is valid.
        oddity: what in its names is most likely a slip, None if nothing is.
        trimmed: whether a cell of its line in a CSV file had spaces around it, which were left out.
    """

    jebbit_var: str = ""
    client_var: str = ""
    default: str = ""
    line: int | None = None
    problem: str | None = None
    oddity: str | None = None
    trimmed: bool = False


def list_mappings(
    client: Client, integration: str | None = None, *, whole: bool = False
) -> Iterator[Resource]:
    """Yield the mappings of one integration, or all mappings, newest first; see :func:`list_resources`.

    Raises:
        NotFoundError: the integration does not exist.
    """
    return resources.list_owned(client, TYPE, integration, whole=whole)


def list_identified(
    client: Client, attributes: Iterable[str] = (), integration: str | None = None, *, whole: bool = False
) -> list[Resource]:
    """Return every mapping, or those of one integration, with these attributes and those that identify it.

    Raises:
        RejectedError: Jebbit does not say which integration a mapping belongs to, or its names; it could be
            created twice. Or, with ``whole``, Jebbit says that it did not list everything.
    """
    needed = {resources.OWNER, "jebbit_var", "client_var", *attributes}
    found = resources.complete(client, TYPE, list_mappings(client, integration, whole=whole), needed)
    for mapping in found:
        if resources.OWNER not in mapping.attributes:
            raise resources.unknown_owner(mapping)
        for name in ("jebbit_var", "client_var"):
            if name not in mapping.attributes:
                raise RejectedError(
                    f"Jebbit's response does not say the {name} of mapping {mapping.id}",
                    hint="without it, the same mapping could be created twice",
                )
    return found


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def create(client: Client, desired: dict[str, Any]) -> WriteResult:
    """Create a mapping for the integration that ``desired`` names.

    Raises:
        NotFoundError: the integration does not exist.
    """
    return resources.create_resource(client, TYPE, desired)


def update(client: Client, current: Resource, desired: dict[str, Any]) -> WriteResult:
    """Send the attributes of ``current`` that differ from ``desired``."""
    return resources.update_resource(client, TYPE, current, desired)


def delete(client: Client, id_: str) -> None:
    resources.delete_resource(client, TYPE, id_)


def name_problem(*, jebbit_var: str | None = None, client_var: str | None = None) -> str | None:
    """Return what is wrong with the names of a mapping, None if they are valid; None skips a name."""
    for attribute, name in (("jebbit_var", jebbit_var), ("client_var", client_var)):
        if name is not None and not name.strip():
            return f"{attribute} is empty"
    return f"jebbit_var cannot be {RESERVED}: Jebbit reserves this name" if jebbit_var == RESERVED else None


def to_text(value: Any) -> str:
    """Return an attribute's value as a file has it; None and an empty string both become an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
