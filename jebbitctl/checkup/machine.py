"""This machine: Python, libraries, the configuration directory, completion."""

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
from jebbitctl.checkup.examination import SkippedError
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.checkup.examination import Examination


def python(_: Examination) -> str:
    """Python is new enough."""
    found = f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}"
    minimum = _minimum_python()
    if sys.version_info[:2] < minimum:
        raise CheckFailedError(found, hint=f"install Python {'.'.join(map(str, minimum))} or newer")
    return found


def libraries(_: Examination) -> str:
    """Every library is installed."""
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
    """Return the names of the libraries that the package requires, those of its extras left out."""
    lines = metadata.requires("jebbitctl") or []
    return [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]


def directory(examination: Examination) -> str:
    """The configuration directory is this user's alone."""
    path = examination.context.config_dir
    if path is None:
        raise CheckFailedError("there is no home directory", hint="set HOME, or JEBBIT_CONFIG_DIR")
    try:
        if not path.is_dir():
            if path.exists():
                raise CheckFailedError(f"{path} is not a directory", hint="move it away")
            return f"{path} (made when something is stored)"
        if os.name == "posix":
            _require_private(path)
        if not os.access(path, os.W_OK | os.X_OK):
            raise CheckFailedError(f"{path} cannot be written", hint=f"chmod 700 {shlex.quote(str(path))}")
    except OSError as error:
        raise CheckFailedError(f"{error.filename}: {error.strerror}", hint="look at who owns it") from None
    files = sum(1 for kept in _kept(path) if not kept.is_dir())
    return f"{path}, {files} file{'' if files == 1 else 's'} for this user only"


def _require_private(directory: Path) -> None:
    for path in (directory, *_kept(directory)):
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid != os.geteuid():
            raise CheckFailedError(f"{path} belongs to user {status.st_uid}", hint="move it away")
        if mode & 0o077:
            raise CheckFailedError(
                f"{path} has mode {mode:04o}: others may use it",
                hint=f"chmod -R go= {shlex.quote(str(directory))}",
            )


def _kept(directory: Path) -> Iterator[Path]:
    """Yield what is in the directory, and in those beneath."""
    for path in sorted(directory.iterdir()):
        yield path
        if path.is_dir():
            yield from sorted(path.iterdir())


def completion(_: Examination) -> str:
    """TAB works in the shell in use."""
    shell = Path(os.environ.get("SHELL", "")).name
    places = _completion_files(shell)
    if not places:
        raise SkippedError(f"{shell or 'the shell'} cannot be looked into")
    for path in places:
        with suppress(OSError):
            if path.is_file():
                return f"{shell}: {path}"
    for path in _startup_files(shell):
        with suppress(OSError):
            if "_JEBBITCTL_COMPLETE" in path.read_text(encoding="utf-8", errors="replace"):
                return f"{shell}: {path}"
    raise SkippedError(f"not installed for {shell}", "jebbitctl --install-completion sets it up")


def _completion_files(shell: str) -> list[Path]:
    """Return where completion scripts are installed; nothing for a shell that is not known."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - which never fails
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    shared = [Path(prefix, "share") for prefix in ("/usr", "/usr/local", "/opt/homebrew", sys.prefix)]
    if shell == "bash":
        installed = [folder / "bash-completion" / "completions" / "jebbitctl" for folder in (data, *shared)]
        return [home / ".bash_completions" / "jebbitctl.sh", *installed]
    if shell == "zsh":
        installed = [folder / "zsh" / "site-functions" / "_jebbitctl" for folder in shared]
        return [home / ".zfunc" / "_jebbitctl", *installed]
    if shell == "fish":
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
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
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - which never fails
    names = {"bash": (".bashrc", ".bash_profile", ".profile"), "zsh": (".zshrc",), "fish": ()}
    return [home / name for name in names[shell]]
