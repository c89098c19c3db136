"""``whoami``: show the account and the settings in use."""

from __future__ import annotations

from typing import Any

from jebbitctl.commands.base import Context, command, single
from jebbitctl.util.times import rfc3339_or_none


@command(example="jebbitctl whoami --json")
def whoami(context: Context) -> None:
    """Show the account and the settings in use.

    Lists the businesses if the credentials cover several; --business is not required.
    """
    show_account(context, describe_account(context))


def describe_account(context: Context) -> dict[str, Any]:
    """Return the account and the settings in use. Scripts rely on the keys."""
    from jebbitctl.api.businesses import identify

    token = context.tokens.get()
    business, businesses = identify(context.client, token.businesses)
    settings, credentials = context.settings, context.credentials
    return {
        "id": business["id"] if business else None,
        "name": business["name"] if business else None,
        "profile": settings.profile_name.value if settings.profile.client_id else None,
        "api_url": settings.api_url.value,
        "client_id": credentials.client_id if credentials else None,
        "credentials_source": credentials.source if credentials else "JEBBIT_ACCESS_TOKEN",
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
        context.output.note("These credentials cover several businesses. Choose one with --business ID.")


app = single(whoami)
