"""Raw response bodies: a pipe gets the bytes, a terminal gets no control characters."""

from __future__ import annotations

import sys

from jebbitctl.output.streams import is_terminal, write_bytes, write_line
from jebbitctl.util.text import escape_controls, json_text, parse_json


def write_raw(body: bytes, *, plain: bool, whole_lines: bool = False) -> None:
    """Write a body to stdout.

    Args:
        body: of a response. On a terminal, JSON is indented, and other text keeps its lines.
        plain: do not indent.
        whole_lines: end the last line, as an error message is going to follow.
    """
    if not is_terminal(sys.stdout):
        ends = body.endswith(b"\n") or not (body and whole_lines)
        write_bytes(body if ends else body + b"\n")
    elif body.strip():
        write_line(_readable(body, plain=plain))


def _readable(body: bytes, *, plain: bool) -> str:
    if not plain:
        try:
            return json_text(parse_json(body), indent=2)
        except ValueError:
            pass
    text = body.decode("utf-8", "backslashreplace")
    return "\n".join(escape_controls(line) for line in text.rstrip("\r\n").replace("\r\n", "\n").split("\n"))
