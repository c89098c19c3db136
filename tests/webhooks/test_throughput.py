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
from jebbitctl.webhooks.recorder import Recorder
from jebbitctl.webhooks.recordings import read
from tests.commands.webhooks.support import listening, wait_for_end

from . import load_generator, minimal_receiver
from .load_generator import send_all
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

ROUNDS = 20
DELIVERIES_PER_ROUND = 500


@contextmanager
def minimal_server() -> Iterator[str]:
    command = [sys.executable, minimal_receiver.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def throughput(url: str, count: int) -> float:
    """Send deliveries from another process; return the deliveries per second."""
    command = [sys.executable, load_generator.__file__, url, SECRET, str(count)]
    accepted, per_second = subprocess.run(command, capture_output=True, check=True).stdout.split()
    assert int(accepted) == count
    return float(per_second)


def resident_memory(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line]
    return int(line.split()[1]) * 1024


def test_1000_deliveries_from_16_connections_are_all_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        statuses, _ = send_all(receiver.url, SECRET, 1000)
    assert statuses == [200] * 1000
    bodies = [record.delivery.body for record in read(path)]
    assert len(bodies) == len(set(bodies)) == 1000


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads memory in /proc")
def test_listen_receives_10000_deliveries_at_a_quarter_of_the_speed_of_a_minimal_receiver_or_faster(
    bare: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compares the best of many short, alternating rounds, so that other load matters less.

    Measured: 0.40 to 0.46. Of each delivery, the lock of the recording and the look whether its file is
    still there cost 25 µs, and the second signature that finds repeats 10 µs.
    """
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # it would slow down only one of them
    path, stdout_path = tmp_path / "recording", tmp_path / "stdout"
    options = ("--record", str(path), "--count", str(ROUNDS * DELIVERIES_PER_ROUND), "--json")
    ours, minimal = [], []
    memory: list[int] = []
    with (
        stdout_path.open("w") as stdout,
        listening(bare, *options, stdout=stdout) as (process, url),
        minimal_server() as minimal_url,
    ):
        for _ in range(ROUNDS):
            memory.append(resident_memory(process.pid))
            minimal.append(throughput(minimal_url, DELIVERIES_PER_ROUND))
            ours.append(throughput(url, DELIVERIES_PER_ROUND))
        code, _, _ = wait_for_end(process)
    assert code == 0
    assert sum(record.delivery.verification.valid for record in read(path)) == ROUNDS * DELIVERIES_PER_ROUND
    assert len(stdout_path.read_text().splitlines()) == ROUNDS * DELIVERIES_PER_ROUND
    ratio, growth = max(ours) / max(minimal), memory[-1] - memory[2]
    with capsys.disabled():
        rates = f"{max(ours):.0f}/s, minimal receiver {max(minimal):.0f}/s, ratio {ratio:.2f}"
        sys.stderr.write(f"{rates}; memory +{growth / 2**20:.1f} MiB\n")
    assert ratio > 0.25
    assert growth < 8 * 2**20  # a recording in memory would need about 30 MiB


@pytest.mark.long
def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fill the set of remembered signatures before the first measurement.
    monkeypatch.setattr("jebbitctl.webhooks.receiver.MAX_REMEMBERED_SIGNATURES", 500)
    tracemalloc.start()
    try:
        with Receiver(SECRET, lambda _: None) as receiver:
            sizes = []
            for _ in range(3):
                send_all(receiver.url, SECRET, 2000)
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[2] - sizes[0] < 200_000
