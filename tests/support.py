"""How tests drive the installed command: a real process, its streams, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JEBBITCTL = str(Path(sys.executable).with_name("jebbitctl"))


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error object of ``--json`` on stderr."""
        return json.loads(self.err.splitlines()[-1])["error"]


@dataclass
class Cli:
    """The installed command in a home of its own, with this environment and no other account."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.home / "config"

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Return the whole environment of a child; a None removes a variable."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JEBBIT_", "PYTHON_KEYRING", "XDG_"))
            and name.lower() not in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
            and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONUNBUFFERED"}
        }
        merged: dict[str, str | None] = {
            **inherited,
            "HOME": str(self.home),
            "JEBBIT_CONFIG_DIR": str(self.config),
            "PYTHONWARNINGS": "error",
            **self.env,
            **(env or {}),
        }
        return {name: value for name, value in merged.items() if value is not None}

    def run(
        self,
        *args: str,
        stdin: str | bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> Result:
        """Run ``jebbitctl`` to its end; no run may show a traceback or a secret that it was given."""
        done = subprocess.run(
            [JEBBITCTL, *args],
            env=self.environment(env),
            input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        for secret in self.secrets:
            assert secret not in result.out + result.err
        return result


@contextmanager
def interrupted_unnoticed() -> Iterator[None]:
    """Press Ctrl-C while the block waits, so that nothing wakes it.

    That is what happens to a main thread that the system stops for a while right before it falls asleep: the
    signal is taken note of, and then it sleeps. Here another thread takes note of it.
    """

    def press() -> None:
        time.sleep(0.5)  # until it waits
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        yield
    finally:
        pressing.join()
