"""The deliveries that a diagnosis causes, so that those that it sends itself are not taken for Jebbit's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks.endpoint import MAX_KEPT_BYTES, EndpointClient
from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.diagnose.receipts import Receipts
    from jebbitctl.errors import JebbitctlError
    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.endpoint import EndpointResponse

REQUEST_TIMEOUT = 5.0
"""Seconds for one delivery."""


class SentTest(NamedTuple):
    """A test delivery that Jebbit says it has sent.

    Attributes:
        time: when it was asked for, in unix seconds.
        position: how many receipts there were before.
    """

    time: float
    position: int


@dataclass(slots=True)
class OwnDeliveries:
    """What a diagnosis sends, or makes Jebbit send, for one integration.

    Attributes:
        test: Jebbit's test delivery; None if none was asked for, or Jebbit does not say that it sent it.
        secret: the integration's; the error if Jebbit does not say it, None if it was not asked.
    """

    test: SentTest | None = None
    secret: str | JebbitctlError | None = field(default=None, repr=False)


class RememberingClient(EndpointClient):
    """Sends deliveries that a file of receipts must not take for Jebbit's.

    Args:
        url: of the endpoint.
        certificates: what it is verified against.
        receipts: remembers what is sent; None if there is no file.
    """

    def __init__(self, url: str, certificates: TrustedCertificates, receipts: Receipts | None) -> None:
        super().__init__(url, REQUEST_TIMEOUT, certificates)
        self._receipts = receipts

    def send(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        url: str | None = None,
        max_kept_bytes: int = MAX_KEPT_BYTES,
    ) -> EndpointResponse:
        if self._receipts and SIGNATURE_HEADER in headers:
            self._receipts.expect_own(headers[SIGNATURE_HEADER])
        return super().send(body, headers, method=method, url=url, max_kept_bytes=max_kept_bytes)
