"""What Jebbit's own documents contradict each other about, as data: one dialect for each document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DialectName = Literal["article", "openapi", "host"]
Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the API answers according to one document. Each mapping is by JSON:API type.

    Attributes:
        omitted: attributes that no response contains.
        shown_once: attributes that only the response to the POST that creates the resource contains.
        required: attributes that a POST must include, besides those of the resource type.
        renamed: new names of attributes, at any depth; None drops the attribute.
        single_types: the ``type`` in a response with one resource, if it is not the one in lists.
        delete_action: the action of the scope that a DELETE requires, such as ``write`` of ``write:feed``.
    """

    omitted: Mapping[str, Names] = field(default_factory=dict)
    shown_once: Mapping[str, Names] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    single_types: Mapping[str, str] = field(default_factory=dict)
    delete_action: Literal["write", "delete"] = "write"

    def scope(self, type_: str, method: str) -> str:
        """Return the scope that an HTTP method requires on resources of a type, such as ``read:campaign``."""
        action = {"GET": "read", "DELETE": self.delete_action}.get(method, "write")
        return f"{action}:{type_.removesuffix('s')}"

    def without(self, type_: str, *names: str) -> Dialect:
        """Return this dialect, but with these attributes in no response that contains the type."""
        return replace(self, omitted={**self.omitted, type_: self._omitted(type_) | set(names)})

    def renaming(self, type_: str, **names: str | None) -> Dialect:
        """Return this dialect, but with other names of attributes, and of their members, in responses.

        Args:
            type_: the JSON:API type of the resources.
            names: the new names by those of the sandbox; None drops the attribute.
        """
        return replace(self, renamed={**self.renamed, type_: {**self.renamed.get(type_, {}), **names}})

    def shows(self, type_: str, name: str) -> bool:
        """Whether responses with resources of a type contain an attribute."""
        return name not in self._omitted(type_)

    def present(self, type_: str, attributes: Mapping[str, Any], *, created: bool) -> dict[str, Any]:
        """Return the attributes that a response contains. Where ``endpoint`` is left out, ``host`` is added.

        Args:
            type_: the resource's JSON:API type.
            attributes: all attributes of the resource.
            created: whether it is the response to the POST that created the resource.
        """
        hidden = self._omitted(type_)
        if not created:
            hidden |= self.shown_once.get(type_, frozenset())
        shown = {name: value for name, value in attributes.items() if name not in hidden}
        if "endpoint" in hidden:
            shown["host"] = _host(attributes.get("endpoint"))
        renamed: dict[str, Any] = _rename(shown, self.renamed[type_]) if type_ in self.renamed else shown
        return renamed

    def _omitted(self, type_: str) -> Names:
        return self.omitted.get(type_, frozenset())


def _rename(value: Any, names: Mapping[str, str | None]) -> Any:
    if isinstance(value, dict):
        renamed = {names.get(name, name): _rename(inner, names) for name, inner in value.items()}
        return {name: inner for name, inner in renamed.items() if name is not None}
    return [_rename(inner, names) for inner in value] if isinstance(value, list) else value


def _host(endpoint: str | None) -> str | None:
    try:
        return urlsplit(endpoint or "").hostname
    except ValueError:
        return None


_NOT_IN_THE_SCHEMA = frozenset({"additional_options", "is_active"})
_NEWEST = frozenset({"attached_at", "created_in_dashboard", "mappings", "static_values"})
"""Attributes of an integration that only the MCP server describes. It names ``attached_at`` only: the other
names are assumed."""
_COUNTS = frozenset({"integration_counts", "uploader_counts"})
"""Attributes of a campaign that only the MCP server describes."""

DIALECTS: dict[DialectName, Dialect] = {
    "article": Dialect(
        omitted={"integrations": _NEWEST, "webhook_integrations": _NEWEST, "campaigns": _COUNTS}
    ),
    "openapi": Dialect(
        omitted={
            "integrations": _NEWEST | _NOT_IN_THE_SCHEMA,
            "webhook_integrations": _NEWEST | _NOT_IN_THE_SCHEMA,
            "campaigns": _COUNTS,
        },
        required={"integrations": ("region",)},
        single_types={"integrations": "integration"},
        delete_action="delete",
    ),
    "host": Dialect(
        omitted={"webhook_integrations": _NEWEST},
        shown_once={"integrations": frozenset({"endpoint", "shared_secret"})},
    ),
}
"""``article`` is Jebbit's overview article, ``openapi`` its OpenAPI document, ``host`` its MCP server.

Nobody documents the following. It is assumed that:

- in ``host``, the response to a POST is the article's, and the response to a PATCH is that to a GET;
- ``/webhook_integrations`` returns the article's attributes, except those that no response contains. Without
  the endpoint, it would be ``dialect.without("webhook_integrations", "endpoint")``.
"""
