"""Edits an existing manifest to declare the current state. It keeps its comments and its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from jebbitctl.manifest.current_state import candidates, undecided_error
from jebbitctl.manifest.edited_entry import EditedEntry
from jebbitctl.manifest.export import ambiguous_ids, new_name
from jebbitctl.manifest.heading_comments import HeadingComments
from jebbitctl.manifest.new_entry import empty_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tomlkit.toml_document import TOMLDocument

    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.load import Manifest


def edit(into: Manifest, states: Mapping[str | None, CurrentState], *, warn: Callable[[str], None]) -> str:
    """Return the text of a manifest after its entries were changed, added and removed to declare the state.

    Args:
        into: the manifest. Entries keep their names; those that match nothing are removed.
        states: the current state of each business; None is the business in use.
        warn: called with a message for each removed entry, each value that a manifest cannot represent, and
            what Jebbit does not say.

    Raises:
        RejectedError: Jebbit does not say whether an entry matches an integration.
    """
    document = tomlkit.parse(into.text if into.text.endswith("\n") else f"{into.text}\n")
    comments = HeadingComments(document)
    sections = [document, *document.get("businesses", {}).values()]
    names = {name.casefold(): 1 for section in sections for name in section.get("integrations", {})}
    for business, state in states.items():
        section = _section(document, business)
        mappings = state.mappings_by_integration()
        remaining = {str(resource.id): resource for resource in state.integrations}
        ambiguous = ambiguous_ids(state.integrations)
        removed: list[str] = []
        for spec, matches, possible in candidates(into.of(business), state.integrations):
            resource = next((r for r in matches if str(r.id) in remaining), None)
            if resource is None and possible:
                raise undecided_error(into, spec, possible)
            if resource is None:
                removed.append(spec.name)
                warn(f"{spec.name} is removed: it matches no integration")
                continue
            id_ = str(resource.id)
            del remaining[id_]
            entry = EditedEntry(section[spec.name], spec, warn, comments.within(section[spec.name]))
            entry.update(resource, mappings[id_], with_id=id_ in ambiguous)
        for id_, resource in reversed(remaining.items()):
            name = new_name(resource, names)
            section[name] = tomlkit.table()
            entry = EditedEntry(section[name], empty_spec(name, business), warn)
            entry.update(resource, mappings[id_], with_id=id_ in ambiguous)
        for name in removed:
            comments.forget_inner(section[name])
            del section[name]
    comments.restore()
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _section(document: TOMLDocument, business: str | None) -> Any:
    """Return the table of a business's integrations; create it if it is missing."""
    table: Any = document
    for key in ("integrations",) if business is None else ("businesses", business, "integrations"):
        if key not in table:
            table[key] = tomlkit.table(is_super_table=True)
        table = table[key]
    return table
