"""``token``: an access token, for whatever else speaks to Jebbit."""

from __future__ import annotations

import typer

from jebbitctl.commands.common import command, single
from jebbitctl.context import context_of
from jebbitctl.times import rfc3339_or_none

app = single()


@command(
    app,
    "token",
    example='curl -H "Authorization: Bearer $(jebbitctl token)" https://api2.jebbit.com/api/v1/self',
)
def token(ctx: typer.Context) -> None:
    """Print a valid access token: the cached one while it lasts, else a new one."""
    context = context_of(ctx)
    current = context.tokens.current()
    context.output.value(
        current.access_token,
        {
            "access_token": current.access_token,
            "token_type": "Bearer",
            "expires_at": rfc3339_or_none(current.expires_at),
            "scopes": list(current.scopes),
        },
    )
