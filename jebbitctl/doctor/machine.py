"""Checks of this machine: Python, libraries, the configuration directory and completion."""

from __future__ import annotations

import os
import platform
import re
import shlex
import stat
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from jebbitctl import __version__
from jebbitctl.doctor.check_context import CheckSkipped
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.doctor.check_context import CheckContext


def python(_: CheckContext) -> str:
    """Python is new enough."""
    found = f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}"
    minimum = _minimum_python()
    if sys.version_info[:2] < minimum:
        raise CheckFailedError(found, hint=f"install Python {'.'.join(map(str, minimum))} or newer")
    return found


def libraries(_: CheckContext) -> str:
    """Every required library is installed."""
    versions, missing = [f"jebbitctl {__version__}"], []
    for name in _required_libraries():
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        raise CheckFailedError(f"missing: {', '.join(missing)}", hint="install jebbitctl again")
    return ", ".join(versions)


def _minimum_python() -> tuple[int, int]:
    """Return the oldest Python that the package declares, such as ``(3, 11)`` for ``>=3.11``."""
    (version,) = re.findall(r">=\s*(\d+)\.(\d+)", metadata.metadata("jebbitctl")["Requires-Python"])
    return int(version[0]), int(version[1])


def _required_libraries() -> list[str]:
    """Return the names of the libraries that the package requires without its extras."""
    lines = metadata.requires("jebbitctl") or []
    return [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]


def directory(check_context: CheckContext) -> str:
    """The configuration directory is private to this user."""
    path = check_context.context.config_dir
    if path is None:
        raise CheckFailedError("there is no home directory", hint="set HOME, or JEBBIT_CONFIG_DIR")
    try:
        if not path.is_dir():
            if path.exists():
                raise CheckFailedError(f"{path} is not a directory", hint="move it away")
            return f"{path} (created when something is stored)"
        if os.name == "posix":
            _require_private(path)
        if not os.access(path, os.W_OK | os.X_OK):
            raise CheckFailedError(f"{path} is not writable", hint=f"chmod 700 {shlex.quote(str(path))}")
    except OSError as error:
        raise CheckFailedError(f"{error.filename}: {error.strerror}", hint="check its owner") from None
    files = sum(1 for entry in _contents(path) if not entry.is_dir())
    return f"{path}, {plural(files, 'file')}, private to this user"


def completion(check_context: CheckContext) -> str:
    """Completion is installed for the shell in use."""
    variables = check_context.context.environment.values
    shell = Path(variables.get("SHELL", "")).name
    scripts = _completion_scripts(shell, variables)
    if not scripts:
        raise CheckSkipped(f"{shell or 'the shell'} is not supported by this check")
    for path in scripts:
        with suppress(OSError):
            if path.is_file():
                return f"{shell}: {path}"
    for path in _startup_files(shell):
        with suppress(OSError):
            if "_JEBBITCTL_COMPLETE" in path.read_text(encoding="utf-8", errors="replace"):
                return f"{shell}: {path}"
    raise CheckSkipped(f"not installed for {shell}", "install it: jebbitctl --install-completion")


def _require_private(directory: Path) -> None:
    for path in (directory, *_contents(directory)):
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid != os.geteuid():
            raise CheckFailedError(f"{path} belongs to user {status.st_uid}", hint="move it away")
        if mode & 0o077:
            raise CheckFailedError(
                f"{path} has mode {mode:04o}: other users can access it",
                hint=f"chmod -R go= {shlex.quote(str(directory))}",
            )


def _contents(directory: Path) -> Iterator[Path]:
    """Yield the content of a directory and of its subdirectories, one level deep."""
    for path in sorted(directory.iterdir()):
        yield path
        if path.is_dir():
            yield from sorted(path.iterdir())


def _completion_scripts(shell: str, variables: Mapping[str, str]) -> list[Path]:
    """Return the paths that a shell loads completion scripts from, none for an unknown shell."""
    home = _home()
    data = Path(variables.get("XDG_DATA_HOME") or home / ".local" / "share")
    shared = [Path(prefix, "share") for prefix in ("/usr", "/usr/local", "/opt/homebrew", sys.prefix)]
    if shell == "bash":
        installed = [folder / "bash-completion" / "completions" / "jebbitctl" for folder in (data, *shared)]
        return [home / ".bash_completions" / "jebbitctl.sh", *installed]
    if shell == "zsh":
        installed = [folder / "zsh" / "site-functions" / "_jebbitctl" for folder in shared]
        return [home / ".zfunc" / "_jebbitctl", *installed]
    if shell == "fish":
        config = Path(variables.get("XDG_CONFIG_HOME") or home / ".config")
        installed = [
            folder / "fish" / "vendor_completions.d" / "jebbitctl.fish" for folder in (data, *shared)
        ]
        return [
            config / "fish" / "completions" / "jebbitctl.fish",
            home / ".config" / "fish" / "completions" / "jebbitctl.fish",
            *installed,
        ]
    return []


def _startup_files(shell: str) -> list[Path]:
    names = {"bash": (".bashrc", ".bash_profile", ".profile"), "zsh": (".zshrc",), "fish": ()}
    return [_home() / name for name in names[shell]]


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - unlike Path.home(), it never fails
