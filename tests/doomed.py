"""Processes that die in the middle of their work.

``python -m tests.doomed steps HOMES ARGS…`` runs a command over and over, each time in a fresh copy of
the home HOMES/before, and ends each run one line of the storage's code later, until one comes to its end.

``python -m tests.doomed kills HITS SECONDS LINE…`` runs random ones of several command lines, kills each at a
random moment of so many seconds, and prints the exit codes of all once so many were hit.
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

from jebbitctl.cli import run
from jebbitctl.storage import files, profiles, token_cache
from tests.herd import fork, import_everything

if TYPE_CHECKING:
    from types import FrameType

    from tests.machine import Machine

EXITED = 99
_WATCHED = {
    files.write_private.__code__,
    profiles.ProfileStore._edit.__code__,  # noqa: SLF001
    token_cache.TokenCache.put.__code__,
    token_cache.TokenCache.drop.__code__,
}


def dying_at_each_step(machine: Machine, homes: Path, *args: str) -> list[Path]:
    """Return the homes that a command left behind, each ended one step later than the one before."""
    shutil.copytree(machine.home, homes / "before")
    subprocess.run(_command("steps", str(homes), *args), env=machine.environment(), check=True, timeout=120)
    steps = len(list(homes.iterdir())) - 1
    assert steps > 1
    return [homes / str(step) for step in range(steps)]


def killing(machine: Machine, hits: int, seconds: float, lines: list[str]) -> subprocess.Popen[str]:
    """Start the killing of so many processes; what it prints is :func:`exit_codes`' to read."""
    command = _command("kills", str(hits), str(seconds), *lines)
    return subprocess.Popen(
        command, env=machine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _command(*args: str) -> list[str]:
    return [sys.executable, "-m", "tests.doomed", *args]


def _steps(homes: Path, args: list[str]) -> None:
    for step in count():
        home = Path(shutil.copytree(homes / "before", homes / str(step)))
        os.environ.update(JEBBIT_CONFIG_DIR=str(home / "config"), TEST_KEYRING=str(home / "keyring.json"))
        pid = fork(lambda: _run_until(step, args), (0, 1, 2))  # noqa: B023 - it is called at once
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != EXITED:
            return


def _run_until(step: int, args: list[str]) -> int:
    left = step

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code not in _WATCHED:
            return None
        if event == "line":
            left -= 1
        if left < 0:
            os._exit(EXITED)
        return trace

    sys.settrace(trace)
    return run(args)


def _kills(hits: int, seconds: float, lines: list[str]) -> None:
    codes: list[int] = []
    nowhere = os.open(os.devnull, os.O_WRONLY)
    while codes.count(-signal.SIGKILL) < hits:
        args = shlex.split(random.choice(lines))  # noqa: S311 - chaos, not cryptography
        pid = fork(lambda: run(args), (0, nowhere, 2))  # noqa: B023 - it is called at once
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
