from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.support import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.support import SandboxClient


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:80", "[::1]:8080", "127.9.9.9", "LOCALHOST", "localhost.:1"]
)
def test_a_loopback_host_is_allowed(client: SandboxClient, host: str) -> None:
    assert client.get("self", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["other.example", "localhost.other.example", "192.0.2.1", "", "127.0.0.1, other.example", "[", "[::1"],
)
def test_another_host_gets_403(client: SandboxClient, host: str) -> None:
    response = client.get("self", headers={"Host": host})
    assert response.status_code == 403
    assert "Host" in response.json()["errors"][0]["detail"]


def test_a_web_page_of_another_origin_gets_403(client: SandboxClient) -> None:
    for origin in ("https://other.example", "null", "http://localhost:1", ""):
        assert client.get("self", headers={"Origin": origin}).status_code == 403
    assert client.get("self", headers={"Origin": client.sandbox.url}).status_code == 200


@pytest.fixture(scope="module")
def remote() -> Iterator[SandboxClient]:
    with running(host="0.0.0.0", allow_remote=True) as client:  # noqa: S104 - as in a container
        yield client


@pytest.mark.parametrize("host", ["sandbox:8700", "sandbox", "ci.internal:8700", "192.0.2.1", "localhost"])
def test_other_machines_use_any_host_name_if_they_may(remote: SandboxClient, host: str) -> None:
    assert remote.get("self", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("sandbox:8700", "http://sandbox:8700"),
        ("rebound.example", "http://rebound.example"),
        ("rebound.example", "null"),
        ("192.0.2.1", "http://192.0.2.2"),
        ("localhost", "https://other.example"),
    ],
)
def test_a_web_page_gets_403_whatever_its_name_leads_to(
    remote: SandboxClient, host: str, origin: str
) -> None:
    assert remote.get("self", headers={"Host": host, "Origin": origin}).status_code == 403


def test_a_sandbox_on_all_addresses_is_used_by_this_machine_on_loopback(remote: SandboxClient) -> None:
    assert remote.sandbox.environment["JEBBIT_API_BASE_URL"].startswith("http://127.0.0.1:")
