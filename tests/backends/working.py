"""A keyring that works."""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock
from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Stores secrets in the file that TEST_KEYRING names, and logs each call to another file next to it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.path = Path(os.environ["TEST_KEYRING"])

    def get_password(self, service: str, username: str) -> str | None:
        self.record("get", username)
        with self.lock():
            return self.read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.record("set", username)
        with self.lock():
            self.write({**self.read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        self.record("delete", username)
        with self.lock():
            self.write(
                {name: secret for name, secret in self.read().items() if name != f"{service}/{username}"}
            )

    def lock(self) -> FileLock:
        return FileLock(self.path.with_suffix(".lock"))

    def record(self, call: str, username: str) -> None:
        with self.path.with_suffix(".calls").open("a") as calls:
            calls.write(f"{call} {username}\n")

    def read(self) -> dict[str, str]:
        secrets: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return secrets

    def write(self, secrets: dict[str, str]) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(secrets))
        new.replace(self.path)  # a real keyring, too, survives a crash of its client
