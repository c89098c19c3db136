"""What the tables of culprits are made of: a capture, and functions that break it in a given way."""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks import sign

from .support import SECRET

if TYPE_CHECKING:
    from jebbitctl.webhooks.explain import Cause

AT = 1_700_000_000
TEXT = (
    '{"data":{"email":"zoë@example.com","size":"5/6 <M>","tags":["a","b & c"],"name":"Zoë \U0001f600",'
    '"opt_in":"true"},"event":{"event_number":0}}'
)
BODY = TEXT.encode()
VALUE = json.loads(TEXT)
B64 = base64.b64encode(BODY)
LINES = json.dumps(VALUE, indent=2, ensure_ascii=False).encode()
"""A body of several lines."""


class Culprit(NamedTuple):
    """A capture with one mistake or two.

    Attributes:
        name: what happened.
        causes: those that should be named.
        body: the body at hand.
        header: the header at hand.
        secret: the secret at hand.
    """

    name: str
    causes: tuple[Cause, ...]
    body: bytes = BODY
    header: str = sign(SECRET, BODY, timestamp=AT)
    secret: str | bytes = SECRET


def header_of(digest: bytes, at: object = AT) -> str:
    return f"t={at},v1={base64.b64encode(digest).decode()}"


def signed(body: bytes, secret: str | bytes = SECRET, at: int = AT) -> str:
    return sign(secret, body, timestamp=at)


def at_hand(cause: Cause, **bodies: bytes) -> list[Culprit]:
    """Return captures of which only the body at hand was changed."""
    return [Culprit(f"{cause}: {name}", (cause,), body) for name, body in bodies.items()]


def by_signer(cause: Cause, **bodies: bytes) -> list[Culprit]:
    """Return captures of which another body was signed than the one at hand."""
    return [
        Culprit(f"{cause}: signed {name}", (cause,), header=signed(body)) for name, body in bodies.items()
    ]


def in_header(cause: Cause, **headers: str) -> list[Culprit]:
    return [Culprit(f"{cause}: {name}", (cause,), header=header) for name, header in headers.items()]


def secret_at_hand(cause: Cause, **secrets: str | bytes) -> list[Culprit]:
    return [Culprit(f"{cause}: {name}", (cause,), secret=secret) for name, secret in secrets.items()]


def secret_of_signer(cause: Cause, **secrets: str | bytes) -> list[Culprit]:
    return [
        Culprit(f"{cause}: signed with {name}", (cause,), header=header_of(hmac_of(MESSAGE, secret)))
        for name, secret in secrets.items()
    ]


def hmac_of(message: bytes, secret: str | bytes = SECRET, name: str = "sha256") -> bytes:
    return hmac.digest(secret.encode() if isinstance(secret, str) else secret, message, name)


def with_digest(cause: Cause, **digests: bytes) -> list[Culprit]:
    return [Culprit(f"{cause}: {name}", (cause,), header=header_of(value)) for name, value in digests.items()]


def at_hand_and_signed(cause: Cause, **pairs: tuple[bytes, bytes]) -> list[Culprit]:
    """Return captures of which one body is at hand and the other was signed."""
    return [Culprit(f"{cause}: {name}", (cause,), a, signed(b)) for name, (a, b) in pairs.items()]


def event(**members: object) -> bytes:
    return json.dumps({"httpMethod": "POST", "headers": {"a": "b"}, **members}).encode()


def dumped(**options: object) -> bytes:
    return json.dumps(VALUE, **options).encode()  # type: ignore[arg-type]


MESSAGE = b"%d.%s" % (AT, BODY)
GOOD = signed(BODY)
V1 = GOOD.partition("v1=")[2]
DIGEST = base64.b64decode(V1)
RECORDING = json.dumps(
    {
        "time": "2023-11-14T22:13:20.000000Z",
        "status": 400,
        "ok": False,
        "reason": "mismatch",
        "timestamp": AT,
        "age_seconds": 0,
        "test": False,
        "repeat": False,
        "headers": {"x-jebbit-signature": GOOD},
        "body": B64.decode(),
    }
).encode()
PLUS_AT = next(at for at in range(AT, AT + 100) if "+" in (value := signed(BODY, at=at)) and "/" in value)
PLUS = signed(BODY, at=PLUS_AT)
"""A header whose signature has both + and /."""
