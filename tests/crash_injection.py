"""Processes that crash while they write files.

``python -m tests.crash_injection steps HOMES ARGS…`` runs a command repeatedly, each time in a new copy of
the home HOMES/before. Each run crashes one line of the storage's code later than the one before, until one
completes.

``python -m tests.crash_injection kills HITS SECONDS LINE…`` runs random command lines and kills each within
SECONDS. When HITS of them were killed, it prints the exit codes of all.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jebbitctl.auth import accounts
from jebbitctl.cli import run
from jebbitctl.storage import atomic_files, login_notes, profiles, token_cache
from tests.concurrent_processes import fork, import_everything

if TYPE_CHECKING:
    from types import FrameType

    from tests.isolated_home import IsolatedHome

CRASHED = 99
_WATCHED = {
    accounts.Accounts.save.__code__,
    accounts.Accounts._settle.__code__,  # noqa: SLF001
    atomic_files.replace_file.__code__,
    atomic_files._name.__code__,  # noqa: SLF001
    login_notes.LoginNotes._write.__code__,  # noqa: SLF001
    profiles.ProfileStore._edit.__code__,  # noqa: SLF001
    token_cache.TokenCache.put.__code__,
    token_cache.TokenCache.remove.__code__,
}


def crash_at_each_step(machine: IsolatedHome, homes: Path, *args: str) -> list[Path]:
    """Crash a command after each of its steps; return the homes that the runs leave behind, in order."""
    shutil.copytree(machine.home, homes / "before")
    command = _command("steps", str(homes), *args)
    subprocess.run(
        command,
        env=machine.environment(),
        stdout=subprocess.DEVNULL,  # token prints one
        check=True,
        timeout=120,
    )
    steps = len(list(homes.iterdir())) - 1
    assert steps > 1
    return [homes / str(step) for step in range(steps)]


def start_killing(
    machine: IsolatedHome, hits: int, seconds: float, lines: list[str]
) -> subprocess.Popen[str]:
    """Start a process that kills commands at random, and then prints all exit codes as JSON."""
    command = _command("kills", str(hits), str(seconds), *lines)
    return subprocess.Popen(
        command, env=machine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _command(*args: str) -> list[str]:
    return [sys.executable, "-m", "tests.crash_injection", *args]


def _steps(homes: Path, args: list[str]) -> None:
    for step in count():
        home = Path(shutil.copytree(homes / "before", homes / str(step)))
        os.environ.update(JEBBIT_CONFIG_DIR=str(home / "config"), TEST_KEYRING=str(home / "keyring.json"))
        pid = fork(lambda: _run_until(step, args), (0, 1, 2))  # noqa: B023 - called at once
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != CRASHED:
            return


def _run_until(step: int, args: list[str]) -> int:
    remaining = step

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal remaining
        if frame.f_code not in _WATCHED:
            return None
        if event == "line":
            remaining -= 1
        if remaining < 0:
            os._exit(CRASHED)
        return trace

    sys.settrace(trace)
    return run(args)


def _kills(hits: int, seconds: float, lines: list[str]) -> None:
    codes: list[int] = []
    devnull = os.open(os.devnull, os.O_WRONLY)
    while codes.count(-signal.SIGKILL) < hits:
        args = shlex.split(random.choice(lines))  # noqa: S311 - not for cryptography
        pid = fork(lambda: run(args), (0, devnull, 2))  # noqa: B023 - called at once
        time.sleep(random.uniform(0, seconds))  # noqa: S311 - likewise
        os.kill(pid, signal.SIGKILL)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    json.dump(codes, sys.stdout)


if __name__ == "__main__":
    import_everything()
    kind, first, *rest = sys.argv[1:]
    if kind == "steps":
        _steps(Path(first), rest)
    else:
        _kills(int(first), float(rest[0]), rest[1:])
