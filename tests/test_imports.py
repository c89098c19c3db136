"""What each command loads and reads: a locked list, which stands in for a clock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import requires
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.cli import COMMANDS
from tests.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

DRIVER = """\
import json, sys
opened, loaded = [], set(sys.modules)
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from jebbitctl.__main__ import main
report = sys.argv.pop(1)
try:
    main()
finally:
    read = list(opened)
    new = [name for name, module in sys.modules.items() if name not in loaded and module is not None]
    with open(report, "w") as file:
        json.dump({"modules": new, "opened": read}, file)
"""
"""Runs the command line that follows, and tells what it loaded and opened."""

LIBRARIES = {re.split(r"\W", line)[0] for line in requires("jebbitctl") or () if "extra ==" not in line}
COSTLY = {
    *("asyncio", "concurrent.futures", "csv", "dataclasses", "email", "hashlib", "http.client"),
    *("importlib.metadata", "json", "logging", "pydantic", "socket", "ssl", "statistics", "tempfile"),
    *("tomllib", "xml.etree", "jebbitctl.sandbox", "jebbitctl.checkup", "jebbitctl.api.transport"),
}
"""Modules that take a millisecond or more, and that a command should have a use for."""

NOTHING: set[str] = {"typer"}
HTTP = {"typer", "requests", "urllib3"}
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
    """Run a command and return what it loaded and opened."""
    report = cli.home / "report.json"
    subprocess.run(
        [sys.executable, "-c", DRIVER, str(report), *args],
        cwd=cli.home,
        env=cli.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seen: dict[str, Any] = json.loads(report.read_text())
    return seen


def require(seen: dict[str, Any], libraries: set[str], costly: set[str]) -> None:
    """Hold a command to its list: these libraries of ours, and of what is costly nothing beside these."""
    modules = set(seen["modules"])
    assert modules & LIBRARIES == libraries
    assert modules & COSTLY - costly == set()


def tab(typed: str) -> dict[str, str]:
    """Return the variables with which bash asks what comes behind this."""
    return {
        "_JEBBITCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }


def test_the_libraries_are_those_that_the_project_names() -> None:
    assert {"typer", "requests", "rich", "keyring", "platformdirs"} < LIBRARIES


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["-h"], []])
def test_the_root_loads_typer_and_nothing_else(bare: Cli, args: list[str]) -> None:
    require(observed(bare, *args), NOTHING, set())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_loads_no_library_but_typer(bare: Cli, name: str) -> None:
    seen = observed(bare, name, "--help")
    require(seen, NOTHING, {"concurrent.futures", "csv", "dataclasses", "hashlib", "json", "tempfile"})
    assert [path for path in seen["opened"] if path.startswith(str(bare.home))] == []


@pytest.mark.parametrize("typed", ["jebbitctl ", "jebbitctl integ", "jebbitctl integrations list --"])
def test_tab_on_commands_and_options_loads_neither_requests_nor_keyring_nor_rich(
    bare: Cli, typed: str
) -> None:
    require(observed(bare, env=tab(typed)), NOTHING, {"dataclasses", "json"})


def test_tab_on_ids_from_the_cache_loads_no_http(cli: Cli) -> None:
    asked = tab("jebbitctl integrations get ")
    assert cli.run("token").code == 0
    require(observed(cli, env=asked), HTTP, WITH_HTTP)
    require(observed(cli, env=asked), NOTHING, {"dataclasses", "json", "hashlib", "tempfile"})


def test_verifying_a_signature_loads_no_http(bare: Cli) -> None:
    (bare.home / "secret").write_text("secret")
    (bare.home / "body").write_text("{}" * 5000)
    seen = observed(bare, *VERIFY)
    require(seen, NOTHING, VERIFYING)
    ours = [path for path in seen["opened"] if path in {"secret", "body"} or path.startswith(str(bare.home))]
    assert sorted(ours) == ["body", "secret"]


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
def test_with_a_token_at_hand_a_command_loads_requests_and_what_it_was_asked_for(
    cli: Cli, args: list[str], more: set[str]
) -> None:
    assert cli.run("token").code == 0
    require(observed(cli, *args), HTTP | more, WITH_HTTP)


def test_a_token_at_hand_is_printed_without_requests(cli: Cli) -> None:
    assert cli.run("token").code == 0
    require(observed(cli, "token"), NOTHING, {"json", "hashlib"})


def test_a_profile_costs_one_reading_of_each_file_and_no_keyring(tmp_path: Path, sandbox: Sandbox) -> None:
    machine = Machine(tmp_path)
    assert machine.login(sandbox).code == 0
    asked = machine.calls
    seen = observed(machine, "whoami")
    assert machine.calls == asked
    require(seen, HTTP, WITH_HTTP | {"tomllib"})
    kept = sorted(path for path in seen["opened"] if path.startswith(str(machine.config)))
    assert kept == sorted([str(machine.config / "config.toml"), str(machine.tokens[0])])
