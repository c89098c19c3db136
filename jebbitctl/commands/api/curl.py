"""``api --curl``: prints the request instead of sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from jebbitctl.errors import UsageError
from jebbitctl.util import shell
from jebbitctl.util.curl import curl_command
from jebbitctl.util.redaction import scrub_registered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.context import Context


def show_curl(
    context: Context,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    include: bool,
) -> None:
    """Print a request as a curl command that gets its token when it is run.

    Raises:
        UsageError: the request cannot be printed.
    """
    from jebbitctl.api.client import request_headers
    from jebbitctl.api.documents import API_ROOT
    from jebbitctl.api.raw_client import sent_url

    all_headers = {**request_headers(context.business, has_body=body is not None), **headers}
    url = sent_url(f"{context.settings.api_url.value}{API_ROOT}{path}")
    _require_printable(url, all_headers, body)
    authorization = f'-H "authorization: Bearer $({_token_command(context.options.profile)})"'
    options = ["--include", authorization] if include else [authorization]
    command = curl_command(method, url, all_headers, body, options=options)
    if context.output.json:
        context.output.document({"curl": command})
    else:
        context.output.verbatim(command.split("\n"))


def _token_command(profile: str | None) -> str:
    return shell.join(["jebbitctl", "token", *(["--profile", profile] if profile is not None else [])])


def _require_printable(url: str, headers: Mapping[str, str], body: bytes | None) -> None:
    """Check that a command can hold the request.

    Raises:
        UsageError: it contains a secret in use, which would be printed, or a header that curl would send with
            other bytes.
    """
    if not all(value.isascii() for value in headers.values()):
        raise UsageError("--curl cannot write a header that is not ASCII")
    texts = [url, unquote(url), *headers.values(), (body or b"").decode(errors="replace")]
    if any(scrub_registered(text) != text for text in texts):
        raise UsageError(
            "the request contains a secret in use, which --curl does not print",
            hint="give curl the secret in a file: --data-binary @FILE",
        )
