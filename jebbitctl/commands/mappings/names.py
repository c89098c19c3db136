"""Arguments and options of several mappings commands."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import mappings
from jebbitctl.errors import UsageError

MappingId = Annotated[str, typer.Argument(metavar="ID", help="Mapping id.", show_default=False)]
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
