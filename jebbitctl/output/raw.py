"""An answer as it came: a pipe gets its bytes, a terminal gets nothing that it would obey."""

from __future__ import annotations

import sys

from jebbitctl.output.streams import is_terminal
from jebbitctl.text import json_text, parse_json, visible


def write_raw(body: bytes, *, plain: bool) -> None:
    """Write a body to stdout.

    Args:
        body: what came; on a terminal, JSON is indented, and other text keeps its lines.
        plain: do not indent.
    """
    if not is_terminal(sys.stdout):
        sys.stdout.flush()
        sys.stdout.buffer.write(body)
    elif body.strip():
        sys.stdout.write(_shown(body, plain=plain) + "\n")


def _shown(body: bytes, *, plain: bool) -> str:
    if not plain:
        try:
            return json_text(parse_json(body), indent=2)
        except ValueError:
            pass
    text = body.decode("utf-8", "backslashreplace")
    return "\n".join(visible(line) for line in text.rstrip("\r\n").replace("\r\n", "\n").split("\n"))
