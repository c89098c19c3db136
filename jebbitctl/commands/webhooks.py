"""``webhooks``: the receiving side. Here sign and verify; the others have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands import webhook_checking, webhook_listening, webhook_sending
from jebbitctl.commands.common import command, group
from jebbitctl.commands.webhook_options import SecretCommand, body_of, secret_of
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError
from jebbitctl.times import unix_seconds
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TOLERANCE, Reason, sign, verify

if TYPE_CHECKING:
    from jebbitctl.output import Output
    from jebbitctl.webhooks.explain import Explanation
    from jebbitctl.webhooks.signature import Verification

app = group("Sign, verify, send, check, receive and replay deliveries.")

Body = Annotated[
    str | None,
    typer.Option("--body", metavar="FILE|-", help="The body's exact bytes; standard input if not given."),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="Another time than now: unix seconds, or 2026-01-31T12:00:00Z."
    ),
]


@command(
    app,
    "sign",
    cls=SecretCommand,
    example="jebbitctl webhooks sign --secret-file webhook.secret --body delivery.json",
)
def sign_(ctx: typer.Context, *, body: Body = None, at: At = None) -> None:
    """Print the x-jebbit-signature of these exact bytes."""
    context = context_of(ctx)
    timestamp = None if at is None else unix_seconds(at, what="--at")
    content = body_of(ctx, body)
    value = sign(secret_of(ctx, context), content, timestamp=timestamp)
    context.output.value(value, {"header": SIGNATURE_HEADER, "value": value})


@command(
    app,
    "verify",
    cls=SecretCommand,
    example="jebbitctl webhooks verify --secret-file webhook.secret --body delivery.json --explain \\\n"
    "  --signature 't=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw='",
)
def verify_(
    ctx: typer.Context,
    *,
    signature: Annotated[
        str,
        typer.Option(metavar="VALUE", help="The whole value of x-jebbit-signature.", show_default=False),
    ],
    body: Body = None,
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="How far the timestamp may be from now.", min=0)
    ] = TOLERANCE,
    at: At = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Look for the usual culprits of a mismatch.")
    ] = False,
) -> None:
    """Check a signature: exit 0 when it is good, 6 when it is not."""
    context = context_of(ctx)
    now = None if at is None else unix_seconds(at, what="--at")
    content = body_of(ctx, body)
    secret = secret_of(ctx, context)
    verification = verify(secret, content, signature, tolerance=tolerance, now=now)
    explanation = _explained(secret, content, signature, verification) if explain else None
    with context.output.telling():
        _show(context.output, _document(verification, explanation))
    if not verification:
        hint = None if explain else "add --explain to find out why"
        if verification.reason is Reason.STALE:
            hint = "--at TIME verifies a delivery of the past as of then"
        raise CheckFailedError(f"the signature is refused: {verification.reason}", hint=hint)


def _explained(secret: str, body: bytes, signature: str, verification: Verification) -> Explanation:
    from jebbitctl.webhooks.explain import explain

    return explain(secret, body, signature, reason=verification.reason)


def _show(output: Output, document: dict[str, Any]) -> None:
    if output.json:
        output.document(document)
    else:
        found = document.pop("explanation", {})
        output.pairs({**document, **{k: found[k] for k in ("sentence", "advice") if k in found}}.items())


def _document(verification: Verification, explanation: Explanation | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "ok": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
    }
    if explanation is not None:
        document["explanation"] = {
            "culprit": str(explanation.culprit),
            "sentence": explanation.sentence,
            "advice": explanation.advice,
        }
    return document


webhook_sending.register(app)
webhook_checking.register(app)
webhook_listening.register(app)
