"""``backfills list|get|create|restart|wait``."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.interruptions import ended, interrupted_unnoticed, started
from tests.scripted_server import active, add, attributes_of, other, resource, scripted, writes
from tests.support import cli_for
from tests.terminal import COLOUR, answered, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Cli, Result

TYPE = "integration_historic_backfills"
QUICK = ("--interval", "0.1")


def add_backfill(sandbox: Sandbox, status: str | None, integration: str | None = None) -> str:
    return add(sandbox, TYPE, status=status, integration_id=integration or active(sandbox))


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[tuple[Cli, Sandbox]]:
    """A Jebbit whose backfills finish after a dozen requests: its clock advances a second per request."""
    with Sandbox(SandboxOptions(integrations=1, backfill_step=6)) as sandbox:
        start = sandbox.state.clock()
        sandbox.state.clock = lambda: start + len(sandbox.requests)
        yield cli_for(tmp_path, sandbox), sandbox


def with_status(status: str | None) -> tuple[int, Any]:
    """Return the response to a poll."""
    return 200, resource(TYPE, "b1", status=status, integration_id="i1")


def wait_with(home: Path, responses: list[Any], *options: str) -> Result:
    """Wait for a backfill whose polls get these responses; the last one repeats.

    A response is a status of the backfill, or an HTTP status with a document.
    """
    remaining = [response if isinstance(response, tuple) else with_status(response) for response in responses]

    def respond(method: str, path: str) -> tuple[int, Any] | None:
        if method != "GET" or not path.startswith(TYPE):
            return None
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    interval = () if "--interval" in options else QUICK
    with Sandbox(wrap=scripted(respond)) as sandbox:
        return cli_for(home, sandbox).run("backfills", "wait", "b1", *interval, *options)


def test_list_filters_by_integration_and_by_status_ignoring_case(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    failed = add_backfill(sandbox, "Failed")
    done = add_backfill(sandbox, "finished")
    others = add_backfill(sandbox, "failed", other(sandbox))
    rows = [line.split("\t") for line in jebbitctl("backfills", "list").out.splitlines()]
    assert [row[0] for row in rows] == [others, done, failed]
    assert rows[1] == [done, active(sandbox), "finished", ""]
    filtered = jebbitctl(
        "backfills", "list", "--integration", active(sandbox), "--status", "FAILED", "--json"
    )
    assert filtered.json == [
        {"id": failed, "type": TYPE, "status": "Failed", "integration_id": active(sandbox)}
    ]
    assert not any(request.query for request in sandbox.requests)


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result]) -> None:
    assert jebbitctl("backfills", "list").err == "No backfills.\n"
    result = jebbitctl("backfills", "list", "--status", "queued")
    assert (result.code, result.out, result.err) == (0, "", "No backfills match.\n")


def test_get_shows_every_attribute(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_backfill(sandbox, "finished")
    assert f"status\tfinished\nintegration_id\t{active(sandbox)}\n" in jebbitctl("backfills", "get", id_).out
    assert jebbitctl("backfills", "get", "nowhere1").code == 3


@pytest.mark.parametrize(
    "line", ["get ..", "restart a/b", "wait a?x", "list --integration ..", "create --integration ."]
)
def test_a_malformed_id_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, line: str
) -> None:
    assert jebbitctl("backfills", *line.split()).code == 2
    assert not any(request.path.startswith("/api") for request in sandbox.requests)


def test_create_prints_the_new_backfill(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("backfills", "create", "--yes", "--integration", active(sandbox), "--json")
    (id_,) = attributes_of(sandbox, TYPE)
    assert (result.code, result.json["id"], result.json["status"]) == (0, id_, "received")
    assert writes(sandbox) == [("POST", {"integration_id": active(sandbox)})]


def test_an_inactive_integration_is_an_error_that_names_the_activating_command(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    integration = active(sandbox)
    attributes_of(sandbox, "integrations")[integration]["is_active"] = False
    result = jebbitctl("backfills", "create", "--yes", "--integration", integration, "--json")
    assert (result.code, result.out) == (1, "")
    assert "inactive integration" in result.error["message"]
    assert f"jebbitctl integrations update {integration} --active" in result.error["hint"]


def test_create_for_an_unknown_integration_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("backfills", "create", "--yes", "--integration", "nowhere1", "--wait")
    assert (result.code, result.out) == (3, "")
    assert "integration nowhere1 not found" in result.err


def test_a_backfill_of_another_integration_is_partially_applied(tmp_path: Path) -> None:
    unexpected = resource(TYPE, "b1", status="received", integration_id="i2")
    wrap = scripted(lambda method, path: (201, unexpected) if (method, path) == ("POST", TYPE) else None)
    with Sandbox(wrap=wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run("backfills", "create", "--yes", "--integration", "i1", "--wait", "--json")
    assert (result.code, result.json["id"], result.error["code"]) == (1, "b1", "partially_applied")


def test_create_with_wait_prints_the_finished_backfill_and_each_change_on_stderr(
    tmp_path: Path,
) -> None:
    statuses = ["received", "finished"]

    def respond(method: str, path: str) -> tuple[int, Any] | None:
        if not path.startswith(TYPE):
            return None
        return 201 if method == "POST" else 200, resource(TYPE, "b1", status=statuses.pop(0))

    with Sandbox(wrap=scripted(respond)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run("backfills", "create", "--yes", "--integration", "i1", "--wait", "--json")
    assert result.code == 0
    assert result.json == {"id": "b1", "type": TYPE, "status": "finished"}
    assert result.err == "Backfill b1: received\nBackfill b1: finished\n"


def test_restart_requires_a_finished_backfill_and_says_how_to_wait(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = add_backfill(sandbox, "failed")
    result = jebbitctl("backfills", "restart", id_, "-y", "--json")
    assert (result.code, result.json["status"]) == (0, "received")
    again = jebbitctl("backfills", "restart", id_, "-y", "--json")
    assert again.code == 1
    assert f"jebbitctl backfills wait {id_}" in again.error["hint"]


def test_a_restart_without_a_response_body_is_read(tmp_path: Path) -> None:
    wrap = scripted(lambda method, _: {"PATCH": (204, None), "GET": with_status("queued")}.get(method))
    with Sandbox(wrap=wrap) as sandbox:
        result = cli_for(tmp_path, sandbox).run("backfills", "restart", "b1", "--yes", "-q", "status")
    assert (result.code, result.out) == (0, "queued\n")


def test_wait_ends_when_the_backfill_has_finished(quick: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = quick
    id_ = cli.run("backfills", "create", "--yes", "--integration", active(sandbox), "-q", "id").out.strip()
    result = cli.run("backfills", "wait", id_, *QUICK, "-q", "status")
    assert (result.code, result.out) == (0, "finished\n")
    assert result.err.splitlines()[-2:] == [f"Backfill {id_}: processing", f"Backfill {id_}: finished"]


def test_wait_reports_each_change_once_and_ignores_case(tmp_path: Path) -> None:
    result = wait_with(tmp_path, ["Received", "Received", "PROCESSING", "processing", "Complete"])
    assert result.code == 0
    statuses = [line.removeprefix("Backfill b1: ") for line in result.err.splitlines()]
    assert statuses == ["Received", "PROCESSING", "processing", "Complete"]
    assert "status\tComplete\n" in result.out


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *(("done", 0), ("Completed", 0), ("succeeded", 0), ("success", 0)),
        *(("Failed", 1), ("error", 1), ("canceled", 1), ("aborted", 1), ("timed_out", 1), ("Timed Out", 1)),
        *(("stopped", 1), ("finished_with_errors", 1), ("completed with warnings", 1)),
    ],
)
def test_a_well_known_end_ends_the_wait_and_exits_1_unless_it_is_a_success(
    tmp_path: Path, status: str, code: int
) -> None:
    result = wait_with(tmp_path, ["processing", status], "--json")
    assert (result.code, result.json["status"]) == (code, status)
    if code:
        assert result.error["message"] == f"backfill b1 ended with status {status}"


UNKNOWN = (
    "pending",
    "in_progress",
    "running",
    "enqueued",
    "retrying_after_error",
    "failing",
    "half done",
    None,
)


def test_an_undocumented_status_is_no_end_and_is_told_once(tmp_path: Path) -> None:
    result = wait_with(tmp_path, [*(word for word in UNKNOWN for _ in "12"), "finished"])
    assert (result.code, result.err.splitlines()) == (
        0,
        [
            *(
                f"Backfill b1: {word or 'no status'}, which Jebbit does not document; still waiting"
                for word in UNKNOWN
            ),
            "Backfill b1: finished",
        ],
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("enqueued", "backfill b1 has the status 'enqueued' after 0 s, which Jebbit does not document"),
        (None, "backfill b1 has no status after 0 s; Jebbit does not say whether it has ended"),
        (3, "backfill b1 has the status '3' after 0 s, which Jebbit does not document"),
    ],
)
def test_a_timeout_says_the_last_status_as_it_is(tmp_path: Path, status: Any, message: str) -> None:
    result = wait_with(tmp_path, [status], "--timeout", "0", "--json")
    assert (result.code, result.out, result.error["message"]) == (5, "", message)
    assert "keeps running" not in result.err


def test_create_with_wait_goes_on_through_undocumented_statuses(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=1, backfill_step=1)) as sandbox:
        sandbox.state.behaviour.backfill_statuses = ("scheduled", "running", "aborted")
        start = sandbox.state.clock()
        sandbox.state.clock = lambda: start + sum("backfills" in r.path for r in sandbox.requests)
        args = ("backfills", "create", "-y", "--wait", "--integration", active(sandbox), "--json")
        with mock.patch("jebbitctl.commands.backfills.DEFAULT_INTERVAL", 0.01):
            result = cli_for(tmp_path, sandbox).run(*args)
    assert (result.code, result.json["status"]) == (1, "aborted")
    statuses = [line.split(": ")[1] for line in result.err.splitlines() if line.startswith("Backfill")]
    undocumented = "which Jebbit does not document; still waiting"
    assert statuses == [f"scheduled, {undocumented}", f"running, {undocumented}", "aborted"]


def test_a_timeout_is_unavailable_and_says_that_the_backfill_keeps_running(tmp_path: Path) -> None:
    result = wait_with(tmp_path, ["processing"], "--timeout", "1", "--json")
    assert (result.code, result.out, result.error["code"]) == (5, "", "unavailable")
    assert "b1 is still processing after 1 s" in result.error["message"]
    assert "keeps running at Jebbit" in result.error["message"]
    assert result.error["hint"] == "wait longer with: jebbitctl backfills wait b1"
    assert wait_with(tmp_path, ["received"], "--timeout", "0").code == 5


def test_a_failed_poll_does_not_end_the_wait_unless_it_is_the_first(
    tmp_path: Path,
) -> None:
    result = wait_with(tmp_path, ["processing", (500, None), "finished"])
    assert result.code == 0
    assert "warning: still waiting: Jebbit returned 500" in result.err
    assert wait_with(tmp_path, [(500, None)]).code == 5
    assert wait_with(tmp_path, ["processing", (404, None)]).code == 3


@pytest.mark.parametrize(
    "options",
    [["--timeout", "-1"], ["--timeout", "nan"], ["--interval", "0"], ["--interval", "nan"]],
)
def test_invalid_times_are_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, options: list[str]
) -> None:
    result = jebbitctl("backfills", "wait", "b1", *options)
    assert result.code == 2
    assert f"{options[0]} must be " in result.err
    assert f", not {float(options[1])}\n" in result.err
    assert sandbox.requests == []


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.long),
    ],
)
def test_a_signal_ends_only_the_waiting_and_the_command_says_how_to_go_on(
    cli: Cli, sandbox: Sandbox, sent: signal.Signals, code: int
) -> None:
    id_ = add_backfill(sandbox, "queued")
    with started(cli, "backfills", "wait", id_) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"Backfill {id_}: queued, ")
        assert ended(process, sent) == (
            code,
            "",
            f"Only the waiting ends, not the backfill. To wait for it: jebbitctl backfills wait {id_}\n",
        )


def test_a_ctrl_c_that_does_not_interrupt_the_pause_between_polls_is_noticed(tmp_path: Path) -> None:
    with interrupted_unnoticed():
        assert wait_with(tmp_path, ["processing"], "--interval", "60").code == 130


@pytest.mark.parametrize("line", ["create --integration L5m24mjs --wait", "restart b1"])
def test_without_a_terminal_past_answers_are_only_delivered_again_with_yes(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, line: str
) -> None:
    result = jebbitctl("backfills", *line.split(), "--json")
    assert (result.code, result.error["code"], sandbox.requests) == (2, "input_required", [])
    assert result.error["hint"] == "add --yes to start it without confirmation"


def asked(cli: Cli, answer: str, *args: str) -> tuple[int, str]:
    """Run a command on a terminal and answer its question; return its exit code and the question."""
    code, question, _ = answered(cli, answer, *args, columns=200, env={"NO_COLOR": "1"})
    return code, question.removesuffix(" [y/N]: ")


def test_a_terminal_asks_before_past_answers_are_delivered_again(cli: Cli, sandbox: Sandbox) -> None:
    id_ = active(sandbox)
    attributes_of(sandbox, "integrations")[id_]["endpoint"] = "https://me:password@a.example/b?token=c"
    question = f"Deliver every past answer of integration {id_} (https://********@a.example/b) again?"
    create = ("backfills", "create", "--integration", id_)
    assert asked(cli, "n", *create) == (1, question)
    assert writes(sandbox) == []
    assert asked(cli, "y", *create) == (0, question)
    (backfill,) = attributes_of(sandbox, TYPE)
    attributes_of(sandbox, TYPE)[backfill]["status"] = "failed"
    assert asked(cli, "n", "backfills", "restart", backfill) == (1, question)
    assert [method for method, _ in writes(sandbox)] == ["POST"]


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(("dialect", "about"), [("host", " (hooks.example.com)"), ("write-only", "")])
def test_the_question_says_what_jebbit_says(tmp_path: Path, dialect: Any, about: str) -> None:
    with Sandbox(SandboxOptions(integrations=1)) as sandbox:
        cli, id_ = cli_for(tmp_path, sandbox), active(sandbox)
        if dialect == "host":
            sandbox.state.behaviour.dialect = DIALECTS["host"]
        else:
            cli.env["JEBBIT_CLIENT_ID"] = f"{sandbox.state.client_id}-writeonly"
        code, question = asked(cli, "y", "backfills", "create", "--integration", id_)
    assert (code, question) == (0, f"Deliver every past answer of integration {id_}{about} again?")


def test_a_terminal_shows_progress_then_the_changes_and_the_result(quick: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = quick
    id_ = cli.run("backfills", "create", "--yes", "--integration", active(sandbox), "-q", "id").out.strip()
    shown = screen(cli, "backfills", "wait", id_, *QUICK)
    assert f"Waiting for backfill {id_}: processing" in shown
    assert f"Backfill {id_}: finished\n" in shown
    assert "status          finished\n" in COLOUR.sub("", shown)
    listed = COLOUR.sub("", screen(cli, "backfills", "list")).splitlines()
    assert [len(line) <= 80 for line in listed] == [True, True]
