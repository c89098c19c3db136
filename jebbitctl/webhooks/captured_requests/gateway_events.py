"""The events that a Lambda function gets for a request: from API Gateway, a function URL or an ALB.

Formats: "Working with AWS Lambda proxy integrations for HTTP APIs" and "Lambda functions as targets" (ALB).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.captured_requests.captured_request import (
    TEXT_ONLY,
    CapturedRequest,
    CaptureFormat,
    join_headers,
    text_body,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMES = ("timeEpoch", "requestTimeEpoch")
"""Where format 2.0 and 1.0 have the time of the request, in unix milliseconds."""
_MAX_MILLISECONDS = 10**14
"""The year 5138."""


def is_event(document: Any) -> bool:
    """Whether a document is an event, or at least has headers and a body as text, as a log may have them."""
    return (
        isinstance(document, dict)
        and any(isinstance(document.get(name), dict) for name in ("headers", "multiValueHeaders"))
        and (
            any(name in document for name in ("requestContext", "isBase64Encoded"))
            or isinstance(document.get("body"), str)
        )
    )


def read_event(event: Mapping[str, Any]) -> CapturedRequest:
    """Return the request of an event.

    Raises:
        UsageError: the body is not text, or not the Base64 that it should be.
    """
    context = event.get("requestContext")
    times = [context.get(name) for name in _TIMES] if isinstance(context, dict) else []
    body, caveat = _read_body(event)
    return CapturedRequest(
        CaptureFormat.GATEWAY_EVENT,
        _read_headers(event),
        body,
        next(filter(None, map(_seconds, times)), None),
        caveat,
    )


def _read_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers; ``headers`` has only the last value of a repeated one."""
    single, multiple = event.get("headers"), event.get("multiValueHeaders")
    several = join_headers(
        (name, value)
        for name, values in (multiple.items() if isinstance(multiple, dict) else ())
        for value in (values if isinstance(values, list) else ())
        if isinstance(value, str)
    )
    one = single.items() if isinstance(single, dict) else ()
    return join_headers((name, value) for name, value in one if isinstance(value, str)) | several


def _read_body(event: Mapping[str, Any]) -> tuple[bytes, str]:
    body = event.get("body")
    if body is None:
        return b"", ""
    if not isinstance(body, str):
        raise UsageError("the body of the event is parsed JSON instead of the text that arrived")
    if event.get("isBase64Encoded") is not True:
        return text_body(body), TEXT_ONLY
    try:
        return base64.b64decode(body, validate=True), ""
    except ValueError:
        raise UsageError("the body of the event is not Base64, although isBase64Encoded is true") from None


def _seconds(milliseconds: Any) -> float | None:
    """Return a time in seconds, None if it is no number, or none that a clock shows."""
    if type(milliseconds) is not int or not 0 < milliseconds < _MAX_MILLISECONDS:
        return None
    return milliseconds / 1000
