"""Finds secrets where they must not be: in what a test's commands printed, and in every file it left."""

from __future__ import annotations

import base64
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

from jebbitctl.sandbox import kinds, tokens
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.state import State, random_text
from tests import support
from tests.support import JEBBITCTL, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

CORE = 16
"""Characters of a secret that are searched for, so that one that was cut short is found as well."""

VARIABLES = {
    "JEBBIT_CLIENT_SECRET": "client",
    "JEBBIT_ACCESS_TOKEN": "token",
    "JEBBIT_WEBHOOK_SECRET": "shared",
}
"""What a child's environment holds of each kind."""

ON_STDOUT = {
    "token": re.compile(r"jebbitctl\S* (token|api auth)\b"),
    "shared": re.compile(r"jebbitctl\S* (integrations (secret|create)|api|demo)\b|--show-secret\b"),
    "client": re.compile(r"jebbitctl\S* sandbox serve\b"),
}
"""The commands whose users ask for a secret of a kind; on stderr nobody does."""

FILES = {"config/tokens/*.json": "token", "keyring.json": "client"}
"""The token cache, and the keyring of a test's machine: where secrets are kept, by kind."""

_SECRET_FILE = re.compile(r"--secret(-file|s-dir)[ =]('[^']*'|\S+)")


def disguises(secret: str) -> dict[bytes, str]:
    """Return how a secret may be written, also inside a longer text, and what that is called."""
    own = secret.rpartition(".")[2] if secret.startswith("eyJ") else secret  # of a JWT the signature
    core = own[:CORE]
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
class Canary:
    """What a test's secrets are, what it printed, and what may hold which kind of secret.

    Attributes:
        secrets: by value, their kinds: ``client``, ``token``, ``shared``.
        printed: where, which kinds may be there, and the pieces that came.
        kept: patterns of paths below the test's directory, and the kinds that the files may hold.
    """

    secrets: dict[str, str] = field(default_factory=dict)
    printed: list[tuple[str, set[str], list[str | bytes]]] = field(default_factory=list)
    kept: dict[str, set[str]] = field(default_factory=lambda: {path: {kind} for path, kind in FILES.items()})

    def register(self, kind: str, secret: str) -> str:
        """Remember a secret, and return it; what is too short to be told from other text is none."""
        if len(secret) >= CORE:
            self.secrets.setdefault(secret, kind)
        return secret

    def examine(self, fixture: Any) -> None:
        """Take from a fixture what was there before the test, and what the test logged.

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
        """Remember a command; return where its stdout and its stderr are to be collected."""
        line = args if isinstance(args, str) else shlex.join(map(str, args))
        for variable, kind in VARIABLES.items():
            self.register(kind, (env or {}).get(variable, ""))
        for kind, path in _SECRET_FILE.findall(line):
            files = path.strip("'\"").strip("/") + ("/*.secret" if kind == "s-dir" else "")
            self.kept[f"/{files}"] = {"shared"}
        asked = {kind for kind, pattern in ON_STDOUT.items() if pattern.search(line)}
        asked |= self.kept.get("/dev/stdout", set())
        told = self.kept.get("/dev/stderr", set())
        out, err = list[str | bytes](), list[str | bytes]()
        self.printed += [(f"stdout of {line}", asked, out), (f"stderr of {line}", told, err)]
        return out, err

    def leaks(self, directory: Path | None) -> Iterator[str]:
        """Yield a line for each secret at each place where it must not be."""
        needles = [
            (kind, form, name) for s, kind in self.secrets.items() for form, name in disguises(s).items()
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
                allowed = set[str]().union(*(kinds for to, kinds in self.kept.items() if _is(path, to)))
                yield str(path), allowed, path.read_bytes()


def _is(path: Path, pattern: str) -> bool:
    return path.match(pattern.removeprefix("/")) if pattern.startswith("/") else path.match(f"*/{pattern}")


TERMINAL: Any = spawnbase.SpawnBase if sys.platform == "win32" else pexpect.spawn
"""Windows has none to start, and there nothing starts one."""
_SPAWN = TERMINAL.__init__
_RUN = support.run_here
_BEGIN, _ROTATE, _ENCODE = State.__init__, State.rotate_secret, tokens.encode


class _Tee:
    """A pipe whose reader leaves a copy."""

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


def watch(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a canary know each secret that a sandbox makes, and all that commands print."""
    _watch_secrets(canary, monkeypatch)

    class Watched(Popen[Any]):
        def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
            super().__init__(args, *rest, **options)
            self.copies = canary.started(args, options.get("env"))
            self.stdout: Any = self.stdout and _Tee(self.stdout, self.copies[0])
            self.stderr: Any = self.stderr and _Tee(self.stderr, self.copies[1])

        def communicate(self, *args: Any, **options: Any) -> Any:
            told = super().communicate(*args, **options)
            for copy, piece in zip(self.copies, told, strict=True):
                copy.append(piece or b"")
            return told

    class Log:
        def __init__(self, copy: list[str | bytes]) -> None:
            self.write = copy.append

        def flush(self) -> None:
            pass

    def spawned(self: Any, command: str, *args: Any, **options: Any) -> None:
        words = [command, *(args[0] if args else options.get("args", []))]
        copy, _ = canary.started(words, options.get("env"))
        _SPAWN(self, command, *args, **options)
        self.logfile_read = Log(copy)

    def run_here(args: Any, env: Mapping[str, str], *rest: Any) -> subprocess.CompletedProcess[bytes]:
        out, err = canary.started([JEBBITCTL, *args], env)
        done = _RUN(args, env, *rest)
        out.append(done.stdout)
        err.append(done.stderr)
        return done

    monkeypatch.setattr(support, "run_here", run_here)
    monkeypatch.setattr(subprocess, "Popen", Watched)
    monkeypatch.setattr(TERMINAL, "__init__", spawned)


def _watch_secrets(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(self: State, *args: Any, **options: Any) -> None:
        _BEGIN(self, *args, **options)
        canary.register("client", self.client_secret)

    monkeypatch.setattr(State, "__init__", begun)
    monkeypatch.setattr(State, "rotate_secret", lambda self: canary.register("client", _ROTATE(self)))
    monkeypatch.setattr(tokens, "encode", lambda *args: canary.register("token", _ENCODE(*args)))
    monkeypatch.setattr(kinds, "random_text", lambda length: canary.register("shared", random_text(length)))
