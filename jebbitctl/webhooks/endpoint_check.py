"""Checks whether an endpoint is a correct receiver of Jebbit's webhooks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.probes import PROBES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.probes import Probe

PROBE_TIMEOUT = 15.0
"""Longer than the acceptable response time, so that a slow endpoint fails one probe and not all."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe.

    Attributes:
        name: short and stable, such as ``tampered-body``.
        expectation: what a correct endpoint does.
        ok: whether this endpoint did it.
        outcome: what this endpoint did, such as ``returned 200``.
        consequence: what a failure means in production.
        elapsed: seconds that the probe took.
    """

    name: str
    expectation: str
    ok: bool
    outcome: str
    consequence: str
    elapsed: float


def check_endpoint(
    url: str, secret: str, certificates: TrustedCertificates = SYSTEM_CERTIFICATES
) -> Iterator[ProbeResult]:
    """Run all ``PROBES`` in order; yield each result as soon as it is known.

    Args:
        url: any http or https URL. Each request to it carries ``x-jebbit-test``.
        secret: the shared secret that the endpoint verifies with.
        certificates: what the endpoint is verified against.

    Raises:
        UsageError: the URL is not valid, or the secret is empty.
        UnavailableError: the first probe could not connect.
    """
    if not secret:
        raise UsageError("the shared secret is empty")
    with EndpointClient(url, PROBE_TIMEOUT, certificates) as client:
        target = ProbeTarget(client, secret)
        for probe in PROBES:
            yield _run(probe, target, first=probe is PROBES[0])


def _run(probe: Probe, target: ProbeTarget, *, first: bool) -> ProbeResult:
    started = time.perf_counter()
    ok, response = _evaluate(probe, target)
    if first and not response.reached:
        raise UnavailableError(f"cannot reach {shown_url(target.client.url)}: {response.error}")
    return ProbeResult(
        name=probe.name,
        expectation=probe.expectation,
        ok=ok,
        outcome=response.outcome,
        consequence=probe.consequence_of(response),
        elapsed=time.perf_counter() - started,
    )


def _evaluate(probe: Probe, target: ProbeTarget) -> tuple[bool, EndpointResponse]:
    """Return whether the probe passed, and its first incorrect response, else its last one."""
    response = EndpointResponse(None, 0.0, error="no request was sent")
    for response in probe.run(target):
        if not probe.passes(response):
            return False, response
    return True, response
