"""Client secrets in the operating system's keyring, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jebbitctl.deadline import call_with_timeout
from jebbitctl.errors import KeyringError

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "jebbitctl"
PATIENCE = 3.0
"""Seconds: a stopped keyring daemon would otherwise hold up a command for ever."""

_UNSAFE = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_HINT = "or set JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET: with these no keyring is needed"

T = TypeVar("T")


class SecretStore:
    """Keeps one secret per account name.

    Every method raises KeyringError when there is no keyring that keeps secrets, or it does not answer.
    """

    def __init__(self) -> None:
        self._backend: Any = None

    def check(self) -> None:
        """Return when the keyring answers; asked before anything that it is to keep."""
        self.get("check")

    def get(self, account: str) -> str | None:
        """Return the secret of an account, None when there is none."""
        secret: str | None = self._ask(lambda backend: backend.get_password(SERVICE, account), "read")
        return secret

    def set(self, account: str, secret: str) -> None:
        """Store a secret, and prove it by reading it back."""
        self._ask(lambda backend: backend.set_password(SERVICE, account, secret), "write")
        if self.get(account) != secret:
            raise KeyringError(
                "the keyring took the secret, but does not give it back", hint=f"mend it, {_HINT}"
            )

    def delete(self, account: str) -> None:
        """Remove a secret; it may be gone already."""

        def remove(backend: Any) -> None:
            if backend.get_password(SERVICE, account) is not None:
                backend.delete_password(SERVICE, account)

        self._ask(remove, "delete from")

    def backend_name(self) -> str:
        """Return the class of the keyring in use, such as ``keyring.backends.SecretService.Keyring``."""
        return _class_name(self._ask(lambda backend: backend, "find"))

    def _ask(self, call: Callable[[Any], T], what: str) -> T:
        """Let ``call`` work with the backend; whatever goes wrong in there is one error of ours."""
        try:
            return call_with_timeout(PATIENCE, lambda: call(self._usable()))
        except KeyringError:
            raise
        except TimeoutError:
            raise KeyringError(
                f"the keyring did not answer within {PATIENCE:g} s", hint=f"unlock or restart it, {_HINT}"
            ) from None
        except Exception as error:  # noqa: BLE001 - backends raise RuntimeError, FileNotFoundError, D-Bus errors…
            raise KeyringError(
                f"could not {what} the keyring ({type(error).__name__})",
                hint=f"unlock or install one, {_HINT}",
            ) from None

    def _usable(self) -> Any:
        if self._backend is None:
            import logging

            import keyring

            # It would show tracebacks of broken plugins to a program that says nothing about logging.
            logging.getLogger("keyring").addHandler(logging.NullHandler())
            self._backend = _safe(keyring.get_keyring())
        return self._backend


def _safe(backend: Any) -> Any:
    """Return a backend that really keeps secrets, the first one when several are chained.

    The check is by class and after the look-up: PYTHON_KEYRING_BACKEND and keyringrc.cfg bypass earlier ones.
    """
    for candidate in getattr(backend, "backends", [backend]):
        if not any(_is_unsafe(base.__module__) for base in type(candidate).__mro__):
            return candidate
    raise KeyringError(
        f"there is no keyring that keeps secrets ({_class_name(backend)})", hint=f"install one, {_HINT}"
    )


def _is_unsafe(module: str) -> bool:
    return any(module == unsafe or module.startswith(f"{unsafe}.") for unsafe in _UNSAFE)


def _class_name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"
