"""Signed sample deliveries, one or a series."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.exchange import TIMEOUT, EndpointClient, require_endpoint, user_agent
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.webhooks.exchange import EndpointResponse

SAMPLE_BODY = (
    b'{"data":{"email":"test@example.com","test_attribute":"attribute_value",'
    b'"test_sata_attribute":["option 1","option 4"],"opt_in":"true","outcome":"example_outcome"},'
    b'"event":{"event_number":0}}'
)
"""Source: Jebbit's article "Integrations API - Overview"."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A series in figures; times in seconds, over the deliveries that were answered, None without any.

    Attributes:
        count: deliveries sent.
        accepted: those answered 2xx.
        minimum: the fastest answer.
        median: half were at least this fast.
        p99: 99 of 100 were at least this fast.
    """

    count: int
    accepted: int
    minimum: float | None
    median: float | None
    p99: float | None


def delivery_headers(secret: str, body: bytes, *, live: bool, timestamp: int | None = None) -> dict[str, str]:
    """Return the headers that Jebbit gives a delivery; ``x-jebbit-test`` among them unless ``live``.

    Raises:
        ValueError: the secret is empty.
    """
    headers = {
        "content-type": "application/json",
        "user-agent": user_agent(),
        SIGNATURE_HEADER: sign(secret, body, timestamp=timestamp),
    }
    return headers if live else {**headers, TEST_HEADER: "true"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Makes signed deliveries and sends them to one URL.

    Attributes:
        url: any http or https URL; the secret itself is never sent.
        secret: the integration's shared secret.
        body: the bytes to deliver.
        live: leave out ``x-jebbit-test``, so that the endpoint takes the delivery for real.
        timeout: seconds for each request.

    Raises:
        UsageError: the URL cannot be sent to, or the secret is empty.
    """

    url: str
    secret: str = field(repr=False)
    body: bytes = field(default=SAMPLE_BODY, repr=False)
    live: bool = False
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        require_endpoint(self.url)
        if not self.secret:
            raise UsageError("the shared secret is empty")

    def send(self) -> EndpointResponse:
        """Send one delivery and return what came of it."""
        (answer,) = self.series(1)
        return answer

    def series(self, count: int, *, rate: float | None = None) -> Iterator[EndpointResponse]:
        """Send deliveries one after the other, each signed afresh, and yield each answer as it comes.

        Args:
            count: how many.
            rate: at most so many per second, never more to catch up after a slow answer; None for no bound.
        """
        with EndpointClient(self.url, self.timeout) as client:
            for _ in paced(count, rate):
                yield client.send(self.body, delivery_headers(self.secret, self.body, live=self.live))


def paced(count: int, rate: float | None) -> Iterator[int]:
    """Count from 0 to ``count - 1``, at most ``rate`` numbers per second.

    Raises:
        UsageError: the rate is not positive.
    """
    if rate is not None and not rate > 0:  # nan is neither
        raise UsageError("the rate must be more than 0 per second")
    due = 0.0
    for number in range(count):
        now = time.monotonic()
        time.sleep(max(0.0, due - now))
        if rate is not None:
            due = max(due, now) + 1 / rate
        yield number


def summarize(answers: Iterable[EndpointResponse]) -> Summary:
    """Return a series in figures; p99 is a time that was measured (nearest rank), not an interpolation."""
    everything = list(answers)
    times = sorted(answer.elapsed for answer in everything if answer.status is not None)
    return Summary(
        count=len(everything),
        accepted=sum(answer.accepted for answer in everything),
        minimum=times[0] if times else None,
        median=statistics.median(times) if times else None,
        p99=times[ceil(len(times) * 0.99) - 1] if times else None,
    )
