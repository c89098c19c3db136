"""Command lines that messages advise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.util import shell

if TYPE_CHECKING:
    from jebbitctl.context import Context


def command_line(context: Context, *words: str, business: str | None = None) -> str:
    """Return a command line for the same account, and for a business or the one in use."""
    named = (
        ("--profile", context.options.profile),
        ("--business", business or context.options.business),
    )
    options = [word for option, value in named if value is not None for word in (option, value)]
    return shell.join(["jebbitctl", *words, *options])
