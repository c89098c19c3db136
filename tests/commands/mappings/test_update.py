"""``mappings update``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.mappings.support import TYPE, run_scripted
from tests.scripted_server import add_mapping, attributes_of, resource, writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result


def test_an_update_without_a_response_body_is_read(tmp_path: Path) -> None:
    before = resource(TYPE, "m1", jebbit_var="Outcome", client_var="bucket")
    result = run_scripted(tmp_path, "update", "m1", "--client-var", "b", PATCH=(204, None), GET=(200, before))
    assert result.code == 1
    assert result.error["message"] == "Jebbit did not apply client_var (requested b, got bucket)"


def test_an_update_sends_and_prints_only_what_changes(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket", "none")
    result = jebbitctl(
        "mappings", "update", id_, "--jebbit-var", "Outcome", "--client-var", "segment", "--default", ""
    )
    assert result.code == 0
    assert writes(sandbox) == [("PATCH", {"client_var": "segment", "default": None})]
    assert result.out.splitlines() == ["client_var\tbucket\tsegment", "default\tnone\t"]


def test_json_is_the_whole_mapping(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    document = jebbitctl("mappings", "update", id_, "--default", "x", "--json").json
    assert document == {"id": id_, "type": TYPE, **attributes_of(sandbox, TYPE)[id_]}
    assert document["default"] == "x"


def test_an_update_without_changes_sends_nothing(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    result = jebbitctl("mappings", "update", id_, "--client-var", "bucket", "--json")
    assert (result.code, result.json["id"]) == (0, id_)
    assert "is already up to date" in result.err
    assert jebbitctl("mappings", "update", id_).code == 2
    assert writes(sandbox) == []


def test_an_update_names_unapplied_attributes_and_prints_the_other_changes(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    sandbox.state.ignored_attributes = {"default"}
    result = jebbitctl("mappings", "update", id_, "--client-var", "b", "--default", "x")
    assert result.code == 1
    assert result.out == "client_var\tbucket\tb\n"
    assert "did not apply default (requested x, got null)" in result.err
