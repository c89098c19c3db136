"""Many processes at once: one asks for a token, the others wait for it, and nobody waits for ever."""

from __future__ import annotations

import json
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.token_cache import LOCK_PATIENCE, TokenCache
from jebbitctl.webhooks.server import BackgroundServer
from tests.herd import herd
from tests.machine import MachineOfProcesses, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.herd import Outcome
    from tests.machine import Machine

SIDE_BY_SIDE = 3
"""Rounds at a time: most of a round is waiting for the issuer."""

crowds = pytest.mark.parametrize(
    ("number", "latency", "rounds"), [(8, 0.5, 1), pytest.param(50, 5.0, 20, marks=pytest.mark.long)]
)


@pytest.fixture(autouse=True)
def _enough_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox answer everybody at once."""
    defaults = BackgroundServer.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "threads", 60)


@contextmanager
def slow_issuer(
    latency: float, *, rejected_together: int = 1, on_asking: Callable[[], None] = lambda: None
) -> Iterator[tuple[Machine, Sandbox]]:
    """A machine with a warm cache, and an issuer that takes its time.

    Args:
        latency: seconds that a token takes.
        rejected_together: how many 401s the API gathers before it answers them.
        on_asking: called whenever somebody begins to wait for a token.
    """
    together = Barrier(rejected_together)

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            response = Response.from_app(app, environ)
            if environ["PATH_INFO"] == "/oauth/token":
                on_asking()
                time.sleep(latency)
            elif response.status_code == 401:
                together.wait(60)
            return response(environ, start_response)

        return slow

    with TemporaryDirectory() as home, Sandbox(wrap=wrap) as sandbox:
        machine = MachineOfProcesses(Path(home), dict(sandbox.environment), [sandbox.state.client_secret])
        assert machine.run("token").code == 0
        yield machine, sandbox


def in_rounds(one_round: Callable[[], None], rounds: int) -> None:
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for done in [pool.submit(one_round) for _ in range(rounds)]:
            done.result()


def assert_one_token_for_all(outcomes: list[Outcome], requests: list[str]) -> None:
    assert {(outcome.code, outcome.err) for outcome in outcomes} == {(0, "")}
    assert len({outcome.out for outcome in outcomes}) == 1
    assert requests == ["/oauth/token"]


@crowds
def test_a_crowd_on_a_cold_cache_asks_for_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency) as (machine, sandbox):
            shutil.rmtree(machine.config)
            outcomes = herd(number, "token", env=machine.environment())
            assert_one_token_for_all(outcomes, paths(sandbox, since=1))

    in_rounds(one_round, rounds)


@crowds
def test_a_crowd_whose_token_has_expired_asks_for_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency) as (machine, sandbox):
            (path,) = machine.tokens
            then = {"issued_at": time.time() - 3600, "expires_at": time.time() - 1}
            path.write_text(json.dumps({**json.loads(path.read_text()), **then}))
            outcomes = herd(number, "token", env=machine.environment())
            assert_one_token_for_all(outcomes, paths(sandbox, since=1))

    in_rounds(one_round, rounds)


@crowds
def test_a_crowd_whose_token_is_rejected_asks_for_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency, rejected_together=number) as (machine, sandbox):
            sandbox.state.revoke_tokens()
            outcomes = herd(number, "whoami", env=machine.environment())
            asked = paths(sandbox, since=1)
            assert asked.count("/api/v1/self") == 2 * number, "each was rejected, and then served"
            assert_one_token_for_all(outcomes, [path for path in asked if path != "/api/v1/self"])

    in_rounds(one_round, rounds)


@pytest.mark.long
def test_fifty_installed_commands_that_still_have_to_start_ask_for_one_token() -> None:
    with slow_issuer(5.0) as (machine, sandbox):
        shutil.rmtree(machine.config)
        started = [machine.start("token") for _ in range(50)]
        outcomes = [process.communicate(timeout=120) for process in started]
        assert {(process.returncode, err) for process, (_, err) in zip(started, outcomes, strict=True)} == {
            (0, b"")
        }
        assert len({out for out, _ in outcomes}) == 1
        assert paths(sandbox, since=1) == ["/oauth/token"]


@pytest.mark.long
def test_a_stopped_process_delays_others_by_ten_seconds_at_most() -> None:
    latency, asking = 1.0, Event()
    with slow_issuer(latency, on_asking=asking.set) as (machine, _):
        shutil.rmtree(machine.config)
        asking.clear()
        stopped = machine.start("token")
        try:
            assert asking.wait(20)
            stopped.send_signal(signal.SIGSTOP)
            (key,) = (path.stem for path in machine.config.glob("tokens/*.lock"))
            began = time.monotonic()
            with TokenCache(machine.config, lambda _: None).lock(key):
                delay = time.monotonic() - began
            outcomes = herd(8, "token", env=machine.environment())
            assert machine.run("token").err == "", "the next one finds a token, and waits for nobody"
        finally:
            stopped.kill()
            stopped.communicate()
    assert LOCK_PATIENCE <= delay < 10
    assert {outcome.code for outcome in outcomes} == {0}
    assert all("another process holds the token cache" in outcome.err for outcome in outcomes)
    assert all(LOCK_PATIENCE < outcome.seconds < 10 + latency + 5 for outcome in outcomes), outcomes
