"""``integrations apply --backup``: what was is written first, and put back by applying it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import Dialect
from tests.manifest.support import SPRING, spring, state_of, write
from tests.scripted_server import add, add_mapping, attributes_of, writes
from tests.support import mode

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

APPLY = ("integrations", "apply")
PRUNE = ("--yes", "--prune", "--max-deletes", "9")
MOVED = """\
version = 1

[integrations.moved]
id = "{id}"
endpoint = "https://hooks.example.com/elsewhere"
region = "us"
is_active = false
additional_options.hash_pii = false
additional_options.include_url_params = true
mappings = [{{ jebbit_var = "email", client_var = "address", default = "none" }}]

[integrations.new]
endpoint = "https://hooks.example.com/spring"
"""


def webhook(sandbox: Sandbox, endpoint: str) -> str:
    return add(
        sandbox,
        "integrations",
        service_name="webhooks_standard",
        endpoint=endpoint,
        region="us",
        is_active=True,
        additional_options={"hash_pii": True},
        include_mapped_attributes=True,
        include_uids=False,
        require_opt_in=None,
        shared_secret="lost-secret",
    )


def test_applying_the_backup_puts_everything_back(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    doomed = webhook(sandbox, "https://doomed.example.com/")
    add_mapping(sandbox, "Outcome", "x", integration=doomed)
    before = state_of(sandbox)
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli, MOVED.format(id=id_)), *PRUNE, "--backup", str(backup))
    assert result.code == 0, result.err
    assert (mode(backup), len(attributes_of(sandbox, "integrations"))) == (0o600, 3)
    assert f'\n[integrations.moved]\nid = "{id_}"\n' in backup.read_text()  # under the manifest's name
    assert (
        f"Saved the current state to {backup}. To put it back: jebbitctl integrations apply {backup} --prune"
        in result.err
    )
    assert (
        f"{doomed}"
        in result.err.partition("cannot be put back: the ids, shared secrets and chosen campaigns of ")[2]
    )
    assert state_of(sandbox) != before
    restored = cli.run(*APPLY, str(backup), *PRUNE)
    assert restored.code == 0, restored.err
    assert cli.run("integrations", "diff", str(backup), "--strict").code == 0
    assert _without_off(state_of(sandbox)) == _without_off(before)


def _without_off(state: list[tuple[str, object, object]]) -> str:
    """Return a state in which an option that is off counts as not set."""
    return repr(state).replace(", 'include_url_params': False", "")


@pytest.mark.parametrize(("content", "code"), [("something else", 2), (None, 0)])
def test_a_backup_overwrites_no_other_file(
    cli: Cli, sandbox: Sandbox, content: str | None, code: int
) -> None:
    spring(sandbox, region="us")
    backup, path = cli.home / "before.toml", write(cli)
    if content is None:
        same = cli.run(*APPLY, path, "--yes", "--backup", str(backup)).code
        content = backup.read_text()
        spring_id = next(i for i, a in attributes_of(sandbox, "integrations").items() if a["region"] == "eu")
        attributes_of(sandbox, "integrations")[spring_id]["region"] = "us"
        assert same == 0
    else:
        backup.write_text(content)
    count = len(writes(sandbox))
    result = cli.run(*APPLY, path, "--yes", "--backup", str(backup))
    assert (result.code, backup.read_text()) == (code, content)
    assert ("to continue a run that stopped, leave out --backup" in result.err) == (code != 0)
    assert len(writes(sandbox)) == count + (code == 0)


def test_a_backup_may_fill_an_empty_file(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, region="us")
    backup = cli.home / "before.toml"
    backup.touch(0o644)
    assert cli.run(*APPLY, write(cli), "--yes", "--backup", str(backup)).code == 0
    assert "version = 1" in backup.read_text()
    assert mode(backup) == 0o600


@pytest.mark.parametrize(
    ("path", "args", "problem"),
    [
        ("", (), "--backup is empty"),
        (".", (), "is not a regular file"),
        ("-", (), "a backup cannot be -"),
        ("~/dangling", (), "dangling is not a regular file"),
        ("missing/before.toml", (), "missing/before.toml cannot be written: "),
        ("before.toml", ("--dry-run",), "mutually exclusive"),
    ],
)
def test_a_backup_that_cannot_be_written_ends_apply_before_a_request(
    cli: Cli, sandbox: Sandbox, path: str, args: tuple[str, ...], problem: str
) -> None:
    (cli.home / "dangling").symlink_to("nowhere")
    result = cli.run(*APPLY, write(cli), "--yes", "--backup", path, *args)
    assert (result.code, sandbox.requests) == (2, [])
    assert problem in result.err


def test_a_backup_says_what_it_cannot_put_back(cli: Cli, sandbox: Sandbox) -> None:
    kept, twin = (webhook(sandbox, "https://twin.example.com/") for _ in "ab")
    text = f'version = 1\n[integrations.kept]\nid = "{kept}"\nset.additional_options.extra = 1\n'
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli, text), *PRUNE, "--backup", str(backup))
    assert result.code == 0, result.err
    assert f"integration {twin}: the backup has it as a comment" in result.err
    assert f"additional_options.extra of {kept}, which was not set: it keeps its new value" in result.err
    assert '\n# endpoint = "https://twin.example.com/"\n' in backup.read_text()
    assert cli.run(*APPLY, str(backup), "--yes").code == 0


def test_a_backup_names_what_a_manifest_has_no_place_for_of_a_deleted_integration(
    cli: Cli, sandbox: Sandbox
) -> None:
    spring(sandbox)
    doomed = webhook(sandbox, "https://doomed.example.com/")
    values = [{"client_var": "source", "static_value": "jebbit"}]
    attributes = attributes_of(sandbox, "integrations")[doomed]
    attributes |= {"static_values": values, "additional_options": {"api_key": "K3y-of-them"}}
    sandbox.state.behaviour.dialect = Dialect()
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli), *PRUNE, "--backup", str(backup))
    assert result.code == 0, result.err
    lost = "warning: cannot be put back: "
    assert f"{lost}additional_options.api_key of {doomed}: a credential is not written" in result.err
    assert f"{lost}static_values of {doomed}: a manifest has no key for it" in result.err
    assert "K3y-of-them" not in backup.read_text() + result.err


def test_a_backup_can_be_applied_where_the_old_endpoint_could_not_be_set(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox, "http://plain.example.com/")
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli, MOVED.format(id=id_)), "--yes", "--backup", str(backup))
    assert result.code == 0, result.err
    assert f"cannot be put back: endpoint of {id_}, which was not a valid https URL" in result.err
    restored = cli.run(*APPLY, str(backup), *PRUNE)
    assert restored.code == 0, restored.err
    found = attributes_of(sandbox, "integrations")[id_]
    assert (found["endpoint"], found["is_active"]) == ("https://hooks.example.com/elsewhere", True)


def test_a_backup_can_be_applied_where_jebbit_does_not_say_another_endpoint(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox, region="us")
    doomed = webhook(sandbox, "https://doomed.example.com/")
    unclear = webhook(sandbox, "")
    attributes_of(sandbox, "integrations")[unclear]["endpoint"] = None
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli), *PRUNE, "--backup", str(backup))
    assert result.code == 0, result.err
    losses = [line for line in result.err.splitlines() if line.endswith("the backup has them as a comment")]
    assert [doomed in line for line in losses] == [True]  # beside the sandbox's own
    restored = cli.run(*APPLY, str(backup), *PRUNE)
    assert restored.code == 0, restored.err
    assert attributes_of(sandbox, "integrations")[id_]["region"] == "us"


def test_a_backup_has_attributes_without_their_own_key_and_warns_of_nothing_that_stays(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox, region="us", include_more="a")
    behaviour = sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "is_active")
    path = write(cli, SPRING.replace("region", 'set.include_more = "b"\nregion'))
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, path, "--yes", "--backup", str(backup))
    assert "cannot be put back" not in result.err
    assert "did not apply include_more" in result.err  # the sandbox knows no such attribute
    assert '\nset.include_more = "a"\n' in backup.read_text()
    assert cli.run(*APPLY, str(backup), "--yes").code == 0
    assert attributes_of(sandbox, "integrations")[id_]["region"] == "us"


@pytest.mark.parametrize(
    ("change", "left"),
    [
        pytest.param("mappings = []", {("Outcome", "b")}, id="mappings are changed"),
        pytest.param("is_active = false", {("Outcome", "a"), ("Outcome", "b")}, id="only something else"),
    ],
)
def test_a_backup_can_be_applied_where_two_mappings_have_the_same_names(
    cli: Cli, sandbox: Sandbox, change: str, left: set[tuple[str, str]]
) -> None:
    id_ = webhook(sandbox, "https://twin.example.com/")
    for default in "ab":
        add_mapping(sandbox, "Outcome", "x", default, integration=id_)
    text = f'version = 1\n[integrations.twin]\nid = "{id_}"\n{change}\n'
    backup = cli.home / "before.toml"
    result = cli.run(*APPLY, write(cli, text), *PRUNE, "--backup", str(backup))
    assert result.code == 0, result.err
    warning = "has the same names, Outcome and x; applying the backup with --prune deletes it"
    assert (warning in result.err) == (len(left) == 1)
    restored = cli.run(*APPLY, str(backup), *PRUNE)
    assert restored.code == 0, restored.err
    mappings = attributes_of(sandbox, "integration_mappings").values()
    assert {(m["jebbit_var"], m["default"]) for m in mappings if m["integration_id"] == id_} == left


def test_the_command_that_puts_everything_back_is_for_the_same_account_and_is_not_refused(
    cli: Cli, sandbox: Sandbox
) -> None:
    spring(sandbox)
    before = state_of(sandbox)
    more = "".join(f'[integrations.n{n}]\nendpoint = "https://n.example/{n}"\n' for n in range(9))
    text = SPRING.replace('"email"', '"phone"') + more
    (business,) = sandbox.state.businesses
    options = ("--business", business, "--backup", "~/before.toml")
    result = cli.run(*APPLY, write(cli, text), *PRUNE, *options)
    assert result.code == 0, result.err
    command = result.err.partition("To put it back: ")[2].splitlines()[0]
    assert command.endswith(f"before.toml --business {business} --prune --max-deletes 10")
    assert cli.run(*shlex.split(command)[1:], "--yes").code == 0
    assert len(state_of(sandbox)) == len(before)


def test_without_changes_there_is_no_backup(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    backup = cli.home / "before.toml"
    assert cli.run(*APPLY, write(cli), "--yes", "--backup", str(backup)).code == 0
    assert not backup.exists()
