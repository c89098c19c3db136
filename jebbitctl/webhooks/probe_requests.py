"""What a probe is: requests, and what a correct endpoint does with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from jebbitctl.webhooks.sender import SAMPLE_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.probe_target import ProbeTarget

JSON = "application/json"


class ProbeKind(Enum):
    """What a correct endpoint does with the requests of a probe."""

    ACCEPT = "accepts"
    REFUSE = "refuses"
    ADVICE = "should refuse"
    STEADY = "accepts every time"
    """Judged by all the valid deliveries of a check."""


def signed(target: ProbeTarget, body: bytes) -> str:
    """Return a correct signature, made now."""
    return target.sign(body)


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One request of a probe.

    Attributes:
        body: the bytes to send.
        signature: makes the signature header when the request is sent; None as its result: no such header.
        method: the HTTP method.
        live: without ``x-jebbit-test``.
        content_type: the value of ``content-type``.
        times: how often it is sent, with the same signature.
    """

    body: bytes
    signature: Callable[[ProbeTarget, bytes], str | None] = signed
    method: str = "POST"
    live: bool = False
    content_type: str = JSON
    times: int = 1

    def send(self, target: ProbeTarget) -> Iterator[EndpointResponse]:
        """Send the request and yield each response."""
        signature = self.signature(target, self.body)
        for _ in range(self.times):
            yield target.send(
                self.body, signature, method=self.method, live=self.live, content_type=self.content_type
            )

    def control(self) -> ProbeRequest:
        """Return the same request as a valid test delivery."""
        return ProbeRequest(self.body or SAMPLE_BODY, content_type=self.content_type)


@dataclass(frozen=True, slots=True)
class Probe:
    """One property of a correct receiver, and how to test it.

    Attributes:
        name: short and stable, such as ``tampered-body``.
        kind: what a correct endpoint does with each request.
        expectation: the same in words.
        consequence: what happens in production if the endpoint does the opposite.
        requests: what is sent.
        same_content: bodies with the same content in its usual forms. An endpoint that refuses these as well
            refuses the content, not the bytes.
        max_seconds: the longest acceptable response time, if it matters.
    """

    name: str
    kind: ProbeKind
    expectation: str
    consequence: str
    requests: tuple[ProbeRequest, ...]
    same_content: tuple[bytes, ...] = ()
    max_seconds: float | None = None

    @property
    def live(self) -> bool:
        """Whether its requests look like real deliveries."""
        return any(request.live for request in self.requests)

    @property
    def creates_record(self) -> bool:
        """Whether a correct endpoint processes it as a real delivery."""
        return self.live and self.kind is ProbeKind.ACCEPT

    @property
    def changes_content_type(self) -> bool:
        """Whether it tries another content type than Jebbit's."""
        return any(request.content_type != JSON for request in self.requests)

    @property
    def is_get(self) -> bool:
        return any(request.method == "GET" for request in self.requests)
