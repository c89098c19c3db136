"""``logout``: forget a profile's secret, its tokens and the profile itself."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.common import ProfileCommand, command, single
from jebbitctl.commands.profiles import note_new_default
from jebbitctl.context import context_of
from jebbitctl.errors import UsageError

app = single()


@command(app, "logout", cls=ProfileCommand, example="jebbitctl logout --profile staging")
def logout(
    ctx: typer.Context, *, all_: Annotated[bool, typer.Option("--all", help="Every profile.")] = False
) -> None:
    """Forget a profile: its secret in the keyring, its tokens, its settings."""
    context = context_of(ctx)
    default = context.profiles.default()
    if all_ and context.options.profile is not None:
        raise UsageError("--all and --profile exclude each other")
    if all_:
        forgotten = context.accounts.forget_all()
    else:
        name = context.settings.profile_name
        forgotten = [name.value] if name.value in context.profiles.names() else []
        if not forgotten and name.source != "default":
            raise UsageError(
                f"there is no profile {name.value!r}", hint="jebbitctl profiles list shows those that exist"
            )
        context.accounts.forget(forgotten)
    if context.output.json:
        context.output.document({"logged_out": forgotten})
    else:
        context.output.note(f"Logged out: {', '.join(forgotten)}." if forgotten else "Nobody was logged in.")
    note_new_default(context, default)
