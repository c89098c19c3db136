"""``login``: prove credentials, and only then keep them."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.common import ApiCommand, command, single
from jebbitctl.commands.completing import one_of
from jebbitctl.commands.whoami import show_account
from jebbitctl.context import context_of
from jebbitctl.errors import CredentialsError, InputRequiredError
from jebbitctl.output import is_terminal
from jebbitctl.settings import (
    ENVIRONMENTS,
    clean_credential,
    credential_variable,
    require_environment,
    variable,
)
from jebbitctl.storage.inputs import read_input
from jebbitctl.storage.profiles import Profile, require_profile_name
from jebbitctl.times import rfc3339_or_none
from jebbitctl.urls import require_https

if TYPE_CHECKING:
    from jebbitctl.accounts import Account, Proof
    from jebbitctl.context import Context

app = single()

_WITHOUT_TERMINAL = "use --client-id ID and --client-secret-stdin"


@command(
    app,
    "login",
    cls=ApiCommand,
    example="jebbitctl login\n"
    'printf %s "$SECRET" | jebbitctl login --client-id 7hKqPz --client-secret-stdin --profile staging',
)
def login(
    ctx: typer.Context,
    *,
    client_id: Annotated[str | None, typer.Option(metavar="ID", help="Asked for when not given.")] = None,
    client_secret_stdin: Annotated[
        bool, typer.Option("--client-secret-stdin", help="Read the secret from standard input.")
    ] = False,
    environment: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(ENVIRONMENTS),
            help="Which of Jebbit's environments.",
            autocompletion=one_of(*ENVIRONMENTS),
        ),
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another API than the environment's.")
    ] = None,
    auth_url: Annotated[str | None, typer.Option(metavar="URL", help="Another token issuer.")] = None,
) -> None:
    """Prove credentials, then keep them: the secret in the keyring, the rest in a profile.

    Jebbit's representative hands out the client id and secret. What is not given here is taken from
    JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET, else asked for. --profile names the profile to keep them in,
    and a business named with --business becomes its default.
    """
    from jebbitctl.accounts import Account

    context = context_of(ctx)
    name = require_profile_name(context.settings.profile_name.value)
    before = context.profiles.get(name) or Profile()
    profile = _profile(context, name, before, environment=environment, api_url=api_url, auth_url=auth_url)
    id_, secret = _given(context, client_id, from_stdin=client_secret_stdin, before=before)
    context.accounts.require_storage()
    if id_ is None:
        answer = context.prompts.ask("Client id", instead=_WITHOUT_TERMINAL, default=before.client_id)
        id_ = clean_credential(answer, what="the client id")
    if secret is None:
        answer = context.prompts.ask("Client secret", instead=_WITHOUT_TERMINAL, hidden=True)
        secret = clean_credential(answer, what="the client secret")
    if id_ != before.client_id and context.options.business is None:
        profile = profile._replace(business=None)
    account = Account(name, profile._replace(client_id=id_), secret)
    proof = context.accounts.prove(account)
    context.accounts.keep(account, proof.token)
    _show(context, account, proof)


def _profile(
    context: Context,
    name: str,
    before: Profile,
    *,
    environment: str | None,
    api_url: str | None,
    auth_url: str | None,
) -> Profile:
    """Return the profile to store: options, then the environment, then what an earlier login stored.

    Raises:
        UsageError: one of them cannot be right.
    """
    from jebbitctl.ids import require_id

    stored = f"profile {name}"
    if environment is not None:
        require_environment(environment, what="--environment")
        before = before._replace(api_url=None, auth_url=None)
    if context.options.business is not None:
        require_id(context.options.business, what="--business")
    return before._replace(
        environment=environment or require_environment(before.environment or "production", what=stored),
        api_url=_url(
            (api_url, "--api-url"),
            (variable("JEBBIT_API_BASE_URL"), "JEBBIT_API_BASE_URL"),
            (before.api_url, stored),
        ),
        auth_url=_url(
            (auth_url, "--auth-url"),
            (variable("JEBBIT_AUTH_ISSUER"), "JEBBIT_AUTH_ISSUER"),
            (before.auth_url, stored),
        ),
        audience=variable("JEBBIT_API_AUDIENCE") or before.audience,
        business=context.options.business or before.business,
        login_id=uuid.uuid4().hex,
    )


def _url(*candidates: tuple[str | None, str]) -> str | None:
    """Return the first URL that is given, None when none is."""
    for url, source in candidates:
        if url is not None:
            return require_https(url, what=source).rstrip("/")
    return None


def _given(
    context: Context, client_id: str | None, *, from_stdin: bool, before: Profile
) -> tuple[str | None, str | None]:
    """Return the client id and the secret, each None where it is to be asked for.

    Raises:
        InputRequiredError: something is to be asked for, and there is nobody to ask.
        CredentialsError: something that is given is no credential.
    """
    id_, secret = credential_variable("JEBBIT_CLIENT_ID"), credential_variable("JEBBIT_CLIENT_SECRET")
    if client_id is not None:
        own = clean_credential(client_id, what="--client-id")
        if id_ not in {None, own}:
            secret = None  # the environment's belongs to another client
        id_ = own
    if id_ is None and not context.prompts.possible:
        id_ = before.client_id
    if from_stdin:
        secret = clean_credential(_read_stdin(), what="the client secret on standard input")
    if id_ is None:
        context.prompts.require("The client id", instead=_WITHOUT_TERMINAL)
    if secret is None:
        context.prompts.require("The client secret", instead=_WITHOUT_TERMINAL)
    return id_, secret


def _read_stdin() -> str:
    if sys.stdin is None or is_terminal(sys.stdin):
        raise InputRequiredError(
            "--client-secret-stdin reads a pipe or a file, and there is none on standard input",
            hint='leave it out to be asked, or: printf %s "$SECRET" | jebbitctl login …',
        )
    try:
        return read_input("-", what="--client-secret-stdin").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialsError("the client secret on standard input is not UTF-8 text") from None


def _show(context: Context, account: Account, proof: Proof) -> None:
    own, name = proof.business, account.name
    who = f"{own['name']} ({own['id']})" if own else f"{len(proof.businesses)} businesses"
    context.output.note(f"Logged in to {who} as profile {name}.")
    show_account(
        context,
        {
            "id": own["id"] if own else None,
            "name": own["name"] if own else None,
            "profile": name,
            "api_url": account.api_url,
            "client_id": account.profile.client_id,
            "credentials_source": f"keyring (profile {name})",
            "token_expires_at": rfc3339_or_none(proof.token.expires_at),
            "scopes": list(proof.token.scopes),
            "businesses": proof.businesses,
        },
    )
    default = context.profiles.default()
    if default != name:
        context.output.note(f"The default profile is {default}: jebbitctl profiles use {name} changes that.")
    for outranking in ("JEBBIT_ACCESS_TOKEN", "JEBBIT_CLIENT_ID"):
        if variable(outranking) is not None:
            context.output.warn(f"{outranking} is set and outranks this profile, unless --profile names it")
            break
