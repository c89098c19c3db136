"""``integrations delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


def test_delete_without_yes_or_a_terminal_deletes_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "delete", id_, "--json")
    assert result.code == 2
    assert result.error["code"] == "input_required"
    assert "--yes" in result.error["hint"]
    assert id_ in stored(sandbox)


def test_delete_with_yes_deletes_without_confirmation(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    assert jebbitctl("integrations", "delete", id_, "-y", "--json").json == {
        "id": id_,
        "ok": True,
        "error": None,
    }
    assert id_ not in stored(sandbox)


def test_an_invalid_id_is_rejected_before_the_confirmation(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "delete", "../self", "--json")
    assert (result.code, result.error["code"]) == (2, "usage")
    assert sandbox.requests == []


def test_a_write_without_the_scope_is_forbidden_and_names_the_scope(cli: Cli, sandbox: Sandbox) -> None:
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    assert cli.run("integrations", "list", env=reader).code == 0
    result = cli.run("integrations", "delete", webhook(sandbox), "-y", "--json", env=reader)
    assert result.code == 4
    assert "write:integration" in result.error["message"]
    assert result.error["hint"].endswith("; then run the command again")
