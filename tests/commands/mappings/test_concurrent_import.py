"""``mappings import``: concurrent writes, and what ends an import early."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from jebbitctl.api.concurrency import WINDOW_FACTOR
from jebbitctl.api.mapping_import import MAX_CONCURRENT_WRITES
from jebbitctl.output.progress import Progress
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.interruptions import interrupting
from tests.scripted_server import active, add_mapping, attributes_of, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Result

TYPE = "integration_mappings"
LINES = 40
WINDOW = WINDOW_FACTOR * MAX_CONCURRENT_WRITES


def on_create(respond: Callable[[str], Response | None]) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that calls ``respond`` with the name in each POST of a mapping.

    If it returns a response, that one is sent; otherwise the sandbox handles the request.
    """

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith(TYPE):
                body = environ["wsgi.input"].read()
                environ["wsgi.input"] = io.BytesIO(body)
                response = respond(json.loads(body)["data"]["attributes"]["jebbit_var"])
                if response is not None:
                    return response(environ, start_response)
            return app(environ, start_response)

        return server

    return wrap


TEXT = "jebbit_var,client_var,default\n" + "".join(f"v{n},x,\n" for n in range(LINES))


def run_import(home: Path, sandbox: Sandbox, *options: str) -> Result:
    """Import mappings from ``v0`` to ``v39``."""
    return cli_for(home, sandbox).run(
        "mappings", "import", active(sandbox), "-", "--json", *options, stdin=TEXT
    )


def created(sandbox: Sandbox) -> list[str]:
    """Return the names of all mappings, oldest first."""
    return [found["jebbit_var"] for found in reversed(attributes_of(sandbox, TYPE).values())]


def test_writes_are_bounded_and_the_report_is_in_the_files_order(tmp_path: Path) -> None:
    lock, in_flight, most_in_flight = threading.Lock(), 0, 0
    overtaken = threading.Event()

    def delay_one_line(name: str) -> None:
        nonlocal in_flight, most_in_flight
        with lock:
            in_flight += 1
            most_in_flight = max(most_in_flight, in_flight)
        if name == "v9":
            overtaken.set()
        if name == "v2":
            overtaken.wait(20)
        time.sleep(0.01)
        with lock:
            in_flight -= 1

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(delay_one_line)) as sandbox:
        result = run_import(tmp_path, sandbox)
        overtaking = created(sandbox).index("v2")
        assert overtaking >= 10 - MAX_CONCURRENT_WRITES, "of v0 to v9 without those that are still in flight"
    assert (result.code, most_in_flight) == (0, MAX_CONCURRENT_WRITES)
    assert [line["jebbit_var"] for line in result.json["lines"]] == [f"v{n}" for n in range(LINES)]


def test_an_import_reuses_its_connections(tmp_path: Path) -> None:
    ports = set()

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            ports.add(environ["REMOTE_PORT"])
            return app(environ, start_response)

        return server

    with Sandbox(SandboxOptions(integrations=1), wrap=wrap) as sandbox:
        assert run_import(tmp_path, sandbox).code == 0
        assert len(created(sandbox)) == LINES
    list_connection, first_write, names_of_attributes = 1, 1, 1
    assert len(ports) <= list_connection + first_write + MAX_CONCURRENT_WRITES + names_of_attributes


@pytest.mark.parametrize(
    ("unavailable", "last"),
    [
        ({"v1", "v3"}, None),
        ({"v1", "v3", "v5"}, None),
        ({"v1", "v2", "v3"}, 3),
        ({"v0", "v1", "v2"}, 2),
    ],
)
def test_unavailable_writes_fail_their_lines_and_three_in_a_row_end_the_import(
    tmp_path: Path, unavailable: set[str], last: int | None
) -> None:
    attempted: list[str] = []

    def respond(name: str) -> Response | None:
        attempted.append(name)
        return Response(status=503) if name in unavailable else None

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(respond)) as sandbox:
        kept = add_mapping(sandbox, "not in the file", "x")
        result = run_import(tmp_path, sandbox, "--prune", "-y")
        lines = result.json["lines"]
        assert (result.code, result.json["ok"]) == (5, False)
        assert kept in attributes_of(sandbox, TYPE)
        assert [line["jebbit_var"] for line in lines] == sorted(attempted, key=lambda name: int(name[1:]))
        assert {line["jebbit_var"] for line in lines if line["result"] == "failed"} == unavailable
        assert set(created(sandbox)) - {"not in the file"} == set(attempted) - unavailable
        if last is None:
            assert len(attempted) == LINES
            assert "Stopped" not in result.err
        else:
            assert last < len(attempted) <= last + WINDOW
            assert f"Stopped after {len(attempted)} of {LINES + 1}" in result.err
        unavailable.clear()
        again = run_import(tmp_path, sandbox)
        assert again.code == 0
        assert sorted(created(sandbox)) == sorted([*(f"v{n}" for n in range(LINES)), "not in the file"])


@pytest.mark.long
def test_writes_without_any_response_end_the_import(tmp_path: Path) -> None:
    ended = threading.Event()

    def stay_silent(name: str) -> None:
        if name != "v0":
            ended.wait(20)

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(stay_silent)) as sandbox:
        options = (active(sandbox), "-", "--json")
        env = {"JEBBIT_TIMEOUT": "1"}
        result = cli_for(tmp_path, sandbox).run("mappings", "import", *options, stdin=TEXT, env=env)
        ended.set()
    assert result.code == 5
    assert "may have been carried out" in result.error["message"]
    assert {line["result"] for line in result.json["lines"][1:]} == {"failed"}
    begun = len(result.json["lines"])
    assert 3 < begun <= 1 + 2 * MAX_CONCURRENT_WRITES
    assert f"Stopped after {begun} of {LINES}" in result.err


def test_ctrl_c_between_two_results_reports_the_writes_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Progress] = []

    def advance(progress: Progress) -> None:
        shown.append(progress)
        if len(shown) == LINES // 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "advance", advance)
    with Sandbox(SandboxOptions(integrations=1, latency_ms=20), wrap=on_create(lambda _: None)) as sandbox:
        result = run_import(tmp_path, sandbox)
        names = created(sandbox)
    assert result.code == 130
    assert len(names) > LINES // 2
    assert sorted(line["jebbit_var"] for line in result.json["lines"]) == sorted(names)
    assert f"Stopped after {len(names)} of {LINES}. " in result.err


def test_ctrl_c_while_duplicates_are_looked_for_reports_what_was_imported(tmp_path: Path) -> None:
    looking = interrupting(f"GET /api/v1/{TYPE}", signal.SIGINT, number=2)
    with Sandbox(SandboxOptions(integrations=1), wrap=looking) as sandbox:
        result = run_import(tmp_path, sandbox)
        assert result.json["created"] == len(created(sandbox)) == LINES
    assert (result.code, result.json["ok"]) == (130, False)
    assert "Stopped: everything was imported, but not yet checked" in result.err


def test_a_rate_limited_line_is_retried_and_written_once(tmp_path: Path) -> None:
    attempted: list[str] = []

    def rate_limit_first_attempts(name: str) -> Response | None:
        attempted.append(name)
        busy = name in {"v0", "v7", "v8"} and attempted.count(name) == 1
        return Response(status=429, headers={"Retry-After": "0.4"}) if busy else None

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(rate_limit_first_attempts)) as sandbox:
        started = time.monotonic()
        result = run_import(tmp_path, sandbox)
        assert time.monotonic() - started > 0.8
        assert sorted(created(sandbox)) == sorted(f"v{n}" for n in range(LINES))
    assert (result.code, result.json["created"]) == (0, LINES)
    assert len(attempted) == LINES + 3


def test_a_rejected_token_is_replaced_once_for_all_threads(tmp_path: Path) -> None:
    not_yet_revoked = ["v9"]

    def revoke_tokens(name: str) -> None:
        if name in not_yet_revoked:
            not_yet_revoked.remove(name)
            sandbox.state.revoke_tokens()

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(revoke_tokens)) as sandbox:
        assert cli_for(tmp_path, sandbox).run("token").code == 0
        result = run_import(tmp_path, sandbox)
        paths = [request.path for request in sandbox.requests]
    assert (result.code, result.json["created"]) == (0, LINES)
    assert paths.count("/oauth/token") == 2


def test_an_import_that_becomes_forbidden_reports_its_finished_lines(tmp_path: Path) -> None:
    def forbid(name: str) -> Response | None:
        return Response(status=403) if int(name[1:]) >= 10 else None

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(forbid)) as sandbox:
        result = cli_for(tmp_path, sandbox).run_process(  # this process's server threads would slow it down
            "mappings", "import", active(sandbox), "-", "--json", stdin=TEXT
        )
        names = created(sandbox)
        posts = [attributes for method, attributes in writes(sandbox) if method == "POST"]
    assert result.code == 4
    assert [line["jebbit_var"] for line in result.json["lines"]] == [f"v{n}" for n in range(10)]
    assert sorted(names) == sorted(f"v{n}" for n in range(10))
    assert 10 < len(posts) <= 10 + WINDOW
    assert f"Stopped after 10 of {LINES}" in result.err


def test_a_forbidden_first_write_is_the_only_write(tmp_path: Path) -> None:
    attempted: list[Any] = []

    def forbid(name: str) -> Response:
        attempted.append(name)
        return Response(status=403)

    with Sandbox(SandboxOptions(integrations=1), wrap=on_create(forbid)) as sandbox:
        result = run_import(tmp_path, sandbox)
    assert (result.code, result.out, attempted) == (4, "", ["v0"])
