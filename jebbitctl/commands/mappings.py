"""``mappings``: list, get, create, update, delete; see ``mapping_imports`` for import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import mappings
from jebbitctl.api.resources import diff, raise_if_unapplied
from jebbitctl.commands import completing, mapping_imports
from jebbitctl.commands.changes import show_changes
from jebbitctl.commands.common import command, group
from jebbitctl.context import context_of
from jebbitctl.errors import UsageError
from jebbitctl.ids import require_id

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context

app = group("The names under which integrations send attributes.")

COLUMNS = ("id", "integration_id", "jebbit_var", "client_var", "default")

Id = Annotated[str, typer.Argument(metavar="ID", help="The mapping's id.", show_default=False)]
Default = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What to send where there is no value; '' for nothing.")
]


@command(app, "list", example="jebbitctl mappings list --integration L5m24mjs --csv > mappings.csv")
def list_(
    ctx: typer.Context,
    *,
    integration: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only those of this integration.", autocompletion=completing.integrations
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV that mappings import reads.")] = False,
) -> None:
    """List mappings, newest first."""
    context = context_of(ctx)
    if integration is not None:
        require_id(integration, what="--integration")
    if csv and (context.output.json or context.options.plain):
        raise UsageError("--csv, --plain and --json (or --query) exclude each other")
    found = mappings.list_mappings(context.client, integration)
    if csv:
        _print_csv(context, list(found))
    elif not context.output.table(found, COLUMNS):
        context.output.note("No mappings." if integration is None else f"No mappings of {integration}.")


@command(app, "get", example="jebbitctl mappings get abc12345 -q client_var")
def get(ctx: typer.Context, id_: Id) -> None:
    """Show one mapping with all its attributes."""
    context = context_of(ctx)
    context.output.resource(mappings.get(context.client, id_))


@command(
    app,
    "create",
    example="jebbitctl mappings create --integration L5m24mjs --jebbit-var Outcome --client-var bucket",
)
def create(
    ctx: typer.Context,
    *,
    integration: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="The integration that is to send it.",
            show_default=False,
            autocompletion=completing.integrations,
        ),
    ],
    jebbit_var: Annotated[
        str, typer.Option(metavar="NAME", help="The attribute's name at Jebbit.", show_default=False)
    ],
    client_var: Annotated[
        str, typer.Option(metavar="NAME", help="The name to send it under.", show_default=False)
    ],
    default: Default = None,
) -> None:
    """Create a mapping. The integration sends an attribute under a name of your own."""
    context = context_of(ctx)
    require_id(integration, what="--integration")
    _require_names(jebbit_var=jebbit_var, client_var=client_var)
    desired = {"integration_id": integration, "jebbit_var": jebbit_var, "client_var": client_var}
    created, unapplied = mappings.create(context.client, desired | ({"default": default} if default else {}))
    with context.output.telling():
        context.output.resource(created)
    raise_if_unapplied(unapplied, command=f"jebbitctl mappings get {created.id}")


@command(app, "update", example="jebbitctl mappings update abc12345 --client-var segment")
def update(
    ctx: typer.Context,
    id_: Id,
    *,
    jebbit_var: Annotated[
        str | None, typer.Option(metavar="NAME", help="The attribute's name at Jebbit.")
    ] = None,
    client_var: Annotated[str | None, typer.Option(metavar="NAME", help="The name to send it under.")] = None,
    default: Default = None,
) -> None:
    """Change a mapping. Reads it, sends only what changes, and shows each change."""
    context = context_of(ctx)
    _require_names(jebbit_var=jebbit_var, client_var=client_var)
    names = {"jebbit_var": jebbit_var, "client_var": client_var}
    desired: dict[str, Any] = {name: value for name, value in names.items() if value is not None}
    if default is not None:
        desired["default"] = default or None
    if not desired:
        raise UsageError("nothing to change is named", hint="name an attribute, such as --client-var NAME")
    current = mappings.get(context.client, id_)
    planned = diff(current.attributes, desired)
    if not planned:
        context.output.note(f"Nothing to change: {id_} is already as asked.")
        if context.output.json:
            context.output.resource(current)
        return
    updated, unapplied = mappings.update(context.client, current, desired)
    with context.output.telling():
        if context.output.json:
            context.output.resource(updated)
        else:
            show_changes(context, planned, unapplied)
    raise_if_unapplied(unapplied, command=f"jebbitctl mappings get {id_}")


@command(app, "delete", example="jebbitctl mappings delete abc12345 --yes")
def delete(
    ctx: typer.Context,
    id_: Id,
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a mapping. Its attribute is sent under Jebbit's own name again."""
    context = context_of(ctx)
    require_id(id_)
    if not yes:
        about = ""
        if context.prompts.possible:
            current = mappings.get(context.client, id_).attributes
            about = f" ({current.get('jebbit_var')} → {current.get('client_var')})"
        context.prompts.confirm(f"Delete mapping {id_}{about}?", instead="add --yes to delete without asking")
    mappings.delete(context.client, id_)
    if context.output.json:
        with context.output.telling():
            context.output.document({"id": id_, "deleted": True})
    else:
        context.output.note(f"Deleted mapping {id_}.")


mapping_imports.register(app)


def _require_names(*, jebbit_var: str | None, client_var: str | None) -> None:
    if problem := mappings.problem(jebbit_var=jebbit_var, client_var=client_var):
        raise UsageError(problem)


def _print_csv(context: Context, found: list[Resource]) -> None:
    """Print what import reads."""
    from jebbitctl.api import mapping_csv

    owners = {str(mapping.attributes.get("integration_id")) for mapping in found}
    if len(owners) > 1:
        context.output.warn(
            f"these are the mappings of {len(owners)} integrations, and import takes those of one: "
            "--integration ID picks it"
        )
    context.output.verbatim(mapping_csv.write(found))
