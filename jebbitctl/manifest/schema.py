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

import re
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
from jebbitctl.util.redaction import MASK, holds_mask
from jebbitctl.util.urls import normalize_url, require_https

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.manifest.validation import KeyPath, Problems

VERSION = 1
ATTRIBUTE_PATTERN = "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
r"""Names of attributes. Other characters could be a command in a CI log. Editors read \w as ASCII only."""
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


def parse_specs(document: dict[str, Any], problems: Problems) -> list[IntegrationSpec]:
    """Return the specs in a parsed manifest, in its order, without those whose identity has problems.

    Args:
        document: with its variables expanded.
        problems: gets one for each key that is unknown or missing, or has an invalid value.
    """
    _check_version(document, problems)
    require_known(document, ("version", "integrations", "businesses"), (), problems)
    if "integrations" in document and "businesses" in document:
        problems.append(ManifestError(("integrations",), "a manifest has either integrations or businesses"))
    found = _section(document, (), None, problems)
    for business, section in get_table(document, "businesses", (), problems).items():
        path = ("businesses", business)
        if not is_id(business):
            problems.append(ManifestError(path, "not the id of a business", "ids look like bTUIhsye"))
        if isinstance(section, dict):
            require_known(section, ("integrations",), path, problems)
            found += _section(section, path, business, problems)
        else:
            problems.append(ManifestError(path, "must be a table"))
    _check_unique_names([path for path, _ in found], problems)
    return [spec for _, spec in found if spec]


def _check_version(document: dict[str, Any], problems: Problems) -> None:
    version = document.get("version")
    if version is None:
        hint = f"add this line at the top: version = {VERSION}"
        problems.append(ManifestError((), "version is missing", hint))
    elif type(version) is not int or version != VERSION:  # neither true nor 1.0
        problem = f"this version of jebbitctl supports only version = {VERSION}"
        problems.append(ManifestError(("version",), problem))


def _section(
    holder: dict[str, Any], path: KeyPath, business: str | None, problems: Problems
) -> list[tuple[KeyPath, IntegrationSpec | None]]:
    """Return the path of each entry, and its spec unless its identity has problems."""
    entries = get_table(holder, "integrations", path, problems)
    paths = {name: (*path, "integrations", name) for name in entries}
    return [
        (paths[name], _integration(entry, paths[name], business, problems)) for name, entry in entries.items()
    ]


def _integration(
    entry: Any, path: KeyPath, business: str | None, problems: Problems
) -> IntegrationSpec | None:
    known_problems, name = len(problems), str(path[-1])
    if not is_name(name):
        problems.append(ManifestError(path, "invalid name", NAME_HINT))
    if not isinstance(entry, dict):
        problems.append(ManifestError(path, "must be a table", f"start it with [integrations.{name}]"))
        return None
    require_known(entry, ENTRY_KEYS, path, problems)
    id_ = get_typed(entry, "id", str, path, problems)
    if id_ is not None and not is_id(id_):
        problems.append(ManifestError((*path, "id"), f"{id_!r} is not an id", "ids look like L5m24mjs"))
    if "id" not in entry and "endpoint" not in entry:
        hint = "add one of them to say which integration this is"
        problems.append(ManifestError(path, "endpoint or id is missing", hint))
    spec = IntegrationSpec(
        name,
        path,
        business,
        id_,
        get_typed(entry, "service_name", str, path, problems) or WEBHOOKS,
        _attributes(entry, path, problems),
        _mappings(entry, path, problems) if "mappings" in entry else None,
        get_typed(entry, PROTECTED, bool, path, problems) or False,
    )
    # one that is matched by id may have any endpoint: it may come from the dashboard
    if "id" not in entry and spec.attributes.get("endpoint") is not None:
        try:
            require_sendable(spec)
        except ManifestError as error:
            problems.append(error)
    identity = {path, *((*path, key) for key in ("id", "endpoint", "service_name"))}
    return None if any(error.path in identity for error in problems[known_problems:]) else spec


def _attributes(entry: dict[str, Any], path: KeyPath, problems: Problems) -> dict[str, Any]:
    """Return the attributes of an entry as the API takes them, including those under ``set``."""
    attributes = {
        name: get_typed(entry, name, type_, path, problems)
        for name, type_ in ATTRIBUTE_TYPES.items()
        if name in entry
    }
    if attributes.get("region") not in (None, *REGIONS):
        problems.append(ManifestError((*path, "region"), "invalid region", f"use {' or '.join(REGIONS)}"))
    options = get_table(entry, OPTIONS, path, problems)
    at_options = (*path, OPTIONS)
    require_known(options, OPTION_TYPES, at_options, problems, f"put other options under set.{OPTIONS}")
    nested = {
        name: get_typed(options, name, OPTION_TYPES[name], at_options, problems)
        for name in options
        if name in OPTION_TYPES
    }
    others = dict(get_table(entry, "set", path, problems))
    reject_keys(others, {*ENTRY_KEYS, *READ_ONLY} - {OPTIONS}, (*path, "set"), problems)
    for name in others:
        if not re.fullmatch(ATTRIBUTE_PATTERN, name):
            hint = "use letters, digits, - and _"
            problems.append(ManifestError((*path, "set", name), "not the name of an attribute", hint))
    other_options = get_table(others, OPTIONS, (*path, "set"), problems)
    reject_keys(other_options, OPTION_TYPES, (*path, "set", OPTIONS), problems)
    others.pop(OPTIONS, None)
    _require_unmasked(others, (*path, "set"), problems)
    _require_unmasked(other_options, (*path, "set", OPTIONS), problems)
    nested |= other_options
    return attributes | others | ({OPTIONS: nested} if nested else {})


def _require_unmasked(values: dict[str, Any], path: KeyPath, problems: Problems) -> None:
    """Check that no value was copied from output that hides credentials."""
    hint = "write the value itself, or remove the key: it is then not managed"
    problems += [
        ManifestError((*path, name), f"is masked ({MASK}), as output shows a credential", hint)
        for name, value in values.items()
        if holds_mask(value)
    ]


def _mappings(entry: dict[str, Any], path: KeyPath, problems: Problems) -> tuple[MappingSpec, ...]:
    found: list[MappingSpec] = []
    for position, item in enumerate(get_typed(entry, "mappings", list, path, problems) or ()):
        here = (*path, "mappings", position)
        mapping = _mapping(item, here, problems)
        if mapping is None:
            continue
        if any((m.jebbit_var, m.client_var) == (mapping.jebbit_var, mapping.client_var) for m in found):
            problem = f"{mapping.jebbit_var} is mapped to {mapping.client_var} twice"
            problems.append(ManifestError(here, problem))
        found.append(mapping)
    return tuple(found)


def _mapping(item: Any, here: KeyPath, problems: Problems) -> MappingSpec | None:
    """Return a mapping, None if it has problems."""
    if not isinstance(item, dict):
        hint = 'write { jebbit_var = "…", client_var = "…" }'
        problems.append(ManifestError(here, "must be a table", hint))
        return None
    known_problems = len(problems)
    require_known(item, mappings.ATTRIBUTES, here, problems)
    jebbit_var, client_var, default = (
        get_typed(item, name, str, here, problems) for name in mappings.ATTRIBUTES
    )
    for name in ("jebbit_var", "client_var"):
        if name not in item:
            problems.append(ManifestError(here, f"{name} is missing"))
    if len(problems) > known_problems:
        return None
    if problem := mappings.name_problem(jebbit_var=jebbit_var, client_var=client_var):
        problems.append(ManifestError(here, problem))
        return None
    return MappingSpec(jebbit_var, client_var, default or "")


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


def _check_unique_names(paths: Iterable[KeyPath], problems: Problems) -> None:
    """Check that no two names are equal, ignoring case: a secret file is named after its integration."""
    names: dict[str, KeyPath] = {}
    for path in paths:
        first = names.setdefault(str(path[-1]).casefold(), path)
        if first != path:
            problem = f"another integration is named {first[-1]}"
            problems.append(ManifestError(path, problem, "give each integration its own name"))
