"""Keyrings that fail in the ways that real ones do."""

from __future__ import annotations

import os
import time

from keyring.errors import InitError, KeyringLocked, PasswordDeleteError

from .working import FileKeyring


class HangingKeyring(FileKeyring):
    """Responds after TEST_KEYRING_HANGS seconds, by default after a minute."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        self.record("get", username)
        time.sleep(float(os.environ.get("TEST_KEYRING_HANGS", "60")))
        return None


class LockedKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        raise KeyringLocked("Failed to unlock the collection!")


class FreshHomeKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        raise InitError("Failed to create the collection: Prompt dismissed.")


class DeadSocketKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        raise FileNotFoundError(2, "No such file or directory")


class ForgetfulKeyring(FileKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        """Accept a secret without storing it."""


class StuckKeyring(FileKeyring):
    """Fails to delete the secret of the profile that TEST_KEYRING_STUCK names."""

    def delete_password(self, service: str, username: str) -> None:
        if username.startswith(os.environ["TEST_KEYRING_STUCK"]):
            raise PasswordDeleteError("no")
        super().delete_password(service, username)


class CrashingKeyring(FileKeyring):
    """Ends the process right after it has stored a secret."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        os._exit(9)


class InterruptingKeyring(FileKeyring):
    """Sends this process the signal TEST_KEYRING_SIGNAL while it stores a secret, which takes a moment."""

    def set_password(self, service: str, username: str, password: str) -> None:
        os.kill(os.getpid(), int(os.environ["TEST_KEYRING_SIGNAL"]))
        time.sleep(0.1)
        super().set_password(service, username, password)


class MissingDaemonKeyring(FileKeyring):
    def __init__(self) -> None:
        raise RuntimeError("The Secret Service daemon is neither running nor activatable through D-Bus")
