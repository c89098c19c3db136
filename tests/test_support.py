"""A command that runs in the test's process behaves as in its own process, and leaves no trace."""

from __future__ import annotations

import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import Cli


@pytest.mark.default_cases(3)
@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "integrations",
        "integrations list",
        "integrations get nowhere1 --json",
        "integrations create --json",
        "api GET self",
        "webhooks sign --secret-file nowhere",
        "profiles use nowhere",
        "login --client-id a --client-secret-stdin --auth-url http://127.0.0.1:9",
    ],
)
def test_a_command_ends_as_in_its_own_process(cli: Cli, line: str) -> None:
    here, there = (run(*line.split(), stdin="{}") for run in (cli.run, cli.run_process))
    assert (here.code, here.out) == (there.code, there.out)
    request_id = "[0-9a-f]{8}-[0-9a-f-]{27}"
    assert re.sub(request_id, "", here.err) == re.sub(request_id, "", there.err)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@pytest.fixture
def handler() -> Iterator[Callable[..., None]]:
    """A handler of the signals that a command handles."""

    def ignore(*_: object) -> None:
        pass

    before = {number: signal.signal(number, ignore) for number in SIGNALS}
    yield ignore
    for number, previous in before.items():
        signal.signal(number, previous)


def test_a_command_leaves_the_process_as_it_was(cli: Cli, handler: Callable[..., None]) -> None:
    def state() -> list[Any]:
        os.umask(umask := os.umask(0o22))
        streams = [sys.stdin, sys.stdout, sys.stderr, *(os.fstat(number).st_ino for number in (0, 1, 2))]
        logging_ = [[*logging.root.handlers], [*logging.root.filters]]
        return [dict(os.environ), Path.cwd(), umask, *streams, *logging_, keyring.get_keyring]

    before = state()
    assert cli.run("demo").code == 0
    assert state() == before
    assert [signal.getsignal(number) for number in SIGNALS] == [handler] * 3


def test_a_command_does_not_see_the_testers_environment(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEBBIT_PROFILE", "")
    assert bare.run("whoami", "--json").code == 4


@pytest.mark.parametrize(
    ("raised", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143), (SystemExit(), 0)]
)
def test_an_exception_that_ends_the_program_becomes_its_exit_code(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int
) -> None:
    def ending(*_: object) -> None:
        raise raised

    monkeypatch.setattr("jebbitctl.commands.whoami.describe_account", ending)
    assert cli.run("whoami").code == code


def test_a_warning_makes_a_command_fail(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "jebbitctl.commands.whoami.describe_account", lambda _: warnings.warn("old", stacklevel=1)
    )
    result = cli.run("whoami")
    assert (result.code, "UserWarning" in result.err) == (1, True)


def test_a_command_that_does_not_end_fails_the_test(bare: Cli) -> None:
    with pytest.raises(pytest.fail.Exception, match="still running: jebbitctl sandbox serve"):
        bare.run("sandbox", "serve", "--port", "0", timeout=0.3)


def test_a_variable_that_only_a_new_interpreter_reads_is_refused(bare: Cli) -> None:
    with pytest.raises(AssertionError, match="run_process"):
        bare.run(env={"PYTHONIOENCODING": "ascii"})


@pytest.mark.long
@pytest.mark.parametrize("ignored", ["INT QUIT", "HUP"], ids=["background", "nohup"])
def test_tests_of_signals_hold_where_the_shell_has_them_ignored(tmp_path: Path, ignored: str) -> None:
    tests = shlex.join(
        [sys.executable, "-m", "pytest", "-q", "-n1", "-m", "not keyring", f"--basetemp={tmp_path / 'tests'}"]
    )
    selection = "tests/commands/test_sandbox.py -k 'test_a_signal_is_passed_on or test_serve_ends_cleanly'"
    done = subprocess.run(
        ["sh", "-c", f"trap '' {ignored}; exec {tests} -p no:cacheprovider {selection}"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "6 passed in" in done.stdout) == (0, True), done.stdout
