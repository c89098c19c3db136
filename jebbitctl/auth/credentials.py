"""The credentials in use: from the environment, or from a profile, with the keyring or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from jebbitctl import environment as env
from jebbitctl.auth.secret_command import program_name, run_secret_command
from jebbitctl.errors import CredentialsError
from jebbitctl.settings import DEFAULT_AUDIENCE, DEFAULT_ISSUER
from jebbitctl.storage.token_cache import cache_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.environment import Environment
    from jebbitctl.settings import Settings
    from jebbitctl.storage.keyring_store import KeyringStore
    from jebbitctl.storage.profiles import Profile

NO_CREDENTIALS_HINT = f"run jebbitctl login, or set {env.CLIENT_ID} and {env.CLIENT_SECRET}"


class Credentials(NamedTuple):
    """A client id, and a way to read its secret when a token is requested.

    Attributes:
        client_id: of the OAuth client.
        source: where the secret is from, such as ``environment`` or ``keyring (profile NAME)``.
        issuer: the token issuer's base URL.
        audience: the audience to request tokens for.
        cache_key: the token cache's key; it changes with anything that the tokens depend on.
        secret: returns the secret; raises CredentialsError if there is none.
        fix: what the user does if the issuer rejects them.
        place: what holds the secret.
    """

    client_id: str
    source: str
    issuer: str
    audience: str
    cache_key: str
    secret: Callable[[], str]
    fix: str
    place: Literal["environment", "keyring", "command"] = "environment"


def find_credentials(settings: Settings, environment: Environment, keyring: KeyringStore) -> Credentials:
    """Return the environment's credentials, else the profile's.

    Raises:
        CredentialsError: there are none, or the id or the secret is missing.
    """
    if not settings.profile_is_option and (found := _from_environment(settings, environment)):
        return found
    profile, name = settings.profile, settings.profile_name.value
    if not profile.client_id:
        raise _not_logged_in(settings.unused_profiles)
    issuer, audience = settings.issuer.value, settings.audience.value
    effective = profile._replace(auth_url=issuer, audience=audience)
    login = f"jebbitctl login --profile {name}"
    by_command = profile.client_secret_command is not None
    return Credentials(
        profile.client_id,
        secret_source(name, profile),
        issuer,
        audience,
        profile_cache_key(name, effective),
        lambda: (
            _printed_secret(name, profile, effective, environment)
            if by_command
            else _stored_secret(name, effective, keyring)
        ),
        f"correct the command that prints the secret: {login}"
        if by_command
        else f"enter them again: {login}",
        "command" if by_command else "keyring",
    )


def _stored_secret(name: str, effective: Profile, keyring: KeyringStore) -> str:
    """Return the secret of a profile. Its entry includes the issuer, so that no other gets the secret."""
    stored = keyring.get(keyring_account(name, effective))
    if stored is None:
        issuer, _, _ = profile_identity(effective)
        raise CredentialsError(
            f"the keyring has no secret for profile {name} and issuer {issuer}",
            hint=f"run jebbitctl login --profile {name}",
        )
    return stored


def _printed_secret(name: str, profile: Profile, effective: Profile, environment: Environment) -> str:
    """Return the secret that the profile's command prints, unless another issuer would get it."""
    if profile_identity(effective) != profile_identity(profile):
        issuer, audience, _ = profile_identity(effective)
        raise CredentialsError(
            f"the client secret of profile {name} is not for issuer {issuer} and audience {audience}",
            hint=f"run jebbitctl login --profile {name} --client-secret-command COMMAND",
        )
    return run_secret_command(profile.client_secret_command or "", environment.values)


def secret_source(name: str, profile: Profile) -> str:
    """Return where a profile's secret is from, such as ``keyring (profile NAME)``."""
    return f"{secret_place(profile)} (profile {name})"


def secret_place(profile: Profile) -> str:
    """Return ``keyring``, or ``command`` with the name of the program, such as ``command op``."""
    command = profile.client_secret_command
    return "keyring" if command is None else f"command {program_name(command)}".rstrip()


def _not_logged_in(profiles: list[str]) -> CredentialsError:
    if not profiles:
        return CredentialsError("not logged in", hint=NO_CREDENTIALS_HINT)
    return CredentialsError(
        "no profile is active",
        hint=f"choose one with jebbitctl profiles use NAME, or --profile NAME: {', '.join(profiles)}",
    )


def profile_identity(profile: Profile) -> tuple[str, str, str]:
    """Return issuer, audience and client id, which a profile's secret and tokens belong to."""
    return (
        (profile.auth_url or DEFAULT_ISSUER).rstrip("/"),
        profile.audience or DEFAULT_AUDIENCE,
        profile.client_id or "",
    )


def keyring_account(name: str, profile: Profile) -> str:
    """Return the keyring's account name for a profile; profiles, issuers and audiences never share one."""
    issuer, audience, client_id = profile_identity(profile)
    return f"{name} {client_id} {audience} {issuer}"


def profile_cache_key(name: str, profile: Profile) -> str:
    """Return the token cache's key for a profile; each login creates a new one."""
    return cache_key("keyring", name, *profile_identity(profile), profile.login_id or "")


def _from_environment(settings: Settings, environment: Environment) -> Credentials | None:
    client_id, secret = environment.credential(env.CLIENT_ID), environment.credential(env.CLIENT_SECRET)
    if client_id is None and secret is None:
        return None
    name = environment.source(env.CLIENT_SECRET)
    if client_id is None:
        raise CredentialsError(f"{name} is set, but {env.CLIENT_ID} is not", hint="set both, or neither")
    if secret is None:
        raise CredentialsError(f"{env.CLIENT_ID} is set, but {name} is not", hint="set both, or neither")
    issuer, audience = settings.issuer.value, settings.audience.value
    key = cache_key("environment", issuer, audience, client_id, secret)
    fix = f"correct {env.CLIENT_ID} and {name}, or unset both to use a profile"
    source = "environment" if name == env.CLIENT_SECRET else f"environment ({name})"
    return Credentials(client_id, source, issuer, audience, key, lambda: secret, fix)
