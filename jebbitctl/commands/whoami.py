"""``whoami``: show the account and the settings in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl import environment as env
from jebbitctl.commands.base import Context, command, single
from jebbitctl.errors import UsageError
from jebbitctl.util.times import rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.api.access_token import AccessToken


@command(example="jebbitctl whoami --json")
def whoami(context: Context) -> None:
    """Show the account and the settings in use.

    Lists the businesses if the credentials cover several; --business is not required. Exits 2 if the business
    in use is not one of them; so does every other command.
    """
    from jebbitctl.api.coverage import require_named

    account = describe_account(context)
    show_account(context, account)
    if named := context.settings.business:
        covered = [str(business["id"]) for business in account["businesses"]]
        require_named(context.business, account["id"], covered, source=named.source)


def describe_account(context: Context) -> dict[str, Any]:
    """Return the account and the settings in use, even if the account has no such business."""
    from jebbitctl.api.businesses import identify

    try:
        client = context.client
    except UsageError:
        client = context.unbound_client
    token = client.token()
    business, businesses = identify(client, token.businesses)
    settings, credentials = context.settings, context.credentials
    return account_document(
        business,
        businesses,
        token,
        profile=settings.profile_name.value if settings.profile.client_id else None,
        api_url=settings.api_url.value,
        client_id=credentials.client_id if credentials else None,
        source=credentials.source if credentials else env.ACCESS_TOKEN,
    )


def identify_in_use(context: Context) -> dict[str, Any]:
    """Return ``{"id", "name"}`` of the business that the settings name.

    Raises:
        UsageError: the credentials do not cover it.
    """
    from jebbitctl.api.businesses import get_self
    from jebbitctl.api.coverage import require_named

    business = get_self(context.client)
    require_named(context.business, str(business["id"]), [str(business["id"])])
    return business


def account_document(
    business: dict[str, Any] | None,
    businesses: list[dict[str, Any]],
    token: AccessToken,
    *,
    profile: str | None,
    api_url: str | None,
    client_id: str | None,
    source: str,
) -> dict[str, Any]:
    """Return an account as JSON. Scripts rely on the keys.

    Args:
        business: the business in use, None if there are several.
        businesses: all that the credentials cover.
        token: of the account.
        profile: its name, None without one.
        api_url: of the service.
        client_id: None if only a token is given.
        source: where the credentials come from.
    """
    return {
        "id": business["id"] if business else None,
        "name": business["name"] if business else None,
        "profile": profile,
        "api_url": api_url,
        "client_id": client_id,
        "credentials_source": source,
        "token_expires_at": rfc3339_or_none(token.expires_at),
        "scopes": list(token.scopes),
        "businesses": businesses,
    }


def show_account(context: Context, account: dict[str, Any]) -> None:
    """Print what :func:`describe_account` returns."""
    if context.output.json:
        context.output.document(account)
        return
    names = [f"{business['id']} {business['name'] or ''}".strip() for business in account["businesses"]]
    flat = {**account, "scopes": " ".join(account["scopes"]), "businesses": ", ".join(names)}
    context.output.key_values(flat.items())
    if account["id"] is None:
        context.output.note(
            "These credentials cover several businesses. Choose one with --business ID|NAME; "
            "a profile keeps it: jebbitctl profiles set NAME --business ID|NAME"
        )


app = single(whoami)
