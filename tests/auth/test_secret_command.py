"""Commands that print a client secret."""

from __future__ import annotations

import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.auth import secret_command
from jebbitctl.auth.secret_command import (
    program_name,
    require_no_secret,
    require_secret_command,
    run_secret_command,
)
from jebbitctl.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def shell(script: str) -> str:
    return shlex.join(["sh", "-c", script])


def run(command: str) -> str:
    return run_secret_command(command, os.environ)


def test_the_output_of_the_command_is_the_secret_without_the_line_break() -> None:
    assert run(shell("printf 'a secret\\r\\n'")) == "a secret"
    assert run(shell("printf '\\357\\273\\277abc'")) == "abc"
    assert run_secret_command(shell("echo $TOKEN"), {**os.environ, "TOKEN": "handed on"}) == "handed on"


def test_a_command_runs_without_a_shell() -> None:
    words = '"a; b" $HOME *'
    assert run(f"{sys.executable} -c 'import sys; print(sys.argv[1:])' {words}") == "['a; b', '$HOME', '*']"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (shell("echo SAID; echo SAID >&2; exit 3"), "command sh exited with status 3"),
        (shell("echo SAID >&2; kill -9 $$"), "command sh was ended by signal 9"),
        (shell("true"), "the output of the client secret's command sh is empty"),
        (shell("echo SAID; echo SAID"), "sh contains a line break"),
        (shell("printf '\\377'"), "the output of the client secret's command sh is not UTF-8"),
        (shell("yes SAID"), "command sh prints more than a secret"),
        ("/no/such/program read", "command program cannot be run: No such file or directory"),
        ("/etc/passwd", "command passwd cannot be run: Permission denied"),
    ],
)
def test_a_command_that_fails_is_named_and_nothing_that_it_prints_is_shown(
    command: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CredentialsError) as raised:
        run(command)
    assert reason in raised.value.message
    assert "SAID" not in f"{raised.value.message} {raised.value.hint} {capfd.readouterr()}"


@pytest.mark.parametrize("command", ["", " ", "''", "op 'read", "op\nread", "\x1b"])
def test_a_command_without_a_program_is_refused(command: str) -> None:
    with pytest.raises(UsageError, match="is empty, or has unbalanced quotes"):
        require_secret_command(command)


@pytest.mark.parametrize("program", ["./op", "tools/op", "~/bin/op", "../op"])
def test_a_program_that_depends_on_the_current_directory_is_refused(program: str) -> None:
    with pytest.raises(UsageError, match="has no absolute path"):
        require_secret_command(f"{program} read")


def test_a_command_is_called_by_the_name_of_its_program() -> None:
    assert program_name("'/opt/my tools/op' read secret") == "op"


def test_a_command_that_is_too_slow_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_command, "COMMAND_TIMEOUT", 0.3)
    pid = tmp_path / "pid"
    started = time.monotonic()
    with pytest.raises(CredentialsError, match=r"sh did not end within 0\.3 s"):
        run(shell(f"sleep 60 & echo $! > {shlex.quote(str(pid))}"))  # which holds the pipe
    assert time.monotonic() - started < 5
    child = int(pid.read_text())
    while time.monotonic() - started < 10:
        try:
            os.kill(child, 0)
            with open(f"/proc/{child}/stat") as status:  # noqa: PTH123 - of another process
                if status.read().split()[2] == "Z":
                    return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.01)
    pytest.fail("its child still runs")


def test_a_command_cannot_wait_for_the_users_input() -> None:
    assert run(shell("cat; echo abc")) == "abc"


@pytest.mark.parametrize("command", ["printf %s 'a secret'", "printf %s a\\ secret", "sh -c 'echo a secret'"])
def test_a_command_that_contains_its_secret_is_refused(command: str) -> None:
    with pytest.raises(UsageError, match="contains the secret itself"):
        require_no_secret(command, "a secret")
    require_no_secret("cat secret", "a secret")
