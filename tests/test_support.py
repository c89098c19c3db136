"""A command that runs in the test's process behaves as in its own process, and leaves no trace."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any

import keyring
import pytest

if TYPE_CHECKING:
    from tests.support import Cli


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
def test_it_ends_as_in_its_own_process(cli: Cli, line: str) -> None:
    assert cli.run(*line.split(), stdin="{}") == cli.run_process(*line.split(), stdin="{}")


def test_it_leaves_the_process_as_it_was(cli: Cli) -> None:
    def state() -> list[Any]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
        return [dict(os.environ), sys.stdin, sys.stdout, sys.stderr, keyring.get_keyring, *handlers]

    before = state()
    assert cli.run("demo").code == 0
    assert state() == before


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


def test_a_warning_makes_it_fail(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
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
