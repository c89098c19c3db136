"""Ctrl-C and SIGTERM at any stage end a command at once, with the right exit code and without leftovers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest
from filelock import FileLock
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.storage.atomic_files import LEFTOVERS
from tests.backends import BROKEN
from tests.interruptions import Stage, ended, started
from tests.isolated_home import IsolatedHome, paths
from tests.scripted_server import active
from tests.support import JEBBITCTL
from tests.terminal import on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

signals = pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM", marks=pytest.mark.long),
    ],
)

SLEEP = "[time.sleep(0.1) for _ in range(600)]"
"""Python misses a signal that comes just before a sleep."""


def _announcing(module: str, then: str = "") -> str:
    """Return a ``sitecustomize`` that prints a line before a module is imported."""
    return (
        f"import sys, time\n"
        f"class Announcing:\n"
        f"    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}:\n"
        f"            print('importing', flush=True); {then}\n"
        f"sys.meta_path.insert(0, Announcing())\n"
    )


def assert_no_leftovers(cli: Cli) -> None:
    """Check that no half-written file is left, and no lock that the next command would wait for."""
    assert list(cli.home.rglob(LEFTOVERS)) == []
    for path in cli.home.rglob("*.lock"):
        FileLock(path).acquire(timeout=0).lock.release()


MAY_BE_DONE = (
    "Stopped: the POST may have been carried out; check before you send it again: "
    "jebbitctl integrations list.\n"
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[IsolatedHome]:
    machine = IsolatedHome(tmp_path)
    yield machine
    assert_no_leftovers(machine)


@pytest.mark.default_cases(1)
@signals
@pytest.mark.parametrize(
    ("args", "request_"),
    [
        ("token", "POST /oauth/token"),
        ("integrations list", "GET /api/v1/integrations"),
        ("integrations create --endpoint https://e.example --region us", "POST /api/v1/integrations"),
    ],
    ids=["token", "GET", "POST"],
)
def test_a_signal_ends_a_command_during_a_request(
    machine: IsolatedHome, sent: signal.Signals, code: int, *, args: str, request_: str
) -> None:
    stage = Stage(request_)
    with Sandbox(wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        with started(machine, *args.split()) as process:
            assert stage.reached.wait(20)
            assert ended(process, sent) == (code, "", MAY_BE_DONE if "create" in args else "")
        stage.over.set()
    sent_requests = [f"{request.method} {request.path}" for request in sandbox.requests]
    assert sent_requests.count(request_) == 1


@signals
def test_a_signal_ends_a_command_that_waits_to_retry(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    stage = Stage("GET /api/v1/self", Response(status=503, headers={"Retry-After": "10"}))
    with Sandbox(wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        with started(machine, "whoami") as process:
            assert stage.reached.wait(20)
            time.sleep(0.3)  # until the answer has arrived
            assert ended(process, sent) == (code, "", "")
    assert paths(sandbox).count("/api/v1/self") == 1


@signals
def test_a_signal_ends_an_import_whose_write_hangs(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    stage = Stage("POST /api/v1/integration_mappings")
    (machine.home / "m.csv").write_text("jebbit_var,client_var,default\na,x,\n")
    with Sandbox(SandboxOptions(integrations=1), wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        line = f"mappings import {active(sandbox)} {machine.home / 'm.csv'}"
        with started(machine, *line.split()) as process:
            assert stage.reached.wait(20)
            ended_with, out, err = ended(process, sent)
        assert (ended_with, out) == (code, "2\tunknown\ta\tx\t\n")
        assert err.startswith("1 unknown.\nStopped after 0 of 1, 1 more may have been done. ")
        stage.over.set()


@signals
def test_a_signal_ends_a_command_that_waits_for_another_process(
    cli: Cli, sandbox: Sandbox, sent: signal.Signals, code: int
) -> None:
    assert cli.run("token").code == 0
    (token,) = cli.config.glob("tokens/*.json")
    token.unlink()
    modules = cli.home / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(_announcing("filelock"))
    lock = FileLock(token.with_suffix(".lock"))
    with lock, started(cli, "token", env={"PYTHONPATH": str(modules)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        time.sleep(0.5)  # until it waits
        assert ended(process, sent) == (code, "", "")
    assert len(paths(sandbox)) == 1


@signals
def test_a_signal_ends_a_command_whose_keyring_hangs(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    hanging = {"PYTHON_KEYRING_BACKEND": f"{BROKEN}.HangingKeyring", "JEBBIT_CLIENT_SECRET": "x"}
    with started(machine, "login", "--client-id", "x", env=hanging) as process:
        until = time.monotonic() + 20
        while not machine.calls:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert ended(process, sent) == (code, "", "")


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_echoes_again_after_a_signal_at_a_hidden_prompt(
    machine: IsolatedHome, sent: signal.Signals
) -> None:
    terminal = machine.terminal("login", "--client-id", "abc")
    terminal.expect("Client secret: ")
    terminal.kill(sent)
    terminal.expect(pexpect.EOF)
    assert terminal.getecho()
    terminal.close()
    assert terminal.exitstatus == 128 + sent


@signals
def test_a_signal_ends_a_command_that_shows_progress(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    with Sandbox(SandboxOptions(integrations=1, backfill_step=600)) as slow:
        patient = IsolatedHome(tmp_path, dict(slow.environment))
        child = on_terminal(
            patient, "backfills", "create", "-y", "--integration", active(slow), "--wait", columns=120
        )
        child.expect("Waiting for backfill")
        child.kill(sent)
        child.expect(pexpect.EOF)
        shown = str(child.before)
        child.close()
    assert child.exitstatus == code
    assert "Traceback" not in shown
    assert shown.rindex("\x1b[?25h") > shown.rfind("\x1b[?25l"), "the cursor is shown again"


@signals
def test_a_signal_ends_a_receiver(bare: Cli, sent: signal.Signals, code: int) -> None:
    args = ("webhooks", "listen", "--port", "0", "--count", "1", "--record", str(bare.home / "record"))
    with started(bare, *args, env={"JEBBIT_WEBHOOK_SECRET": "abc"}) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Listening on ")
        ended_with, out, err = ended(process, sent)
    assert (ended_with, out) == (code, "")
    assert err.splitlines()[-1:] in (["Received: nothing."], [])  # where it records may be printed before


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@signals
def test_a_signal_ends_sandbox_run_and_its_command(
    bare: Cli, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """Ctrl-C reaches the command as well. SIGTERM is passed on. The temporary directory is removed."""
    script = "echo $$ $JEBBIT_CONFIG_DIR; exec sleep 60"
    child = on_terminal(bare, "sandbox", "run", "--", "sh", "-c", script, env={"TMPDIR": str(tmp_path)})
    child.expect(r"(\d+) (/\S+)\r\n")
    pid, directory = int(child.match[1]), Path(child.match[2])
    assert directory.exists()
    child.sendintr() if sent == signal.SIGINT else child.kill(sent)
    child.expect(pexpect.EOF)
    shown = str(child.before)
    child.close()
    assert child.exitstatus == code
    assert "Traceback" not in shown
    assert not directory.exists()
    until = time.monotonic() + 5  # the process that adopts it takes a moment to reap it
    while is_running(pid):
        assert time.monotonic() < until, "the command still runs"
        time.sleep(0.01)


@signals
def test_a_signal_ends_sandbox_run_while_its_command_starts(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    (machine.modules / "sitecustomize.py").write_text(
        f"import os, subprocess\n"
        f"start = subprocess.Popen.__init__\n"
        f"def start_and_signal(*args, **settings):\n"
        f"    start(*args, **settings)\n"
        f"    os.kill(os.getpid(), {int(sent)})\n"
        f"subprocess.Popen.__init__ = start_and_signal\n"
    )
    result = machine.run_process("sandbox", "run", "--", "sleep", "50")  # which would keep stdout open
    assert (result.code, result.out, result.err) == (code, "", "")


def test_sandbox_run_passes_sigint_on_to_its_command_without_a_terminal(machine: IsolatedHome) -> None:
    """A CI system sends it to this process only. At a terminal, Ctrl-C reaches the command by itself."""
    script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done"
    command = [JEBBITCTL, "sandbox", "run", "--", "sh", "-c", script]
    with subprocess.Popen(
        command, env=machine.environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[0] == "interrupted\n"
    assert process.returncode == 3


@pytest.mark.parametrize("module", ["typer", "jebbitctl.cli"])
def test_ctrl_c_while_the_program_is_imported_prints_nothing(machine: IsolatedHome, module: str) -> None:
    (machine.modules / "sitecustomize.py").write_text(_announcing(module, SLEEP))
    with started(machine, "--version") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        assert ended(process, signal.SIGINT) == (130, "", "")


@signals
def test_a_signal_in_a_callback_of_python_itself_is_not_lost(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    """Python ignores exceptions there, and prints a traceback."""
    interrupted = f"""
class Dropped:
    def __del__(self):
        import os
        os.kill(os.getpid(), {int(sent)})

Dropped(); {SLEEP}
"""
    (machine.modules / "sitecustomize.py").write_text(
        _announcing("jebbitctl.commands.help", f"exec({interrupted!r})")
    )
    result = machine.run_process("help")
    assert (result.code, result.out, result.err) == (code, "importing\n", "")


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """Return the end for writing of a pipe that is full, and that nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    yield writing
    os.close(reading)
    os.close(writing)


@pytest.mark.long
@signals
@pytest.mark.parametrize("print_and", ["pass", "raise KeyboardInterrupt", "raise SystemExit(143)"])
def test_a_signal_ends_a_command_whose_output_nobody_reads(
    machine: IsolatedHome, full_pipe: int, sent: signal.Signals, code: int, *, print_and: str
) -> None:
    """Also if another signal has ended the command already."""
    (machine.modules / "sitecustomize.py").write_text(
        f"def main(*_, **settings):\n"
        f"    print('report')\n"
        f"    {print_and}\n"
        f"import typer, types\n"
        f"typer.main.get_command = lambda _: types.SimpleNamespace(main=main)\n"
    )
    with subprocess.Popen(
        [JEBBITCTL], env=machine.environment(), stdout=full_pipe, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(1)  # until it waits
        try:
            ended_with, _, err = ended(process, sent)
            assert (ended_with, err) == (code, "")
        finally:
            process.kill()


@signals
def test_a_signal_after_a_command_has_finished_ends_it_at_once(
    machine: IsolatedHome, sent: signal.Signals, code: int
) -> None:
    (machine.modules / "sitecustomize.py").write_text(
        f"import atexit, time\natexit.register(lambda: (print('done', flush=True), {SLEEP}))\n"
    )
    with started(machine, "--version") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("jebbitctl ")
        assert process.stdout.readline() == "done\n"
        assert ended(process, sent) == (code, "", "")


def test_a_background_job_that_ignores_sigint_keeps_ignoring_it(machine: IsolatedHome) -> None:
    stage = Stage("GET /api/v1/self")
    with Sandbox(wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        command = ["sh", "-c", f"trap '' INT; exec '{JEBBITCTL}' whoami -q id"]
        with subprocess.Popen(
            command, env=machine.environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            assert stage.reached.wait(20)
            process.send_signal(signal.SIGINT)
            stage.over.set()
            assert process.communicate(timeout=20)[0].strip() in sandbox.state.businesses
        assert process.returncode == 0
