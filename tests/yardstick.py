"""CPU time measured by a yardstick: the same work takes several times as long on a slow or busy machine.

A bound in seconds fails there although nothing is wrong. A bound in yardsticks holds on any machine, and
still fails when the work grows out of proportion.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DOCUMENT = json.dumps([{"id": number, "name": f"Zo\u00eb {number / 7}"} for number in range(3000)])
_REPETITIONS = 8


def in_yardsticks(work: Callable[[], object]) -> float:
    """Return the CPU time of some work in this thread, relative to that of the yardstick.

    The yardstick is measured before and after, and the longer time counts: load may come meanwhile.
    """
    before = _cpu_seconds(_yardstick)
    seconds = _cpu_seconds(work)
    return seconds / max(before, _cpu_seconds(_yardstick))


def _yardstick() -> None:
    """Hash, parse, write and search for about 0.1 s on a machine of 2025."""
    for _ in range(_REPETITIONS):
        json.dumps(json.loads(_DOCUMENT), indent=1)
        hashlib.sha256(_DOCUMENT.encode() * 20).digest()
        re.sub(r"[0-9]+", lambda number: f"{number[0]}.", _DOCUMENT)


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started
