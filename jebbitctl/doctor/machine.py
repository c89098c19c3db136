"""Checks of this machine: Python, libraries, the configuration directory and completion."""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from jebbitctl import __version__
from jebbitctl import environment as env
from jebbitctl.doctor.check_context import CheckSkipped
from jebbitctl.errors import CheckFailedError
from jebbitctl.storage.atomic_files import leftovers
from jebbitctl.storage.completion_scripts import (
    LOADED_FROM,
    has_line_with,
    loads_script,
    script_path,
    startup_files,
)
from jebbitctl.storage.trust import find_config_problem, user_name
from jebbitctl.util import shell
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.doctor.check_context import CheckContext


_HAS_MODES = os.name == "posix"
_INSTALL = "install it: jebbitctl --install-completion"
_SHELLS = ("bash", "zsh", "fish")


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
    """The configuration directory is writable and, on POSIX systems, safe from other users."""
    path = check_context.context.config_dir
    if path is None:
        raise CheckFailedError("there is no home directory", hint="set HOME, or JEBBIT_CONFIG_DIR")
    try:
        if problem := find_config_problem(path / "config.toml"):
            raise CheckFailedError(problem.message, hint=problem.hint)
        if not path.is_dir():
            if path.exists():
                raise CheckFailedError(f"{path} is not a directory", hint="move it away")
            return f"{path} (created when something is stored)"
        _require_safe_content(path)
        if not os.access(path, os.W_OK | os.X_OK):
            raise CheckFailedError(f"{path} is not writable", hint=_write_fix(path))
        is_private = _HAS_MODES and not path.stat().st_mode & 0o077
    except OSError as error:
        raise CheckFailedError(f"{error.filename}: {error.strerror}", hint="check its owner") from None
    files = sum(1 for entry in _contents(path) if not entry.is_dir())
    return f"{path}, {plural(files, 'file')}{', private to this user' if is_private else ''}"


def completion(check_context: CheckContext) -> str:
    """Completion is installed for the shell in use."""
    environment = check_context.context.environment
    shell, home = Path(environment.values.get("SHELL", "")).name, environment.home() or Path("/")
    if shell not in _SHELLS:
        raise CheckSkipped(f"{shell or 'the shell'} is not supported by this check")
    for path in _autoloaded_scripts(shell, home, environment.values):
        if _is_file(path):
            return f"{shell}: {path}"
    if environment.home() is None:
        raise CheckSkipped("there is no home directory", "set HOME")
    files = startup_files(shell, environment)
    for path in files:
        if has_line_with("_JEBBITCTL_COMPLETE", path):
            return f"{shell}: {path}"
    if shell in LOADED_FROM and _is_file(script := script_path(shell, environment)):
        if not any(loads_script(shell, path) for path in files):
            raise CheckSkipped(f"found {script}, but {files[0]} does not load it", _INSTALL)
        return f"{shell}: {script}"
    raise CheckSkipped(f"not installed for {shell}", _INSTALL)


def _require_safe_content(config_dir: Path) -> None:
    """Check the caches, which must be private, and that no interrupted write has left a file behind."""
    for entry in config_dir.iterdir():
        entry.stat()  # a link to nowhere
    for cache in (config_dir / "tokens", config_dir / "completion"):
        if _HAS_MODES and cache.exists():
            for path in (cache, *sorted(cache.iterdir())):
                _require_private(path)
    left = [path for folder in (config_dir, *config_dir.iterdir()) for path in leftovers(folder)]
    if left:
        raise CheckFailedError(
            f"an interrupted write has left {', '.join(map(str, left))}",
            hint=f"run: rm {shell.join(map(str, left))}",
        )


def _require_private(path: Path) -> None:
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        raise CheckFailedError(f"{path} belongs to user {user_name(status.st_uid)}", hint="move it away")
    if mode & 0o077:
        raise CheckFailedError(
            f"{path} has mode {mode:04o}: other users can access it",
            hint=f"run: chmod go= {shell.quote(str(path))}",
        )


def _write_fix(path: Path) -> str:
    if _HAS_MODES and path.stat().st_uid != os.geteuid():
        return f"set {env.CONFIG_DIR} to a directory of your own"
    return f"run: chmod 700 {shell.quote(str(path))}"


def _contents(directory: Path) -> Iterator[Path]:
    """Yield the content of a directory and of its subdirectories, one level deep."""
    for path in sorted(directory.iterdir()):
        yield path
        with suppress(PermissionError):  # such as lost+found, in the root of a volume
            if path.is_dir():
                yield from sorted(path.iterdir())


def _autoloaded_scripts(shell: str, home: Path, variables: Mapping[str, str]) -> list[Path]:
    """Return the paths of completion scripts that a shell loads by itself."""
    data = Path(variables.get(env.XDG_DATA_HOME) or home / ".local" / "share")
    shared = [Path(prefix, "share") for prefix in ("/usr", "/usr/local", "/opt/homebrew", sys.prefix)]
    if shell == "bash":
        return [folder / "bash-completion" / "completions" / "jebbitctl" for folder in (data, *shared)]
    if shell == "zsh":
        return [folder / "zsh" / "site-functions" / "_jebbitctl" for folder in shared]
    config = Path(variables.get(env.XDG_CONFIG_HOME) or home / ".config")
    return [
        *(folder / "fish" / "completions" / "jebbitctl.fish" for folder in (config, home / ".config")),
        *(folder / "fish" / "vendor_completions.d" / "jebbitctl.fish" for folder in (data, *shared)),
    ]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
