"""``mappings lint``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.scripted_server import active, add, add_mapping, attributes_of, other, resource, scripted
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli, Result

LINT = ("mappings", "lint")
ALL = (*LINT, "--all")


def lines(result: Result) -> list[tuple[str, str, str]]:
    """Return state, kind and mappings of each line of ``--plain``."""
    cells = [line.split("\t") for line in result.out.splitlines()]
    return [(state, kind, ids) for state, kind, _, ids, *_ in cells]


def reads(sandbox: Sandbox) -> Counter[str]:
    """Return the number of requests for each type of resource."""
    paths = (request.path.removeprefix("/api/v1/") for request in sandbox.requests)
    return Counter(path for path in paths if not path.startswith("/"))


def test_right_mappings_are_one_line_and_two_requests(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "email", "mail")
    add_mapping(sandbox, "first_name", "name", integration=other(sandbox))
    result = cli.run(*ALL)
    assert (result.code, result.out, result.err) == (0, "✓ 2 mappings checked: no problems\n", "")
    assert reads(sandbox) == {"integration_mappings": 1, "traits": 1}
    document = {"ok": True, "mappings": 2, "findings": [], "unknown": []}
    assert cli.run(*ALL, "--json").json == document
    assert cli.run(*ALL, "--plain").out == ""
    assert cli.run(*ALL, "--csv").out == "state,kind,integration_id,mappings,detail,fix\r\n"


@pytest.mark.parametrize(
    ("pairs", "code", "expected"),
    [
        (["emial mail"], 6, ["failed unknown_attribute 0"]),
        (["Email mail"], 0, ["warning unknown_attribute 0"]),
        (["Outcome bucket"], 0, ["warning unknown_attribute 0"]),
        (["internal_score score"], 6, ["failed not_passed 0"]),
        (["email mail", "email mail"], 6, ["failed duplicate 1,0"]),
        (["email mail", "email contact"], 0, ["warning mapped_twice 1,0"]),
        (["email mail", "first_name mail"], 6, ["failed clash 1,0"]),
        (["a,b mail"], 6, ["failed unknown_attribute 0"]),
    ],
    ids=lambda value: " + ".join(value) if isinstance(value, list) else "",
)
def test_each_mistake_is_found_alone(
    cli: Cli, sandbox: Sandbox, pairs: list[str], code: int, expected: list[str]
) -> None:
    ids = [add_mapping(sandbox, *pair.split()) for pair in pairs]
    add_mapping(sandbox, "shoe_size", "size")
    result = cli.run(*LINT, "--integration", active(sandbox), "--plain")
    assert result.code == code
    found = [
        " ".join([*words, ",".join(str(ids.index(i)) for i in of.split(","))]) for *words, of in lines(result)
    ]
    assert found == expected


def test_the_command_of_a_finding_corrects_it(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "Shoe size", "size")
    result = cli.run(*ALL)
    assert (result.code, result.err) == (6, "error: 1 problem in 1 mapping\n")
    _, _, command = result.out.splitlines()[1].partition("if shoe_size is meant: jebbitctl ")
    assert cli.run(*command.split()).code == 0
    assert cli.run(*ALL).code == 0


def test_a_command_is_for_the_same_account(cli: Cli, sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses
    id_ = add_mapping(sandbox, "emial", "mail")
    fix = cli.run(*ALL, "--business", business, "-q", "findings[0].fix", "--plain").out.strip()
    update = f"jebbitctl mappings update {id_} --jebbit-var email --business {business}"
    assert fix == f"if email is meant: {update}"


def test_only_the_mappings_of_the_integration_are_checked(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "emial", "mail", integration=other(sandbox))
    add_mapping(sandbox, "email", "mail")
    assert cli.run(*LINT, "--integration", active(sandbox)).code == 0
    result = cli.run(*LINT, "--integration", other(sandbox), "--json")
    assert (result.code, result.json["ok"], result.json["mappings"]) == (6, False, 1)
    assert result.json["findings"][0]["integration_id"] == other(sandbox)


def test_no_mappings_are_no_problem_and_need_no_attributes(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*ALL)
    assert (result.code, result.out, result.err) == (0, "", "No mappings.\n")
    assert cli.run(*LINT, "--integration", active(sandbox)).err == f"{active(sandbox)} has no mappings.\n"
    assert cli.run(*LINT, "--integration", "nowhere1").code == 3
    assert reads(sandbox)["traits"] == 0


@pytest.mark.parametrize("options", [(), ("--all", "--integration", "L5m24mjs"), ("--integration", "a/b")])
def test_which_integrations_to_check_has_to_be_clear(
    cli: Cli, sandbox: Sandbox, options: tuple[str, ...]
) -> None:
    result = cli.run(*LINT, *options)
    assert (result.code, result.out) == (2, "")
    assert sandbox.requests == []


def test_without_the_scope_nothing_is_claimed(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.permissions.remove("read:trait")
    add_mapping(sandbox, "emial", "mail")
    result = cli.run(*ALL)
    assert (result.code, result.out) == (4, "")
    assert "it requires read:trait" in result.err
    assert "hint: ask your Jebbit representative for read:trait" in result.err


def test_a_scope_that_was_granted_since_is_used(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.permissions.remove("read:trait")
    add_mapping(sandbox, "email", "mail")
    assert cli.run(*ALL).code == 4
    sandbox.state.permissions.append("read:trait")
    assert cli.run(*ALL).code == 0


def test_answers_that_name_no_attribute_are_no_mistake_of_the_mapping(cli: Cli, sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "email", "mail")
    for attributes in attributes_of(sandbox, "traits").values():
        attributes["user-defined-id"] = attributes["user_defined_id"]
    sandbox.state.behaviour.dialect = sandbox.state.behaviour.dialect.without("traits", "user_defined_id")
    result = cli.run(*ALL)
    assert result.code == 6
    assert result.out == (
        f"– {active(sandbox)}: mapping {id_}: Jebbit's answers do not say whether there is an attribute"  # noqa: RUF001
        " email\n"
    )
    assert "error: 1 of 1 mapping could not be checked" in result.err
    assert cli.run(*ALL, "--json").json["ok"] is False


def test_a_switch_of_another_name_is_understood_and_a_missing_one_is_said_once(
    cli: Cli, sandbox: Sandbox
) -> None:
    add_mapping(sandbox, "email", "mail")
    add_mapping(sandbox, "first_name", "name")
    traits = attributes_of(sandbox, "traits").values()
    for attributes in traits:
        attributes["available-in-integrations"] = attributes.pop("pass_to_integrations")
    assert cli.run(*ALL).code == 0
    for attributes in traits:
        del attributes["available-in-integrations"]
    result = cli.run(*ALL)
    assert result.code == 0
    unsaid, summary = result.out.splitlines()
    assert unsaid.startswith("– cannot be known: whether attributes pass to integrations")  # noqa: RUF001
    assert summary == "✓ 2 mappings checked: no problems"


def test_a_mapping_of_which_a_list_says_little_is_read_alone(tmp_path: Path) -> None:
    whole = resource("integration_mappings", "m1", integration_id="i1", jebbit_var="emial", client_var="x")
    sparse: dict[str, Any] = {"data": [{"id": "m1", "type": "integration_mappings", "attributes": {}}]}
    answers = {"integration_mappings": (200, sparse), "integration_mappings/m1": (200, whole)}
    with Sandbox(SandboxOptions(), wrap=scripted(lambda _, path: answers.get(path))) as sandbox:
        result = cli_for(tmp_path, sandbox).run(*ALL, "--json")
    assert (result.code, result.json["findings"][0]["mappings"]) == (6, ["m1"])


def test_strings_from_jebbit_are_data(cli: Cli, sandbox: Sandbox) -> None:
    add(sandbox, "traits", user_defined_id="[red]x\x1b[31m", pass_to_integrations=False)
    add_mapping(sandbox, "[red]x\x1b[31m", "y")
    add_mapping(sandbox, "$(touch x)\n", "z")
    result = cli.run(*ALL)
    assert "\x1b" not in result.out
    assert r"attribute [red]x\x1b[31m does not pass" in result.out
    assert r"there is no attribute $(touch x)\n" in result.out


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_shows_what_a_pipe_gets_in_lines_that_break_no_command(
    cli: Cli, sandbox: Sandbox, columns: int
) -> None:
    id_ = add_mapping(sandbox, "emial", "mail")
    lines = screen(cli, *ALL, columns=columns, env={"NO_COLOR": "1"}).splitlines()
    assert " ".join(lines).split() == f"{cli.run(*ALL).out}error: 1 problem in 1 mapping".split()
    (command,) = [line for line in lines if "jebbitctl" in line]
    assert command.endswith(f"jebbitctl mappings update {id_} --jebbit-var email")
    assert max(len(line) for line in lines if line != command) <= columns


def test_mappings_that_jebbit_did_not_send_are_not_called_right(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "email", "mail")
    sandbox.state.behaviour.record_count = 3
    result = cli.run(*ALL)
    counted = "Jebbit counts 3 integration mappings, but sent 1; this list may be incomplete"
    assert (result.code, result.out) == (6, f"– cannot be known: {counted}\n")  # noqa: RUF001 - an en dash
    assert "mappings that Jebbit did not send could not be checked" in result.err
    assert cli.run(*ALL, "--json", "-q", "ok").json is False
