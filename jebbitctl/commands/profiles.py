"""``profiles``: list profiles, choose the default, remove one."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl import environment as env
from jebbitctl.auth.credentials import secret_place
from jebbitctl.commands.base import LOCAL_OPTIONS, ROW_OPTIONS, Context, Yes, command, group
from jebbitctl.commands.completion import values
from jebbitctl.commands.whoami import identify_in_use
from jebbitctl.settings import profile_api_url
from jebbitctl.storage.profiles import Profile

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
    active = context.profiles.active()
    rows = [
        {
            "name": name,
            "default": name == active,
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
    elif active is None:
        note_if_none_is_active(context)


@command(common=LOCAL_OPTIONS, example="jebbitctl profiles use staging")
def use(context: Context, name: Name) -> None:
    """Make a profile the default."""
    context.profiles.require(name)
    context.profiles.use(name)
    if context.output.json:
        context.output.document({"default": name})
    else:
        context.output.note(f"The default profile is now {name}.")
    warn_if_overridden(context, name)


@command(common=LOCAL_OPTIONS, example="jebbitctl profiles remove staging --yes")
def remove(context: Context, name: Name, *, yes: Yes = False) -> None:
    """Remove a profile, its secret and its tokens."""
    context.profiles.require(name)
    if not yes:
        context.prompts.confirm(
            f"Remove profile {name} and its secret?", hint="add --yes to remove it without confirmation"
        )
    was_active = context.profiles.active() == name
    context.accounts.remove([name])
    if context.output.json:
        context.output.document({"removed": name})
    else:
        context.output.note(f"Removed profile {name}.")
    if was_active:
        note_if_none_is_active(context)


@command(
    name="set",
    common=LOCAL_OPTIONS,
    example="jebbitctl profiles set staging --business 'Acme Outfitters'\n"
    "jebbitctl profiles set staging --business ''",
)
def set_(
    context: Context,
    profile: Name,
    *,
    business: Annotated[
        str,
        typer.Option(
            metavar="ID|NAME",
            help="Business to use by default; '' for none.",
            show_default=False,
            autocompletion=values.businesses,
        ),
    ],
) -> None:
    """Change the business that a profile uses by default.

    Asks Jebbit whether the profile's credentials cover it. Everything else in a profile belongs to its
    secret: to change that, log in again.
    """
    from jebbitctl.context import Context as ProfileContext

    context.profiles.require(profile)
    chosen = None
    if business:
        options = context.options._replace(profile=profile, business=business)
        chosen = identify_in_use(ProfileContext(options, context.environment))
        context.profiles.reread()
    context.profiles.require(profile)
    stored = context.profiles.get(profile) or Profile()
    context.profiles.save(profile, stored._replace(business=chosen["id"] if chosen else None))
    if context.output.json:
        context.output.document({"profile": profile, "business": chosen["id"] if chosen else None})
    elif chosen:
        named = f"{chosen['name']} ({chosen['id']})" if chosen["name"] else chosen["id"]
        context.output.note(f"Profile {profile} now uses business {named}.")
    else:
        context.output.note(f"Profile {profile} now uses no business by default.")


def note_if_none_is_active(context: Context) -> None:
    """Print a note that says how to choose a profile, if there are profiles and none is active."""
    if context.profiles.active() is None and (names := context.profiles.names()):
        context.output.note(
            f"No profile is active. Choose one with jebbitctl profiles use NAME: {', '.join(names)}"
        )


def warn_if_overridden(context: Context, name: str) -> None:
    """Warn if the environment overrides a profile that was just chosen."""
    variable = credentials_variable(context)
    if variable is None and context.environment.values.get(env.PROFILE, name) != name:
        variable = env.PROFILE
    if variable:
        context.output.warn(f"{variable} is set and overrides this profile unless you add --profile {name}")


def credentials_variable(context: Context) -> str | None:
    """Return the variable whose credentials commands use instead of a profile's, None if there is none."""
    return next((name for name in (env.ACCESS_TOKEN, env.CLIENT_ID) if name in context.environment), None)


app = group("Manage several accounts on one machine.", list_, use, set_, remove)
