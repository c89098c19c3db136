"""What GitHub Actions is told about a manifest: annotations of its lines, and a summary of the plan."""

from __future__ import annotations

import os
import tomllib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jebbitctl import environment as env
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import format_value
from jebbitctl.commands.integrations.plan_output import mapping_text, step_title, unmanaged_line, verb
from jebbitctl.commands.integrations.unmatched_mappings import unmatched_lines
from jebbitctl.errors import JebbitctlError
from jebbitctl.manifest.positions import is_in, line_of
from jebbitctl.output.workflow_commands import MAX_ANNOTATIONS, annotate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.context import Context
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.mistakes import ManifestMistake
    from jebbitctl.manifest.plan import PlanStep
    from jebbitctl.manifest.schema import IntegrationSpec
    from jebbitctl.manifest.validation import KeyPath
    from jebbitctl.output.workflow_commands import Level

_MAX_SUMMARY = 1024 * 1024
"""Bytes of the summary of a step; if it has more, GitHub shows nothing of it."""


def is_github(context: Context) -> bool:
    """Whether the command runs in a job of GitHub Actions."""
    return context.environment.values.get(env.GITHUB_ACTIONS) == "true"


def annotate_mistakes(context: Context, file: str, mistakes: Iterable[ManifestMistake]) -> None:
    """Annotate the first mistakes of a manifest."""
    path = _shown_path(context, file)
    for mistake in islice(mistakes, MAX_ANNOTATIONS):
        text = f"{mistake.problem} ({mistake.hint})" if mistake.hint else mistake.problem
        annotate("error", text, {"file": path, "line": mistake.line, "title": mistake.key or "manifest"})


def report_plan(context: Context, file: str, manifest: Manifest, report: PlanReport, level: Level) -> None:
    """Annotate what differs, and append the plan to the summary of the job."""
    path = _shown_path(context, file)
    unmatched = list(_unmatched(manifest, report))[:MAX_ANNOTATIONS]
    room = MAX_ANNOTATIONS - (len(unmatched) if level == "warning" else 0)
    differences = list(_differences(manifest, report))[:room]
    annotations: tuple[tuple[Level, list[tuple[str, str, KeyPath]]], ...]
    annotations = (("warning", unmatched), (level, differences))
    for level_, found in annotations:
        for title, message, key in found:
            line = line_of(manifest.text, key) if key else None
            annotate(level_, message, {"file": path, "line": line, "title": title})
    if summary := context.environment.values.get(env.GITHUB_STEP_SUMMARY):
        from jebbitctl.commands.integrations.plan_markdown import plan_markdown
        from jebbitctl.storage.files import append_public_file

        try:
            append_public_file(Path(summary), f"{plan_markdown(report)}\n\n", max_bytes=_MAX_SUMMARY)
        except JebbitctlError as error:
            context.output.warn(f"no summary of the job: {error.message}")


def _shown_path(context: Context, file: str) -> str | None:
    """Return a file's path as GitHub knows it, None for standard input."""
    if file == "-":
        return None
    path = Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow links
    root = context.environment.values.get(env.GITHUB_WORKSPACE)
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else file


def _differences(manifest: Manifest, report: PlanReport) -> Iterator[tuple[str, str, KeyPath]]:
    """Yield a title and a message for each difference, and its place; an empty one without a place."""
    specs = {(spec.business, spec.name): spec for spec in manifest.integrations}
    document = tomllib.loads(manifest.text)
    new = set(report.plan.new)
    for step in report.plan.steps:
        spec = specs.get((step.business, step.name or ""))
        what = Action.UPDATE if step.is_mapping else verb(step)  # of the integration
        title = f"{what} {step_title(step)}"
        if spec is None:
            yield title, "not in the manifest", ()
        elif step.is_mapping:
            if step.name not in new:
                yield title, f"{step.action} {mapping_text(step)}", _mapping_place(step, spec)
        elif step.action is Action.CREATE:
            yield title, "this integration does not exist yet", spec.path
        else:
            for name, current, desired in step.changes:
                text = f"{name}: {format_value(current)} → {format_value(desired)}"
                yield title, text, _attribute_place(name, spec, document)
    for step in report.plan.unmanaged if report.strict else ():
        _, text = unmanaged_line(step, strict=True, with_business=manifest.has_sections)
        spec = specs.get((step.business, step.name or ""))
        yield "unmanaged", text, (*spec.path, "mappings") if spec else ()


def _unmatched(manifest: Manifest, report: PlanReport) -> Iterator[tuple[str, str, KeyPath]]:
    """Yield likewise each mapping of an attribute that Jebbit does not have."""
    specs = {(spec.business, spec.name): spec for spec in manifest.integrations}
    for (step, _), (_, text) in zip(report.unmatched, unmatched_lines(report.unmatched), strict=True):
        spec = specs.get((step.business, step.name or ""))
        yield "no such attribute", text, _mapping_place(step, spec) if spec else ()


def _mapping_place(step: PlanStep, spec: IntegrationSpec) -> KeyPath:
    """Return the place of the declared mapping that a step creates or updates, otherwise of all of them."""
    here = (*spec.path, "mappings")
    wanted = {**(step.mapping.attributes if step.mapping else {}), **step.desired}
    for position, mapping in enumerate(spec.mappings or ()):
        if (mapping.jebbit_var, mapping.client_var) == (wanted.get("jebbit_var"), wanted.get("client_var")):
            return here if step.action is Action.DELETE else (*here, position)
    return here


def _attribute_place(name: str, spec: IntegrationSpec, document: dict[str, Any]) -> KeyPath:
    """Return the place of an attribute, which may stand under ``set``."""
    keys = name.split(".", 1)
    places = ((*spec.path, *keys), (*spec.path, "set", *keys))
    return next((place for place in places if is_in(document, place)), spec.path)
