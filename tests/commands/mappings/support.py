"""Helpers for tests of the mappings commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.scripted_server import active, attributes_of, scripted
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli, Result

TYPE = "integration_mappings"
NAMES = ("--jebbit-var", "Outcome", "--client-var", "bucket")


def create_arguments(sandbox: Sandbox, *options: str) -> tuple[str, ...]:
    """Return the command that maps Outcome to bucket."""
    return ("mappings", "create", "--integration", active(sandbox), *NAMES, *options)


def run_scripted(home: Path, *args: str, **responses: tuple[int, Any]) -> Result:
    """Run a mappings command against a service with these responses, by method, to requests for mappings."""
    wrap = scripted(lambda method, path: responses.get(method) if path.startswith(TYPE) else None)
    with Sandbox(SandboxOptions(integrations=1), wrap=wrap) as sandbox:
        return cli_for(home, sandbox).run("mappings", *args, "--json")


def without_attributes(sandbox: Sandbox) -> None:
    """Let no token read attributes, so that no command warns of a mapping that names none."""
    sandbox.state.permissions.remove("read:trait")


def stored_triples(sandbox: Sandbox) -> set[tuple[str, str, str | None]]:
    """Return each stored mapping as jebbit_var, client_var and default."""
    found = attributes_of(sandbox, TYPE).values()
    return {(a["jebbit_var"], a["client_var"], a["default"]) for a in found}


def run_import(
    cli: Cli, sandbox: Sandbox, text: str, *options: str, stdin: str | None = None, **run: Any
) -> Result:
    """Import a file with this text into an integration."""
    path = cli.home / "m.csv"
    path.write_text(text, encoding="utf-8", newline="")
    file = "-" if stdin is not None else str(path)
    return cli.run("mappings", "import", active(sandbox), file, *options, stdin=stdin, **run)
