"""``sandbox visit``, ``deliveries`` and ``assumptions``, against a running sandbox."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from jebbitctl.api import sandbox_control
from jebbitctl.api.client import Client
from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.interruptions import ended, started
from tests.scripted_server import scripted
from tests.support import JEBBITCTL, cli_for
from tests.terminal import screen
from tests.webhooks.support import UNREACHABLE, Endpoint, PausingEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import Cli, Result

SANDBOX = Path(assumptions.__file__).parent
HINT = 'hint: start one in another terminal: jebbitctl sandbox serve; then: eval "$(jebbitctl sandbox env)"\n'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox without integrations."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def integration(cli: Cli, endpoint: Endpoint) -> Iterator[str]:
    """An active integration that delivers to ``endpoint``."""
    with BackgroundServer(endpoint) as server:
        create = ("integrations", "create", "--active", "--endpoint", f"{server.url}/a?key=hidden")
        yield cli.run(*create, "-q", "id").out.strip()


def test_a_visit_is_delivered_and_told(cli: Cli, endpoint: Endpoint, integration: str) -> None:
    result = cli.run("sandbox", "visit", "--set", "data.email=ann@example.com")
    assert (result.code, result.err) == (0, "")
    assert result.out == "1 visit, 1 finished, 1 delivery\n      1  returned 200\n"
    (request,) = endpoint.requests
    assert json.loads(request.body)["data"]["email"] == "ann@example.com"
    (row,) = cli.run("sandbox", "deliveries", "--json").json
    assert (row["integration_id"], row["kind"], row["status"]) == (integration, "live", 200)


def test_why_visits_were_not_delivered_is_told_with_the_integrations(
    cli: Cli, endpoint: Endpoint, integration: str
) -> None:
    cli.run("integrations", "update", integration, "--require-opt-in")
    refusing = ("sandbox", "visit", "--count", "3", "--set", "data.opt_in=false")
    result = cli.run(*refusing)
    assert result.out == (
        "3 visits, 3 finished, 0 deliveries\n"
        "Not delivered:\n"
        f"      3  the visitor did not opt in, which require_opt_in asks for ({integration})\n"
    )
    shown = cli.run(*refusing, "--json").json
    assert shown["kept_back"] == [
        {
            "reason": "not_opted_in",
            "explanation": "the visitor did not opt in, which require_opt_in asks for",
            "count": 3,
            "integrations": [integration],
            "more_integrations": False,
        }
    ]
    plain = cli.run(*refusing, "--plain").out.splitlines()
    assert plain == ["visits\t3", "finished\t3", "deliveries\t0", "pending\t0", "kept_back.not_opted_in\t3"]
    assert endpoint.requests == []


def test_not_all_of_many_integrations_are_named_and_that_is_said(cli: Cli, sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses.values()
    cli.run("integrations", "create", "--inactive", "--endpoint", UNREACHABLE)
    (stored,) = business.of("integrations").values()
    for number in range(10, 29 + 1):
        business.of("integrations")[str(number)] = replace(stored, id=str(number))
    names = ", ".join([stored.id, *map(str, range(10, 29))])
    refusing = ("sandbox", "visit", "--finish", "--count", "2")
    assert f"     42  the integration is inactive ({names}, and more)\n" in cli.run(*refusing).out
    assert cli.run(*refusing, "--json").json["kept_back"][0]["more_integrations"] is True


def test_a_refused_delivery_is_the_endpoints_fault_not_the_commands(
    cli: Cli, endpoint: Endpoint, integration: str
) -> None:
    endpoint.status = "403 Forbidden"
    result = cli.run("sandbox", "visit", "--count", "2", "--finish")
    assert (result.code, "      2  returned 403\n" in result.out) == (0, True)
    failed = cli.run("sandbox", "deliveries", "--failed", "--integration", integration, "--csv")
    assert failed.out.count(",403,") == 2
    assert "hidden" not in failed.out
    assert cli.run("sandbox", "deliveries", "--integration", "abcd1234").err == "No deliveries match.\n"


def test_a_repeated_delivery_is_reported_when_both_requests_have_a_response(tmp_path: Path) -> None:
    endpoint = Endpoint()
    with (
        BackgroundServer(endpoint) as server,
        Sandbox(SandboxOptions(faults={"duplicate": 1})) as duplicating,
    ):
        cli = cli_for(tmp_path, duplicating)
        cli.run("integrations", "create", "--active", "--endpoint", server.url)
        visiting = ("sandbox", "visit", "--count", "3", "--finish")
        shown = cli.run(*visiting).out
        assert shown == (
            "3 visits, 3 finished, 3 deliveries\n      3  returned 200\n"
            "      3  sent twice, as --faults asks for\n"
        )
        assert len(endpoint.requests) == 6
        assert "\ndelivered\t3\nduplicates\t3\n" in cli.run(*visiting, "--plain").out


def test_without_deliveries_the_list_is_empty(cli: Cli) -> None:
    result = cli.run("sandbox", "deliveries")
    assert (result.code, result.out, result.err) == (0, "", "No deliveries.\n")


def test_visitors_who_all_leave_are_explained(jebbitctl: Callable[..., Result]) -> None:
    for _ in range(20):
        result = jebbitctl("sandbox", "visit")
        if " 0 finished" in result.out:
            break
    assert result.out.endswith("      1  the visitor left before the end\n")
    assert result.err == "To let each visitor reach the end: --finish\n"


def test_a_long_run_takes_several_requests(
    cli: Cli, sandbox: Sandbox, endpoint: Endpoint, integration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.sandbox.control.TIME_BUDGET", 0)  # after 50 visits, a request returns
    result = cli.run("sandbox", "visit", "--count", "120", "--json")
    assert (result.json["visits"], result.json["pending"]) == (120, 0)
    assert [r.path for r in sandbox.requests].count("/sandbox/visits") == 3
    assert result.json["outcomes"] == {"delivered": len(endpoint.requests)}
    assert integration


def test_a_rate_spreads_the_visits(jebbitctl: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(sandbox_control, "sleep", slept.append)
    monkeypatch.setattr(sandbox_control, "time", SimpleNamespace(monotonic=lambda: 0.0))
    assert jebbitctl("sandbox", "visit", "--count", "100", "--rate", "200", "--json").json["visits"] == 100
    assert slept == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert jebbitctl("sandbox", "visit", "--rate", "0").code == 2
    assert jebbitctl("sandbox", "visit", "--rate", "inf", "--json").json["visits"] == 1


def test_one_campaign_is_visited(cli: Cli, sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses.values()
    _, campaign, *_ = business.launched_campaigns()
    assert cli.run("sandbox", "visit", "--campaign", campaign, "--count", "3").code == 0
    (batch,) = business.history.numbered(range(10))
    assert batch.campaigns == (campaign,)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--campaign", "nope1234"], 3, "error: campaign nope1234 not found\n"),
        (["--set", "event.x=1"], 2, "error: --set event.x: only answers can be set, such as data.email\n"),
        (["--set", "data.email"], 2, "error: --set 'data.email' is not PATH=VALUE\n"),
        (["--set", "data.opt_in=maybe"], 2, "error: --set data.opt_in: use true, false or null\n"),
        (["--count", "0"], 2, ""),
    ],
)
def test_invalid_options_of_a_visit_are_errors(cli: Cli, options: list[str], code: int, message: str) -> None:
    result = cli.run("sandbox", "visit", *options)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(message)


@pytest.mark.parametrize("verb", ["visit", "deliveries"])
def test_nothing_is_sent_to_an_api_on_another_machine(cli: Cli, sandbox: Sandbox, verb: str) -> None:
    result = cli.run("sandbox", verb, env={"JEBBIT_API_BASE_URL": "https://api.example.com"})
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"error: https://api.example.com is not a sandbox: it is not on this machine\n{HINT}"
    )
    assert sandbox.requests == []  # not even for a token


def test_without_any_account_a_sandbox_is_what_is_missing(bare: Cli) -> None:
    result = bare.run("sandbox", "visit")
    assert (result.code, result.err) == (
        2,
        f"error: https://api2.jebbit.com is not a sandbox: it is not on this machine\n{HINT}",
    )


def test_a_sandbox_that_has_ended_is_what_the_hint_is_about(cli: Cli) -> None:
    result = cli.run("sandbox", "visit", env={"JEBBIT_API_BASE_URL": UNREACHABLE})
    assert result.code == 5
    assert "hint: is the sandbox still running? jebbitctl sandbox serve starts one\n" in result.err


def test_no_caller_can_ask_another_machine_for_visits() -> None:
    client = Client(cast("Any", None), "https://api.example.com", cast("Any", None))
    with pytest.raises(UsageError, match="not on this machine"):
        next(sandbox_control.visit(client, sandbox_control.Visits()))
    with pytest.raises(UsageError, match="not on this machine"):
        sandbox_control.list_deliveries(client, {})


@pytest.mark.parametrize("verb", ["visit", "deliveries"])
@pytest.mark.parametrize(
    "response", [(404, {"errors": [{"title": "Not Found"}]}), (405, None), (200, "<html>")]
)
def test_an_api_that_is_no_sandbox_is_told(tmp_path: Path, verb: str, response: tuple[int, object]) -> None:
    with Sandbox(wrap=scripted(lambda _, path: response if path.startswith("/sandbox") else None)) as other:
        result = cli_for(tmp_path, other).run("sandbox", verb)
        assert (result.code, result.out) == (2, "")
        assert result.err == f"error: {other.url} is not a sandbox, or one of another version\n{HINT}"


def test_a_rejected_token_is_no_missing_sandbox(cli: Cli) -> None:
    result = cli.run(
        "sandbox", "visit", env={"JEBBIT_ACCESS_TOKEN": "opaque-and-wrong", "JEBBIT_CLIENT_ID": None}
    )
    assert result.code == 4


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_shows_what_came_of_the_visits_so_far(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.sandbox.control.MAX_WAIT", 0.01)
    endpoint = PausingEndpoint()
    with BackgroundServer(endpoint) as server:
        cli.run("integrations", "create", "--active", "--endpoint", server.url)
        with started(cli, "sandbox", "visit", "--finish") as process:
            deadline = time.monotonic() + 20
            while not any(request.path.startswith("/sandbox/visits/") for request in sandbox.requests):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            code, out, err = ended(process, signal.SIGINT)
        endpoint.may_answer.set()
    assert (code, out) == (130, "1 visit, 1 finished, 1 delivery\n      1  no result yet\n")
    assert err.startswith(
        "Stopped. The sandbox may still make visits that it was asked for, and delivers what"
    )


def test_a_sandbox_that_is_gone_is_not_said_to_deliver_the_rest(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> Iterator[dict[str, Any]]:
        raise UnavailableError("could not connect")

    cli.run("integrations", "create", "--active", "--endpoint", UNREACHABLE)
    monkeypatch.setattr(assumptions, "concurrency", lambda: 0)  # its delivery has no result yet
    monkeypatch.setattr(sandbox_control, "wait_for_deliveries", gone)
    result = cli.run("sandbox", "visit", "--finish")
    assert (result.code, result.err) == (5, "Failed. Until then:\nerror: could not connect\n")
    assert result.out == "1 visit, 1 finished, 1 delivery\n      1  no result yet\n"


def test_run_tells_deliveries_that_fail(bare: Cli) -> None:
    script = (
        f'"{JEBBITCTL}" integrations create --active --endpoint {UNREACHABLE} -q id >/dev/null && '
        f'"{JEBBITCTL}" sandbox visit --count 20 --finish'
    )
    result = bare.run_process("sandbox", "run", "--", "sh", "-c", script)
    assert result.code == 0
    assert result.err.count(f"-> {UNREACHABLE}: ") == 1
    assert "\nwarning: 19 more deliveries failed: " in result.err


def test_with_several_businesses_one_must_be_named(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(businesses=2)) as several:
        cli = cli_for(tmp_path, several)
        assert cli.run("sandbox", "visit").code == 2
        _, second = several.state.businesses.values()
        assert cli.run("sandbox", "visit", "--business", second.id).code == 0
        assert second.history.count == 1


def test_the_assumptions_that_are_listed_are_those_that_run(jebbitctl: Callable[..., Result]) -> None:
    listed = jebbitctl("sandbox", "assumptions", "--json").json
    functions = {
        node.name: ast.get_docstring(node)
        for node in ast.parse(inspect.getsource(assumptions)).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert {one["name"]: one["assumption"] for one in listed} == functions
    sources = {one["source"] for one in listed}
    assert sources == {"assumed", "article", "OpenAPI", "MCP server", "Segment source"}
    source = "".join(path.read_text(encoding="utf-8") for path in SANDBOX.glob("*.py"))
    calls = {one["name"]: len(re.findall(rf"(?<!def )\b{one['name']}\(", source)) for one in listed}
    assert [name for name, number in calls.items() if number == 0] == []


def test_the_result_fits_a_narrow_terminal(cli: Cli, integration: str) -> None:
    cli.run("integrations", "create", "--active", "--endpoint", "https://hooks.example.com/a")
    shown = screen(cli, "sandbox", "visit", "--count", "3", "--finish", columns=40, env={"NO_COLOR": "1"})
    assert "3 visits, 3 finished, 6 deliveries\n      3  returned 200\n" in shown
    assert (
        "      3  not sent: the sandbox only\n"
        "         delivers to this machine,\n"
        "         unless --deliver-to names a\n"
        "         host\n"
    ) in shown
    assert integration in screen(cli, "sandbox", "deliveries", columns=120)
