"""``webhooks verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.account_secrets import AccountSecrets
from jebbitctl.commands.webhooks.delivery_verification import verify_delivery
from jebbitctl.commands.webhooks.options import Body, SecretOptions
from jebbitctl.commands.webhooks.sign import At
from jebbitctl.commands.webhooks.signed_delivery import read_delivery
from jebbitctl.errors import CheckFailedError
from jebbitctl.webhooks.signature import TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.commands.webhooks.delivery_verification import DeliveryVerification
    from jebbitctl.commands.webhooks.signed_delivery import SignedDelivery
    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.explain import Explanation

_ONLY_IN_JSON = {"cause", "causes", "proven", "notes"}


@command(
    example="jebbitctl webhooks verify --integration L5m24mjs --request request.txt\n"
    "jebbitctl webhooks verify --secret-file webhook.secret \\\n"
    "  --body delivery.json --explain \\\n"
    "  --signature 't=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw='",
)
def verify(
    context: Context,
    *,
    request: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Captured request with its headers and body.")
    ] = None,
    signature: Annotated[
        str | None, typer.Option(metavar="VALUE", help="Whole value of x-jebbit-signature.")
    ] = None,
    body: Body = None,
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="Maximum difference between the timestamp and now.", min=0)
    ] = TOLERANCE,
    at: At = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Look for the usual causes of a mismatch.")
    ] = False,
    all_integrations: Annotated[
        bool,
        typer.Option(
            "--all-integrations",
            help="Try the secret of every integration if none is given, or if the given one does not match.",
        ),
    ] = False,
    secret: SecretOptions,
) -> None:
    """Verify the signature of a delivery. Exits 0 if it is valid, else 6.

    The delivery is a captured request, or a --signature with a --body. A capture is raw HTTP, the output of
    curl --trace, a HAR file or entry, a Lambda event, or a line of a recording. If it contains the time of
    arrival, that time is used instead of now.
    """
    delivery = read_delivery(secret, signature=signature, body=body, request=request, at=at)
    verified = verify_delivery(
        context, delivery, secret, tolerance=tolerance, explain=explain, all_integrations=all_integrations
    )
    verification, _, account = verified
    document: dict[str, Any] = {
        "ok": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        **delivery.describe(valid=verification.valid),
        **(account.to_dict() if account else {}),
        **(_explain(delivery, verified, tolerance) if explain else {}),
    }
    with context.output.best_effort():
        _show(context.output, document)
    if not verification:
        hint = _hint(verification.reason, delivery, account, explained=explain)
        raise CheckFailedError(f"invalid signature: {verification.reason}", hint=hint)


def _hint(
    reason: Reason, delivery: SignedDelivery, account: AccountSecrets | None, *, explained: bool
) -> str | None:
    if reason is Reason.STALE:
        if delivery.at_source == "capture":
            return "it was as old when it was captured; use --at TIME to verify it at another time"
        return "use --at TIME to verify a past delivery"
    if account and (hint := account.hint):
        return hint
    return None if explained else "use --explain to find the cause"


def _explain(delivery: SignedDelivery, verified: DeliveryVerification, tolerance: int) -> dict[str, Any]:
    """Return the cause in words. Without a given secret, the account's are tried until one explains it."""
    from jebbitctl.webhooks.explain import Cause, explain

    def try_secret(secret: str, others: Mapping[str, str]) -> Explanation:
        return explain(
            secret,
            delivery.body,
            delivery.signature,
            reason=verified.verification.reason,
            others=others,
            now=delivery.at,
            tolerance=tolerance,
        )

    account = verified.account or AccountSecrets()
    found: dict[str, Any] = {}
    if verified.secret is not None:
        result = try_secret(verified.secret, account.tried)
    for integration, secret in account.likely().items() if verified.secret is None else ():
        result = try_secret(secret, {})
        if result.proven and result.causes != (Cause.MALFORMED_HEADER,):
            found["integration"] = integration
            break
    return found | {
        "cause": str(result.cause),
        "causes": [str(cause) for cause in result.causes],
        "proven": result.proven,
        "explanation": result.explanation,
        "fix": result.fix,
    }


def _show(output: Output, document: Mapping[str, Any]) -> None:
    if output.json:
        output.document(document)
        return
    notes = [("note", note) for note in document.get("notes", ())]
    output.key_values(
        [*((name, value) for name, value in document.items() if name not in _ONLY_IN_JSON), *notes]
    )
