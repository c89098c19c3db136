"""``mappings create``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.commands.mappings.support import NAMES, TYPE, create_arguments, run_scripted
from tests.scripted_server import active, attributes_of, resource, writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


CREATE = ("create", "--integration", "i1", *NAMES)


def test_create_sends_the_attributes_and_prints_the_mapping(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl(*create_arguments(sandbox, "--default", "none", "--json"))
    assert result.code == 0
    attributes = {
        "integration_id": active(sandbox),
        "jebbit_var": "Outcome",
        "client_var": "bucket",
        "default": "none",
    }
    assert writes(sandbox) == [("POST", attributes)]
    (id_,) = attributes_of(sandbox, TYPE)
    assert result.json == {"id": id_, "type": TYPE, **attributes}


def test_an_empty_default_is_not_sent(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    assert jebbitctl(*create_arguments(sandbox, "--default", "")).code == 0
    assert "default" not in writes(sandbox)[0][1]


@pytest.mark.parametrize(("jebbit_var", "client_var"), [("$metadata", "x"), ("", "x"), (" ", "x"), ("x", "")])
def test_invalid_names_are_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, jebbit_var: str, client_var: str
) -> None:
    names = ("--jebbit-var", jebbit_var, "--client-var", client_var)
    assert jebbitctl("mappings", "create", "--integration", active(sandbox), *names).code == 2
    assert jebbitctl("mappings", "update", "abc12345", *names).code == 2
    assert sandbox.requests == []


def test_create_for_an_unknown_integration_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    names = ("--jebbit-var", "x", "--client-var", "y")
    result = jebbitctl("mappings", "create", "--integration", "nowhere1", *names)
    assert (result.code, result.out) == (3, "")
    assert "integration nowhere1 not found" in result.err


def test_create_names_unapplied_attributes_and_prints_the_mapping(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    sandbox.state.ignored_attributes = {"default"}
    result = jebbitctl(*create_arguments(sandbox, "--default", "none", "--json"))
    assert result.code == 1
    assert result.json["client_var"] == "bucket"
    assert result.error["code"] == "partially_applied"
    assert result.error["message"] == "Jebbit did not apply default (requested none, got null)"
    assert result.json["id"] in result.error["hint"]


def test_a_write_without_the_scope_is_forbidden_and_names_the_scope(cli: Cli, sandbox: Sandbox) -> None:
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    result = cli.run(*create_arguments(sandbox, "--json"), env=reader)
    assert result.code == 4
    assert "write:integration_mapping" in result.error["message"]


def test_a_sparse_response_is_read_again_before_an_attribute_counts_as_unapplied(tmp_path: Path) -> None:
    sparse = resource(TYPE, "m1", jebbit_var="Outcome")
    complete = resource(TYPE, "m1", jebbit_var="Outcome", client_var="bucket", default=None)
    result = run_scripted(tmp_path, *CREATE, POST=(201, sparse), GET=(200, complete))
    assert result.code == 0
    assert result.json["client_var"] == "bucket"
    result = run_scripted(tmp_path, *CREATE, POST=(201, sparse), GET=(500, None))
    assert (result.code, "does not say whether it applied client_var" in result.err) == (0, True)
    assert result.json["id"] == "m1"


@pytest.mark.parametrize("document", [None, {"data": None}, {"data": {"type": TYPE}}])
def test_create_without_a_resource_in_the_response_is_ambiguous(tmp_path: Path, document: Any) -> None:
    result = run_scripted(tmp_path, *CREATE, POST=(201, document))
    assert (result.code, result.out) == (5, "")
    assert result.error["code"] == "ambiguous"
    assert "jebbitctl mappings list" in result.error["hint"]
