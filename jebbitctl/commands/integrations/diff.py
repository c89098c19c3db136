"""``integrations diff``."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from jebbitctl.commands.arguments import ManifestFile, ManifestVariables
from jebbitctl.commands.base import Context, command
from jebbitctl.errors import CheckFailedError


@command(example="jebbitctl integrations diff jebbit.toml --strict")
def diff(
    context: Context,
    file: ManifestFile,
    *,
    var: ManifestVariables = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count what is unmanaged or unknown as a difference.")
    ] = False,
) -> None:
    """Compare Jebbit with a manifest.

    Prints the differences and changes nothing. Exits 0 if there are none, otherwise 6. Also lists what is not
    in the manifest, as unmanaged, and what Jebbit does not say, as unknown; --strict counts both as a
    difference.
    """
    from jebbitctl.commands.integrations import plan_output
    from jebbitctl.commands.integrations.manifests import clients_for, make_plan, read_manifest

    manifest = read_manifest(context, file, var)
    plan = make_plan(manifest, clients_for(context, manifest.businesses))
    unmanaged = len(plan.unmanaged) if strict else 0
    unknown = len(plan.unknown) if strict else 0
    drift = [plan_output.count_steps(plan.steps)] if plan.steps else []
    drift += [f"{count} {what}" for count, what in ((unmanaged, "unmanaged"), (unknown, "unknown")) if count]
    with context.output.best_effort():
        plan_output.show_plan(context, plan, ok=not drift)
    if drift:
        deletes = strict and any(not step.unsaid for step in plan.unmanaged)
        hints = []
        if unmanaged:
            hints.append("to keep what is unmanaged, add it with jebbitctl integrations export --into FILE")
        if plan.steps or deletes:
            what = "the manifest and delete it" if deletes else "the manifest"
            hints.append(f"to apply {what}: {_apply_command(context, file, var or [], prune=deletes)}")
        hint = "; ".join(hints) or "compare what Jebbit does not say in its dashboard, or leave out --strict"
        raise CheckFailedError(f"Jebbit differs from {manifest.name}: {', '.join(drift)}", hint=hint)
    context.output.note(plan_output.in_sync(plan, manifest.name))


def _apply_command(context: Context, file: str, var: list[str], *, prune: bool) -> str:
    """Return the command that applies a manifest to the same account and business."""
    options = context.options
    named = [("--profile", options.profile), ("--business", options.business)]
    named += [("--var", text) for text in var]
    given = [word for option, value in named if value is not None for word in (option, value)]
    return shlex.join(["jebbitctl", "integrations", "apply", file, *given, *["--prune"] * prune])
