"""Warns of the steps of a plan that write a mapping of an attribute that Jebbit does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.mapping_plan import Action
from jebbitctl.commands.mappings.missing_attributes import listing, missing_attributes, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.plan import Plan, PlanStep


def unmatched_steps(
    context: Context, clients: Mapping[str | None, Client], plan: Plan
) -> tuple[PlanStep, ...]:
    """Return the steps that write such a mapping, as far as it can be known in one request per business."""
    writing = [step for step in plan.steps if step.is_mapping and step.action is not Action.DELETE]
    missing = {
        business: set(missing_attributes(context, client, names))
        for business, client in clients.items()
        if (names := [str(step.jebbit_var) for step in writing if step.business == business])
    }
    return tuple(step for step in writing if step.jebbit_var in missing[step.business])


def warn_of_unmatched(context: Context, steps: Iterable[PlanStep]) -> None:
    """Warn once for each business."""
    by_business: dict[str | None, dict[str, None]] = {}
    for step in steps:
        by_business.setdefault(step.business, {})[str(step.jebbit_var)] = None
    for business, names in by_business.items():
        at = f"business {business}: " if business else ""
        context.output.warn(f"{at}{sentence(names)}; list those that it has: {listing(context, business)}")


def unmatched_lines(steps: Collection[PlanStep]) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for each step."""
    for step in steps:
        at = f"business {step.business}: " if step.business else ""
        yield "!", f"{at}mapping {step.jebbit_var} of {step.name}: {sentence([str(step.jebbit_var)])}"
