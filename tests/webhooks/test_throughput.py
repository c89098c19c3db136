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

from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.reading import read
from jebbitctl.webhooks.recordings.recorder import Recorder
from tests.commands.webhooks.support import listening, wait_for_end

from . import load_generator, receiving_programs, slow_app
from .load_generator import send_all
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

ROUNDS = 40
DELIVERIES_PER_ROUND = 500


@contextmanager
def receiving_program(name: str, path: Path) -> Iterator[str]:
    """Run one of the receivers that verify and append; yield its URL."""
    command = [sys.executable, receiving_programs.__file__, name, SECRET, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
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
    with Recorder(path) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        statuses, _ = send_all(receiver.url, SECRET, 1000)
    assert statuses == [200] * 1000
    bodies = [record.delivery.body for record in read(path)]
    assert len(bodies) == len(set(bodies)) == 1000


@pytest.mark.speed
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads memory in /proc")
def test_listen_receives_20000_deliveries_nearly_at_the_speed_of_a_minimal_receiver(
    bare: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compares the best of many short, alternating rounds, so that other load matters less.

    All three verify and record the same; the minimal one does not look whether its file is still there. Only
    ``listen`` prints, and that in JSON. In most rounds, the minimal one is several times slower, because its
    main loop spins while a response is being sent; the bounds are for those in which it does not.
    """
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # it would slow down only one of them
    path, stdout_path = tmp_path / "recording", tmp_path / "stdout"
    options = ("--record", str(path), "--count", str(ROUNDS * DELIVERIES_PER_ROUND), "--json")
    rates: dict[str, list[float]] = {"minimal": [], "receiver": [], "listen": []}
    memory: list[int] = []
    with (
        stdout_path.open("w") as stdout,
        listening(bare, *options, stdout=stdout) as (process, url),
        receiving_program("minimal", tmp_path / "minimal") as minimal_url,
        receiving_program("product", tmp_path / "product") as product_url,
    ):
        urls = {"minimal": minimal_url, "receiver": product_url, "listen": url}
        for _ in range(ROUNDS):
            memory.append(resident_memory(process.pid))
            for name, its_url in urls.items():
                rates[name].append(throughput(its_url, DELIVERIES_PER_ROUND))
        code, _, _ = wait_for_end(process)
    assert code == 0
    assert sum(record.delivery.verification.valid for record in read(path)) == ROUNDS * DELIVERIES_PER_ROUND
    assert len(stdout_path.read_text().splitlines()) == 1 + ROUNDS * DELIVERIES_PER_ROUND
    best = {name: max(found) for name, found in rates.items()}
    growth = memory[-1] - memory[2]
    with capsys.disabled():
        shown = ", ".join(
            f"{name} {rate:.0f}/s ({rate / best['minimal']:.2f})" for name, rate in best.items()
        )
        sys.stderr.write(f"{shown}; memory +{growth / 2**20:.1f} MiB\n")
    assert best["receiver"] > 0.6 * best["minimal"]
    assert best["listen"] > 0.45 * best["minimal"]
    assert growth < 5 * 2**20  # a recording in memory would need about 60 MiB


@pytest.mark.speed
def test_forwarding_to_an_app_of_50_ms_is_nearly_as_fast_as_the_app(
    bare: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # it would slow down only one of them
    monkeypatch.setattr(load_generator, "CONNECTIONS", 20)
    command = [sys.executable, slow_app.__file__]
    alone: list[float] = []
    forwarded: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        app_url = app.stdout.readline().strip()
        with listening(bare, "--forward-to", app_url, "--record", str(tmp_path / "r"), "--count", "1000") as (
            process,
            url,
        ):
            for _ in range(5):
                for rates, its_url in ((alone, app_url), (forwarded, url)):
                    statuses, rate = load_generator.send_all(its_url, SECRET, 200)
                    assert statuses == [200] * 200
                    rates.append(rate)
            code, _, err = wait_for_end(process)
        app.kill()
    assert code == 0
    assert "Received: 1000 ok.\nForwarded: 1000 ok.\n" in err
    with capsys.disabled():
        ratio = max(forwarded) / max(alone)
        sys.stderr.write(f"app alone {max(alone):.0f}/s, forwarded {max(forwarded):.0f}/s ({ratio:.2f})\n")
    assert ratio > 0.5  # one delivery at a time would have 0.05


@pytest.mark.long
def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fill the set of remembered signatures before the first measurement.
    monkeypatch.setattr("jebbitctl.webhooks.receiving.webhook_server.MAX_REMEMBERED_SIGNATURES", 500)
    tracemalloc.start()
    try:
        with WebhookServer(SECRET, lambda _: None) as receiver:
            sizes = []
            for _ in range(3):
                send_all(receiver.url, SECRET, 2000)
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[2] - sizes[0] < 200_000
