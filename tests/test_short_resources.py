"""Too few threads, too little memory: one honest line, and no write is forgotten."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl import cli
from jebbitctl.api import transport as transport_module
from jebbitctl.api.client import Client
from jebbitctl.api.concurrency import ConcurrentCalls
from jebbitctl.api.transport import ApiResponse, Transport
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.api.faults import FaultServer, resource
from tests.api.support import Tokens
from tests.webhooks.support import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Cli

NO_THREADS = "error: the system allows no more threads\nhint: raise the limit of processes"
OURS = ("call_with_timeout", "concurrent-call", "waitress")


@pytest.fixture
def allow_threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets only so many more threads of a command start."""
    start = threading.Thread.start

    def allow(number: int) -> None:
        left = [number]

        def limited(thread: threading.Thread) -> None:
            if thread.name.startswith(OURS):
                left[0] -= 1
                if left[0] < 0:
                    raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return allow


@pytest.mark.parametrize(
    "arguments",
    [
        ("whoami",),
        ("integrations", "list"),
        ("webhooks", "send", "http://127.0.0.1:9/"),
        ("webhooks", "check", "http://127.0.0.1:9/"),
        ("integrations", "create", "--endpoint", "https://e.example"),
    ],
    ids=" ".join,
)
def test_without_threads_a_command_says_so_in_one_line(
    cli: Cli, allow_threads: Callable[[int], None], arguments: tuple[str, ...]
) -> None:
    assert cli.run("token").code == 0
    allow_threads(0)
    result = cli.run(*arguments, env={"JEBBIT_WEBHOOK_SECRET": "shared-secret-47114711"})
    assert (result.code, result.out) == (1, ""), result
    assert result.err.startswith(NO_THREADS), result
    assert len(result.err.splitlines()) == 2


def test_without_threads_the_keyring_is_not_blamed(bare: Cli, allow_threads: Callable[[int], None]) -> None:
    allow_threads(0)
    result = bare.run("login", "--client-id", "id", "--client-secret-stdin", stdin="sesame-47114711\n")
    assert (result.code, result.out) == (1, ""), result
    assert result.err.startswith(NO_THREADS), result


def test_a_damaged_installation_is_no_bug(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_import(*_: object) -> None:
        raise ImportError("undefined symbol: _PyModule_Add", name="_ssl", path="/lib/_ssl.so")

    monkeypatch.setattr("jebbitctl.context.Context.__init__", cannot_import)
    result = cli.run("integrations", "list")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: this Python cannot import _ssl\nhint: ")


def test_a_series_of_deliveries_that_runs_out_of_threads_says_how_much_was_sent(
    cli: Cli, allow_threads: Callable[[int], None]
) -> None:
    with BackgroundServer(Endpoint()) as server:
        allow_threads(3)  # one for the series and one for each delivery
        secret = {"JEBBIT_WEBHOOK_SECRET": "shared-secret-47114711"}
        result = cli.run("webhooks", "send", server.url, "--count", "5", env=secret)
    assert result.code == 1
    assert "statuses.200\t2\nunanswered\t0\nnot_sent\t3\n" in result.out
    assert result.err.startswith(f"Stopped: 2 of 5 deliveries sent, 3 not sent.\n{NO_THREADS}")


def test_with_few_threads_concurrent_calls_go_on_with_those_there_are(
    allow_threads: Callable[[int], None],
) -> None:
    allow_threads(2)
    with ConcurrentCalls(range(50), object, lambda _, item: item * 2, max_in_flight=8) as calls:
        assert [future.result() for _, future in calls] == [item * 2 for item in range(50)]
    allow_threads(0)
    begun: list[int] = []
    with (
        ConcurrentCalls(range(3), object, lambda _, item: begun.append(item)) as none,
        pytest.raises(JebbitctlError, match="no more threads"),
    ):
        next(none)
    assert begun == []


def test_a_write_whose_response_does_not_fit_into_memory_may_have_been_carried_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(_: Any) -> bytes:
        raise MemoryError

    monkeypatch.setattr(transport_module, "_read_body", read)
    with FaultServer(resource(status=201)) as server:
        client = Client(Transport(timeout=20), server.url, Tokens())
        with pytest.raises(
            AmbiguousWriteError, match=r"not enough memory.*; the POST may have been carried out"
        ):
            client.post("/integrations", {})


def test_json_that_does_not_fit_into_memory_is_a_write_that_was_probably_carried_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def parse(_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(transport_module, "parse_json", parse)
    with FaultServer(resource(status=201)) as server:
        client = Client(Transport(timeout=20), server.url, Tokens())
        with pytest.raises(AmbiguousWriteError, match="the POST was probably carried out"):
            client.post("/integrations", {})
    with pytest.raises(ValueError, match="not enough memory"):
        ApiResponse(200, {}, b"{}").json()


def test_any_other_shortage_of_memory_is_one_line(cli_result: Callable[[Exception], str]) -> None:
    assert cli_result(MemoryError()).startswith("error: there is not enough memory\nhint: ")
    assert cli_result(RuntimeError("can't start new thread")).startswith(NO_THREADS)
    assert "a bug in jebbitctl" in cli_result(RuntimeError("another"))


@pytest.fixture
def cli_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Exception], str]:
    """Return a function that runs a command which raises an exception, and returns its stderr."""

    def run(error: Exception) -> str:
        def main(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr("typer.main.get_command", main)
        assert cli.run(["whoami"], {}) == 1
        return capsys.readouterr().err

    return run
