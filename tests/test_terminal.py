"""What people see: real pseudo-terminals of 80 and 120 columns, with and without colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.support import JEBBITCTL
from tests.test_integrations import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(cli: Cli, *args: str, columns: int = 80, env: Mapping[str, str] | None = None) -> Any:
    """Start a command on a terminal of its own."""
    return pexpect.spawn(
        JEBBITCTL,
        list(args),
        env=cli.environment({"TERM": "xterm-256color", **(env or {})}),
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=20,
    )


def screen(cli: Cli, *args: str, columns: int = 80, env: Mapping[str, str] | None = None) -> str:
    """Run a command on a terminal to its end; return all that it showed."""
    child = on_terminal(cli, *args, columns=columns, env=env)
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before).replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 120])
def test_a_list_is_a_table_with_a_header_that_fits(cli: Cli, sandbox: Sandbox, columns: int) -> None:
    long = "https://example.com/" + "segment/" * 20
    stored(sandbox)[webhook(sandbox)]["endpoint"] = long
    shown = COLOUR.sub("", screen(cli, "integrations", "list", columns=columns))
    header, *rows = shown.splitlines()
    assert header.split() == ["ID", "IS", "ACTIVE", "REGION", "SERVICE", "NAME", "ENDPOINT"]
    assert max(map(len, rows)) <= columns
    start = header.index("ENDPOINT")
    assert long in "".join(row[start:].strip() for row in rows)


def test_nothing_of_a_row_is_lost_however_narrow_the_terminal(cli: Cli, sandbox: Sandbox) -> None:
    long = "https://example.com/" + "segment/" * 20
    stored(sandbox)[webhook(sandbox)].update(endpoint=long, service_name="a_service_with_a_very_long_name")
    shown = COLOUR.sub("", screen(cli, "integrations", "list", columns=44))
    letters = "".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 44
    assert letters.count("e") >= (long + "a_service_with_a_very_long_name").count("e")


def test_colour_is_for_terminals_and_can_be_switched_off(cli: Cli) -> None:
    assert COLOUR.search(screen(cli, "integrations", "list"))
    assert not COLOUR.search(screen(cli, "integrations", "list", env={"NO_COLOR": "1"}))
    assert not COLOUR.search(screen(cli, "integrations", "list", env={"TERM": "dumb"}))
    assert not COLOUR.search(cli.run("integrations", "list").out)


def test_errors_are_red_on_a_terminal_and_in_a_pipe_only_when_forced(cli: Cli) -> None:
    assert "\x1b[31m" in screen(cli, "integrations", "get", "nowhere1")
    assert "\x1b" not in screen(cli, "integrations", "get", "nowhere1", env={"NO_COLOR": "1"})
    assert "\x1b" not in cli.run("integrations", "get", "nowhere1").err
    forced = cli.run("integrations", "get", "nowhere1", env={"FORCE_COLOR": "1"})
    assert "\x1b[31m" in forced.err


def test_forced_colour_leaves_the_lines_of_a_pipe_as_they_are(cli: Cli) -> None:
    plain = cli.run("integrations", "list").out
    assert cli.run("integrations", "list", env={"FORCE_COLOR": "1"}).out == plain


def test_plain_on_a_terminal_is_what_a_pipe_gets(cli: Cli) -> None:
    assert screen(cli, "integrations", "list", "--plain") == cli.run("integrations", "list").out


def test_json_on_a_terminal_is_indented(cli: Cli) -> None:
    assert screen(cli, "whoami", "--json").startswith('{\n  "id": "')


def test_strings_of_the_service_are_shown_and_never_obeyed(cli: Cli, sandbox: Sandbox) -> None:
    attributes = stored(sandbox)[webhook(sandbox)]
    attributes["endpoint"] = "[red]x[/foo] :smile: \x1b]0;owned\x07\x9b2J\u202e"
    for words in (("list",), ("get", webhook(sandbox)), ("list", "--json")):
        shown = screen(cli, "integrations", *words, columns=120, env={"NO_COLOR": "1"})
        assert "[red]x[/foo] :smile:" in shown
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}
    query = screen(cli, "integrations", "get", webhook(sandbox), "-q", "endpoint")
    assert not set(query) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_delete_asks_with_the_endpoint_and_no_changes_nothing(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    child = on_terminal(cli, "integrations", "delete", id_)
    child.expect_exact(f"Delete integration {id_} (")
    child.sendline("n")
    child.expect("cancelled, nothing was changed")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert id_ in stored(sandbox)


def test_delete_asks_and_yes_deletes(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    child = on_terminal(cli, "integrations", "delete", id_)
    child.expect(r"\[y/N\]")
    child.sendline("y")
    child.expect(f"Deleted integration {id_}")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert id_ not in stored(sandbox)


@pytest.mark.parametrize("how", ["--no-input", "JEBBIT_NO_INPUT"])
def test_no_input_means_no_question_even_on_a_terminal(cli: Cli, sandbox: Sandbox, how: str) -> None:
    id_ = webhook(sandbox)
    option = ["--no-input"] if how == "--no-input" else []
    env = {} if option else {"JEBBIT_NO_INPUT": "1"}
    shown = screen(cli, "integrations", "delete", id_, *option, env=env)
    assert "--yes" in shown
    assert id_ in stored(sandbox)


def test_ctrl_c_at_a_question_is_130(cli: Cli, sandbox: Sandbox) -> None:
    child = on_terminal(cli, "integrations", "delete", webhook(sandbox))
    child.expect(r"\[y/N\]")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in str(child.before)


def test_update_shows_each_change_with_an_arrow(cli: Cli, sandbox: Sandbox) -> None:
    stored(sandbox)[webhook(sandbox)]["region"] = "us"
    shown = screen(cli, "integrations", "update", webhook(sandbox), "--region", "eu")
    assert "region: us → eu" in shown


def test_the_demo_fits_80_columns_but_for_its_long_values(bare: Cli) -> None:
    shown = COLOUR.sub("", screen(bare, "demo"))
    assert "✓ The delivery arrived" in shown
    told = [line for line in shown.splitlines() if "$ jebbitctl" not in line]
    assert max(map(len, told)) <= 80
