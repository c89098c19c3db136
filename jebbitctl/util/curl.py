"""Writes HTTP requests as curl commands for a POSIX shell, which send the same bytes and headers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from jebbitctl.util import shell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ARGUMENT_BYTES = 32 * 1024
"""A longer body goes through a pipe: systems limit the length of arguments."""

_MAX_UNEXPECTED_BYTES = 1024
"""Before a longer body, some releases of curl ask whether to send it, by a header of their own."""


def curl_command(
    method: str,
    url: str,
    headers: Mapping[str, str | None],
    body: bytes | None,
    *,
    options: Sequence[str] = (),
) -> str:
    """Return a command of one or more lines.

    Args:
        method: such as ``POST``.
        url: without control characters.
        headers: names and values without control characters; None for a header that curl must not add.
        body: None for a request without a body.
        options: further options of curl, quoted for a shell.
    """
    if body is not None and len(body) > _MAX_UNEXPECTED_BYTES and "expect" not in headers:
        headers = {**headers, "expect": None}
    default = "GET" if body is None else "POST"
    request = ["curl", "--globoff", "--path-as-is", *(["-X", method] if method != default else []), url]
    text = None if body is None else _plain_text(body)
    data = [] if body is None else [shell.join(["--data-binary", "@-" if text is None else text])]
    lines = [shell.join(request), *options, *map(_header, headers.items()), *data]
    command = " \\\n  ".join(lines)
    if body is not None and text is None:
        encoded = base64.b64encode(body).decode("ascii")
        return f"printf %s {shell.quote(encoded)} | base64 -d | {command}"
    return command


def _header(header: tuple[str, str | None]) -> str:
    """Return the option for a header; curl has a syntax of its own for empty and for suppressed ones."""
    name, value = header
    if value is None:
        return shell.join(["-H", f"{name}:"])
    return shell.join(["-H", f"{name}: {value}" if value else f"{name};"])


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
