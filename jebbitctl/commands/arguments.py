"""Arguments and options that several nouns share."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.completion import values

IntegrationId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="Integration id.", show_default=False, autocompletion=values.integrations
    ),
]
ForIntegration = Annotated[
    str,
    typer.Option(
        "--integration",
        metavar="ID",
        help="Integration id.",
        show_default=False,
        autocompletion=values.integrations,
    ),
]
OnlyIntegration = Annotated[
    str | None,
    typer.Option(
        "--integration", metavar="ID", help="Only this integration.", autocompletion=values.integrations
    ),
]
ShowSecret = Annotated[bool, typer.Option("--show-secret", help="Show shared secrets.")]
AllBusinesses = Annotated[
    bool, typer.Option("--all-businesses", help="Include every business that the credentials cover.")
]
File = Annotated[
    str, typer.Argument(metavar="FILE", help="Manifest; - reads standard input.", show_default=False)
]
