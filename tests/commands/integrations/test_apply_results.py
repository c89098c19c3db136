"""The results of ``integrations apply``: in a pipe, after an interrupt, and on a closed or full stdout."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.interruptions import Stage, ended, started
from tests.manifest.support import rows, write
from tests.scripted_server import attributes_of, writes
from tests.shell import shell
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

APPLY = ("integrations", "apply")


def test_each_step_is_reported_when_it_is_done_even_in_a_pipe(tmp_path: Path) -> None:
    stage = Stage("POST /api/v1/integration_mappings")
    with Sandbox(wrap=stage.wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        with started(cli, *APPLY, write(cli), "--yes") as process:
            assert stage.reached.wait(30)
            began = time.monotonic()
            assert process.stdout is not None
            assert process.stdout.readline().startswith("✓ create spring (")
            assert time.monotonic() - began < 20  # the next step is held for 30 s
            stage.over.set()
            process.communicate(timeout=30)
        assert process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_write_interrupted_by_ctrl_c_is_reported_as_unknown_and_not_repeated(tmp_path: Path) -> None:
    stage = Stage("POST /api/v1/integrations")
    with Sandbox(wrap=stage.wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        path = write(cli)
        with started(cli, *APPLY, "--plain", path, "--yes") as process:
            assert stage.reached.wait(30)
            code, out, _ = ended(process, signal.SIGINT)
        assert (code, [row[0] for row in rows(out)]) == (130, ["unknown", "not_done", "not_done"])
        stage.over.set()
        deadline = time.monotonic() + 10
        while not attributes_of(sandbox, "integrations") and time.monotonic() < deadline:
            time.sleep(0.05)
        again = cli.run(*APPLY, "--plain", path, "--yes")
        assert (again.code, [row[5] for row in rows(again.out)]) == (0, ["Outcome", "email"])


@pytest.mark.default_cases(1)
@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_apply_fails_even_if_nobody_reads_the_report(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    stage = Stage("POST /api/v1/integration_mappings")
    with Sandbox(wrap=stage.wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        with started(cli, *APPLY, write(cli), "--yes") as process:
            assert stage.reached.wait(30)
            assert process.stdout is not None
            process.stdout.close()
            process.stdout = None
            assert ended(process, sent)[0] == code
        stage.over.set()


@pytest.mark.default_cases(1)
@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize(
    ("stdout", "code"), [("| true", 0), (">&-", 1), (">/dev/full", 1), ("--json | true", 0)]
)
def test_an_unwritable_stdout_does_not_stop_apply_halfway(
    cli: Cli, sandbox: Sandbox, stdout: str, code: int
) -> None:
    write(cli)
    line = f"jebbitctl integrations apply jebbit.toml --yes {stdout}"
    done = shell(cli, f'export PYTHONUNBUFFERED=1; {line}; exit "${{PIPESTATUS[0]}}"')
    assert (done.returncode, len(writes(sandbox))) == (code, 3), done.stderr
    assert done.stderr.count("error: ") == code


@pytest.mark.default_cases(1)
@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize("stdout", ["| true", ">&-", "--json | true", "-q 'length(nope)'"])
def test_an_unwritable_stdout_does_not_hide_a_failed_step(cli: Cli, sandbox: Sandbox, stdout: str) -> None:
    sandbox.state.ignored_attributes.add("hash_pii")
    write(cli)
    line = f"jebbitctl integrations apply jebbit.toml --yes {stdout}"
    done = shell(cli, f'export PYTHONUNBUFFERED=1; {line}; exit "${{PIPESTATUS[0]}}"')
    assert done.returncode == 1
    assert "did not apply additional_options.hash_pii" in done.stderr
