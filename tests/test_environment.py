from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jebbitctl
from jebbitctl import environment as env
from jebbitctl.environment import FOREIGN_VARIABLES, VARIABLES, Environment, Kind
from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util.redaction import MASK, scrub_registered
from tests.isolated_home import IsolatedHome, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.server import Sandbox

ENVIRONMENT = Path(env.__file__)
SOURCES = {path: path.read_text(encoding="utf-8") for path in Path(jebbitctl.__path__[0]).rglob("*.py")}
CONSTANTS = {name: value for name, value in vars(env).items() if name.isupper() and value in [*VARIABLES]}
"""The names of the variables' constants, such as ``TIMEOUT``, with their values."""


def strings(source: str) -> Iterator[str]:
    """Yield every string of a module, docstrings and parts of f-strings included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def names_of_kind(kind: Kind) -> list[str]:
    return [variable.name for variable in VARIABLES.values() if variable.kind is kind]


def test_each_variable_is_declared_once() -> None:
    declared = [text for text in strings(SOURCES[ENVIRONMENT]) if re.fullmatch("JEBBIT_[A-Z_]+", text)]
    assert sorted(declared) == sorted([*VARIABLES, env.MANIFEST_PREFIX])
    assert sorted(CONSTANTS.values()) == sorted(VARIABLES)


@pytest.mark.parametrize("constant", CONSTANTS)
def test_each_declared_variable_is_read(constant: str) -> None:
    readers = [source for path, source in SOURCES.items() if path != ENVIRONMENT]
    if CONSTANTS[constant] in env.FILES.values():
        constant = next(
            name for name, value in CONSTANTS.items() if env.FILES.get(value) == CONSTANTS[constant]
        )
    assert any(re.search(rf"\b{constant}\b", source) for source in readers)


def test_the_code_names_only_declared_variables() -> None:
    named = {
        name
        for source in SOURCES.values()
        if "JEBBIT_" in source
        for text in strings(source)
        for name in re.findall(r"\bJEBBIT_[A-Z_]+\b", text)
    }
    assert {name for name in named if not name.startswith(env.MANIFEST_PREFIX)} <= VARIABLES.keys()


PROCESS_READERS = {
    "environ",
    "environb",
    "expanduser",
    "expandvars",
    "getenv",
    "getproxies",
    "proxy_bypass",
}
"""Functions and mappings that read the process's own variables."""

MAY_READ_THE_PROCESS = {
    "cli.py": "hands the process's variables on to everything else",
    "commands/completion/scripts.py": "runs inside Typer's completion, which is handed no environment",
    "pytest_plugin.py": "hands the process's variables on to the processes that tests start",
    "doctor/network.py": "asks urllib for the proxies, as requests does; it can be told no other variables",
}
"""Modules besides environment.py that may, with the reason."""


def names_used(source: str) -> set[str]:
    """Return the attributes and imported names of a module that may read the process's variables."""
    if not any(reader in source for reader in PROCESS_READERS):
        return set()  # parsing takes longer
    nodes = list(ast.walk(ast.parse(source)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def test_only_the_environment_module_reads_the_variables_of_the_process() -> None:
    readers = {
        path.relative_to(ENVIRONMENT.parent).as_posix()
        for path, source in SOURCES.items()
        if path != ENVIRONMENT and names_used(source) & PROCESS_READERS
    }
    assert readers == set(MAY_READ_THE_PROCESS)


def test_a_manifest_sees_only_the_variables_with_its_prefix() -> None:
    variables = {"JEBBIT_VAR_HOST": "a", "JEBBIT_CLIENT_SECRET": "b", "HOST": "c", "JEBBIT_VAR_": "d"}
    assert Environment(variables).manifest_variables() == {"HOST": "a", "": "d"}


def test_the_variables_of_other_tools_are_declared_once_and_have_one_line_of_help() -> None:
    assert not FOREIGN_VARIABLES.keys() & VARIABLES.keys()
    for name, help_ in FOREIGN_VARIABLES.items():
        assert getattr(env, name) == name
        assert re.fullmatch(r"[A-Za-z].*[^.]", help_)


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({}, "the system's"),
        ({"SSL_CERT_DIR": "/d"}, "SSL_CERT_DIR: /d"),
        ({"SSL_CERT_DIR": "/d", "SSL_CERT_FILE": "/f"}, "SSL_CERT_FILE: /f, SSL_CERT_DIR: /d"),
        ({"SSL_CERT_FILE": "/f", "CURL_CA_BUNDLE": "/curl"}, "CURL_CA_BUNDLE: /curl"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/curl"}, "CURL_CA_BUNDLE: /curl"),
        ({"REQUESTS_CA_BUNDLE": "/requests", "CURL_CA_BUNDLE": "/curl"}, "REQUESTS_CA_BUNDLE: /requests"),
    ],
)
def test_certificates_come_from_one_source(variables: dict[str, str], source: str) -> None:
    assert str(Environment(variables).trusted_certificates()) == source


def test_each_variable_is_read_according_to_its_kind() -> None:
    reads = {
        (method, constant)
        for source in SOURCES.values()
        for method, constant in re.findall(r"\.(setting|credential|switch)\((?:env\.)?([A-Z_]+)\)", source)
    }
    assert reads
    for method, constant in reads:
        assert VARIABLES[CONSTANTS[constant]].kind.name == method.upper(), constant


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=lambda variable: str(variable.name))
def test_each_variable_has_one_line_of_help(variable: env.Variable) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]", variable.help)
    assert len(f"  {variable.name:<22}  {variable.help}") <= 80


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_is_not_set_is_none_or_off(name: str) -> None:
    environment = Environment({})
    assert name not in environment
    assert environment.setting(name) is environment.credential(name) is None
    assert environment.switch(name) is False


@pytest.mark.parametrize("name", names_of_kind(Kind.SETTING))
def test_an_empty_or_malformed_setting_is_a_usage_error(name: str) -> None:
    assert Environment({name: "value"}).setting(name) == "value"
    for value in ("", "a\nb", "value\n", "a\x1b", '"value"', "'value'", " value", "value "):
        with pytest.raises(UsageError, match=name):
            Environment({name: value}).setting(name)


@pytest.mark.parametrize("name", names_of_kind(Kind.CREDENTIAL))
def test_an_empty_or_malformed_credential_is_a_credentials_error(name: str) -> None:
    assert Environment({name: "value\r\n"}).credential(name) == "value"
    for value in ("", "\n", "a\nb", "a\x1b"):
        with pytest.raises(CredentialsError, match=name):
            Environment({name: value}).credential(name)


def test_a_credential_is_read_from_a_file_whoever_owns_it_and_however_it_is_mounted(tmp_path: Path) -> None:
    mounted = tmp_path / "..data" / "secret"
    mounted.parent.mkdir()
    (tmp_path / "secret").symlink_to("..data/secret")  # as Kubernetes does it
    for content in (b"value", b"value\n", b"\xef\xbb\xbfvalue\r\n"):
        mounted.write_bytes(content)
        mounted.chmod(0o444)
        for name, file in env.FILES.items():
            for path in (str(tmp_path / "secret"), "~/secret"):
                environment = Environment({file: path, "HOME": str(tmp_path)})
                assert name in environment
                assert (environment.credential(name), environment.source(name)) == ("value", file)
        mounted.chmod(0o600)


@pytest.mark.parametrize(
    ("content", "variables", "error", "message"),
    [
        (None, {}, UsageError, "JEBBIT_CLIENT_SECRET_FILE .*/secret: No such file or directory"),
        (b"", {}, CredentialsError, "JEBBIT_CLIENT_SECRET_FILE .*/secret is empty"),
        (b"\n", {}, CredentialsError, "is empty"),
        (b"two\nlines", {}, CredentialsError, "contains a line break"),
        (b"\xff", {}, UsageError, "not UTF-8"),
        (b"value", {"JEBBIT_CLIENT_SECRET": "value"}, UsageError, "JEBBIT_CLIENT_SECRET_FILE are both set"),
        (
            b"value",
            {"JEBBIT_CLIENT_SECRET_FILE": ""},
            UsageError,
            "JEBBIT_CLIENT_SECRET_FILE is set but empty",
        ),
    ],
)
def test_a_credential_whose_file_is_missing_or_wrong_is_an_error(
    tmp_path: Path, content: bytes | None, variables: dict[str, str], error: type[Exception], message: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    environment = Environment({"JEBBIT_CLIENT_SECRET_FILE": str(path), **variables})
    with pytest.raises(error, match=message):
        environment.credential("JEBBIT_CLIENT_SECRET")


def test_quotes_around_the_path_of_a_credentials_file_are_said(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("value")
    with pytest.raises(
        UsageError, match=r"^JEBBIT_CLIENT_SECRET_FILE begins and ends with a quotation mark$"
    ):
        Environment({"JEBBIT_CLIENT_SECRET_FILE": f'"{path}"'}).credential("JEBBIT_CLIENT_SECRET")


@pytest.mark.parametrize("value", ["the-credential-itself", "x" * 300, "the/credential+itself=="])
def test_a_credential_in_place_of_its_files_path_is_not_shown(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        Environment({"JEBBIT_CLIENT_SECRET_FILE": value}).credential("JEBBIT_CLIENT_SECRET")
    assert value not in f"{caught.value.message}{caught.value.hint}"
    assert "a value itself belongs into JEBBIT_CLIENT_SECRET" in str(caught.value.hint)


def test_a_pipe_to_which_nobody_writes_a_credential_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "PIPE_TIMEOUT", 0.1)
    pipe = tmp_path / "secret"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match=r"nothing was written to this pipe within 0\.1 s"):
        Environment({"JEBBIT_WEBHOOK_SECRET_FILE": str(pipe)}).credential("JEBBIT_WEBHOOK_SECRET")
    pipe.write_text("too late")  # ends the thread that reads


def test_a_credential_in_a_pipe_is_read_once_and_masked() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a-secret-of-some-length")
    os.close(writing)
    environment = Environment({"JEBBIT_WEBHOOK_SECRET_FILE": f"/dev/fd/{reading}"})
    for _ in range(2):
        assert environment.credential("JEBBIT_WEBHOOK_SECRET") == "a-secret-of-some-length"
    os.close(reading)
    assert scrub_registered("a-secret-of-some-length") == MASK


@pytest.mark.parametrize("name", names_of_kind(Kind.SWITCH))
@pytest.mark.parametrize(
    ("value", "on"),
    [("1", True), ("yes", True), ("0", False), ("no", False), ("False", False), ("", False)],
)
def test_a_switch_is_on_unless_it_says_no(name: str, value: str, on: bool) -> None:
    assert Environment({name: value}).switch(name) is on


def test_an_environment_lists_the_declared_variables_that_are_set_in_the_order_of_the_help() -> None:
    environment = Environment(
        {"JEBBIT_DEBUG": "1", "JEBBIT_OTHER": "x", "PATH": "/bin", "JEBBIT_CLIENT_ID": ""}
    )
    assert environment.declared() == ["JEBBIT_CLIENT_ID", "JEBBIT_DEBUG"]


def test_secrets_are_every_credential_but_the_client_id() -> None:
    environment = Environment({name: f"value of {name}\n" for name in VARIABLES})
    assert environment.secrets() == [
        f"value of {name}" for name in names_of_kind(Kind.CREDENTIAL) if name != "JEBBIT_CLIENT_ID"
    ]


def test_for_account_replaces_everything_that_selects_an_account() -> None:
    environment = Environment({**dict.fromkeys(VARIABLES, "x"), "PATH": "/bin"})
    assert environment.for_account({"JEBBIT_CLIENT_ID": "id", "OTHER": "y"}) == {
        "JEBBIT_TIMEOUT": "x",
        "JEBBIT_NO_INPUT": "x",
        "JEBBIT_DEBUG": "x",
        "PATH": "/bin",
        "JEBBIT_CLIENT_ID": "id",
        "OTHER": "y",
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("JEBBIT_CLIENT_ID", 4),
        ("JEBBIT_CLIENT_SECRET", 4),
        ("JEBBIT_ACCESS_TOKEN", 4),
        ("JEBBIT_CLIENT_SECRET_FILE", 2),
        *((name, 2) for name in names_of_kind(Kind.SETTING)),
    ],
)
def test_a_command_fails_without_a_request_if_a_variable_is_empty(
    tmp_path: Path, shared: Sandbox, name: str, code: int
) -> None:
    before = len(shared.requests)
    result = IsolatedHome(tmp_path, dict(shared.environment)).run("whoami", "--json", env={name: ""})
    assert result.code == code
    assert name in result.error["message"]
    assert paths(shared, before) == []
