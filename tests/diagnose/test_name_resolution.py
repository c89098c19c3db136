from __future__ import annotations

import socket
import threading

import pytest

from jebbitctl.diagnose import name_resolution
from jebbitctl.diagnose.findings import Finding, State
from jebbitctl.diagnose.network import Network
from jebbitctl.util.addresses import why_not_public
from tests.http_fixtures import own_environment

from .endpoints import API, SANDBOX, a_case

__all__ = ["own_environment"]

URL = "https://hooks.acme.io/jebbit"


class Resolver:
    """Resolves names by a table; others do not exist."""

    def __init__(self, **addresses: str) -> None:
        self.asked: list[str] = []
        self._addresses = {name.replace("_", "."): text.split() for name, text in addresses.items()}

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self._addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._addresses[host]


def seen(addresses: str, url: str = URL, api: str = API) -> Finding:
    resolve = Resolver(hooks_acme_io=addresses, api2_jebbit_com="8.8.8.8")
    return name_resolution.dns(a_case(url, Network(api_url=api, resolve=resolve)))


def test_a_name_with_public_addresses_is_fine() -> None:
    assert seen("8.8.8.8 2606:4700::1111") == Finding(State.OK, "8.8.8.8, 2606:4700::1111")
    assert seen("8.8.8.8 1.1.1.1 9.9.9.9 8.8.4.4").seen.endswith("9.9.9.9 and 1 more")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.1.2.3", "private"),
        ("172.31.0.1", "private"),
        ("192.168.0.1", "private"),
        ("127.0.0.2", "loopback"),
        ("0.1.2.3", "this machine itself"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "CGNAT"),
        ("192.0.2.1", "documentation"),
        ("203.0.113.9", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("240.0.0.1", "reserved"),
        ("192.0.0.1", "reserved"),
        ("::1", "loopback"),
        ("fd00::1", "ULA"),
        ("fe80::1%eth0", "link-local"),
        ("2001:db8::1", "documentation"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::10.0.0.1", "private"),
        ("2002:a00:1::1", "private"),
        ("64:ff9b:1::10.0.0.1", "private"),
        ("fec0::1", "private"),
        ("::10.0.0.1", "reserved"),
        ("5f00::1", "reserved"),
    ],
)
def test_an_address_that_jebbit_cannot_reach_is_named(address: str, kind: str) -> None:
    found = seen(address)
    assert found.state is State.FAILED
    assert found.seen.startswith(f"Jebbit cannot reach it: {address} is a")
    assert kind in found.seen
    assert "dig hooks.acme.io @1.1.1.1" in (found.fix or "")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "64:ff9b::808:808"]
)
def test_public_addresses_have_no_barrier(address: str) -> None:
    assert why_not_public(address) is None


def test_an_address_in_the_url_needs_no_dns_and_no_look_from_outside() -> None:
    found = seen("", "https://10.0.0.5/hook")
    assert (found.state, "dig" in (found.fix or "")) == (State.FAILED, False)


def test_some_private_addresses_beside_public_ones_are_warned_of() -> None:
    found = seen("10.0.0.5 8.8.8.8")
    assert (found.state, found.seen) == (
        State.WARNING,
        "10.0.0.5 is a private address; only 8.8.8.8 can be reached by Jebbit",
    )


def test_ipv6_alone_is_warned_of_unless_it_stands_for_ipv4() -> None:
    assert seen("2606:4700::1111").state is State.WARNING
    assert seen("64:ff9b::808:808").state is State.OK


def test_loopback_is_reachable_from_a_sandbox_on_this_machine_but_private_networks_are_not() -> None:
    assert seen("127.0.0.1", api=SANDBOX).state is State.OK
    assert seen("", "http://127.0.0.1:3000", api=SANDBOX).state is State.OK
    assert seen("10.0.0.5", api=SANDBOX).state is State.FAILED


def test_a_name_without_a_domain_is_of_this_network_only() -> None:
    resolve = Resolver(intranet="8.8.8.8", api2_jebbit_com="8.8.8.8")
    found = name_resolution.dns(a_case("https://intranet/hook", Network(api_url=API, resolve=resolve)))
    assert (found.state, "without a domain" in found.seen) == (State.FAILED, True)


def test_a_name_that_does_not_exist_has_failed_only_if_dns_works_here() -> None:
    typo = "https://hoooks.acme.io/jebbit"
    found = seen("8.8.8.8", typo)
    assert found.state is State.FAILED
    assert "hoooks.acme.io does not exist in DNS" in found.seen
    found = name_resolution.dns(a_case(typo, Network(api_url=API, resolve=Resolver())))
    assert (found.state, "DNS does not work on this machine" in found.seen) == (State.UNKNOWN, True)
    for api in (SANDBOX, "https://10.9.9.9"):
        found = seen("8.8.8.8", typo, api)
        assert (found.state, "whether DNS works here" in found.seen) == (State.UNKNOWN, True)


def test_a_failure_of_dns_is_not_taken_for_a_missing_name() -> None:
    def fails(host: str) -> list[str]:
        if host == "api2.jebbit.com":
            return ["8.8.8.8"]
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    assert name_resolution.dns(a_case(URL, Network(api_url=API, resolve=fails))).state is State.WARNING


def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.network.LOOK_TIMEOUT", 0.05)
    over = threading.Event()

    def hangs(_: str) -> list[str]:
        over.wait(10)
        return []

    found = name_resolution.dns(a_case(URL, Network(api_url=API, resolve=hangs)))
    over.set()
    assert (found.state, "did not answer" in found.seen) == (State.UNKNOWN, True)


def test_behind_a_proxy_a_name_need_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = name_resolution.dns(a_case(URL, Network(api_url=API, resolve=Resolver())))
    assert (found.state, "proxy" in found.seen) == (State.UNKNOWN, True)


def test_a_host_without_a_url_is_looked_at_and_each_name_is_resolved_once() -> None:
    resolve = Resolver(hooks_acme_io="8.8.8.8", api2_jebbit_com="8.8.8.8")
    network = Network(api_url=API, resolve=resolve)
    for _ in range(3):
        assert name_resolution.dns(a_case(None, network, host="hooks.acme.io")).state is State.OK
    assert resolve.asked == ["hooks.acme.io"]
