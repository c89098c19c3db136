"""Deleting several resources with one command."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.commands.mappings.support import TYPE
from tests.interruptions import interrupting
from tests.scripted_server import active, add_mapping, attributes_of, writes
from tests.support import cli_for
from tests.terminal import answered

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


@pytest.fixture
def three(sandbox: Sandbox) -> list[str]:
    """The ids of three mappings."""
    return [add_mapping(sandbox, name, name) for name in ("a", "b", "c")]


def test_every_id_is_deleted_once_and_what_is_not_found_is_named(
    cli: Cli, sandbox: Sandbox, three: list[str]
) -> None:
    first, second, kept = three
    result = cli.run("mappings", "delete", first, "nobody12", second, first, "--yes")
    assert result.code == 3
    assert result.err.startswith(
        f"Deleted mapping {first}.\nDeleted mapping {second}.\n"
        "error: 1 of 3 mappings not deleted: mapping nobody12 not found"
    )
    assert list(attributes_of(sandbox, TYPE)) == [kept]
    result = cli.run("mappings", "delete", "nobody12", kept, "--yes", "--json")
    assert (result.code, result.error["code"]) == (3, "not_found")
    assert result.json == [
        {"id": "nobody12", "ok": False, "error": "mapping nobody12 not found"},
        {"id": kept, "ok": True, "error": None},
    ]


def test_nothing_is_deleted_if_an_id_is_invalid(cli: Cli, sandbox: Sandbox, three: list[str]) -> None:
    result = cli.run("mappings", "delete", *three, "../self", "--yes")
    assert result.code == 2
    assert (len(attributes_of(sandbox, TYPE)), sandbox.requests) == (3, [])


def test_a_terminal_is_asked_once_for_all(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=2)) as sandbox:
        first, second = attributes_of(sandbox, "integrations")
        line = ("integrations", "delete", first, second, "nobody")
        code, shown, _ = answered(cli_for(tmp_path, sandbox), "y", *line)
        *listed, question = shown.splitlines()
        assert [row.split()[0] for row in listed] == [first, second, "nobody"]
        assert "https://hooks.example.com/jebbit/1" in shown
        assert "  klaviyo\n" in shown
        assert listed[-1] == "nobody    not found"
        assert (code, question) == (3, "Delete these 3 integrations? [y/N]: ")
        assert attributes_of(sandbox, "integrations") == {}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_says_what_was_deleted_and_what_was_not(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    with Sandbox(SandboxOptions(integrations=1), wrap=interrupting("DELETE", sent, number=2)) as sandbox:
        assert active(sandbox)
        first, second, third = (add_mapping(sandbox, name, name) for name in ("a", "b", "c"))
        result = cli_for(tmp_path, sandbox).run("mappings", "delete", first, second, third, "--yes")
    assert result.code == code
    assert result.err == (
        f"Deleted mapping {first}.\n"
        f"Stopped: 1 of 3 deleted; {second} may have been deleted; not tried: {third}.\n"
    )
    assert len(writes(sandbox)) == 2


def test_a_failure_that_concerns_all_ids_is_tried_once(cli: Cli, sandbox: Sandbox) -> None:
    ids = [add_mapping(sandbox, name, name) for name in ("a", "b")]
    reader: dict[str, Any] = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    result = cli.run("mappings", "delete", *ids, "-y", "--json", env=reader)
    assert (result.code, result.error["code"]) == (4, "forbidden")
    assert result.error["message"].endswith(f"; not tried: {ids[1]}")
    assert [row["ok"] for row in result.json] == [False, False]
