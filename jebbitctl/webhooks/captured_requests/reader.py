"""Reads the one signed request of a captured file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.text import parse_json
from jebbitctl.webhooks.captured_requests import curl_dumps, gateway_events, har, http_messages
from jebbitctl.webhooks.captured_requests.captured_request import CapturedRequest, CaptureFormat
from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.delivery import Delivery

_BOM = b"\xef\xbb\xbf"
_FORMATS = (
    "use a raw HTTP request, the output of curl --trace, a HAR file, a Lambda event or a line of a recording"
)
_MAX_LISTED = 10
"""The maximum number of entries that a message lists."""


def read_request(content: bytes, name: str) -> CapturedRequest:
    """Return the signed request in a file; what kind of file it is, its content says.

    Args:
        content: the file.
        name: its name, for errors.

    Raises:
        UsageError: it is no capture, has no signed request or several, or leaves out the body.
    """
    signed: list[tuple[int, CapturedRequest]] = []
    count = 0
    for number, request in enumerate(_requests(content.removeprefix(_BOM).lstrip(b"\r\n"), name)):
        count += 1
        if request.signature is not None:
            signed.append((number, request))
    if not signed:
        found = "" if count == 1 else f", which has {count} requests"
        raise UsageError(
            f"no {SIGNATURE_HEADER} in {name}{found}",
            hint="capture the request as it arrives, with its headers",
        )
    request = signed[0][1]
    if len(signed) > 1:
        raise _ambiguous(name, request.format, [number for number, _ in signed])
    if request.body is None:
        raise UsageError(
            f"{name} has the headers of the request, but not its body", hint=_how_to_add_a_body(request)
        )
    return request


def _requests(content: bytes, name: str) -> Iterator[CapturedRequest]:
    if http_messages.starts_message(content):
        return http_messages.read_messages(content)
    if curl_dumps.is_trace(content):
        return curl_dumps.read_trace(content)
    if curl_dumps.is_verbose(content):
        return curl_dumps.read_verbose(content)
    if content.lstrip()[:1] in (b"{", b"["):
        return _from_json(content, name)
    if http_messages.starts_head(content):
        return http_messages.read_messages(content)
    raise UsageError(f"{name} is not a captured request", hint=_FORMATS)


def _from_json(content: bytes, name: str) -> Iterator[CapturedRequest]:
    from jebbitctl.webhooks.recordings.lines import DeliveryLine, parse_line

    try:
        document = parse_json(content)
    except ValueError as error:
        raise _not_one_document(content, name, error) from None
    if (entries := har.find_entries(document)) is not None:
        return map(har.read_entry, entries)
    if isinstance(line := parse_line(content), DeliveryLine):
        return iter([_from_recording(line.delivery)])
    if gateway_events.is_event(document):
        return iter([gateway_events.read_event(document)])
    raise UsageError(
        f"{name} is JSON, but not a captured request", hint=f"{_FORMATS}; for a body, use --body"
    )


def _from_recording(delivery: Delivery) -> CapturedRequest:
    if delivery.masked:
        caveat = "personal data in the body was masked: it is not the body that was signed"
    elif delivery.omitted_bytes:
        caveat = f"the recording leaves out {delivery.omitted_bytes} bytes of the body"
    else:
        caveat = ""
    return CapturedRequest(CaptureFormat.RECORDING, delivery.headers, delivery.body, delivery.time, caveat)


def _not_one_document(content: bytes, name: str, error: ValueError) -> UsageError:
    """Return the error for what only starts like JSON, such as a recording of several lines."""
    from jebbitctl.webhooks.recordings import reading as recordings

    lines = [line for line in content.split(b"\n") if line.strip()]
    if len(lines) == 1 or not recordings.is_recording(io.BytesIO(content)):
        return UsageError(f"{name} is not a captured request (as JSON: {error})", hint=_FORMATS)
    return UsageError(
        f"{name} is a recording with {len(lines)} lines",
        hint="choose one, such as sed -n 1p FILE, piped into --request -",
    )


def _ambiguous(name: str, format_: CaptureFormat, numbers: list[int]) -> UsageError:
    message = f"{name} has {len(numbers)} requests with {SIGNATURE_HEADER}"
    if format_ is not CaptureFormat.HAR:
        return UsageError(message, hint="keep only one of them in the file")
    listed = ", ".join(map(str, numbers[:_MAX_LISTED]))
    more = " and more" if len(numbers) > _MAX_LISTED else ""
    return UsageError(
        f"{message}: entries {listed}{more}",
        hint=f"choose one, such as jq '.log.entries[{numbers[0]}]' FILE, piped into --request -",
    )


def _how_to_add_a_body(request: CapturedRequest) -> str:
    if request.format is CaptureFormat.CURL_VERBOSE:
        return "curl --verbose leaves bodies out: use curl --trace, or --signature and --body"
    return "use --signature and --body if you have the body elsewhere"
