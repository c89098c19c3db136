"""Many processes at once: one requests a token, the others wait for it, and none waits for ever."""

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
from jebbitctl.storage.token_cache import LOCK_TIMEOUT, TokenCache
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.concurrent_processes import run_concurrently
from tests.isolated_home import IsolatedHomeWithProcesses, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.concurrent_processes import Outcome
    from tests.isolated_home import IsolatedHome

PARALLEL_ROUNDS = 3
"""Most of a round is waiting for the issuer."""

process_counts = pytest.mark.parametrize(
    ("number", "latency", "rounds"), [(8, 0.5, 1), pytest.param(50, 5.0, 6, marks=pytest.mark.long)]
)


@pytest.fixture(autouse=True)
def _enough_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox answer all processes at once."""
    defaults = BackgroundServer.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "threads", 60)


@contextmanager
def slow_issuer(
    latency: float, *, rejected_together: int = 1, on_token_request: Callable[[], None] = lambda: None
) -> Iterator[tuple[IsolatedHome, Sandbox]]:
    """A home with a cached token, and an issuer that responds slowly.

    Args:
        latency: seconds until the issuer responds.
        rejected_together: number of 401s that the API collects before it sends them.
        on_token_request: called for each token request.
    """
    together = Barrier(rejected_together)

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            response = Response.from_app(app, environ)
            if environ["PATH_INFO"] == "/oauth/token":
                on_token_request()
                time.sleep(latency)
            elif response.status_code == 401:
                together.wait(60)
            return response(environ, start_response)

        return slow

    with TemporaryDirectory() as home, Sandbox(wrap=wrap) as sandbox:
        machine = IsolatedHomeWithProcesses(
            Path(home), dict(sandbox.environment), [sandbox.state.client_secret]
        )
        assert machine.run("token").code == 0
        yield machine, sandbox


def run_rounds(one_round: Callable[[], None], rounds: int) -> None:
    with ThreadPoolExecutor(PARALLEL_ROUNDS) as pool:
        for future in [pool.submit(one_round) for _ in range(rounds)]:
            future.result()


def assert_one_token_for_all(outcomes: list[Outcome], requests: list[str]) -> None:
    assert {(outcome.code, outcome.err) for outcome in outcomes} == {(0, "")}
    assert len({outcome.out for outcome in outcomes}) == 1
    assert requests == ["/oauth/token"]


@process_counts
def test_processes_with_an_empty_cache_request_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency) as (machine, sandbox):
            shutil.rmtree(machine.config)
            outcomes = run_concurrently(number, "token", env=machine.environment())
            assert_one_token_for_all(outcomes, paths(sandbox, since=1))

    run_rounds(one_round, rounds)


@pytest.mark.long
@process_counts
def test_processes_with_an_expired_token_request_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency) as (machine, sandbox):
            (path,) = machine.tokens
            expired = {"issued_at": time.time() - 3600, "expires_at": time.time() - 1}
            path.write_text(json.dumps({**json.loads(path.read_text()), **expired}))
            outcomes = run_concurrently(number, "token", env=machine.environment())
            assert_one_token_for_all(outcomes, paths(sandbox, since=1))

    run_rounds(one_round, rounds)


@pytest.mark.long
@process_counts
def test_processes_with_a_rejected_token_request_one_token(number: int, latency: float, rounds: int) -> None:
    def one_round() -> None:
        with slow_issuer(latency, rejected_together=number) as (machine, sandbox):
            sandbox.state.revoke_tokens()
            outcomes = run_concurrently(number, "whoami", env=machine.environment())
            requests = paths(sandbox, since=1)
            assert requests.count("/api/v1/self") == 2 * number, "each is rejected once"
            assert_one_token_for_all(outcomes, [path for path in requests if path != "/api/v1/self"])

    run_rounds(one_round, rounds)


@pytest.mark.long
def test_fifty_installed_commands_request_one_token() -> None:
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
def test_a_stopped_process_delays_others_by_at_most_ten_seconds() -> None:
    latency, requested = 1.0, Event()
    with slow_issuer(latency, on_token_request=requested.set) as (machine, _):
        shutil.rmtree(machine.config)
        requested.clear()
        stopped = machine.start("token")
        try:
            assert requested.wait(20)
            stopped.send_signal(signal.SIGSTOP)
            (key,) = (path.stem for path in machine.config.glob("tokens/*.lock"))
            started = time.monotonic()
            with TokenCache(machine.config, lambda _: None).lock(key):
                delay = time.monotonic() - started
            outcomes = run_concurrently(8, "token", env=machine.environment())
            assert machine.run("token").err == "", "the next process must find a token"
        finally:
            stopped.kill()
            stopped.communicate()
    assert LOCK_TIMEOUT <= delay < 10
    assert {outcome.code for outcome in outcomes} == {0}
    assert all("another process has locked the token cache" in outcome.err for outcome in outcomes)
    assert all(LOCK_TIMEOUT < outcome.seconds < 10 + latency + 5 for outcome in outcomes), outcomes
