"""Files for the shared secrets of new integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.files import ensure_private_dir, replace_file, write_secret_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class SecretFiles:
    """The files ``NAME.secret`` of one directory.

    An empty file is created before its integration is. While it is empty, the secret is pending, even if the
    process that should have written it was killed.

    Args:
        directory: created with mode 0700 along with the first file.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def require_free(self, names: Iterable[str]) -> None:
        """Check that no secret would be overwritten.

        Args:
            names: of integrations that do not exist yet.

        Raises:
            UsageError: the directory is a file, or contains a secret with one of these names.
        """
        if self._directory.exists() and not self._directory.is_dir():
            raise UsageError(f"{self._directory} is not a directory")
        for name in names:
            if self.path(name).exists() and not self.is_pending(name):
                raise UsageError(
                    f"{self.path(name)} already exists, but integration {name} does not",
                    hint="move the file away: it may hold the secret of another integration",
                )

    def is_pending(self, name: str) -> bool:
        """Whether a secret was reserved but not written."""
        path = self.path(name)
        return path.is_file() and not path.stat().st_size

    def reserve(self, name: str) -> None:
        """Create an empty file for the secret, in the same way as the secret will be written.

        Raises:
            JebbitctlError: it cannot be written.
        """
        path = self.path(name)
        try:
            if not self._directory.is_dir():
                ensure_private_dir(self._directory)
            replace_file(path, "")
        except OSError as error:
            raise JebbitctlError(f"{path}: the secret could not be written: {error.strerror}") from None

    def write(self, name: str, secret: str) -> None:
        """Write a secret atomically, with mode 0600.

        Raises:
            JebbitctlError: it cannot be written.
        """
        write_secret_file(self.path(name), secret)

    def path(self, name: str) -> Path:
        """Return the path of an integration's secret."""
        return self._directory / f"{name}.secret"
