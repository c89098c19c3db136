"""``logout``: remove a profile, its secret and its tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.base import PROFILE_OPTIONS, Context, Yes, command, single
from jebbitctl.commands.profiles import credentials_variable, note_if_none_is_active
from jebbitctl.errors import UsageError


@command(common=PROFILE_OPTIONS, example="jebbitctl logout --profile staging")
def logout(
    context: Context,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Log out of every profile.")] = False,
    yes: Yes = False,
) -> None:
    """Log out: remove a profile, its secret and its tokens.

    If it was the default profile, no profile is active afterwards. Choose one with jebbitctl profiles use.
    """
    if all_ and context.options.profile is not None:
        raise UsageError("--all and --profile are mutually exclusive")
    interrupted = context.accounts.interrupted_secrets()
    chosen = context.profiles.names() if all_ else _chosen(context)
    if chosen and not yes:
        _confirm(context, chosen)
    if all_:
        chosen = context.accounts.remove_all()
    else:
        context.accounts.remove(chosen)
    if context.output.json:
        context.output.document({"logged_out": chosen})
    else:
        context.output.note(f"Logged out of {', '.join(chosen)}." if chosen else "Not logged in.")
    if interrupted:
        entries = ", ".join(interrupted)
        context.output.note(f"Removed from the keyring what an interrupted login had left: {entries}.")
    note_if_none_is_active(context)
    if variable := credentials_variable(context):
        context.output.warn(f"{variable} is set: commands still use the credentials of the environment")


def _chosen(context: Context) -> list[str]:
    """Return the name of the profile in use in a list; an empty one if no profile is active.

    Raises:
        UsageError: a named profile does not exist.
    """
    name, source = context.settings.profile_name
    if source == "default":
        active = context.profiles.active()
        return [active] if active else []
    context.profiles.require(name, source=source)
    return [name]


def _confirm(context: Context, names: list[str]) -> None:
    described = []
    for name in names:
        profile = context.profiles.get(name)
        described.append(f"{name} (client id {profile.client_id})" if profile and profile.client_id else name)
    what = "profile" if len(names) == 1 else "profiles"
    context.prompts.confirm(
        f"Log out of {what} {', '.join(described)}?", hint="add --yes to log out without confirmation"
    )


app = single(logout)
