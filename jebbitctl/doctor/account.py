"""Checks of the account: environment variables, settings, credentials and keyring."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from jebbitctl import environment as env
from jebbitctl.doctor.check_context import CheckSkipped
from jebbitctl.environment import VARIABLES, Kind
from jebbitctl.errors import CheckFailedError, JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.context import Context
    from jebbitctl.doctor.check_context import CheckContext


def environment(check_context: CheckContext) -> str:
    """The environment variables are valid, complete and override nothing by accident."""
    context = check_context.context
    problems = [*_malformed(context), *_contradictions(context)] or list(_overrides(context))
    if problems:
        found, fixes = map(dict.fromkeys, zip(*problems, strict=True))
        raise CheckFailedError("; ".join(found), hint="; ".join(fixes))
    names = ", ".join(context.environment.declared())
    return f"set: {names}" if names else "no JEBBIT_ variable is set"


def settings(check_context: CheckContext) -> str:
    """The settings are valid. The detail shows each with its source."""
    current = check_context.context.settings
    found = {
        "profile": current.profile_name if current.profile.client_id else None,
        "API": current.api_url,
        "issuer": current.issuer,
        "audience": current.audience,
        "business": current.business,
    }
    parts = [f"{name} {setting.value} ({setting.source})" for name, setting in found.items() if setting]
    if found["profile"] is None:
        parts.insert(0, "no profile")
    return ", ".join([*parts, f"timeout {current.timeout:g} s"])


def credentials(check_context: CheckContext) -> str:
    """Credentials are available."""
    current = check_context.context.credentials
    return f"{current.source}, client id {current.client_id}" if current else env.ACCESS_TOKEN


def keyring(check_context: CheckContext) -> str:
    """The keyring is secure, contains the secret of the profile in use, and none of an interrupted login."""
    context = check_context.context
    if interrupted := context.accounts.interrupted_secrets():
        raise CheckFailedError(
            f"an interrupted login has left a secret in the keyring: {', '.join(interrupted)}",
            hint="remove it: run jebbitctl login again, or jebbitctl logout",
        )
    try:
        current = context.credentials
    except JebbitctlError:
        context.keyring.check()  # login would need it
        return context.keyring.backend_name()
    if current is None or current.place == "environment":
        raise CheckSkipped("the credentials are in the environment")
    if current.place == "command":
        raise CheckSkipped("a command prints the secret")
    current.secret()
    profile = context.settings.profile_name.value
    return f"{context.keyring.backend_name()}, with the secret of profile {profile}"


def _malformed(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the problem of each invalid variable, with its fix."""
    variables = context.environment
    for name in variables.declared():
        try:
            if name == env.TIMEOUT:
                _ = context.settings.timeout
            elif (credential := _credential_of(name)) is not None:
                variables.credential(credential)
            elif VARIABLES[name].kind is Kind.SETTING:
                variables.setting(name)
        except JebbitctlError as error:
            yield error.message, error.hint or f"correct {name}, or unset it"
    unknown = (name for name in variables.values if name.startswith("JEBBIT") and name not in VARIABLES)
    for name in sorted(unknown):
        if similar := difflib.get_close_matches(name, VARIABLES, 1, 0.8):
            yield f"{name} is not a variable of jebbitctl", f"rename it to {similar[0]}, or unset it"


def _credential_of(name: str) -> str | None:
    """Return the credential that a variable holds, or whose file it names; None for any other variable."""
    if VARIABLES[name].kind is Kind.CREDENTIAL:
        return name
    return next((credential for credential, file in env.FILES.items() if file == name), None)


def _contradictions(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the problem of each pair of variables that is incomplete or contradictory, with its fix."""
    variables = context.environment
    client_id, secret = env.CLIENT_ID in variables, env.CLIENT_SECRET in variables
    if client_id != secret:
        present, missing = env.CLIENT_ID, env.CLIENT_SECRET
        if secret:
            present, missing = variables.source(env.CLIENT_SECRET), env.CLIENT_ID
        yield f"{present} is set, but {missing} is not", "set both, or neither"
    if env.ACCESS_TOKEN in variables and client_id:
        yield f"{env.ACCESS_TOKEN} overrides {env.CLIENT_ID}", "unset one of them"


def _overrides(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the problem of a variable that overrides a profile that is logged in, with its fix."""
    winner = next((name for name in (env.ACCESS_TOKEN, env.CLIENT_ID) if name in context.environment), None)
    if winner is None or context.settings.profile_is_option:
        return
    name = context.settings.profile_name.value
    if context.settings.profile.client_id:
        yield (
            f"{winner} overrides profile {name}, which is logged in",
            f"unset {winner}, or add --profile {name}",
        )
