"""``webhooks verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl import environment as env
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.account_secrets import try_account
from jebbitctl.commands.webhooks.options import Body, SecretOptions, read_secret
from jebbitctl.commands.webhooks.sign import At
from jebbitctl.commands.webhooks.signed_delivery import read_delivery
from jebbitctl.errors import CheckFailedError, JebbitctlError
from jebbitctl.webhooks.signature import TOLERANCE, Reason, Verification, parse_header
from jebbitctl.webhooks.signature import verify as verify_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jebbitctl.commands.webhooks.account_secrets import AccountSecrets
    from jebbitctl.commands.webhooks.signed_delivery import SignedDelivery
    from jebbitctl.output.output import Output


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
    curl --trace, a HAR file or entry, a Lambda event, or a line of a recording. If it has the time when the
    request arrived, that is used instead of now.
    """
    delivery = read_delivery(secret, signature=signature, body=body, request=request, at=at)

    def check(key: str) -> Verification:
        return verify_body(key, delivery.body, delivery.signature, tolerance=tolerance, now=delivery.at)

    key = read_secret(context, secret) if not all_integrations or _has_secret(context, secret) else None
    verification = _not_verified(delivery) if key is None else check(key)
    account = None
    if verification.reason is Reason.MISMATCH or (explain and verification.reason is Reason.MALFORMED_HEADER):
        if all_integrations:
            account = try_account(context.client, check)
        elif explain and secret.integration:
            account = _try_others(context, check)
    if key is None and account:
        verification = account.require_tried().verification
    document: dict[str, Any] = {
        "ok": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        **delivery.describe(valid=verification.valid),
    }
    if account:
        document |= account.to_dict()
    if explain:
        document |= _explain(delivery, key, account, verification.reason)
    with context.output.best_effort():
        _show(context.output, document)
    if not verification:
        hint = _hint(verification.reason, delivery, account, explained=explain)
        raise CheckFailedError(f"invalid signature: {verification.reason}", hint=hint)


def _has_secret(context: Context, options: SecretOptions) -> bool:
    given = any(value not in (None, False) for value in options)
    return given or context.environment.credential(env.WEBHOOK_SECRET) is not None


def _not_verified(delivery: SignedDelivery) -> Verification:
    """Return the result as long as there is no secret to verify with."""
    if parse_header(delivery.signature) is None:
        return Verification(Reason.MALFORMED_HEADER)
    return Verification(Reason.MISMATCH)


def _try_others(context: Context, check: Callable[[str], Verification]) -> AccountSecrets | None:
    """Try the secrets of an account, of which the named integration's does not match; None if that fails."""
    try:
        return try_account(context.client, check)
    except JebbitctlError as error:
        context.output.warn(f"other integrations' secrets were not tried: {error.message}")
        return None


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


def _explain(
    delivery: SignedDelivery, key: str | None, account: AccountSecrets | None, reason: Reason
) -> dict[str, Any]:
    """Return the cause in words. Without a given secret, one of the account's takes its place."""
    secrets = account.tried if account else {}
    if key is None:
        key = (
            secrets[account.integration] if account and account.integration else next(iter(secrets.values()))
        )
    from jebbitctl.webhooks.explain import explain

    result = explain(key, delivery.body, delivery.signature, reason=reason)
    return {"cause": str(result.cause), "explanation": result.explanation, "fix": result.fix}


def _show(output: Output, document: Mapping[str, Any]) -> None:
    if output.json:
        output.document(document)
        return
    notes = [("note", note) for note in document.get("notes", ())]
    output.key_values(
        [*((name, value) for name, value in document.items() if name not in ("cause", "notes")), *notes]
    )
