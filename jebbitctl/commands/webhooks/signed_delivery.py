"""The delivery to verify: a captured request, or a header's value with a body."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jebbitctl.commands.webhooks.options import read_body
from jebbitctl.errors import UsageError
from jebbitctl.util.times import rfc3339_or_none, unix_seconds

if TYPE_CHECKING:
    from jebbitctl.commands.webhooks.options import SecretOptions
    from jebbitctl.webhooks.captured_requests.captured_request import CapturedRequest


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """A delivery, and the time to verify it at.

    Attributes:
        signature: the value of ``x-jebbit-signature``.
        body: the bytes at hand.
        at: unix seconds.
        at_source: ``--at``, the capture, or this machine's clock.
        request: where the delivery comes from, None if from a value and a body.
    """

    signature: str
    body: bytes
    at: float
    at_source: Literal["option", "capture", "clock"]
    request: CapturedRequest | None = None

    def describe(self, *, valid: bool) -> dict[str, Any]:
        """Return what is known of the captured request; of a valid one, no reasons to doubt its bytes."""
        if self.request is None:
            return {}
        return {
            "format": str(self.request.format),
            "body_bytes": len(self.body),
            "content_length": self.request.content_length,
            "verified_at": rfc3339_or_none(self.at),
            "verified_at_source": self.at_source,
            "notes": [] if valid else self._doubts(self.request),
        }

    def _doubts(self, request: CapturedRequest) -> list[str]:
        doubts = [request.caveat] if request.caveat else []
        length, size = request.content_length, len(self.body)
        if length is not None and length != size:
            guess = "the capture may be truncated" if size < length else "something may have changed the body"
            doubts.append(f"Content-Length is {length}, but the body has {size} bytes: {guess}")
        return doubts


def read_delivery(
    secret: SecretOptions, *, signature: str | None, body: str | None, request: str | None, at: str | None
) -> SignedDelivery:
    """Return the delivery that the options name.

    Raises:
        UsageError: the options contradict each other, or a file cannot be used.
        InputRequiredError: there is no body, and standard input is a terminal.
    """
    given = None if at is None else unix_seconds(at, what="--at")
    if request is None:
        if signature is None:
            raise UsageError("no signature given", hint="use --request FILE, or --signature VALUE")
        content = read_body(secret, body)
        if given is None:
            return SignedDelivery(signature, content, time.time(), "clock")
        return SignedDelivery(signature, content, given, "option")
    if signature is not None or body is not None:
        other = "--signature" if signature is not None else "--body"
        raise UsageError(f"--request and {other} are mutually exclusive")
    from jebbitctl.webhooks.captured_requests.reader import read_request

    name = "standard input" if request == "-" else request
    captured = read_request(read_body(secret, request, option="--request"), name)
    delivery = captured.signature or "", captured.body or b""
    if given is not None:
        return SignedDelivery(*delivery, given, "option", captured)
    if captured.time is not None:
        return SignedDelivery(*delivery, captured.time, "capture", captured)
    return SignedDelivery(*delivery, time.time(), "clock", captured)
