"""What a command says when Ctrl-C or SIGTERM ends it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.output.output import Output


@contextmanager
def note_if_interrupted(output: Output, text: str) -> Iterator[None]:
    """Print a note if the block is interrupted, also at a prompt."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, typer.Abort):
        output.note(text)
        raise
