"""``token``: print an access token for other tools that talk to Jebbit."""

from __future__ import annotations

from jebbitctl.commands.base import Context, command, single
from jebbitctl.util.times import rfc3339_or_none


@command(
    example='curl -H "Authorization: Bearer $(jebbitctl token)" \\\n  https://api2.jebbit.com/api/v1/self',
)
def token(context: Context) -> None:
    """Print a valid access token.

    Prints the cached token, or requests a new one if it has expired or soon will.
    """
    current = context.tokens.get()
    context.output.scalar(
        current.access_token,
        {
            "access_token": current.access_token,
            "token_type": "Bearer",
            "expires_at": rfc3339_or_none(current.expires_at),
            "scopes": list(current.scopes),
        },
    )


app = single(token)
