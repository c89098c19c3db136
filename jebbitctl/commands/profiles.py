"""``profiles``: several accounts on one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands import completing
from jebbitctl.commands.common import LocalCommand, command, group
from jebbitctl.context import context_of
from jebbitctl.errors import UsageError
from jebbitctl.settings import DEFAULT_ENVIRONMENT, profile_api_url

if TYPE_CHECKING:
    from jebbitctl.context import Context

app = group("Several accounts on one machine.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The profile's name.", show_default=False, autocompletion=completing.profiles
    ),
]


@command(app, "list", cls=LocalCommand, example="jebbitctl profiles list")
def list_(ctx: typer.Context) -> None:
    """List profiles."""
    context = context_of(ctx)
    default = context.profiles.default()
    rows = []
    for name in context.profiles.names():
        profile = context.profiles.get(name)
        if profile is not None:
            rows.append(
                {
                    "name": name,
                    "default": name == default,
                    "environment": profile.environment or DEFAULT_ENVIRONMENT,
                    "client_id": profile.client_id,
                    "business": profile.business,
                    "api_url": profile_api_url(profile) or None,
                }
            )
    context.output.table(rows, ("name", "default", "environment", "client_id", "business", "api_url"))
    if not rows:
        context.output.note("No profiles: jebbitctl login makes one.")


@command(app, "use", cls=LocalCommand, example="jebbitctl profiles use staging")
def use(ctx: typer.Context, name: Name) -> None:
    """Make a profile the default."""
    context = context_of(ctx)
    _require(name, context.profiles.names())
    context.profiles.use(name)
    if context.output.json:
        context.output.document({"default": name})
    else:
        context.output.note(f"The default profile is {name}.")


@command(app, "remove", cls=LocalCommand, example="jebbitctl profiles remove staging --yes")
def remove(
    ctx: typer.Context,
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a profile, its secret and its tokens."""
    context = context_of(ctx)
    _require(name, context.profiles.names())
    if not yes:
        context.prompts.confirm(f"Remove profile {name} and its secret?", instead="add --yes to remove it")
    default = context.profiles.default()
    context.accounts.forget([name])
    if context.output.json:
        context.output.document({"removed": name})
    else:
        context.output.note(f"Removed profile {name}.")
    note_new_default(context, default)


def note_new_default(context: Context, before: str) -> None:
    """Say which profile took the place of a default that is gone: the next command works with it."""
    now = context.profiles.default()
    if now != before and now in context.profiles.names():
        context.output.note(f"The default profile is {now} now.")


def _require(name: str, names: list[str]) -> None:
    if name not in names:
        raise UsageError(
            f"there is no profile {name!r}",
            hint=f"profiles: {', '.join(names)}" if names else "jebbitctl login makes one",
        )
