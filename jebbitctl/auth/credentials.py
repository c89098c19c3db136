"""The credentials in use: from the environment, or from a profile and the keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl import environment as env
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
        source: ``environment``, or ``keyring (profile NAME)``.
        issuer: the token issuer's base URL.
        audience: the audience to request tokens for.
        cache_key: the token cache's key; it changes with anything that the tokens depend on.
        secret: reads the environment or the keyring; raises CredentialsError if there is no secret.
        fix: what the user does if the issuer rejects them.
    """

    client_id: str
    source: str
    issuer: str
    audience: str
    cache_key: str
    secret: Callable[[], str]
    fix: str


def find_credentials(settings: Settings, environment: Environment, keyring: KeyringStore) -> Credentials:
    """Return the environment's credentials, else the profile's with its secret in the keyring.

    Raises:
        CredentialsError: there are none, or the id or the secret is missing.
    """
    if not settings.profile_is_option and (found := _from_environment(settings, environment)):
        return found
    profile, name = settings.profile, settings.profile_name.value
    if not profile.client_id:
        raise _not_logged_in(settings.unused_profiles)
    # The keyring's entry includes the issuer, so that a secret is never sent to another issuer.
    issuer, audience = settings.issuer.value, settings.audience.value
    effective = profile._replace(auth_url=issuer, audience=audience)

    def secret() -> str:
        stored = keyring.get(keyring_account(name, effective))
        if stored is None:
            raise CredentialsError(
                f"the keyring has no secret for profile {name} and issuer {issuer}",
                hint=f"run jebbitctl login --profile {name}",
            )
        return stored

    key = profile_cache_key(name, effective)
    fix = f"enter them again: jebbitctl login --profile {name}"
    return Credentials(profile.client_id, f"keyring (profile {name})", issuer, audience, key, secret, fix)


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
    if client_id is None:
        raise CredentialsError(
            f"{env.CLIENT_SECRET} is set, but {env.CLIENT_ID} is not", hint="set both, or neither"
        )
    if secret is None:
        raise CredentialsError(
            f"{env.CLIENT_ID} is set, but {env.CLIENT_SECRET} is not", hint="set both, or neither"
        )
    issuer, audience = settings.issuer.value, settings.audience.value
    key = cache_key("environment", issuer, audience, client_id, secret)
    fix = f"correct {env.CLIENT_ID} and {env.CLIENT_SECRET}, or unset both to use a profile"
    return Credentials(client_id, "environment", issuer, audience, key, lambda: secret, fix)
