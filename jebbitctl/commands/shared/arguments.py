"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import mappings
from jebbitctl.commands.completion import values
from jebbitctl.errors import UsageError

IntegrationId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="Integration id.", show_default=False, autocompletion=values.integrations
    ),
]
IntegrationIds = Annotated[
    list[str],
    typer.Argument(
        metavar="ID…", help="Integration ids.", show_default=False, autocompletion=values.integrations
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
ShowSecret = Annotated[bool, typer.Option("--show-secret", help="Show secrets, also of other services.")]
AllBusinesses = Annotated[
    bool, typer.Option("--all-businesses", help="Include every business that the credentials cover.")
]
ManifestFile = Annotated[
    str, typer.Argument(metavar="FILE", help="Manifest; - reads standard input.", show_default=False)
]
ManifestVariables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="Value of ${NAME} in the manifest. Repeatable."),
]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print a comment for a pull request; it begins with a marker.")
]
CampaignId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Campaign id.", show_default=False, autocompletion=values.campaigns),
]
ExportId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Export id.", show_default=False, autocompletion=values.exports),
]
MappingId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Mapping id.", show_default=False, autocompletion=values.mappings),
]
MappingIds = Annotated[
    list[str],
    typer.Argument(metavar="ID…", help="Mapping ids.", show_default=False, autocompletion=values.mappings),
]
JebbitVar = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Name of the attribute at Jebbit.",
        show_default=False,
        autocompletion=values.jebbit_vars,
    ),
]
OtherJebbitVar = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Name of the attribute at Jebbit.", autocompletion=values.jebbit_vars),
]
Default = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Value to send if the attribute has none; '' for no default."),
]


def require_names(*, jebbit_var: str | None, client_var: str | None) -> None:
    """Check the names of a mapping; None skips a name.

    Raises:
        UsageError: a name is not valid.
    """
    if problem := mappings.name_problem(jebbit_var=jebbit_var, client_var=client_var):
        raise UsageError(problem)
