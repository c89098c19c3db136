"""``--secret-file`` and ``--secrets-dir``: no secret is overwritten, and none is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.storage import secret_files
from jebbitctl.storage.files import write_all
from jebbitctl.storage.secret_files import MAX_SECRET_FILE
from tests.commands.integrations.support import stored, webhook
from tests.manifest.support import write
from tests.scripted_server import writes
from tests.shell import shell
from tests.support import JEBBITCTL, mode

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

CREATE = ("integrations", "create", "--endpoint", "https://example.com/jebbit")
needs_a_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")


@pytest.fixture
def once(sandbox: Sandbox) -> Sandbox:
    """A Jebbit that shows a secret only in the response that creates the integration."""
    behaviour = sandbox.state.behaviour
    hidden = {type_: frozenset({"shared_secret"}) for type_ in ("integrations", "webhook_integrations")}
    behaviour.dialect = replace(behaviour.dialect, shown_once=hidden)
    return sandbox


@pytest.mark.keeps("shared", "webhook.secret")
def test_a_terminal_that_shows_a_new_secret_also_says_to_save_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Save the shared secret: Jebbit may show it only once.\n"
    assert said not in cli.run(*CREATE).err
    monkeypatch.setattr("jebbitctl.output.output.is_terminal", lambda _: True)
    assert cli.run(*CREATE).err.endswith(said)
    assert said not in cli.run(*CREATE, "--secret-file", "~/webhook.secret").err


@pytest.mark.keeps("shared", "webhook.secret")
def test_secret_writes_the_secret_to_a_private_file_and_another_secret_stays(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    line = f"{stored(sandbox)[id_]['shared_secret']}\n"
    path = cli.home / "webhook.secret"
    secret = ("integrations", "secret", id_, "--secret-file", "~/webhook.secret")
    for said in (f"Wrote the shared secret to {path}.", f"{path} already holds the shared secret."):
        result = cli.run(*secret)
        assert (result.code, result.out, result.err) == (0, "", f"{said}\n")
        assert (path.read_text(), mode(path)) == (line, 0o600)
    path.write_text("another secret")
    result = cli.run(*secret, "--json")
    assert (result.code, result.out, path.read_text()) == (2, "", "another secret")
    assert "add --force" in result.error["hint"]
    assert cli.run(*secret, "--force", "--json").json == {"id": id_, "shared_secret": "********"}
    assert path.read_text() == line
    assert cli.run("integrations", "secret", id_, "--force").code == 2


@pytest.mark.parametrize(
    "command", [CREATE, (*CREATE, "--if-absent"), ("integrations", "secret", "L5m24mjs")]
)
def test_a_file_that_is_too_large_for_a_secret_is_refused_before_any_request(
    cli: Cli, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    path = cli.home / "large"
    path.write_bytes(b"x" * (MAX_SECRET_FILE + 1))
    result = cli.run(*command, "--secret-file", str(path), "--force")
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert f"{path} is too large to be a secret" in result.err


@pytest.mark.keeps("shared", "webhook.secret")
def test_create_replaces_a_secret_on_demand_and_only_once_there_is_a_new_one(
    cli: Cli, sandbox: Sandbox
) -> None:
    path = cli.home / "webhook.secret"
    path.write_text("an old secret")
    create = (*CREATE, "--secret-file", "~/webhook.secret")
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    assert cli.run(*create).code == 2
    assert cli.run(*create, "--force", env=reader).code == 4
    assert (path.read_text(), len(writes(sandbox))) == ("an old secret", 1)
    created = cli.run(*create, "--force", "--json").json
    assert path.read_text() == f"{stored(sandbox)[created['id']]['shared_secret']}\n"


@needs_a_full_device
@pytest.mark.keeps("shared", "/dev/stderr")
def test_a_secret_that_cannot_be_saved_and_is_not_shown_again_is_printed_with_the_error(
    cli: Cli, once: Sandbox
) -> None:
    result = cli.run(*CREATE, "--secret-file", "/dev/full", "--json")
    id_ = result.json["id"]
    keep, error = result.err.splitlines()
    secret = stored(once)[id_]["shared_secret"]
    assert keep == f"Keep the shared secret of integration {id_}, which is saved nowhere: {secret}"
    assert (result.code, result.json["shared_secret"]) == (1, "********")
    assert json.loads(error)["error"]["hint"] == (
        "save the shared secret that is printed above: Jebbit does not show it again"
    )


@pytest.mark.keeps("shared", "/dev/stderr")
@pytest.mark.parametrize("interrupt", [False, True])
def test_a_secret_for_a_pipe_that_nobody_reads_is_not_lost(
    cli: Cli, once: Sandbox, monkeypatch: pytest.MonkeyPatch, *, interrupt: bool
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(secret_files, "PIPE_TIMEOUT", 0.1)
    if interrupt:
        monkeypatch.setattr(secret_files, "call_with_timeout", interrupted)
    before, pipe = set(stored(once)), cli.home / "pipe"
    os.mkfifo(pipe)
    result = cli.run(*CREATE, "--secret-file", str(pipe))
    (id_,) = stored(once).keys() - before
    assert result.code == (130 if interrupt else 1)
    assert f"which is saved nowhere: {stored(once)[id_]['shared_secret']}\n" in result.err
    assert interrupt or "nobody has read it within 0.1 s" in result.err
    if not interrupt:
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))  # ends the thread that writes


@pytest.mark.keeps("shared", "webhook.secret", "/dev/stderr")
@pytest.mark.parametrize("to_file", [True, False])
@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, SystemExit(143)])
def test_a_signal_while_a_new_integration_is_shown_does_not_lose_its_secret(
    cli: Cli,
    once: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    ended_by: type[BaseException] | BaseException,
    *,
    to_file: bool,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise ended_by

    monkeypatch.setattr("jebbitctl.output.output.Output.resource", interrupted)
    before, path = set(stored(once)), cli.home / "webhook.secret"
    result = cli.run(*CREATE, *(("--secret-file", str(path)) if to_file else ()))
    (id_,) = stored(once).keys() - before
    secret = stored(once)[id_]["shared_secret"]
    assert result.code == (130 if ended_by is KeyboardInterrupt else 143)
    assert f"Stopped: integration {id_} was created.\n" in result.err
    assert path.read_text() == f"{secret}\n" if to_file else f"saved nowhere: {secret}\n" in result.err


@pytest.mark.keeps("shared", "webhook.secret", "spring.secret")
@pytest.mark.parametrize("command", ["create", "apply"])
def test_a_signal_while_a_secret_is_written_leaves_it_in_the_file_and_out_of_the_output(
    cli: Cli, once: Sandbox, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def interrupted(descriptor: int, data: bytes) -> None:
        signal.raise_signal(signal.SIGINT)
        write_all(descriptor, data)

    monkeypatch.setattr(secret_files, "write_all", interrupted)
    path = cli.home / "secrets" / ("webhook.secret" if command == "create" else "spring.secret")
    path.parent.mkdir()
    if command == "create":
        result = cli.run(*CREATE, "--secret-file", str(path))
    else:
        apply = ("integrations", "apply", write(cli), "--yes", "--secrets-dir", str(path.parent))
        result = cli.run(*apply)
    assert result.code == 130
    assert path.read_text().strip() in {a["shared_secret"] for a in stored(once).values()}


@pytest.mark.keeps("shared", "webhook.secret")
def test_a_file_that_holds_the_secret_already_is_made_private(cli: Cli, sandbox: Sandbox) -> None:
    id_, path = webhook(sandbox), cli.home / "webhook.secret"
    path.write_text(f"{stored(sandbox)[id_]['shared_secret']}\n")
    path.chmod(0o640)
    result = cli.run("integrations", "secret", id_, "--secret-file", str(path))
    assert (result.code, mode(path)) == (0, 0o600)
    assert f"warning: other users could read {path}; its mode is now 0600\n" in result.err


@pytest.mark.long
@needs_a_full_device
@pytest.mark.keeps("shared", "/dev/stderr")
def test_a_secret_that_standard_output_does_not_take_and_is_not_shown_again_is_on_stderr(
    cli: Cli, once: Sandbox
) -> None:
    before = set(stored(once))
    done = shell(cli, f"jebbitctl {' '.join(CREATE)} >/dev/full")
    (id_,) = stored(once).keys() - before
    assert f"saved nowhere: {stored(once)[id_]['shared_secret']}\n" in done.stderr
    assert "Jebbit does not show it again" in done.stderr


@pytest.mark.keeps("shared", "/dev/stderr")
def test_apply_prints_a_new_secret_that_it_cannot_save(
    cli: Cli, once: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(secret_files, "write_all", full)
    result = cli.run("integrations", "apply", write(cli), "--yes", "--secrets-dir", "~/secrets")
    (secret,) = [a["shared_secret"] for a in stored(once).values() if "spring" in str(a["endpoint"])]
    assert result.code == 1
    assert f", which is saved nowhere: {secret}\n" in result.err
    assert (cli.home / "secrets" / "spring.secret").read_bytes() == b""


@pytest.mark.long
@pytest.mark.keeps("shared", "volume")
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs Linux's unshare")
def test_a_secret_file_may_be_mounted_alone(cli: Cli) -> None:
    (cli.home / "volume").touch()
    (cli.home / "app").mkdir()
    (cli.home / "app" / "webhook.secret").touch()
    script = (
        'mount --bind volume app/webhook.secret || exit 77; "$0" integrations create --endpoint '
        "https://example.com/jebbit --secret-file app/webhook.secret -q id"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, JEBBITCTL],
        cwd=cli.home,
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount")
    assert done.returncode == 0, done.stderr
    assert len((cli.home / "volume").read_text()) > 20
    assert mode(cli.home / "volume") == 0o600
