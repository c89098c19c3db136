"""Plans the replacement of integrations whose secrets are lost: Jebbit shows a secret only once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jebbitctl.api import integrations, mappings
from jebbitctl.api.differences import OPTIONS, knows
from jebbitctl.api.mapping_plan import Action, plan_import
from jebbitctl.errors import RejectedError
from jebbitctl.manifest.plan import Phase, PlanStep
from jebbitctl.manifest.validation import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan
    from jebbitctl.manifest.schema import IntegrationSpec
    from jebbitctl.storage.secret_files import SecretFiles


def replace_lost(
    plan: Plan, manifest: Manifest, clients: Mapping[str | None, Client], secrets: SecretFiles
) -> Plan:
    """Return a plan that replaces each integration whose secret is pending and that Jebbit does not show.

    A new integration with the same attributes and mappings comes first; the old one is deleted last.

    Raises:
        UsageError: the manifest names such an integration by its id, which would change.
        RejectedError: Jebbit does not say a setting of such an integration, which would be lost.
    """
    for spec in manifest.integrations:
        if spec.name not in plan.ids or not secrets.is_pending(spec.name):
            continue
        client = clients[spec.business]
        if _shows_secret(client, plan.ids[spec.name]):
            continue
        if spec.id is not None:
            raise manifest.usage_error(
                ManifestError(
                    (*spec.path, "id"),
                    "the integration cannot be replaced, since its id would change",
                    "remove the id, or the option --replace-lost-secrets",
                )
            )
        old = _settings(client, spec, plan.ids[spec.name])
        kept = [step for step in plan.steps if step.name != spec.name]
        unmanaged = [step for step in plan.unmanaged if step.name != spec.name]
        steps = sorted([*kept, *_steps(client, spec, old)], key=lambda step: step.phase)
        plan = replace(plan, steps=steps, unmanaged=unmanaged)
    return plan


def _shows_secret(client: Client, id_: str) -> bool:
    try:
        integrations.shared_secret(client, id_)
    except RejectedError:
        return False
    return True


def _settings(client: Client, spec: IntegrationSpec, id_: str) -> Resource:
    """Return an integration with the settings that its replacement needs.

    Raises:
        RejectedError: Jebbit does not say one.
    """
    needed = {"region", "is_active"} - spec.attributes.keys() | {OPTIONS}
    old = integrations.get_complete(client, id_, needed)
    _require_known(spec, old, needed, f"integration {id_}")
    return old


def _require_known(spec: IntegrationSpec, old: Resource, needed: Iterable[str], what: str) -> None:
    if names := [name for name in sorted(needed) if not knows(old.attributes, [name])]:
        raise RejectedError(
            f"{spec.name} cannot be replaced: Jebbit does not say {', '.join(names)} of {what}",
            hint="create a new one with all its settings: jebbitctl integrations create; then delete it",
        )


def _steps(client: Client, spec: IntegrationSpec, old: Resource) -> Iterator[PlanStep]:
    yield PlanStep(
        Phase.CREATE, Action.CREATE, spec.business, spec.name, desired=_attributes(old.attributes, spec)
    )
    for attributes in _mappings(client, spec, str(old.id)):
        yield PlanStep(
            Phase.MAPPINGS, Action.CREATE, spec.business, spec.name, desired=attributes, is_mapping=True
        )
    yield PlanStep(Phase.PRUNE_INTEGRATIONS, Action.DELETE, spec.business, spec.name, old)


def _attributes(old: Mapping[str, Any], spec: IntegrationSpec) -> dict[str, Any]:
    """Return what the new integration gets: the old one's settings, then the manifest's."""
    taken = {name: old[name] for name in integrations.ATTRIBUTE_TYPES if old.get(name) is not None}
    options = {**(old.get(OPTIONS) or {}), **spec.attributes.get(OPTIONS, {})}
    return {**taken, **spec.attributes, **({OPTIONS: options} if options else {})}


def _mappings(client: Client, spec: IntegrationSpec, old_id: str) -> Iterator[dict[str, Any]]:
    """Yield the attributes of the new mappings: the manifest's, or those of the old ones."""
    if spec.mappings is not None:
        yield from (step.desired for step in plan_import(spec.mappings, ()))
        return
    for mapping in mappings.list_identified(client, mappings.ATTRIBUTES, old_id, whole=True):
        _require_known(spec, mapping, mappings.ATTRIBUTES, f"mapping {mapping.id}")
        taken = {name: mapping.attributes.get(name) for name in mappings.ATTRIBUTES}
        yield {name: value for name, value in taken.items() if value is not None}
