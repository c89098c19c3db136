"""Completion scripts that do more than Typer's, and the values as each shell needs them.

Typer has no public way to change a script or its format, so its classes are replaced. The tests run real
shells.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from typer import _completion_classes as classes
from typer import _completion_shared as shared

_AUTOLOADED = "\nif [[ $funcstack[1] = _%(prog_name)s ]]; then\n  %(complete_func)s\nfi\n"
"""zsh autoloads the script as the function itself; without this, the first TAB would only register it."""

_WORD = "COMP_CWORD=$COMP_CWORD"
_PROGRAM = r"${1/#\~\//$HOME/}"
"""The program's name as bash was given it, which may be a path that begins with ~."""
_NO_ERRORS = "2>/dev/null"
"""If the program is missing or damaged, a message would garble the line being typed."""
_LISTING = str(ord("?"))
"""The value of bash's COMP_TYPE while it lists completions."""


class _Quiet:
    """Offers nothing if anything fails: a message would garble the line being typed."""

    def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
        """Return the completions of what is typed, such as ``--region=e``, with the option in front."""
        # Typer would render descriptions with rich, which takes as long as everything else.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
        try:
            items: list[Any] = super().get_completions(args, incomplete)  # type: ignore[misc]
        except Exception:  # noqa: BLE001 - see above
            return []
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("--"):
            for item in items:
                item.value = f"{option}={item.value}"
        return items


class Bash(_Quiet, classes.BashComplete):
    """Lists several completions with their descriptions, and joins what bash splits at ``=``."""

    source_template = shared.COMPLETION_SCRIPT_BASH.replace(_WORD, f"{_WORD} COMP_TYPE=$COMP_TYPE").replace(
        "_bash $1 ", f'_bash "{_PROGRAM}" {_NO_ERRORS} '
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one being typed, and that one; ``--region = eu`` becomes one word."""
        args, incomplete = super().get_completion_args()
        words: list[str] = []
        for word in (*args, incomplete):
            previous = words[-1] if words else ""
            is_value = word if previous.endswith("=") else word == "=" and "=" not in previous
            if previous.startswith("--") and is_value:
                words[-1] += word
            else:
                words.append(word)
        self._splits_at_equals = words[-1] != incomplete
        return words[:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
        """Return the completions, with descriptions while bash lists them."""
        items = super().get_completions(args, incomplete)
        for item in items:
            if self._splits_at_equals:  # bash replaces only what is behind the =
                item.value = item.value.partition("=")[2]
            if os.environ.get("COMP_TYPE") == _LISTING and len(items) > 1 and item.help:
                item.value += f"  ({item.help})"
        return items


class Zsh(_Quiet, classes.ZshComplete):
    """Completes on the first TAB, and keeps apostrophes."""

    source_template = (
        shared.COMPLETION_SCRIPT_ZSH.replace("%(prog_name)s)", f"%(prog_name)s {_NO_ERRORS})") + _AUTOLOADED
    )

    def format_completion(self, item: Any) -> str:
        """Return a completion for ``_arguments``, which puts it in single quotes."""
        return super().format_completion(item).replace("''", "'\\''")


class Fish(_Quiet, classes.FishComplete):
    """Completes ``--option=value`` as well."""

    source_template = shared.COMPLETION_SCRIPT_FISH.replace(
        '%(prog_name)s)"', f'%(prog_name)s {_NO_ERRORS})"'
    ).replace('%(prog_name)s"', f'%(prog_name)s {_NO_ERRORS}"')


class PowerShell(_Quiet, classes.PowerShellComplete):
    """Completes ``--option=value`` as well."""


def use_completion_scripts() -> None:
    """Make Typer use these classes and their scripts."""
    classes.BashComplete, classes.ZshComplete = Bash, Zsh  # type: ignore[misc]
    classes.FishComplete, classes.PowerShellComplete = Fish, PowerShell  # type: ignore[misc]
    for shell in (Bash, Zsh, Fish):
        shared._completion_scripts[shell.name] = shell.source_template  # noqa: SLF001
    classes.completion_init()


def supported_shells() -> list[str]:
    """Return the names of the shells that have a script."""
    return [shell.value for shell in shared.Shells]


def running_shell() -> str | None:
    """Return the name of the shell that runs this command, None if it cannot be found."""
    return shared._get_shell_name()  # noqa: SLF001


def script_of(shell: str) -> str:
    """Return the completion script of a shell."""
    return shared.get_completion_script(
        prog_name="jebbitctl", complete_var="_JEBBITCTL_COMPLETE", shell=shell
    )
