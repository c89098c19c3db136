"""Exports the current state as a manifest. An existing manifest keeps its comments and its order."""

from __future__ import annotations

import re
from itertools import chain, count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import tomlkit

from jebbitctl.manifest.current_state import candidates, undecided_error
from jebbitctl.manifest.schema import VERSION, match_key
from jebbitctl.manifest.toml_entry import TomlEntry, empty_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tomlkit.toml_document import TOMLDocument

    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.load import Manifest

_HEADER = (
    "The integrations at Jebbit. Compare: jebbitctl integrations diff. Apply: jebbitctl integrations apply."
)
_MAX_NAME = 48
"""Characters of a generated name."""


def export(
    states: Mapping[str | None, CurrentState],
    into: Manifest | None = None,
    *,
    warn: Callable[[str], None],
    with_ids: Collection[str] = (),
    others: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> str:
    """Return the text of a manifest that declares the current state.

    Args:
        states: the current state of each business; None is the business in use.
        into: an existing manifest to update. Entries keep their names; those that match nothing are removed.
        warn: called with a message for each removed entry, each value that a manifest cannot represent, and
            what Jebbit does not say.
        with_ids: the integrations whose entries get their ids even if their endpoints identify them.
        others: attributes without a key of their own that new entries get under ``set``, by integration.

    Raises:
        RejectedError: Jebbit does not say whether an entry matches an integration.
    """
    document = tomlkit.parse(into.text) if into else _new()
    sections = [document, *document.get("businesses", {}).values()]
    names = {name.casefold() for section in sections for name in section.get("integrations", {})}
    for business, state in states.items():
        section = _section(document, business)
        mappings = state.mappings_by_integration()
        remaining = {str(resource.id): resource for resource in state.integrations}
        ambiguous = {*_ambiguous(state.integrations), *with_ids}
        removed: list[str] = []
        for spec, matches, possible in candidates(into.of(business) if into else [], state.integrations):
            resource = next((r for r in matches if str(r.id) in remaining), None)
            if into and resource is None and possible:
                raise undecided_error(into, spec, possible)
            if resource is None:
                removed.append(spec.name)
                warn(f"{spec.name} is removed: it matches no integration")
                continue
            id_ = str(resource.id)
            del remaining[id_]
            entry = TomlEntry(section[spec.name], spec, warn)
            entry.update(resource, mappings[id_], with_id=id_ in ambiguous)
        for id_, resource in reversed(remaining.items()):
            name = _new_name(resource, names)
            names.add(name.casefold())
            section[name] = tomlkit.table()
            entry = TomlEntry(section[name], empty_spec(name, business, others.get(id_, {})), warn)
            entry.update(resource, mappings[id_], with_id=id_ in ambiguous)
        for name in removed:  # last, because tomlkit indents an added table like the comment above it
            _remove(document, section, name)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _new() -> TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADER))
    document["version"] = VERSION
    document.add(tomlkit.nl())
    return document


def _section(document: TOMLDocument, business: str | None) -> Any:
    """Return the table of a business's integrations; create it if it is missing."""
    table: Any = document
    for key in ("integrations",) if business is None else ("businesses", business, "integrations"):
        if key not in table:
            table[key] = tomlkit.table(is_super_table=True)
        table = table[key]
    return table


def _remove(document: TOMLDocument, section: Any, name: str) -> None:
    """Remove an entry, but keep the comments below it, which belong to the next entry."""
    names = list(section)
    following = names[names.index(name) + 1 :]
    comments = _comments_below(section[name])
    del section[name]
    if following:
        heading = section[following[0]]
        while heading.is_super_table():
            heading = next(iter(heading.value.values()))
        heading.trivia.indent = comments + heading.trivia.indent
    elif comments.strip():
        document.add(tomlkit.ws(comments))


def _comments_below(table: Any) -> str:
    """Return the text between a table's last key and the next table."""
    body = table.value.body
    last = max((position for position, (key, _) in enumerate(body) if key is not None), default=-1)
    if last >= 0 and isinstance(body[last][1], tomlkit.items.Table):
        return _comments_below(body[last][1])
    return "".join(item.as_string() for _, item in body[last + 1 :])


def _ambiguous(resources: list[Resource]) -> set[str]:
    """Return the ids of integrations that share service and endpoint with another one."""
    first: dict[tuple[str, str], str] = {}
    shared: set[str] = set()
    for resource in resources:
        id_ = str(resource.id)
        other = first.setdefault(match_key(resource.attributes), id_)
        if other != id_:
            shared |= {other, id_}
    return shared


def _new_name(integration: Resource, used: set[str]) -> str:
    """Return an unused name, made from the endpoint, or from the service if there is none."""
    endpoint, service = (integration.attributes.get(name) for name in ("endpoint", "service_name"))
    try:
        parts = urlsplit(endpoint if isinstance(endpoint, str) else "")
        where = f"{parts.hostname or ''} {parts.path}"
        if not isinstance(endpoint, str):
            where = str(integration.attributes.get("host") or "")
    except ValueError:
        where = ""
    words = re.findall("[a-z0-9]+", (where.strip() or str(service)).lower())
    name = "-".join(words)[:_MAX_NAME].strip("-") or "integration"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(candidate for candidate in names if candidate not in used)
