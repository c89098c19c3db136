"""``whoami``: whose account this is, and which settings won."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from jebbitctl.commands.common import command, single
from jebbitctl.context import context_of
from jebbitctl.times import rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.context import Context

app = single()


@command(app, "whoami", example="jebbitctl whoami --json")
def whoami(ctx: typer.Context) -> None:
    """Show whose account this is, and which settings won.

    Works without --business where a credential covers several businesses, and lists them.
    """
    context = context_of(ctx)
    show_account(context, account(context))


def account(context: Context) -> dict[str, Any]:
    """Ask Jebbit whose account this is; the keys of the result are a contract."""
    from jebbitctl.api.businesses import identify

    token = context.tokens.current()
    own, businesses = identify(context.client, token.businesses)
    settings, credentials = context.settings, context.credentials
    return {
        "id": own["id"] if own else None,
        "name": own["name"] if own else None,
        "profile": settings.profile_name.value if settings.profile.client_id else None,
        "api_url": settings.api_url.value,
        "client_id": credentials.client_id if credentials else None,
        "credentials_source": credentials.source if credentials else "JEBBIT_ACCESS_TOKEN",
        "token_expires_at": rfc3339_or_none(token.expires_at),
        "scopes": list(token.scopes),
        "businesses": businesses,
    }


def show_account(context: Context, document: dict[str, Any]) -> None:
    """Print what :func:`account` found."""
    if context.output.json:
        context.output.document(document)
        return
    named = [f"{business['id']} {business['name'] or ''}".strip() for business in document["businesses"]]
    scopes = " ".join(document["scopes"])
    context.output.pairs({**document, "scopes": scopes, "businesses": ", ".join(named)}.items())
    if document["id"] is None:
        context.output.note("This credential covers several businesses: name one with --business ID.")
