"""A computer to log in on: a home directory, a keyring that records its calls, and a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
from werkzeug.wrappers import Response

from tests import backends
from tests.support import JEBBITCTL, Cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result

KEYRING = f"{backends.WORKING}.FileKeyring"
_COMPILED = shutil.ignore_patterns("__pycache__")


@dataclass
class IsolatedHome(Cli):
    """``jebbitctl`` on a computer with a keyring; ``env`` may select another one."""

    def __post_init__(self) -> None:
        sys.modules.setdefault(backends.PACKAGE, backends)  # for commands that run in this process
        self.modules.mkdir(parents=True, exist_ok=True)
        source = Path(str(backends.__file__)).parent
        shutil.copytree(source, self.modules / backends.PACKAGE, dirs_exist_ok=True, ignore=_COMPILED)
        self.env = {
            "PYTHONPATH": os.pathsep.join([str(self.modules), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHON_KEYRING_BACKEND": KEYRING,
            "TEST_KEYRING": str(self.home / "keyring.json"),
            **self.env,
        }

    @property
    def modules(self) -> Path:
        """The directory of additional Python modules."""
        return self.home / "modules"

    @property
    def stored_secrets(self) -> dict[str, str]:
        """The keyring's secrets, by account."""
        path = self.home / "keyring.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def calls(self) -> list[str]:
        """The calls to the keyring so far."""
        path = self.home / "keyring.calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def tokens(self) -> list[Path]:
        """The files of the token cache."""
        return sorted((self.config / "tokens").glob("*.json"))

    def login(
        self,
        sandbox: Sandbox,
        *args: str,
        stdin: str | None = None,
        client_id: str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """Log in to a sandbox, by default with its own credentials."""
        return self.run(
            *("login", "--client-id", client_id or sandbox.state.client_id, "--client-secret-stdin"),
            *("--api-url", sandbox.url, "--auth-url", sandbox.url, *args),
            stdin=sandbox.state.client_secret if stdin is None else stdin,
            env=env,
        )

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """Start a command without waiting for it."""
        return subprocess.Popen(
            [JEBBITCTL, *args],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def terminal(self, *command: str, env: Mapping[str, str | None] | None = None) -> pexpect.spawn[str]:
        """Start ``jebbitctl`` with these arguments in a terminal, or ``sh`` if that is the first one."""
        program, *args = command if command[0] == "sh" else (JEBBITCTL, *command)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the sandbox's threads run while it forks
            return pexpect.spawn(
                program, args, env=self.environment(env), encoding="utf-8", timeout=20, dimensions=(40, 200)
            )

    def copy(self, home: Path) -> IsolatedHome:
        """Return another computer with the same files."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        env = {name: value.replace(str(self.home), str(home)) for name, value in self.env.items()}
        return IsolatedHome(home, env, self.secrets)


class IsolatedHomeWithProcesses(IsolatedHome):
    """An isolated home whose commands run as processes: keyring looks for its backends once in each."""

    run = Cli.run_process


def wait_for_exit(terminal: pexpect.spawn[str]) -> tuple[int, str]:
    """Wait for a terminal's command; return its exit code and its output since the last expectation."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus is not None
    return terminal.exitstatus, str(terminal.before)


def wait_until_echo_is_off(terminal: pexpect.spawn[str]) -> None:
    """Wait until a terminal no longer shows what is typed."""
    deadline = time.monotonic() + 10
    while terminal.getecho():
        assert time.monotonic() < deadline, "the terminal still echoes"
        time.sleep(0.01)


def token_requests(sandbox: Sandbox, since: int = 0) -> int:
    """Return the number of token requests to a sandbox."""
    return paths(sandbox, since).count("/oauth/token")


def stored_profiles(home: IsolatedHome) -> Any:
    """Return the profiles in ``config.toml``, by name."""
    return tomllib.loads((home.config / "config.toml").read_text(encoding="utf-8"))["profiles"]


def paths(sandbox: Sandbox, since: int = 0) -> list[str]:
    """Return the paths of the requests to a sandbox, in order."""
    return [request.path for request in sandbox.requests[since:]]


def changing_token_response(
    change: Callable[[dict[str, Any]], None],
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that changes the issuer's response."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def issuer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] != "/oauth/token":
                return app(environ, start_response)
            response = Response.from_app(app, environ)
            document = json.loads(response.get_data())
            change(document)
            response.set_data(json.dumps(document))
            return response(environ, start_response)

        return issuer

    return wrap


def rejecting_every_token(app: WSGIApplication) -> WSGIApplication:
    """Wrap an application so that its API rejects every token."""

    def api(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/api/"):
            return Response(status=401)(environ, start_response)
        return app(environ, start_response)

    return api
