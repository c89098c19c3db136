"""Finds the command that was meant by a verb without its noun, such as ``jebbitctl listen``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SUGGESTED = 3


def commands_of(verb: str, names: Iterable[str]) -> list[str]:
    """Return the commands with a verb, such as ``webhooks listen``; none if they are more than MAX_SUGGESTED.

    Args:
        verb: as typed.
        names: of jebbitctl's commands, which are their modules' names. All are imported.
    """
    apps = {name: importlib.import_module(f"jebbitctl.commands.{name}").app for name in names}
    found = [
        f"{noun} {verb}"
        for noun, app in apps.items()
        if app.help is not None and verb in {command.name for command in app.commands}
    ]
    return found if len(found) <= MAX_SUGGESTED else []
