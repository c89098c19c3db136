"""How receivers sign the right body in a wrong way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from jebbitctl.webhooks.diagnosis.receiver_bug import ReceiverBug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Message = Callable[[int, bytes], bytes]
    Encode = Callable[[bytes], str]
    Change = Callable[[bytes], bytes]
    Digest = Callable[[bytes, bytes], bytes]

_STANDARD = 'Compute Base64(HMAC-SHA256(secret, "<t>." + raw body)) and compare it with v1.'


def message(timestamp: int, body: bytes) -> bytes:
    return f"{timestamp}.".encode() + body


def base64_text(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _header(timestamp: int | str, signature: str) -> str:
    return f"t={timestamp},v1={signature}"


def _hmac(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")


def _bug(
    code: str,
    finding: str,
    fix: str = _STANDARD,
    *,
    encode: Encode = base64_text,
    message: Message = message,
) -> ReceiverBug:
    """Return a bug that differs from the scheme in what is signed, or in how the signature is written."""

    def sign(secret: str, timestamp: int, body: bytes) -> str:
        return _header(timestamp, encode(_hmac(secret, message(timestamp, body))))

    return ReceiverBug(code, finding, fix, sign=sign)


def _hex(digest: bytes) -> str:
    return digest.hex()


def _encodings() -> Iterator[ReceiverBug]:
    decode = "Encode the 32 raw bytes of the HMAC in Base64, not in hex"
    calls = (
        'JavaScript: .digest("base64"); Python: base64.b64encode(mac.digest());'
        " PHP: base64_encode(hash_hmac('sha256', $message, $secret, true));"
        " Ruby: Base64.strict_encode64(OpenSSL::HMAC.digest('SHA256', secret, message))"
    )
    yield _bug("hex", "It expects the signature in hex.", f"{decode}. {calls}.", encode=_hex)
    yield _bug(
        "base64_of_hex",
        "It expects the Base64 of the signature in hex.",
        f"{decode} first. {calls}.",
        encode=lambda digest: base64_text(digest.hex().encode()),
    )
    yield _bug(
        "hex_upper",
        "It expects the signature in hex, in upper case.",
        f"{decode}. C#: Convert.ToBase64String(hash). {calls}.",
        encode=lambda digest: digest.hex().upper(),
    )
    yield _bug(
        "padding_lost",
        "It expects the signature without the = at its end.",
        "Keep the padding of Base64, and split each part of the header at its first = only.",
        encode=lambda digest: base64_text(digest).rstrip("="),
    )
    standard = "Use standard Base64, with + and / and padding."
    yield _bug(
        "url_safe_base64",
        "It expects the signature in URL-safe Base64, without padding.",
        standard,
        encode=lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
    )
    yield _bug(
        "url_safe_base64",
        "It expects the signature in URL-safe Base64.",
        standard,
        encode=lambda digest: base64.urlsafe_b64encode(digest).decode(),
    )


def _other_schemes() -> Iterator[ReceiverBug]:
    """Yield schemes of other services, which do not sign a timestamp."""
    without = 'Sign "<t>." followed by the body. <t> is the t of the header.'
    yield _bug(
        "no_timestamp", "It signs the body without the timestamp.", without, message=lambda _, body: body
    )
    yield _bug(
        "no_timestamp",
        "It signs the body without the timestamp, in hex.",
        f"{without} Encode the signature in Base64.",
        encode=_hex,
        message=lambda _, body: body,
    )
    for finding, prefix, encode in (
        ("the Base64 of a signature of the body", "", base64_text),
        ("a signature of the body in hex", "", _hex),
        ("sha256= and a signature of the body in hex", "sha256=", _hex),
    ):
        yield _other_header(finding, prefix, encode)


def _other_header(finding: str, prefix: str, encode: Encode) -> ReceiverBug:
    return ReceiverBug(
        "header_not_parsed",
        f"It expects that the whole header is {finding}, as other services send it.",
        f"Split the header at its comma into t and v1. {_STANDARD}",
        sign=lambda secret, _, body: f"{prefix}{encode(_hmac(secret, body))}",
    )


def _iso(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _messages() -> Iterator[ReceiverBug]:
    dot = "Sign the digits of t, a full stop, and the raw body, with nothing else between them."
    for code, finding, text in (
        ("no_dot", "It signs the timestamp and the body without the dot between them.", "{t}{body}"),
        ("separator", "It signs timestamp and body with a colon between them.", "{t}:{body}"),
        ("separator", "It signs timestamp and body with a newline between them.", "{t}\n{body}"),
        ("separator", "It signs v1:<t>:<body>.", "v1:{t}:{body}"),
        ("order", "It signs the body before the timestamp.", "{body}.{t}"),
    ):
        yield _bug(code, finding, dot, message=partial(_fill, text))
    digits = "Sign the digits of t as they stand in the header. Convert t to a number only to compare times."
    writings: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("It signs the timestamp in milliseconds.", lambda t: f"{t}000"),
        ("It signs the timestamp with a fraction, such as 1700000000.0.", lambda t: f"{t}.0"),
        ("It signs the timestamp as a date, such as 2023-11-14T22:13:20.000Z.", _iso),
    )
    for finding, rewrite in writings:
        yield _bug("timestamp_rewritten", finding, digits, message=partial(_with_timestamp, rewrite))
    yield _bug(
        "utf16",
        "It signs the text in UTF-16.",
        "Sign the bytes as they came, or the text in UTF-8 (Encoding.UTF8 in C#).",
        message=lambda t, body: message(t, body).decode("utf-8", "replace").encode("utf-16-le"),
    )


def _with_timestamp(rewrite: Callable[[int], str], timestamp: int, body: bytes) -> bytes:
    return f"{rewrite(timestamp)}.".encode() + body


def _fill(text: str, timestamp: int, body: bytes) -> bytes:
    return text.replace("{t}", str(timestamp)).encode().replace(b"{body}", body)


def _hashes() -> Iterator[ReceiverBug]:
    digests: tuple[tuple[str, str, Digest], ...] = (
        ("hash", "It uses HMAC with SHA-1.", lambda key, text: hmac.digest(key, text, "sha1")),
        ("hash", "It uses HMAC with SHA-512.", lambda key, text: hmac.digest(key, text, "sha512")),
        ("hash", "It uses HMAC with MD5.", lambda key, text: hmac.digest(key, text, "md5")),
        (
            "arguments_swapped",
            "It uses the message as the key and the secret as the message of the HMAC.",
            lambda key, text: hmac.digest(text, key, "sha256"),
        ),
        (
            "no_hmac",
            "It hashes the secret and the message without HMAC.",
            lambda key, text: hashlib.sha256(key + text).digest(),
        ),
        (
            "no_hmac",
            "It hashes the message without a secret, so anyone can sign.",
            lambda _, text: hashlib.sha256(text).digest(),
        ),
    )
    for code, finding, digest in digests:
        yield _digest_bug(code, finding, digest)


def _digest_bug(code: str, finding: str, digest: Digest) -> ReceiverBug:
    return ReceiverBug(
        code,
        finding,
        _STANDARD,
        sign=lambda secret, t, body: _header(t, base64_text(digest(secret.encode(), message(t, body)))),
    )


_MISSING = "Set the secret where the endpoint runs, and refuse to start without one."
_QUOTES = "Remove the quotes. Docker's --env-file and some .env readers keep them."
_AS_IT_IS = "Use the shared secret as it is: its characters in UTF-8 are the key."


def _secrets() -> Iterator[ReceiverBug]:
    yield _secret_bug(
        "secret_missing", "It signs with an empty secret, so anyone can sign.", _MISSING, lambda _: b""
    )
    for word in ("undefined", "None", "null"):
        finding = f"It signs with the word {word} as its secret, so anyone can sign."
        yield _secret_bug("secret_missing", finding, _MISSING, partial(_always, word.encode()))
    changes: tuple[tuple[str, str, str, Change], ...] = (
        (
            "secret_whitespace",
            "Its secret ends with a newline.",
            "Remove the newline. Files and the output of echo end with one; printf writes none.",
            lambda key: key + b"\n",
        ),
        (
            "secret_whitespace",
            "Its secret ends with a carriage return.",
            "Save the file that holds the secret with Unix line ends, or strip the secret.",
            lambda key: key + b"\r",
        ),
        (
            "secret_quotes",
            "Its secret has double quotes around it.",
            _QUOTES,
            lambda key: b'"' + key + b'"',
        ),
        (
            "secret_quotes",
            "Its secret has single quotes around it.",
            _QUOTES,
            lambda key: b"'" + key + b"'",
        ),
        ("secret_decoded", "It decodes the secret from Base64.", _AS_IT_IS, _base64_decoded),
        ("secret_decoded", "It decodes the secret from hex.", _AS_IT_IS, _hex_decoded),
        ("secret_encoded", "It encodes the secret in Base64.", _AS_IT_IS, base64.b64encode),
        ("secret_decoded", "It decodes + and % in the secret.", _AS_IT_IS, _percent_decoded),
        (
            "secret_cut",
            "Its secret ends before the #, as a .env file takes the rest for a comment.",
            "Put the secret in quotes in the .env file.",
            lambda key: key.partition(b"#")[0],
        ),
        (
            "secret_cut",
            "Its secret ends before the $, as a shell or a .env file takes the rest for a variable.",
            "Put the secret in single quotes.",
            lambda key: key.partition(b"$")[0],
        ),
    )
    for change in changes:
        yield _secret_bug(*change)


def _always(key: bytes, _secret: bytes) -> bytes:
    return key


def _secret_bug(code: str, finding: str, fix: str, change: Change) -> ReceiverBug:
    return ReceiverBug(
        code,
        finding,
        fix,
        sign=lambda secret, t, body: _header(
            t, base64_text(hmac.digest(change(secret.encode()), message(t, body), "sha256"))
        ),
    )


def _base64_decoded(key: bytes) -> bytes:
    try:
        return base64.b64decode(key.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    except binascii.Error:
        return key


def _hex_decoded(key: bytes) -> bytes:
    try:
        return bytes.fromhex(key.decode())
    except ValueError:
        return key


def _percent_decoded(key: bytes) -> bytes:
    return unquote_plus(key.decode()).encode()


def time_bugs() -> list[ReceiverBug]:
    """Return the bugs by which every current timestamp is too old, those by a far future last."""
    zones = [_time_zone_bug(sign * hours) for hours in _HOURS for sign in (1, -1)]
    return [
        *zones,
        _shifted(
            "clock_ahead",
            "It refuses timestamps of now and accepts those of the future: its clock or time zone is ahead.",
            _UNIX_TIME,
            lambda t: t + _FAR,
        ),
        _shifted(
            "milliseconds",
            "It takes the timestamp for milliseconds.",
            "t is in seconds. Compare it with the time in seconds: Date.now() / 1000 in JavaScript.",
            lambda t: t * 1000,
        ),
    ]


_HOURS = (1, 2, 3, 4, 5, 5.5, 6, 7, 8)
_FAR = 365 * 24 * 60 * 60
_UNIX_TIME = (
    "t counts seconds since 1970-01-01 UTC. Compare it with unix time, not with a local date;"
    " check the endpoint's clock as well."
)


def _time_zone_bug(hours: float) -> ReceiverBug:
    direction = "ahead of" if hours > 0 else "behind"
    finding = f"It expects timestamps {abs(hours):g} h {direction} the time."
    return _shifted("time_zone", finding, _UNIX_TIME, lambda t: t + int(hours * 3600))


def _shifted(code: str, finding: str, fix: str, change: Callable[[int], int]) -> ReceiverBug:
    def sign(secret: str, timestamp: int, body: bytes) -> str:
        at = change(timestamp)
        return _header(at, base64_text(_hmac(secret, message(at, body))))

    return ReceiverBug(code, finding, fix, sign=sign)


def signing_bugs() -> list[ReceiverBug]:
    """Return the mistakes, the likely ones first."""
    return [*_encodings(), *_other_schemes(), *_messages(), *_secrets(), *_hashes()]
