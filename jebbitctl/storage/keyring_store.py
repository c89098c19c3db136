"""Client secrets in the operating system's keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jebbitctl.errors import JebbitctlError, KeyringError
from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "jebbitctl"
KEYRING_TIMEOUT = 3.0
"""Seconds. Without a limit, a keyring daemon that is stopped would block a command for ever."""

_INSECURE = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_HINT = (
    "or set JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET, or use login --client-secret-command: they need none"
)

T = TypeVar("T")


class KeyringStore:
    """Stores one secret per account name.

    Every method raises KeyringError if there is no secure keyring, or it fails or does not respond.
    """

    def __init__(self) -> None:
        self._backend: Any = None

    def check(self) -> None:
        """Check that the keyring is secure and responds."""
        self.get("check")

    def get(self, account: str) -> str | None:
        """Return the secret of an account, None if there is none."""
        secret: str | None = self._call(lambda backend: backend.get_password(SERVICE, account), "read")
        return secret

    def set(self, account: str, secret: str) -> None:
        """Store a secret, and verify that by reading it back."""
        self._call(lambda backend: backend.set_password(SERVICE, account, secret), "write to")
        if self.get(account) != secret:
            raise KeyringError(
                "the keyring accepted the secret, but does not return it", hint=f"use another one, {_HINT}"
            )

    def delete(self, account: str) -> None:
        """Remove a secret if it exists."""

        def remove(backend: Any) -> None:
            if backend.get_password(SERVICE, account) is not None:
                backend.delete_password(SERVICE, account)

        self._call(remove, "delete from")

    def backend_name(self) -> str:
        """Return the class of the keyring in use, such as ``keyring.backends.SecretService.Keyring``."""
        return _class_name(self._call(lambda backend: backend, "find"))

    def _call(self, call: Callable[[Any], T], action: str) -> T:
        """Call a function with the backend; turn any error of it into a KeyringError.

        Args:
            call: takes the backend.
            action: what the call does, for the error message.
        """
        try:
            return call_with_timeout(KEYRING_TIMEOUT, lambda: call(self._secure_backend()))
        except JebbitctlError:  # of ours, such as: no more threads
            raise
        except TimeoutError:
            raise KeyringError(
                f"the keyring did not respond within {KEYRING_TIMEOUT:g} s",
                hint=f"unlock or restart it, {_HINT}",
            ) from None
        except Exception as error:  # noqa: BLE001 - backends raise RuntimeError, FileNotFoundError, D-Bus errors…
            raise KeyringError(
                f"could not {action} the keyring ({type(error).__name__})",
                hint=f"unlock or install one, {_HINT}",
            ) from None

    def _secure_backend(self) -> Any:
        if self._backend is None:
            import logging

            import keyring

            # Without a handler, Python would print the tracebacks of broken plugins.
            logging.getLogger("keyring").addHandler(logging.NullHandler())
            self._backend = _first_secure(keyring.get_keyring())
        return self._backend


def _first_secure(backend: Any) -> Any:
    """Return the first backend of a chain that stores secrets securely.

    The check is by class, after the lookup: PYTHON_KEYRING_BACKEND and keyringrc.cfg bypass earlier limits.
    """
    for candidate in getattr(backend, "backends", [backend]):
        if not any(_is_insecure(base.__module__) for base in type(candidate).__mro__):
            return candidate
    raise KeyringError(f"no secure keyring found ({_class_name(backend)})", hint=f"install one, {_HINT}")


def _is_insecure(module: str) -> bool:
    return any(module == insecure or module.startswith(f"{insecure}.") for insecure in _INSECURE)


def _class_name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"
