"""Errors as people and programs read them, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.output.streams import styled, write_error_line
from jebbitctl.text import json_text, visible

if TYPE_CHECKING:
    from jebbitctl.errors import JebbitctlError


def report(error: JebbitctlError, *, as_json: bool) -> None:
    """Print an error on stderr: a line, and a second one with a hint where there is one."""
    if as_json:
        members = {
            "code": error.code,
            "message": error.message,
            "status": None if error.status is None else int(error.status),
            "hint": error.hint,
        }
        write_error_line(json_text({"error": members}, ascii_only=True))
        return
    write_error_line(f"{styled('error:', 'red')} {visible(error.message)}")
    if error.hint:
        write_error_line(f"{styled('hint:', 'cyan')} {visible(error.hint)}")
