"""Strings from the service are shown as text on a terminal and in a pipe: no markup, no escape sequences."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jebbitctl
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.util.text import escape_for_terminal
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.scripted_server import scripted
from tests.strategies import BIDI
from tests.support import cli_for
from tests.terminal import COLOUR, answered, on_terminal, screen
from tests.webhooks.support import SECRET, Sender, make_delivery, raw_server, record

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse

    from tests.support import Cli

MARKUP = "[red]x[/foo] [prod] :smile: [link=http://e]y[/]"
HOSTILE = f"{MARKUP} \x1b]0;owned\x07\x1b[2J\x9b2J\u202e\u2066\u200f\r\n\t\x00\x7f\x85\u2028"
ID = "L5m24mjs"

NAMES = (
    "active_iteration client_var complete_live_link created_at default display_name endpoint jebbit_var "
    "label launch_date link_group link_parameter name region service_name status title updated_at"
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
LISTS = {
    "integrations",
    "integration_mappings",
    "integration_historic_backfills",
    "campaigns",
    "traits",
    "uploaders",
}
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
    f"campaigns integrations {ID}",
    "attributes list",
    f"attributes get {ID}",
    "exports list",
    f"exports get {ID}",
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
    return 200, {
        "data": [RESOURCE] if path in LISTS or path.endswith(("links", "/integrations")) else RESOURCE
    }


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


@pytest.mark.default_cases(1)
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


def test_a_check_that_fails_shows_no_control_characters_either(cli: Cli) -> None:
    for options in ([], ["--plain"], ["--json"]):
        result = cli.run("exports", "check", *options)
        assert result.code == 6
        assert MARKUP in result.out
        assert control_characters(result.out + result.err, allowed="\n\t" if options else "\n") == []


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
    line = ("integrations", "delete", ID)
    _, question, _ = answered(cli, "n", *line, columns=600, env={"NO_COLOR": "1"})
    assert MARKUP in question
    assert control_characters(question) == []


def test_progress_escapes_what_it_waits_for(cli: Cli) -> None:
    shown = screen(cli, "backfills", "wait", ID, "--timeout", "0.5", columns=600, env={"NO_COLOR": "1"})
    assert MARKUP in shown
    assert control_characters(without_cursor_movements(shown)) == []


def without_cursor_movements(shown: str) -> str:
    """Remove what rich writes to move the cursor."""
    return re.sub(r"\x1b\[(\?25[lh]|\d*[AKG]|2K)|\r", "", shown)


def interpreted(shown: str) -> list[str]:
    """Return what a terminal would interpret, except for colours, tabs and what moves a progress bar."""
    return control_characters(COLOUR.sub("", without_cursor_movements(shown)), allowed="\n\t")


def hostile_endpoint(connection: socket.socket) -> None:
    """Answer what is neither HTTP nor text."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 \x1b]0;owned\x07\x1b[2J " + HOSTILE.encode() + b"\r\n\r\n")


def hostile_body(_environ: object, start_response: StartResponse) -> list[bytes]:
    body = HOSTILE.encode()
    start_response("403 Forbidden", [("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.default_cases(2)
@pytest.mark.parametrize("options", [(), ("--plain",), ("--json",)])
@pytest.mark.parametrize("broken", [True, False], ids=["not HTTP", "a body"])
def test_an_endpoint_cannot_write_to_the_terminal_of_a_listener(
    bare: Cli, options: tuple[str, ...], *, broken: bool
) -> None:
    with (
        raw_server(hostile_endpoint) if broken else nullcontext() as url,
        BackgroundServer(hostile_body) as s,
    ):
        line = ("webhooks", "listen", "--port", "0", "--count", "1", "--forward-to", url or s.url, *options)
        child = on_terminal(bare, *line, columns=600, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
        child.expect(r"Listening on (\S+)\. ")
        body = json.dumps({HOSTILE: HOSTILE}).encode()
        assert Sender(child.match[1], SECRET, body).send().status == (502 if broken else 403)
        child.expect(pexpect.EOF)
        child.close()
    assert child.exitstatus == 6
    shown = str(child.before).replace("\r\n", "\n")
    assert "forward" in shown
    assert interpreted(shown) == []


COMMANDS_FOR_AN_ENDPOINT = ["send {url}", "check {url}", "replay recording --to {url}"]


@pytest.mark.parametrize(
    "line",
    [
        COMMANDS_FOR_AN_ENDPOINT[0],
        *(pytest.param(line, marks=pytest.mark.long) for line in COMMANDS_FOR_AN_ENDPOINT[1:]),
    ],
)
def test_an_endpoint_cannot_write_to_the_terminal(bare: Cli, tmp_path: Path, line: str) -> None:
    recording = tmp_path / "recording"
    record(recording, make_delivery())
    with BackgroundServer(hostile_body) as server:
        args = line.format(url=server.url).replace("recording", str(recording)).split()
        environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
        for options in ([], ["--json"], ["--plain"]):
            shown = screen(bare, "webhooks", *args, *options, columns=600, env=environment)
            assert "owned" in shown or "check" in line
            assert interpreted(shown) == []


ARGUMENT = HOSTILE.replace("\x00", "")
HOSTILE_ARGUMENTS = [
    ["webhooks", "replay", ARGUMENT, "--to", "http://127.0.0.1:9"],
    ["webhooks", "listen", "--record", f"/nowhere/{ARGUMENT}", "--port", "0"],
    ["webhooks", "verify", "--signature", ARGUMENT, "--body", ARGUMENT],
    ["webhooks", "send", ARGUMENT],
    ["webhooks", "listen", "--host", ARGUMENT],
    ["integrations", "diff", ARGUMENT],
    ["integrations", "get", ARGUMENT],
    ["integrations", "list", "--profile", ARGUMENT],
    ["integrations", "list", "-q", ARGUMENT],
    ["integrations", "list", f"--{ARGUMENT}"],
    ["mappings", "import", ID, ARGUMENT],
    ["api", ARGUMENT],
    ["api", "self", "-H", ARGUMENT],
    ["api", "self", "-F", ARGUMENT],
    ["profiles", "use", ARGUMENT],
    ["help", ARGUMENT],
    [ARGUMENT],
    ["sandbox", "run", "--", ARGUMENT],
]


@pytest.mark.parametrize("args", HOSTILE_ARGUMENTS, ids=lambda args: " ".join(args)[:24])
def test_an_argument_is_shown_as_text(bare: Cli, args: list[str]) -> None:
    for options in ([], ["--json"]):
        position = args.index("--") if "--" in args else len(args)
        line = [*args[:position], *options, *args[position:]]
        result = bare.run(*line, env={"JEBBIT_WEBHOOK_SECRET": SECRET, "JEBBIT_NO_INPUT": "1"})
        assert result.code
        assert interpreted(result.out + result.err) == []


@pytest.mark.parametrize(
    "name",
    ["JEBBIT_API_BASE_URL", "JEBBIT_CLIENT_ID", "JEBBIT_TIMEOUT", "JEBBIT_PROFILE", "JEBBIT_BUSINESS_ID"],
)
def test_a_variable_is_shown_as_text(cli: Cli, name: str) -> None:
    result = cli.run("whoami", env={name: ARGUMENT})
    assert interpreted(result.out + result.err) == []


@given(st.text(alphabet=st.sampled_from(sorted(set(HOSTILE + "m[;0123456789"))) | st.characters()))
def test_nothing_but_line_feeds_tabs_and_colours_passes_to_a_terminal(text: str) -> None:
    shown = escape_for_terminal(text)
    assert control_characters(COLOUR.sub("", shown), allowed="\n\t") == []
    assert not re.search(r"\x1b\[(?![01]m|[39][0-7]m)", shown)
    assert escape_for_terminal(shown) == shown


WRITING = {"print", "print_json", "write", "writelines", "echo", "secho", "getpass"}
ASKING = {"prompt", "confirm", "launch", "getchar"}
WRITERS = {
    "manifest/apply.py": {"secrets.write"},  # files
    "storage/atomic_files.py": {"os.write"},  # files, like the next ones
    "storage/backup_files.py": {"file.write"},
    "storage/completion_scripts.py": {"file.write"},
    "storage/files.py": {"os.write"},
    "storage/login_notes.py": {"os.write"},
    "storage/run_lock.py": {"os.write"},
    "storage/secret_files.py": {"stream.write"},
    "storage/write_journal.py": {"os.write"},
    "commands/mappings/list.py": {"mapping_csv.write"},  # returns lines
    "sandbox/request_log.py": {"write"},  # a parameter, the caller's log
    "webhooks/recordings/recorder.py": {"os.write"},  # the recording
    "output/streams.py": {"sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer.write"},
    "prompts.py": {"getpass"},  # tested above
}


def test_nothing_is_written_past_the_function_that_escapes() -> None:
    package = Path(jebbitctl.__file__).parent
    found: dict[str, set[str]] = {}
    mentioned = re.compile(rf"\b({'|'.join(WRITING | ASKING)})\b")
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if mentioned.search(text) else ():
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if name in WRITING or (name in ASKING and ast.unparse(node) == f"typer.{name}"):
                found.setdefault(path.relative_to(package).as_posix(), set()).add(ast.unparse(node))
    assert found == WRITERS
