"""How the receiver holds up under load, beside a bare application on the same server."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import tracemalloc
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import waitress.server

from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recordings import Recorder, read

from . import storm as storm_program
from .storm import storm
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


@contextmanager
def bare_server() -> Iterator[str]:
    server = waitress.server.create_server(nothing, host="127.0.0.1", port=0)
    assert isinstance(server, waitress.server.BaseWSGIServer)

    def serve() -> None:
        with suppress(OSError):  # closed under its feet, below
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.task_dispatcher.shutdown()
        server.close()
        thread.join(5)


def throughput(url: str, count: int) -> float:
    """Deliver from another process; return the deliveries per second."""
    command = [sys.executable, storm_program.__file__, url, SECRET, str(count)]
    accepted, per_second = subprocess.run(command, capture_output=True, check=True).stdout.split()
    assert int(accepted) == count
    return float(per_second)


def test_1000_deliveries_from_16_connections_are_all_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        statuses, _ = storm(receiver.url, SECRET, 1000)
    assert statuses == [200] * 1000
    bodies = [one.delivery.body for one in read(path)]
    assert len(bodies) == len(set(bodies)) == 1000


@pytest.mark.long
def test_10000_deliveries_are_recorded_at_half_the_speed_of_an_application_that_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "recording"
    recorded, bare = [], []
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver, bare_server() as bare_url:
        for _ in range(4):
            bare.append(throughput(bare_url, 2500))
            recorded.append(throughput(receiver.url, 2500))
    assert sum(1 for _ in read(path)) == 10_000
    ratio = max(recorded) / max(bare)
    with capsys.disabled():
        sys.stderr.write(f"recorded {max(recorded):.0f}/s, bare {max(bare):.0f}/s, ratio {ratio:.2f}\n")
    assert ratio > 0.5


@pytest.mark.long
def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiver._REMEMBERED", 500)  # full before the measurement begins
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
