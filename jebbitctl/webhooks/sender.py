"""Sends signed deliveries, one or a series."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.timeouts import sleep
from jebbitctl.webhooks.endpoint import RESPONSE_TIMEOUT, EndpointClient, require_endpoint
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.endpoint import EndpointResponse

SAMPLE_BODY = (
    b'{"data":{"email":"test@example.com","test_attribute":"attribute_value",'
    b'"test_sata_attribute":["option 1","option 4"],"opt_in":"true","outcome":"example_outcome"},'
    b'"event":{"event_number":0}}'
)
"""Source: Jebbit's article "Integrations API - Overview"."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Statistics of a series.

    Times are in seconds, over the deliveries that got a response. They are None if there are none.

    Attributes:
        count: deliveries sent.
        accepted: deliveries that got a 2xx response.
        minimum: the shortest response time.
        median: the median of the response times.
        p99: 99 % of the response times are at most this long.
    """

    count: int
    accepted: int
    minimum: float | None
    median: float | None
    p99: float | None


def delivery_headers(secret: str, body: bytes, *, live: bool) -> dict[str, str]:
    """Return the headers of a delivery, as Jebbit sends them; with ``x-jebbit-test`` unless ``live``.

    Raises:
        ValueError: the secret is empty.
    """
    from jebbitctl.util.http_session import USER_AGENT

    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        SIGNATURE_HEADER: sign(secret, body),
    }
    return headers if live else {**headers, TEST_HEADER: "true"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs deliveries and sends them to one URL.

    Attributes:
        url: any http or https URL.
        secret: the integration's shared secret; never sent itself.
        body: the bytes to deliver.
        live: leave out ``x-jebbit-test``, so that the endpoint treats the delivery as real.
        timeout: seconds for each request.
        certificates: what the endpoint is verified against.

    Raises:
        UsageError: the URL is not valid, or the secret is empty.
    """

    url: str
    secret: str = field(repr=False)
    body: bytes = field(default=SAMPLE_BODY, repr=False)
    live: bool = False
    timeout: float = RESPONSE_TIMEOUT
    certificates: TrustedCertificates = SYSTEM_CERTIFICATES

    def __post_init__(self) -> None:
        require_endpoint(self.url)
        if not self.secret:
            raise UsageError("the shared secret is empty")

    def send(self) -> EndpointResponse:
        """Send one delivery and return the response."""
        (response,) = self.series(1)
        return response

    def series(self, count: int, *, rate: float | None = None) -> Iterator[EndpointResponse]:
        """Send deliveries one after the other, each with a new signature; yield each response as it arrives.

        Args:
            count: the number of deliveries.
            rate: the maximum per second, never exceeded to catch up after a slow response; None: no limit.
        """
        with EndpointClient(self.url, self.timeout, self.certificates) as client:
            for _ in paced(count, rate):
                yield client.send(self.body, delivery_headers(self.secret, self.body, live=self.live))


def paced(count: int, rate: float | None) -> Iterator[int]:
    """Count from 0 to ``count - 1``, at most ``rate`` numbers per second.

    Raises:
        UsageError: the rate is not positive.
    """
    if rate is not None and not rate > 0:  # also rejects nan
        raise UsageError("the rate must be more than 0 per second")
    due = 0.0
    for number in range(count):
        now = time.monotonic()
        sleep(due - now)
        if rate is not None:
            due = max(due, now) + 1 / rate
        yield number


def summarize(responses: Iterable[EndpointResponse]) -> Summary:
    """Return statistics; p99 is a measured time (nearest rank), not an interpolation."""
    everything = list(responses)
    times = sorted(response.elapsed for response in everything if response.status is not None)
    return Summary(
        count=len(everything),
        accepted=sum(response.accepted for response in everything),
        minimum=times[0] if times else None,
        median=statistics.median(times) if times else None,
        p99=times[ceil(len(times) * 0.99) - 1] if times else None,
    )
