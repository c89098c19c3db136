"""The leak detector finds each secret in every encoding, wherever it must not be."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pexpect
import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.leak_detector import LeakDetector, watch
from tests.support import JEBBITCTL, Cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.keeps(kind, "*") for kind in ("client", "token", "shared")]  # they plant leaks
SECRET = 'p"ä/+s?swörd & more: 2WnGc4Vt'
ECHO = "import sys; sys.stdout.write(sys.argv[1]); sys.stderr.write(sys.argv[2])"

WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda s: f"the secret is {s}.",
    "cut short": lambda s: s[:-8] + "…",
    "in JSON": lambda s: json.dumps({"client_secret": s}),
    "in a URL": lambda s: f"https://h/?secret={quote(s, safe='')}&x=1",
    "in a URL, whole": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "in hex": lambda s: s.encode().hex(),
    "in Base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in Base64, 1 byte in": lambda s: base64.b64encode(f":{s}".encode()).decode(),
    "in Base64, 11 bytes in": lambda s: base64.b64encode(f"the-client:{s}:tail".encode()).decode(),
    "in Base64 for URLs, 7 bytes in": lambda s: base64.urlsafe_b64encode(f"client:{s}".encode()).decode(),
}


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> LeakDetector:
    """A leak detector in place of the one that watches every test."""
    detector = LeakDetector()
    watch(detector, monkeypatch)
    detector.register("client", SECRET)
    return detector


@pytest.fixture
def watched(detector: LeakDetector) -> Iterator[Sandbox]:  # noqa: ARG001 - it must watch before the sandbox starts
    with Sandbox(SandboxOptions(integrations=2)) as sandbox:
        yield sandbox


@pytest.fixture
def cli(tmp_path: Path, watched: Sandbox) -> Cli:
    return Cli(tmp_path, {**watched.environment, "JEBBITCTL": JEBBITCTL})


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_secret_that_a_command_prints_is_found(detector: LeakDetector, written: str, stream: str) -> None:
    shown = WRITTEN[written](SECRET)
    command = [sys.executable, "-c", ECHO, *((shown, "") if stream == "stdout" else ("", shown))]
    detector.started(command, None)
    assert not list(detector.leaks(None))
    subprocess.run(command, capture_output=True, check=True)
    assert any(f": {stream} of " in leak for leak in detector.leaks(None))


@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_in_a_file_is_found(detector: LeakDetector, tmp_path: Path, written: str) -> None:
    path = tmp_path / "deep" / "down" / ".hidden"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\x00" + WRITTEN[written](SECRET).encode())
    assert {leak.rpartition(": ")[2] for leak in detector.leaks(tmp_path)} == {str(path)}


def test_text_that_resembles_a_secret_is_not_found(detector: LeakDetector) -> None:
    similar = [SECRET[:12], SECRET[::-1], base64.b64encode(SECRET[:12].encode()).decode(), "x" * 5000]
    detector.printed.append(("stdout", set(), [*similar]))
    assert not list(detector.leaks(None))


@pytest.mark.parametrize("text", [True, False])
def test_child_processes_are_watched_however_they_are_read(detector: LeakDetector, text: bool) -> None:
    command = [sys.executable, "-c", ECHO, f"one\n{SECRET}\n", f"{SECRET}\n"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=text, env={"PYTHONUTF8": "1"}) as child:
        assert child.stdout
        assert child.stderr
        assert len(list(child.stdout)) == 2
        assert len(list(detector.leaks(None))) == 1
        assert child.stderr.readline()
        assert len(list(detector.leaks(None))) == 2
    terminal = pexpect.spawn(sys.executable, ["-c", ECHO, "", SECRET], encoding="utf-8", timeout=20)
    terminal.expect("more")
    assert len(list(detector.leaks(None))) == 3
    terminal.close()


@pytest.mark.default_cases(3)
@pytest.mark.parametrize(
    ("script", "leaks"),
    [
        ('echo "$JEBBIT_CLIENT_SECRET" >&2', "client secret, as it is: stderr of"),
        ('printf %s "$JEBBIT_CLIENT_ID:$JEBBIT_CLIENT_SECRET" | base64 -w 0', "client secret, in Base64"),
        ('"$JEBBITCTL" token >&2', "token secret, as it is: stderr of"),
        ('"$JEBBITCTL" integrations list --show-secret --json >&2', "shared secret, as it is: stderr of"),
        ('"$JEBBITCTL" whoami && cp -r "$HOME/config/tokens" "$HOME/copy"', "token secret, as it is: /"),
        ('mkdir -p "$HOME/config/tokens"; env >"$HOME/config/tokens/a.json"', "client secret, as it is: /"),
    ],
)
def test_secrets_that_a_sandbox_creates_are_found(
    detector: LeakDetector, cli: Cli, script: str, leaks: str
) -> None:
    subprocess.run(["sh", "-c", script], env=cli.environment(), capture_output=True, check=True)
    assert any(leak.startswith(leaks) for leak in detector.leaks(cli.home))


def test_a_rotated_secret_and_the_secret_of_a_new_integration_are_found(
    detector: LeakDetector, cli: Cli, watched: Sandbox
) -> None:
    secrets = [watched.state.client_secret, watched.state.rotate_secret()]
    cli.env.update(watched.environment)
    create = ("integrations", "create", "--endpoint", "https://e.example/", "--json")
    secrets.append(cli.run(*create).json["shared_secret"])
    assert not list(detector.leaks(cli.home))
    for number, secret in enumerate(secrets, start=1):
        (cli.home / str(number)).write_text(secret)
        assert len(list(detector.leaks(cli.home))) == number


def _write(secret: str) -> None:
    sys.stderr.write(secret)


def _warn(secret: str) -> None:
    logging.getLogger("x").warning(secret)


def _exit(secret: str) -> None:
    sys.exit(f"The secret is {secret}")


def _run_child(secret: str) -> None:
    subprocess.run([sys.executable, "-c", ECHO, "", secret], check=True)


def _print_later(secret: str) -> None:
    stderr = sys.stderr

    def print_() -> None:
        time.sleep(0.1)  # until the command has returned
        stderr.write(secret)

    threading.Thread(target=print_, name="late").start()


SINKS: dict[str, Callable[[str], object]] = {
    "stderr": _write,
    "a log without handlers": _warn,
    "the descriptor 1": lambda s: os.write(1, s.encode()),
    "the descriptor 2": lambda s: os.write(2, s.encode()),
    "the interpreter's stdout": lambda s: sys.__stdout__ and sys.__stdout__.write(s),
    "the interpreter's stderr": lambda s: sys.__stderr__ and sys.__stderr__.write(s),
    "a child process": _run_child,
    "a thread after the end": _print_later,
    "the text of sys.exit": _exit,
}


@pytest.mark.parametrize("sink", SINKS)
def test_a_secret_that_a_command_in_this_process_prints_is_found(
    detector: LeakDetector, bare: Cli, monkeypatch: pytest.MonkeyPatch, sink: str
) -> None:
    monkeypatch.setattr("jebbitctl.commands.whoami.describe_account", lambda _: SINKS[sink](SECRET))
    monkeypatch.setattr("jebbitctl.commands.whoami.show_account", lambda *_: None)
    bare.run("whoami")
    for thread in threading.enumerate():
        if thread.name == "late":
            thread.join()
    stream = "stdout" if sink.endswith(("1", "stdout")) else "stderr"
    assert any(f": {stream} of " in leak for leak in detector.leaks(None))


def test_a_secret_that_a_command_prints_before_its_time_is_up_is_found(
    detector: LeakDetector, bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_and_hang(_: object) -> None:
        sys.stdout.write(SECRET)
        os.write(2, SECRET.encode())
        time.sleep(20)

    monkeypatch.setattr("jebbitctl.commands.whoami.describe_account", print_and_hang)
    with pytest.raises(pytest.fail.Exception, match="still running"):
        bare.run("whoami", timeout=0.3)
    assert len(list(detector.leaks(None))) == 2


def test_the_stdout_of_a_command_in_this_process_is_watched(detector: LeakDetector, cli: Cli) -> None:
    url = detector.register("client", "https://e.example/0123456789abcdef")
    assert cli.run("integrations", "create", "--endpoint", url).code == 0
    detector.printed.clear()
    cli.run("integrations", "list")
    assert any(": stdout of " in leak for leak in detector.leaks(None))


def test_the_secrets_in_the_environment_of_a_command_in_this_process_are_watched(
    detector: LeakDetector, bare: Cli
) -> None:
    secret = "0123456789abcdef-webhook"
    bare.run("profiles", "list", env={"JEBBIT_WEBHOOK_SECRET": secret})
    assert detector.secrets[secret] == "shared"


def test_a_requested_secret_is_not_a_leak(detector: LeakDetector, cli: Cli) -> None:
    (id_, *_) = cli.run("integrations", "list", "-q", "[].id").json
    path = cli.home / "my secret"
    cli.run("token")
    cli.run("integrations", "secret", id_)
    cli.run("integrations", "get", id_, "--show-secret")
    cli.run("api", f"integrations/{id_}")
    cli.run("integrations", "create", "--endpoint", "https://e.example/", "--secret-file", str(path))
    assert path.read_text()
    assert not list(detector.leaks(cli.home))


LEAKING = """
import pytest

def test_a_command_prints(cli, monkeypatch):
    monkeypatch.setattr("jebbitctl.output.streams.scrub_registered", str)
    cli.env["JEBBIT_PROFILE"] = cli.env["JEBBIT_CLIENT_SECRET"]
    cli.secrets.clear()
    assert cli.run("profiles", "use", cli.env["JEBBIT_CLIENT_SECRET"]).code == 3

def test_a_test_writes(cli, tmp_path):
    (tmp_path / "x").write_text(cli.env["JEBBIT_CLIENT_SECRET"])

@pytest.mark.keeps("client", "x")
def test_an_allowed_kind(cli, tmp_path):
    (tmp_path / "x").write_text(cli.env["JEBBIT_CLIENT_SECRET"])

@pytest.mark.keeps("shared", "x")
def test_another_kind_in_an_allowed_file(cli, tmp_path):
    (tmp_path / "x").write_text(cli.env["JEBBIT_CLIENT_SECRET"])

def test_a_thread_prints_after_a_command(cli):
    import sys, threading

    assert cli.run("--version").code == 0
    thread = threading.Thread(target=lambda: print(cli.env["JEBBIT_CLIENT_SECRET"], file=sys.stderr))
    thread.start()
    thread.join()

@pytest.fixture
def lines():
    return []

def test_a_test_logs(cli, lines):
    lines.append("say " + cli.env["JEBBIT_CLIENT_SECRET"])
"""


@pytest.mark.long
def test_a_test_that_leaks_fails(detector: LeakDetector, tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    root = Path(__file__).parents[1]
    command = ["-m", "pytest", "-q", "-n", "0", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, *command, f"--rootdir={root}", "-c", str(root / "pyproject.toml"), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    failed = {line.rpartition("::")[2].split()[0] for line in done.stdout.splitlines() if "ERROR " in line}
    assert failed >= {
        "test_a_command_prints",
        "test_a_test_writes",
        "test_another_kind_in_an_allowed_file",
        "test_a_thread_prints_after_a_command",
        "test_a_test_logs",
    }, done.stdout
    assert "6 passed, 5 errors" in done.stdout, done.stdout
    assert detector.printed
