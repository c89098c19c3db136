"""The sandbox in CI, in compose files and from a second terminal."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from contextlib import ExitStack
from importlib import import_module
from shutil import which
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.storage.running_sandboxes import RunningSandbox, RunningSandboxes
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.commands.served_sandbox import NAMES, posix, serving
from tests.support import JEBBITCTL
from tests.terminal import on_terminal, screen
from tests.webhooks.support import UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from tests.support import Cli

MANIFEST = """
version = 1
[integrations.leads]
endpoint = "https://${HOST}/jebbit"
region = "eu"
additional_options.hash_pii = true
set.additional_options.new_thing = 1
mappings = [
  { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
  { jebbit_var = "email", client_var = "mail" },
]
[integrations.mail]
id = "L5m24mjs"
service_name = "klaviyo"
is_active = true
"""


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, cli: Cli, **options: str) -> Sandbox:
    """Run a sandbox of this process as ``sandbox serve`` does."""
    sandbox = stack.enter_context(Sandbox(SandboxOptions(**options)))  # type: ignore[arg-type]
    note = RunningSandbox(sandbox.run, sandbox.environment)
    stack.enter_context(RunningSandboxes(cli.config).announce(note, pytest.fail))
    return sandbox


@posix
def test_a_shell_evaluates_what_env_prints(bare: Cli, running: ExitStack) -> None:
    sandbox = start(running, bare, client_id="""c'i "$(d)" \\""")
    mine = {"JEBBIT_ACCESS_TOKEN": "mine", "JEBBIT_PROFILE": "mine", "JEBBIT_TIMEOUT": "7"}
    lines = bare.run("sandbox", "env", env=mine).out
    assert "unset JEBBIT_PROFILE\n" in lines
    script = f"{lines}\nenv | grep -v SECRET"
    shown = subprocess.run(["sh", "-c", script], env={**os.environ, **mine}, capture_output=True, check=True)
    found = dict(line.partition("=")[::2] for line in shown.stdout.decode().splitlines() if "JEBBIT" in line)
    expected = {**sandbox.environment, "JEBBIT_TIMEOUT": "7"}
    del expected["JEBBIT_CLIENT_SECRET"]
    assert found == expected
    assert f"\nexport JEBBIT_CLIENT_SECRET={sandbox.state.client_secret}\n" in lines


def test_env_prints_an_env_file_json_or_one_value(bare: Cli, running: ExitStack) -> None:
    environment = start(running, bare, client_id="c i").environment
    plain = bare.run("sandbox", "env", "--plain").out
    assert plain == "".join(f"{name}={value}\n" for name, value in environment.items())
    assert bare.run("sandbox", "env", "--json").json == environment
    assert bare.run("sandbox", "env", "-q", "JEBBIT_CLIENT_ID").out == "c i\n"


def test_env_without_a_sandbox_is_exit_3(bare: Cli) -> None:
    for arguments in ((), ("--port", "8700")):
        result = bare.run("sandbox", "env", *arguments)
        assert (result.code, result.out) == (3, "false\n")
        assert "hint: start one in another terminal: jebbitctl sandbox serve" in result.err
    for format_ in ("--plain", "--json", "--query=JEBBIT_CLIENT_ID"):
        assert bare.run("sandbox", "env", format_).out == ""


@posix
@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_without_a_sandbox_a_script_stops_before_it_uses_the_own_account(bare: Cli, shell: str) -> None:
    if not which(shell):
        pytest.skip(f"no {shell}")
    script = f'set -e\neval "$({shlex.join([JEBBITCTL, "sandbox", "env"])})"\necho went on'
    result = subprocess.run([shell, "-c", script], env=bare.environment(), capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"no sandbox is running" in result.stderr


def test_on_a_terminal_env_without_a_sandbox_prints_the_error_only(bare: Cli) -> None:
    assert "false" not in screen(bare, "sandbox", "env")


@pytest.mark.parametrize("at_its_port", [None, Endpoint(body=b'{"ok": true}'), Endpoint(body=b"[]")])
def test_a_killed_sandbox_is_forgotten_even_if_another_program_has_its_port(
    bare: Cli, running: ExitStack, at_its_port: Endpoint | None
) -> None:
    url = running.enter_context(BackgroundServer(at_its_port)).url if at_its_port else UNREACHABLE
    killed = RunningSandbox("abc", {**dict.fromkeys(NAMES, "long-gone"), "JEBBIT_API_BASE_URL": url})
    running.enter_context(RunningSandboxes(bare.config).announce(killed, pytest.fail))
    assert bare.run("sandbox", "env").code == 3
    assert [*(bare.config / "sandboxes").iterdir()] == []


def test_of_several_sandboxes_the_port_chooses_one(bare: Cli, running: ExitStack) -> None:
    sandboxes = [start(running, bare) for _ in range(2)]
    ports = sorted(int(sandbox.url.rpartition(":")[2]) for sandbox in sandboxes)
    result = bare.run("sandbox", "env")
    assert (result.code, result.out) == (2, "false\n")
    assert f"on the ports {ports[0]}, {ports[1]}\nhint: choose one, such as --port {ports[0]}" in result.err
    chosen = bare.run("sandbox", "env", "--port", str(ports[1]), "--json").json
    assert chosen["JEBBIT_API_BASE_URL"] == f"http://127.0.0.1:{ports[1]}"


@posix
def test_a_second_terminal_uses_what_serve_runs(bare: Cli, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a-secret-of-ci\n")
    options = ("--client-id", "ci", "--client-secret-file", str(secret))
    with serving(bare, *options) as (process, variables):
        assert variables["JEBBIT_CLIENT_SECRET"] == "a-secret-of-ci"
        assert bare.run("sandbox", "env", "--json").json == variables
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
    assert [*(bare.config / "sandboxes").iterdir()] == []


def test_a_script_for_a_second_terminal_also_runs_in_sandbox_run(bare: Cli) -> None:
    options = ("--client-id", "ci", "--", JEBBITCTL, "sandbox", "env", "-q", "JEBBIT_CLIENT_ID")
    assert bare.run("sandbox", "run", *options).code == 0


@posix
def test_serve_prints_lines_to_paste_on_a_terminal(bare: Cli) -> None:
    child = on_terminal(bare, "sandbox", "serve", "--client-id", "c i", env={"JEBBIT_PROFILE": "mine"})
    child.expect_exact("unset JEBBIT_PROFILE\r\nexport JEBBIT_CLIENT_ID='c i'\r\n")
    child.expect("export JEBBIT_AUTH_ISSUER=http://127.0.0.1:[0-9]+\r\n")
    child.sendintr()
    child.expect_exact("Stopped.")
    child.close()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--host", "0.0.0.0"], 2, "--allow-remote"),  # noqa: S104 - rejected
        (["--allow-remote"], 2, "--allow-remote requires --host"),
        (["--var", "A=b"], 2, "--var requires --from"),
        (["--secrets-dir", "secrets"], 2, "--secrets-dir requires --from"),
        (["--from", "missing.toml"], 2, "--from missing.toml: No such file"),
        (["--from", os.devnull, "--secrets-dir", "missing"], 2, "--secrets-dir missing: not a directory"),
        (["--deliver-to", "http://app"], 2, "--deliver-to"),
        (["--faults", "fast"], 2, "slow, lost, duplicate, reorder, burst"),
        (["--client-id", ""], 4, "--client-id is empty"),
        (["--client-secret-file", "missing.txt"], 2, "--client-secret-file missing.txt: No such file"),
        (["--client-secret-file", os.devnull], 4, "is empty"),
        (["--expect", "arrived > 1"], 2, "unknown counter 'arrived'"),
        (["--expect", "delivered"], 2, "duplicates, requests, errors"),
    ],
)
def test_impossible_options_are_refused_before_the_command_starts(
    bare: Cli, options: list[str], code: int, words: str, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    result = bare.run("sandbox", "run", *options, "--", "touch", str(started))
    assert (result.code, result.out, started.exists()) == (code, "", False)
    assert words in result.err


def test_allow_remote_warns_of_what_other_machines_can_do(bare: Cli) -> None:
    options = ("--host", "0.0.0.0", "--allow-remote")  # noqa: S104 - as in a container
    result = bare.run("sandbox", "run", *options, "--", "true")
    assert result.code == 0
    assert result.err == (
        "warning: other machines that reach 0.0.0.0 can use this sandbox, and credentials travel over plain "
        "HTTP\n"
    )


def test_a_sandbox_from_a_manifest_is_in_sync_with_it(bare: Cli, tmp_path: Path) -> None:
    file = tmp_path / "jebbit.toml"
    file.write_text(MANIFEST)
    variable = ("--var", "HOST=hooks.example.com")
    diff = f"'{JEBBITCTL}' integrations diff '{file}' {shlex.join(variable)} >&2"
    script = f"{diff}; '{JEBBITCTL}' mappings list -q '[].[client_var, default]'"
    result = bare.run("sandbox", "run", "--from", str(file), *variable, "--", "sh", "-c", script)
    assert "Jebbit matches" in result.err
    assert result.json == [["mail", None], ["bucket", "none"]]
    unset = bare.run("sandbox", "run", "--from", str(file), "--", "true")
    assert (unset.code, "the variable HOST is not set" in unset.err) == (2, True)


def test_shared_secrets_are_those_of_the_files_that_there_are(bare: Cli, tmp_path: Path) -> None:
    (file := tmp_path / "jebbit.toml").write_text(MANIFEST)
    (tmp_path / "leads.secret").write_text("a-shared-secret-of-ci\n")
    options = ("--from", str(file), "--var", "HOST=hooks.example.com", "--secrets-dir", str(tmp_path))
    secret = (
        JEBBITCTL,
        "api",
        "integrations",
        "-q",
        "data[?attributes.service_name!='klaviyo'].attributes.shared_secret",
    )
    shown = bare.run("sandbox", "run", *options, "--", *secret, "--plain")
    assert shown.out == "a-shared-secret-of-ci\n"


def test_an_expectation_that_holds_changes_nothing(bare: Cli) -> None:
    result = bare.run("sandbox", "run", "--expect", "visits == 0 and requests == 0", "--", "true")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_an_expectation_that_does_not_hold_is_exit_6_with_the_counters(bare: Cli) -> None:
    condition = "delivered >= 10 and refused == 0"
    result = bare.run("sandbox", "run", "--expect", condition, "--", "true")
    assert result.code == 6
    assert result.err == f"error: expected {condition}, but delivered is 0, refused is 0\n"
    error = json.loads(bare.run("sandbox", "run", "--json", "--expect", "1 > 2", "--", "true").err)["error"]
    assert (error["code"], error["message"]) == ("check_failed", "expected 1 > 2")


@pytest.mark.parametrize(("command", "code"), [("false", 1), ("no-such-command-anywhere", 127)])
def test_the_commands_own_failure_is_the_exit_code_whatever_is_expected(
    bare: Cli, command: str, code: int
) -> None:
    result = bare.run("sandbox", "run", "--expect", "visits > 0", "--", command)
    assert result.code == code
    assert "expected" not in result.err


@posix
def test_expectations_wait_for_deliveries_under_way(bare: Cli, tmp_path: Path) -> None:
    def slow(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        time.sleep(0.05)  # what the command does not wait for
        start_response("204 No Content", [])
        return []

    file = tmp_path / "jebbit.toml"
    with BackgroundServer(slow) as server:
        file.write_text(f'version = 1\n[integrations.leads]\nendpoint = "{server.url}"\n')
        expected = "delivered > 0 and delivered == visits - kept_back"
        options = ("--from", str(file), "--visits", "100", "--expect", expected)
        result = bare.run("sandbox", "run", *options, "--", "sleep", "0.2")
    assert result.code == 0, result.err


@posix
def test_a_command_that_has_to_be_killed_is_told(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("jebbitctl.commands.sandbox.run")  # the package has a command of this name
    monkeypatch.setattr(module, "TERMINATE_TIMEOUT", 0.1)
    result = bare.run("sandbox", "run", "--", "sh", "-c", "trap '' TERM; kill -TERM $PPID; sleep 5")
    assert (result.code, result.err) == (143, "warning: sh did not end within 0.1 s, so it was killed\n")
