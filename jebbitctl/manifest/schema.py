"""The keys of a manifest, and the specs that they become.

::

    version = 1                                  # of this format

    [integrations.spring-leads]                  # a name of your choice
    endpoint = "https://${HOOKS_HOST}/jebbit"    # ${NAME} is a variable, $${ a literal ${
    region = "us"                                # or "eu"
    is_active = true
    protected = true                             # no apply deletes, deactivates or moves it
    additional_options.hash_pii = true
    set.additional_options.new_thing = 1         # an attribute without its own key, as with --set
    mappings = [
      { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
    ]

To cover several businesses in one file, use ``[businesses.ID.integrations.NAME]`` instead of
``[integrations.NAME]``. A missing key is not managed: any value at Jebbit is fine. A new integration
gets the default of ``integrations create``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.api import mappings
from jebbitctl.api.differences import OPTIONS
from jebbitctl.api.integrations import (
    ATTRIBUTE_TYPES,
    OPTION_TYPES,
    READ_ONLY,
    REGIONS,
    WEBHOOKS,
    same_service,
)
from jebbitctl.api.mappings import MappingSpec
from jebbitctl.errors import UsageError
from jebbitctl.manifest.validation import ManifestError, get_table, get_typed, reject_keys, require_known
from jebbitctl.util.ids import NAME_HINT, is_id, is_name
from jebbitctl.util.urls import normalize_url, require_https

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.manifest.validation import KeyPath

VERSION = 1
PROTECTED = "protected"
ENTRY_KEYS = ("id", "service_name", PROTECTED, *ATTRIBUTE_TYPES, OPTIONS, "set", "mappings")


@dataclass(frozen=True, slots=True)
class IntegrationSpec:
    """An integration that should exist.

    Attributes:
        name: in the manifest; Jebbit does not know it.
        path: its place in the manifest.
        business: the business that owns it, None for the business in use.
        id: its id at Jebbit, None to match it by service and endpoint.
        service_name: such as ``webhooks_standard``, the only service that the API creates.
        attributes: the managed attributes, as the API takes them.
        mappings: all its mappings, None if they are not managed.
        protected: whether apply must not delete, deactivate or move it.
    """

    name: str
    path: KeyPath
    business: str | None = None
    id: str | None = None
    service_name: str = WEBHOOKS
    attributes: dict[str, Any] = field(default_factory=dict)
    mappings: tuple[MappingSpec, ...] | None = None
    protected: bool = False

    @property
    def match_key(self) -> tuple[str, str]:
        """The service and the endpoint, which identify an integration without an id."""
        return match_key({"service_name": self.service_name, **self.attributes})


def match_key(attributes: dict[str, Any]) -> tuple[str, str]:
    """Return the service and the endpoint of an integration, as text whatever their type."""
    service = str(attributes.get("service_name"))
    return WEBHOOKS if same_service(service, WEBHOOKS) else service, normalize_url(
        str(attributes.get("endpoint"))
    )


def parse_specs(document: dict[str, Any]) -> list[IntegrationSpec]:
    """Return the specs in a parsed manifest, in its order.

    Raises:
        ManifestError: a key is unknown or missing, or its value is invalid.
    """
    _require_version(document)
    require_known(document, ("version", "integrations", "businesses"), ())
    if "integrations" in document and "businesses" in document:
        raise ManifestError(("integrations",), "a manifest has either integrations or businesses")
    found = _section(document, (), None)
    for business, section in get_table(document, "businesses", ()).items():
        path = ("businesses", business)
        if not is_id(business):
            raise ManifestError(path, "not the id of a business", "ids look like bTUIhsye")
        if not isinstance(section, dict):
            raise ManifestError(path, "must be a table")
        require_known(section, ("integrations",), path)
        found += _section(section, path, business)
    _require_unique_names(found)
    return found


def _require_version(document: dict[str, Any]) -> None:
    if "version" not in document:
        raise ManifestError((), "version is missing", f"add this line at the top: version = {VERSION}")
    version = document["version"]
    if type(version) is not int or version != VERSION:  # neither true nor 1.0
        raise ManifestError(("version",), f"this version of jebbitctl supports only version = {VERSION}")


def _section(holder: dict[str, Any], path: KeyPath, business: str | None) -> list[IntegrationSpec]:
    entries = get_table(holder, "integrations", path)
    return [
        _integration(name, entry, (*path, "integrations", name), business) for name, entry in entries.items()
    ]


def _integration(name: str, entry: Any, path: KeyPath, business: str | None) -> IntegrationSpec:
    if not is_name(name):
        raise ManifestError(path, "invalid name", NAME_HINT)
    if not isinstance(entry, dict):
        raise ManifestError(path, "must be a table", f"start it with [integrations.{name}]")
    require_known(entry, ENTRY_KEYS, path)
    id_ = get_typed(entry, "id", str, path)
    if id_ is not None and not is_id(id_):
        raise ManifestError((*path, "id"), f"{id_!r} is not an id", "ids look like L5m24mjs")
    attributes = _attributes(entry, path)
    if id_ is None and "endpoint" not in attributes:
        raise ManifestError(
            path, "endpoint or id is missing", "add one of them to say which integration this is"
        )
    spec = IntegrationSpec(
        name,
        path,
        business,
        id_,
        get_typed(entry, "service_name", str, path) or WEBHOOKS,
        attributes,
        _mappings(entry, path) if "mappings" in entry else None,
        get_typed(entry, PROTECTED, bool, path) or False,
    )
    if id_ is None:  # one that is matched by id may have any endpoint: it may come from the dashboard
        require_sendable(spec)
    return spec


def _attributes(entry: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return the attributes of an entry as the API takes them, including those under ``set``."""
    attributes = {
        name: get_typed(entry, name, type_, path) for name, type_ in ATTRIBUTE_TYPES.items() if name in entry
    }
    if attributes.get("region", REGIONS[0]) not in REGIONS:
        raise ManifestError((*path, "region"), "invalid region", f"use {' or '.join(REGIONS)}")
    options = get_table(entry, OPTIONS, path)
    require_known(options, OPTION_TYPES, (*path, OPTIONS), f"put other options under set.{OPTIONS}")
    nested = {name: get_typed(options, name, OPTION_TYPES[name], (*path, OPTIONS)) for name in options}
    others = dict(get_table(entry, "set", path))
    reject_keys(others, {*ENTRY_KEYS, *READ_ONLY} - {OPTIONS}, (*path, "set"))
    other_options = get_table(others, OPTIONS, (*path, "set"))
    reject_keys(other_options, OPTION_TYPES, (*path, "set", OPTIONS))
    others.pop(OPTIONS, None)
    nested |= other_options
    return attributes | others | ({OPTIONS: nested} if nested else {})


def _mappings(entry: dict[str, Any], path: KeyPath) -> tuple[MappingSpec, ...]:
    found: list[MappingSpec] = []
    for position, item in enumerate(get_typed(entry, "mappings", list, path)):
        here = (*path, "mappings", position)
        if not isinstance(item, dict):
            raise ManifestError(here, "must be a table", 'write { jebbit_var = "…", client_var = "…" }')
        require_known(item, mappings.ATTRIBUTES, here)
        values = {name: get_typed(item, name, str, here) for name in mappings.ATTRIBUTES}
        for name in ("jebbit_var", "client_var"):
            if values[name] is None:
                raise ManifestError(here, f"{name} is missing")
        if problem := mappings.name_problem(jebbit_var=values["jebbit_var"], client_var=values["client_var"]):
            raise ManifestError(here, problem)
        mapping = MappingSpec(values["jebbit_var"], values["client_var"], values["default"] or "")
        if any((m.jebbit_var, m.client_var) == (mapping.jebbit_var, mapping.client_var) for m in found):
            raise ManifestError(here, f"{mapping.jebbit_var} is mapped to {mapping.client_var} twice")
        found.append(mapping)
    return tuple(found)


def require_sendable(spec: IntegrationSpec) -> None:
    """Check that the endpoint of an integration is an absolute https URL.

    Raises:
        ManifestError: it is not.
    """
    try:
        require_https(spec.attributes["endpoint"], what="endpoint")
    except UsageError as error:
        problem = error.message.partition(": ")[2]
        raise ManifestError((*spec.path, "endpoint"), problem, error.hint) from None


def _require_unique_names(specs: Iterable[IntegrationSpec]) -> None:
    """Check that no two names are equal, ignoring case: a secret file is named after its integration.

    Raises:
        ManifestError: two are.
    """
    names: dict[str, KeyPath] = {}
    for spec in specs:
        first = names.setdefault(spec.name.casefold(), spec.path)
        if first != spec.path:
            raise ManifestError(
                spec.path, f"another integration is named {first[-1]}", "give each integration its own name"
            )
