"""Where shells keep completion scripts, and how one is installed: a script, and a line that loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.environment import XDG_CONFIG_HOME, ZDOTDIR
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.files import create_directory, write_public_file
from jebbitctl.storage.trust import require_own_target
from jebbitctl.util.shell import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.environment import Environment

LOADED_FROM = {"bash": ".bash_completions", "zsh": ".zfunc"}
"""The folder of scripts that a start-up file has to load, by shell."""
_STARTUP_FILES = {"bash": (".bashrc", ".bash_profile", ".profile"), "zsh": (".zshrc",), "fish": ()}
"""The start-up files of each shell; a new line goes to the first."""


def script_path(shell: str, environment: Environment) -> Path:
    """Return the path that a shell's completion script is installed at.

    Raises:
        UsageError: there is no home directory.
    """
    home = _home(shell, environment)
    if shell == "fish":
        config = environment.directory(XDG_CONFIG_HOME) or home / ".config"
        return config / "fish" / "completions" / "jebbitctl.fish"
    return home / LOADED_FROM[shell] / ("_jebbitctl" if shell == "zsh" else "jebbitctl.sh")


def startup_files(shell: str, environment: Environment) -> list[Path]:
    """Return the files that a shell reads when it starts, none for a shell that finds scripts by itself.

    Raises:
        UsageError: there is no home directory.
    """
    return [_home(shell, environment) / name for name in _STARTUP_FILES[shell]]


def has_line_with(text: str, path: Path) -> bool:
    """Whether a file has a line with this text that is not commented out; False if it cannot be read."""
    return any(text in line for line in _lines(path))


def loads_script(shell: str, path: Path) -> bool:
    """Whether a start-up file loads the script: not only that of another program in the same folder."""
    lines = _lines(path)
    naming = [number for number, line in enumerate(lines) if LOADED_FROM[shell] in line]
    if shell == "bash":
        files = (lines[number].partition(LOADED_FROM[shell])[2] for number in naming)
        return any("jebbitctl" in file or "*" in file for file in files)
    return any("compinit" in line for number in naming[:1] for line in lines[number:])


def install_script(shell: str, script: str, environment: Environment) -> Iterator[str]:
    """Install a completion script, and have a start-up file load it; yield what was done, as sentences.

    Args:
        shell: bash, zsh or fish.
        script: its content.
        environment: says where the shell's files are.

    Raises:
        UsageError: there is no home directory, or another user could decide what is written where.
        JebbitctlError: a file cannot be written.
    """
    path = script_path(shell, environment)
    yield _write_script(path, f"{script.strip()}\n")
    if shell in LOADED_FROM:
        folder = quote(str(path.parent))
        line = (
            f"source {quote(str(path))}"
            if shell == "bash"
            else f"fpath+=({folder}); autoload -Uz compinit; compinit"
        )
        files = startup_files(shell, environment)
        loading = [file for file in files if loads_script(shell, file)]
        yield f"{loading[0]} already loads it." if loading else append_line(files[0], line)


def append_line(path: Path, line: str) -> str:
    """Append a line to a start-up file, unless it has it, and return what was done; nothing else changes.

    Raises:
        UsageError: another user could decide what is written where.
        JebbitctlError: the file cannot be written.
    """
    if has_line_with(line, path):
        return f"{path} already loads it."
    require_own_target(path)
    try:
        create_directory(path.parent)
        with path.open("ab+") as file:  # in place: such files are often links to others
            file.seek(0)
            content = file.read()
            gap = b"" if content.endswith(b"\n") or not content else b"\n"
            file.write(gap + line.encode() + b"\n")
    except OSError as error:
        raise JebbitctlError(
            f"{path} could not be written: {error.strerror}",
            hint=f"add this line yourself: {line}",
        ) from None
    return f"Added to {path}: {line}"


def _lines(path: Path) -> list[str]:
    """Return the lines of a file that are not commented out; none if it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if not line.lstrip().startswith("#")]


def _write_script(path: Path, content: str) -> str:
    try:
        if path.read_bytes() == content.encode():
            return f"{path} is already up to date."
    except OSError:
        pass
    require_own_target(path)
    try:
        create_directory(path.parent)
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None
    write_public_file(path, content)
    return f"Wrote {path}."


def _home(shell: str, environment: Environment) -> Path:
    if shell == "zsh" and (named := environment.directory(ZDOTDIR)):
        return named
    home = environment.home()
    if home is None:
        raise UsageError("there is no home directory to install completion in", hint="set HOME")
    return home
