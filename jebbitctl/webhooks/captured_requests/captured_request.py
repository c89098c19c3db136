"""One request of a capture, whatever file it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LENGTH = r"[0-9]{1,15}"
TEXT_ONLY = "the capture holds the body as text: bytes that are not UTF-8 are lost"
"""The caveat of a body from a JSON string."""


class CaptureFormat(StrEnum):
    """The kinds of captures."""

    HTTP = "http"
    CURL_VERBOSE = "curl_verbose"
    CURL_TRACE = "curl_trace"
    HAR = "har"
    GATEWAY_EVENT = "gateway_event"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class CapturedRequest:
    """A captured request.

    Attributes:
        format: the kind of capture.
        headers: names in lower case; values of a repeated header are joined with ``", "``.
        body: the bytes as captured; None if the capture leaves out the body.
        time: when the request was received, in unix seconds; None if the capture does not say.
        caveat: why the bytes may not be the ones that were received, empty if there is no reason.
    """

    format: CaptureFormat
    headers: Mapping[str, str]
    body: bytes | None
    time: float | None = None
    caveat: str = ""

    @property
    def signature(self) -> str | None:
        return self.headers.get(SIGNATURE_HEADER)

    @property
    def content_length(self) -> int | None:
        """The number of bytes that the header says; None if there is no valid one."""
        return content_length(self.headers)


def content_length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if re.fullmatch(_LENGTH, text) else None


def join_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by names in lower case, values without white space around them."""
    headers: dict[str, list[str]] = {}
    for name, value in pairs:
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return {name: ", ".join(values) for name, values in headers.items()}


def text_body(text: str) -> bytes:
    """Return a JSON string as bytes; half a surrogate pair, which is no character, stays what it is."""
    return text.encode("utf-8", "surrogatepass")
