"""The file of ``--junit``."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.output.junit import is_junit
from jebbitctl.storage.files import write_public_file

if TYPE_CHECKING:
    from pathlib import Path

_PROLOG_BYTES = 4096


@dataclass(slots=True)
class JunitFile:
    """A JUnit file that never shows the results of an earlier run.

    Attributes:
        path: of the file.
        started: unix seconds.
    """

    path: Path
    started: float = field(default_factory=time.time)

    def begin(self, unended: str) -> None:
        """Write that the run has not ended, which proves that the file can be written.

        Args:
            unended: the document that says so.

        Raises:
            UsageError: it cannot be written, or there is a file that is not JUnit XML.
        """
        if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
            return  # a pipe or a device gets one document
        if not self._may_be_replaced():
            raise UsageError(
                f"--junit {self.path}: the file exists and is not JUnit XML",
                hint="name another file, or remove this one",
            )
        try:
            write_public_file(self.path, unended)
        except JebbitctlError as error:
            raise UsageError(f"--junit: {error.message}") from None

    def _may_be_replaced(self) -> bool:
        """Whether the file is missing, empty or JUnit XML."""
        try:
            with self.path.open("rb") as file:
                start = file.read(_PROLOG_BYTES)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise UsageError(f"--junit {self.path}: {error.strerror}") from None
        return not start.strip() or is_junit(start)

    def end(self, document: str) -> None:
        """Write the results.

        Raises:
            JebbitctlError: the file cannot be written any more; it still says that the run did not end.
        """
        write_public_file(self.path, document)
