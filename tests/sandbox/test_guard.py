from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
