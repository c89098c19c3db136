from __future__ import annotations

import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest
import typer

from jebbitctl.prompts import Prompts
from tests.interruptions import interrupted_unnoticed
from tests.isolated_home import IsolatedHome, paths, wait_for_exit, wait_until_echo_is_off
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    urls = {"JEBBIT_API_BASE_URL": sandbox.url, "JEBBIT_AUTH_ISSUER": sandbox.url}
    return IsolatedHome(tmp_path, urls, [sandbox.state.client_secret])


def test_login_shows_the_client_id_and_hides_the_secret(machine: IsolatedHome, sandbox: Sandbox) -> None:
    terminal = machine.terminal("login")
    terminal.expect("Client id: ")
    terminal.sendline("")
    terminal.expect("Client id: ")
    terminal.sendline(sandbox.state.client_id)
    terminal.expect("Client secret: ")
    assert sandbox.state.client_id in str(terminal.before)
    wait_until_echo_is_off(terminal)
    terminal.sendline(f" {sandbox.state.client_secret} ")
    code, shown = wait_for_exit(terminal)
    assert code == 0
    assert sandbox.state.client_secret not in shown
    assert "Logged in to Acme Outfitters" in shown
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]

    again = machine.terminal("login")
    again.expect_exact(f"Client id [{sandbox.state.client_id}]: ")
    again.sendline("  ")  # as good as nothing: the default is taken
    again.expect("Client secret: ")
    again.sendline("wrong-secret")
    code, shown = wait_for_exit(again)
    assert code == 4
    assert "wrong-secret" not in shown
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]


def test_a_client_secret_for_standard_input_is_not_shown_at_a_terminal(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    terminal = machine.terminal("login", "--client-id", sandbox.state.client_id, "--client-secret-stdin")
    terminal.expect("Client secret: ")
    wait_until_echo_is_off(terminal)
    terminal.sendline(sandbox.state.client_secret)
    code, shown = wait_for_exit(terminal)
    assert (code, sandbox.state.client_secret in shown) == (0, False)
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]


def test_a_default_from_a_profile_is_escaped(machine: IsolatedHome) -> None:
    machine.config.mkdir(parents=True)
    machine.config.joinpath("config.toml").write_text('[profiles.default]\nclient_id = "a\\u001b[31mb"\n')
    terminal = machine.terminal("login")
    terminal.expect_exact("Client id [a\\x1b[31mb]: ")
    terminal.sendcontrol("c")
    assert wait_for_exit(terminal)[0] == 130


@pytest.mark.parametrize("method", ["ask", "confirm"])
def test_a_ctrl_c_before_the_answer_is_read_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "wb"), os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        question = getattr(Prompts(allowed=True), method)
        with pytest.raises(typer.Abort), interrupted_unnoticed():
            question("Really?", hint="")
    assert capsys.readouterr().err.startswith("Really?")


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_an_interrupted_login_exits_with_130_and_turns_the_echo_on_again(
    machine: IsolatedHome, sandbox: Sandbox, key: str
) -> None:
    script = f"'{JEBBITCTL}' login --client-id abc; code=$?; stty -a | grep -o ' echo '; exit $code"
    terminal = machine.terminal("sh", "-c", f"trap : INT; {script}")
    terminal.expect("Client secret: ")
    wait_until_echo_is_off(terminal)
    terminal.send(key)
    code, shown = wait_for_exit(terminal)
    assert code == 130
    assert " echo " in shown
    assert shown.lstrip(" ^CD\b").startswith("\r\n"), "the shell's prompt must start a new line"
    assert paths(sandbox) == []
    assert machine.stored_secrets == {}


def test_end_of_input_at_a_visible_prompt_interrupts_too(machine: IsolatedHome, sandbox: Sandbox) -> None:
    terminal = machine.terminal("login")
    terminal.expect("Client id: ")
    terminal.send("\x04")
    assert wait_for_exit(terminal)[0] == 130
    assert paths(sandbox) == []


def test_pasted_control_characters_are_refused(machine: IsolatedHome, sandbox: Sandbox) -> None:
    terminal = machine.terminal("login", "--client-id", "abc")
    terminal.expect("Client secret: ")
    wait_until_echo_is_off(terminal)
    terminal.sendline("\x1b[200~secret\x1b[201~")
    code, shown = wait_for_exit(terminal)
    assert code == 4
    assert "control character" in shown
    assert paths(sandbox) == []


def test_without_a_keyring_there_is_no_prompt(machine: IsolatedHome) -> None:
    code, shown = wait_for_exit(
        machine.terminal("login", env={"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    )
    assert code == 4
    assert "JEBBIT_CLIENT_SECRET" in shown
    assert "Client id" not in shown


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("invalid", [["--environment", "test"], ["--api-url", "http://example.com"]])
def test_an_invalid_setting_is_refused_before_any_prompt(machine: IsolatedHome, invalid: list[str]) -> None:
    code, shown = wait_for_exit(machine.terminal("login", *invalid))
    assert code == 2
    assert "Client id" not in shown


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("args", "env"), [(["--no-input"], {}), ([], {"JEBBIT_NO_INPUT": "1"})], ids=["option", "variable"]
)
def test_there_is_no_prompt_if_input_is_disabled(
    machine: IsolatedHome, args: list[str], env: dict[str, str]
) -> None:
    code, shown = wait_for_exit(machine.terminal("login", *args, env=env))
    assert code == 2
    assert "--client-secret-stdin" in shown
    assert "input is disabled" in shown
    assert "no terminal" not in shown


def test_a_long_question_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(text: str) -> str:
        asked.append(text)
        return "y"

    monkeypatch.setattr("jebbitctl.prompts.error_width", lambda: 30)
    monkeypatch.setattr("jebbitctl.prompts.is_terminal", lambda _: True)
    monkeypatch.setattr("jebbitctl.prompts._read_line", answer)
    Prompts(allowed=True).confirm("Apply this plan: create 1 mapping, delete 3 mappings?", hint="")
    assert asked == ["Apply this plan: create 1\nmapping, delete 3 mappings?\n[y/N]: "]


def test_a_confirmation_is_repeated_until_it_is_answered(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.login(sandbox).code == 0
    terminal = machine.terminal("profiles", "remove", "default")
    terminal.expect_exact("Remove profile default and its secret? [y/N]: ")
    terminal.sendline("maybe")
    terminal.expect_exact("[y/N]: ")
    terminal.sendline("")
    code, shown = wait_for_exit(terminal)
    assert code == 1
    assert "cancelled, nothing was changed" in shown
    assert len(machine.stored_secrets) == 1

    terminal = machine.terminal("profiles", "remove", "default")
    terminal.expect_exact("[y/N]: ")
    terminal.sendline("y")
    code, shown = wait_for_exit(terminal)
    assert code == 0
    assert machine.stored_secrets == {}


def test_prompts_do_not_go_to_stdout(machine: IsolatedHome, sandbox: Sandbox) -> None:
    out = machine.home / "out"
    terminal = machine.terminal("sh", "-c", f"exec '{JEBBITCTL}' login -q id >'{out}'")
    terminal.expect("Client id: ")
    terminal.sendline(sandbox.state.client_id)
    terminal.expect("Client secret: ")
    wait_until_echo_is_off(terminal)
    terminal.sendline(sandbox.state.client_secret)
    assert wait_for_exit(terminal)[0] == 0
    assert out.read_text() == f"{next(iter(sandbox.state.businesses))}\n"
