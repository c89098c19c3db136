"""``mappings list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scripted_server import active, add_mapping, other
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


def test_a_pipe_gets_tab_separated_lines_newest_first(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    first = add_mapping(sandbox, "Outcome", "bucket")
    second = add_mapping(sandbox, "Größe", "size", "none")
    result = jebbitctl("mappings", "list")
    assert (result.code, result.err) == (0, "")
    integration = active(sandbox)
    assert [line.split("\t") for line in result.out.splitlines()] == [
        [second, integration, "Größe", "size", "none"],
        [first, integration, "Outcome", "bucket", ""],
    ]


def test_one_integrations_mappings_are_filtered_without_a_query(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    own = add_mapping(sandbox, "Outcome", "bucket")
    add_mapping(sandbox, "Outcome", "bucket", integration=other(sandbox))
    rows = jebbitctl("mappings", "list", "--integration", active(sandbox), "--json").json
    assert [row["id"] for row in rows] == [own]
    assert rows[0].keys() == {"id", "type", "jebbit_var", "client_var", "integration_id", "default"}
    assert [request.query for request in sandbox.requests if request.method == "GET"] == [""]


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_an_unknown_integration_is_not_found(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, form: list[str]
) -> None:
    add_mapping(sandbox, "Outcome", "bucket", None)
    for noun in ("mappings", "backfills"):
        if noun == "mappings" or form != ["--csv"]:
            result = jebbitctl(noun, "list", "--integration", "nowhere1", *form)
            assert (result.code, result.out) == (3, "")
            assert "integration nowhere1 not found" in result.err


def test_csv_is_utf8_whatever_the_locale(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, 'a "b", c', "one\ntwo", "☕")
    result = cli.run_process("mappings", "list", "--csv", env={"PYTHONIOENCODING": "ascii"})
    assert (result.code, result.err) == (0, "")
    assert result.out == 'jebbit_var,client_var,default\n"a ""b"", c","one\ntwo",☕\n'


def test_csv_of_several_integrations_warns_that_import_takes_one(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    add_mapping(sandbox, "a", "b")
    add_mapping(sandbox, "a", "b", integration=other(sandbox))
    result = jebbitctl("mappings", "list", "--csv")
    assert (result.code, result.out.count("\n")) == (0, 3)
    assert "warning: the mappings belong to 2 integrations" in result.err


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("mappings", "list", "--integration", active(sandbox))
    assert (result.code, result.out, result.err) == (0, "", f"{active(sandbox)} has no mappings.\n")
    assert jebbitctl("mappings", "list", "--json").json == []


@pytest.mark.parametrize("format_", [["--json"], ["--plain"], ["-q", "[]"]])
def test_csv_and_another_format_are_mutually_exclusive(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, format_: list[str]
) -> None:
    assert jebbitctl("mappings", "list", "--csv", *format_).code == 2
    assert sandbox.requests == []


def test_csv_on_a_terminal_escapes_control_characters(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "a\x1b[2J", "b\x9b")
    shown = screen(cli, "mappings", "list", "--csv")
    assert r"a\x1b[2J,b\x9b," in shown
    assert not {"\x1b", "\x9b"} & set(shown)
