"""``help --json``: a documented shape, with everything that the commands themselves declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.commands.topics import TOPICS
from jebbitctl.environment import VARIABLE_OF_OPTION, VARIABLES
from jebbitctl.errors import ExitCode
from tests.command_lines import COMMAND_LINES
from tests.support import Cli

if TYPE_CHECKING:
    from pathlib import Path

OPTION = {
    *("names", "off_names", "metavar", "type", "choices", "default", "required", "repeatable", "variable"),
    "help",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home: Path = tmp_path_factory.mktemp("home")
    result = Cli(home).run("help", "--json")
    assert (result.code, result.err) == (0, "")
    return result.json


def test_the_shape_of_the_command_tree_is_fixed(tree: Any) -> None:
    assert {name: set(found[0]) for name, found in tree.items() if isinstance(found, list)} == {
        "options": OPTION,
        "groups": {"name", "help"},
        "commands": {
            *("name", "help", "description", "arguments", "options", "common_options", "examples"),
        },
        "common_options": OPTION,
        "environment": {"name", "help", "secret"},
        "exit_codes": {"code", "name", "help"},
        "topics": {"name", "help"},
    }
    assert {name for name, found in tree.items() if isinstance(found, str)} == {"help", "version"}
    arguments = [found for command in tree["commands"] for found in command["arguments"]]
    assert {frozenset(found) for found in arguments} == {frozenset(OPTION - {"off_names", "variable"})}


def test_the_command_tree_has_every_command_option_and_example(tree: Any) -> None:
    assert [command["name"] for command in tree["commands"]] == list(COMMAND_LINES)
    for command in tree["commands"]:
        _, declared = COMMAND_LINES[command["name"]]
        common = {found["names"][-1]: found for found in tree["common_options"]}
        options = [*command["options"], *(common[name] for name in command["common_options"])]
        spellings = {name for option in options for name in (*option["names"], *option["off_names"])}
        assert spellings == {
            spelling
            for param in declared.params
            if param.param_type_name == "option"
            for spelling in (*param.opts, *param.secondary_opts)
        }
        assert any(f"jebbitctl {command['name']}" in example for example in command["examples"])
        assert declared.help.startswith(command["help"])
        assert not any(line.endswith("\\") for line in command["examples"])


def test_the_command_tree_says_what_an_option_takes(tree: Any) -> None:
    commands = {command["name"]: command for command in tree["commands"]}

    def option(command: str, name: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = [found for found in commands[command]["options"] if name in found["names"]]
        return found

    def subset(found: dict[str, Any], **expected: Any) -> bool:
        return expected.items() <= found.items()

    create, verify = "integrations create", "webhooks verify"
    assert subset(option(create, "--region"), type="choice", choices=["us", "eu"], repeatable=False)
    assert subset(option(create, "--endpoint"), type="text", metavar="URL", required=True, default=None)
    assert subset(option(create, "--active"), type="flag", off_names=["--inactive"], metavar=None)
    assert subset(option(create, "--set"), repeatable=True, metavar="NAME=JSON")
    assert subset(option(verify, "--tolerance"), type="integer", default=300)
    assert subset(option("login", "--api-url"), variable="JEBBIT_API_BASE_URL")
    assert subset(option("sandbox serve", "--client-id"), variable=None)
    assert subset(commands["api"]["arguments"][0], names=["[METHOD] PATH"], repeatable=True, required=True)
    assert commands["token"]["options"] == []


def test_the_command_tree_has_variables_exit_codes_and_topics(tree: Any) -> None:
    variables = {found["name"]: found["secret"] for found in tree["environment"]}
    assert VARIABLES.keys() | {"JEBBIT_VAR_NAME", "NO_COLOR"} <= variables.keys()
    assert variables["JEBBIT_CLIENT_SECRET"]
    assert [(found["code"], found["name"]) for found in tree["exit_codes"]] == [
        (code.value, code.name.lower()) for code in ExitCode
    ]
    assert [found["name"] for found in tree["topics"]] == list(TOPICS)


def test_an_option_that_a_variable_stands_for_exists_and_is_named_in_its_help(tree: Any) -> None:
    options = [
        *tree["common_options"],
        *(found for command in tree["commands"] for found in command["options"]),
    ]
    assert {found["variable"] for found in options} == {None, *VARIABLE_OF_OPTION.values()}
    for variable in VARIABLES.values():
        if variable.help.startswith("Like --"):
            assert VARIABLE_OF_OPTION[variable.help.split()[1].strip(",:")] == variable.name
