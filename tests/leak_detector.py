"""Finds secrets in the output of a test's commands and in the files that it leaves."""

from __future__ import annotations

import base64
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from subprocess import Popen
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pexpect
from pexpect import spawnbase

from jebbitctl.sandbox import jwt, resource_types
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.state import SandboxState, random_text
from tests import support
from tests.support import JEBBITCTL, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

MIN_SECRET_LENGTH = 16
"""Characters of a secret to search for, so that a truncated secret is found as well."""

VARIABLES = {
    "JEBBIT_CLIENT_SECRET": "client",
    "JEBBIT_ACCESS_TOKEN": "token",
    "JEBBIT_WEBHOOK_SECRET": "shared",
}
"""Variables of a command that contain a secret, and the kind of secret."""

ON_STDOUT = {
    "token": re.compile(r"jebbitctl\S* (token|api auth)\b"),
    "shared": re.compile(r"jebbitctl\S* (integrations (secret|create)|api|demo)\b|--show-secret\b"),
    "client": re.compile(r"jebbitctl\S* sandbox (serve|env)\b|/vault/op\b"),
}
"""Commands that may print a secret of a kind on stdout, such as a test's vault; none may on stderr."""

FILES = {"config/tokens/*.json": "token", "config/sandboxes/*.json": "client", "keyring.json": "client"}
"""Files that may contain secrets, and the kind: tokens, running sandboxes, ``IsolatedHome``'s keyring."""

_SECRET_FILE = re.compile(r"--secret(-file|s-dir)[ =]('[^']*'|\S+)")


def encodings(secret: str) -> dict[bytes, str]:
    """Return the encodings in which a secret may appear, also inside a longer text, with their names."""
    own = secret.rpartition(".")[2] if secret.startswith("eyJ") else secret  # the signature of a JWT
    core = own[:MIN_SECRET_LENGTH]
    raw = core.encode()
    found = {raw: "as it is"}
    for shift in range(3):
        whole = slice(-(-shift * 8 // 6), (shift + len(raw)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.setdefault(encode(bytes(shift) + raw + bytes(2))[whole], f"in Base64, {shift} bytes in")
    percent = "".join(f"%{byte:02x}" for byte in raw)
    for text, name in [
        (quote(core, safe=""), "in a URL"),
        (percent, "in a URL, whole"),
        (percent.upper(), "in a URL, whole"),
        (json.dumps(core)[1:-1], "in JSON"),
        (raw.hex(), "in hex"),
        (raw.hex().upper(), "in hex"),
    ]:
        found.setdefault(text.encode(), name)
    return found


@dataclass
class LeakDetector:
    """Knows a test's secrets, what it printed, and which files may contain secrets.

    Attributes:
        secrets: by value, their kinds: ``client``, ``token``, ``shared``.
        printed: names of streams, the kinds of secrets that each may contain, and its pieces.
        allowed: patterns of paths below the test's directory, and the kinds that the files may contain.
    """

    secrets: dict[str, str] = field(default_factory=dict)
    printed: list[tuple[str, set[str], list[str | bytes]]] = field(default_factory=list)
    allowed: dict[str, set[str]] = field(
        default_factory=lambda: {path: {kind} for path, kind in FILES.items()}
    )

    def register(self, kind: str, secret: str) -> str:
        """Remember a secret and return it; one that is too short to be unique is ignored."""
        if len(secret) >= MIN_SECRET_LENGTH:
            self.secrets.setdefault(secret, kind)
        return secret

    def examine(self, fixture: Any) -> None:
        """Collect the secrets of a fixture, and what the test logged.

        Args:
            fixture: a sandbox, a command line that knows secrets, the lines of a log, or anything else.
        """
        if isinstance(fixture, Sandbox):
            self.register("client", fixture.state.client_secret)
            for business in fixture.state.businesses.values():
                for integration in business.of("integrations").values():
                    self.register("shared", str(integration.attributes.get("shared_secret")))
        elif isinstance(fixture, Cli):
            for secret in fixture.secrets:
                self.register("token", secret)
        elif isinstance(fixture, list):
            self.printed.append(("a log", set(), [line for line in fixture if isinstance(line, str)]))

    def started(
        self, args: Any, env: Mapping[str, str] | None
    ) -> tuple[list[str | bytes], list[str | bytes]]:
        """Remember a command; return the lists that collect its stdout and its stderr."""
        line = args if isinstance(args, str) else shlex.join(map(str, args))
        for variable, kind in VARIABLES.items():
            self.register(kind, (env or {}).get(variable, ""))
        for kind, path in _SECRET_FILE.findall(line):
            files = path.strip("'\"").strip("/") + ("/*.secret" if kind == "s-dir" else "")
            self.allowed[f"/{files}"] = {"shared"}
        on_stdout = {kind for kind, pattern in ON_STDOUT.items() if pattern.search(line)}
        on_stdout |= self.allowed.get("/dev/stdout", set())
        on_stderr = self.allowed.get("/dev/stderr", set())
        out, err = list[str | bytes](), list[str | bytes]()
        self.printed += [(f"stdout of {line}", on_stdout, out), (f"stderr of {line}", on_stderr, err)]
        return out, err

    def leaks(self, directory: Path | None) -> Iterator[str]:
        """Yield a line for each secret in each place that must not contain it."""
        needles = [
            (kind, form, name) for s, kind in self.secrets.items() for form, name in encodings(s).items()
        ]
        for place, allowed, text in self._places(directory):
            for kind, form, name in needles:
                if kind not in allowed and form in text:
                    yield f"{kind} secret, {name}: {place}"

    def _places(self, directory: Path | None) -> Iterator[tuple[str, set[str], bytes]]:
        for place, allowed, pieces in self.printed:
            yield place, allowed, b"".join(p.encode() if isinstance(p, str) else p for p in pieces)
        for path in directory.rglob("*") if directory else ():
            if path.is_file() and not path.is_symlink():
                allowed = set[str]().union(*(kinds for to, kinds in self.allowed.items() if _is(path, to)))
                yield str(path), allowed, path.read_bytes()


def _is(path: Path, pattern: str) -> bool:
    return path.match(pattern.removeprefix("/")) if pattern.startswith("/") else path.match(f"*/{pattern}")


TERMINAL: Any = spawnbase.SpawnBase if sys.platform == "win32" else pexpect.spawn
"""pexpect has no spawn on Windows, where no test starts a terminal."""
_original_spawn = TERMINAL.__init__
_original_run_here = support.run_here
_original_run_on_terminal = support.run_on_terminal
_original_init, _original_rotate_secret, _original_encode = (
    SandboxState.__init__,
    SandboxState.rotate_secret,
    jwt.encode,
)


class _Tee:
    """A pipe that copies what is read from it."""

    def __init__(self, stream: Any, copy: list[str | bytes]) -> None:
        self._stream = stream
        self._copy = copy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.readline, self._stream.readline(0))

    def read(self, *size: int) -> Any:
        return self._copied(self._stream.read(*size))

    def readline(self, *size: int) -> Any:
        return self._copied(self._stream.readline(*size))

    def _copied(self, piece: Any) -> Any:
        self._copy.append(piece)
        return piece


class _Recorder(io.BytesIO):
    """Copies what is written to it, even after the command has returned."""

    def __init__(self, copy: list[str | bytes]) -> None:
        super().__init__()
        self._copy = copy

    def write(self, data: Any) -> int:
        self._copy.append(bytes(data))
        return super().write(data)


def watch(leak_detector: LeakDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Report to a leak detector each secret that a sandbox creates and everything that commands print."""
    _watch_secrets(leak_detector, monkeypatch)

    class Watched(Popen[Any]):
        def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
            super().__init__(args, *rest, **options)
            self.copies = leak_detector.started(args, options.get("env"))
            self.stdout: Any = self.stdout and _Tee(self.stdout, self.copies[0])
            self.stderr: Any = self.stderr and _Tee(self.stderr, self.copies[1])

        def communicate(self, *args: Any, **options: Any) -> Any:
            output = super().communicate(*args, **options)
            for copy, piece in zip(self.copies, output, strict=True):
                copy.append(piece or b"")
            return output

    class Log:
        def __init__(self, copy: list[str | bytes]) -> None:
            self.write = copy.append

        def flush(self) -> None:
            pass

    def spawned(self: Any, command: str, *args: Any, **options: Any) -> None:
        words = [command, *(args[0] if args else options.get("args", []))]
        copy, _ = leak_detector.started(words, options.get("env"))
        _original_spawn(self, command, *args, **options)
        self.logfile_read = Log(copy)

    def run_here(args: Any, env: Mapping[str, str], *rest: Any) -> subprocess.CompletedProcess[bytes]:
        out, err = map(_Recorder, leak_detector.started([JEBBITCTL, *args], env))
        return _original_run_here(args, env, *rest, out=out, err=err)

    def run_on_terminal(args: Any, env: Mapping[str, str], *rest: Any, **options: Any) -> tuple[int, str]:
        copy, _ = leak_detector.started([JEBBITCTL, *args], env)
        return _original_run_on_terminal(args, env, *rest, **options, copy=copy)

    monkeypatch.setattr(support, "run_here", run_here)
    monkeypatch.setattr(support, "run_on_terminal", run_on_terminal)
    monkeypatch.setattr(subprocess, "Popen", Watched)
    monkeypatch.setattr(TERMINAL, "__init__", spawned)


def _watch_secrets(leak_detector: LeakDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    def create_state(self: SandboxState, *args: Any, **options: Any) -> None:
        _original_init(self, *args, **options)
        leak_detector.register("client", self.client_secret)

    def rotate_secret(self: SandboxState) -> str:
        return leak_detector.register("client", _original_rotate_secret(self))

    monkeypatch.setattr(SandboxState, "__init__", create_state)
    monkeypatch.setattr(SandboxState, "rotate_secret", rotate_secret)
    monkeypatch.setattr(jwt, "encode", lambda *args: leak_detector.register("token", _original_encode(*args)))
    monkeypatch.setattr(
        resource_types, "random_text", lambda length: leak_detector.register("shared", random_text(length))
    )
