"""``webhooks sign``."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import Body, SecretOptions, read_body, read_secret
from jebbitctl.util.times import unix_seconds
from jebbitctl.webhooks.signature import SIGNATURE_HEADER
from jebbitctl.webhooks.signature import sign as sign_body

At = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Time to use instead of now: unix seconds or 2026-01-31T12:00:00Z."),
]


@command(example="jebbitctl webhooks sign --secret-file webhook.secret --body delivery.json")
def sign(context: Context, *, body: Body = None, at: At = None, secret: SecretOptions) -> None:
    """Print the x-jebbit-signature header value for a body."""
    timestamp = None if at is None else unix_seconds(at, what="--at")
    content = read_body(secret, body)
    value = sign_body(read_secret(context, secret), content, timestamp=timestamp)
    context.output.scalar(value, {"header": SIGNATURE_HEADER, "value": value})
