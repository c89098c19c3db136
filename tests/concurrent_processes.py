"""Runs a command in many processes at once: ``python -m tests.concurrent_processes NUMBER jebbitctl ARGS…``.

The processes are forked from one that has imported everything, so that all start equally fast. Each has its
own streams. The results are printed as a JSON list.
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
    """The result of one process, and the seconds it took."""

    code: int
    seconds: float
    out: str
    err: str


def run_concurrently(number: int, *args: str, env: Mapping[str, str], timeout: float = 120) -> list[Outcome]:
    """Run a command in this number of processes at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.concurrent_processes", str(number), "jebbitctl", *args],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [Outcome(**outcome) for outcome in json.loads(done.stdout)]


def import_everything() -> None:
    """Import everything that forked processes would otherwise import."""
    for module in pkgutil.walk_packages(jebbitctl.__path__, "jebbitctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("filelock", "jmespath", "keyring", "platformdirs", "requests", "rich.table", "tomlkit"):
        importlib.import_module(name)


def fork(work: Callable[[], int], streams: tuple[int, int, int]) -> int:
    """Start a process with these streams and the exit code that ``work`` returns; return its id."""
    if pid := os.fork():
        return pid
    code: object = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        code = work()
    except SystemExit as error:
        code = error.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def main() -> None:
    """Start the processes, release them together, and print their results."""
    number, args = int(sys.argv[1]), sys.argv[3:]
    import_everything()
    gate, release = os.pipe()

    def run_when_released() -> int:
        os.close(release)
        os.read(gate, 1)
        return run(args)

    files: list[tuple[IO[bytes], IO[bytes]]] = [
        (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115 - closed when this process ends
        for _ in range(number)
    ]
    pids = [fork(run_when_released, (0, out.fileno(), err.fileno())) for out, err in files]
    os.close(release)
    started = time.monotonic()
    results: dict[int, tuple[int, float]] = {}
    while len(results) < number:
        pid, status = os.wait()
        results[pid] = os.waitstatus_to_exitcode(status), time.monotonic() - started
    json.dump(
        [_outcome(*results[pid], *streams) for pid, streams in zip(pids, files, strict=True)], sys.stdout
    )


def _outcome(code: int, seconds: float, *streams: IO[bytes]) -> dict[str, object]:
    for stream in streams:
        stream.seek(0)
    out, err = (stream.read().decode() for stream in streams)
    return {"code": code, "seconds": seconds, "out": out, "err": err}


if __name__ == "__main__":
    main()
