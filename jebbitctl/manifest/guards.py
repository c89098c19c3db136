"""What no plan may do without being told so: end what is protected, or delete too much."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jebbitctl.api.differences import ENDPOINT
from jebbitctl.api.integrations import named
from jebbitctl.api.mapping_plan import Action
from jebbitctl.errors import UsageError
from jebbitctl.manifest.plan import Phase
from jebbitctl.manifest.schema import PROTECTED, match_key
from jebbitctl.manifest.validation import ManifestError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.manifest.schema import IntegrationSpec


def require_harmless(plan: Plan, manifest: Manifest, *, max_deletes: int | None) -> None:
    """Check that a plan ends nothing that is protected, and does not delete more than it may.

    Args:
        plan: to check.
        manifest: that it was made from.
        max_deletes: the number of integrations and mappings together that ``--prune`` may delete; None for
            half of the integrations and half of the mappings of each business.

    Raises:
        UsageError: it does.
    """
    for spec in manifest.integrations:
        if spec.protected:
            _require_protection(plan, manifest, spec)
    pruned = [step for step in plan.steps if _is_pruned(step)]
    if max_deletes is None:
        for business in plan.existing:
            _require_half(plan, business, pruned)
    elif len(pruned) > max_deletes:
        raise _too_many(f"{_describe(pruned)}, more than --max-deletes {max_deletes}", pruned)


def _require_protection(plan: Plan, manifest: Manifest, spec: IntegrationSpec) -> None:
    """Check that a plan neither deletes nor deactivates nor moves a protected integration.

    Raises:
        UsageError: it does. Or the entry is new, and an integration that it may have stood for is deleted.
    """
    own = [
        step
        for step in plan.steps
        if not step.is_mapping and (step.business, step.name) == (spec.business, spec.name)
    ]
    if spec.name not in plan.ids:  # what it describes is there, but another entry has its id
        own += [step for step in plan.steps if _is_of(step, spec)]
    if problem := next(filter(None, map(_harm, own)), None):
        hint = f"if that is wanted, remove {PROTECTED} from the entry {spec.name}"
        raise _refusal(manifest, spec, problem, hint)
    deleted = [
        str(step.integration.id)
        for step in plan.steps
        if _is_pruned(step)
        and step.action is Action.DELETE  # other services' are deactivated, and no entry creates one
        and step.business == spec.business
        and step.integration
        and not step.is_mapping
    ]
    if deleted and any(step.action is Action.CREATE for step in own):
        raise _refusal(
            manifest,
            spec,
            f"would be created, while {named(deleted)} would be deleted, which may be the same one",
            f'if it is, write id = "{deleted[0]}" into the entry {spec.name}; if not, apply without --prune '
            "first",
        )


def _is_of(step: PlanStep, spec: IntegrationSpec) -> bool:
    """Whether another entry changes the integration that the endpoint of an entry describes."""
    return (
        step.business == spec.business
        and step.name not in {None, spec.name}
        and not step.is_mapping
        and step.integration is not None
        and match_key(step.integration.attributes) == spec.match_key
    )


def _harm(step: PlanStep) -> str | None:
    """Return what a step does to its integration, None if it does no harm."""
    if step.action is Action.DELETE:  # only a replacement deletes what is in the manifest
        return "would be deleted, and replaced by a new one"
    changes = {} if step.current is None else {change.name: change.desired for change in step.differences}
    if changes.get("is_active") is False:
        return "would be deactivated"
    return "would be moved to another endpoint" if ENDPOINT in changes else None


def _refusal(manifest: Manifest, spec: IntegrationSpec, problem: str, hint: str) -> UsageError:
    return manifest.usage_error(
        ManifestError((*spec.path, PROTECTED), f"{spec.name} is protected, and {problem}", hint)
    )


def _require_half(plan: Plan, business: str | None, all_pruned: Sequence[PlanStep]) -> None:
    """Check that at most half of the integrations and half of the mappings of a business are lost.

    A mapping that another one of the same integration replaces is not lost.

    Raises:
        UsageError: more are.
    """
    own = [step for step in plan.steps if step.business == business]
    pruned = [step for step in own if _is_pruned(step)]
    integrations = [step for step in pruned if not step.is_mapping]
    mappings = [step for step in pruned if step.is_mapping]
    added = [step for step in own if step.phase is Phase.MAPPINGS and step.action is Action.CREATE]
    lost = (_by_integration(mappings) - _by_integration(added)).total()
    existing = plan.existing[business]
    of = f" of business {business}" if business else ""
    for noun, steps, count, total in (
        ("integration", integrations, len(integrations), existing.integrations),
        ("mapping", mappings, lost, existing.mappings),
    ):
        if count * 2 > total:
            raise _too_many(f"{len(steps)} of {plural(total, noun)}{of}", all_pruned)


def _by_integration(steps: Iterable[PlanStep]) -> Counter[str]:
    """Return the number of steps of each existing integration."""
    return Counter(str(step.integration.id) for step in steps if step.integration)


def _too_many(what: str, all_pruned: Sequence[PlanStep]) -> UsageError:
    allowed = f"if {_describe(all_pruned)} may go, add --max-deletes {len(all_pruned)}"
    return UsageError(
        f"--prune would delete or deactivate {what}", hint=f"apply --prune --dry-run shows them; {allowed}"
    )


def _is_pruned(step: PlanStep) -> bool:
    """Whether a step deletes or deactivates what the manifest does not declare."""
    return step.phase is Phase.PRUNE_MAPPINGS or (
        step.phase is Phase.PRUNE_INTEGRATIONS and step.name is None
    )


def _describe(steps: Sequence[PlanStep]) -> str:
    counts = Counter("mapping" if step.is_mapping else "integration" for step in steps)
    return " and ".join(plural(number, noun) for noun, number in sorted(counts.items()))
