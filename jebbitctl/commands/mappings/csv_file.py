"""The CSV file of ``mappings import``: its delimiter, and what in it is most likely a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api.mapping_plan import Action
from jebbitctl.errors import UsageError
from jebbitctl.util.inputs import read_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.api.mapping_plan import ImportStep
    from jebbitctl.api.mappings import MappingSpec
    from jebbitctl.commands.base import Context

Delimiter = Annotated[
    str | None,
    typer.Option(metavar="CHAR", help="Character between cells, or tab. Default: detected."),
]
_WORDS = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";"}


def read_specs(file: str, delimiter: str | None) -> list[MappingSpec]:
    """Return the mappings of a CSV file, or of standard input for ``-``.

    Raises:
        UsageError: it cannot be read, it is not CSV, or the delimiter is not a single character.
    """
    from jebbitctl.api import mapping_csv

    between = None if delimiter is None else _delimiter(delimiter)
    name = "standard input" if file == "-" else file
    return mapping_csv.parse(read_input(file, option="FILE"), name, delimiter=between)


def note_trimmed(context: Context, specs: Sequence[MappingSpec]) -> None:
    """Tell that spaces around cells were left out, as RFC 4180 would keep them."""
    if lines := [spec.line for spec in specs if spec.trimmed]:
        where = f"line {lines[0]}" if len(lines) == 1 else f"{len(lines)} lines, the first is line {lines[0]}"
        context.output.note(
            f"Spaces around cells were left out in {where}. To keep them, put the cell in quotation marks."
        )


def warn_of_odd_names(context: Context, steps: Iterable[ImportStep]) -> None:
    """Warn of names that are written, and that are most likely not meant as they are."""
    for step in steps:
        if step.spec and step.spec.oddity and step.action in {Action.CREATE, Action.UPDATE}:
            context.output.warn(f"line {step.spec.line}: {step.spec.oddity}")


def _delimiter(text: str) -> str:
    found = _WORDS.get(text.lower(), text)
    if len(found) != 1 or found in "\"\r\n '" or found.isalnum() or found == "_":
        raise UsageError(
            f"--delimiter {text!r} is not a delimiter", hint="use one character such as ; or tab"
        )
    return found
