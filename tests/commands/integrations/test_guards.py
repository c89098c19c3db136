"""What apply refuses: to end what is protected, and to delete more than half unless it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.integrations import named
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import SPRING, spring, write
from tests.scripted_server import add, attributes_of, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

APPLY = ("integrations", "apply")
PROTECTED = SPRING.replace('region = "eu"', 'region = "eu"\nprotected = true')
EMPTY = "version = 1\n"
NO_MAPPINGS = SPRING.partition("mappings")[0] + "mappings = []\n"


@pytest.fixture
def two(sandbox: Sandbox) -> str:
    """Leave two integrations, the one that SPRING declares and another one; return the id of the first."""
    (business,) = sandbox.state.businesses.values()
    business.of("integrations").clear()
    add(sandbox, "integrations", service_name="webhooks_standard", endpoint="https://x.example/", region="us")
    return spring(sandbox)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('region = "eu"', 'region = "eu"\nis_active = false', "would be deactivated"),
        ("example.com/spring", "example.com/summer", "would be moved to another endpoint"),
        ("hooks.example.com", "other.example.com", "would be moved to another endpoint"),
    ],
)
def test_a_protected_integration_is_neither_deactivated_nor_moved(
    cli: Cli, sandbox: Sandbox, old: str, new: str, problem: str
) -> None:
    id_ = spring(sandbox)
    text = PROTECTED.replace("[integrations.spring]", f'[integrations.spring]\nid = "{id_}"').replace(
        old, new
    )
    path = write(cli, text)
    for args in (("--yes",), ("--dry-run",), ("--yes", "--prune", "--max-deletes", "9")):
        result = cli.run(*APPLY, path, *args)
        assert (result.code, writes(sandbox)) == (2, [])
        assert f"integrations.spring.protected: spring is protected, and {problem}" in result.err
        assert "remove protected from the entry spring" in result.err
    assert cli.run("integrations", "diff", path).code == 6
    assert (
        cli.run(*APPLY, write(cli, text.replace("protected = true", "protected = false")), "--yes").code == 0
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("is_active = false", "other already matches the integration at this endpoint by its id"),
        ('endpoint = "https://elsewhere.example/"', "spring is protected, and would be moved to another end"),
    ],
)
def test_another_entry_with_its_id_cannot_end_a_protected_integration(
    cli: Cli, sandbox: Sandbox, change: str, problem: str
) -> None:
    other = f'[integrations.other]\nid = "{spring(sandbox)}"\n{change}\n'
    result = cli.run(*APPLY, write(cli, PROTECTED + other), "--yes")
    assert (result.code, writes(sandbox)) == (2, [])
    assert problem in result.err


def test_a_protected_integration_is_updated_and_its_manifest_exported(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, region="us", is_active=False)
    path = write(cli, PROTECTED.replace("protected", "is_active = false\nprotected"))
    assert cli.run(*APPLY, path, "--yes").code == 0
    assert cli.run("integrations", "export", "--into", path).code == 0
    assert "protected = true\n" in (cli.home / "jebbit.toml").read_text()


def test_a_protected_entry_with_another_endpoint_does_not_let_prune_delete_the_integration(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox)
    add(sandbox, "integrations", service_name="klaviyo", is_active=True)  # no entry creates one of these
    moved = write(cli, PROTECTED.replace("/spring", "/summer"))
    result = cli.run(*APPLY, moved, "--yes", "--prune", "--max-deletes", "9")
    assert (result.code, writes(sandbox)) == (2, [])
    others = [key for key, one in attributes_of(sandbox, "integrations").items() if one.get("endpoint")]
    assert f"while {named(others)} would be deleted, which may be the same one" in " ".join(
        result.err.split()
    )
    assert f'if it is, write id = "{others[0]}" into the entry spring' in result.err
    assert cli.run(*APPLY, moved, "--yes").code == 0
    assert cli.run(*APPLY, moved, "--yes", "--prune", "--max-deletes", "9").code == 0
    assert id_ not in attributes_of(sandbox, "integrations")


@pytest.mark.parametrize(
    ("manifest", "args", "problem"),
    [
        (EMPTY, (), "2 of 2 integrations"),
        (EMPTY, ("--max-deletes", "1"), "2 integrations, more than --max-deletes 1"),
        (
            NO_MAPPINGS,
            (),
            "2 of 2 mappings\nhint: apply --prune --dry-run shows them; if 1 integration and 2 map",
        ),
        (NO_MAPPINGS, ("--max-deletes", "2"), "1 integration and 2 mappings, more than --max-deletes 2"),
    ],
)
@pytest.mark.usefixtures("two")
def test_prune_deletes_more_than_half_only_if_it_is_told_how_many(
    cli: Cli, sandbox: Sandbox, manifest: str, args: tuple[str, ...], problem: str
) -> None:
    path = write(cli, manifest)
    result = cli.run(*APPLY, path, "--yes", "--prune", *args)
    assert (result.code, result.out, writes(sandbox)) == (2, "", [])
    assert f"--prune would delete or deactivate {problem}" in result.err
    shown = cli.run(*APPLY, path, "--dry-run", "--prune", *args)
    assert (shown.code, "delete" in shown.out) == (2, True)
    needed = result.err.rpartition("--max-deletes ")[2].strip()
    done = cli.run(*APPLY, path, "--yes", "--prune", "--max-deletes", needed)
    assert (done.code, len(writes(sandbox))) == (0, int(needed))


@pytest.mark.usefixtures("two")
def test_prune_deletes_half_unasked_and_a_renamed_mapping_is_not_lost(cli: Cli, sandbox: Sandbox) -> None:
    renamed = SPRING.replace('"Outcome"', '"Result"').replace('"email"', '"mail"')
    result = cli.run(*APPLY, write(cli, renamed), "--yes", "--prune")
    assert result.code == 0, result.err
    assert len(attributes_of(sandbox, "integrations")) == 1


def test_new_mappings_of_another_integration_replace_none(cli: Cli, sandbox: Sandbox, two: str) -> None:
    other = next(id_ for id_ in attributes_of(sandbox, "integrations") if id_ != two)
    more = ", ".join(f'{{ jebbit_var = "{name}", client_var = "x" }}' for name in ("Outcome", "email"))
    path = write(cli, f'{NO_MAPPINGS}[integrations.other]\nid = "{other}"\nmappings = [{more}]\n')
    result = cli.run(*APPLY, path, "--yes", "--prune")
    assert (result.code, writes(sandbox)) == (2, [])
    assert "--prune would delete or deactivate 2 of 2 mappings" in result.err


def test_max_deletes_needs_prune(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*APPLY, write(cli), "--yes", "--max-deletes", "1")
    assert (result.code, sandbox.requests) == (2, [])
    assert "--max-deletes requires --prune" in result.err


@pytest.mark.parametrize(
    "args",
    [
        ("create", "--endpoint", "https://hooks.example.com/spring", "--if-absent"),
        ("apply", "jebbit.toml", "--yes"),
        ("apply", "jebbit.toml", "--yes", "--prune", "--max-deletes", "9"),
        ("diff", "jebbit.toml"),
        ("export", "--into", "jebbit.toml"),
    ],
)
def test_nothing_is_decided_from_a_list_that_jebbit_says_is_incomplete(
    cli: Cli, sandbox: Sandbox, args: tuple[str, ...]
) -> None:
    path = write(cli)
    sandbox.state.behaviour.record_count = 3
    result = cli.run("integrations", *(path if arg == "jebbit.toml" else arg for arg in args))
    assert (result.code, result.out, writes(sandbox)) == (1, "", [])
    assert "Jebbit counts 3 integrations, but sent 2" in result.err
    sandbox.state.behaviour.record_count = 1  # which counts something else
    assert cli.run("integrations", "create", "--endpoint", "https://x.example", "--if-absent").code == 0


def test_a_business_is_not_emptied_because_another_one_has_more(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(businesses=2, integrations=3)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        _, emptied = sandbox.state.businesses
        exported = cli.run("integrations", "export", "--all-businesses").out
        kept, marker, _ = exported.partition(f"[businesses.{emptied}.")
        path = write(cli, f"{kept}[businesses.{emptied}.integrations]\n")
        result = cli.run(*APPLY, path, "--yes", "--prune")
        assert marker
        assert result.code == 2
        assert f"3 of 3 integrations of business {emptied}" in result.err
