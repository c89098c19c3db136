"""What can go wrong, as a user sees it: one exception tree, one table of exit codes.

::

    JebbitctlError                 1  failed
    ├── UsageError                 2  usage
    │   └── InputNeededError       2  input_needed
    ├── CancelledError             1  cancelled
    ├── ConflictError              1  conflict
    ├── RefusedError               1  refused
    │   └── NotTakenError          1  not_taken
    ├── NotFoundError              3  not_found
    ├── CredentialsError           4  credentials
    │   ├── KeyringError           4  keyring
    │   └── ForbiddenError         4  forbidden
    ├── UnavailableError           5  unavailable
    │   └── AmbiguousWriteError    5  ambiguous
    └── CheckFailedError           6  check_failed
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes, a contract with scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CREDENTIALS = 4
    UNAVAILABLE = 5
    CHECK_FAILED = 6
    INTERRUPTED = 130


class JebbitctlError(Exception):
    """An error a user can act on.

    Attributes:
        message: what happened, one line, without the word "error".
        hint: what to do now, or None.
        status: the HTTP status that Jebbit answered, or None.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


class UsageError(JebbitctlError):
    """The command line, an environment variable or a file cannot be meant this way."""

    exit_code = ExitCode.USAGE
    code = "usage"


class InputNeededError(UsageError):
    """A question would have to be asked, and there is nobody to ask."""

    code = "input_needed"


class CancelledError(JebbitctlError):
    """A question was answered with no."""

    code = "cancelled"


class ConflictError(JebbitctlError):
    """Somebody else changed what a command was about to change."""

    code = "conflict"


class RefusedError(JebbitctlError):
    """Jebbit answered, and the answer is no, or makes no sense."""

    code = "refused"


class NotTakenError(RefusedError):
    """Jebbit accepted a write but did not take every attribute that was asked for."""

    code = "not_taken"


class NotFoundError(JebbitctlError):
    """Jebbit knows no such resource."""

    exit_code = ExitCode.NOT_FOUND
    code = "not_found"


class CredentialsError(JebbitctlError):
    """Credentials are missing, malformed or wrong."""

    exit_code = ExitCode.CREDENTIALS
    code = "credentials"


class KeyringError(CredentialsError):
    """The operating system's keyring is absent, unsafe, locked or silent."""

    code = "keyring"


class ForbiddenError(CredentialsError):
    """The credentials are good, but not for this."""

    code = "forbidden"


class UnavailableError(JebbitctlError):
    """The network or the service failed: trying later may help."""

    exit_code = ExitCode.UNAVAILABLE
    code = "unavailable"


class AmbiguousWriteError(UnavailableError):
    """A write got no answer: it may have been carried out."""

    code = "ambiguous"


class CheckFailedError(JebbitctlError):
    """A check that was asked for did not hold."""

    exit_code = ExitCode.CHECK_FAILED
    code = "check_failed"
