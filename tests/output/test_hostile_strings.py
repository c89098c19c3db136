"""Strings from the service are shown as text on a terminal and in a pipe: no markup, no escape sequences."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.scripted_server import scripted
from tests.strategies import BIDI
from tests.support import cli_for
from tests.terminal import COLOUR, on_terminal, screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

MARKUP = "[red]x[/foo] [prod] :smile: [link=http://e]y[/]"
HOSTILE = f"{MARKUP} \x1b]0;owned\x07\x1b[2J\x9b2J\u202e\u2066\u200f\r\n\t\x00\x7f\x85\u2028"
ID = "L5m24mjs"

NAMES = (
    "active_iteration client_var complete_live_link created_at default endpoint jebbit_var label launch_date "
    "link_group link_parameter name region service_name status title updated_at"
)
RESOURCE = {
    "id": ID,
    "type": HOSTILE,
    "attributes": {
        **dict.fromkeys(NAMES.split(), HOSTILE),
        HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}],
        "additional_options": {HOSTILE: HOSTILE},
        "integration_id": ID,
    },
}
LISTS = {"integrations", "integration_mappings", "integration_historic_backfills", "campaigns"}
TABLES = [
    "whoami",
    "integrations list",
    f"integrations get {ID}",
    "mappings list",
    f"mappings get {ID}",
    "backfills list",
    f"backfills get {ID}",
    "campaigns list",
    f"campaigns get {ID}",
    f"campaigns links {ID}",
]
A_FEW_TABLES = [
    pytest.param(line, marks=() if number % 4 == 1 else pytest.mark.long)
    for number, line in enumerate(TABLES)
]
"""The same tables; the default run shows every fourth."""


def hostile(method: str, path: str) -> tuple[int, Any] | None:
    if method == "DELETE":
        return 400, {"errors": [{"status": 400, "title": HOSTILE, "detail": HOSTILE}]}
    if path.startswith("/"):
        return None
    return 200, {"data": [RESOURCE] if path in LISTS or path.endswith("links") else RESOURCE}


@pytest.fixture(scope="module")
def hostile_service() -> Iterator[Sandbox]:
    with Sandbox(wrap=scripted(hostile)) as sandbox:
        yield sandbox


@pytest.fixture
def cli(tmp_path: Path, hostile_service: Sandbox) -> Cli:
    return cli_for(tmp_path, hostile_service)


def control_characters(shown: str, *, allowed: str = "\n") -> list[str]:
    """Return the characters that a terminal would interpret, except for the allowed ones."""
    found = (c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in BIDI)
    return [c for c in found if c not in allowed]


@pytest.mark.parametrize("line", A_FEW_TABLES)
def test_a_terminal_shows_markup_and_escape_sequences_as_text(cli: Cli, line: str) -> None:
    cli.run("token")
    for options in ([], ["--json"], ["--plain"]):
        shown = screen(cli, *line.split(), *options, columns=600, env={"NO_COLOR": "1"})
        assert MARKUP in shown
        assert control_characters(shown, allowed="\n\t" if "--plain" in options else "\n") == []
    coloured = screen(cli, *line.split(), columns=600)
    assert MARKUP in COLOUR.sub("", coloured)
    assert control_characters(COLOUR.sub("", coloured)) == []


@pytest.mark.parametrize("line", A_FEW_TABLES)
def test_a_pipe_gets_one_line_per_resource_without_control_characters(cli: Cli, line: str) -> None:
    for options in ([], ["--json"]):
        result = cli.run(*line.split(), *options)
        assert (result.code, result.err) == (0, "")
        assert MARKUP in result.out
        assert control_characters(result.out, allowed="\n\t") == []
    if line.endswith("list"):
        assert cli.run(*line.split()).out.count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize("line", TABLES)
def test_characters_that_an_encoding_lacks_are_escaped(cli: Cli, line: str, encoding: str) -> None:
    narrow = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    for options in ([], ["--json"]):
        result = cli.run_process(*line.split(), *options, env=narrow)
        assert (result.code, result.err) == (0, "")
        assert MARKUP in result.out
        assert result.out.isascii()


def test_an_error_from_the_service_is_one_line(cli: Cli) -> None:
    line = ["integrations", "delete", ID, "--yes"]
    result = cli.run(*line)
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert MARKUP in result.err
    assert control_characters(result.err) == []
    shown = screen(cli, *line, columns=600, env={"NO_COLOR": "1"})
    assert MARKUP in shown
    assert control_characters(shown) == []


def test_a_confirmation_escapes_what_it_asks_about(cli: Cli) -> None:
    child = on_terminal(cli, "integrations", "delete", ID, columns=600, env={"NO_COLOR": "1"})
    child.expect_exact("[y/N]: ")
    question = str(child.before)
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert MARKUP in question
    assert control_characters(question) == []


def test_progress_escapes_what_it_waits_for(cli: Cli) -> None:
    shown = screen(cli, "backfills", "wait", ID, columns=600, env={"NO_COLOR": "1"})
    assert MARKUP in shown
    assert control_characters(without_cursor_movements(shown)) == []


def without_cursor_movements(shown: str) -> str:
    """Remove what rich writes to move the cursor."""
    return re.sub(r"\x1b\[(\?25[lh]|\d*[AKG]|2K)|\r", "", shown)
