"""``--install-completion`` and ``--show-completion``, which take the name of a shell or find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

THIS_SHELL = "auto"
"""The value of an option that was given without one."""
Shell: TypeAlias = Literal["auto", "bash", "zsh", "fish", "powershell", "pwsh"]

_OPTIONS = ("--install-completion", "--show-completion")
_POWERSHELL_LINE = "jebbitctl --show-completion powershell | Out-String | Invoke-Expression"


def with_shell(args: list[str]) -> list[str]:
    """Return the arguments of the root command with a value after an option that was given without one."""
    if args and args[0] in _OPTIONS and (len(args) == 1 or args[1].startswith("-")):
        return [args[0], THIS_SHELL, *args[1:]]
    return args


def show(ctx: typer.Context, shell: str | None) -> None:
    """Print the completion script of a shell, and end the command."""
    if shell is None or ctx.resilient_parsing:
        return
    from jebbitctl.output.streams import write_line

    write_line(_script(_named(shell)))
    raise typer.Exit


def install(ctx: typer.Context, shell: str | None) -> None:
    """Install completion for a shell, say what was written, and end the command."""
    if shell is None or ctx.resilient_parsing:
        return
    from jebbitctl.environment import Environment
    from jebbitctl.output.streams import write_error_line
    from jebbitctl.storage.completion_scripts import append_line, install_script
    from jebbitctl.util.text import escape_controls

    shell = _named(shell)
    if shell in {"powershell", "pwsh"}:
        done = iter([append_line(_powershell_profile(shell), _POWERSHELL_LINE)])
    else:
        done = install_script(shell, _script(shell), Environment(ctx.find_root().obj))
    for line in done:  # each once it is done: a later one may fail
        write_error_line(escape_controls(line))
    write_error_line(f"Completion works in {shell} sessions that start from now on.")
    raise typer.Exit


InstallCompletion = Annotated[
    Shell | None,
    typer.Option(
        metavar="[SHELL]",
        is_eager=True,
        callback=install,
        help="Install completion for this shell, or for the one named.",
    ),
]
ShowCompletion = Annotated[
    Shell | None,
    typer.Option(
        metavar="[SHELL]", is_eager=True, callback=show, help="Print the completion script instead."
    ),
]


def _named(shell: str) -> str:
    """Return the shell that runs this command in place of ``auto``.

    Raises:
        UsageError: there is none, or its completion is not supported.
    """
    if shell != THIS_SHELL:
        return shell
    from jebbitctl.commands.completion.scripts import running_shell, supported_shells

    found = running_shell()
    if found not in supported_shells():
        reason = f"{found} is not supported" if found else "cannot tell which shell this is"
        raise UsageError(reason, hint=f"name one: --install-completion {'|'.join(supported_shells())}")
    return found


def _script(shell: str) -> str:
    from jebbitctl.commands.completion.scripts import script_of

    return script_of(shell)


def _powershell_profile(shell: str) -> Path:
    """Ask PowerShell for the path of its start-up file.

    Raises:
        UsageError: it cannot be run.
    """
    import subprocess
    from pathlib import Path

    command: list[Any] = [shell, "-NoProfile", "-Command", "$PROFILE"]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        raise UsageError(
            f"{shell} cannot be run to find its start-up file", hint=f"add to $PROFILE: {_POWERSHELL_LINE}"
        ) from None
    return Path(done.stdout.decode(errors="replace").strip())
