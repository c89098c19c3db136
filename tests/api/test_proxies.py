from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.webhooks.diagnosis.no_response import explain_no_response
from jebbitctl.webhooks.endpoint import EndpointClient
from tests.api.faults import FaultServer, api, last
from tests.api.support import get

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_loopback_requests_bypass_proxies(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    with FaultServer(api([1]), host=host) as server, FaultServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert get(transport, server).json() == [1]
        local = server.url.replace(host if ":" not in host else f"[{host}]", "localhost")
        server.script = [api([2])]
        if host == "127.0.0.1":
            assert transport.send("GET", local, headers={}).json() == [2]
        assert proxy.connections == 0


def test_other_hosts_are_reached_through_the_proxy(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = last(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    with FaultServer(refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(UnavailableError, match=r"the proxy did not connect.*407") as caught:
            transport.send("POST", "https://api2.jebbit.invalid/api/v1/integrations", headers={})
        assert "HTTPS_PROXY" in (caught.value.hint or "")
        assert proxy.calls == ["CONNECT api2.jebbit.invalid:443"]


@pytest.mark.parametrize("proxy", ["http://a..b:1", "foo://x:1", "http://x:99999"])
def test_an_invalid_proxy_setting_is_a_usage_error(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UsageError, match="prox"):
        transport.send("POST", "https://api2.jebbit.invalid/", headers={})


@pytest.mark.parametrize("scheme", ["socks5", "SOCKS5h", "socks4"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_socks_proxy_without_its_library_names_the_variable_and_what_to_install(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    monkeypatch.setattr("jebbitctl.util.urls.find_spec", lambda _: None)
    monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:1")
    expected = f"{variable} is a SOCKS proxy, for which PySocks is missing"
    with pytest.raises(UsageError, match=expected) as caught:
        transport.send("GET", "https://api2.jebbit.invalid/", headers={})
    assert "PySocks" in (caught.value.hint or "")
    with EndpointClient("https://hooks.invalid/") as client, pytest.raises(UsageError, match=expected):
        client.send(b"", {})


@pytest.mark.skipif(find_spec("socks") is None, reason="without PySocks no SOCKS proxy can be used")
def test_a_socks_proxy_that_does_not_connect_is_named(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    with pytest.raises(UnavailableError, match=r"the proxy did not connect to api2\.jebbit") as caught:
        transport.send("POST", "https://api2.jebbit.invalid/", headers={})
    assert caught.value.hint == "check ALL_PROXY and NO_PROXY"
    with EndpointClient("https://hooks.invalid/") as client:
        response = client.send(b"", {})
    assert (response.error or "").startswith("the proxy did not connect: ")
    assert explain_no_response(client.url, response, 1).fix == "check ALL_PROXY and NO_PROXY"
