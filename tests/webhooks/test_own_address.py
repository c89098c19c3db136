from __future__ import annotations

import socket

import pytest

from jebbitctl.webhooks.receiving.own_address import leads_to


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "[::1]"])  # noqa: S104 - not bound
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8787/",
        "http://LOCALHOST:8787/any/path?q",
        "https://localhost:8787",
        "http://[::1]:8787/",
        "http://0.0.0.0:8787/",
        "http://[::]:8787/",
        "http://[::ffff:127.0.0.1]:8787/",
        "http://127.0.0.2:8787/",
        "http://2130706433:8787/",
        "http://0x7f.1:8787/",
    ],
)
def test_any_spelling_of_this_machine_with_the_port_leads_to_the_receiver(host: str, url: str) -> None:
    assert leads_to(url, host, 8787)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8788/", "http://localhost/", "http://192.0.2.1:8787/", "http://nowhere.invalid:8787/"],
)
def test_another_port_or_machine_does_not_lead_to_the_receiver(url: str) -> None:
    assert not leads_to(url, "127.0.0.1", 8787)


def test_the_default_ports_are_known() -> None:
    assert leads_to("http://127.0.0.1/", "127.0.0.1", 80)
    assert leads_to("https://127.0.0.1/", "127.0.0.1", 443)


def test_an_address_of_this_machine_leads_to_a_receiver_on_any_interface_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        address = "127.0.0.9" if host == "own.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("jebbitctl.webhooks.receiving.own_address._is_loopback", lambda _: False)
    assert leads_to("http://own.example:8787/", "0.0.0.0", 8787)  # noqa: S104 - not bound
    assert not leads_to("http://own.example:8787/", "127.0.0.1", 8787)
    assert not leads_to("http://192.0.2.1:8787/", "0.0.0.0", 8787)  # noqa: S104 - not bound
