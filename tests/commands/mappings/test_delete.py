"""``mappings delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.mappings.support import TYPE
from tests.scripted_server import add_mapping, attributes_of
from tests.terminal import answered, screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


def test_delete_requires_yes_without_a_terminal(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    result = jebbitctl("mappings", "delete", id_, "--json")
    assert (result.code, result.error["code"]) == (2, "input_required")
    assert id_ in attributes_of(sandbox, TYPE)
    assert jebbitctl("mappings", "delete", id_, "-y", "--json").json == {"id": id_, "ok": True, "error": None}
    assert attributes_of(sandbox, TYPE) == {}


def test_on_a_terminal_delete_asks_with_the_names_and_update_prints_arrows(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    assert "client_var: bucket → b" in screen(cli, "mappings", "update", id_, "--client-var", "b")
    _, question, after = answered(cli, "y", "mappings", "delete", id_)
    assert question == f"Delete mapping {id_} (Outcome → b)? [y/N]: "
    assert f"Deleted mapping {id_}." in after
    assert attributes_of(sandbox, TYPE) == {}
