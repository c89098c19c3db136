"""Writes a delivery as a curl command for a POSIX shell, which sends the same bytes and headers."""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.redaction import redact
from jebbitctl.webhooks.receiving.forwarding import end_to_end

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery

MAX_ARGUMENT_BYTES = 32 * 1024
"""A longer body goes through a pipe: systems limit the length of arguments."""
_ADDED_BY_CURL = ("accept", "content-type", "expect", "user-agent")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header. Source: RFC 9110, section 5.6.2."""


def curl_command(delivery: Delivery) -> str:
    """Return a command of one or more lines.

    The signature is the recorded one; credentials in ``authorization`` are masked. The URL is the one that
    the request named: https if a proxy said so in ``x-forwarded-proto``.

    Raises:
        UsageError: the body was not recorded in full, or the URL or a header has a control character.
    """
    if delivery.omitted_bytes:
        raise UsageError(f"{delivery.omitted_bytes} bytes of the body were not recorded")
    text = _plain_text(delivery.body)
    data = ["--data-binary", "@-" if text is None else text]
    method = [] if delivery.method == "POST" else ["-X", delivery.method]
    request = ["curl", "--globoff", "--path-as-is", *method, _url(delivery)]
    arguments = [request, *map(_header, _headers(delivery).items()), data]
    command = " \\\n  ".join(shlex.join(group) for group in arguments)
    if text is None:
        encoded = base64.b64encode(delivery.body).decode("ascii")
        return f"printf %s {shlex.quote(encoded)} | base64 -d | {command}"
    return command


def _url(delivery: Delivery) -> str:
    scheme = "https" if delivery.headers.get("x-forwarded-proto") == "https" else "http"
    query = f"?{delivery.query}" if delivery.query else ""
    url = f"{scheme}://{delivery.headers.get('host', 'localhost')}{delivery.path}{query}"
    if not url.isprintable():
        raise UsageError("the URL has a control character")
    return url


def _headers(delivery: Delivery) -> dict[str, str | None]:
    """Return the headers to send; None for those that curl must not add."""
    recorded = redact(end_to_end(delivery.headers))
    for name, value in recorded.items():
        if not _TOKEN.fullmatch(name) or not value.isprintable():
            raise UsageError(f"header {name!r} cannot be written as a curl option")
    return {**recorded, **{name: None for name in _ADDED_BY_CURL if name not in recorded}}


def _header(header: tuple[str, str | None]) -> list[str]:
    """Return the option for a header; curl has a syntax of its own for empty and for suppressed ones."""
    name, value = header
    if value is None:
        return ["-H", f"{name}:"]
    return ["-H", f"{name}: {value}" if value else f"{name};"]


def _plain_text(body: bytes) -> str | None:
    """Return a body that a terminal and a shell show and pass on as it is; None for any other."""
    if len(body) > MAX_ARGUMENT_BYTES:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    is_plain = all(line.isprintable() for line in text.split("\n"))
    return text if is_plain and not text.startswith("@") else None  # @ would name a file
