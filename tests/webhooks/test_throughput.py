"""The receiver under load, compared with a bare WSGI application on waitress."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recordings import Recorder, read
from tests.test_webhooks_listen import ended, listening

from . import bare as bare_program
from . import storm as storm_program
from .storm import storm
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

ROUNDS = 20
A_ROUND = 500


@contextmanager
def bare_server() -> Iterator[str]:
    command = [sys.executable, bare_program.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def throughput(url: str, count: int) -> float:
    """Deliver from another process; return the deliveries per second."""
    command = [sys.executable, storm_program.__file__, url, SECRET, str(count)]
    accepted, per_second = subprocess.run(command, capture_output=True, check=True).stdout.split()
    assert int(accepted) == count
    return float(per_second)


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line]
    return int(line.split()[1]) * 1024


def test_1000_deliveries_from_16_connections_are_all_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        statuses, _ = storm(receiver.url, SECRET, 1000)
    assert statuses == [200] * 1000
    bodies = [one.delivery.body for one in read(path)]
    assert len(bodies) == len(set(bodies)) == 1000


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads memory in /proc")
def test_listen_takes_10000_deliveries_at_half_the_speed_of_a_bare_application_or_faster(
    bare: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare the best of many short, alternating rounds, to be independent of other load."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # it would slow one of the two
    path, printed = tmp_path / "recording", tmp_path / "printed"
    options = ("--record", str(path), "--count", str(ROUNDS * A_ROUND), "--json")
    listened, bared = [], []
    memory: list[int] = []
    with (
        printed.open("w") as stdout,
        listening(bare, *options, stdout=stdout) as (process, url),
        bare_server() as bare_url,
    ):
        for _ in range(ROUNDS):
            memory.append(resident(process.pid))
            bared.append(throughput(bare_url, A_ROUND))
            listened.append(throughput(url, A_ROUND))
        code, _, _ = ended(process)
    assert code == 0
    assert sum(one.delivery.verification.valid for one in read(path)) == ROUNDS * A_ROUND
    assert len(printed.read_text().splitlines()) == ROUNDS * A_ROUND
    ratio, grown = max(listened) / max(bared), memory[-1] - memory[2]
    with capsys.disabled():
        told = (
            f"{max(listened):.0f}/s beside {max(bared):.0f}/s, {ratio:.2f}; memory +{grown / 2**20:.1f} MiB"
        )
        sys.stderr.write(f"{told}\n")
    assert ratio > 0.5
    assert grown < 8 * 2**20  # a recording kept in memory would take some 30 MiB


@pytest.mark.long
def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    # The memory of signatures must be full before the measurement begins.
    monkeypatch.setattr("jebbitctl.webhooks.receiver.MAX_REMEMBERED_SIGNATURES", 500)
    tracemalloc.start()
    try:
        with Receiver(SECRET, lambda _: None) as receiver:
            sizes = []
            for _ in range(3):
                storm(receiver.url, SECRET, 2000)
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[2] - sizes[0] < 200_000
