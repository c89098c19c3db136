"""What the user hands over as a file, or on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from jebbitctl.errors import UsageError

LARGEST = 32 * 1024 * 1024
"""Bytes: far above any document that the API takes, and an end to ``/dev/zero``."""


def read_input(name: str, *, what: str) -> bytes:
    """Return what a file holds, or for ``-`` what comes on standard input.

    Args:
        name: a path, or ``-``.
        what: the option that names it, for the error.

    Raises:
        UsageError: it cannot be read, or holds more than LARGEST.
    """
    try:
        if name == "-":
            if sys.stdin is None:
                raise UsageError(f"{what}: standard input is closed")
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no file name"
        raise UsageError(f"{what} {name}: {why}") from None
    if len(content) > LARGEST:
        raise UsageError(f"{what} {name}: more than {LARGEST // 2**20} MiB")
    return content


def read_text_input(name: str, *, what: str) -> str:
    """Return what :func:`read_input` does, as text.

    Raises:
        UsageError: it is not UTF-8.
    """
    try:
        return read_input(name, what=what).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{what} {name}: it is not UTF-8 text") from None
