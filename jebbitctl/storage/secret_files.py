"""Shared secrets of new integrations, a file each, where the user wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.files import private_dir, write_private, write_secret_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class SecretFiles:
    """The files ``NAME.secret`` of one directory.

    An integration's file is there, empty, before the integration is: one that is still empty later tells that
    a secret is owed, even when the process that owed it was killed.

    Args:
        directory: created, with mode 0700, when the first file is.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def require_free(self, names: Iterable[str]) -> None:
        """Refuse to go on where a secret's place is taken or cannot be.

        Raises:
            UsageError: the directory is a file, or holds a secret under one of these names.
        """
        if self._directory.exists() and not self._directory.is_dir():
            raise UsageError(f"{self._directory} is not a directory")
        for name in names:
            if self.path(name).exists() and not self.is_owed(name):
                raise UsageError(
                    f"{self.path(name)} is there already, but integration {name} is yet to be created",
                    hint="it may be the secret of an integration that still delivers: move it away first",
                )

    def is_owed(self, name: str) -> bool:
        """Whether this secret was to be written, and was not."""
        path = self.path(name)
        return path.is_file() and not path.stat().st_size

    def reserve(self, name: str) -> None:
        """Make an empty file where the secret will go, as the secret will be written.

        Raises:
            JebbitctlError: it cannot be written.
        """
        path = self.path(name)
        try:
            if not self._directory.is_dir():
                private_dir(self._directory)
            write_private(path, "")
        except OSError as error:
            raise JebbitctlError(f"{path}: the secret could not be written: {error.strerror}") from None

    def keep(self, name: str, secret: str) -> None:
        """Write a secret, mode 0600, whole or not at all.

        Raises:
            JebbitctlError: it cannot be written.
        """
        write_secret_file(self.path(name), secret)

    def path(self, name: str) -> Path:
        """Return where an integration's secret goes."""
        return self._directory / f"{name}.secret"
