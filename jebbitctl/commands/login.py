"""``login``: verify credentials and save them."""

from __future__ import annotations

import sys
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl import environment as env
from jebbitctl.auth.credentials import profile_identity, secret_source
from jebbitctl.auth.secret_command import require_no_secret, require_secret_command, run_secret_command
from jebbitctl.commands.base import Context, command, single
from jebbitctl.commands.profiles import warn_if_overridden
from jebbitctl.commands.whoami import account_document, show_account
from jebbitctl.errors import UsageError
from jebbitctl.output.streams import is_terminal
from jebbitctl.settings import (
    JebbitEnvironment,
    profile_api_url,
    require_business,
    require_jebbit_environment,
)
from jebbitctl.storage.profiles import Profile, require_profile_name
from jebbitctl.util.inputs import clean_credential
from jebbitctl.util.urls import normalize_url, require_https, shown_url

if TYPE_CHECKING:
    from jebbitctl.auth.accounts import Account, LoginResult

_LOGIN_HINT = "use --client-id ID and --client-secret-stdin"
_STDIN = "--client-secret-stdin"


class ClientSecretOptions(NamedTuple):
    """The sources of the client secret. No option takes the secret itself: ``ps`` shows option values."""

    client_secret_stdin: Annotated[
        bool,
        typer.Option(_STDIN, help="Read the client secret from standard input."),
    ] = False
    client_secret_command: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="Command that prints the client secret whenever it is needed."),
    ] = None


@command(
    example="jebbitctl login\n"
    'printf %s "$SECRET" |\n'
    "  jebbitctl login --client-id 7hKqPz --client-secret-stdin --profile test",
)
def login(
    context: Context,
    *,
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Client id. Prompted for if not given.")
    ] = None,
    secret_options: ClientSecretOptions,
    environment: Annotated[
        JebbitEnvironment | None,
        typer.Option(help="Environment to log in to."),
    ] = None,
    api_url: Annotated[str | None, typer.Option(metavar="URL", help="Override the API's base URL.")] = None,
    auth_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Override the token issuer's base URL.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="Replace another account's profile without confirmation.")
    ] = False,
) -> None:
    """Log in: verify credentials and save them.

    Saves the secret in the operating system's keyring, and everything else in the profile. Get the client id
    and secret from your Jebbit representative. Uses --client-id and --client-secret-stdin, else
    JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET, else prompts. With --business, the profile uses this business
    by default; without it, a terminal offers the choice if the credentials cover several. Asks before it
    replaces a profile of another account.

    With --client-secret-command, the profile keeps the command instead, and needs no keyring. The command
    runs without a shell, for at most 10 seconds; what it prints is never shown.
    """
    from jebbitctl.auth.accounts import Account

    name = require_profile_name(context.settings.profile_name.value)
    previous = context.profiles.get(name) or Profile()
    profile = _profile(context, name, previous, environment=environment, api_url=api_url, auth_url=auth_url)
    id_, secret = _credentials(context, client_id, secret_options, previous=previous)
    command_line = secret_options.client_secret_command
    context.accounts.require_storage(name, by_command=command_line is not None)
    if id_ is None:
        answer = context.prompts.ask("Client id", hint=_LOGIN_HINT, default=previous.client_id)
        id_ = clean_credential(answer, source="the client id")
    _confirm_replacement(context, name, previous, profile._replace(client_id=id_), yes=yes)
    if command_line is not None:
        secret = run_secret_command(command_line, context.environment.values)
        require_no_secret(command_line, secret)
    elif secret is None:
        answer = context.prompts.ask("Client secret", hint=_LOGIN_HINT, hidden=True)
        secret = clean_credential(answer, source="the client secret")
    if id_ != previous.client_id and context.options.business is None:
        profile = profile._replace(business=None)
    profile = profile._replace(client_id=id_, client_secret_command=command_line)
    account = Account(name, profile, secret, _fix(context, secret, secret_options))
    result = context.accounts.authenticate(account)
    account, result = _with_business(context, account, result)
    context.accounts.save(account, result.token)
    _show(context, account, result)


def _profile(
    context: Context,
    name: str,
    previous: Profile,
    *,
    environment: str | None,
    api_url: str | None,
    auth_url: str | None,
) -> Profile:
    """Return the profile to save: from options, then the environment, then the previous login.

    Raises:
        UsageError: one of the values is invalid.
    """
    source = f"profile {name}"
    if environment is not None:
        previous = previous._replace(api_url=None, auth_url=None)
    if context.options.business is not None:
        require_business(context.options.business, source="--business")
    variables = context.environment
    return previous._replace(
        environment=environment
        or require_jebbit_environment(previous.environment or "production", source=source),
        api_url=_first_url(
            (api_url, "--api-url"),
            (variables.setting(env.API_BASE_URL), env.API_BASE_URL),
            (previous.api_url, source),
        ),
        auth_url=_first_url(
            (auth_url, "--auth-url"),
            (variables.setting(env.AUTH_ISSUER), env.AUTH_ISSUER),
            (previous.auth_url, source),
        ),
        audience=variables.setting(env.API_AUDIENCE) or previous.audience,
        business=context.options.business or previous.business,
        login_id=uuid.uuid4().hex,
    )


def _first_url(*candidates: tuple[str | None, str]) -> str | None:
    """Return the first URL that is not None.

    Raises:
        UsageError: it is not a safe URL.
    """
    for url, source in candidates:
        if url is not None:
            return require_https(url, what=source).rstrip("/")
    return None


def _credentials(
    context: Context, client_id: str | None, options: ClientSecretOptions, *, previous: Profile
) -> tuple[str | None, str | None]:
    """Return the client id and the secret, None for each that must be prompted for or that a command prints.

    Raises:
        UsageError: the options contradict each other, or the command is not valid.
        InputRequiredError: a prompt is needed but impossible.
        CredentialsError: a value is not a valid credential.
    """
    from_stdin, command_line = options
    if from_stdin and command_line is not None:
        raise UsageError(f"{_STDIN} and --client-secret-command are mutually exclusive")
    variables = context.environment
    id_, secret = variables.credential(env.CLIENT_ID), variables.credential(env.CLIENT_SECRET)
    if client_id is not None:
        chosen = clean_credential(client_id, source="--client-id")
        if id_ not in {None, chosen}:
            secret = None  # the environment's secret belongs to another client
        id_ = chosen
    if id_ is None and not context.prompts.possible:
        id_ = previous.client_id
    if from_stdin:
        typed = is_terminal(sys.stdin)  # where it is prompted for, so that it is not shown
        secret = None if typed else context.prompts.read_secret("client secret", option=_STDIN)
    if id_ is None:
        context.prompts.require("client id", hint=_LOGIN_HINT)
    if command_line is not None:
        require_secret_command(command_line)
    elif secret is None:
        context.prompts.require("client secret", hint=_LOGIN_HINT)
    return id_, secret


def _fix(context: Context, secret: str, options: ClientSecretOptions) -> str:
    """Return what the user does if the issuer rejects the id or the secret."""
    if options.client_secret_command is not None:
        return "correct --client-id, or the command that prints the secret"
    if options.client_secret_stdin:
        return "correct --client-id, or the secret on standard input"
    if secret == context.environment.credential(env.CLIENT_SECRET):
        variable = context.environment.source(env.CLIENT_SECRET)
        return f"the secret is from {variable}: correct it and the client id, or unset both"
    return "run the command again and enter them again"


def _confirm_replacement(context: Context, name: str, previous: Profile, new: Profile, *, yes: bool) -> None:
    """Ask before a login replaces the profile of another account: commands would then change that one.

    Raises:
        CancelledError: the user declined.
        InputRequiredError: the user cannot be asked.
    """
    if yes or not previous.client_id or _account_of(previous) == _account_of(new):
        return
    context.prompts.confirm(
        f"Profile {name} is {_describe(previous)}. Replace it with {_describe(new)}?",
        hint=f"profile {name} is {_describe(previous)}; add --yes to replace it, or use --profile NAME",
    )


def _account_of(profile: Profile) -> tuple[str, str, str | None]:
    issuer, _, client_id = profile_identity(profile)
    url = profile_api_url(profile)
    return client_id, normalize_url(issuer), normalize_url(url) if url else None


def _describe(profile: Profile) -> str:
    url = shown_url(profile_api_url(profile) or "an unknown URL")
    issuer = f" with issuer {shown_url(profile.auth_url)}" if profile.auth_url else ""
    return f"client id {profile.client_id} at {url}{issuer}"


def _with_business(context: Context, account: Account, result: LoginResult) -> tuple[Account, LoginResult]:
    """Return the account and the result with the business that was named, or is chosen now, if any."""
    chosen = result.business if account.profile.business else None
    if result.business is None and context.prompts.possible:
        context.output.note(f"These credentials cover {len(result.businesses)} businesses:")
        shown = [f"{business['id']}  {business['name'] or ''}".rstrip() for business in result.businesses]
        index = context.prompts.choose("Default business, by number (Enter: none)", shown)
        chosen = None if index is None else result.businesses[index]
    if chosen is None:
        return account, result
    profile = account.profile._replace(business=str(chosen["id"]))
    return replace(account, profile=profile), replace(result, business=chosen)


def _show(context: Context, account: Account, result: LoginResult) -> None:
    business, name = result.business, account.name
    who = f"{business['name']} ({business['id']})" if business else f"{len(result.businesses)} businesses"
    context.output.note(f"Logged in to {who} as profile {name}.")
    show_account(
        context,
        account_document(
            business,
            result.businesses,
            result.token,
            profile=name,
            api_url=profile_api_url(account.profile),
            client_id=account.profile.client_id,
            source=secret_source(name, account.profile),
        ),
    )
    active = context.profiles.active()
    if active != name:
        context.output.note(
            f"The default profile is {active}. To change it, run: jebbitctl profiles use {name}"
        )
    warn_if_overridden(context, name)


app = single(login)
