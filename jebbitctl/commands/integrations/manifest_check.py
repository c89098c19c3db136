"""Shows the mistakes of a manifest, all at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl.commands.integrations.github import annotate_mistakes, is_github
from jebbitctl.commands.integrations.manifests import load_manifest
from jebbitctl.commands.shared.marked_lines import all_hanging
from jebbitctl.errors import UsageError
from jebbitctl.manifest.mistakes import InvalidManifestError, ManifestMistake
from jebbitctl.output.streams import line_width, message_width
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.context import Context


def check_manifest(context: Context, file: str, var: list[str] | None) -> None:
    """Check a manifest without a request, and print its mistakes as the result.

    Raises:
        UsageError: it has mistakes.
    """
    output = context.output
    mistakes: tuple[ManifestMistake, ...] = ()
    valid = ""
    try:
        manifest = load_manifest(context, file, var)
        valid = f"{manifest.name} is valid: {plural(len(manifest.integrations), 'integration')}"
    except InvalidManifestError as error:
        mistakes = error.mistakes
    with output.best_effort():
        if output.json:
            output.document({"ok": not mistakes, "mistakes": [mistake._asdict() for mistake in mistakes]})
        elif output.plain_requested:
            output.table((mistake._asdict() for mistake in mistakes), ManifestMistake._fields)
        else:
            lines = _lines(mistakes) if mistakes else [("✓", valid)]
            output.diff(all_hanging(lines, line_width()))
    if mistakes:
        _annotate(context, file, mistakes)
        raise _error(file, mistakes)


@contextmanager
def mistakes_shown(context: Context, file: str) -> Iterator[None]:
    """Show all mistakes of a manifest that a block of work finds, and annotate their lines.

    Raises:
        UsageError: the manifest has mistakes.
    """
    try:
        yield
    except InvalidManifestError as error:
        _annotate(context, file, error.mistakes)
        if len(error.mistakes) <= 1 or context.output.json:
            raise
        context.output.diff_notes(all_hanging(_lines(error.mistakes), message_width()))
        raise _error(file, error.mistakes) from error


def _annotate(context: Context, file: str, mistakes: tuple[ManifestMistake, ...]) -> None:
    if is_github(context):
        annotate_mistakes(context, file, mistakes)


def _lines(mistakes: Iterable[ManifestMistake]) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for each mistake, and its hint below it."""
    for mistake in mistakes:
        yield "✗", f"line {mistake.line}: {mistake.text}" if mistake.line else mistake.text
        if mistake.hint:
            yield "   ", mistake.hint


def _error(file: str, mistakes: tuple[ManifestMistake, ...]) -> UsageError:
    name = "standard input" if file == "-" else file
    return UsageError(f"{name} has {plural(len(mistakes), 'mistake')}")
