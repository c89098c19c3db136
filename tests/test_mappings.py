"""``mappings list|get|create|update|delete``; import has a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from tests.conftest import cli_for
from tests.scripted import active, add_mapping, attributes_of, other, resource, scripted, writes
from tests.test_terminal import on_terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Cli, Result

TYPE = "integration_mappings"


def new(sandbox: Sandbox, *more: str) -> tuple[str, ...]:
    names = ("--jebbit-var", "Outcome", "--client-var", "bucket")
    return ("mappings", "create", "--integration", active(sandbox), *names, *more)


def test_list_is_tab_separated_newest_first(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    first = add_mapping(sandbox, "Outcome", "bucket")
    second = add_mapping(sandbox, "Größe", "size", "none")
    result = jebbitctl("mappings", "list")
    assert (result.code, result.err) == (0, "")
    integration = active(sandbox)
    assert [line.split("\t") for line in result.out.splitlines()] == [
        [second, integration, "Größe", "size", "none"],
        [first, integration, "Outcome", "bucket", ""],
    ]


def test_list_of_one_integration_is_filtered_here(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    mine = add_mapping(sandbox, "Outcome", "bucket")
    add_mapping(sandbox, "Outcome", "bucket", integration=other(sandbox))
    rows = jebbitctl("mappings", "list", "--integration", active(sandbox), "--json").json
    assert [row["id"] for row in rows] == [mine]
    assert rows[0].keys() == {"id", "type", "jebbit_var", "client_var", "integration_id", "default"}
    assert [request.query for request in sandbox.requests if request.method == "GET"] == [""]


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("mappings", "list", "--integration", active(sandbox))
    assert (result.code, result.out, result.err) == (0, "", f"No mappings of {active(sandbox)}.\n")
    assert jebbitctl("mappings", "list", "--json").json == []


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_list_of_an_unknown_integration_is_not_found(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, form: list[str]
) -> None:
    add_mapping(sandbox, "Outcome", "bucket", None)
    for noun in ("mappings", "backfills"):
        if noun == "mappings" or form != ["--csv"]:
            result = jebbitctl(noun, "list", "--integration", "nowhere1", *form)
            assert (result.code, result.out) == (3, "")
            assert "integration nowhere1 not found" in result.err


def test_list_csv_is_utf8_that_import_reads(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, 'a "b", c', "one\ntwo", "☕")
    result = cli.run_process("mappings", "list", "--csv", env={"PYTHONIOENCODING": "ascii"})
    assert (result.code, result.err) == (0, "")
    assert result.out == 'jebbit_var,client_var,default\n"a ""b"", c","one\ntwo",☕\n'


def test_list_csv_of_several_integrations_warns_that_import_takes_one(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    add_mapping(sandbox, "a", "b")
    add_mapping(sandbox, "a", "b", integration=other(sandbox))
    result = jebbitctl("mappings", "list", "--csv")
    assert (result.code, result.out.count("\n")) == (0, 3)
    assert "warning: these are the mappings of 2 integrations" in result.err


@pytest.mark.parametrize("format_", [["--json"], ["--plain"], ["-q", "[]"]])
def test_csv_and_another_format_exclude_each_other(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, format_: list[str]
) -> None:
    assert jebbitctl("mappings", "list", "--csv", *format_).code == 2
    assert sandbox.requests == []


def test_csv_on_a_terminal_escapes_control_characters(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "a\x1b[2J", "b\x9b")
    child = on_terminal(cli, "mappings", "list", "--csv")
    shown = str(child.read())
    assert r"a\x1b[2J,b\x9b," in shown
    assert not {"\x1b", "\x9b"} & set(shown)


def test_get_shows_every_attribute(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    attributes_of(sandbox, TYPE)[id_]["from_the_future"] = 1
    document = jebbitctl("mappings", "get", id_, "--json").json
    assert document == {"id": id_, "type": TYPE, **attributes_of(sandbox, TYPE)[id_]}


def test_an_unknown_id_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    for verb in (["get"], ["delete", "-y"], ["update", "--client-var", "x"]):
        result = jebbitctl("mappings", *verb, "nowhere1")
        assert (result.code, result.out) == (3, "")


@pytest.mark.parametrize(
    "line",
    [
        "get a/b",
        "delete .. -y",
        "delete ..",
        "update a?x --client-var y",
        "list --integration ..",
        "create --integration a/b --jebbit-var x --client-var y",
        "import .. - -y",
    ],
)
def test_a_malformed_id_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, line: str
) -> None:
    result = jebbitctl("mappings", *line.split())
    assert result.code == 2
    assert "is not an id" in result.err
    assert not any(request.path.startswith("/api") for request in sandbox.requests)


def test_create_sends_the_attributes_and_prints_the_mapping(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl(*new(sandbox, "--default", "none", "--json"))
    assert result.code == 0
    asked = {
        "integration_id": active(sandbox),
        "jebbit_var": "Outcome",
        "client_var": "bucket",
        "default": "none",
    }
    assert writes(sandbox) == [("POST", asked)]
    (id_,) = attributes_of(sandbox, TYPE)
    assert result.json == {"id": id_, "type": TYPE, **asked}


def test_create_with_an_empty_default_sends_none(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    assert jebbitctl(*new(sandbox, "--default", "")).code == 0
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
    sandbox.state.not_taken = {"default"}
    result = jebbitctl(*new(sandbox, "--default", "none", "--json"))
    assert result.code == 1
    assert result.json["client_var"] == "bucket"
    assert result.error["code"] == "partially_applied"
    assert result.error["message"] == "Jebbit did not apply default (requested none, got null)"
    assert result.json["id"] in result.error["hint"]


def test_without_the_scope_a_write_is_a_permission_error_that_names_it(cli: Cli, sandbox: Sandbox) -> None:
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    result = cli.run(*new(sandbox, "--json"), env=reader)
    assert result.code == 4
    assert "write:integration_mapping" in result.error["message"]


def answered(home: Path, *args: str, **answers: tuple[int, Any]) -> tuple[Result, Sandbox]:
    """Run a command against a service that answers these methods on mappings so."""
    wrap = scripted(lambda method, path: answers.get(method) if path.startswith(TYPE) else None)
    with Sandbox(Options(integrations=1), wrap=wrap) as sandbox:
        words = new(sandbox) if args[0] == "new" else ("mappings", *args)
        return cli_for(home, sandbox).run(*words, *(args[1:] if args[0] == "new" else ()), "--json"), sandbox


def test_a_sparse_response_is_read_again_before_an_attribute_counts_as_unapplied(tmp_path: Path) -> None:
    sparse = resource(TYPE, "m1", jebbit_var="Outcome")
    whole = resource(TYPE, "m1", jebbit_var="Outcome", client_var="bucket", default=None)
    result, _ = answered(tmp_path, "new", POST=(201, sparse), GET=(200, whole))
    assert result.code == 0
    assert result.json["client_var"] == "bucket"
    result, _ = answered(tmp_path, "new", POST=(201, sparse), GET=(500, None))
    assert result.code == 1
    assert result.json["id"] == "m1"
    assert "client_var" in result.error["message"]


@pytest.mark.parametrize("document", [None, {"data": None}, {"data": {"type": TYPE}}])
def test_create_without_a_resource_in_the_response_is_ambiguous(tmp_path: Path, document: Any) -> None:
    result, _ = answered(tmp_path, "new", POST=(201, document))
    assert (result.code, result.out) == (5, "")
    assert result.error["code"] == "ambiguous"
    assert "jebbitctl mappings list" in result.error["hint"]


def test_an_update_without_a_response_body_is_read(tmp_path: Path) -> None:
    before = resource(TYPE, "m1", jebbit_var="Outcome", client_var="bucket")
    result, _ = answered(tmp_path, "update", "m1", "--client-var", "b", PATCH=(204, None), GET=(200, before))
    assert result.code == 1
    assert result.error["message"] == "Jebbit did not apply client_var (requested b, got bucket)"


def test_update_sends_only_what_changes_and_shows_it(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket", "none")
    result = jebbitctl(
        "mappings", "update", id_, "--jebbit-var", "Outcome", "--client-var", "segment", "--default", ""
    )
    assert result.code == 0
    assert writes(sandbox) == [("PATCH", {"client_var": "segment", "default": None})]
    assert result.out.splitlines() == ["client_var\tbucket\tsegment", "default\tnone\t"]


def test_update_json_is_the_whole_mapping(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    document = jebbitctl("mappings", "update", id_, "--default", "x", "--json").json
    assert document == {"id": id_, "type": TYPE, **attributes_of(sandbox, TYPE)[id_]}
    assert document["default"] == "x"


def test_update_with_nothing_to_change_sends_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    result = jebbitctl("mappings", "update", id_, "--client-var", "bucket", "--json")
    assert (result.code, result.json["id"]) == (0, id_)
    assert "Nothing to change" in result.err
    assert jebbitctl("mappings", "update", id_).code == 2
    assert writes(sandbox) == []


def test_update_names_unapplied_attributes_and_shows_the_other_changes(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    sandbox.state.not_taken = {"default"}
    result = jebbitctl("mappings", "update", id_, "--client-var", "b", "--default", "x")
    assert result.code == 1
    assert result.out == "client_var\tbucket\tb\n"
    assert "did not apply default (requested x, got null)" in result.err


def test_delete_needs_a_yes_and_without_a_terminal_changes_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    result = jebbitctl("mappings", "delete", id_, "--json")
    assert (result.code, result.error["code"]) == (2, "input_required")
    assert id_ in attributes_of(sandbox, TYPE)
    assert jebbitctl("mappings", "delete", id_, "-y", "--json").json == {"id": id_, "deleted": True}
    assert attributes_of(sandbox, TYPE) == {}


def test_on_a_terminal_delete_asks_with_the_names_and_update_shows_arrows(cli: Cli, sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    assert "client_var: bucket → b" in on_terminal(cli, "mappings", "update", id_, "--client-var", "b").read()
    child = on_terminal(cli, "mappings", "delete", id_)
    child.expect_exact(f"Delete mapping {id_} (Outcome → b)? [y/N]")
    child.sendline("y")
    child.expect_exact(f"Deleted mapping {id_}.")
    child.expect(pexpect.EOF)
    child.close()
    assert attributes_of(sandbox, TYPE) == {}
