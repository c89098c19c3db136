"""Whole processes, measured in turn: what a machine does meanwhile hits all of them alike."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Command:
    """What is started: no shell, nothing on standard input, the output thrown away."""

    argv: Sequence[str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One process, from start to end.

    Attributes:
        wall: seconds.
        cpu: seconds of user and system time, by the operating system's account.
        peak: KiB of memory, at the most; never less than this process has.
    """

    wall: float
    cpu: float
    peak: int


def run(command: Command) -> Run:
    """Run a command to its end; one that fails is no benchmark."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command.argv,
        env=command.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command.argv)}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss)


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, list[Run]]:
    """Run each command once to warm up, then all of them in turn, so many times."""
    for command in commands.values():
        run(command)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(run(command))
    return found


def ratio(ours: Sequence[Run], theirs: Sequence[Run], figure: Callable[[Run], float]) -> float:
    """Return the median of the ratios, pair by pair."""
    return median(figure(a) / figure(b) for a, b in zip(ours, theirs, strict=True))


def milliseconds(runs: Sequence[Run]) -> float:
    """Return the median of the wall times."""
    return 1000 * median(run.wall for run in runs)
