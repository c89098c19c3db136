"""Mappings: under which name an integration sends an attribute (``/api/v1/integration_mappings``)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.api import dependents
from jebbitctl.api.integrations import changes
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.integrations import Difference

TYPE = "integration_mappings"
RESERVED = "$metadata"


def listed(client: Client, integration: str | None = None) -> Iterator[Resource]:
    """Yield the mappings of one integration, or all, newest first."""
    return dependents.inventory_of(client, TYPE, integration)


def get(client: Client, id_: str) -> Resource:
    """Return one mapping."""
    return dependents.get(client, TYPE, id_)


def create(client: Client, asked: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Create a mapping; return it, and what Jebbit did not take of the attributes."""
    return _as_it_is(client, dependents.create(client, TYPE, asked), asked)


def update(client: Client, current: Resource, asked: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Send what ``asked`` changes of ``current``; return the result, and what Jebbit did not take."""
    updated = dependents.update(client, TYPE, str(current["id"]), changes(current, asked))
    return _as_it_is(client, updated, asked)


def delete(client: Client, id_: str) -> None:
    """Delete a mapping."""
    client.delete(dependents.path_of(TYPE, id_))


def problem(*, jebbit_var: str | None = None, client_var: str | None = None) -> str | None:
    """Return what is wrong with the names of a mapping; None given is a name not to be changed."""
    for what, name in (("jebbit_var", jebbit_var), ("client_var", client_var)):
        if name is not None and not name.strip():
            return f"{what} is empty"
    return (
        f"jebbit_var cannot be {RESERVED}: Jebbit keeps that for itself" if jebbit_var == RESERVED else None
    )


def _as_it_is(client: Client, answered: Resource, asked: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Look again where the answer to a write leaves out a value that was asked for."""
    asked_values = {name for name, value in asked.items() if value is not None}
    if asked_values - {dependents.OWNER} - answered.keys():
        with suppress(JebbitctlError):  # the write was carried out, and must be shown
            answered = {**get(client, answered["id"]), **answered}
    return answered, dependents.refusals(answered, asked)
