"""The JSON Schema of a manifest, for editors, from the same tables as the checks.

It accepts every valid manifest. It cannot express which hosts are valid, the values of variables, and
what must be unique.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api import mappings
from jebbitctl.api.differences import OPTIONS
from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES, READ_ONLY, REGIONS
from jebbitctl.manifest.schema import ATTRIBUTE_PATTERN, ENTRY_KEYS, PROTECTED, VERSION
from jebbitctl.util.ids import ID_PATTERN, NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DRAFT = "http://json-schema.org/draft-07/schema#"
"""What both Taplo and VS Code know."""

_TYPES = {str: "string", bool: "boolean"}
_VARIABLE = {"pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
_ID = {"pattern": rf"^(?!\.+$){ID_PATTERN}$"}
_ABSOLUTE_URL = {"pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]|\$\{"}


def json_schema(descriptions: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema.

    Args:
        descriptions: of the keys of an entry; those of options have dotted names.
    """
    entries = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": _entry(descriptions),
    }
    section = _closed({"integrations": entries})
    businesses = {"type": "object", "propertyNames": _ID, "additionalProperties": section}
    return {
        "$schema": DRAFT,
        "title": "Jebbit integrations",
        "description": "A manifest of jebbitctl; see jebbitctl help manifest.",
        **_closed(
            {
                "version": {"const": VERSION, "description": "The version of this format."},
                "integrations": {
                    **entries,
                    "description": "The integrations of the business in use, by names of your choice.",
                },
                "businesses": {
                    **businesses,
                    "description": "The integrations of several businesses, by the businesses' ids.",
                },
            },
            required=["version"],
        ),
        "not": {"required": ["integrations", "businesses"]},
    }


def _entry(descriptions: Mapping[str, str]) -> dict[str, Any]:
    options = {
        name: {"type": _TYPES[type_], "description": descriptions[f"{OPTIONS}.{name}"]}
        for name, type_ in OPTION_TYPES.items()
    }
    special: dict[str, dict[str, Any]] = {
        "id": {"type": "string", "anyOf": [_ID, _VARIABLE]},
        "service_name": {"type": "string"},
        PROTECTED: {"type": "boolean"},
        "region": {"type": "string", "anyOf": [{"enum": list(REGIONS)}, _VARIABLE]},
        OPTIONS: _closed(options),
        "set": {
            **_without_names({*ENTRY_KEYS, *READ_ONLY} - {OPTIONS}, pattern=ATTRIBUTE_PATTERN),
            "properties": {OPTIONS: _without_names(OPTION_TYPES)},
        },
        "mappings": {"type": "array", "items": _mapping()},
    }
    keys = {
        name: {
            **(special[name] if name in special else {"type": _TYPES[ATTRIBUTE_TYPES[name]]}),
            "description": descriptions[name],
        }
        for name in ENTRY_KEYS
    }
    by_endpoint = {"required": ["endpoint"], "properties": {"endpoint": _ABSOLUTE_URL}}
    return {**_closed(keys), "anyOf": [{"required": ["id"]}, by_endpoint]}


def _mapping() -> dict[str, Any]:
    filled = {"type": "string", "pattern": r"\S"}
    return _closed(
        {
            "jebbit_var": {
                **filled,
                "not": {"const": mappings.RESERVED},
                "description": "The name of the attribute at Jebbit.",
            },
            "client_var": {**filled, "description": "The name to send it under."},
            "default": {"type": "string", "description": "What to send if the attribute has no value."},
        },
        required=["jebbit_var", "client_var"],
    )


def _closed(properties: Mapping[str, Any], *, required: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema of a table that has only these keys."""
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def _without_names(names: Iterable[str], *, pattern: str = "") -> dict[str, Any]:
    """Return the schema of a table that has any keys but these; a pattern is of the whole key."""
    allowed = {"pattern": f"^{pattern}$"} if pattern else {}
    return {"type": "object", "propertyNames": {"not": {"enum": sorted(names)}, **allowed}}
