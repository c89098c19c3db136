"""Where deliveries go: this machine, and hosts that were named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.reach import Reach
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.sandbox.support import numbered, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.support import SandboxClient
    from tests.webhooks.support import Endpoint

HOOK = "https://hooks.example.com/jebbit?a=1"


@pytest.fixture
def redirected(endpoint: Endpoint) -> Iterator[SandboxClient]:
    """A client of a sandbox that sends what is meant for hooks.example.com to an endpoint of this machine."""
    with (
        BackgroundServer(endpoint) as server,
        running(deliver_to=[f"Hooks.Example.com={server.url}"]) as client,
    ):
        yield client


def test_a_named_host_gets_deliveries_at_another_url_with_its_own_path(
    redirected: SandboxClient, endpoint: Endpoint
) -> None:
    integration = redirected.integration(HOOK)["id"]
    redirected.call("POST", f"integrations/{integration}/test")
    redirected.control("POST", "visits", finish=True)
    assert redirected.sandbox.settle(5)
    assert [request.path for request in endpoint.requests] == ["/jebbit?a=1"] * 2
    (shown,) = {one["endpoint"] for one in redirected.control("GET", "deliveries").json()["data"]}
    assert shown == "https://hooks.example.com/jebbit"


def test_a_backfill_to_a_named_host_is_sent(redirected: SandboxClient, endpoint: Endpoint) -> None:
    redirected.control("POST", "visits", count=3, finish=True)
    integration = redirected.integration(HOOK)["id"]
    redirected.create("integration_historic_backfills", integration_id=integration)
    assert redirected.sandbox.settle(5)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com/jebbit",
        "https://hooks.example.com.evil.example/",
        "https://evil.example/hooks.example.com",
        "https://hooks.example.com@evil.example/",
    ],
)
def test_no_other_host_is_contacted(redirected: SandboxClient, endpoint: Endpoint, url: str) -> None:
    integration = redirected.integration(url)["id"]
    redirected.call("POST", f"integrations/{integration}/test")
    (delivery,) = redirected.control("GET", "deliveries").json()["data"]
    assert (delivery["outcome"], endpoint.requests) == ("not_sent", [])


@pytest.mark.parametrize("url", ["http://192.0.2.1\\@app/", "http://192.0.2.1@app/", "http://app@192.0.2.1/"])
def test_a_url_that_programs_read_in_two_ways_is_not_contacted(url: str) -> None:
    with running(deliver_to=["app"]) as client:
        integration = client.integration(url)["id"]
        client.call("POST", f"integrations/{integration}/test")
        (delivery,) = client.control("GET", "deliveries").json()["data"]
    assert delivery["outcome"] == "not_sent"


def test_a_host_without_a_url_is_reached_at_its_own() -> None:
    reach = Reach.parse(["app", "10.0.0.7"])
    for url in ("http://app:8080/hook", "https://APP/hook", "http://10.0.0.7/"):
        assert reach.covers(url)
        assert reach.aim(numbered(1, url)).url == url
    assert not reach.covers("http://application/")
    assert reach.aim(numbered(1, "http://127.0.0.1:1/")).url is None
    assert reach.aim(numbered(1, "http://application/")).url is None


def test_this_machine_is_always_covered_and_nothing_else_by_default() -> None:
    assert Reach().covers("http://127.0.0.1:80/")
    assert Reach().covers("http://localhost/")
    assert not Reach().covers("http://app/")
    assert not Reach().covers("no url")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://app",
        "app:80",
        "a b",
        "app=",
        "app=app:8080",
        "app=ftp://app",
        "app=http://user:secret@app",
        "app=http://app/path",
        "app=http://app/?x",
        "=http://app",
    ],
)
def test_a_target_must_be_a_host_or_a_host_with_a_url(text: str) -> None:
    with pytest.raises(UsageError, match="--deliver-to") as error:
        Reach.parse([text])
    assert "secret" not in error.value.message


def test_a_host_can_be_named_once() -> None:
    with pytest.raises(UsageError, match="app twice"):
        Reach.parse(["app", "APP=http://127.0.0.1"])
