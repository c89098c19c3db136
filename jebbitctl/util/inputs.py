"""Input from the user: files, standard input and credentials."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util.text_slips import find_slip

MAX_INPUT_BYTES = 32 * 1024 * 1024
"""Larger than any document that the API accepts; a limit for endless input such as ``/dev/zero``."""
_QUOTES = frozenset(
    {'""', "''", "``", "\u201c\u201d", "\u2018\u2019", "\u201e\u201c", "\u201a\u2018", "\xab\xbb"}
)
"""Quotation marks: of shells and of text documents."""


def read_input(name: str, *, option: str) -> bytes:
    """Return the content of a file, or of standard input for ``-``.

    Args:
        name: a path, or ``-``.
        option: the option or argument that names it, for the error.

    Raises:
        UsageError: it cannot be read, is larger than MAX_INPUT_BYTES, or its name is empty.
    """
    if not name:
        raise UsageError(f"{option}: the name of the file is empty")
    try:
        if name == "-":
            if sys.stdin is None:
                raise UsageError(f"{option}: standard input is closed")
            content = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_INPUT_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"{option} {name}: {reason}") from None
    if len(content) > MAX_INPUT_BYTES:
        raise UsageError(f"{option} {name}: larger than {MAX_INPUT_BYTES // 2**20} MiB")
    return content


def read_text_input(name: str, *, option: str) -> str:
    """Return the content of a file or of standard input as text; see :func:`read_input`.

    Raises:
        UsageError: it cannot be read, is too large, or is not UTF-8.
    """
    content = read_input(name, option=option)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from jebbitctl.util.text_encodings import SAVE_AS_UTF_8, not_utf_8

        raise UsageError(f"{option} {name}: {not_utf_8(content)}", hint=SAVE_AS_UTF_8) from None


def clean_credential(value: str, *, source: str) -> str:
    """Return a credential without trailing line breaks, which ``echo`` and editors add.

    Args:
        value: as typed, read or set.
        source: its name in the error, such as ``--client-id``.

    Raises:
        CredentialsError: it is empty, or contains a line break or another control character.
    """
    value = value.rstrip("\r\n")
    if not value:
        raise CredentialsError(f"{source} is empty")
    if slip := find_slip(value, secret=True):
        raise CredentialsError(f"{source} {slip.problem}", hint=slip.hint)
    if not value.isprintable():
        if value.strip().isprintable() and (found := padding(value, source=source)):
            raise CredentialsError(found.problem, hint=found.fix)
        raise CredentialsError(f"{source} contains a line break or another control character")
    return value


class Padding(NamedTuple):
    """What surrounds a value, and most likely is not a part of it: see :func:`padding`."""

    problem: str
    fix: str


def padding(value: str, *, source: str) -> Padding | None:
    """Return which quotes or spaces surround a value, None if there are none.

    ``docker run --env-file`` keeps the quotes that a shell would remove. A secret may begin and end with any
    character, so none is refused for this: it explains why a secret was rejected.

    Args:
        value: as it was read.
        source: its name, such as ``JEBBIT_CLIENT_ID``.
    """
    first, last = value[:1], value[-1:]
    if len(value) > 1 and first + last in _QUOTES:
        return Padding(
            f"{source} begins and ends with a quotation mark",
            "remove both, as docker --env-file keeps quotation marks",
        )
    if first.isspace() or last.isspace():
        space = first if first.isspace() else last
        kind = "a space" if space == " " else "a tab" if space == "\t" else f"a space (U+{ord(space):04X})"
        return Padding(f"{source} {'begins' if first.isspace() else 'ends'} with {kind}", "remove it")
    return None
