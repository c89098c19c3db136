"""How fast visits are delivered, compared with a bare loop of signed requests."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.visit_simulator import VisitSimulator
from jebbitctl.sandbox.visits import VisitOptions
from tests.sandbox import idle_receiver
from tests.sandbox.support import SandboxClient
from tests.webhooks.support import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
PER_ROUND = 1000


@pytest.fixture
def receiver_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    command = [sys.executable, idle_receiver.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.speed
def test_2000_visits_a_second_are_delivered_or_half_of_what_a_bare_loop_sends(
    receiver_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compares the best of alternating rounds, so that other load matters less."""
    bare: list[float] = []
    live: list[float] = []
    with Sandbox() as sandbox, SandboxClient(sandbox) as client:
        client.integration(receiver_url)
        (business,) = sandbox.state.businesses.values()
        visitors, campaigns = VisitSimulator(sandbox.state, business), business.launched_campaigns()
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for _ in range(PER_ROUND):
                assert Sender(receiver_url, "secret", live=True).send().accepted
            bare.append(PER_ROUND / (time.perf_counter() - started))
            started = time.perf_counter()
            visitors.simulate(PER_ROUND, campaigns, VisitOptions(finish=True), seconds=60)
            assert sandbox.state.dispatcher.wait_until_idle(60)
            live.append(PER_ROUND / (time.perf_counter() - started))
        counts = sandbox.state.delivery_log.counts(business.id)
    assert counts["live"] == {"delivered": ROUNDS * PER_ROUND}
    with capsys.disabled():
        sys.stderr.write(f"bare loop {max(bare):.0f}/s, live deliveries {max(live):.0f}/s\n")
    assert max(live) >= min(2000, max(bare) / 2)
