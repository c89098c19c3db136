"""``config.toml``: which profiles there are and what each one says. It holds no secret.

::

    default_profile = "production"

    [profiles.production]
    client_id = "7hKq…"
    environment = "production"      # or "staging"
    business = "bTUIhsye"           # optional: the one to use when none is named
    api_url = "https://…"           # optional: overrides the environment's
    auth_url = "https://…"          # optional, likewise
    audience = "public-api"         # optional, likewise
    login_id = "5f0c…"              # made anew by each login: tokens of an earlier login are not used
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.errors import UsageError
from jebbitctl.storage.files import CONFIG_DIR_VARIABLE, private_dir, sweep, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_PROFILE = "default"
_LOCK_PATIENCE = 5.0
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


class Profile(NamedTuple):
    """One account, as ``login`` stored it. A None means that the default applies."""

    client_id: str | None = None
    environment: str | None = None
    business: str | None = None
    api_url: str | None = None
    auth_url: str | None = None
    audience: str | None = None
    login_id: str | None = None


def require_profile_name(name: str) -> str:
    """Return ``name`` when a profile can be called that.

    Raises:
        UsageError: it is empty, too long, or holds anything but letters, digits and ``_.-``.
    """
    if not re.fullmatch(_NAME, name):
        raise UsageError(f"{name!r} is not a profile name", hint="use letters, digits, '-', '_' and '.'")
    return name


class ProfileStore:
    """Reads and writes ``config.toml`` in one directory.

    Args:
        directory: created when first written. None where there is no home to have one in: then there are no
            profiles, and none can be saved.
    """

    def __init__(self, directory: Path | None) -> None:
        self.path = None if directory is None else directory / "config.toml"
        self._document: dict[str, Any] | None = None

    def names(self) -> list[str]:
        """Return the profiles' names in the file's order."""
        return list(self._profiles())

    def default(self) -> str:
        """Return the name of the profile in use when none is named."""
        name = self._read().get("default_profile", DEFAULT_PROFILE)
        return name if isinstance(name, str) else DEFAULT_PROFILE

    def get(self, name: str) -> Profile | None:
        """Return a profile, None when there is none of this name.

        Raises:
            UsageError: the file, or this profile in it, cannot be read.
        """
        table = self._profiles().get(name)
        if table is None:
            return None
        known = {name: table.get(name) for name in Profile._fields}
        for key, value in known.items():
            if value is not None and not isinstance(value, str):
                raise UsageError(f"{self.path}: profiles.{name}.{key} is not a text")
        return Profile(**known)

    def save(self, name: str, profile: Profile) -> None:
        """Write a profile; comments and keys of others stay as they are.

        Raises:
            UsageError: the file cannot be read or written.
        """

        def change(document: Any) -> None:
            table = document.setdefault("profiles", {}).setdefault(name, {})
            for key, value in profile._asdict().items():
                if value is not None:
                    table[key] = value
                else:
                    table.pop(key, None)
            if "default_profile" not in document:
                document["default_profile"] = name

        self._edit(change)

    def use(self, name: str) -> None:
        """Make a profile the default."""

        def change(document: Any) -> None:
            document["default_profile"] = name

        self._edit(change)

    def remove(self, name: str) -> None:
        """Forget a profile; if it was the default, the first of the others becomes it."""

        def change(document: Any) -> None:
            profiles = document.get("profiles", {})
            profiles.pop(name, None)
            if document.get("default_profile") == name:
                document["default_profile"] = next(iter(profiles), DEFAULT_PROFILE)
            if not profiles:
                for key in ("profiles", "default_profile"):
                    document.pop(key, None)

        self._edit(change)

    def require_writable(self) -> None:
        """Refuse a place that no profile could be saved in, while nothing has happened yet.

        Raises:
            UsageError: there is no home directory, or something that cannot be written is in the way.
        """
        path = self._place()
        nearest = next(parent for parent in path.parents if os.access(parent, os.F_OK))
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            reason = "Permission denied" if nearest.is_dir() else "Not a directory"
            raise _unwritable(path, f"{nearest}: {reason}")

    def _profiles(self) -> dict[str, Any]:
        profiles = self._read().get("profiles", {})
        if not isinstance(profiles, dict) or not all(isinstance(t, dict) for t in profiles.values()):
            raise UsageError(f"{self.path}: 'profiles' does not hold tables")
        return profiles

    def _read(self) -> dict[str, Any]:
        if self._document is None and not (text := self._text()):
            self._document = {}
        elif self._document is None:
            import tomllib

            try:
                self._document = tomllib.loads(text)
            except tomllib.TOMLDecodeError as error:
                raise UsageError(f"{self.path}: {error}", hint="mend the file or move it away") from None
        return self._document

    def _text(self) -> str:
        if self.path is None:
            return ""
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"{self.path} cannot be read: {why}") from None

    def _place(self) -> Path:
        if self.path is None:
            raise UsageError(
                "there is no home directory to keep profiles in",
                hint=f"set {CONFIG_DIR_VARIABLE} to a directory, or HOME",
            )
        return self.path

    def _edit(self, change: Callable[[Any], None]) -> None:
        """Change the file's document; no process undoes another's work."""
        from filelock import FileLock, Timeout

        path = self._place()
        try:
            private_dir(path.parent)
            with FileLock(path.with_suffix(".lock"), timeout=_LOCK_PATIENCE, mode=0o600):
                self._document = None
                self._profiles()
                write_private(path.resolve(), self._edited(change))
                sweep(path.parent)
        except Timeout:
            raise _unwritable(path, "another process holds it") from None
        except OSError as error:
            raise _unwritable(path, error.strerror) from None
        finally:
            self._document = None

    def _edited(self, change: Callable[[Any], None]) -> str:
        """Return the file's text with a change, and everything else as it was.

        Raises:
            UsageError: tomlkit, which keeps comments, gets this file wrong: it does with some dotted keys.
        """
        import tomllib

        import tomlkit

        text = self._text()
        if text and not text.endswith("\n"):
            text += "\n"  # tomlkit would go on writing on that line
        wanted = tomllib.loads(text)
        change(wanted)
        try:
            document = tomlkit.parse(text)
            change(document)
            edited = tomlkit.dumps(document)
            if tomllib.loads(edited) == wanted:
                return edited
        except (ValueError, TypeError, LookupError, AttributeError):
            pass  # likewise
        raise UsageError(
            f"{self.path} is laid out in a way that cannot be edited without loss",
            hint="give each profile a table of its own, [profiles.NAME], at the end of the file",
        )


def _unwritable(path: Path, why: str | None) -> UsageError:
    return UsageError(f"{path} cannot be written: {why}", hint=f"set {CONFIG_DIR_VARIABLE} to another place")
