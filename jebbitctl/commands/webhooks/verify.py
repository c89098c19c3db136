"""``webhooks verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import Body, SecretOptions, read_body, read_secret
from jebbitctl.commands.webhooks.sign import At
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.times import unix_seconds
from jebbitctl.webhooks.signature import TOLERANCE, Reason
from jebbitctl.webhooks.signature import verify as verify_body

if TYPE_CHECKING:
    from jebbitctl.output.output import Output


@command(
    example="jebbitctl webhooks verify --secret-file webhook.secret \\\n"
    "  --body delivery.json --explain \\\n"
    "  --signature 't=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw='",
)
def verify(
    context: Context,
    *,
    signature: Annotated[
        str, typer.Option(metavar="VALUE", help="Whole value of x-jebbit-signature.", show_default=False)
    ],
    body: Body = None,
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="Maximum difference between the timestamp and now.", min=0)
    ] = TOLERANCE,
    at: At = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Look for the usual causes of a mismatch.")
    ] = False,
    secret: SecretOptions,
) -> None:
    """Verify the signature of a body. Exits 0 if it is valid, else 6."""
    now = None if at is None else unix_seconds(at, what="--at")
    content = read_body(secret, body)
    key = read_secret(context, secret)
    verification = verify_body(key, content, signature, tolerance=tolerance, now=now)
    document: dict[str, Any] = {
        "ok": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
    }
    if explain:
        document |= _explain(key, content, signature, verification.reason)
    with context.output.best_effort():
        _show(context.output, document)
    if not verification:
        hint = None if explain else "use --explain to find the cause"
        if verification.reason is Reason.STALE:
            hint = "use --at TIME to verify a past delivery"
        raise CheckFailedError(f"invalid signature: {verification.reason}", hint=hint)


def _explain(secret: str, body: bytes, signature: str, reason: Reason) -> dict[str, str]:
    from jebbitctl.webhooks.explain import explain

    result = explain(secret, body, signature, reason=reason)
    return {"cause": str(result.cause), "explanation": result.explanation, "fix": result.fix}


def _show(output: Output, document: dict[str, Any]) -> None:
    if output.json:
        output.document(document)
    else:
        output.key_values((name, value) for name, value in document.items() if name != "cause")
