"""Webhooks. They are really sent, but only to endpoints on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from jebbitctl.errors import JebbitctlError
from jebbitctl.sandbox import assumptions
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.urls import is_loopback, shown_url, url_host
from jebbitctl.webhooks.endpoint import EndpointClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.assumptions import Kind
    from jebbitctl.util.certificates import TrustedCertificates

Outcome: TypeAlias = Literal["delivered", "refused", "unanswered", "not_sent", "lost"]
"""2xx, another status, no response, not sent at all, or not sent because a fault loses it."""
FaultName: TypeAlias = Literal["slow", "lost", "duplicate", "reorder", "burst"]
"""What happens to deliveries on purpose, see :mod:`jebbitctl.sandbox.storms`."""
STOPPED = "the sandbox was stopped"
"""Why the last deliveries are not sent."""


@dataclass(frozen=True, slots=True)
class OutgoingDelivery:
    """A webhook to send.

    Attributes:
        kind: why it is sent.
        business: the id of the business.
        integration: the id of the integration.
        campaign: the id of the campaign; None for a test.
        endpoint: the URL to send it to; None for an integration of another service.
        secret: the shared secret that signs it.
        body: the bytes to send.
        number: of the visit.
        fault: what happens to it; None if nothing does.
        url: to send it to instead of an endpoint on this machine; None for the endpoint itself.
        headers: those of an earlier request with it; None to sign it when it is sent.
    """

    kind: Kind
    business: str
    integration: str
    campaign: str | None
    endpoint: str | None
    secret: str = field(repr=False)
    body: bytes = field(repr=False)
    number: int = 0
    fault: FaultName | None = None
    url: str | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)

    def signed(self) -> Self:
        """Return this delivery, signed now: each time it is sent, the request is the same."""
        try:
            return replace(self, headers=assumptions.headers(self.secret, self.body, self.kind))
        except (JebbitctlError, ValueError):
            return self  # to be told when it is sent

    def send(self, certificates: TrustedCertificates = SYSTEM_CERTIFICATES) -> DeliveryResult:
        """Send it if the endpoint is on loopback, or :attr:`url` says where to.

        Args:
            certificates: what an https endpoint is verified against.
        """
        url = self.url or self.endpoint
        if not url:
            return self.not_sent("the integration has no endpoint")
        if self.fault == "lost":
            return self._result("lost", error="lost, as --faults asks for")
        if not self.url and not is_loopback(url_host(url)):
            return self.not_sent(
                "the sandbox only delivers to this machine, unless --deliver-to names a host"
            )
        try:
            headers = self.headers or assumptions.headers(self.secret, self.body, self.kind)
            with EndpointClient(url, assumptions.time_limit(), certificates) as client:
                response = client.send(self.body, headers)
        except (JebbitctlError, ValueError) as error:  # such as a URL that is none, or an empty secret
            return self.not_sent(error.message if isinstance(error, JebbitctlError) else str(error))
        outcome: Outcome = (
            "delivered" if response.accepted else "unanswered" if response.status is None else "refused"
        )
        elapsed = round(response.elapsed * 1000, 1)
        return self._result(outcome, status=response.status, error=response.error, milliseconds=elapsed)

    def not_sent(self, reason: str) -> DeliveryResult:
        """Return the result of a delivery that is not sent."""
        return self._result("not_sent", error=reason)

    def _result(
        self,
        outcome: Outcome,
        *,
        status: int | None = None,
        error: str | None = None,
        milliseconds: float | None = None,
    ) -> DeliveryResult:
        return DeliveryResult(
            self.kind,
            self.business,
            self.integration,
            self.campaign,
            shown_url(self.endpoint or ""),
            outcome,
            status,
            error,
            milliseconds,
            time.time(),
            self.fault,
        )


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of a delivery.

    Attributes:
        kind: why it was sent.
        business: the id of the business.
        integration: the id of the integration.
        campaign: the id of the campaign; None for a test.
        endpoint: where it was to be sent, as it may be shown.
        outcome: in one word.
        status: the HTTP status of the endpoint's response; None without a response.
        error: why there is no response, or why it was not sent; None when there is a response.
        milliseconds: to the response or the failure; None for one that was not sent.
        time: when this was known, in unix seconds.
        fault: what happened to it on purpose; of a duplicate, only the second request has it.
    """

    kind: Kind
    business: str
    integration: str
    campaign: str | None
    endpoint: str
    outcome: Outcome
    status: int | None
    error: str | None
    milliseconds: float | None
    time: float
    fault: FaultName | None = None

    @property
    def words(self) -> str:
        """The outcome for readers, such as ``returned 403``."""
        if self.outcome == "not_sent":
            return f"not sent: {self.error}"
        return self.error or f"returned {self.status}"
