"""Judges the response to one request of a probe."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks.probe_requests import ProbeKind

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.probe_requests import Probe

REFUSALS = {
    400: "the request is malformed: what Jebbit's example answers to a bad header or an old timestamp",
    401: "the sender is not authenticated",
    403: "the sender is not allowed: what Jebbit's example answers to a wrong signature",
    422: "the request cannot be processed: what some frameworks answer to a header that is missing",
}
"""The statuses that mean that an endpoint refused a request because of what it holds."""

_PROVES_NOTHING = {
    404: "there may be nothing at this URL",
    405: "the method is not allowed",
    406: "the endpoint cannot answer in the desired format",
    408: "the endpoint waited for the request",
    409: "it conflicts with an earlier request",
    410: "there is nothing at this URL any more",
    411: "the endpoint requires a length",
    413: "the body is too large",
    415: "the content type is not supported",
    419: "the session has expired, as frameworks say that want a CSRF token",
    429: "the endpoint limits requests",
}
"""Why other statuses do not show that a forgery was refused for being one."""


class Conclusion(StrEnum):
    """The state of what a probe tests, from the worst to the best."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    WARNING = "warning"
    OK = "ok"


class Judgement(NamedTuple):
    """What the response to a probe shows.

    Attributes:
        result: of the probe, if this is its worst response.
        reason: why, if the response does not say it.
        consequence: what it means in production, if it is not what the probe says.
    """

    result: Conclusion
    reason: str | None = None
    consequence: str | None = None


def judge(probe: Probe, response: EndpointResponse) -> Judgement:
    """Return what a response shows, if the endpoint accepts valid deliveries."""
    if probe.kind is ProbeKind.ACCEPT:
        return _judge_acceptance(probe, response)
    if response.accepted:
        return Judgement(Conclusion.FAILED if probe.kind is ProbeKind.REFUSE else Conclusion.WARNING)
    if is_refusal(probe, response.status):
        return Judgement(Conclusion.OK)
    return Judgement(Conclusion.UNKNOWN, why_no_refusal(response))


def _judge_acceptance(probe: Probe, response: EndpointResponse) -> Judgement:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Judgement(Conclusion.UNKNOWN, why_no_refusal(response))
    if probe.max_seconds is not None and response.elapsed > probe.max_seconds:
        return Judgement(Conclusion.FAILED, f"it took {response.elapsed:.1f} s")
    if probe.max_seconds is not None and response.status is None:
        return Judgement(Conclusion.UNKNOWN, why_no_refusal(response))
    return Judgement(Conclusion.OK if response.accepted else Conclusion.FAILED)


def is_refusal(probe: Probe, status: int | None) -> bool:
    """Whether a status means that the request was refused because of what it holds."""
    if status is None or status == HTTPStatus.TOO_MANY_REQUESTS:
        return False
    if probe.is_get:  # any way of not supporting GET
        return status // 100 == 4 or status == HTTPStatus.NOT_IMPLEMENTED  # noqa: PLR2004 - as in 4xx
    unsupported = probe.changes_content_type and status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return status in REFUSALS or unsupported


def why_no_refusal(response: EndpointResponse) -> str:
    """Return why a response does not show that a request was refused because of what it holds."""
    status = response.status
    if status is None:
        why = "the endpoint's log may say why"
    elif status in _PROVES_NOTHING:
        why = _PROVES_NOTHING[status]
    elif status // 100 == 3:  # noqa: PLR2004 - as in 3xx
        why = "it is a redirect, not a refusal"
    elif status // 100 == 5:  # noqa: PLR2004 - as in 5xx
        why = "the endpoint or a proxy failed"
    else:
        why = "this status does not say that the request was refused"
    return why
