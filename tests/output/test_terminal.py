"""Output on real pseudo-terminals of 80 and 120 columns, with and without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.commands.integrations.support import stored, webhook
from tests.terminal import COLOUR, on_terminal, screen

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_list_shows_each_value_whole_at_any_width(cli: Cli, sandbox: Sandbox, columns: int) -> None:
    long = "https://example.com/" + "segment/" * 20
    first, second = stored(sandbox).values()
    first["endpoint"], second["endpoint"] = long, "https://hooks.example.com/x"
    shown = COLOUR.sub("", screen(cli, "integrations", "list", "--show-secret", columns=columns))
    words = shown.split()
    for id_, attributes in stored(sandbox).items():
        assert {id_, attributes["endpoint"], attributes["service_name"], attributes["shared_secret"]} <= {
            *words
        }
        assert attributes["created_at"][:10] in words
    assert ("ENDPOINT" in words) is (columns > 40)
    assert max(len(line) for line in shown.splitlines() if long not in line) <= columns


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("columns", [39, 30, 8])
def test_a_narrow_terminal_hides_no_value(cli: Cli, sandbox: Sandbox, columns: int) -> None:
    create = ("integrations", "create", "--endpoint", "https://a.example.com/", "--campaign-name-filter", "X")
    shown = "".join(COLOUR.sub("", screen(cli, *create, columns=columns)).split())
    created = stored(sandbox)[webhook(sandbox)]
    assert f"shared_secret{created['shared_secret']}" in shown
    assert f"endpoint{created['endpoint']}" in shown


def test_colour_is_for_terminals_and_can_be_turned_off(cli: Cli) -> None:
    assert COLOUR.search(screen(cli, "integrations", "list"))
    assert not COLOUR.search(screen(cli, "integrations", "list", env={"NO_COLOR": "1"}))
    assert not COLOUR.search(screen(cli, "integrations", "list", env={"TERM": "dumb"}))
    assert not COLOUR.search(cli.run("integrations", "list").out)


def test_errors_are_red_on_a_terminal_and_in_a_pipe_only_if_forced(cli: Cli) -> None:
    assert "\x1b[31m" in screen(cli, "integrations", "get", "nowhere1")
    assert "\x1b" not in screen(cli, "integrations", "get", "nowhere1", env={"NO_COLOR": "1"})
    assert "\x1b" not in cli.run("integrations", "get", "nowhere1").err
    forced = cli.run("integrations", "get", "nowhere1", env={"FORCE_COLOR": "1"})
    assert "\x1b[31m" in forced.err


def test_forced_colour_does_not_change_tab_separated_lines(cli: Cli) -> None:
    plain = cli.run("integrations", "list").out
    assert cli.run("integrations", "list", env={"FORCE_COLOR": "1"}).out == plain


def test_plain_on_a_terminal_prints_what_a_pipe_gets(cli: Cli) -> None:
    assert screen(cli, "integrations", "list", "--plain") == cli.run("integrations", "list").out


def test_json_on_a_terminal_is_indented(cli: Cli) -> None:
    assert screen(cli, "whoami", "--json").startswith('{\n  "id": "')


@pytest.mark.long
def test_control_characters_from_the_service_are_escaped(cli: Cli, sandbox: Sandbox) -> None:
    attributes = stored(sandbox)[webhook(sandbox)]
    attributes["endpoint"] = "[red]x[/foo] :smile: \x1b]0;owned\x07\x9b2J\u202e"
    for words in (("list",), ("get", webhook(sandbox)), ("list", "--json")):
        shown = screen(cli, "integrations", *words, columns=120, env={"NO_COLOR": "1"})
        assert "[red]x[/foo] :smile:" in shown
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}
    query = screen(cli, "integrations", "get", webhook(sandbox), "-q", "endpoint")
    assert not set(query) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_delete_asks_for_confirmation_and_no_cancels_it(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    child = on_terminal(cli, "integrations", "delete", id_)
    child.expect_exact(f"Delete integration {id_} (")
    child.sendline("n")
    child.expect("cancelled, nothing was changed")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert id_ in stored(sandbox)


def test_delete_deletes_after_a_yes(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    child = on_terminal(cli, "integrations", "delete", id_)
    child.expect(r"\[y/N\]")
    child.sendline("y")
    child.expect(f"Deleted integration {id_}")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert id_ not in stored(sandbox)


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("how", ["--no-input", "JEBBIT_NO_INPUT"])
def test_no_input_prevents_a_question_on_a_terminal(cli: Cli, sandbox: Sandbox, how: str) -> None:
    id_ = webhook(sandbox)
    option = ["--no-input"] if how == "--no-input" else []
    env = {} if option else {"JEBBIT_NO_INPUT": "1"}
    shown = screen(cli, "integrations", "delete", id_, *option, env=env)
    assert "--yes" in shown
    assert id_ in stored(sandbox)


def test_ctrl_c_at_a_question_exits_130(cli: Cli, sandbox: Sandbox) -> None:
    child = on_terminal(cli, "integrations", "delete", webhook(sandbox))
    child.expect(r"\[y/N\]")
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in str(child.before)


def test_update_shows_each_change_with_an_arrow(cli: Cli, sandbox: Sandbox) -> None:
    stored(sandbox)[webhook(sandbox)]["region"] = "us"
    shown = screen(cli, "integrations", "update", webhook(sandbox), "--region", "eu")
    assert "region: us → eu" in shown


@pytest.mark.long
def test_the_demo_fits_80_columns_except_for_commands(bare: Cli) -> None:
    shown = COLOUR.sub("", screen(bare, "demo"))
    assert "✓ The delivery arrived" in shown
    lines = [line for line in shown.splitlines() if "$ jebbitctl" not in line]
    assert max(map(len, lines)) <= 80
