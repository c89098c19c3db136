"""Options for the requests to an endpoint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import TrustedCertificates
from jebbitctl.util.inputs import read_text_input
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from jebbitctl.context import Context
    from jebbitctl.webhooks.endpoint import EndpointClient

DEFAULT_TIMEOUT = 10.0
"""Seconds."""
MAX_TIMEOUT = 3600.0
"""Seconds."""
_HEADER = re.compile(
    r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*"
)
"""Source: RFC 9110, sections 5.1 and 5.5."""
_RESERVED = frozenset({"connection", "content-length", "transfer-encoding", "x-jebbit-signature"})


Headers = Annotated[
    list[str] | None,
    typer.Option(
        "-H",
        "--header",
        metavar="'NAME: VALUE'",
        help="Header to add to each request; @FILE as the value reads a file. Repeatable.",
    ),
]
ClientCertFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="PEM file with a client certificate.")
]
ClientKeyFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="PEM file with its key, if it is another file.")
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca", metavar="FILE", help="PEM file with the only CA certificates to trust."),
]


class EndpointOptions(NamedTuple):
    """What an endpoint needs beside a delivery, and how long to wait for it."""

    header: Headers = None
    client_cert: ClientCertFile = None
    client_key: ClientKeyFile = None
    ca: CaFile = None
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Maximum time for each request.")] = (
        DEFAULT_TIMEOUT
    )


def endpoint_client(context: Context, url: str, options: EndpointOptions) -> EndpointClient:
    """Return a client for an endpoint, to be used in a ``with`` block.

    Raises:
        UsageError: the URL or an option is not valid, or a file cannot be read.
    """
    from jebbitctl.webhooks.endpoint import ClientCertificate, EndpointClient

    certificate, key = options.client_cert, options.client_key
    if key and not certificate:
        raise UsageError("--client-key requires --client-cert")
    if not 0 < options.timeout <= MAX_TIMEOUT:  # also rejects nan
        raise UsageError(f"--timeout must be more than 0 and at most {MAX_TIMEOUT:g}")
    trusted = context.environment.trusted_certificates()
    return EndpointClient(
        url,
        options.timeout,
        TrustedCertificates((("--ca", str(options.ca)),)) if options.ca else trusted,
        headers=parse_headers(options.header or ()),
        client_certificate=ClientCertificate(certificate, key) if certificate else None,
    )


def parse_headers(lines: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Return headers given as ``NAME: VALUE``; a value ``@FILE`` is read from the file, and is a secret.

    Raises:
        UsageError: a line is not a header, a name is repeated or reserved, or a file cannot be read.
    """
    headers: dict[str, str] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if not match:
            name = escape_controls(line.partition(":")[0])
            raise UsageError(f"--header {name!r} is not a header", hint="use --header 'NAME: VALUE'")
        name, value = match["name"].lower(), match["value"]
        if name in _RESERVED:
            raise UsageError(f"--header cannot set {name}")
        if name in headers:
            raise UsageError(f"--header {name} is given twice")
        value = _read_value(name, value[1:]) if value.startswith("@") else value
        headers[name] = value.encode("utf-8", "surrogateescape").decode("latin-1")  # sent byte for byte
    return headers


def _read_value(name: str, file: str) -> str:
    value = read_text_input(file, option=f"--header {name}").strip()
    if not _HEADER.fullmatch(f"{name}: {value}"):
        raise UsageError(f"--header {name} {file}: more than one line, or a control character")
    return register_secret(value)
