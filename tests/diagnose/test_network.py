from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.diagnose import name_resolution, response
from jebbitctl.diagnose.findings import State
from jebbitctl.diagnose.network import Network, Place
from jebbitctl.errors import JebbitctlError
from tests.api.faults import http, silence
from tests.http_fixtures import own_environment

from .endpoints import API, SANDBOX, OpenNetwork, SteadyServer, a_case

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["own_environment"]


@pytest.fixture
def server() -> Iterator[SteadyServer]:
    with SteadyServer() as running:
        yield running


def test_integrations_at_one_host_are_one_look(server: SteadyServer) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    network = OpenNetwork(api_url=API, resolve=resolve)
    places = [Place("https", "hooks.acme.io", int(server.url.rpartition(":")[2]), None) for _ in range(50)]
    network.look_ahead(places)
    assert {network.handshake(place) for place in places} == {network.handshake(places[0])}
    assert (asked, server.connections) == (["hooks.acme.io"], 1)


def test_fifty_endpoints_that_all_hang_take_as_long_as_one(
    server: SteadyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.network.LOOK_TIMEOUT", 0.3)
    server.answer = silence
    network = Network(api_url=SANDBOX)
    cases = [a_case(f"{server.url}/{number}", network) for number in range(50)]
    started = time.monotonic()
    network.look_ahead(Place.of_url(case.endpoint or "") for case in cases)
    found = [response.response(case) for case in cases]
    assert {one.state for one in found} == {State.FAILED}
    assert time.monotonic() - started < 0.3 * 10


def test_a_resolver_that_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.network.LOOK_TIMEOUT", 0.2)
    over = threading.Event()

    def hangs(_: str) -> list[str]:
        over.wait(10)
        return []

    network = Network(api_url=API, resolve=hangs)
    cases = [a_case(f"https://hooks{number}.acme.io/", network) for number in range(20)]
    started = time.monotonic()
    network.look_ahead(Place.of_url(case.endpoint or "") for case in cases)
    for case in cases:
        assert name_resolution.dns(case).state is State.UNKNOWN
    assert time.monotonic() - started < 0.2 * 10
    over.set()


def test_an_error_of_a_look_is_the_same_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise JebbitctlError("the system allows no more threads")

    monkeypatch.setattr("jebbitctl.diagnose.network.look_up", fails)
    network = Network(api_url=API)
    network.look_ahead([Place.of_host("hooks.acme.io")])
    for _ in range(2):
        with pytest.raises(JebbitctlError, match="no more threads"):
            network.lookup("hooks.acme.io")


def test_looking_ahead_asks_only_what_the_lines_ask(server: SteadyServer) -> None:
    server.answer = http(200)
    network = Network(api_url=API)  # Jebbit does not reach this machine
    network.look_ahead([Place.of_url(server.url)])
    assert network.head(Place.of_url(server.url)) is None
    assert not server.connections


def test_loopback_bypasses_proxies(server: SteadyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    answer = Network(api_url=SANDBOX).head(Place.of_url(server.url))
    assert answer
    assert answer.status == 200
