"""Finds the integration of an account whose shared secret matches a signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import RejectedError
from jebbitctl.util.text import plural
from jebbitctl.webhooks.signature import Reason, Verification

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from jebbitctl.api.client import Client

MATCHES = frozenset({Reason.OK, Reason.STALE, Reason.FUTURE})
"""The results of the right secret."""
_MISMATCH = Verification(Reason.MISMATCH)


@dataclass(slots=True)
class AccountSecrets:
    """What the secrets of an account say about a signature.

    Attributes:
        integration: the integration whose secret matches, None if there is none.
        verification: with its secret.
        tried: the secrets that were tried, by integration.
        not_shown: how many integrations do not show their secret, of those that were asked.
    """

    integration: str | None = None
    verification: Verification = _MISMATCH
    tried: dict[str, str] = field(default_factory=dict, repr=False)
    not_shown: int = 0

    @property
    def hint(self) -> str | None:
        """What to do about a signature that the given secret does not match, None if nothing is known."""
        if self.integration:
            return (
                f"the secret of integration {self.integration} matches; use --integration {self.integration}"
            )
        if self.not_shown:
            verb = "does" if self.not_shown == 1 else "do"
            return (
                f"{plural(self.not_shown, 'integration')} {verb} not show the shared secret;"
                " use --secret-file if you have it"
            )
        return None

    def require_tried(self) -> Self:
        """Return this if there was a secret to try.

        Raises:
            RejectedError: there was none, so that nothing is known about the signature.
        """
        if not self.tried:
            raise RejectedError(
                f"Jebbit shows no shared secret of {plural(self.not_shown, 'integration')}",
                hint="use --secret-file if you have the secret",
            )
        return self

    def likely(self) -> dict[str, str]:
        """Return the integration whose secret matches, with its secret, or all that were tried."""
        if self.integration in self.tried:
            return {self.integration: self.tried[self.integration]}
        return self.tried

    def to_dict(self) -> dict[str, Any]:
        return {
            "integration": self.integration,
            "secrets_tried": len(self.tried),
            "secrets_not_shown": self.not_shown,
        }


def try_account(client: Client, check: Callable[[str], Verification]) -> AccountSecrets:
    """Verify a signature with the secrets of an account, until one matches.

    Args:
        client: of the account.
        check: verifies the signature with a secret.
    """
    from jebbitctl.api.integrations import shared_secrets

    account = AccountSecrets()
    for id_, secret in shared_secrets(client):
        if secret is None:
            account.not_shown += 1
            continue
        account.tried[id_] = secret
        account.verification = check(secret)
        if account.verification.reason in MATCHES:
            account.integration = id_
            break
    return account
