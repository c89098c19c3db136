"""The root of the program: help, usage errors, streams, signals, exit codes."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl import __version__
from jebbitctl.cli import COMMANDS
from jebbitctl.commands.topics import TOPICS
from jebbitctl.environment import VARIABLES
from jebbitctl.errors import ExitCode
from jebbitctl.sandbox import jwt
from tests.command_lines import COMMAND_LINES, root_of
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX streams and signals")


def test_the_version_is_one_line(bare: Cli) -> None:
    assert bare.run("--version").out == f"jebbitctl {__version__}\n"


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jebbitctl", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"jebbitctl {__version__}\n"


def test_the_root_help_names_every_command_and_topic(bare: Cli) -> None:
    result = bare.run()
    assert result.code == 0
    assert result.out == bare.run("--help").out == bare.run("-h").out
    for name in COMMANDS:
        assert f"\n  {name} " in result.out
    for topic, line in TOPICS.items():
        assert re.search(rf"^    {topic} +{re.escape(line)}$", result.out, re.MULTILINE)


def test_the_root_help_fits_80_columns(bare: Cli) -> None:
    assert max(map(len, bare.run("--help", env={"COLUMNS": "80"}).out.splitlines())) <= 80


@pytest.mark.parametrize("line", ["", "integrations", "integrations create", "doctor", "help"])
def test_help_shows_what_the_help_option_shows(bare: Cli, line: str) -> None:
    result = bare.run("help", *line.split())
    assert (result.code, result.err) == (0, "")
    assert result.out == bare.run(*line.split(), "--help").out
    assert bare.run("help", *line.split(), "-q", "help").out == result.out


def test_help_explains_exit_codes_and_the_environment(bare: Cli) -> None:
    codes = bare.run("help", "exit-codes").out
    assert all(re.search(rf"^ +{code.value} ", codes, re.MULTILINE) for code in ExitCode)
    assert set(VARIABLES) <= set(re.findall(r"JEBBIT_\w+", bare.run("help", "environment").out))


@pytest.mark.parametrize("topic", TOPICS)
def test_help_offers_and_shows_every_topic(bare: Cli, topic: str) -> None:
    result = bare.run("help", topic)
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") > 2
    assert topic in bare.run("help", "--help", env={"COLUMNS": "200"}).out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("integratons", "no such command or topic: integratons\nhint: did you mean integrations?"),
        ("exit-code", "no such command or topic: exit-code\nhint: did you mean exit-codes?"),
        ("xyzzy", "no such command or topic: xyzzy\nhint: see jebbitctl --help"),
        ("integrations lst", "no such command: lst"),
        ("doctor now", "no such command: now"),
    ],
)
def test_help_for_an_unknown_command_is_wrong_usage(bare: Cli, line: str, message: str) -> None:
    result = bare.run("help", *line.split())
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_group_alone_shows_its_help(bare: Cli) -> None:
    result = bare.run("integrations")
    assert (result.code, result.err) == (0, "")
    assert "create" in result.out


@pytest.mark.parametrize("noun", sorted({words[0] for words, _ in COMMAND_LINES.values() if len(words) > 1}))
def test_the_help_of_a_group_cuts_no_line(bare: Cli, noun: str) -> None:
    assert "..." not in bare.run(noun, "--help", env={"COLUMNS": "80"}).out.partition("Commands:")[2]


def test_a_line_of_the_root_help_is_the_commands_first_line() -> None:
    assert {name: root_of(name).help.partition("\n")[0] for name in COMMANDS} == COMMANDS


def test_every_help_has_an_example_and_the_common_options() -> None:
    for line, (_, command) in COMMAND_LINES.items():
        assert "Example" in command.epilog, line
        examples = [part for part in command.epilog.splitlines() if "jebbitctl" in part]
        assert any(f"jebbitctl {line}" in example for example in examples), examples
        options = {option for param in command.params for option in param.opts}
        assert {"--json", "--plain", "-q", "--query", "--no-input", "--debug"} <= options, line
        assert all(param.help for param in command.params), line


def test_no_option_takes_a_secret_as_its_value() -> None:
    harmless = {"--secret-file", "--secrets-dir", "--client-secret-command", "--client-secret-file"}
    for line, (_, command) in COMMAND_LINES.items():
        about_secrets = [
            param for param in command.params if re.search("secret|password|credential", " ".join(param.opts))
        ]
        assert all(param.is_flag or param.opts[0] in harmless for param in about_secrets), line


def test_every_help_fits_80_columns_but_for_its_example(bare: Cli) -> None:
    for line in COMMAND_LINES:
        result = bare.run(*line.split(), "--help", env={"COLUMNS": "80"})
        assert (result.code, result.err) == (0, ""), line
        options, _, _ = result.out.partition("\n  Example")
        assert max(map(len, options.splitlines())) <= 80, line


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("whomi", "no such command: whomi; did you mean 'whoami'?", "jebbitctl --help"),
        ("integrations lst", "no such command: lst; did you mean", "jebbitctl integrations --help"),
        (
            "listen -v",
            "no such command: listen; did you mean 'webhooks listen'?",
            "jebbitctl webhooks listen --help",
        ),
        (
            "delete X",
            "no such command: delete; did you mean 'integrations delete', 'mappings delete'?",
            "jebbitctl --help",
        ),
        ("get integrations", "no such command: get", "jebbitctl --help"),
        ("whoami --xyzzy", "no such option: --xyzzy", "jebbitctl whoami --help"),
        ("integrations get", "missing argument: ID", "jebbitctl integrations get --help"),
        ("integrations create", "missing option: --endpoint", "jebbitctl integrations create --help"),
        ("sandbox serve --port x", "--port: ", "jebbitctl sandbox serve --help"),  # Typer's words vary
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(bare: Cli, line: str, message: str, hint: str) -> None:
    result = bare.run(*line.split())
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second == f"hint: see {hint}"


def test_with_json_a_usage_error_is_one_json_object(bare: Cli) -> None:
    result = bare.run("integrations", "get", "--json")
    assert (result.code, result.out) == (2, "")
    assert result.error.keys() == {"code", "message", "status", "hint", "request_id"}
    assert result.error["code"] == "usage"


def test_with_json_an_error_is_json_even_if_it_repeats_a_command_for_a_pipeline(bare: Cli) -> None:
    result = bare.run("webhooks", "show", "##[error]x", "1", "--json")
    assert result.code == 2
    assert "##[error]x" in result.error["message"]
    assert "##[" not in result.err


def test_without_credentials_the_hint_names_both_ways(bare: Cli) -> None:
    result = bare.run("whoami", "--json")
    assert result.code == 4
    assert result.error["code"] == "credentials"
    assert "jebbitctl login" in result.error["hint"]
    assert "JEBBIT_CLIENT_SECRET" in result.error["hint"]


def test_an_unreachable_service_is_unavailable(bare: Cli) -> None:
    result = bare.run(
        "whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_API_BASE_URL": "http://127.0.0.1:9"}
    )
    assert result.code == 5
    assert result.error["code"] == "unavailable"
    assert "is the sandbox still running?" in result.error["hint"]


@pytest.mark.parametrize(
    "noun", ["integrations", "mappings", "backfills", "campaigns", "attributes", "exports"]
)
def test_a_missing_resource_is_named_and_the_hint_lists_the_others(cli: Cli, noun: str) -> None:
    result = cli.run(noun, "get", "nowhere1")
    assert (result.code, result.out) == (3, "")
    assert re.sub(r" \(request id [0-9a-f-]{36}\)", "", result.err) == (
        f"error: {noun.removesuffix('s')} nowhere1 not found\nhint: list them: jebbitctl {noun} list\n"
    )


def test_the_hint_about_a_missing_resource_lists_those_of_the_same_business(cli_several: Cli) -> None:
    business = cli_several.run("whoami", "--json").json["businesses"][1]["id"]
    result = cli_several.run("integrations", "get", "nowhere1", "--business", business, "--json")
    assert result.error["hint"] == f"list them: jebbitctl integrations list --business {business}"


def test_a_given_token_that_has_expired_is_called_so(cli: Cli) -> None:
    token = jwt.encode({"exp": 1_500_000_000}, b"another key")
    result = cli.run("integrations", "list", env={"JEBBIT_ACCESS_TOKEN": token})
    assert result.code == 4
    assert (
        "Jebbit rejected the token (Unauthorized Request), which expired at 2017-07-14T02:40:00Z"
        in result.err
    )
    assert result.err.endswith("\nhint: set JEBBIT_ACCESS_TOKEN to a new token\n")


def test_debug_logs_each_request_and_no_secret(cli: Cli) -> None:
    result = cli.run("whoami", "--debug")
    assert result.code == 0
    assert "→ POST" in result.err
    assert "→ GET" in result.err
    assert "← 200" in result.err
    assert "eyJ" not in result.err
    assert result.err == "" or cli.run("whoami", env={"JEBBIT_DEBUG": "1"}).err.count("→") == 1


@posix
def test_a_closed_pipe_is_not_an_error(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("whoami").code == 0
    done = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" integrations list --json | true; exit "${{PIPESTATUS[0]}}"'],
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sandbox.requests


@pytest.mark.default_cases(1)
@posix
@pytest.mark.parametrize("line", ["whoami", "help --json", "--help"])
def test_a_full_stdout_is_an_error_that_names_it(cli: Cli, line: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" {line} >/dev/full'],
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "standard output: No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


@posix
def test_a_closed_stderr_does_not_change_the_exit_code(bare: Cli) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" whoami 2>&-'], env=bare.environment(), capture_output=True, check=False
    )
    assert done.returncode == 4


@pytest.mark.default_cases(1)
@posix
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_waiting_command_at_once_without_a_traceback(
    bare: Cli, sent: signal.Signals, code: int
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(
            [JEBBITCTL, "whoami"],
            env=bare.environment({"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_API_BASE_URL": url}),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent.accept()
            with connection:
                started = time.monotonic()
                process.send_signal(sent)
                _, err = process.communicate(timeout=10)
    assert process.returncode == code
    assert time.monotonic() - started < 5
    assert "Traceback" not in err


@pytest.mark.long
def test_characters_that_an_encoding_lacks_are_escaped(cli: Cli, sandbox: Sandbox) -> None:
    business = next(iter(sandbox.state.businesses.values()))
    business.name = "Café ☕"
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert r"Caf\xe9 \u2615" in cli.run_process("whoami", env=ascii_only).out
    result = cli.run_process("whoami", "--json", env=ascii_only)
    assert result.out.isascii()
    assert result.json["name"] == "Café ☕"
    assert "Café ☕" in cli.run_process("whoami", env={"PYTHONIOENCODING": "utf-8"}).out


def test_a_bug_is_reported_in_one_line_without_values(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from jebbitctl import cli as program

    def broken(*_: object, **__: object) -> None:
        raise TypeError("sesame")

    monkeypatch.setattr("jebbitctl.commands.whoami.describe_account", broken)
    previous = signal.getsignal(signal.SIGTERM)
    try:
        assert program.run(["whoami"]) == 1
    finally:
        signal.signal(signal.SIGTERM, previous)
    err = capsys.readouterr().err
    assert "a bug in jebbitctl" in err
    assert "TypeError in test_cli.py" in err
    assert "sesame" not in err


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_fit_a_terminal_of_80_columns(name: str) -> None:
    app = importlib.import_module(f"jebbitctl.commands.{name}").app
    assert [line for own in app.commands for line in own.example.splitlines() if len(line) > 76] == []


@pytest.mark.parametrize("words", ["", "integrations", "integrations create", "webhooks listen"])
def test_help_fits_a_narrow_terminal(bare: Cli, words: str) -> None:
    text = bare.run(*words.split(), "--help", env={"COLUMNS": "40"}).out
    prose = text.partition("\n  Help topics:")[0].partition("\n  Example")[0]
    too_long = [line for line in prose.splitlines() if len(line) > 40 and not line.startswith("  --")]
    assert (too_long, "..." in prose.partition("Commands:")[2]) == ([], False)
