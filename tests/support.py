"""Runs commands: in this process by default, or as a real process."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from unittest import mock

import keyring.backend
import keyring.core
import pytest

from jebbitctl import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyring.backend import KeyringBackend

    from jebbitctl.sandbox.server import Sandbox

JEBBITCTL = str(Path(sys.executable).with_name("jebbitctl"))

QUESTION = "[y/N]: "
"""The end of a question whether to go on."""

ONLY_A_PROCESS_READS = {
    "LC_ALL",
    "PYTHONCOERCECLOCALE",
    "PYTHONIOENCODING",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
}
"""Variables that take effect when an interpreter starts, or that change it permanently."""


@dataclass(frozen=True)
class Result:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error object of ``--json`` on stderr."""
        return json.loads(self.err.splitlines()[-1])["error"]


@dataclass
class Cli:
    """The installed command with its own home directory and this environment."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.home / "config"

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Return the whole environment of a command; None removes a variable."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JEBBIT_", "PYTHON_KEYRING", "XDG_", "GITHUB_"))
            and name.lower() not in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
            and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONUNBUFFERED"}
        }
        merged: dict[str, str | None] = {
            **inherited,
            "HOME": str(self.home),
            "JEBBIT_CONFIG_DIR": str(self.config),
            "PYTHONWARNINGS": "error",
            **self.env,
            **(env or {}),
        }
        return {name: value for name, value in merged.items() if value is not None}

    def run(
        self,
        *args: str,
        stdin: str | bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> Result:
        """Run a command in this process; its output must contain neither a traceback nor a known secret."""
        assert not ONLY_A_PROCESS_READS & {*self.env, *(env or {})}, "use run_process"
        return self._checked(run_here(args, self.environment(env), _bytes(stdin), timeout))

    def run_process(
        self,
        *args: str,
        stdin: str | bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> Result:
        """Run the installed command like :meth:`run`, but in its own process."""
        done = subprocess.run(
            [JEBBITCTL, *args],
            env=self.environment(env),
            input=_bytes(stdin),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return self._checked(done)

    def _checked(self, done: subprocess.CompletedProcess[bytes]) -> Result:
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        for secret in self.secrets:
            assert secret not in result.out + result.err
        return result


def cli_for(home: Path, sandbox: Sandbox) -> Cli:
    """A command line with the sandbox's credentials in its environment."""
    return Cli(home, dict(sandbox.environment), [sandbox.state.client_secret])


def _bytes(text: str | bytes | None) -> bytes:
    return text.encode() if isinstance(text, str) else text or b""


def without_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behave as a file system without locks, such as some that are mounted over a network."""

    def missing(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", missing)


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def run_here(
    args: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes,
    timeout: float,
    *,
    out: io.BytesIO | None = None,
    err: io.BytesIO | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in this process as if it had its own; works only in the main thread.

    Streams, descriptors, log handlers, environment and signal handlers are swapped for the run;
    ``tests.leak_detector`` watches it.

    Args:
        args: the command's arguments.
        env: its whole environment.
        stdin: what it reads.
        timeout: seconds after which the test fails.
        out: receives what it writes to stdout, even if the run does not end in time.
        err: likewise for stderr.
    """
    out, err = out or io.BytesIO(), err or io.BytesIO()
    stdout = io.TextIOWrapper(out, "utf-8")
    stderr = io.TextIOWrapper(err, "utf-8", write_through=True)
    with (
        _descriptor_captured(1, sys.__stdout__, stdout),
        _descriptor_captured(2, sys.__stderr__, stderr),
        _streams(io.TextIOWrapper(io.BytesIO(stdin), "utf-8"), stdout, stderr),
    ):
        code = _run(args, env, timeout)
    return subprocess.CompletedProcess(args, code, out.getvalue(), err.getvalue())


def run_on_terminal(
    args: Sequence[str],
    env: Mapping[str, str],
    columns: int,
    timeout: float,
    *,
    encoding: str = "utf-8",
    answer: str = "",
    copy: list[Any] | None = None,
) -> tuple[int, str]:
    """Run a command in this process, with a pseudo-terminal of its own.

    Returns: its exit code, and everything it showed.

    Args:
        args: the command's arguments.
        env: its whole environment.
        columns: the terminal's width.
        timeout: seconds after which the test fails.
        encoding: of what it writes.
        answer: what is typed when it asks whether to go on.
        copy: receives what it shows, even if the run does not end in time.
    """
    import termios  # Windows has none

    shown: list[bytes] = copy if copy is not None else []
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    reading = threading.Thread(target=_read_all, args=(ours, shown, answer))
    reading.start()
    with ExitStack() as stack:
        stack.callback(reading.join)
        for descriptor in (0, 1, 2):  # where libraries ask for the width
            saved = os.dup(descriptor)
            stack.callback(os.close, saved)
            stack.callback(os.dup2, saved, descriptor)
            os.dup2(theirs, descriptor)
        os.close(theirs)
        stdin = stack.enter_context(open(os.dup(0), encoding="utf-8"))  # noqa: PTH123 - a descriptor
        stdout, stderr = (
            stack.enter_context(open(os.dup(1), "w", 1, encoding=encoding))  # noqa: PTH123
            for _ in range(2)
        )
        with _streams(stdin, stdout, stderr):
            code = _run(args, env, timeout)
    return code, b"".join(shown).decode(encoding)


def _read_all(terminal: int, shown: list[bytes], answer: str) -> None:
    """Read what a terminal shows until nobody has it open any more; answer each question alike."""
    with suppress(OSError):  # which is how Linux tells the end
        while piece := os.read(terminal, 65536):
            shown.append(piece)
            if b"".join(shown).endswith(QUESTION.encode()):
                os.write(terminal, f"{answer}\n".encode())
    os.close(terminal)


@contextmanager
def _streams(stdin: TextIO, stdout: TextIO, stderr: TextIO) -> Iterator[None]:
    with (
        mock.patch.object(sys, "stdin", stdin),
        mock.patch.object(sys, "stdout", stdout),
        mock.patch.object(sys, "stderr", stderr),
    ):
        yield


def _run(args: Sequence[str], env: Mapping[str, str], timeout: float) -> int:
    """Run a command with these streams; return its exit code."""
    with (
        _environment(env),
        mock.patch.object(logging.root, "handlers", []),  # pytest's would hide what users see
        mock.patch.object(keyring, "get_keyring", _keyring_of_the_environment),
        _signals_restored(),
        _alarm(timeout, shlex.join(args)),
    ):
        try:
            return _exit_code(args)
        finally:
            modules: dict[str, Any] = sys.modules
            if modules.get("rich", True) is None:  # TAB keeps its process from importing it
                del modules["rich"]


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """Change only what differs: ``mock.patch.dict`` takes a quarter of a millisecond."""
    before = dict(os.environ)
    _set_environment(env)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(env: Mapping[str, str]) -> None:
    current = dict(os.environ)
    for name in current.keys() - env.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in env.items() if current.get(name) != value})


def _exit_code(args: Sequence[str]) -> int:
    """Return the exit code of the process that would have run."""
    try:
        return cli.run([*args])
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
        return 1


@contextmanager
def _descriptor_captured(
    descriptor: int, original: TextIO | None, stream: io.TextIOWrapper
) -> Iterator[None]:
    """Flush a stream at the end, and append to it what was written to a descriptor.

    Args:
        descriptor: 1 or 2.
        original: the interpreter's stream for the descriptor.
        stream: the command's stream for it.
    """
    saved = os.dup(descriptor)
    with tempfile.TemporaryFile(buffering=0) as file:
        os.dup2(file.fileno(), descriptor)
        try:
            yield
        finally:
            if original:
                original.flush()
            os.dup2(saved, descriptor)
            os.close(saved)
            stream.flush()
            if file.tell():  # the descriptors share their position
                file.seek(0)
                stream.buffer.write(file.read())


def _keyring_of_the_environment() -> KeyringBackend:
    """Look for the keyring as a new process does, instead of using the last command's."""
    keyring.backend.get_all_keyring()  # caches its first result, without the keyrings of later tests
    keyring.core.init_backend()
    return keyring.core.get_keyring()


@contextmanager
def _signals_restored() -> Iterator[None]:
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    before = {
        signal.Signals[name]: signal.getsignal(signal.Signals[name])
        for name in names
        if hasattr(signal, name)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _alarm(seconds: float, command: str) -> Iterator[None]:
    """Fail the test when the block takes longer."""

    def fail(*_: object) -> None:
        pytest.fail(f"after {seconds:g} s still running: jebbitctl {command}")

    if sys.platform == "win32":
        yield
        return
    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
