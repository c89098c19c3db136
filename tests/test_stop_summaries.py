"""What a command says when a signal ends it: the same after SIGTERM as after Ctrl-C."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.storage.run_lock import RunLock
from tests.interruptions import interrupting
from tests.scripted_server import active, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

MANIFEST = """\
version = 1
[integrations.one]
endpoint = "https://hooks.example.com/new"
mappings = [{ jebbit_var = "a", client_var = "x" }, { jebbit_var = "b", client_var = "y" }]
"""
APPLY = "integrations apply jebbit.toml --yes"
CHECK = "check before you send it again"
AGAIN = " Run the command again: it continues where this run stopped.\n"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize(
    ("line", "request_", "said"),
    [
        (APPLY, "GET /api/v1/integrations", "Stopped: nothing was changed.\n"),
        (
            APPLY,
            "POST /api/v1/integration_mappings",
            f"Stopped: 1 of 3 steps done, 1 may have been done, 1 not started.{AGAIN}",
        ),
        (
            f"{APPLY} --verify",
            "POST /api/v1/integrations/",
            "Stopped: 3 of 3 steps done, 0 integrations tested.\n",
        ),
        ("mappings import {id} m.csv", "GET /api/v1/integration", "Stopped: nothing was changed.\n"),
        (
            "mappings import {id} m.csv",
            "POST /api/v1/integration_mappings",
            " of 2. Run the command again to import the rest.\n",
        ),
        (
            "backfills create --integration {id} --yes --wait",
            "GET /api/v1/integration_historic_backfills/",
            "Only the waiting ends, not the backfill. To wait for it: jebbitctl backfills wait ",
        ),
        ("integrations export", "GET /api/v1/integrations", ""),
        (
            "integrations create --endpoint https://hooks.example.com/x",
            "POST /api/v1/integrations",
            f"Stopped: the POST may have been carried out; {CHECK}: jebbitctl integrations list.\n",
        ),
        (
            "integrations create --endpoint https://hooks.example.com/x --if-absent",
            "POST /api/v1/integrations",
            f"Stopped: the POST may have been carried out; {CHECK}: jebbitctl integrations list.\n",
        ),
        (
            "integrations update {id} --region eu",
            "PATCH /api/v1/integrations",
            f"Stopped: the PATCH may have been carried out; {CHECK}: jebbitctl integrations list.\n",
        ),
        (
            "mappings create --integration {id} --jebbit-var a --client-var b",
            "POST /api/v1/integration_mappings",
            f"Stopped: the POST may have been carried out; {CHECK}: jebbitctl mappings list.\n",
        ),
        (
            "backfills create --integration {id} --yes",
            "POST /api/v1/integration_historic_backfills",
            f"Stopped: the POST may have been carried out; {CHECK}: jebbitctl backfills list.\n",
        ),
        (
            "api DELETE integrations/{id}",
            "DELETE /api/v1/integrations",
            "Stopped: the DELETE may have been carried out; delete it again; this is safe",
        ),
        ("api integrations", "GET /api/v1/integrations", ""),
        ("sandbox visit", "POST /sandbox/visits", "Stopped. The sandbox may still make visits that it was "),
    ],
    ids=(
        [
            "plan",
            "steps",
            "tests",
            "import-plan",
            "import",
            "wait",
            "export",
            "create",
            "if-absent",
            "update",
            "mapping",
            "backfill",
            "api",
            "api-get",
            "visit",
        ]
    ),
)
def test_a_command_that_a_signal_ends_says_what_was_done_and_what_was_not(  # noqa: PLR0917 - the table's columns
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    request_: str,
    said: str,
    sent: signal.Signals,
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jebbit.toml").write_text(MANIFEST)
    (tmp_path / "m.csv").write_text("jebbit_var,client_var,default\na,x,\nb,y,\n")
    with Sandbox(SandboxOptions(integrations=1), wrap=interrupting(request_, sent)) as sandbox:
        result = cli_for(tmp_path, sandbox).run(*line.format(id=active(sandbox)).split())
    assert result.code == code
    assert said in result.err
    assert said or not result.err


@pytest.mark.parametrize("line", [APPLY, "integrations create --endpoint https://hooks.example.com/x"])
def test_a_run_that_is_stopped_while_it_waits_for_another_has_changed_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    def wait(_: RunLock) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RunLock, "acquire", wait)
    (tmp_path / "jebbit.toml").write_text(MANIFEST)
    with Sandbox() as sandbox:
        result = cli_for(tmp_path, sandbox).run(*line.split())
        assert writes(sandbox) == []
    assert (result.code, result.err) == (143, "Stopped: nothing was changed.\n")
