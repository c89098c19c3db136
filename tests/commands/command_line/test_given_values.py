"""No command takes what a script contains by mistake: other encodings, line ends of Windows, empty paths."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.commands.command_line.given_values import is_path
from jebbitctl.errors import UsageError
from tests.command_lines import COMMAND_LINES
from tests.scripted_server import active

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

LATIN_1 = os.fsdecode("Größe".encode("latin-1"))
EVERY_PARAMETER = [
    (line, param)
    for line, (_, command) in COMMAND_LINES.items()
    for param in command.params
    if not getattr(param, "is_flag", False)
]
PATHS = [(line, param) for line, param in EVERY_PARAMETER if is_path(param)]
TEXTS = [(line, param) for line, param in EVERY_PARAMETER if not is_path(param)]
NOT_JUDGED = {("sandbox run", "cmd"), ("webhooks verify", "signature")}
"""Another program's words, and what the command examines."""


def refusals(parameters: list[tuple[str, Any]], value: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield each parameter and the error about its value, None if the value was not the reason to stop."""
    for line, param in parameters:
        words, command = COMMAND_LINES[line]
        if param.param_type_name == "argument":
            arguments = [other for other in command.params if other.param_type_name == "argument"]
            given = [*["1"] * arguments.index(param), value]
        else:
            given = [max(param.opts, key=len), value]
        try:
            command.make_context(" ".join(words), given)
        except UsageError as error:
            yield line, param.name, error.message
        except Exception:  # noqa: BLE001 - whatever Typer says of a value, or of what is missing
            yield line, param.name, None
        else:
            yield line, param.name, None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (LATIN_1, "is not UTF-8 text: byte 0xF6, which is ö in Windows-1252"),
        ("5\r", "ends in a carriage return"),
        ("a\r\nb", "contains a carriage return"),
        ("a\x1b[Db", "contains a control character: U+001B"),
        ("a\x85b", "contains a control character: U+0085"),
    ],
)
def test_no_command_takes_text_that_nobody_types(value: str, problem: str) -> None:
    found = list(refusals(TEXTS, value))
    taken = {(line, name) for line, name, error in found if not error}
    assert taken - delivery_headers(value) == NOT_JUDGED
    assert all(error.endswith(problem) for *_, error in found if error)


def delivery_headers(value: str) -> set[tuple[str, str]]:
    """Return the options for headers, which are sent byte for byte, if a value is not text."""
    return {(line, param.name) for line, param in TEXTS if value == LATIN_1 and "header" in param.name}


@pytest.mark.parametrize(("value", "problem"), [("", "is empty"), ("m.toml\r", "ends in a carriage return")])
def test_no_command_takes_a_path_that_is_empty_or_ends_in_a_carriage_return(value: str, problem: str) -> None:
    assert {error and error.split(" ", 1)[1] for *_, error in refusals(PATHS, value)} == {problem}


def test_a_path_may_consist_of_any_bytes() -> None:
    assert not any(error for *_, error in refusals(PATHS, os.fsdecode(b"/home/\xf6/a\x1b")))


@pytest.mark.parametrize("value", ["Größe", "two\nlines", "a\tb", " \u200f ", "\u00a0"])
def test_text_that_can_be_meant_is_taken(value: str) -> None:
    assert not any(error for *_, error in refusals(EVERY_PARAMETER, value))


def test_every_file_or_directory_is_known_to_be_a_path() -> None:
    speaking = {
        (line, param.name)
        for line, param in EVERY_PARAMETER
        if hasattr(param.type, "file_okay")
        or (param.metavar or "").startswith(("FILE", "DIR"))
        or param.name.endswith(("_file", "_dir"))
    }
    assert speaking == {(line, param.name) for line, param in PATHS}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("integrations", "diff", "", "--offline"), "FILE"),
        (("integrations", "apply", "m.toml", "--backup", ""), "--backup"),
        (("integrations", "apply", "m.toml", "--secrets-dir", ""), "--secrets-dir"),
        (("integrations", "export", "--into", ""), "--into"),
        (("integrations", "create", "--endpoint", "https://a.example/", "--secret-file="), "--secret-file"),
        (("webhooks", "listen", "--record", ""), "--record"),
        (("webhooks", "check", "https://a.example/", "--junit", ""), "--junit"),
        (("mappings", "import", "L5m24mjs", ""), "FILE"),
        (("webhooks", "list", ""), "FILE"),
    ],
)
def test_an_empty_path_is_a_usage_error_that_names_the_option(
    cli: Cli, sandbox: Sandbox, command: tuple[str, ...], name: str
) -> None:
    result = cli.run(*command)
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert result.err.startswith(f"error: {name} is empty\n")


def test_the_field_of_an_empty_file_name_is_refused(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("api", "POST", "integrations", "-F", "x=@")
    assert (result.code, sandbox.requests) == (2, [])
    assert "the name of the file is empty" in result.err


@pytest.mark.parametrize("value", [LATIN_1, "e_mail\r"])
def test_a_value_by_mistake_is_refused_before_any_request_and_not_repeated(
    cli: Cli, sandbox: Sandbox, value: str
) -> None:
    names = ("--jebbit-var", "email", "--client-var", value)
    result = cli.run("mappings", "create", "--integration", active(sandbox), *names, "--json")
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert result.error["message"].startswith("--client-var ")
    assert "e_mail" not in result.err


@pytest.mark.parametrize(
    "words", [("integrations", "list\r"), ("integrations", "list", "--json\r"), ("mappings\r", "list")]
)
def test_a_command_or_option_with_the_line_end_of_windows_names_the_cause(
    cli: Cli, words: tuple[str, ...]
) -> None:
    result = cli.run(*words)
    assert result.code == 2
    assert "hint: it comes from a script or file saved on Windows" in result.err


@pytest.mark.parametrize(
    "name", ["JEBBIT_BUSINESS_ID", "JEBBIT_PROFILE", "JEBBIT_TIMEOUT", "JEBBIT_API_BASE_URL"]
)
def test_a_variable_with_bytes_that_are_not_text_names_the_cause(
    cli: Cli, sandbox: Sandbox, name: str
) -> None:
    result = cli.run("integrations", "list", env={name: LATIN_1})
    assert (result.code in {2, 4}, sandbox.requests) == (True, [])
    assert f"error: {name} is not UTF-8 text: byte 0xF6, which is ö in Windows-1252" in result.err


@pytest.mark.parametrize("secret", ["Gr\udcf6\udcdfe", "a\x1bb", "a\rb"])
def test_no_character_of_a_credential_is_named(cli: Cli, sandbox: Sandbox, secret: str) -> None:
    result = cli.run("integrations", "list", env={"JEBBIT_CLIENT_SECRET": secret})
    assert (result.code, sandbox.requests) == (4, [])
    assert not any(named in result.err for named in ("0xF6", "ö", "U+001B"))


@pytest.mark.parametrize("name", ["JEBBIT_BUSINESS_ID", "JEBBIT_CONFIG_DIR", "JEBBIT_CLIENT_SECRET_FILE"])
def test_a_variable_of_an_env_file_from_windows_names_the_cause(
    cli: Cli, sandbox: Sandbox, name: str
) -> None:
    env: dict[str, str | None] = {name: "/x\r", "JEBBIT_ACCESS_TOKEN": None}
    if name == "JEBBIT_CLIENT_SECRET_FILE":
        env["JEBBIT_CLIENT_SECRET"] = None
    result = cli.run("integrations", "list", env=env)
    assert (result.code, sandbox.requests) == (2, [])
    assert f"error: {name} ends in a carriage return\n" in result.err


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "XDG_CONFIG_HOME"])
def test_a_variable_of_other_tools_that_ends_in_a_carriage_return_is_refused_before_any_request(
    cli: Cli, sandbox: Sandbox, name: str
) -> None:
    value = f"{cli.home}/x\r"
    result = cli.run("integrations", "list", env={name: value, "JEBBIT_CONFIG_DIR": None})
    assert (result.code, sandbox.requests) == (2, [])
    assert f"error: {name} ends in a carriage return\n" in result.err
    assert not os.path.exists(value)  # noqa: PTH110 - as the shell would


@pytest.mark.usefixtures("sandbox")
def test_a_switch_of_an_env_file_from_windows_means_what_it_says(cli: Cli) -> None:
    assert "GET" not in cli.run("integrations", "list", env={"JEBBIT_DEBUG": "0\r"}).err
    assert "GET" in cli.run("integrations", "list", env={"JEBBIT_DEBUG": "1\r"}).err


def test_the_configuration_directory_may_have_any_bytes_in_its_name(cli: Cli) -> None:
    directory = os.fsdecode(os.fsencode(cli.home) + b"/gr\xf6\xdfe")
    result = cli.run("profiles", "list", env={"JEBBIT_CONFIG_DIR": directory})
    assert (result.code, result.out) == (0, "")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("s3cret".encode("utf-16"), "not UTF-8 text, but UTF-16, as PowerShell's > writes it"),
        ("s3crät".encode("latin-1"), "not UTF-8 text\n"),
    ],
)
def test_a_secret_in_a_file_of_another_encoding_names_the_cause(
    cli: Cli, content: bytes, problem: str
) -> None:
    path = cli.home / "secret"
    path.write_bytes(content)
    result = cli.run("webhooks", "sign", "--secret-file", str(path), stdin="{}")
    assert (result.code, result.out) == (4, "")
    assert f"the secret in {path} is {problem}" in result.err
    variable = cli.run("webhooks", "sign", stdin="{}", env={"JEBBIT_WEBHOOK_SECRET_FILE": str(path)})
    assert (variable.code, variable.out) == (2, "")
    assert problem in variable.err
    path.unlink()
