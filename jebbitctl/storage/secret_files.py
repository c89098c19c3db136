"""Files for the shared secrets of new integrations.

Such a file is created empty, before the secret exists, and filled with a single write: nothing is
overwritten unless the user insists, no copy has another name, and a crash leaves the file empty or complete.
So a file that is mounted alone, which cannot be replaced, can be filled as well.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jebbitctl.errors import ConflictError, JebbitctlError, UsageError
from jebbitctl.storage.atomic_files import lock
from jebbitctl.storage.files import create_directory, remove_file, write_all
from jebbitctl.storage.trust import require_own_target
from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_MOVE_AWAY = "move the file away: it may hold the secret of another integration"
PIPE_TIMEOUT = 30.0
"""Seconds for the reader of a pipe."""
MAX_SECRET_FILE = 64 * 1024
"""Bytes that even ``force`` replaces: what is larger is another file than the user thinks."""
_OTHERS = 0o077
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def require_secret_file_usable(path: Path) -> None:
    """Check that a secret may be written to a path, without changing anything.

    Raises:
        UsageError: the directory is missing or read-only; or the path is a directory, a link to a file,
            too large, or under the control of another user.
    """
    if str(path) == "-":
        raise UsageError("a secret file cannot be -", hint="give a path, or ./- for a file of this name")
    require_own_target(path)
    if path.is_dir():
        raise UsageError(f"{path} is a directory")
    if path.is_symlink() and (path.is_file() or not path.exists()):
        raise UsageError(f"{path} is a link", hint="give the path of the file that it points to")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: {path.parent} is not a directory")
    written = path if path.exists() else path.parent
    if not os.access(written, os.W_OK):
        raise UsageError(f"{path} cannot be written: {_why_not(written)}", hint="choose another path")
    if path.is_file() and path.stat().st_size > MAX_SECRET_FILE:
        raise UsageError(f"{path} is too large to be a secret", hint="choose another path")


def require_secret_file_free(path: Path) -> None:
    """Check that a file is empty or does not exist; a pipe or a device is always free.

    Raises:
        UsageError: it holds something.
    """
    if path.is_file() and path.stat().st_size:
        raise UsageError(
            f"{path} already exists and is not empty",
            hint="it may hold another secret: move it away, choose another path, or add --force",
        )


def _why_not(path: Path) -> str:
    """Return why a file, or files in a directory, cannot be written."""
    is_read_only = hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if is_read_only else errno.EACCES)


@contextmanager
def reserved_secret_file(path: Path, *, force: bool = False) -> Iterator[bool]:
    """Hold a file for a secret, so that no other process writes to it; yield whether it was tightened.

    If the block fails, and the file is new and still empty, it is removed.

    Args:
        path: of the file.
        force: whether it may hold something, which stays until the secret is written.

    Raises:
        UsageError: the file holds something, another process has reserved it, or its mode cannot be changed.
        JebbitctlError: it cannot be created.
    """
    if not force:
        require_secret_file_free(path)
    if path.exists() and not path.is_file():
        yield False
        return
    descriptor, is_new = _open(path, force=force)
    try:
        if lock(descriptor) is False:
            raise UsageError(f"{path} is reserved by another process", hint="choose another path")
        try:
            try:
                tightened = _make_private(descriptor)
            except OSError as error:
                raise _readable(UsageError, path, error) from None
            yield tightened
        except BaseException:
            if is_new and not os.fstat(descriptor).st_size:
                with suppress(OSError):
                    path.unlink()
            raise
    finally:
        os.close(descriptor)


def write_secret_file(path: Path, secret: str, *, force: bool = False) -> bool:
    """Write a secret to a new or an empty file with mode 0600, or into an existing pipe or device.

    Writes nothing if the file already holds this secret. With ``force``, replaces whatever it holds.

    Returns:
        whether others could access the file before.

    Raises:
        JebbitctlError: it cannot be written, or holds something else, which stays as it is.
    """
    line = f"{secret}\n"
    try:
        if path.exists() and not path.is_file():
            call_with_timeout(PIPE_TIMEOUT, lambda: _write_to_stream(path, line))
            return False
    except TimeoutError:
        raise JebbitctlError(
            f"{path}: the secret could not be written: nobody has read it within {PIPE_TIMEOUT:g} s"
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    if holds_secret(path, secret):
        return make_private(path)
    descriptor, _ = _open(path, force=force)
    try:
        tightened = _make_private(descriptor)
        _fill(descriptor, line.encode())
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        os.close(descriptor)
    return tightened


def _write_to_stream(path: Path, line: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(line)


def require_secret_fits(path: Path, secret: str) -> None:
    """Check that a file is free for a secret or already holds it.

    Raises:
        UsageError: it holds something else.
    """
    if not holds_secret(path, secret):
        require_secret_file_free(path)


def holds_secret(path: Path, secret: str) -> bool:
    """Whether a regular file holds exactly this secret, with or without a line break."""
    try:
        return path.is_file() and path.read_bytes().strip() == secret.encode()
    except OSError:
        return False


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
            UsageError: the directory is a file, under the control of another user, or contains a secret or a
                link with one of these names.
        """
        require_own_target(self._directory)
        if self._directory.exists() and not self._directory.is_dir():
            raise UsageError(f"{self._directory} is not a directory")
        for name in names:
            require_own_target(self.path(name))
            if self.path(name).is_symlink():
                raise UsageError(f"{self.path(name)} is a link", hint="move it away")
            if self.path(name).exists() and not self.is_pending(name):
                raise UsageError(
                    f"{self.path(name)} already exists, but integration {name} does not",
                    hint=_MOVE_AWAY,
                )

    def is_pending(self, name: str) -> bool:
        """Whether a secret was reserved but not written."""
        path = self.path(name)
        return path.is_file() and not path.stat().st_size

    def reserve(self, name: str, *, alone: bool) -> None:
        """Create an empty file for the secret.

        Args:
            name: of the integration.
            alone: whether no other run can write here, so that a killed one left what is pending.

        Raises:
            ConflictError: another run has reserved or written it.
            JebbitctlError: it cannot be created.
        """
        path = self.path(name)
        try:
            if not self._directory.is_dir():
                create_directory(self._directory)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            if alone and self.is_pending(name):
                descriptor, _ = _open(path)
            else:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _make_private(descriptor)
            except OSError as error:
                self.release(name)
                raise _readable(JebbitctlError, path, error) from None
            finally:
                os.close(descriptor)
        except FileExistsError:
            if not self.is_pending(name):
                raise ConflictError(f"someone else has just written {path}", hint=_MOVE_AWAY) from None
            raise ConflictError(
                f"another run may be about to write {path}",
                hint="if no other run is active, remove this empty file and run the command again",
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from None

    def release(self, name: str) -> None:
        """Remove a reservation: there is no secret to write."""
        if self.is_pending(name):
            remove_file(self.path(name), what="an empty file for a secret")

    def write(self, name: str, secret: str) -> None:
        """Write a secret, with mode 0600; see :func:`write_secret_file`.

        Raises:
            ConflictError: the file holds something else.
            JebbitctlError: it cannot be written.
        """
        path = self.path(name)
        if path.exists() and not self.is_pending(name) and not holds_secret(path, secret):
            raise ConflictError(f"someone else has just written {path}", hint=_MOVE_AWAY)
        write_secret_file(path, secret)

    def path(self, name: str) -> Path:
        """Return the path of an integration's secret."""
        return self._directory / f"{name}.secret"


def _open(path: Path, *, force: bool = False) -> tuple[int, bool]:
    """Create a file with mode 0600, or open an empty one of this user; return whether it is new, too.

    Raises:
        JebbitctlError: it cannot be opened, is not empty (unless ``force``), or belongs to another user.
    """
    try:
        with suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600), True
        descriptor = os.open(path, (os.O_RDWR if force else os.O_WRONLY) | _NO_LINKS)
    except OSError as error:
        raise _unwritable(path, error) from None
    status = os.fstat(descriptor)
    problem = None
    if not stat.S_ISREG(status.st_mode):
        problem = "it is not a regular file"
    elif os.name == "posix" and status.st_uid not in {os.geteuid(), 0}:
        problem = "it belongs to another user"
    elif status.st_size and not force:
        problem = "it already exists and is not empty"
    elif status.st_size > MAX_SECRET_FILE:
        problem = "it is too large to be a secret"
    if problem:
        os.close(descriptor)
        raise JebbitctlError(f"{path}: the secret could not be written: {problem}")
    return descriptor, False


def make_private(path: Path) -> bool:
    """Give a file that holds its secret already mode 0600; return whether others could access it before.

    Raises:
        JebbitctlError: its mode cannot be changed.
    """
    descriptor, _ = _open(path, force=True)
    try:
        return _make_private(descriptor)
    except OSError as error:
        raise _readable(JebbitctlError, path, error) from None
    finally:
        os.close(descriptor)


def _make_private(descriptor: int) -> bool:
    """Give an open file mode 0600; return whether others could access it before.

    Raises:
        OSError: its mode cannot be changed; some file systems of Windows ignore that without an error.
    """
    if os.name != "posix" or not os.fstat(descriptor).st_mode & _OTHERS:
        return False
    os.fchmod(descriptor, 0o600)
    if os.fstat(descriptor).st_mode & _OTHERS:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    return True


def _fill(descriptor: int, data: bytes) -> None:
    """Replace the content of a file at once; if that fails, it holds again what it held."""
    old = os.read(descriptor, MAX_SECRET_FILE) if os.fstat(descriptor).st_size else b""
    try:
        write_all(descriptor, data)
    except OSError:
        with suppress(OSError):
            write_all(descriptor, old)
        raise


def _readable(type_: type[JebbitctlError], path: Path, error: OSError) -> JebbitctlError:
    return type_(
        f"others can read {path}, and its mode cannot be changed: {error.strerror}",
        hint="choose another path",
    )


def _unwritable(path: Path, error: OSError) -> JebbitctlError:
    return JebbitctlError(f"{path}: the secret could not be written: {error.strerror}")
