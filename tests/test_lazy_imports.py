"""What each command imports and reads: a fixed list, which is more reliable than a clock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import requires
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.cli import COMMANDS
from tests.commands.completion.tab import variables_of
from tests.isolated_home import IsolatedHome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

DRIVER = """\
import json, sys
opened, loaded = [], set(sys.modules)
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from jebbitctl.__main__ import main
report, *lines = sys.argv[1:]
observed = {}
for line in lines:
    try:
        sys.argv[1:] = json.loads(line)
        main()
    except SystemExit:
        pass
    finally:
        read = list(opened)
        new = [name for name, module in sys.modules.items() if name not in loaded and module is not None]
        observed[line] = {"modules": new, "opened": read}
with open(report, "w") as file:
    json.dump(observed, file)
"""
"""Runs command lines and reports for each what was imported and opened so far."""

LIBRARIES = {re.split(r"\W", line)[0] for line in requires("jebbitctl") or () if "extra ==" not in line}
COSTLY = {
    *("asyncio", "concurrent.futures", "csv", "dataclasses", "email", "hashlib", "http.client"),
    *("importlib.metadata", "json", "logging", "pydantic", "socket", "ssl", "statistics", "tempfile"),
    *("tomllib", "xml.etree", "jebbitctl.sandbox", "jebbitctl.doctor", "jebbitctl.api.transport"),
    *("jebbitctl.util.text_encodings", "jebbitctl.webhooks.delivery"),
}
"""Modules that take a millisecond or more to import, or explain files, and that a command should need."""

NOTHING: set[str] = {"typer"}
HTTP = {"typer", "requests", "urllib3", "idna"}
WITH_HTTP = {
    *(
        "concurrent.futures",
        "csv",
        "dataclasses",
        "email",
        "hashlib",
        "http.client",
        "importlib.metadata",
        "json",
        "logging",
    ),
    *("socket", "ssl", "tempfile", "jebbitctl.api.transport"),
}
VERIFY = ("webhooks", "verify", "--secret-file", "secret", "--body", "body", "--signature", "t=1,v1=x")
VERIFYING = {"json", "hashlib", "dataclasses"}


def observed(cli: Cli, *args: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a command and return what it imported and opened."""
    (report,) = observed_together(cli, [args], env).values()
    return report


def observed_together(
    cli: Cli, lines: Iterable[Sequence[str]], env: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Run commands in one process, which is fast; return for each what was imported and opened so far."""
    report = cli.home / "report.json"
    subprocess.run(
        [sys.executable, "-c", DRIVER, str(report), *map(json.dumps, lines)],
        cwd=cli.home,
        env=cli.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    result: dict[str, dict[str, Any]] = json.loads(report.read_text())
    return result


def require(report: dict[str, Any], libraries: set[str], costly: set[str], line: str = "") -> None:
    """Check that a command imported exactly these libraries, and no other costly modules than these."""
    modules = set(report["modules"])
    assert modules & LIBRARIES == libraries, line
    assert modules & COSTLY - costly == set(), line


def test_the_libraries_come_from_the_project_file() -> None:
    assert {"typer", "requests", "rich", "keyring", "platformdirs"} < LIBRARIES


def test_the_root_imports_only_typer(bare: Cli) -> None:
    for line, report in observed_together(bare, [["--version"], ["--help"], ["-h"], []]).items():
        require(report, NOTHING, set(), line)


def test_help_imports_only_typer(bare: Cli) -> None:
    for line, report in observed_together(bare, [[name, "--help"] for name in COMMANDS]).items():
        costly = {"concurrent.futures", "csv", "dataclasses", "hashlib", "json", "tempfile"}
        require(report, NOTHING, costly, line)
        assert [path for path in report["opened"] if path.startswith(str(bare.home))] == [], line


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("typed", ["jebbitctl integrations list --", "jebbitctl ", "jebbitctl integ"])
def test_tab_on_commands_and_options_imports_only_typer(bare: Cli, typed: str) -> None:
    require(observed(bare, env=variables_of("bash", typed)), NOTHING, {"dataclasses", "json"})


def test_tab_on_cached_ids_imports_no_http_library(cli: Cli) -> None:
    pressed = variables_of("bash", "jebbitctl integrations get ")
    assert cli.run("token").code == 0
    require(observed(cli, env=pressed), HTTP, WITH_HTTP)
    require(observed(cli, env=pressed), NOTHING, {"dataclasses", "json", "hashlib", "tempfile"})


def test_profiles_are_listed_without_what_only_tokens_need(bare: Cli) -> None:
    require(observed(bare, "profiles", "list"), NOTHING, {"dataclasses", "json"})


def test_webhooks_verify_imports_no_http_library(bare: Cli) -> None:
    (bare.home / "secret").write_text("secret")
    (bare.home / "body").write_text("{}" * 5000)
    report = observed(bare, *VERIFY)
    require(report, NOTHING, VERIFYING)
    own_files = [
        path for path in report["opened"] if path in {"secret", "body"} or path.startswith(str(bare.home))
    ]
    assert sorted(own_files) == ["body", "secret"]


def test_a_captured_request_is_verified_without_an_http_library(bare: Cli) -> None:
    (bare.home / "secret").write_text("secret")
    (bare.home / "request").write_bytes(b"POST / HTTP/1.1\r\nx-jebbit-signature: t=1,v1=x\r\n\r\n{}")
    report = observed(bare, *VERIFY[:4], "--request", "request")
    require(report, NOTHING, VERIFYING)
    assert {"secret", "request"} <= set(report["opened"])


@pytest.mark.default_cases(3)
@pytest.mark.parametrize(
    ("args", "more"),
    [
        (["whoami"], set()),
        (["integrations", "list", "--json"], set()),
        (["integrations", "list", "-q", "[0].id"], {"jmespath"}),
        (["mappings", "list"], set()),
        (["api", "/self"], set()),
    ],
)
def test_with_a_cached_token_a_command_imports_requests_and_what_its_options_need(
    cli: Cli, args: list[str], more: set[str]
) -> None:
    assert cli.run("token").code == 0
    require(observed(cli, *args), HTTP | more, WITH_HTTP)


def test_a_cached_token_is_printed_without_requests(cli: Cli) -> None:
    assert cli.run("token").code == 0
    require(observed(cli, "token"), NOTHING, {"json", "hashlib"})


def test_with_a_profile_each_file_is_read_once_and_the_keyring_is_not_used(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    machine = IsolatedHome(tmp_path)
    assert machine.login(sandbox).code == 0
    calls = machine.calls
    report = observed(machine, "whoami")
    assert machine.calls == calls
    require(report, HTTP, WITH_HTTP | {"tomllib"})
    opened = sorted(path for path in report["opened"] if path.startswith(str(machine.config)))
    assert opened == sorted([str(machine.config / "config.toml"), str(machine.tokens[0])])
