"""Files that tell which sandboxes run on this machine, and how to use them.

A sandbox that was killed leaves its file behind, so whoever reads one asks the sandbox first.
"""

from __future__ import annotations

import errno
import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from jebbitctl.environment import API_BASE_URL, CLIENT_SECRET
from jebbitctl.storage.atomic_files import replace_file
from jebbitctl.storage.files import ensure_private_dir, is_private, read_regular_file
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.urls import is_loopback, url_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class RunningSandbox(NamedTuple):
    """A sandbox that runs, or was killed.

    Attributes:
        run: the id that it shows at ``/healthz``; letters and digits.
        environment: the variables that make jebbitctl use it, its client secret among them.
    """

    run: str
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Its base URL, on this machine."""
        return self.environment[API_BASE_URL]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0


class RunningSandboxes:
    """The files ``sandboxes/RUN.json`` of one configuration directory, mode 0600.

    Args:
        directory: None if there is no home directory, where nothing is written.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory and directory / "sandboxes"

    @contextmanager
    def announce(self, sandbox: RunningSandbox, warn: Callable[[str], None]) -> Iterator[None]:
        """Let other processes find a sandbox while the block runs; warn if they cannot."""
        try:
            if self._directory is None:
                raise FileNotFoundError(errno.ENOENT, "there is no home directory; set JEBBIT_CONFIG_DIR")
            ensure_private_dir(self._directory)
            replace_file(self._directory / _name(sandbox), json.dumps(sandbox._asdict()))
        except OSError as error:
            warn(f"jebbitctl sandbox env cannot find this sandbox: {error.strerror}")
        try:
            yield
        finally:
            self.forget(sandbox)

    def all(self) -> list[RunningSandbox]:
        """Return the sandboxes whose files only this user could have written, in no particular order."""
        if self._directory is None:
            return []
        found = []
        with suppress(OSError):
            found = [_read(path) for path in sorted(self._directory.glob("*.json"))]
        return [sandbox for sandbox in found if sandbox]

    def forget(self, sandbox: RunningSandbox) -> None:
        """Remove the file of a sandbox that does not run any more, as far as that is possible."""
        if self._directory is not None:
            with suppress(OSError):
                (self._directory / _name(sandbox)).unlink()


def _name(sandbox: RunningSandbox) -> str:
    return f"{sandbox.run}.json"


def _read(path: Path) -> RunningSandbox | None:
    """Return the sandbox of a file, None if it is not one of ours."""
    try:
        found = json.loads(read_regular_file(path)) if is_private(path) else None
        if not isinstance(found, dict) or found.get("run") != path.stem:
            return None
        environment = found.get("environment")
        if not isinstance(environment, dict) or not all(
            isinstance(text, str) for text in environment.values()
        ):
            return None
        sandbox = RunningSandbox(path.stem, environment)
        if not (is_loopback(url_host(environment.get(API_BASE_URL, ""))) and sandbox.port):
            return None
    except (OSError, ValueError, RecursionError):  # ValueError: of a port, too
        return None
    register_secret(environment.get(CLIENT_SECRET, ""))
    return sandbox
