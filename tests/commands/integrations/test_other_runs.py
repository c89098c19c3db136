"""``create --if-absent`` and ``apply`` while another run creates the same integration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jebbitctl.api import creations
from jebbitctl.api.duplicates import identifying_keys
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.concurrent_processes import run_concurrently
from tests.interference import interfering
from tests.manifest.support import SPRING, write
from tests.scripted_server import add, add_mapping, attributes_of
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Cli, Result

ENDPOINT = "https://hooks.example.com/spring"
OLDER, NEWER = "2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"
TYPE = "integrations"


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creations, "POLL_DELAYS", (0, 0.01))


class Rival:
    """Another run, on another machine."""

    def __init__(self, created_at: str | None) -> None:
        self.created_at = created_at
        self.id = ""

    def create(self) -> None:
        self.id = add(
            self.sandbox,
            TYPE,
            service_name="webhooks_standard",
            endpoint=ENDPOINT,
            is_active=True,
            shared_secret="theirs",
            **{"created_at": self.created_at} if self.created_at else {},
        )

    def remove(self) -> None:
        (business,) = self.sandbox.state.businesses.values()
        del business.of(TYPE)[self.id]

    def race(
        self, tmp_path: Path, command: Callable[[Cli], Result], *, leaves_after: int | None = None
    ) -> tuple[Result, Cli]:
        """Run a command; the rival's POST comes right after the command's.

        Args:
            tmp_path: the command's home.
            command: runs it.
            leaves_after: the command's look after which the rival removes its integration.
        """
        wrap = interfering(f"POST /{TYPE}", self.create)
        looks = [lambda: None] * (leaves_after or 99)
        then = interfering(f"GET /{TYPE}", *looks, self.remove)
        with Sandbox(SandboxOptions(), wrap=lambda app: then(wrap(app))) as self.sandbox:
            cli = cli_for(tmp_path, self.sandbox)
            result = command(cli)
            self.left = attributes_of(self.sandbox, TYPE)
        return result, cli


def create(cli: Cli) -> Result:
    return cli.run(
        TYPE, "create", "--endpoint", ENDPOINT, "--if-absent", "--json", "--secret-file", str(cli.home / "s")
    )


def apply(cli: Cli) -> Result:
    return cli.run(TYPE, "apply", write(cli), "--yes", "--json", "--secrets-dir", str(cli.home))


@pytest.mark.parametrize(("command", "file"), [(create, "s"), (apply, "spring.secret")])
def test_the_newer_integration_is_removed_by_its_own_run_which_exits_1(
    tmp_path: Path, command: Callable[[Cli], Result], file: str
) -> None:
    rival = Rival(OLDER)
    result, cli = rival.race(tmp_path, command)
    assert (result.code, result.error["code"], [*rival.left]) == (1, "conflict", [rival.id])
    assert f"another run has created integration {rival.id} at the same time" in result.error["message"]
    assert "this run has removed its own, " in result.error["message"]
    assert not (cli.home / file).exists()
    assert "removed" in result.err


@pytest.mark.parametrize(("command", "file", "looks"), [(create, "s", 1), (apply, "spring.secret", 2)])
def test_the_older_integration_stays_when_the_other_run_removes_its_own(
    tmp_path: Path, command: Callable[[Cli], Result], file: str, looks: int
) -> None:
    rival = Rival(NEWER)
    result, cli = rival.race(tmp_path, command, leaves_after=looks)
    assert result.code == 0, result.err
    assert f"Another run created integration {rival.id} at the same time, and has removed it." in result.err
    (own,) = rival.left.values()
    assert (cli.home / file).read_text() == f"{own['shared_secret']}\n"


@pytest.mark.parametrize(("command", "file"), [(create, "s"), (apply, "spring.secret")])
def test_a_newer_integration_that_nobody_removes_is_reported_and_the_own_secret_is_kept(
    tmp_path: Path, command: Callable[[Cli], Result], file: str
) -> None:
    rival = Rival(NEWER)
    result, cli = rival.race(tmp_path, command)
    assert (result.code, result.error["code"]) == (1, "conflict")
    (own,) = rival.left.keys() - {rival.id}
    assert (
        f"another run has created integration {rival.id} at the same time as {own}, and has not removed it"
        in result.error["message"]
    )
    assert result.error["hint"] == f"if it is not needed: jebbitctl integrations delete {rival.id}"
    assert (cli.home / file).read_text() == f"{rival.left[own]['shared_secret']}\n"


def test_a_check_that_fails_is_reported_after_the_secret_is_saved(tmp_path: Path) -> None:
    def break_down() -> None:
        sandbox.state.permissions.remove("read:integration")
        sandbox.state.revoke_tokens()

    with Sandbox(SandboxOptions(), wrap=interfering(f"POST /{TYPE}", break_down)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = create(cli)
        ((id_, own),) = attributes_of(sandbox, TYPE).items()
    assert (result.code, result.error["code"]) == (4, "credentials")
    assert f"created integration {id_}, but could not check whether another run" in result.error["message"]
    assert (cli.home / "s").read_text() == f"{own['shared_secret']}\n"
    assert list(cli.config.glob("locks/*.journal")) == []


def test_a_mapping_that_another_run_creates_at_the_same_time_stops_apply(tmp_path: Path) -> None:
    def create_mapping() -> None:
        (owner,) = attributes_of(sandbox, TYPE)
        kept = add_mapping(sandbox, "Outcome", "bucket", "none", integration=owner)
        (business,) = sandbox.state.businesses.values()
        stored = business.of("integration_mappings")
        stored["0000"] = stored.pop(kept)
        stored["0000"].id = "0000"  # smaller than any other

    with Sandbox(SandboxOptions(), wrap=interfering("POST /integration_mappings", create_mapping)) as sandbox:
        result = apply(cli_for(tmp_path, sandbox))
        assert (result.code, result.error["code"]) == (1, "conflict")
        assert [*attributes_of(sandbox, "integration_mappings")] == ["0000"]
        again = apply(cli_for(tmp_path, sandbox))
        assert (again.code, len(attributes_of(sandbox, "integration_mappings"))) == (0, 2)


def killed_after_post(cli: Cli, key: str, id_: str | None) -> Path:
    """Leave the journal of a run that was killed before it could check."""
    assert cli.run(TYPE, "create", "--endpoint", "https://other.example.com/").code == 0
    (lock,) = cli.config.glob("locks/*.lock")
    journal = lock.with_suffix(".journal")
    notes = [{"number": 1, "type": TYPE, "key": key, "known": []}] + [{"number": 1, "id": id_}] * bool(id_)
    journal.write_text("".join(json.dumps(note) + "\n" for note in notes) + '{"number": 2, "ty')
    journal.chmod(0o600)
    return journal


@pytest.mark.parametrize("answered", [True, False])
def test_the_next_run_finishes_what_a_killed_run_left(cli: Cli, sandbox: Sandbox, answered: bool) -> None:
    theirs, ours = (
        add(sandbox, TYPE, service_name="webhooks_standard", endpoint=ENDPOINT, created_at=created_at)
        for created_at in (OLDER, NEWER)
    )
    key = identifying_keys(TYPE, {"endpoint": ENDPOINT})[0]
    journal = killed_after_post(cli, key, ours if answered else None)
    result = create(cli)
    left = [id_ for id_, a in attributes_of(sandbox, TYPE).items() if a["endpoint"] == ENDPOINT]
    assert not journal.exists()
    if answered:
        assert left == [theirs]
        assert f"Removed integration {ours}, which an interrupted run created at the same time" in result.err
    else:
        assert (result.code, result.error["code"], set(left)) == (1, "conflict", {theirs, ours})
        assert (
            f"an earlier run was interrupted: integrations {theirs} and {ours} are duplicates" in result.err
        )
        assert result.error["hint"].endswith(f"jebbitctl integrations delete {ours}")


def test_runs_on_one_machine_wait_for_each_other(cli: Cli, sandbox: Sandbox) -> None:
    outcomes = run_concurrently(
        4, TYPE, "create", "--endpoint", ENDPOINT, "--if-absent", env=cli.environment()
    )
    assert [outcome.code for outcome in outcomes] == [0] * 4, outcomes
    created = [a for a in attributes_of(sandbox, TYPE).values() if a["endpoint"] == ENDPOINT]
    assert len(created) == 1


@pytest.mark.long
def test_applies_on_one_machine_create_one_integration_and_save_its_secret(
    cli: Cli, sandbox: Sandbox
) -> None:
    args = (TYPE, "apply", write(cli, SPRING), "--yes", "--secrets-dir", str(cli.home / "secrets"))
    for _ in range(5):
        outcomes = run_concurrently(4, *args, env=cli.environment())
        assert [outcome.code for outcome in outcomes] == [0] * 4, outcomes
        ((id_, created),) = [
            (id_, a) for id_, a in attributes_of(sandbox, TYPE).items() if a["endpoint"] == ENDPOINT
        ]
        assert (cli.home / "secrets" / "spring.secret").read_text() == f"{created['shared_secret']}\n"
        assert cli.run(TYPE, "delete", id_, "--yes").code == 0
        (cli.home / "secrets" / "spring.secret").unlink()
