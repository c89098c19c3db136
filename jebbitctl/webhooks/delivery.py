"""A delivery, and what became of it at the URLs that it was forwarded to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from jebbitctl.util.text import parse_json
from jebbitctl.webhooks.signature import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.webhooks.signature import Verification

DeliveryKind: TypeAlias = Literal["test", "live", "refused"]
KINDS: tuple[DeliveryKind, ...] = get_args(DeliveryKind)
NOT_ANSWERED = 0
"""The status of a delivery whose sender had no response."""
_FORGED = frozenset({Reason.MALFORMED_HEADER, Reason.MISMATCH})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A POST request and the result of its verification.

    Attributes:
        time: when it was received in full, in Unix seconds.
        body: the raw bytes; of a delivery that is not valid, the first 64 KiB.
        headers: names in lower case; values of a repeated header are joined with ``", "``.
        verification: the result of the signature check.
        test: whether it carries ``x-jebbit-test``.
        repeat: whether the same timestamp with the same authentic signature was received before, in whatever
            form of the header (the last 10,000 are remembered).
        status: the HTTP status of the response; ``NOT_ANSWERED`` without one.
        omitted_bytes: how much of the body was not kept.
        method: the request's method.
        path: the path of the request's target, not decoded.
        query: what follows its ``?``, not decoded.
        secret: a label of the secret that signed it, such as ``integration L5m24mjs``; never the secret.
        id: names the delivery in other lines of a recording; empty in recordings of older versions.
        masked: whether personal data in it was masked; then the signature no longer fits.
    """

    time: float
    body: bytes
    headers: Mapping[str, str]
    verification: Verification
    test: bool
    repeat: bool
    status: int
    omitted_bytes: int = 0
    method: str = "POST"
    path: str = "/"
    query: str = ""
    secret: str | None = None
    id: str = ""
    masked: bool = False

    @property
    def genuine(self) -> bool:
        """Whether the signature matches, regardless of its age."""
        return self.verification.reason not in _FORGED

    @property
    def kind(self) -> DeliveryKind:
        """Refused, a test or live. Without a valid signature, x-jebbit-test proves nothing."""
        if not self.verification.valid:
            return "refused"
        return "test" if self.test else "live"

    @property
    def json(self) -> Any:
        """The body as JSON: in ``data`` what the visitor answered.

        Raises:
            ValueError: it is not JSON.
        """
        return parse_json(self.body)


@dataclass(frozen=True, slots=True)
class ForwardOutcome:
    """What became of a delivery at one URL that it was forwarded to.

    Attributes:
        url: where it was sent.
        status: the HTTP status; None without a response.
        milliseconds: from the first attempt to the last response's headers, or to the failure.
        response: the start of the response's body.
        error: why there is no response, in one line; None when there is one.
        attempts: how often it was sent; 0 if it was not sent at all.
    """

    url: str
    status: int | None
    milliseconds: float
    response: str = ""
    error: str | None = None
    attempts: int = 1
