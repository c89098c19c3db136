"""Forwards deliveries to URLs, with the same bytes and headers."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import JebbitctlError
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.delivery import ForwardOutcome
from jebbitctl.webhooks.endpoint import NOT_SENT, EndpointResponse
from jebbitctl.webhooks.receiving.webhook_server import HOP_HEADER, Answer
from jebbitctl.webhooks.response_text import response_text

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient

MAX_ANSWER_BYTES = 1024 * 1024
"""The maximum size of an answer that is passed on; the rest is cut off."""
BACKOFF_SECONDS = 0.2
"""Before the first retry; doubled for each further one."""
MAX_BACKOFF_SECONDS = 2.0
_MAX_SHOWN_CHARS = 300
_PASSING = frozenset({429, 502, 503, 504})
_SLASH = r"(?:/|\\|%2f|%5c)"  # some servers decode a path before they split it
_END = rf"(?:{_SLASH}|;|%3b|$)"  # and some drop what follows a semicolon before they look for dots
_DOT_SEGMENT = re.compile(rf"{_SLASH}(?:\.|%2e){{1,2}}{_END}", re.IGNORECASE)
_PASSED_ON = ("content-type", "content-encoding", "location", "retry-after")
"""The headers of an answer that the sender gets, too."""
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Source: RFC 9110, section 7.6.1, and RFC 2616, section 13.5.1."""
_SET_BY_THE_CLIENT = frozenset({"host", "content-length", "expect"})


def end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are not of one connection only; ``Connection`` may list more of those."""
    listed = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _SET_BY_THE_CLIENT | listed
    return {name: value for name, value in headers.items() if name not in dropped}


def forward(client: EndpointClient, delivery: Delivery) -> EndpointResponse:
    """Forward a delivery and return the endpoint's response, or the reason why there is none."""
    return client.send(delivery.body, end_to_end(delivery.headers))


class Forwarder:
    """Forwards deliveries to one URL, from any number of threads.

    The path and the query of each request are appended to the URL. The header ``x-jebbitctl-forwarded`` names
    the receiver, so that it recognises a delivery that comes back.

    Args:
        client: sends them.
        hop: names the receiver.
        retries: how often a delivery is sent again after a passing failure: no connection, 429, 502, 503 or
            504.
        stopping: no retry follows once it is set.
    """

    def __init__(self, client: EndpointClient, hop: str, retries: int, stopping: threading.Event) -> None:
        self.url = shown_url(client.url)
        self._client = client
        self._hop = hop
        self._retries = retries
        self._stopping = stopping

    def forward(self, delivery: Delivery) -> tuple[ForwardOutcome, Answer]:
        """Forward a delivery; return what became of it, and the answer for its sender."""
        url = append_target(self._client.url, delivery.path, delivery.query)
        if url is None:
            error = f"{NOT_SENT}its path has a segment .. or ."
            return ForwardOutcome(self.url, None, 0.0, error=error, attempts=0), _text(
                HTTPStatus.BAD_REQUEST, error
            )
        headers = end_to_end(delivery.headers)
        hops = (headers.get(HOP_HEADER), self._hop)
        headers[HOP_HEADER] = ", ".join(filter(None, hops))
        started = time.perf_counter()
        response, attempts = self._send(url, delivery.body, headers)
        outcome = ForwardOutcome(
            url=self.url,
            status=response.status,
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
            response=response_text(response)[:_MAX_SHOWN_CHARS].strip(),
            error=response.error,
            attempts=attempts,
        )
        return outcome, answer_to_sender(response)

    def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[EndpointResponse, int]:
        """Return the last response and the number of attempts, 0 if it was not sent at all."""
        backoff, attempt = BACKOFF_SECONDS, 1
        while True:
            try:
                response = self._client.send(body, headers, url=url, max_kept_bytes=MAX_ANSWER_BYTES)
            except JebbitctlError as error:  # such as: the system allows no more threads
                response = EndpointResponse(None, 0.0, error=error.message, reached=False)
            if response.not_sent:
                return response, 0
            if attempt > self._retries or not _is_passing(response) or self._stopping.wait(backoff):
                return response, attempt
            backoff, attempt = min(2 * backoff, MAX_BACKOFF_SECONDS), attempt + 1


def is_forwarded(outcome: ForwardOutcome) -> bool:
    """Whether the URL has accepted the delivery, with a 2xx status."""
    return outcome.status is not None and outcome.status // 100 == 2  # noqa: PLR2004 - as in 2xx


def append_target(url: str, path: str, query: str) -> str | None:
    """Return a URL with the path and the query of a request appended; None if the path would leave it."""
    parts = urlsplit(url)
    if not path.startswith("/"):  # such as "http://host/path" (RFC 9112, section 3.2.2)
        path = f"/{urlsplit(path).path.removeprefix('/')}"
    if _DOT_SEGMENT.search(path):
        return None
    joined = parts.path.rstrip("/") + path if path.strip("/") else parts.path
    return urlunsplit(parts._replace(path=joined, query="&".join(filter(None, (parts.query, query)))))


def answer_to_sender(response: EndpointResponse) -> Answer:
    """Return an endpoint's response as an answer: 502 if there is none, 504 if there was none in time."""
    if response.status is None or response.status < HTTPStatus.OK:
        status = HTTPStatus.GATEWAY_TIMEOUT if response.timed_out else HTTPStatus.BAD_GATEWAY
        return _text(status, f"not forwarded: {response.outcome}")
    headers = ((name, response.headers.get(name)) for name in _PASSED_ON)
    bodiless = response.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    return Answer(
        response.status,
        b"" if bodiless else response.start,
        tuple((name.title(), value) for name, value in headers if value),
    )


def _is_passing(response: EndpointResponse) -> bool:
    return response.status in _PASSING if response.status is not None else not response.reached


def _text(status: HTTPStatus, text: str) -> Answer:
    return Answer(status.value, f"{text}\n".encode())
