"""Warns of the steps of a plan that write a mapping of an attribute that Jebbit does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.mapping_plan import Action
from jebbitctl.commands.integrations.plan_output import UnmatchedStep
from jebbitctl.commands.mappings.missing_attributes import listing, missing_attributes, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.plan import Plan


def unmatched_steps(
    context: Context, clients: Mapping[str | None, Client], plan: Plan
) -> tuple[UnmatchedStep, ...]:
    """Return the steps that write such a mapping, as far as it can be known."""
    writing = [step for step in plan.steps if step.is_mapping and step.action is not Action.DELETE]
    missing = {
        business: missing_attributes(context, client, names)
        for business, client in clients.items()
        if (names := [str(step.jebbit_var) for step in writing if step.business == business])
    }
    return tuple(
        UnmatchedStep(step, missing[step.business][str(step.jebbit_var)])
        for step in writing
        if step.jebbit_var in missing[step.business]
    )


def warn_of_unmatched(context: Context, unmatched: Iterable[UnmatchedStep]) -> None:
    """Warn once for each business."""
    by_business: dict[str | None, dict[str, str | None]] = {}
    for step, nearest in unmatched:
        by_business.setdefault(step.business, {})[str(step.jebbit_var)] = nearest
    for business, names in by_business.items():
        at = f"business {business}: " if business else ""
        context.output.warn(f"{at}{sentence(names)}; list those that it has: {listing(context, business)}")


def unmatched_lines(unmatched: Iterable[UnmatchedStep]) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for each step."""
    for step, nearest in unmatched:
        at = f"business {step.business}: " if step.business else ""
        what = sentence({str(step.jebbit_var): nearest})
        yield "!", f"{at}mapping {step.jebbit_var} of {step.name}: {what}"
