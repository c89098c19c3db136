"""The keys of a manifest: which there are, what each may hold, and what an integration becomes of them.

::

    version = 1                                  # of this format

    [integrations.spring-leads]                  # a name of your choice
    endpoint = "https://${HOOKS_HOST}/jebbit"    # ${NAME} is the environment's, $${ stands for ${
    region = "us"                                # or "eu"
    is_active = true
    additional_options.hash_pii = true
    set.additional_options.new_thing = 1         # what has no key of its own yet, as --set takes it
    mappings = [
      { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
    ]

``[businesses.ID.integrations.NAME]`` takes the place of ``[integrations.NAME]`` where one file is about
several businesses. A key that is not there is not managed: whatever it is at Jebbit is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.api import documents, mappings
from jebbitctl.api.integrations import OPTIONS, REGIONS, WEBHOOKS
from jebbitctl.api.mapping_csv import CsvLine
from jebbitctl.errors import UsageError
from jebbitctl.manifest.checks import ManifestError, require_known, require_unknown, table_in, typed
from jebbitctl.urls import normalized, require_https

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.manifest.checks import Path

VERSION = 1
ATTRIBUTES: dict[str, type] = {
    "endpoint": str,
    "region": str,
    "is_active": bool,
    "include_uids": bool,
    "require_opt_in": bool,
    "include_mapped_attributes": bool,
}
"""What can be written of an integration, and its type."""

ADDITIONAL: dict[str, type] = {
    "hash_pii": bool,
    "campaign_name_filter": str,
    "include_url_params": bool,
    "include_sub_channel": bool,
    "include_outcome_names": bool,
    "require_outcomes": bool,
}
"""The same of its additional_options."""

NOT_SETTABLE = frozenset({"id", "type", "service_name", "shared_secret", "created_at", "updated_at"})
"""What Jebbit sets, or what would be a secret in a file."""

_MAPPING = ("jebbit_var", "client_var", "default")
_ENTRY = ("id", "service_name", *ATTRIBUTES, OPTIONS, "set", "mappings")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping as it should be; an empty default is none."""

    jebbit_var: str
    client_var: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration as it should be.

    Attributes:
        name: the manifest's, not Jebbit's.
        path: where it stands.
        business: whose it is, None for the business in use.
        id: the one at Jebbit's, None to find it by service and endpoint.
        service_name: such as ``webhooks_standard``, the only one that the API creates.
        attributes: what is managed, in the API's shape.
        mappings: what is managed of them, None for nothing.
    """

    name: str
    path: Path
    business: str | None = None
    id: str | None = None
    service_name: str = WEBHOOKS
    attributes: dict[str, Any] = field(default_factory=dict)
    mappings: tuple[Mapping, ...] | None = None

    @property
    def where(self) -> tuple[str, str]:
        """By what it is found without an id."""
        return where({"service_name": self.service_name, **self.attributes})


def where(attributes: dict[str, Any]) -> tuple[str, str]:
    """Return by what an integration is found without its id, as text, whatever Jebbit says there."""
    return str(attributes.get("service_name")), normalized(str(attributes.get("endpoint")))


def integrations_of(document: dict[str, Any]) -> list[Integration]:
    """Return what a parsed manifest says, in its order; endpoints as they stand there.

    Raises:
        ManifestError: a key is unknown, missing or holds what it cannot.
    """
    _require_version(document)
    require_known(document, ("version", "integrations", "businesses"), ())
    if "integrations" in document and "businesses" in document:
        raise ManifestError(("integrations",), "a manifest has either integrations or businesses")
    found = _section(document, (), None)
    for business, section in table_in(document, "businesses", ()).items():
        path = ("businesses", business)
        if not documents.is_id(business):
            raise ManifestError(path, "this is not the id of a business", "ids look like bTUIhsye")
        if not isinstance(section, dict):
            raise ManifestError(path, "this must be a table")
        require_known(section, ("integrations",), path)
        found += _section(section, path, business)
    _require_different(found)
    return found


def _require_version(document: dict[str, Any]) -> None:
    if "version" not in document:
        raise ManifestError((), f"there is no version: this format's is version = {VERSION}")
    version = document["version"]
    if type(version) is not int or version != VERSION:  # neither true nor 1.0
        raise ManifestError(("version",), f"this jebbitctl reads version {VERSION}")


def _section(holder: dict[str, Any], path: Path, business: str | None) -> list[Integration]:
    entries = table_in(holder, "integrations", path)
    return [
        _integration(name, entry, (*path, "integrations", name), business) for name, entry in entries.items()
    ]


def _integration(name: str, entry: Any, path: Path, business: str | None) -> Integration:
    if not _NAME.fullmatch(name):
        raise ManifestError(path, "this is not a name", "use letters, digits, '-', '_' and '.'")
    if not isinstance(entry, dict):
        raise ManifestError(path, "this must be a table", f"[integrations.{name}] begins one")
    require_known(entry, _ENTRY, path)
    id_ = typed(entry, "id", str, path)
    if id_ is not None and not documents.is_id(id_):
        raise ManifestError((*path, "id"), f"{id_!r} is not an id", "ids look like L5m24mjs")
    attributes = _attributes(entry, path)
    if id_ is None and "endpoint" not in attributes:
        raise ManifestError(
            path, "an endpoint or an id is missing", "one of them says which integration this is"
        )
    return Integration(
        name,
        path,
        business,
        id_,
        typed(entry, "service_name", str, path) or WEBHOOKS,
        attributes,
        _mappings(entry, path) if "mappings" in entry else None,
    )


def _attributes(entry: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the attributes of an entry in the API's shape, those below ``set`` among them."""
    given = {name: typed(entry, name, type_, path) for name, type_ in ATTRIBUTES.items() if name in entry}
    if given.get("region", REGIONS[0]) not in REGIONS:
        raise ManifestError((*path, "region"), "this is not a region", f"use {' or '.join(REGIONS)}")
    options = table_in(entry, OPTIONS, path)
    require_known(options, ADDITIONAL, (*path, OPTIONS), "set.additional_options takes what is not known yet")
    inner = {name: typed(options, name, ADDITIONAL[name], (*path, OPTIONS)) for name in options}
    further = dict(table_in(entry, "set", path))
    require_unknown(further, {*_ENTRY, *NOT_SETTABLE} - {OPTIONS}, (*path, "set"))
    further_inner = table_in(further, OPTIONS, (*path, "set"))
    require_unknown(further_inner, ADDITIONAL, (*path, "set", OPTIONS))
    further.pop(OPTIONS, None)
    inner |= further_inner
    return given | further | ({OPTIONS: inner} if inner else {})


def _mappings(entry: dict[str, Any], path: Path) -> tuple[Mapping, ...]:
    found: list[Mapping] = []
    for position, item in enumerate(typed(entry, "mappings", list, path)):
        here = (*path, "mappings", position)
        if not isinstance(item, dict):
            raise ManifestError(here, "this must be a table", '{ jebbit_var = "…", client_var = "…" } is one')
        require_known(item, _MAPPING, here)
        given = {name: typed(item, name, str, here) for name in _MAPPING}
        for name in ("jebbit_var", "client_var"):
            if given[name] is None:
                raise ManifestError(here, f"{name} is missing")
        if problem := mappings.problem(jebbit_var=given["jebbit_var"], client_var=given["client_var"]):
            raise ManifestError(here, problem)
        mapping = Mapping(given["jebbit_var"], given["client_var"], given["default"] or "")
        if any((m.jebbit_var, m.client_var) == (mapping.jebbit_var, mapping.client_var) for m in found):
            raise ManifestError(here, f"{mapping.jebbit_var} is mapped to {mapping.client_var} twice")
        found.append(mapping)
    return tuple(found)


def import_lines(declared: Sequence[Mapping]) -> list[CsvLine]:
    """Return mappings as an import takes them, numbered by their position."""
    return [CsvLine(number, m.jebbit_var, m.client_var, m.default) for number, m in enumerate(declared)]


def require_sendable(integration: Integration) -> None:
    """Return when the endpoint of an integration is one that Jebbit may be told.

    Raises:
        ManifestError: it is not absolute, or not https.
    """
    try:
        require_https(integration.attributes["endpoint"], what="endpoint")
    except UsageError as error:
        problem = error.message.partition(": ")[2]
        raise ManifestError((*integration.path, "endpoint"), problem, error.hint) from None


def _require_different(integrations: Iterable[Integration]) -> None:
    """Names are unique in the whole file: a secret's file is called by them, on any file system."""
    names: dict[str, Path] = {}
    for integration in integrations:
        first = names.setdefault(integration.name.casefold(), integration.path)
        if first != integration.path:
            raise ManifestError(
                integration.path, f"another integration is called {first[-1]}", "names are used once"
            )
