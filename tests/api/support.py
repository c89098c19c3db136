"""Tokens, credentials, certificates and requests for tests of the API client."""

from __future__ import annotations

import math
import subprocess
from typing import TYPE_CHECKING

from jebbitctl.api.access_token import AccessToken
from jebbitctl.auth.oauth import ClientCredentials

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.api.transport import ApiResponse, Transport
    from tests.api.faults import FaultServer

ACCESS_TOKEN = "opaque-access-token-47114711"
CLIENT_SECRET = "client-secret-08150815"


def token(*scopes: str, text: str = ACCESS_TOKEN) -> AccessToken:
    return AccessToken(text, scopes, 0, math.inf)


def credentials(issuer: str) -> ClientCredentials:
    return ClientCredentials(issuer, "public-api", "the-client", CLIENT_SECRET)


class Tokens:
    """A token source with a list of tokens: each rejection moves on to the next one."""

    renewal_hint = "set another token"

    def __init__(self, *tokens: AccessToken) -> None:
        self.remaining = list(tokens or (token(),))
        self.rejected: list[AccessToken] = []

    def get(self) -> AccessToken:
        return self.remaining[0]

    def refresh(self, rejected: AccessToken) -> AccessToken | None:
        self.rejected.append(rejected)
        if len(self.remaining) == 1:
            return None
        self.remaining.pop(0)
        return self.remaining[0]


def certificate(directory: Path) -> tuple[Path, Path]:
    """Create a self-signed certificate for 127.0.0.1; return the paths of the certificate and its key."""
    path, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=jebbitctl test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *(
                "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-addext",
                "keyUsage=digitalSignature,keyCertSign",
            ),
            *("-keyout", str(key), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    return path, key


def get(transport: Transport, server: FaultServer, path: str = "/") -> ApiResponse:
    """Send a GET without headers of its own."""
    return transport.send("GET", server.url + path, headers={})
