"""Options that edit the JSON of a body."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer


class EditOptions(NamedTuple):
    """Edits for :func:`jebbitctl.webhooks.body_edits.edit_body`."""

    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Set a value of the body, such as data.email=x@y.z. VALUE is JSON if valid, else a string. "
            "Repeatable.",
        ),
    ] = None
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="PATH", help="Remove a value of the body first. Repeatable."),
    ] = None
