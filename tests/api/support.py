"""Tokens, and machines that are not set up as they should be."""

from __future__ import annotations

import math
import subprocess
from typing import TYPE_CHECKING

from jebbitctl.api.oauth import ClientCredentials, Token

if TYPE_CHECKING:
    from pathlib import Path

ACCESS_TOKEN = "opaque-access-token-47114711"
CLIENT_SECRET = "client-secret-08150815"


def token(*scopes: str, text: str = ACCESS_TOKEN) -> Token:
    return Token(text, scopes, 0, math.inf)


def credentials(issuer: str) -> ClientCredentials:
    return ClientCredentials(issuer, "public-api", "the-client", CLIENT_SECRET)


class Tokens:
    """A token source that hands out these tokens, the next one after each rejection."""

    def __init__(self, *tokens: Token) -> None:
        self.left = list(tokens or (token(),))
        self.rejected: list[Token] = []

    def current(self) -> Token:
        return self.left[0]

    def renewed(self, rejected: Token) -> Token | None:
        self.rejected.append(rejected)
        if len(self.left) == 1:
            return None
        self.left.pop(0)
        return self.left[0]


def certificate(directory: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for this machine; return it and its key."""
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
