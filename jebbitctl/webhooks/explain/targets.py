"""What a header's signatures stand for: the digests that would prove a cause."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from jebbitctl.webhooks.explain.causes import Cause
from jebbitctl.webhooks.explain.literals import decode_base64

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIN_PREFIX = 8
"""The fewest bytes of a digest that prove something: one in 2**64 matches by chance."""
_BASE64_LENGTH = 44


class Targets:
    """The digests that signatures stand for, each with what is wrong about the signature's text."""

    def __init__(self) -> None:
        self._exact: dict[bytes, tuple[Cause, ...]] = {}
        self._prefixes: list[tuple[bytes, tuple[Cause, ...]]] = []
        self._folded: dict[str, tuple[Cause, ...]] = {}

    def add(self, signature: str, causes: tuple[Cause, ...]) -> None:
        """Add what a signature stands for; the first causes that are given for a digest are kept."""
        for cause, digest in _decode(signature):
            self._exact.setdefault(digest, (*causes, cause) if cause else causes)
        for cause, prefix in _decode_beginning(signature):
            self._prefixes.append((prefix, (*causes, cause)))
        if signature in (signature.lower(), signature.upper()) and len(signature) == _BASE64_LENGTH:
            self._folded.setdefault(signature.lower(), (*causes, Cause.SIGNATURE_CASE))

    def match(self, digest: bytes) -> tuple[Cause, ...] | None:
        """Return the causes of the signature that stands for ``digest``; None if none does."""
        causes = self._exact.get(digest)
        if causes is None and self._prefixes:
            causes = next((causes for prefix, causes in self._prefixes if digest.startswith(prefix)), None)
        if causes is None and self._folded:
            causes = self._folded.get(base64.b64encode(digest).decode().lower())
        return causes


def _decode(signature: str) -> Iterator[tuple[Cause | None, bytes]]:
    """Yield the digests that a text may stand for, and what is wrong about the text."""
    raw = signature.encode("utf-8", "replace")
    digest = decode_base64(raw)
    if digest is not None and base64.b64encode(digest) == raw:
        yield None, digest
    if re.fullmatch(r"[0-9A-Fa-f]{32,128}", signature):
        yield from ((Cause.HEX, found) for found in _from_hex(raw))
    if digest is not None:
        url_safe = "-" in signature or "_" in signature
        has_padding = signature.endswith("=") or len(digest) % 3 == 0
        if url_safe:
            yield Cause.URL_SAFE_BASE64, digest
        elif not has_padding:
            yield Cause.PADDING_LOST, digest
        else:
            yield Cause.PADDING_ADDED, digest
        yield from ((Cause.HEX, found) for found in _from_hex(digest))
        inner = decode_base64(digest.strip())
        if inner is not None:
            yield Cause.SIGNATURE_ENCODED_TWICE, inner
    followed = re.fullmatch(r"([A-Za-z0-9+/]{43}=)[=.;)\]}>]+", signature)
    if followed:
        yield Cause.PADDING_ADDED, base64.b64decode(followed[1])


def _from_hex(text: bytes) -> Iterator[bytes]:
    try:
        yield binascii.unhexlify(text.strip())
    except ValueError:
        return


def _decode_beginning(signature: str) -> Iterator[tuple[Cause, bytes]]:
    """Yield the first bytes that a cut text stands for."""
    text = re.sub(r"(?:\.{2,}|…|\*+)$", "", signature)
    if re.fullmatch(r"[0-9A-Fa-f]+", text) and len(text) < 64:  # noqa: PLR2004
        prefix = bytes.fromhex(text[: len(text) // 2 * 2])
        if len(prefix) >= _MIN_PREFIX:
            yield Cause.HEADER_TRUNCATED, prefix
    if re.fullmatch(r"[A-Za-z0-9+/]+", text) and len(text) < _BASE64_LENGTH - 1:
        prefix = base64.b64decode(text[: len(text) // 4 * 4])
        if len(prefix) >= _MIN_PREFIX:
            yield Cause.HEADER_TRUNCATED, prefix
