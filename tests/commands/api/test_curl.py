"""``api --curl``: the command sends the same request; real shells and curl run it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.isolated_home import IsolatedHome
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
FROM_THE_CLIENT = {"user-agent", "accept-encoding", "connection", "content-length"}
BODIES = {
    "quotes": b'it\'s $HOME `id` $(id) \\n "x" !! %s\n  second line\n',
    "at": b"@/etc/passwd",
    "controls": "\x00\xff\x1b[2J\r\n\u202e".encode("latin-1", "ignore"),
    "unicode": "café 你好 ☕".encode(),
    "empty": b"",
    "long": b"x" * 40_000,
}


def shell(command: str, cli: Cli, directory: Path = Path(JEBBITCTL).parent) -> bytes:
    """Run a command line in bash, where ``jebbitctl`` is the one in this directory; return its output."""
    env = cli.environment({"PATH": f"{directory}:{cli.environment()['PATH']}"})
    return subprocess.run(["bash"], input=command.encode(), env=env, capture_output=True, check=True).stdout


@pytest.fixture
def quick(cli: Cli) -> Path:
    """A directory with a ``jebbitctl`` that starts at once, and can only print the token."""
    directory = cli.home / "bin"
    directory.mkdir()
    program = directory / "jebbitctl"
    program.write_text(f'#!/bin/sh\n[ "$*" = token ] && echo {cli.run("token").out}')
    program.chmod(0o755)
    return directory


def latest(sandbox: Sandbox) -> tuple[Any, ...]:
    """Return what the latest request was, but for what each client says of itself."""
    request = sandbox.requests[-1]
    headers = {name: value for name, value in request.headers.items() if name not in FROM_THE_CLIENT}
    return request.method, request.path, request.query, headers, request.body


@needs_curl
@pytest.mark.keeps("token", "jebbitctl")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_curl_sends_the_body_that_api_sends(cli: Cli, sandbox: Sandbox, quick: Path, body: bytes) -> None:
    words = ("api", "-X", "PUT", "feeds/it's[1]?a={b}&c=%27", "--input", "-")
    before = len(sandbox.requests)
    command = cli.run(*words, "--curl", stdin=body)
    assert (command.code, command.err, len(sandbox.requests)) == (0, "", before)
    cli.run(*words, stdin=body)
    expected = latest(sandbox)
    shell(command.out, cli, quick)
    assert latest(sandbox) == expected


@needs_curl
@pytest.mark.keeps("token", "jebbitctl")
@pytest.mark.parametrize(
    "words",
    [
        ["GET", "campaigns", "-f", "filter[title_contains]=Gift & 'Guide' é"],
        ["feeds/é", "-H", "X-Trace: $(id) 'a' \"b\"", "-H", "Accept: text/plain", "-H", "X-Empty:"],
        ["feeds", "-f", "data[attributes][name]=it's"],
        ["DELETE", "feeds/nowhere1"],
        ["feeds/a%zz%c3%a9%7Eb?x=50%&y[]={z}&"],
        ["feeds?"],
    ],
    ids=["query", "headers", "fields", "delete", "percent", "empty query"],
)
def test_curl_sends_the_request_that_api_sends(
    cli: Cli, sandbox: Sandbox, quick: Path, words: list[str]
) -> None:
    (business,) = sandbox.state.businesses
    cli.run("api", *words, "--business", business)
    expected = latest(sandbox)
    command = cli.run("api", *words, "--business", business, "--curl", "-q", "curl").out
    printed = shell(command.replace("curl ", "curl --include ", 1), cli, quick)
    assert latest(sandbox) == expected
    assert printed.startswith(b"HTTP/1.1 ")


@needs_curl
def test_the_token_is_that_of_the_named_profile(tmp_path: Path, sandbox: Sandbox) -> None:
    machine = IsolatedHome(tmp_path)
    assert machine.login(sandbox, "--profile", "staging").code == 0
    result = machine.run("api", "self", "--include", "--profile", "staging", "--curl")
    assert '"authorization: Bearer $(jebbitctl token --profile staging)"' in result.out
    assert b"200 OK" in shell(result.out, machine)


def test_curl_does_not_add_a_header_before_a_longer_body(bare: Cli) -> None:
    command = bare.run("api", "PUT", "feeds/a", "--input", "-", "--curl", stdin=b"x" * 1025).out
    assert "-H expect: \\\n" in command


def test_a_secret_in_use_is_not_printed(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("api", "auth", "-f", f"client_secret={sandbox.state.client_secret}", "--curl")
    assert (result.code, result.out) == (2, "")
    assert "secret in use" in result.err


@pytest.mark.parametrize(
    "words", [("GET", "feeds", "-f", "q=s3cret/with a space"), ("s3cret/with%20a space",)]
)
def test_a_secret_in_a_url_is_not_printed_however_it_is_escaped(bare: Cli, words: tuple[str, ...]) -> None:
    env = {"JEBBIT_CLIENT_ID": "id", "JEBBIT_CLIENT_SECRET": "s3cret/with a space"}
    result = bare.run("api", *words, "--curl", env=env)
    assert (result.code, result.out) == (2, "")
    assert "secret in use" in result.err


def test_no_login_is_needed_and_production_is_the_default(bare: Cli) -> None:
    assert bare.run("api", "self", "--curl").out == (
        "curl --globoff --path-as-is https://api2.jebbit.com/api/v1/self \\\n"
        '  -H "authorization: Bearer $(jebbitctl token)" \\\n'
        "  -H 'accept: application/vnd.api+json'\n"
    )
    assert bare.run("api", "self", "--curl", "-H", "X-A: é").code == 2
