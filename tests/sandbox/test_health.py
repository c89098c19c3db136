from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.support import running

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.sandbox.support import SandboxClient


def test_the_health_needs_no_credentials_and_names_the_run(client: SandboxClient, sandbox: Sandbox) -> None:
    response = client.send("GET", "/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "run": sandbox.run})
    assert response.headers["Content-Type"] == "application/json"
    head = client.send("HEAD", "/healthz")
    assert (head.status_code, head.content) == (200, b"")


def test_other_methods_and_paths_are_no_health(client: SandboxClient) -> None:
    assert client.send("POST", "/healthz").status_code == 404
    assert client.send("GET", "/healthz/").status_code == 404


def test_the_health_is_neither_logged_nor_counted(client: SandboxClient, lines: list[str]) -> None:
    client.send("GET", "/healthz")
    assert (lines, client.sandbox.requests, client.sandbox.counters["requests"]) == ([], [], 0)


def test_the_health_is_spared_by_faults() -> None:
    with running(fail_rate=1, latency_ms=60_000) as client:
        assert client.send("GET", "/healthz").status_code == 200


def test_each_sandbox_has_its_own_run(sandbox: Sandbox) -> None:
    with running() as client:
        assert client.sandbox.run != sandbox.run
