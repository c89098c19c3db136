"""Writes a delivery as a curl command for a POSIX shell, which sends the same bytes and headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util import curl
from jebbitctl.util.redaction import redact_headers
from jebbitctl.webhooks.receiving.forwarding import end_to_end

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery

_ADDED_BY_CURL = ("accept", "content-type", "expect", "user-agent")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header. Source: RFC 9110, section 5.6.2."""


def curl_command(delivery: Delivery) -> str:
    """Return a command of one or more lines.

    The signature is the recorded one; credentials in other headers are masked. The URL is the one that
    the request named: https if a proxy said so in ``x-forwarded-proto``.

    Raises:
        UsageError: the body was not recorded in full, or curl would send another URL or header.
    """
    if delivery.omitted_bytes:
        raise UsageError(f"{delivery.omitted_bytes} bytes of the body were not recorded")
    return curl.curl_command(delivery.method, _url(delivery), _headers(delivery), delivery.body)


def _url(delivery: Delivery) -> str:
    """Return the URL of a request.

    Raises:
        UsageError: curl would use another one: ``@host/path`` as the target would even lead to another host.
    """
    scheme = "https" if delivery.headers.get("x-forwarded-proto") == "https" else "http"
    query = f"?{delivery.query}" if delivery.query else ""
    host = delivery.headers.get("host", "localhost")
    url = f"{scheme}://{host}{delivery.path}{query}"
    if not _HOST.fullmatch(host) or delivery.path[:1] != "/" or "#" in url or not url.isprintable():
        raise UsageError("curl would not send the request to the same URL")
    return url


def _headers(delivery: Delivery) -> dict[str, str | None]:
    """Return the headers to send; None for those that curl must not add."""
    recorded = {
        name: _value_for_curl(name, value)
        for name, value in redact_headers(end_to_end(delivery.headers)).items()
    }
    return {**recorded, **{name: None for name in _ADDED_BY_CURL if name not in recorded}}


def _value_for_curl(name: str, value: str) -> str:
    """Return the text that makes curl send the same bytes as a header that was read as Latin-1.

    Raises:
        UsageError: there is none.
    """
    try:
        text = value.encode("latin-1").decode()
    except UnicodeError:
        text = None
    if text is None or not text.isprintable() or not _TOKEN.fullmatch(name):
        raise UsageError(f"header {name!r} cannot be written as a curl option")
    return text
