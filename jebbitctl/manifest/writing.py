"""Writing a manifest of what exists: a new one, or into one that there is, whose comments and order stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import tomlkit

from jebbitctl.manifest import entries
from jebbitctl.manifest.inventory import candidates
from jebbitctl.manifest.schema import VERSION, where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tomlkit.toml_document import TOMLDocument

    from jebbitctl.api.documents import Resource
    from jebbitctl.manifest.inventory import Inventory
    from jebbitctl.manifest.reading import Manifest

_HEADER = "What should exist at Jebbit. jebbitctl integrations diff compares, integrations apply makes it so."
_LONGEST_NAME = 48


def written(
    inventories: Mapping[str | None, Inventory],
    into: Manifest | None = None,
    *,
    tell: Callable[[str], None],
) -> str:
    """Return the text of a manifest that says what there is.

    Args:
        inventories: what each business has; None is the one in use.
        into: what is there already: entries keep their names; those that Jebbit has not are taken out.
        tell: called with a line about each thing that was taken out, or that no manifest can say.
    """
    document = tomlkit.parse(into.text) if into else _new()
    sections = [document, *document.get("businesses", {}).values()]
    names = {name.casefold() for section in sections for name in section.get("integrations", {})}
    for business, inventory in inventories.items():
        section = _section(document, business)
        mappings = inventory.by_owner()
        left = {str(resource["id"]): resource for resource in inventory.integrations}
        twins = _twins(inventory.integrations)
        declared = into.of(business) if into else []
        gone: list[str] = []
        for integration, meant in candidates(declared, inventory.integrations):
            resource = next((r for r in meant if str(r["id"]) in left), None)
            if resource is None:
                gone.append(integration.name)
                tell(f"{integration.name} is taken out: Jebbit has no such integration")
                continue
            id_ = str(left.pop(str(resource["id"]))["id"])
            entry = entries.Entry(section[integration.name], integration, tell)
            entry.become(resource, mappings[id_], with_id=id_ in twins)
        for id_, resource in reversed(left.items()):
            name = _name(resource, names)
            names.add(name.casefold())
            section[name] = tomlkit.table()
            entry = entries.Entry(section[name], entries.unwritten(name, business), tell)
            entry.become(resource, mappings[id_], with_id=id_ in twins)
        for name in gone:  # last: tomlkit indents what is added below a heading like the comment above it
            _take_out(document, section, name)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _new() -> TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADER))
    document["version"] = VERSION
    document.add(tomlkit.nl())
    return document


def _section(document: TOMLDocument, business: str | None) -> Any:
    """Return the table of a business's integrations; what is missing on the way is made."""
    table: Any = document
    for key in ("integrations",) if business is None else ("businesses", business, "integrations"):
        if key not in table:
            table[key] = tomlkit.table(is_super_table=True)
        table = table[key]
    return table


def _take_out(document: TOMLDocument, section: Any, name: str) -> None:
    """Remove an entry, but not the comments below it: they are about what comes next."""
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
    """Return what stands between a table's last key and the next table."""
    body = table.value.body
    last = max((position for position, (key, _) in enumerate(body) if key is not None), default=-1)
    if last >= 0 and isinstance(body[last][1], tomlkit.items.Table):
        return _comments_below(body[last][1])
    return "".join(item.as_string() for _, item in body[last + 1 :])


def _twins(resources: list[Resource]) -> set[str]:
    """Return the ids of integrations that only their id tells apart."""
    first: dict[tuple[str, str], str] = {}
    twins: set[str] = set()
    for resource in resources:
        id_ = str(resource["id"])
        other = first.setdefault(where(resource), id_)
        if other != id_:
            twins |= {other, id_}
    return twins


def _name(resource: Resource, taken: set[str]) -> str:
    """Return a name that is free, made of the service and of where it delivers to."""
    endpoint, service = resource.get("endpoint"), resource.get("service_name")
    try:
        parts = urlsplit(endpoint if isinstance(endpoint, str) else "")
        where = f"{parts.hostname or ''} {parts.path}"
    except ValueError:
        where = ""
    words = re.findall("[a-z0-9]+", (where.strip() or str(service)).lower())
    name = "-".join(words)[:_LONGEST_NAME].strip("-") or "integration"
    number = 2
    free = name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free
