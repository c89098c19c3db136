"""``profiles``: list profiles, choose the default, remove one."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.auth.credentials import secret_place
from jebbitctl.commands.base import LOCAL_OPTIONS, ROW_OPTIONS, Context, Yes, command, group
from jebbitctl.commands.completion import values
from jebbitctl.settings import profile_api_url

COLUMNS = ("name", "default", "environment", "client_id", "business", "api_url", "secret_from")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Name of the profile.", show_default=False, autocompletion=values.profiles
    ),
]


@command(name="list", common=(*LOCAL_OPTIONS, *ROW_OPTIONS), example="jebbitctl profiles list")
def list_(context: Context) -> None:
    """List profiles."""
    default = context.profiles.default()
    rows = [
        {
            "name": name,
            "default": name == default,
            "environment": profile.environment or "production",
            "client_id": profile.client_id,
            "business": profile.business,
            "api_url": profile_api_url(profile),
            "secret_from": secret_place(profile) if profile.client_id else None,
        }
        for name in context.profiles.names()
        if (profile := context.profiles.get(name))
    ]
    context.output.table(rows, COLUMNS)
    if not rows:
        context.output.note("No profiles. Create one with jebbitctl login.")


@command(common=LOCAL_OPTIONS, example="jebbitctl profiles use staging")
def use(context: Context, name: Name) -> None:
    """Make a profile the default."""
    context.profiles.require(name)
    context.profiles.use(name)
    if context.output.json:
        context.output.document({"default": name})
    else:
        context.output.note(f"The default profile is now {name}.")


@command(common=LOCAL_OPTIONS, example="jebbitctl profiles remove staging --yes")
def remove(context: Context, name: Name, *, yes: Yes = False) -> None:
    """Remove a profile, its secret and its tokens."""
    context.profiles.require(name)
    if not yes:
        context.prompts.confirm(
            f"Remove profile {name} and its secret?", hint="add --yes to remove it without confirmation"
        )
    default = context.profiles.default()
    context.accounts.remove([name])
    if context.output.json:
        context.output.document({"removed": name})
    else:
        context.output.note(f"Removed profile {name}.")
    note_new_default(context, default)


def note_new_default(context: Context, previous: str) -> None:
    """Print a note with the new default profile if the previous one was removed."""
    current = context.profiles.default()
    if current != previous and current in context.profiles.names():
        context.output.note(f"The default profile is now {current}.")


app = group("Manage several accounts on one machine.", list_, use, remove)
