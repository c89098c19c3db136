"""Writes what a plan is about to change as a manifest that puts it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.differences import ENDPOINT, HOST, OPTIONS, SERVICE, knows, options_in
from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES, READ_ONLY, matches, named
from jebbitctl.api.mapping_plan import Action
from jebbitctl.manifest.export import Details, export
from jebbitctl.manifest.schema import match_key
from jebbitctl.manifest.toml_entry import is_creatable, is_representable, is_sendable, split_mappings
from jebbitctl.util.redaction import is_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.plan import Plan, PlanStep

_HEADER = "# What was at Jebbit before a manifest was applied. To put it back, apply this one with --prune."
_NOT_RESTORABLE = "# Cannot be put back by apply:"
_CREDENTIAL = "a credential is not written to a file"
_NOT_LOST = {*READ_ONLY, HOST, "mappings", "attached_at", "created_in_dashboard"}
"""Attributes of a deleted integration that need no warning: they follow from others, or have their own."""


class Backup(NamedTuple):
    """A manifest of what was, and what it cannot put back.

    Attributes:
        text: of the manifest.
        losses: in words.
    """

    text: str
    losses: list[str]


def make_backup(states: Mapping[str | None, CurrentState], plan: Plan) -> Backup:
    """Return a manifest of the state that a plan was made from.

    Integrations that the plan deletes have no id in it, so that they are created again. Those that it moves
    have one, since they will be elsewhere.

    Args:
        states: of all businesses, with all attributes.
        plan: made from these states.
    """
    losses: list[str] = []
    own = {str(s.integration.id): s for s in plan.steps if s.integration and not s.is_mapping}
    deleted = {id_ for id_, step in own.items() if step.action is Action.DELETE}
    moved = {id_ for id_, step in own.items() if any(d.name == ENDPOINT for d in step.differences)}
    kept: dict[str | None, CurrentState] = {}
    lost: dict[str | None, CurrentState] = {}
    for business, state in states.items():
        restorable, others = _split(state.integrations, deleted)
        before = [_before(resource, own.get(str(resource.id)), losses.append) for resource in restorable]
        kept[business] = replace(state, integrations=before)
        if others:
            lost[business] = replace(state, integrations=others)
    changed = {str(s.integration.id) for s in plan.steps if s.integration and s.is_mapping}
    left_out = {
        id_: problems
        for state in kept.values()
        for id_, owned in state.mappings_by_integration().items()
        if id_ not in deleted and (problems := split_mappings(owned)[1])
    }
    details = Details(
        names={id_: name for name, id_ in plan.ids.items()},
        with_ids=moved,
        others=_others(own),
        without_mappings=left_out.keys() - changed,  # to put back nothing is better than to prune them
    )
    manifest = export(kept, warn=_ignore, details=details)
    text = f"{_HEADER}\n{manifest}"
    losses += _not_exported(kept, deleted)
    losses += [
        f"{id_}: {problem}; applying the backup with --prune deletes it"
        for id_ in sorted(changed & left_out.keys())
        for problem in left_out[id_]
    ]
    if deleted:
        losses.append(f"the ids, shared secrets and chosen campaigns of {named(sorted(deleted))}")
    if lost:
        ids = [str(resource.id) for state in lost.values() for resource in state.integrations]
        losses.append(f"{named(ids)}: the backup has {'them' if len(ids) > 1 else 'it'} as a comment")
        lines = export(lost, warn=_ignore).splitlines()
        text += "\n".join(["", _NOT_RESTORABLE, *(f"# {line}".rstrip() for line in lines), ""])
    return Backup(text, losses)


def _others(own: Mapping[str, PlanStep]) -> dict[str, dict[str, Any]]:
    """Return the attributes without a key of their own that steps change, by integration."""
    return {
        id_: {name: desired for name, _, desired in step.differences if _has_no_key(name)}
        for id_, step in own.items()
    }


def _has_no_key(name: str) -> bool:
    return name not in ATTRIBUTE_TYPES and name.partition(".")[0] != OPTIONS


def _not_exported(states: Mapping[str | None, CurrentState], deleted: set[str]) -> list[str]:
    """Return what a manifest cannot say of integrations that are deleted."""
    deleted_states = {
        business: replace(state, integrations=[r for r in state.integrations if str(r.id) in deleted])
        for business, state in states.items()
    }
    losses: list[str] = []
    export(deleted_states, warn=losses.append)
    for resource in (resource for state in deleted_states.values() for resource in state.integrations):
        for name, value in options_in(resource.attributes).items():
            if value is not None and is_credential(f"{OPTIONS}.{name}", value):
                losses.append(f"{OPTIONS}.{name} of {resource.id}: {_CREDENTIAL}")
        for name, value in resource.attributes.items():
            if value and _has_no_key(name) and name not in _NOT_LOST:
                losses.append(f"{name} of {resource.id}: a manifest has no key for it")
    return losses


def _ignore(_: str) -> None:
    pass


def _split(existing: list[Resource], deleted: set[str]) -> tuple[list[Resource], list[Resource]]:
    """Return the integrations that a manifest can put back, and those that it cannot.

    An integration that is deleted has to be created again. That works for a webhook, unless another
    integration has its endpoint, or Jebbit does not say whether it has.
    """
    restorable = [resource for resource in existing if str(resource.id) not in deleted]
    unclear = [resource for resource in restorable if not knows(resource.attributes, [SERVICE, ENDPOINT])]
    keys = {match_key(resource.attributes) for resource in restorable}
    others = []
    for resource in existing:
        if str(resource.id) in deleted:
            key = match_key(resource.attributes)
            known = {name: resource.attributes.get(name) for name in (SERVICE, ENDPOINT)}
            may_exist = any(matches(other.attributes, known) is None for other in unclear)
            if key in keys or may_exist or not is_creatable(resource):
                others.append(resource)
            else:
                restorable.append(resource)
                keys.add(key)
    ids = {id(resource) for resource in restorable}
    return [resource for resource in existing if id(resource) in ids], others


def _before(resource: Resource, step: PlanStep | None, lose: Callable[[str], None]) -> Resource:
    """Return an integration with everything that puts it back after a step.

    A manifest cannot remove an option that was not set, but it can turn it off.
    """
    options: dict[str, Any] = {}
    attributes = dict(resource.attributes)
    for name, current, desired in step.differences if step else ():
        option = name.removeprefix(f"{OPTIONS}.")
        if is_credential(name, current) or is_credential(name, desired):
            lose(f"{name} of {resource.id}: {_CREDENTIAL}")
        elif current is None and name != option and option in OPTION_TYPES:
            options[option] = OPTION_TYPES[option]()
        elif current is None:
            lose(f"{name} of {resource.id}, which was not set: it keeps its new value")
        elif not is_representable(name, current, ATTRIBUTE_TYPES.get(name) or OPTION_TYPES.get(option)):
            lose(f"{name} of {resource.id}: a manifest cannot represent its value")
        elif name == ENDPOINT and not is_sendable(current):
            lose(f"{name} of {resource.id}, which was not a valid https URL: it keeps its new value")
            del attributes[ENDPOINT]  # apply would refuse all of the backup
    if options:
        attributes[OPTIONS] = {**options_in(attributes), **options}
    return replace(resource, attributes=attributes)
