"""Prints an error on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.output.streams import write_error_line, write_message
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from jebbitctl.errors import JebbitctlError
    from jebbitctl.output.streams import TerminalSettings


def report(error: JebbitctlError, terminal: TerminalSettings, *, as_json: bool) -> None:
    """Print an error and its hint, one line each, or as one JSON object."""
    if as_json:
        members = {
            "code": error.code,
            "message": error.message,
            "status": None if error.status is None else int(error.status),
            "hint": error.hint,
            "request_id": error.request_id,
        }
        write_error_line(json_text({"error": members}, ascii_only=True))
        return
    request = f" (request id {error.request_id})" if error.request_id else ""
    write_message(error.message + request, "error:", terminal.styled("error:", "red"))
    if error.hint:
        write_message(error.hint, "hint:", terminal.styled("hint:", "cyan"))
