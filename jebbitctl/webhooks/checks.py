"""Is an endpoint a correct receiver of Jebbit's webhooks? One result per probe, as it comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.webhooks.exchange import EndpointClient, EndpointResponse
from jebbitctl.webhooks.probes import PROBES, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.probes import Probe

PROMPT = 5.0
"""Seconds within which an endpoint should answer."""
TIMEOUT = 15.0
"""Seconds that a probe waits; longer than ``PROMPT``, so that slowness fails one probe and not all."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a probe found.

    Attributes:
        name: short and stable, such as ``tampered-body``.
        expectation: what a correct endpoint does, in words.
        passed: whether this one did.
        outcome: what it did, such as ``answered 200``.
        consequence: what a failure means in production.
        elapsed: seconds that the probe took.
    """

    name: str
    expectation: str
    passed: bool
    outcome: str
    consequence: str
    elapsed: float


def check(url: str, secret: str, *, prompt: float = PROMPT, timeout: float = TIMEOUT) -> Iterator[Result]:
    """Ask every probe of ``jebbitctl.webhooks.probes.PROBES`` in turn and yield what it found.

    Args:
        url: any http or https URL; all it is sent carries ``x-jebbit-test``.
        secret: what the endpoint verifies with.
        prompt: seconds within which it should answer.
        timeout: seconds after which an answer is no longer waited for.

    Raises:
        UsageError: the URL cannot be sent to, or the secret is empty.
        UnavailableError: no connection could be made to begin with.
    """
    if not secret:
        raise UsageError("the shared secret is empty")
    with EndpointClient(url, timeout) as client:
        endpoint = Endpoint(client, secret, prompt)
        for probe in PROBES:
            yield _result(probe, endpoint, first=probe is PROBES[0])


def _result(probe: Probe, endpoint: Endpoint, *, first: bool) -> Result:
    began = time.perf_counter()
    passed, answer = _verdict(probe, endpoint)
    if first and not answer.reached:
        raise UnavailableError(f"cannot reach {endpoint.client.url}: {answer.error}")
    return Result(
        name=probe.name,
        expectation=probe.expectation,
        passed=passed,
        outcome=answer.error or f"answered {answer.status}",
        consequence=probe.meaning(answer),
        elapsed=time.perf_counter() - began,
    )


def _verdict(probe: Probe, endpoint: Endpoint) -> tuple[bool, EndpointResponse]:
    """Return the first answer that will not do, else the last."""
    answer = EndpointResponse(None, 0.0, error="nothing was asked")
    for answer in probe.ask(endpoint):
        if not probe.holds(answer):
            return False, answer
    return True, answer
