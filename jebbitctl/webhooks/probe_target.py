"""An endpoint under test: signs and sends the requests of probes, no faster than the endpoint allows."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.timeouts import sleep
from jebbitctl.webhooks.endpoint_clock import clock_difference, http_date
from jebbitctl.webhooks.sender import delivery_headers
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, sign
from jebbitctl.webhooks.signing_times import time_with_plus_or_slash

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse

MAX_RATE_LIMIT_WAIT = 60.0
"""Seconds that a check waits in total because the endpoint limits requests."""
_FIRST_WAIT = 1.0
"""Seconds to wait after a 429 without Retry-After; doubled for each further one of a request."""
_MAX_AGE = 60
"""Seconds by which a signature is made older, so that it is a new one."""
_ROUNDING = 0.01
"""Part of a timeout by which clocks may differ."""


@dataclass(slots=True)
class ProbeTarget:
    """The endpoint under test.

    Attributes:
        client: sends the requests.
        secret: the shared secret that the endpoint verifies with.
        rate: the maximum number of requests per second; None: no limit.
        wait: waits some seconds before a request that was answered with 429 is sent again.
        timeouts: how many requests have timed out so far.
        clock_offset: seconds that the endpoint's clock is ahead of this one, by its first ``Date``; None
            without one.

    Raises:
        UsageError: the secret is empty, or the rate is not positive.
    """

    client: EndpointClient
    secret: str = field(repr=False)
    rate: float | None = None
    wait: Callable[[float], None] = sleep
    timeouts: int = field(default=0, init=False)
    clock_offset: float | None = field(default=None, init=False)
    _signatures: set[str] = field(default_factory=set, init=False, repr=False)
    _waited: float = field(default=0.0, init=False)
    _due: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise UsageError("the shared secret is empty")
        if self.rate is not None and not self.rate > 0:  # also rejects nan
            raise UsageError("the rate must be more than 0 per second")

    def sign(self, body: bytes, *, age: int = 0) -> str:
        """Return a correct signature of ``body``, made ``age`` seconds ago, or in the future if negative."""
        at = int(time.time()) - age
        return sign(self.secret, body, timestamp=time_with_plus_or_slash(self.secret, body, at))

    def send(
        self,
        body: bytes,
        signature: str | None,
        *,
        method: str = "POST",
        live: bool = False,
        content_type: str = "application/json",
    ) -> EndpointResponse:
        """Send ``body`` and return the response; after 429, or 503 with Retry-After, wait and send it again.

        Args:
            body: the bytes to send.
            signature: the value of the signature header; None sends no such header.
            method: the HTTP method.
            live: leave out ``x-jebbit-test``, so that the endpoint takes it for a real delivery.
            content_type: the value of ``content-type``.
        """
        headers = delivery_headers(self.secret, body, live=live) | {"content-type": content_type}
        if signature is None:
            del headers[SIGNATURE_HEADER]
        else:
            headers[SIGNATURE_HEADER] = signature
            self._signatures.add(signature)
        patience = _FIRST_WAIT
        while True:
            response = self._send(body, headers, method)
            if not _asks_to_wait(response):
                return response
            seconds = _retry_after(response, patience)
            if self._waited + seconds > MAX_RATE_LIMIT_WAIT:
                return response
            self._waited += seconds
            patience *= 2
            self.wait(seconds)

    def send_signed(self, body: bytes, *, age: int = 0) -> EndpointResponse:
        """Send ``body`` as a test delivery with a correct signature, made ``age`` seconds ago.

        The signature is no earlier one, if there is another for the last minute: an endpoint may refuse
        what it has seen.
        """
        signatures = (self.sign(body, age=age + seconds) for seconds in range(_MAX_AGE))
        signature = next((one for one in signatures if one not in self._signatures), self.sign(body, age=age))
        return self.send(body, signature)

    def _send(self, body: bytes, headers: dict[str, str], method: str) -> EndpointResponse:
        if self.rate is not None:
            sleep(self._due - time.monotonic())
            self._due = time.monotonic() + 1 / self.rate
        response = self.client.send(body, headers, method=method)
        if self.timed_out(response):
            self.timeouts += 1
        if self.clock_offset is None:
            self.clock_offset = clock_difference(response, time.time())
        return response

    def timed_out(self, response: EndpointResponse) -> bool:
        """Whether a request got no response in time."""
        return response.status is None and response.elapsed >= self.client.timeout * (1 - _ROUNDING)


def _asks_to_wait(response: EndpointResponse) -> bool:
    """Whether the endpoint limits requests. Some say so with 503 (RFC 9110, section 15.6.4)."""
    is_busy = response.status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    return is_busy or response.status == HTTPStatus.TOO_MANY_REQUESTS


def _retry_after(response: EndpointResponse, default: float) -> float:
    """Return the seconds that a response asks to wait, at least a little.

    Source: RFC 9110, section 10.2.3. A date is compared with the response's own, whatever this clock shows.
    """
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return max(float(value), _ROUNDING)
    until, now = http_date(value), http_date(response.headers.get("date"))
    return default if until is None or now is None else max(until - now, _ROUNDING)
