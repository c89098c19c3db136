"""Ctrl-C and SIGTERM at any stage: at once, with the right exit code, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pexpect
import pytest
from filelock import FileLock
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Options, Sandbox
from jebbitctl.storage.files import LEFTOVERS
from tests.backends import BROKEN
from tests.machine import Machine, paths
from tests.scripted import active
from tests.support import JEBBITCTL
from tests.test_terminal import on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

signals = pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM", marks=pytest.mark.long),
    ],
)


class Stage:
    """A Jebbit that, at one request, lets nobody go on."""

    def __init__(self, request: str, answer: Response | None = None) -> None:
        self.request = request
        self.answer = answer
        self.reached = Event()
        self.over = Event()

    def wrap(self, app: WSGIApplication) -> WSGIApplication:
        def stalled(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}" != self.request:
                return app(environ, start_response)
            self.reached.set()
            if self.answer is None:
                self.over.wait(30)
            return (self.answer or Response.from_app(app, environ))(environ, start_response)

        return stalled


def ended(process: subprocess.Popen[str], sent: signal.Signals) -> tuple[int, str, str]:
    """Send a signal; return how the process ended, which it must do at once."""
    started = time.monotonic()
    process.send_signal(sent)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - started < 10
    return process.returncode, out, err


def started(cli: Cli, *args: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [JEBBITCTL, *args],
        env=cli.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _noticing(module: str, then: str = "") -> str:
    """A ``sitecustomize`` that tells when a module is about to be imported."""
    return (
        f"import sys, time\n"
        f"class Noticing:\n"
        f"    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}:\n"
        f"            print('importing', flush=True); {then}\n"
        f"sys.meta_path.insert(0, Noticing())\n"
    )


def assert_nothing_is_left(cli: Cli) -> None:
    """No half-written file, and no lock that the next command would wait for."""
    assert list(cli.home.rglob(LEFTOVERS)) == []
    for path in cli.home.rglob("*.lock"):
        FileLock(path).acquire(timeout=0).lock.release()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    assert_nothing_is_left(machine)


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
def test_while_jebbit_is_asked(
    machine: Machine, sent: signal.Signals, code: int, *, args: str, request_: str
) -> None:
    stage = Stage(request_)
    with Sandbox(wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        with started(machine, *args.split()) as process:
            assert stage.reached.wait(20)
            assert ended(process, sent) == (code, "", "")
        stage.over.set()
    assert paths(sandbox).count(request_.split()[1]) == 1


@signals
def test_while_waiting_to_ask_again(machine: Machine, sent: signal.Signals, code: int) -> None:
    stage = Stage("GET /api/v1/self", Response(status=503, headers={"Retry-After": "10"}))
    with Sandbox(wrap=stage.wrap) as sandbox:
        machine.env |= sandbox.environment
        with started(machine, "whoami") as process:
            assert stage.reached.wait(20)
            time.sleep(0.3)  # the answer is on its way
            assert ended(process, sent) == (code, "", "")
    assert paths(sandbox).count("/api/v1/self") == 1


@signals
def test_while_another_process_asks_for_the_token(
    cli: Cli, sandbox: Sandbox, sent: signal.Signals, code: int
) -> None:
    assert cli.run("token").code == 0
    (token,) = cli.config.glob("tokens/*.json")
    token.unlink()
    modules = cli.home / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(_noticing("filelock"))
    lock = FileLock(token.with_suffix(".lock"))
    with lock, started(cli, "token", env={"PYTHONPATH": str(modules)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        time.sleep(0.5)  # until it waits
        assert ended(process, sent) == (code, "", "")
    assert len(paths(sandbox)) == 1


@signals
def test_while_the_keyring_is_asked(machine: Machine, sent: signal.Signals, code: int) -> None:
    hanging = {"PYTHON_KEYRING_BACKEND": f"{BROKEN}.HangingKeyring", "JEBBIT_CLIENT_SECRET": "x"}
    with started(machine, "login", "--client-id", "x", env=hanging) as process:
        until = time.monotonic() + 20
        while not machine.calls:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert ended(process, sent) == (code, "", "")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_echoes_again_after_a_secret_was_asked_for(machine: Machine, sent: signal.Signals) -> None:
    terminal = machine.terminal("login", "--client-id", "abc")
    terminal.expect("Client secret: ")
    terminal.kill(sent)
    terminal.expect(pexpect.EOF)
    assert terminal.getecho()
    terminal.close()
    assert terminal.exitstatus == 128 + sent


@signals
def test_while_progress_is_shown(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    with Sandbox(Options(integrations=1, backfill_step=600)) as slow:
        patient = Machine(tmp_path, dict(slow.environment))
        child = on_terminal(
            patient, "backfills", "create", "--integration", active(slow), "--wait", columns=120
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
def test_while_a_receiver_listens(bare: Cli, sent: signal.Signals, code: int) -> None:
    args = ("webhooks", "listen", "--port", "0", "--count", "1", "--record", str(bare.home / "record"))
    with started(bare, *args, env={"JEBBIT_WEBHOOK_SECRET": "abc"}) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Listening on ")
        ended_with, out, err = ended(process, sent)
    assert (ended_with, out) == (code, "")
    assert err in {"Received: nothing.\n", ""}


def exists(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@signals
def test_while_a_command_runs_beside_the_sandbox(
    bare: Cli, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """A Ctrl-C reaches the command as well; a SIGTERM is passed on, and leaves no directory behind."""
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
    until = time.monotonic() + 5  # whoever inherits a process that has ended takes a moment to notice
    while exists(pid):
        assert time.monotonic() < until, "the command still runs"
        time.sleep(0.01)


@signals
def test_a_command_beside_the_sandbox_ends_that_a_signal_met_while_it_was_started(
    machine: Machine, sent: signal.Signals, code: int
) -> None:
    (machine.modules / "sitecustomize.py").write_text(
        f"import os, subprocess\n"
        f"start = subprocess.Popen.__init__\n"
        f"def met(*args, **settings):\n"
        f"    start(*args, **settings)\n"
        f"    os.kill(os.getpid(), {int(sent)})\n"
        f"subprocess.Popen.__init__ = met\n"
    )
    result = machine.run_process("sandbox", "run", "--", "sleep", "50")  # while it runs, it holds stdout
    assert (result.code, result.out, result.err) == (code, "", "")


@pytest.mark.parametrize("module", ["typer", "jebbitctl.cli"])
def test_while_the_program_still_starts(machine: Machine, module: str) -> None:
    """Whoever presses Ctrl-C at once has not seen anything yet, and sees nothing then."""
    (machine.modules / "sitecustomize.py").write_text(_noticing(module, "time.sleep(60)"))
    with started(machine, "--version") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        assert ended(process, signal.SIGINT) == (130, "", "")


def test_when_the_work_is_done(machine: Machine) -> None:
    (machine.modules / "sitecustomize.py").write_text(
        "import atexit, time\natexit.register(lambda: (print('done', flush=True), time.sleep(60)))\n"
    )
    with started(machine, "--version") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("jebbitctl ")
        assert process.stdout.readline() == "done\n"
        assert ended(process, signal.SIGINT) == (130, "", "")


def test_a_process_in_the_background_that_is_to_ignore_it_ignores_it(machine: Machine) -> None:
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
