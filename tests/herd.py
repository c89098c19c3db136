"""Many processes that run a command at the very same moment: ``python -m tests.herd NUMBER jebbitctl ARGS…``.

They are forked from one that has imported everything: so they meet where it matters, not while they start.
Each is a process of its own with its own streams; a JSON list tells how each ended.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import jebbitctl
from jebbitctl.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Outcome:
    """How one of them ended, and how many seconds it took."""

    code: int
    seconds: float
    out: str
    err: str


def herd(number: int, *args: str, env: Mapping[str, str], timeout: float = 120) -> list[Outcome]:
    """Run ``jebbitctl`` that many times at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.herd", str(number), "jebbitctl", *args],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [Outcome(**outcome) for outcome in json.loads(done.stdout)]


def import_everything() -> None:
    """Leave nothing to import to the processes that are forked."""
    for module in pkgutil.walk_packages(jebbitctl.__path__, "jebbitctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("filelock", "jmespath", "keyring", "platformdirs", "requests", "rich.table", "tomlkit"):
        importlib.import_module(name)


def fork(work: Callable[[], int], streams: tuple[int, int, int]) -> int:
    """Start a process with these streams, whose exit code is what ``work`` returns; return its id."""
    if pid := os.fork():
        return pid
    code: object = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        code = work()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def main() -> None:
    """Start them, let all go at once, and tell how each ended."""
    number, args = int(sys.argv[1]), sys.argv[3:]
    import_everything()
    gate, opening = os.pipe()

    def behind_the_gate() -> int:
        os.close(opening)
        os.read(gate, 1)
        return run(args)

    files: list[tuple[IO[bytes], IO[bytes]]] = [
        (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115 - this process' end closes them
        for _ in range(number)
    ]
    pids = [fork(behind_the_gate, (0, out.fileno(), err.fileno())) for out, err in files]
    os.close(opening)
    started = time.monotonic()
    ended: dict[int, tuple[int, float]] = {}
    while len(ended) < number:
        pid, status = os.wait()
        ended[pid] = os.waitstatus_to_exitcode(status), time.monotonic() - started
    json.dump([_outcome(*ended[pid], *streams) for pid, streams in zip(pids, files, strict=True)], sys.stdout)


def _outcome(code: int, seconds: float, *streams: IO[bytes]) -> dict[str, object]:
    for stream in streams:
        stream.seek(0)
    out, err = (stream.read().decode() for stream in streams)
    return {"code": code, "seconds": seconds, "out": out, "err": err}


if __name__ == "__main__":
    main()
