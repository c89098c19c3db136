"""``mappings import``: plans, writes, reports, pruning and invalid files."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from jebbitctl.api.mapping_plan import Action, plan_import
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.api.mapping_files import HEADER, TYPE, mapping, parse
from tests.commands.mappings.support import run_import, stored_triples, without_attributes
from tests.interruptions import started
from tests.scripted_server import active, add_mapping, attributes_of, other, scripted, writes
from tests.support import JEBBITCTL, cli_for
from tests.terminal import COLOUR, answered, screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: missing columns in the header: jebbit_var, client_var, default"),
        (b"\njebbit_var,default\n", "line 2: missing column in the header: client_var"),
        (b"jebbit_var;client;default\n", "line 1: missing column in the header: client_var"),
        (b"jebbit_var,client_var,default,default\n", "line 1: duplicate column in the header: default"),
        (HEADER.encode() + b"a,b,\nc,\0,\n", "line 3: contains a NUL character"),
        (HEADER.encode() + b"a,b,\r\nc,\xff,\n", "line 3: invalid UTF-8"),
        (HEADER.encode("utf-16-le"), "line 1: looks like UTF-16"),
        (HEADER.encode() + b'a,b,\n"c"d,e,\n', "line 3: a cell has text after its closing quotation mark"),
        (HEADER.encode() + b'a,b,\nc,"d,\n\n', "line 3: a quotation mark is not closed"),
    ],
)
def test_an_invalid_file_is_a_usage_error_that_names_the_line_before_any_request(
    cli: Cli, sandbox: Sandbox, content: bytes, message: str
) -> None:
    path = cli.home / "m.csv"
    path.write_bytes(content)
    result = cli.run("mappings", "import", active(sandbox), str(path), "--json")
    assert (result.code, result.out) == (2, "")
    assert f"m.csv, {message}" in result.error["message"]
    assert sandbox.requests == []


def test_import_creates_updates_and_reports_each_line(cli: Cli, sandbox: Sandbox) -> None:
    without_attributes(sandbox)
    add_mapping(sandbox, "same", "x", "d")
    changed = add_mapping(sandbox, "changed", "x", "d")
    add_mapping(sandbox, "same", "elsewhere", integration=other(sandbox))
    kept = add_mapping(sandbox, "kept", "x")
    result = run_import(cli, sandbox, HEADER + 'same,x,d\nchanged,y,d\nnew,"z, ☕",\n')
    assert result.code == 0
    assert [line.split("\t") for line in result.out.splitlines()] == [
        ["2", "unchanged", "same", "x", "d"],
        ["3", "updated", "changed", "y", "d"],
        ["4", "created", "new", "z, ☕", ""],
    ]
    assert result.err == "1 created, 1 updated, 1 unchanged.\n"
    new = {"integration_id": active(sandbox), "jebbit_var": "new", "client_var": "z, ☕"}
    assert writes(sandbox) == [("PATCH", {"client_var": "y"}), ("POST", new)]
    assert {changed, kept} < attributes_of(sandbox, TYPE).keys()


def test_a_second_import_sends_no_write(cli: Cli, sandbox: Sandbox) -> None:
    text = "\ufeffDefault , jebbit_var,client_var\r\n,a,b\r\nx,c,d\r\n"
    assert run_import(cli, sandbox, text).code == 0
    before = writes(sandbox)
    result = run_import(cli, sandbox, text, "--prune", "-y")
    assert (result.code, result.err) == (0, "2 unchanged.\n")
    assert writes(sandbox) == before


def test_list_csv_piped_into_import_changes_nothing(cli: Cli, sandbox: Sandbox) -> None:
    for number, odd in enumerate(("a,b", '"q"', "line\nbreak", "cr\rhere", " spaced ", "☕ Größe", "=1+1")):
        add_mapping(sandbox, odd, f"{odd}{number}", odd)
    add_mapping(sandbox, "empty default", "x", "")
    text = subprocess.run(
        [JEBBITCTL, "mappings", "list", "--csv"], env=cli.environment(), capture_output=True, check=True
    ).stdout.decode()
    result = run_import(cli, sandbox, "", "--prune", "-y", "--json", stdin=text)
    assert (result.code, result.json["unchanged"]) == (0, 8)
    assert writes(sandbox) == []


def test_invalid_lines_are_reported_and_skipped(cli: Cli, sandbox: Sandbox) -> None:
    without_attributes(sandbox)
    result = run_import(cli, sandbox, HEADER + "$metadata,x,\na,b,\n,x,\na,c,\nz\nlast,x,\n")
    assert result.code == 1
    assert {name for name, *_ in stored_triples(sandbox)} == {"a", "last"}
    outcomes = [line.split("\t")[:2] for line in result.out.splitlines()]
    assert [line for line, outcome in outcomes if outcome == "failed"] == ["2", "4", "5", "6"]
    warnings = [line for line in result.err.splitlines() if line.startswith("warning: ")]
    assert warnings == [
        "warning: line 2: jebbit_var cannot be $metadata: Jebbit reserves this name",
        "warning: line 4: jebbit_var is empty",
        "warning: line 5: duplicate jebbit_var a, first used in line 3",
        "warning: line 6: client_var is missing: expected 3 cells, found 1",
    ]
    assert "error: 4 of 6 failed: line 2, line 4, line 5, line 6" in result.err


def test_the_json_report_has_the_counts_and_all_lines(cli: Cli, sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "a", "b", "d")
    result = run_import(cli, sandbox, HEADER + "a,b,d\n,x,\n", "--json")
    assert result.code == 1
    assert result.error["code"] == "rejected"
    assert result.json == {
        "ok": False,
        "integration_id": active(sandbox),
        "dry_run": False,
        "created": 0,
        "updated": 0,
        "unchanged": 1,
        "deleted": 0,
        "failed": 1,
        "lines": [
            {
                "line": 2,
                "result": "unchanged",
                "id": id_,
                "error": None,
                "jebbit_var": "a",
                "client_var": "b",
                "default": "d",
            },
            {
                "line": 3,
                "result": "failed",
                "id": None,
                "error": "jebbit_var is empty",
                "jebbit_var": None,
                "client_var": "x",
                "default": None,
            },
        ],
    }


def test_dry_run_shows_the_plan_and_writes_nothing(cli: Cli, sandbox: Sandbox) -> None:
    without_attributes(sandbox)
    add_mapping(sandbox, "a", "b")
    add_mapping(sandbox, "gone", "b")
    result = run_import(cli, sandbox, HEADER + "a,c,\nn,m,\n", "--dry-run", "--prune")
    assert result.code == 0
    assert [line.split("\t")[:3] for line in result.out.splitlines()] == [
        ["2", "update", "a"],
        ["3", "create", "n"],
        ["", "delete", "gone"],
    ]
    assert result.err == "Dry run: 1 to create, 1 to update, 1 to delete. Nothing was changed.\n"
    assert run_import(cli, sandbox, HEADER + "a,c,\n", "--dry-run", "--json").json["ok"] is True
    bad = run_import(cli, sandbox, HEADER + "a,,\n", "--dry-run", "--prune")
    assert bad.code == 1
    assert "line 2: client_var is empty" in bad.err
    assert "--prune deleted nothing because a line failed" in bad.err
    assert writes(sandbox) == []


def test_prune_without_yes_or_a_terminal_sends_no_request(cli: Cli, sandbox: Sandbox) -> None:
    without_attributes(sandbox)
    add_mapping(sandbox, "gone", "b")
    result = run_import(cli, sandbox, HEADER + "a,b,\n", "--prune", "--json")
    assert (result.code, result.error["code"]) == (2, "input_required")
    assert sandbox.requests == []
    done = run_import(cli, sandbox, HEADER + "a,b,\n", "--prune", "-y")
    assert (done.code, done.err) == (0, "1 created, 1 deleted.\n")
    assert stored_triples(sandbox) == {("a", "b", None)}


def test_prune_leaves_other_integrations_alone(cli: Cli, sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "a", "b", integration=other(sandbox))
    assert run_import(cli, sandbox, HEADER, "--prune", "-y").err == "No lines.\n"
    assert id_ in attributes_of(sandbox, TYPE)


def test_an_unknown_integration_is_not_found_before_any_write(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("mappings", "import", "nowhere1", "-", stdin=HEADER + "a,b,\n")
    assert (result.code, result.out) == (3, "")
    assert writes(sandbox) == []


def test_a_missing_file_and_a_closed_stdin_are_usage_errors(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("mappings", "import", active(sandbox), str(cli.home / "no.csv")).code == 2
    closed = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" mappings import {active(sandbox)} - <&-'],
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert closed.returncode == 2
    assert "standard input is closed" in closed.stderr


def test_a_rejected_or_partially_applied_line_fails_alone_and_stops_pruning(
    tmp_path: Path,
) -> None:
    posts: list[str] = []

    def respond(method: str, path: str) -> tuple[int, Any] | None:
        if (method, path) != ("POST", TYPE):
            return None
        posts.append(path)
        return (400, {"errors": [{"status": 400, "title": "No"}]}) if len(posts) == 1 else None

    with Sandbox(SandboxOptions(integrations=2), wrap=scripted(respond)) as sandbox:
        sandbox.state.ignored_attributes = {"default"}
        kept = add_mapping(sandbox, "not in the file", "x")
        cli = cli_for(tmp_path, sandbox)
        result = run_import(cli, sandbox, HEADER + "a,b,\nb,c,x\nc,d,\n", "--json", "--prune", "-y")
        assert kept in attributes_of(sandbox, TYPE)
    assert (result.code, result.json["deleted"]) == (1, 0)
    assert "--prune deleted nothing because a line failed" in result.err
    assert [line["result"] for line in result.json["lines"]] == ["failed", "failed", "created"]
    first, second, _ = result.json["lines"]
    assert "(400: No)" in first["error"]
    assert second["error"] == "Jebbit did not apply default (requested x, got null)"


def test_without_the_scope_the_import_stops_at_the_first_write(cli: Cli, sandbox: Sandbox) -> None:
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    result = run_import(cli, sandbox, HEADER + "a,b,\nc,d,\n", env=reader)
    assert (result.code, result.out) == (4, "")
    assert (
        len([request for request in sandbox.requests if request.method == "POST"]) == 2
    )  # the token and one mapping


def test_a_mapping_deleted_by_someone_else_counts_as_deleted(tmp_path: Path) -> None:
    wrap = scripted(lambda method, _: (404, None) if method == "DELETE" else None)
    with Sandbox(SandboxOptions(integrations=1), wrap=wrap) as sandbox:
        add_mapping(sandbox, "a", "b")
        result = run_import(cli_for(tmp_path, sandbox), sandbox, HEADER, "--prune", "-y")
    assert (result.code, result.err) == (0, "1 deleted.\n")


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("format_", ["--plain", "--json"])
def test_a_closed_pipe_does_not_change_the_exit_code(cli: Cli, sandbox: Sandbox, format_: str) -> None:
    path = cli.home / "m.csv"
    path.write_text(HEADER + "a,x,\n,bad,\n")
    with subprocess.Popen(
        [JEBBITCTL, "mappings", "import", active(sandbox), str(path), format_],
        env=cli.environment({"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 1


def test_ctrl_c_reports_the_finished_lines(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=1, latency_ms=30)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        path = tmp_path / "m.csv"
        path.write_text(HEADER + "".join(f"v{n},x,\n" for n in range(1000)))
        with subprocess.Popen(
            [JEBBITCTL, "mappings", "import", active(sandbox), str(path)],
            env=cli.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            for _ in range(500):
                if len(attributes_of(sandbox, TYPE)) >= 3:
                    break
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
        done = len(attributes_of(sandbox, TYPE))
    assert process.returncode == 130
    assert 3 <= out.count("created") == done < 1000
    assert f"Stopped after {out.count('created')} of 1000" in err
    assert "Traceback" not in err


@pytest.mark.long
def test_a_signal_ends_an_import_whose_report_nobody_reads(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=1, latency_ms=10)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        path = tmp_path / "m.csv"
        path.write_text(HEADER + "".join(f"v{n},{'x' * 1000},\n" for n in range(1000)))
        with started(cli, "mappings", "import", active(sandbox), str(path)) as process:
            deadline = time.monotonic() + 20
            while len(attributes_of(sandbox, TYPE)) < 100:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(10)
            finally:
                process.kill()
            assert process.stderr is not None
            err = process.stderr.read()
    assert code == 143
    assert "Stopped after " in err


def test_a_terminal_shows_a_progress_bar_and_then_a_table_that_fits(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=1, latency_ms=30)) as sandbox:
        without_attributes(sandbox)
        cli = cli_for(tmp_path, sandbox)
        path = tmp_path / "m.csv"
        path.write_text(HEADER + "".join(f"v{n},x,\n" for n in range(20)) + ",bad,\n")
        shown = screen(cli, "mappings", "import", active(sandbox), str(path))
    assert "Importing" in shown
    assert "━" in shown
    assert "warning:" in shown
    lines = COLOUR.sub("", shown[shown.rindex("LINE") :]).splitlines()
    assert lines[0].split() == ["LINE", "RESULT", "JEBBIT", "VAR", "CLIENT", "VAR", "DEFAULT"]
    assert max(map(len, lines)) <= 80


def test_the_report_goes_to_stdout_if_only_stderr_is_a_terminal(cli: Cli, sandbox: Sandbox) -> None:
    path = cli.home / "m.csv"
    path.write_text(HEADER + "a,b,\n")
    command = f'"{JEBBITCTL}" mappings import {active(sandbox)} {path} > {cli.home}/report'
    child = pexpect.spawn("bash", ["-c", command], env={**cli.environment(), "TERM": "xterm"}, timeout=20)
    child.expect(pexpect.EOF)
    assert (cli.home / "report").read_text() == "2\tcreated\ta\tb\t\n"


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, {"gone", "too"}), ("y", 0, {"a"})])
def test_prune_asks_on_a_terminal_before_any_write(
    cli: Cli, sandbox: Sandbox, answer: str, code: int, left: set[str]
) -> None:
    add_mapping(sandbox, "gone", "b")
    add_mapping(sandbox, "too", "b")
    path = cli.home / "m.csv"
    path.write_text(HEADER + "a,b,\n")
    line = ("mappings", "import", active(sandbox), str(path), "--prune")
    ended, question, _ = answered(cli, answer, *line)
    assert question.endswith("Delete 2 mappings that are not in the file? [y/N]: ")
    assert ended == code
    assert bool(writes(sandbox)) == (answer == "y")
    assert {name for name, *_ in stored_triples(sandbox)} == left


def test_an_empty_cell_removes_the_default(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "a", "b", "old")
    assert run_import(cli, sandbox, HEADER + "a,b,\n").code == 0
    assert writes(sandbox) == [("PATCH", {"default": None})]
    assert (
        plan_import(parse(HEADER + "a,b,\n"), [mapping(jebbit_var="a", client_var="c")])[0].action
        == Action.UPDATE
    )


def test_nothing_is_imported_if_jebbit_says_that_its_list_is_incomplete(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.behaviour.record_count = 1
    result = run_import(cli, sandbox, HEADER + "a,b,\n")
    assert (result.code, writes(sandbox)) == (1, [])
    assert "Jebbit counts 1 integration mappings, but sent 0" in result.err
