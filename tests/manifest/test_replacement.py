"""``apply --replace-lost-secrets``: an integration whose secret nobody saved, and Jebbit shows no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import SPRING, rows, spring, write
from tests.manifest.test_sparse_responses import changing_resources
from tests.scripted_server import add_mapping, attributes_of, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

APPLY = ("integrations", "apply")
OPTION = "--replace-lost-secrets"


def show_only_once(request: str, resource: dict[str, Any]) -> None:
    if request != "POST /integrations":
        resource["attributes"].pop("shared_secret", None)


@pytest.fixture
def discreet() -> Iterator[Sandbox]:
    """A Jebbit that shows a secret only once."""
    with Sandbox(SandboxOptions(integrations=1), wrap=changing_resources(show_only_once)) as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, discreet: Sandbox) -> Cli:
    """A machine with a pending secret of the integration ``spring``."""
    cli = cli_for(tmp_path, discreet)
    (cli.home / "secrets").mkdir(mode=0o700)
    (cli.home / "secrets" / "spring.secret").touch(mode=0o600)
    return cli


def options(cli: Cli) -> tuple[str, ...]:
    return ("--secrets-dir", str(cli.home / "secrets"))


def names(sandbox: Sandbox, owner: str) -> list[tuple[str, str, str | None]]:
    found = attributes_of(sandbox, "integration_mappings").values()
    return sorted(
        (a["jebbit_var"], a["client_var"], a["default"]) for a in found if a["integration_id"] == owner
    )


def test_without_the_option_the_hint_names_it(machine: Cli, discreet: Sandbox) -> None:
    spring(discreet)
    result = machine.run(*APPLY, write(machine), "--yes", *options(machine))
    assert (result.code, writes(discreet)) == (1, [])
    assert "contains no shared secret" in result.err
    assert f"or replace the integration with {OPTION}" in result.err


def test_the_integration_is_created_anew_before_the_old_one_is_deleted(
    machine: Cli, discreet: Sandbox
) -> None:
    old = spring(discreet)
    result = machine.run(*APPLY, "--plain", write(machine), "--yes", OPTION, *options(machine))
    assert result.code == 0, result.err
    assert f"- spring ({old})" in result.err
    assert [(row[1], row[5]) for row in rows(result.out)] == [
        ("create", ""),
        ("create", "Outcome"),
        ("create", "email"),
        ("delete", ""),
    ]
    stored = attributes_of(discreet, "integrations")
    (new,) = [id_ for id_, a in stored.items() if a["endpoint"] == "https://hooks.example.com/spring"]
    assert new != old
    assert stored[new]["additional_options"] == {"hash_pii": True, "other": 1} | {"hash_pii": True}
    assert names(discreet, new) == [("Outcome", "bucket", "none"), ("email", "mail", None)]
    assert (machine.home / "secrets" / "spring.secret").read_text() == f"{stored[new]['shared_secret']}\n"
    count = len(writes(discreet))
    again = machine.run(*APPLY, "--plain", write(machine), "--yes", OPTION, *options(machine))
    assert (again.code, len(writes(discreet))) == (0, count)


def test_mappings_that_the_manifest_does_not_manage_are_taken_over(machine: Cli, discreet: Sandbox) -> None:
    old = spring(discreet)
    add_mapping(discreet, "age", "years", integration=old)
    text = SPRING[: SPRING.index("mappings")]
    assert machine.run(*APPLY, write(machine, text), "--yes", OPTION, *options(machine)).code == 0
    (new,) = {a["integration_id"] for a in attributes_of(discreet, "integration_mappings").values()} - {old}
    assert names(discreet, new) == [
        ("Outcome", "bucket", "none"),
        ("age", "years", None),
        ("email", "mail", None),
    ]


def test_the_plan_shows_the_replacement_and_changes_nothing(machine: Cli, discreet: Sandbox) -> None:
    old = spring(discreet)
    result = machine.run(*APPLY, "--plain", write(machine), "--dry-run", OPTION, *options(machine))
    assert (result.code, writes(discreet)) == (0, [])
    assert [(row[0], row[3]) for row in rows(result.out) if row[0] == "delete"] == [("delete", old)]


def test_a_secret_that_jebbit_still_shows_is_written_and_nothing_is_replaced(
    cli: Cli, sandbox: Sandbox
) -> None:
    spring(sandbox)
    (cli.home / "secrets").mkdir()
    (cli.home / "secrets" / "spring.secret").touch()
    result = cli.run(*APPLY, write(cli), "--yes", OPTION, *options(cli))
    assert (result.code, writes(sandbox)) == (0, [])
    assert (cli.home / "secrets" / "spring.secret").read_text() == "kept-secret\n"


def test_an_integration_that_the_manifest_names_by_its_id_is_not_replaced(
    machine: Cli, discreet: Sandbox
) -> None:
    id_ = spring(discreet)
    text = SPRING.replace("region =", f'id = "{id_}"\nregion =')
    result = machine.run(*APPLY, write(machine, text), "--yes", OPTION, *options(machine))
    assert (result.code, writes(discreet)) == (2, [])
    assert "cannot be replaced, since its id would change" in result.err


def test_the_option_needs_a_directory_for_secrets(machine: Cli, discreet: Sandbox) -> None:
    result = machine.run(*APPLY, write(machine), "--yes", OPTION)
    assert (result.code, discreet.requests) == (2, [])
    assert f"{OPTION} requires --secrets-dir" in result.err


def test_a_protected_integration_is_not_replaced(machine: Cli, discreet: Sandbox) -> None:
    spring(discreet)
    path = write(machine, SPRING.replace("region", "protected = true\nregion"))
    result = machine.run(*APPLY, path, "--yes", OPTION, *options(machine))
    assert (result.code, writes(discreet)) == (2, [])
    assert "spring is protected, and would be deleted, and replaced by a new one" in result.err
