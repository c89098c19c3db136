from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import pytest

from jebbitctl.commands.sandbox import options as sandbox_options
from jebbitctl.sandbox.behaviour import ErrorStyle, ServiceName
from jebbitctl.sandbox.dialects import DialectName
from tests.commands.served_sandbox import NAMES, posix, serving
from tests.interruptions import ended, interrupted_unnoticed, started
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


def test_serve_prints_the_variables_once_it_accepts_connections(bare: Cli) -> None:
    with serving(bare, "--integrations", "3") as (_, variables):
        assert list(variables) == NAMES
        bare.env.update(variables)
        assert bare.run("whoami").code == 0
        assert len(bare.run("integrations", "list").out.splitlines()) == 3


@pytest.mark.default_cases(1)
@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 0), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_serve_ends_cleanly_on_a_signal(bare: Cli, name: str, code: int) -> None:
    with serving(bare) as (process, _):
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=10)
        assert process.returncode == code
        assert err.endswith("Stopped.\n")


def test_serve_logs_requests_and_deliveries_and_does_not_contact_other_machines(bare: Cli) -> None:
    with serving(bare) as (process, variables):
        bare.env.update(variables)
        created = bare.run(
            "integrations", "create", "--endpoint", "https://example.com/hook", "--active", "--json"
        )
        assert bare.run("integrations", "test", created.json["id"]).code == 0
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert "POST /api/v1/integrations" in err
    assert "not sent" in err
    assert variables["JEBBIT_CLIENT_SECRET"] not in err


def test_a_port_in_use_is_exit_2(bare: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = bare.run("sandbox", "serve", "--port", port)
    assert (result.code, result.out) == (2, "")
    assert port in result.err


@pytest.mark.parametrize(
    "options",
    [
        ["--host", "0.0.0.0"],  # noqa: S104 - rejected
        ["--host", "example.com"],
        ["--fail-rate", "2"],
        ["--businesses", "0"],
        ["--token-lifetime", "0"],
        ["--latency", "-1"],
        ["--dialect", "klingon"],
        ["--service-name", "klaviyo"],
        ["--error-style", "html"],
    ],
)
def test_invalid_options_are_rejected(bare: Cli, options: list[str]) -> None:
    assert bare.run("sandbox", "serve", *options).code == 2


def test_run_gives_the_command_an_account_and_returns_its_exit_code(bare: Cli) -> None:
    result = bare.run_process(
        "sandbox", "run", "--integrations", "2", "--", JEBBITCTL, "integrations", "list"
    )
    assert (result.code, len(result.out.splitlines())) == (0, 2)
    assert bare.run_process("sandbox", "run", sys.executable, "-c", "raise SystemExit(42)").code == 42


def test_run_hides_the_users_account_from_the_command(bare: Cli) -> None:
    bare.config.mkdir()
    script = "import os; print(sorted(n for n in os.environ if n.startswith('JEBBIT_')))"
    result = bare.run_process(
        *("sandbox", "run", "--", sys.executable, "-c", script),
        env={"JEBBIT_PROFILE": "mine", "JEBBIT_ACCESS_TOKEN": "mine", "JEBBIT_BUSINESS_ID": "mine1234"},
    )
    assert result.out.strip() == str(sorted([*NAMES, "JEBBIT_CONFIG_DIR"]))
    assert list(bare.config.iterdir()) == []


@pytest.mark.long
def test_run_with_several_businesses_requires_the_command_to_name_one(bare: Cli) -> None:
    arguments = ("sandbox", "run", "--businesses", "2", "--", JEBBITCTL)
    assert bare.run_process(*arguments, "integrations", "list").code == 2
    assert bare.run_process(*arguments, "whoami").code == 0


@pytest.mark.long
def test_run_with_a_fail_rate_makes_requests_fail(bare: Cli) -> None:
    result = bare.run_process("sandbox", "run", "--fail-rate", "1", "--", JEBBITCTL, "whoami", "--json")
    assert result.code == 5
    assert result.error["code"] == "unavailable"


@pytest.mark.long
def test_run_with_a_dialect_answers_as_that_document_does(bare: Cli) -> None:
    script = f'"{JEBBITCTL}" api integrations; "{JEBBITCTL}" api nothing'
    options = ("--dialect", "host", "--service-name", "webhook", "--error-style", "rails")
    result = bare.run_process("sandbox", "run", "--integrations", "1", *options, "--", "sh", "-c", script)
    assert '"host": "hooks.example.com"' in result.out
    assert '"service_name": "webhook"' in result.out
    assert "Not Found" in result.out


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        (sandbox_options.Dialect, DialectName),
        (sandbox_options.ServiceName, ServiceName),
        (sandbox_options.ErrorStyle, ErrorStyle),
    ],
)
def test_the_options_offer_every_behaviour_that_the_sandbox_knows(offered: object, known: object) -> None:
    assert get_args(offered) == get_args(known)


@pytest.mark.long
def test_run_with_debug_logs_the_requests(bare: Cli) -> None:
    result = bare.run_process("sandbox", "run", "--debug", "--latency", "10", "--", JEBBITCTL, "whoami")
    assert "POST /oauth/token" in result.err
    assert "GET /api/v1/self" in result.err


@pytest.mark.long
def test_a_short_token_lifetime_makes_commands_get_a_new_token(bare: Cli) -> None:
    script = f'"{JEBBITCTL}" token >/dev/null && sleep 2 && "{JEBBITCTL}" whoami >/dev/null'
    result = bare.run_process("sandbox", "run", "--debug", "--token-lifetime", "2", "--", "sh", "-c", script)
    assert result.code == 0
    assert result.err.count("POST /oauth/token") == 2


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("name", "code"),
    [("no-such-command-anywhere", 127), pytest.param("/etc/passwd", 126, marks=posix)],
)
def test_a_command_that_cannot_be_run_has_the_exit_code_of_a_shell(bare: Cli, name: str, code: int) -> None:
    result = bare.run_process("sandbox", "run", "--", name)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"error: cannot run {name}: ")


@posix
@pytest.mark.parametrize(
    ("mode", "hint"),
    [(0o755, "if it is a script, begin it with #!/bin/sh"), (0o644, "make it executable: chmod +x ")],
)
def test_a_script_that_cannot_be_run_gets_a_hint(bare: Cli, tmp_path: Path, mode: int, hint: str) -> None:
    script = tmp_path / "setup"
    script.write_text("echo unused\n")
    script.chmod(mode)
    result = bare.run("sandbox", "run", "--", str(script))
    assert (result.code, result.out) == (126, "")
    assert f"hint: {hint}" in result.err


@posix
def test_the_exit_code_of_a_killed_command_is_128_plus_the_signal(bare: Cli) -> None:
    assert bare.run_process("sandbox", "run", "--", "sh", "-c", "kill -9 $$").code == 137


@pytest.mark.default_cases(1)
@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_is_passed_on_to_the_command_and_ends_both(bare: Cli, name: str) -> None:
    number = signal.Signals[name]
    script = (  # a handler would miss a signal that comes just before a sleep
        f"import signal; signals = {{{int(number)}}}; signal.pthread_sigmask(signal.SIG_BLOCK, signals);"
        "print('up', flush=True); print('got', int(signal.sigwait(signals)))"
    )
    with started(bare, "sandbox", "run", "--", sys.executable, "-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        code, out, err = ended(process, number)
    assert (code, out) == (128 + number, f"got {int(number)}\n"), err


@posix
def test_a_signal_that_does_not_interrupt_the_wait_ends_sandbox_run_too(bare: Cli) -> None:
    with interrupted_unnoticed(signal.SIGTERM):
        assert bare.run("sandbox", "run", "--", "sleep", "60").code == 143


@posix
def test_a_command_under_nohup_survives_a_hangup(bare: Cli) -> None:
    script = "import time; print('up', flush=True); time.sleep(0.5); print('done')"
    command = f"trap '' HUP; exec '{JEBBITCTL}' sandbox run -- '{sys.executable}' -c \"{script}\""
    with subprocess.Popen(
        ["sh", "-c", command], env=bare.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
        assert process.stdout.read() == "done\n"
