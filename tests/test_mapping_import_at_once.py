"""``mappings import``: concurrent writes, and what ends an import early."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from jebbitctl.api.concurrency import WINDOW_FACTOR
from jebbitctl.api.mapping_import import MAX_CONSECUTIVE_FAILURES, MAX_IN_FLIGHT
from jebbitctl.sandbox.server import Options, Sandbox
from tests.conftest import cli_for
from tests.scripted import active, add_mapping, attributes_of, writes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Result

TYPE = "integration_mappings"
LINES = 20
WINDOW = WINDOW_FACTOR * MAX_IN_FLIGHT


def creating(meanwhile: Callable[[str], Response | None]) -> Callable[[WSGIApplication], WSGIApplication]:
    """Middleware: ``meanwhile`` gets the name in each POST of a mapping, and may answer in Jebbit's place."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith(TYPE):
                body = environ["wsgi.input"].read()
                environ["wsgi.input"] = io.BytesIO(body)
                answer = meanwhile(json.loads(body)["data"]["attributes"]["jebbit_var"])
                if answer is not None:
                    return answer(environ, start_response)
            return app(environ, start_response)

        return server

    return wrap


TEXT = "jebbit_var,client_var,default\n" + "".join(f"v{n},x,\n" for n in range(LINES))


def imported(home: Path, sandbox: Sandbox, *options: str) -> Result:
    """Import ``v0`` to ``v19``."""
    return cli_for(home, sandbox).run(
        "mappings", "import", active(sandbox), "-", "--json", *options, stdin=TEXT
    )


def created(sandbox: Sandbox) -> list[str]:
    """Return the names of all mappings, oldest first."""
    return [found["jebbit_var"] for found in reversed(attributes_of(sandbox, TYPE).values())]


def test_writes_are_bounded_and_the_report_is_in_the_files_order(tmp_path: Path) -> None:
    lock, under_way, most = threading.Lock(), 0, 0
    overtaken = threading.Event()

    def slow_for_one_line(name: str) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        if name == "v9":
            overtaken.set()
        if name == "v2":
            overtaken.wait(20)
        time.sleep(0.01)
        with lock:
            under_way -= 1

    with Sandbox(Options(integrations=1), wrap=creating(slow_for_one_line)) as sandbox:
        result = imported(tmp_path, sandbox)
        names = created(sandbox)
        assert names.index("v8") < names.index("v2")
    assert (result.code, most) == (0, MAX_IN_FLIGHT)
    assert [line["jebbit_var"] for line in result.json["lines"]] == [f"v{n}" for n in range(LINES)]


def test_an_import_reuses_its_connections(tmp_path: Path) -> None:
    ports = set()

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def noting(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            ports.add(environ["REMOTE_PORT"])
            return app(environ, start)

        return noting

    with Sandbox(Options(integrations=1), wrap=wrap) as sandbox:
        assert imported(tmp_path, sandbox).code == 0
        assert len(created(sandbox)) == LINES
    reading, first = 1, 1
    assert len(ports) <= reading + first + MAX_IN_FLIGHT


@pytest.mark.parametrize("silent", [{"v1", "v3"}, {"v1", "v2", "v3"}, {"v0", "v1", "v2"}])
def test_unavailable_writes_fail_their_lines_until_three_in_a_row_end_the_import(
    tmp_path: Path, silent: set[str]
) -> None:
    asked: list[str] = []

    def answer(name: str) -> Response | None:
        asked.append(name)
        return Response(status=503) if name in silent else None

    with Sandbox(Options(integrations=1), wrap=creating(answer)) as sandbox:
        kept = add_mapping(sandbox, "not in the file", "x")
        result = imported(tmp_path, sandbox, "--prune", "-y")
        lines = result.json["lines"]
        assert result.code == 5
        assert kept in attributes_of(sandbox, TYPE)
        assert [line["jebbit_var"] for line in lines] == sorted(asked, key=lambda name: int(name[1:]))
        assert {line["jebbit_var"] for line in lines if line["result"] == "failed"} == silent
        assert set(created(sandbox)) - {"not in the file"} == set(asked) - silent
        if len(silent) < MAX_CONSECUTIVE_FAILURES:
            assert len(asked) == LINES
            assert "Stopped" not in result.err
        else:
            last = max(int(name[1:]) for name in silent)
            assert last < len(asked) <= last + WINDOW
            assert f"Stopped after {len(asked)} of {LINES + 1}" in result.err
        silent.clear()
        again = imported(tmp_path, sandbox)
        assert again.code == 0
        assert sorted(created(sandbox)) == sorted([*(f"v{n}" for n in range(LINES)), "not in the file"])


def test_a_rate_limited_line_is_retried_and_written_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def too_many_at_first(name: str) -> Response | None:
        asked.append(name)
        busy = name in {"v0", "v7", "v8"} and asked.count(name) == 1
        return Response(status=429, headers={"Retry-After": "1"}) if busy else None

    with Sandbox(Options(integrations=1), wrap=creating(too_many_at_first)) as sandbox:
        started = time.monotonic()
        result = imported(tmp_path, sandbox)
        assert time.monotonic() - started > 2
        assert sorted(created(sandbox)) == sorted(f"v{n}" for n in range(LINES))
    assert (result.code, result.json["created"]) == (0, LINES)
    assert len(asked) == LINES + 3


def test_a_rejected_token_is_replaced_once_for_all_threads(tmp_path: Path) -> None:
    waiting = ["v9"]

    def revoking(name: str) -> None:
        if name in waiting:
            waiting.remove(name)
            sandbox.state.revoke_tokens()

    with Sandbox(Options(integrations=1), wrap=creating(revoking)) as sandbox:
        assert cli_for(tmp_path, sandbox).run("token").code == 0
        result = imported(tmp_path, sandbox)
        asked = [request.path for request in sandbox.requests]
    assert (result.code, result.json["created"]) == (0, LINES)
    assert asked.count("/oauth/token") == 2


def test_an_import_that_becomes_forbidden_reports_its_finished_lines(tmp_path: Path) -> None:
    def forbidden(name: str) -> Response | None:
        return Response(status=403) if int(name[1:]) >= 10 else None

    with Sandbox(Options(integrations=1), wrap=creating(forbidden)) as sandbox:
        result = cli_for(tmp_path, sandbox).run_process(  # in one, the server's threads hold nothing up
            "mappings", "import", active(sandbox), "-", "--json", stdin=TEXT
        )
        done = created(sandbox)
        tried = [attributes for method, attributes in writes(sandbox) if method == "POST"]
    assert result.code == 4
    assert [line["jebbit_var"] for line in result.json["lines"]] == [f"v{n}" for n in range(10)]
    assert sorted(done) == sorted(f"v{n}" for n in range(10))
    assert 10 < len(tried) <= 10 + WINDOW
    assert f"Stopped after 10 of {LINES}" in result.err


def test_a_forbidden_first_write_is_the_only_write(tmp_path: Path) -> None:
    asked: list[Any] = []

    def forbidden(name: str) -> Response:
        asked.append(name)
        return Response(status=403)

    with Sandbox(Options(integrations=1), wrap=creating(forbidden)) as sandbox:
        result = imported(tmp_path, sandbox)
    assert (result.code, result.out, asked) == (4, "", ["v0"])
