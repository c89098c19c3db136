"""The profiles in ``config.toml``. The file holds no secrets.

::

    default_profile = "production"      # "" if no profile is active

    [profiles.production]
    client_id = "7hKq…"
    environment = "production"      # or "staging"
    business = "bTUIhsye"           # optional: sent unless --business is given
    api_url = "https://…"           # optional: overrides the environment's
    auth_url = "https://…"          # optional: overrides the default
    audience = "public-api"         # optional: overrides the default
    client_secret_command = "op …"  # optional: prints the client secret, instead of the keyring
    login_id = "5f0c…"              # new with each login, so that older tokens are not used
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.environment import CONFIG_DIR
from jebbitctl.errors import NotFoundError, UsageError
from jebbitctl.storage.atomic_files import remove_leftovers, replace_file
from jebbitctl.storage.files import create_config_dir, read_regular_file
from jebbitctl.storage.trust import require_trusted
from jebbitctl.util.ids import NAME_HINT, is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEFAULT_PROFILE = "default"
_LOCK_TIMEOUT = 5.0
_WITHOUT_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})


class Profile(NamedTuple):
    """One account, as ``login`` saved it. None means that the default applies."""

    client_id: str | None = None
    environment: str | None = None
    business: str | None = None
    api_url: str | None = None
    auth_url: str | None = None
    audience: str | None = None
    login_id: str | None = None
    client_secret_command: str | None = None


def require_profile_name(name: str) -> str:
    """Return a name if it is valid for a profile.

    Raises:
        UsageError: it is empty, too long, or contains anything but letters, digits and ``_.-``.
    """
    if not is_name(name):
        raise UsageError(f"{name!r} is not a profile name", hint=NAME_HINT)
    return name


class ProfileStore:
    """Reads and writes ``config.toml`` in one directory.

    Args:
        directory: created when first written. None if there is no home directory: then there are no
            profiles, and none can be saved.
    """

    def __init__(self, directory: Path | None) -> None:
        self.path = None if directory is None else directory / "config.toml"
        self._document: dict[str, Any] | None = None

    def names(self) -> list[str]:
        """Return the profiles' names in the order of the file."""
        return list(self._profiles())

    def active(self) -> str | None:
        """Return the name of the default profile, None if there is none: a logout chooses no other."""
        name = self._read().get("default_profile", DEFAULT_PROFILE)
        return name if name in self.names() else None

    def get(self, name: str) -> Profile | None:
        """Return a profile, None if it does not exist.

        Raises:
            UsageError: the file or this profile is invalid.
            CredentialsError: another user could have written the file.
        """
        table = self._profiles().get(name)
        if table is None:
            return None
        known = {name: table.get(name) for name in Profile._fields}
        for key, value in known.items():
            if value is not None and not isinstance(value, str):
                raise UsageError(f"{self.path}: profiles.{name}.{key} is not a string")
        return Profile(**known)

    def require(self, name: str, *, source: str = "") -> None:
        """Check that a profile exists.

        Args:
            name: of the profile.
            source: what named it, such as ``--profile``, for the error.

        Raises:
            NotFoundError: it does not exist, and is what the command is about.
            UsageError: it does not exist, and is what ``source`` names; or the file is invalid.
        """
        names = self.names()
        if name not in names:
            raise (UsageError if source else NotFoundError)(
                f"profile {name!r} not found{f' ({source})' if source else ''}",
                hint=f"existing profiles: {', '.join(names)}"
                if names
                else f"create it: jebbitctl login --profile {name}",
            )

    def reread(self) -> None:
        """Read the file again when it is next used: another process may have changed it."""
        self._document = None

    def save(self, name: str, profile: Profile) -> None:
        """Write a profile; it becomes the default if no profile is active.

        Comments and unknown keys in the file are preserved.

        Raises:
            UsageError: the file cannot be read or written.
        """

        def change(document: Any) -> None:
            profiles = document.setdefault("profiles", {})
            if document.get("default_profile", DEFAULT_PROFILE) not in list(profiles):
                document["default_profile"] = name
            table = profiles.setdefault(name, {})
            for key, value in profile._asdict().items():
                if value is not None:
                    table[key] = value
                else:
                    table.pop(key, None)

        self._edit(change)

    def use(self, name: str) -> None:
        """Make a profile the default."""

        def change(document: Any) -> None:
            document["default_profile"] = name

        self._edit(change)

    def remove(self, name: str) -> None:
        """Remove a profile; if it was the default, no profile is active: the user chooses the next one."""

        def change(document: Any) -> None:
            profiles = document.get("profiles", {})
            profiles.pop(name, None)
            if document.get("default_profile", DEFAULT_PROFILE) == name:
                document["default_profile"] = ""
            if not profiles:
                for key in ("profiles", "default_profile"):
                    document.pop(key, None)

        self._edit(change)

    def require_writable(self) -> None:
        """Check that a profile can be saved, before the user is asked for anything.

        Raises:
            UsageError: there is no home directory, or the file or its directory cannot be written.
            CredentialsError: another user could write or replace the file.
        """
        path = self._require_path()
        try:
            require_trusted(path)
        except OSError as error:
            raise _unwritable(path, error.strerror) from None
        nearest = next(parent for parent in path.parents if os.access(parent, os.F_OK))
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            reason = "Permission denied" if nearest.is_dir() else "Not a directory"
            raise _unwritable(path, f"{nearest}: {reason}")

    def _profiles(self) -> dict[str, Any]:
        profiles = self._read().get("profiles", {})
        if not isinstance(profiles, dict) or not all(isinstance(t, dict) for t in profiles.values()):
            raise UsageError(f"{self.path}: 'profiles' must contain tables only")
        return profiles

    def _read(self) -> dict[str, Any]:
        if self._document is None and not (text := self._read_text()):
            self._document = {}
        elif self._document is None:
            import tomllib

            try:
                self._document = tomllib.loads(text)
            except tomllib.TOMLDecodeError as error:
                raise UsageError(f"{self.path}: {error}", hint="fix the file, or move it away") from None
        return self._document

    def _read_text(self) -> str:
        if self.path is None:
            return ""
        try:
            self.path.stat()  # what does not exist needs no trust
            require_trusted(self.path)
            return read_regular_file(self.path).decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"{self.path} cannot be read: {reason}") from None

    def _require_path(self) -> Path:
        if self.path is None:
            raise UsageError(
                "there is no home directory to store profiles in",
                hint=f"set {CONFIG_DIR} to a directory, or HOME",
            )
        return self.path

    def _edit(self, change: Callable[[Any], None]) -> None:
        """Change the file under a lock, so that no process overwrites the changes of another."""
        from filelock import Timeout

        path = self._require_path()
        try:
            require_trusted(path)
            create_config_dir(path.parent)
            with _locked(path.with_suffix(".lock")):
                self._document = None
                self._profiles()
                replace_file(path.resolve(), self._changed_text(change))
                remove_leftovers(path.parent)
        except Timeout:
            raise _unwritable(path, "another process has locked it") from None
        except OSError as error:
            raise _unwritable(path, error.strerror) from None
        finally:
            self._document = None

    def _changed_text(self, change: Callable[[Any], None]) -> str:
        """Return the file's text with a change applied and everything else preserved.

        Raises:
            UsageError: tomlkit, which preserves comments, cannot edit the file: it fails on some dotted keys.
        """
        import tomllib

        import tomlkit

        text = self._read_text()
        if text and not text.endswith("\n"):
            text += "\n"  # otherwise tomlkit continues the last line
        wanted = tomllib.loads(text)
        change(wanted)
        try:
            document = tomlkit.parse(text)
            change(document)
            edited = tomlkit.dumps(document)
            if tomllib.loads(edited) == wanted:
                return edited
        except (ValueError, TypeError, LookupError, AttributeError):
            pass  # tomlkit raises any of these for layouts that it cannot edit
        raise UsageError(
            f"{self.path} cannot be edited without loss",
            hint="give each profile its own [profiles.NAME] table at the end of the file",
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock while the block runs; a file system without locks protects no process from another."""
    from filelock import FileLock

    lock = FileLock(path, timeout=_LOCK_TIMEOUT, mode=0o600, fallback_to_soft=False)
    try:
        lock.acquire()
    except OSError as error:
        if isinstance(error, TimeoutError) or error.errno not in _WITHOUT_LOCKS:
            raise
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path, reason: str | None) -> UsageError:
    return UsageError(f"{path} cannot be written: {reason}", hint=f"set {CONFIG_DIR} to another directory")
