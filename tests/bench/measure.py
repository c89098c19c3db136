"""Measures whole processes in alternating runs, so that other load affects all of them alike."""

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
class Invocation:
    """A command line and its environment. It runs without a shell, without input, and without output."""

    argv: Sequence[str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """The resources that one process used.

    Attributes:
        wall: wall time in seconds.
        cpu: user and system time in seconds.
        peak: peak memory in KiB; never less than this process uses.
    """

    wall: float
    cpu: float
    peak: int


def run(invocation: Invocation) -> Run:
    """Run a process to its end; exit if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        invocation.argv,
        env=invocation.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(invocation.argv)}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def run_alternating(invocations: Mapping[str, Invocation], count: int) -> dict[str, list[Run]]:
    """Run each process once to warm up, then all of them in turn, ``count`` times."""
    for invocation in invocations.values():
        run(invocation)
    runs: dict[str, list[Run]] = {name: [] for name in invocations}
    for _ in range(count):
        for name, invocation in invocations.items():
            runs[name].append(run(invocation))
    return runs


def median_ratio(ours: Sequence[Run], theirs: Sequence[Run], figure: Callable[[Run], float]) -> float:
    """Return the median of the ratios of a figure, pair by pair."""
    return median(figure(a) / figure(b) for a, b in zip(ours, theirs, strict=True))


def median_milliseconds(runs: Sequence[Run]) -> float:
    """Return the median of the wall times in milliseconds."""
    return 1000 * median(run.wall for run in runs)
