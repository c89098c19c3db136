"""The errors that users see, and their exit codes.

::

    JebbitctlError                   1  failed
    ├── UsageError                   2  usage
    │   └── InputRequiredError       2  input_required
    ├── CancelledError               1  cancelled
    ├── ConflictError                1  conflict
    ├── RejectedError                1  rejected
    │   └── PartiallyAppliedError    1  partially_applied
    ├── NotFoundError                3  not_found
    ├── CredentialsError             4  credentials
    │   ├── KeyringError             4  keyring
    │   └── ForbiddenError           4  forbidden
    ├── UnavailableError             5  unavailable
    │   └── AmbiguousWriteError      5  ambiguous
    └── CheckFailedError             6  check_failed
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing import Self


class ExitCode(IntEnum):
    """The exit codes. Scripts rely on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CREDENTIALS = 4
    UNAVAILABLE = 5
    CHECK_FAILED = 6
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class JebbitctlError(Exception):
    """An error that a user can act on. It is immutable; ``with_…`` methods return a new one.

    Args:
        message: what happened, in one line, without the word "error".
        hint: what to do about it.
        status: the HTTP status of Jebbit's response.
        request_id: what Jebbit's response calls the request, for Jebbit's support.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    code: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self._message = message
        self._hint = hint
        self._status = status
        self._request_id = request_id

    @property
    def message(self) -> str:
        return self._message

    @property
    def hint(self) -> str | None:
        return self._hint

    @property
    def status(self) -> int | None:
        return self._status

    @property
    def request_id(self) -> str | None:
        return self._request_id

    def with_hint(self, hint: str | None) -> Self:
        """Return this error with another hint."""
        return type(self)(self.message, hint=hint, status=self.status, request_id=self.request_id)

    def with_context(self, prefix: str = "", suffix: str = "") -> Self:
        """Return this error with text before and after its message."""
        message = f"{prefix}{self.message}{suffix}"
        return type(self)(message, hint=self.hint, status=self.status, request_id=self.request_id)

    def with_request_id(self, request_id: str | None) -> Self:
        """Return this error with the id of the request that it is about."""
        return type(self)(self.message, hint=self.hint, status=self.status, request_id=request_id)


class UsageError(JebbitctlError):
    """The command line, an environment variable or a file is invalid."""

    exit_code = ExitCode.USAGE
    code = "usage"


class InputRequiredError(UsageError):
    """Input is required, but prompting is impossible or disabled."""

    code = "input_required"


class CancelledError(JebbitctlError):
    """The user answered a confirmation with no."""

    code = "cancelled"


class ConflictError(JebbitctlError):
    """Someone else changed a resource before this command could."""

    code = "conflict"


class RejectedError(JebbitctlError):
    """Jebbit rejected a request, or its response is unusable."""

    code = "rejected"


class PartiallyAppliedError(RejectedError):
    """Jebbit accepted a write but did not apply every attribute."""

    code = "partially_applied"


class NotFoundError(JebbitctlError):
    """Jebbit has no such resource, or this machine no such profile."""

    exit_code = ExitCode.NOT_FOUND
    code = "not_found"


class CredentialsError(JebbitctlError):
    """Credentials are missing, malformed or wrong."""

    exit_code = ExitCode.CREDENTIALS
    code = "credentials"


class KeyringError(CredentialsError):
    """The operating system's keyring is missing, unsafe, locked or not responding."""

    code = "keyring"


class ForbiddenError(CredentialsError):
    """The credentials are valid but do not permit this."""

    code = "forbidden"


class UnavailableError(JebbitctlError):
    """The network or the service failed; trying again later may help."""

    exit_code = ExitCode.UNAVAILABLE
    code = "unavailable"


class AmbiguousWriteError(UnavailableError):
    """A write has no clear outcome: it may have been carried out."""

    code = "ambiguous"


class CheckFailedError(JebbitctlError):
    """A check that the user asked for failed."""

    exit_code = ExitCode.CHECK_FAILED
    code = "check_failed"
