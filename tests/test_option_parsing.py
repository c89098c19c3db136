"""Any text on the command line leads to a result or to one error, never to a bug."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.core import TyperCommand

from jebbitctl import cli
from tests.command_lines import COMMAND_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    CommandLine = tuple[str, list[str]]

HARMLESS = re.compile(
    "(whoami|token|logout|profiles|integrations|backfills|campaigns|attributes|exports|api|mappings|"
    "webhooks (sign|verify))\\b"
)
"""Commands that, without an account, use no file or service except those in the environment below."""

WORDS = ["", "-", "--", "=", "1", "-1", "nan", "L5m24mjs", "GET", "/x", "@nowhere", "[", "a=b", "\udcff"]
values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(WORDS)


def arguments_for(line: str) -> st.SearchStrategy[CommandLine]:
    """Generate command lines of a command: its options and any text."""
    _, command = COMMAND_LINES[line]
    options = st.sampled_from([option for param in command.params for option in param.opts if "-" in option])
    argument = values | options | st.tuples(options, values).map("=".join)
    return st.lists(argument, max_size=6).map(lambda rest: (line, rest))


def any_of(lines: list[str]) -> st.SearchStrategy[CommandLine]:
    return st.sampled_from(lines).flatmap(arguments_for)


@pytest.fixture(scope="module", autouse=True)
def _no_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set up a machine without an account or a keyring, whose API and issuer are a closed port."""
    home = tmp_path_factory.mktemp("home")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            if name.startswith(("JEBBIT_", "XDG_")) or name.lower().endswith("_proxy"):
                patched.delenv(name)
        for name, value in {
            "HOME": str(home),
            "JEBBIT_CONFIG_DIR": str(home / "config"),
            "JEBBIT_API_BASE_URL": "http://127.0.0.1:9",
            "JEBBIT_AUTH_ISSUER": "http://127.0.0.1:9",
            "JEBBIT_ACCESS_TOKEN": "t",
            "JEBBIT_TIMEOUT": "0.001",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }.items():
            patched.setenv(name, value)
        patched.chdir(home)
        yield
    signal.signal(signal.SIGTERM, before)


def run(line: str, rest: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    out.buffer = io.BytesIO()  # type: ignore[misc]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.MonkeyPatch.context() as p:
        p.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
        code = cli.run([*line.split(), *rest])
    return code, out.getvalue(), err.getvalue()


def assert_success_or_one_error(rest: list[str], code: int, out: str, err: str) -> None:
    assert code in {0, 1, 2, 3, 4, 5, 6}
    assert "a bug in jebbitctl" not in err
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if not line.startswith("warning: ")]
    if code == 0:
        return
    assert out == ""
    if cli.wants_json(rest):
        assert json.loads(lines[-1])["error"]["message"]
    else:
        assert sum(line.startswith("error: ") for line in lines) == 1


@given(any_of(list(COMMAND_LINES)))
def test_the_parser_of_every_command_handles_any_text(line_and_rest: CommandLine) -> None:
    line, rest = line_and_rest
    with pytest.MonkeyPatch.context() as patched:
        nothing: Callable[..., None] = lambda *_: None  # noqa: E731
        patched.setattr(TyperCommand, "invoke", nothing)
        assert_success_or_one_error(rest, *run(line, rest))


@given(any_of(list(filter(HARMLESS.match, COMMAND_LINES))))
def test_a_command_handles_any_text_as_its_arguments(line_and_rest: CommandLine) -> None:
    line, rest = line_and_rest
    assert_success_or_one_error(rest, *run(line, rest))
