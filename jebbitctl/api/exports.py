"""Exports: the files that Jebbit sends on a schedule (``/api/v1/uploaders``), read only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import resources
from jebbitctl.api.export_runs import latest, runs_in
from jebbitctl.api.export_schedule import schedule_in
from jebbitctl.errors import NotFoundError
from jebbitctl.util.ids import is_id
from jebbitctl.util.redaction import MASK, redact_attribute
from jebbitctl.util.text import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "uploaders"
_DESTINATION = "destination"
_TARGETS = re.compile(
    r"(^|.*_)((protocol|(host|bucket|container|folder)(_?name)?|path|directory|recipients?|"
    r"emails?(_address(es)?)?)|destination(_(type|name))?)$"
)
"""Names of where files go; no document gives them."""


def list_exports(client: Client) -> Iterator[Resource]:
    """Yield every export; see :func:`resources.list_resources`."""
    return resources.list_resources(client, TYPE)


def list_campaigns(client: Client, id_: str) -> Iterator[Resource]:
    """Yield the campaigns that an export is attached to."""
    return resources.list_linked(client, TYPE, id_, "campaigns")


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def list_with_runs(client: Client) -> list[Resource]:
    """Return every export with its runs, if Jebbit says them in the list or at the export's own address."""
    return [
        _fetched(client, export) if runs_in(export.attributes) is None else export
        for export in list_exports(client)
    ]


def _fetched(client: Client, export: Resource) -> Resource:
    """Return an export with what its own address says; unchanged if there is none."""
    if export.id is None or not is_id(export.id):
        return export
    try:
        return export.merge(get(client, export.id))
    except NotFoundError:
        return export


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """An export with four attributes whose names Jebbit does not document, under names of our own."""

    export: Resource

    def to_dict(self) -> dict[str, Any]:
        """Return the export as JSON, with each of the four attributes that it lacks by these names."""
        attributes = self.export.attributes
        schedule, run = schedule_in(attributes), latest(runs_in(attributes) or ())
        added = {
            "schedule": schedule.text if schedule else None,
            _DESTINATION: destination_in(attributes),
            "last_status": run.status if run else None,
            "last_run_at": run.at if run else None,
        }
        return {**self.export.to_dict(), **{n: v for n, v in added.items() if n not in attributes}}


def destination_in(attributes: Mapping[str, Any]) -> str | None:
    """Return where the files go, in one line without credentials; None if Jebbit does not say it."""
    found: dict[str, None] = {}
    for name, value in flatten(dict(attributes)):
        outer, _, last = name.lower().rpartition(".")
        if not _TARGETS.match(last) and not (_DESTINATION in outer and last in {"type", "kind", "name"}):
            continue
        for text in value if isinstance(value, list) else [value]:
            shown = redact_attribute(name, text)
            if isinstance(shown, str) and shown not in {"", MASK}:
                found[shown] = None
    return " ".join(found) or None
