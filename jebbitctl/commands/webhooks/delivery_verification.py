"""Decides whether a delivery is valid, with the given secret or with those of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl import environment as env
from jebbitctl.commands.webhooks.account_secrets import MATCHES, AccountSecrets, try_account
from jebbitctl.commands.webhooks.options import read_secret
from jebbitctl.errors import JebbitctlError
from jebbitctl.webhooks.signature import Reason, Verification, parse_header, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.commands.webhooks.options import SecretOptions
    from jebbitctl.commands.webhooks.signed_delivery import SignedDelivery
    from jebbitctl.context import Context


class DeliveryVerification(NamedTuple):
    """The result of a verification.

    Attributes:
        verification: with the given secret, or with the one of the account that matches.
        secret: the given secret, None if there is none.
        account: what the account's secrets say, None if nobody asks for that.
    """

    verification: Verification
    secret: str | None
    account: AccountSecrets | None


def verify_delivery(
    context: Context,
    delivery: SignedDelivery,
    options: SecretOptions,
    *,
    tolerance: int,
    explain: bool,
    all_integrations: bool,
) -> DeliveryVerification:
    """Verify a delivery. Jebbit is asked for the account's secrets only if they may help.

    Raises:
        UsageError, CredentialsError: the secret cannot be read.
        JebbitctlError: the account's secrets are needed, and Jebbit does not answer or shows none.
    """

    def check(key: str) -> Verification:
        return verify(key, delivery.body, delivery.signature, tolerance=tolerance, now=delivery.at)

    secret = None if all_integrations and not _has_source(context, options) else read_secret(context, options)
    verification = _before_any_secret(delivery) if secret is None else check(secret)
    unclear = {Reason.MISMATCH, Reason.MALFORMED_HEADER} if explain else {Reason.MISMATCH}
    account = None
    if verification.reason not in unclear:
        if all_integrations:
            account = AccountSecrets(options.integration if verification.reason in MATCHES else None)
    elif all_integrations:
        account = try_account(context.client, check)
    elif explain and options.integration:
        account = _try_account_if_possible(context, check)
    if secret is None and account and verification.reason in unclear:
        verification = account.require_tried().verification
    return DeliveryVerification(verification, secret, account)


def _has_source(context: Context, options: SecretOptions) -> bool:
    given = any(value not in (None, False) for value in options)
    return given or context.environment.credential(env.WEBHOOK_SECRET) is not None


def _before_any_secret(delivery: SignedDelivery) -> Verification:
    """Return what is known without a secret: that none matches a malformed header."""
    malformed = parse_header(delivery.signature) is None
    return Verification(Reason.MALFORMED_HEADER if malformed else Reason.MISMATCH)


def _try_account_if_possible(context: Context, check: Callable[[str], Verification]) -> AccountSecrets | None:
    """Try the account's secrets to explain a failure, which stands even if Jebbit does not answer."""
    try:
        return try_account(context.client, check)
    except JebbitctlError as error:
        context.output.warn(f"other integrations' secrets were not tried: {error.message}")
        return None
