"""``logout``: remove a profile, its secret and its tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.base import PROFILE_OPTIONS, Context, command, single
from jebbitctl.commands.profiles import note_new_default
from jebbitctl.errors import UsageError


@command(common=PROFILE_OPTIONS, example="jebbitctl logout --profile staging")
def logout(
    context: Context,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Log out of every profile.")] = False,
) -> None:
    """Log out: remove a profile, its secret and its tokens."""
    default = context.profiles.default()
    if all_ and context.options.profile is not None:
        raise UsageError("--all and --profile are mutually exclusive")
    interrupted = context.accounts.interrupted_secrets()
    if all_:
        removed = context.accounts.remove_all()
    else:
        name = context.settings.profile_name
        if name.source != "default":
            context.profiles.require(name.value, source=name.source)
        removed = [name.value] if name.value in context.profiles.names() else []
        context.accounts.remove(removed)
    if context.output.json:
        context.output.document({"logged_out": removed})
    else:
        context.output.note(f"Logged out of {', '.join(removed)}." if removed else "Not logged in.")
    if interrupted:
        entries = ", ".join(interrupted)
        context.output.note(f"Removed from the keyring what an interrupted login had left: {entries}.")
    note_new_default(context, default)


app = single(logout)
